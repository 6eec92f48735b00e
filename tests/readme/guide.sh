#!/usr/bin/env bash
# Writes the files of a guide's blocks, runs the commands of its console blocks in order, and compares what they print. usage: guide.sh PAGE GRAFT WORK
set -euo pipefail
page=$1 graft=$2 work=$3
PATH=$(dirname "$graft"):$PATH
rm -rf "$work"
mkdir -p "$work"
cd "$work"
commands=0 file='' block='' command='' expected='' said=''
compare() {
  [[ -z $command || $said == "$expected" ]] || { printf 'not what the guide says: %s\nexpected:\n%s\nprinted:\n%s\n' "$command" "$expected" "$said"; exit 1; }
  command='' expected=''
}
while IFS= read -r line; do
  if [[ $line == '```'* ]]; then
    compare
    if [[ -n $block ]]; then block='' file=''; continue; fi
    block=${line#'```'}
    [[ $block != *' '* ]] || { file=${block#* }; mkdir -p "$(dirname "$file")"; : >"$file"; }
    [[ -n $block ]] || block=text
  elif [[ -n $file ]]; then
    printf '%s\n' "$line" >>"$file"
  elif [[ $block == console && $line == '$ '* ]]; then
    compare
    command=${line#'$ '} commands=$((commands + 1))
    said=$(bash -c "$command" 2>&1 </dev/null || true)
  elif [[ $block == console ]]; then
    expected+=${expected:+$'\n'}$line
  fi
done <"$page"
((commands >= 8)) || { echo "the guide has only $commands commands"; exit 1; }
