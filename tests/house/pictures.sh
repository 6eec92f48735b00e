#!/usr/bin/env bash
# The pictures are what their texts say. usage: pictures.sh SOURCE_DIRECTORY
set -euo pipefail
cd "$1/runtime/doc/pictures"
failed=0
for text in *.txt; do
  cmp -s <(./draw "$text") "${text%.txt}.svg" || { echo "${text%.txt}.svg is not what $text says; run ./draw $text >${text%.txt}.svg"; failed=1; }
done
exit $failed
