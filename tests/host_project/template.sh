#!/usr/bin/env bash
# Makes the host of `graft new --template host`, builds it against an install prefix and talks to it. usage: template.sh GRAFT PREFIX WORK
set -euo pipefail
graft=$1 prefix=$2 work=$3
rm -rf "$work"
mkdir -p "$work"
"$graft" new mine --template host --dir "$work" >"$work/log"
cmake -G Ninja -S "$work/mine" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER=g++ >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/build" -j 1 >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
said=$(printf 'you\nme\n' | "$work/build/host")
[[ $said == $'Hello, you!\nHello, me!' ]] || { echo "the host said '$said'"; exit 1; }
[[ -s $work/build/compile_commands.json ]] || { echo "clangd finds no compile_commands.json"; exit 1; }
# In the project's folder, whose own sources are no bundle.
tested=$(cd "$work/mine" && "$graft" test .) || { echo "graft test . failed: $tested"; exit 1; }
[[ $tested == *'PASSED  ] 1 test.'* ]] || { echo "graft test . said: $tested"; exit 1; }
