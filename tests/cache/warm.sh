#!/bin/sh
# Runs a test program twice with a cache of its own: what is loaded the second time was compiled the first time, and must behave
# the same. That the cache was warm shows in what the second run still had to store: less than half of the first's.
# usage: warm.sh GRAFT PROGRAM [ARGUMENT...]
set -eu
graft=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GRAFT_CACHE="$folder/cache"
stored() { "$graft" cache stat --json | sed -n 's/.*"artifacts": *\([0-9]*\).*/\1/p'; }

"$@" > "$folder/first" 2>&1 || { cat "$folder/first"; echo "failed with an empty cache"; exit 1; }
first=$(stored)
"$@" > "$folder/second" 2>&1 || { cat "$folder/second"; echo "failed with what was compiled before"; exit 1; }
second=$(($(stored) - first))
echo "the first run stored $first artifacts, the second $second more"
[ "$first" -gt 0 ] && [ $((2 * second)) -lt "$first" ]
