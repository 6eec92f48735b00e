#!/usr/bin/env bash
# Extracts the README's files, builds the host, and does what the README tells its reader to do. usage: readme.sh README PREFIX WORK
set -euo pipefail
readme=$1 prefix=$2 work=$3
fail() { echo "$*"; exit 1; }
rm -rf "$work"
mkdir -p "$work/hello"
cd "$work"
awk '/^```[a-z]+ [^ ]+$/ { file = $2; next } /^```/ { file = ""; next } file { print > file }' "$readme"
for wanted in hello/hello.h hello/hello.c host.cpp CMakeLists.txt; do
  [[ -s $wanted ]] || fail "the README has no block named $wanted"
done
(($(wc -l <host.cpp) <= 20)) || fail "the host is longer than 20 lines"
(($(wc -l <hello/hello.c) <= 10)) || fail "the plugin is longer than 10 lines"

cmake -G Ninja -S . -B build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=g++ >log 2>&1 ||
  { cat log; exit 1; }
cmake --build build -j 1 >log 2>&1 || { cat log; exit 1; }

coproc host { stdbuf -oL build/host 2>&1; }
# shellcheck disable=SC2154 # coproc sets it
process=$host_PID
expect() {
  local line
  read -r -t 60 line <&"${host[0]}" || fail "the host said nothing where '$1' should come"
  [[ $line == "$1" ]] || fail "the host said '$line', not '$1'"
}
expect 42
expect "edit hello/hello.c, then press return"
sed -i 's/number \* 2/number * 2 + 58/' hello/hello.c
echo >&"${host[1]}"
expect 100
input=${host[1]}
exec {input}>&-
wait "$process" || fail "the host ended with $?"
