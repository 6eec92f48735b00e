#!/usr/bin/env bash
# Every source file opens with words, every folder of the house with a README, and nothing names a machine.
# usage: openings.sh SOURCE_DIRECTORY
set -euo pipefail
cd "$1"
failed=0
complain() { echo "$*"; failed=1; }
while read -r file; do
  read -r first <"$file" || true
  [[ $file == *.cmake ]] && first=${first/#'#'/'//'}
  case $first in '//'* | '/*'*) ;; *) complain "$file opens without a comment" ;; esac
done < <(find abi compiler_driver jit runtime tools tests \( -name '*.[ch]' -o -name '*.[ch]pp' -o -name '*.cmake' \) -type f \
  -not -path 'tests/*/programs/*') # inputs, which stand for what others wrote
for folder in abi compiler_driver jit runtime plugins_src tools tests tests/*/ plugins_src/*/ plugins_src/bad/*/; do
  [[ -f $folder/README.md || $folder == tests/support/ ]] || complain "$folder has no README.md"
done
for folder in tests/*/; do
  folder=${folder#tests/}
  [[ $folder == support/ ]] || grep -qF "| \`${folder%/}\` |" tests/README.md || complain "tests/README.md does not say which question tests/$folder asks"
done
exit $failed
