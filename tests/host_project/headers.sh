#!/usr/bin/env bash
# Every installed header stands alone in what COMPILER compiles, where it is for that, and names no third party.
# usage: headers.sh PREFIX COMPILER
# (C forbids an empty translation unit, and a header of macros alone would make one.)
set -euo pipefail
include=$1/include
compiler=$2
failed=0
if grep -rnE '#[[:space:]]*include[[:space:]]*[<"](llvm|llvm-c|clang|clang-c|lld|tbb|oneapi|spdlog|fmt|toml\+\+|nlohmann)/' "$include"; then
  echo "these installed headers include a third party's"
  failed=1
fi
stands_alone() {
  "$compiler" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$include" "${@:2}" - <<<"#include <$1>
struct something;" ||
    { echo "$1 does not stand alone: $compiler ${*:2}"; failed=1; }
}
while read -r header; do
  case $compiler:$header in
    *++*:*.h) stands_alone "$header" -x c++ -std=c++20 ;;
    *++*:*.hpp) stands_alone "$header" -x c++ -std=c++23 ;;
    *.h) stands_alone "$header" -x c -std=c11 ;;
  esac
done < <(cd "$include" && find . -name '*.h*' -printf '%P\n' | sort)
exit $failed
