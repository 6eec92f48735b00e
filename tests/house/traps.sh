#!/usr/bin/env bash
# Is every test that tests/traps.md names really there? usage: traps.sh SOURCE_DIR
set -euo pipefail
tests=$1/tests
failed=0
named=0
while read -r test; do
  named=$((named + 1))
  suite=${test%%.*} name=${test#*.}
  grep -qrE "^TEST(_F|_P)?\($suite, $name\)|NAME $suite\.$name|graft_house_test\($name" --include='*.cpp' --include=CMakeLists.txt "$tests" &&
    continue
  echo "tests/traps.md names '$test', which is no test"
  failed=1
done < <(grep -oE '`[A-Za-z]+\.[A-Za-z]{8,}`' "$tests/traps.md" | tr -d '`')
((named > 40)) || { echo "tests/traps.md names only $named tests: is its form still the one that this script reads?"; failed=1; }
exit $failed
