#!/usr/bin/env bash
# Compiles a source and looks at the object as graft does at machine code: one 24-byte record per provider in section
# graft_providers, without gaps, each with a global symbol graft_provider_TAG. usage: records.sh OBJECT TAGS COMPILER ARG...
set -euo pipefail
object=$1 tags=$2
shift 2
mkdir -p "$(dirname "$object")"
"$@" -c -o "$object"
symbols=$(nm "$object")
size=$((16#$(readelf -SW "$object" | sed -n 's/.* graft_providers *PROGBITS *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\) .*/\1/p')))
count=0
for tag in $tags; do
  grep -Eq " [DR] graft_provider_$tag\$" <<<"$symbols" || { echo "no global symbol graft_provider_$tag in $object"; exit 1; }
  count=$((count + 1))
done
((size == 24 * count)) || { echo "section graft_providers has $size bytes for $count records of 24"; exit 1; }
