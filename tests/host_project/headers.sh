#!/usr/bin/env bash
# Every installed header stands alone, in the languages that it is for, and names no third party. usage: headers.sh PREFIX
# (C forbids an empty translation unit, and a header of macros alone would make one.)
set -euo pipefail
include=$1/include
failed=0
if grep -rnE '#[[:space:]]*include[[:space:]]*[<"](llvm|llvm-c|clang|clang-c|lld|tbb|oneapi|spdlog|fmt|toml\+\+|nlohmann)/' "$include"; then
  echo "these installed headers include a third party's"
  failed=1
fi
compile() {
  local header=$1
  shift
  "$@" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$include" - <<<"#include <$header>
struct something;" ||
    { echo "$header does not stand alone: $*"; failed=1; }
}
while read -r header; do
  case $header in
    *.h)
      compile "$header" clang-22 -x c -std=c11
      compile "$header" gcc -x c -std=c11
      compile "$header" clang++-22 -x c++ -std=c++20
      compile "$header" g++ -x c++ -std=c++20
      ;;
    *.hpp)
      compile "$header" clang++-22 -x c++ -std=c++23
      compile "$header" g++ -x c++ -std=c++23
      ;;
  esac
done < <(cd "$include" && find . -name '*.h*' -printf '%P\n' | sort)
exit $failed
