#!/usr/bin/env bash
# The source that carries a header's view compiles where the layouts agree, with g++ and clang++, does not where they differ, and is
# left alone while it would say the same. usage: embedding.sh GRAFT SOURCE_DIRECTORY WORK
set -euo pipefail
graft=$1 root=$2 work=$3
rm -rf "$work"
mkdir -p "$work"
cat >"$work/wide.h" <<'EOF'
#include <graft/abi.h>
#include <stdbool.h>
enum mood { GLAD = 1, SAD = -2 };
struct node { struct node *next; const char *name; double weight[3]; unsigned low : 3, high : 5; enum mood mood; };
union either { int i; float f; };
typedef struct { char first; long a; } anonymous;
struct outer { struct inner { short x; long long y; } in; struct { int hidden; }; void (*visit)(struct inner *, bool); };
GRAFT_CONTRACT(wide, "test.wide", 3, 4) {
  graft_status (*status)(graft_str text, graft_buf *out);
  bool (*flag)(const bool value, enum mood mood);
  void (*walk)(const struct node *from, union either *either, anonymous *thing, struct outer *outer);
  void (*call)(int (*callback)(void *, unsigned char), void *context);
  long double (*precise)(long double, float, short, unsigned long long, signed char, size_t);
  void (*opaque)(struct undefined *, char text[16]);
};
EOF
"$graft" contracts "$work/wide.h" --embed "$work/view.cpp" --depfile "$work/view.d"
grep -qF "wide.h" "$work/view.d"
flags=(-std=c++23 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$root/abi/include" -I "$root/runtime/include" "$work/view.cpp")
# The anonymous struct of `outer` and the incomplete type in a parameter's list are C that pedantic C++ compilers speak of.
for compiler in g++ clang++-22; do
  "$compiler" -Wno-pedantic "${flags[@]}" -Wno-pedantic || { echo "$compiler does not take the view"; exit 1; }
  for other in -fpack-struct=1 -fshort-enums; do
    if "$compiler" "${flags[@]}" -Wno-pedantic "$other" 2>"$work/log"; then echo "$compiler $other went unnoticed"; exit 1; fi
    grep -qF "is laid out differently by this compiler and by graft's" "$work/log" || { cat "$work/log"; exit 1; }
  done
done
touch -d '2001-01-01' "$work/view.cpp"
"$graft" contracts "$work/wide.h" --embed "$work/view.cpp"
[[ $(stat -c %Y "$work/view.cpp") -lt 1000000000 ]] || { echo "an unchanged view was written again"; exit 1; }
sed -i 's/double weight/float weight/' "$work/wide.h"
"$graft" contracts "$work/wide.h" --embed "$work/view.cpp"
[[ $(stat -c %Y "$work/view.cpp") -gt 1000000000 ]] || { echo "a changed view was not written"; exit 1; }
