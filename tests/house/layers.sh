#!/usr/bin/env bash
# Configures a tiny project with the house's rules and one edge, and looks whether it is refused.
# usage: layers.sh RULES WORK FROM TO accepted|REFUSAL [TEXT]
set -euo pipefail
rules=$1 work=$2 from=$3 to=$4 expected=$5 text=${6-}
rm -rf "$work"
mkdir -p "$work"
status=0
cmake -G Ninja -S "$(dirname "$0")/layers" -B "$work" -DRULES="$rules" -DFROM="$from" -DTO="$to" -DTEXT="$text" \
  -DCMAKE_CXX_COMPILER=clang++-22 -DCMAKE_CXX_COMPILER_FORCED=ON >"$work/log" 2>&1 || status=$?
if [[ $expected == accepted ]]; then
  ((status == 0)) || { cat "$work/log"; exit 1; }
  exit 0
fi
((status != 0)) || { echo "an edge from $from to $to was accepted"; exit 1; }
tr -s ' \n' ' ' <"$work/log" | grep -qF "$expected" || { cat "$work/log"; exit 1; }
