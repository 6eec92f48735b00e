#!/usr/bin/env bash
# Builds the host project against an install prefix, outside the tree, and runs it. usage: build_and_run.sh PREFIX WORK COMPILER
set -euo pipefail
prefix=$1 work=$2 compiler=$3
rm -rf "$work"
mkdir -p "$work"
cp -r "$(dirname "$0")/project" "$work/source"
cmake -G Ninja -S "$work/source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/build" -j 1 >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
if grep -rqE 'llvm|clang/|tbb|spdlog' "$work"/build/CMakeFiles/host.dir/*.d 2>/dev/null; then
  echo "the host's compile read a header of LLVM, TBB or spdlog"
  exit 1
fi
"$work/build/host" "$work/source/note.h" "$work/bundle"
