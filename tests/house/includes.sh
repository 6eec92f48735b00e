#!/usr/bin/env bash
# LLVM's and Clang's headers are included under jit/ and compiler_driver/ only, and their headers for others name none.
# usage: includes.sh SOURCE_DIRECTORY
set -euo pipefail
cd "$1"
pattern='#[[:space:]]*include[[:space:]]*[<"](llvm|clang|lld|llvm-c|clang-c)/'
hits=$(grep -rnE --include='*.[ch]' --include='*.[ch]pp' "$pattern" abi runtime tools jit/include compiler_driver/include || true)
[[ -z $hits ]] || { printf '%s\n' "$hits" "these are not the places for LLVM's headers; only jit/src and compiler_driver/src are"; exit 1; }
# One bridge from llvm::Error each, and the two folders know nothing of each other.
hits=$(grep -rnE --include='*.[ch]pp' 'include <graft/driver/' jit || true; grep -rnE --include='*.[ch]pp' 'include <graft/jit/' compiler_driver || true)
[[ -z $hits ]] || { printf '%s\n' "$hits" "jit and compiler_driver meet in base::Artifact only"; exit 1; }
# Their streams print; ours do not.
hits=$(grep -rnE --include='*.[ch]pp' 'llvm::(errs|outs|dbgs)\(' jit compiler_driver || true)
[[ -z $hits ]] || { printf '%s\n' "$hits" "a library does not print"; exit 1; }
