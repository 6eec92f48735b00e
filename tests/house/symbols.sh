#!/usr/bin/env bash
# Our libraries never throw, exit, abort or print: looks for the symbols of those in our own object files. may.txt lists the
# objects that may, and why. (Containers rethrow, and Clang's headers hold dump() methods: those are no calls of ours, and
# includes.sh looks for llvm::errs in the sources.) usage: symbols.sh OBJECT_LIST MAY
set -euo pipefail
list=$1 may=$2
forbidden='^(exit|_exit|_Exit|quick_exit|abort|printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|putchar|putc|fputc|fwrite|perror|stdout|stderr|__(f|v|vf)?printf_chk|__cxa_throw|_ZSt4cout|_ZSt4cerr|_ZSt4clog)$'
failed=0
used=
while read -r object; do
  [[ -f $object ]] || { echo "$object is not built"; failed=1; continue; }
  place=${object/CMakeFiles\/*.dir\/}
  place=${place/.\/}
  symbols=$(nm --undefined-only --format=just-symbols "$object" | sed 's/@.*//' | grep -E "$forbidden" || true)
  for symbol in $symbols; do
    allowed=
    while read -r suffix name _; do
      if [[ $place == *"/$suffix.o" && $symbol == "$name" ]]; then
        allowed=yes
        used+=" $suffix:$name"
      fi
    done < <(grep -vE '^(#|$)' "$may")
    [[ $allowed ]] || { echo "$object uses $symbol"; failed=1; }
  done
done <"$list"
while read -r suffix name _; do
  [[ $used == *" $suffix:$name"* ]] || { echo "may.txt allows $name to $suffix, which does not need it any more"; failed=1; }
done < <(grep -vE '^(#|$)' "$may")
exit $failed
