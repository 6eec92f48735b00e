#!/usr/bin/env bash
# Every link between installed pages leads to an installed file, and the help names the first page. usage: docs.sh PREFIX
set -euo pipefail
doc=$(realpath "$1")/share/doc/graft failed=0 links=0
for wanted in README.md CHANGELOG.md LICENSE plugins_src/README.md plugins_src/bad/README.md runtime/README.md runtime/doc/hooks.md \
  runtime/doc/testing.md runtime/doc/repl.md runtime/doc/permissions.md runtime/doc/pictures/reload.svg; do
  [[ -e $doc/$wanted ]] || { echo "share/doc/graft/$wanted was not installed"; failed=1; }
done
while IFS=: read -r page link; do
  target=${link##*](} target=${target%)} target=${target%%#*}
  links=$((links + 1))
  [[ -z $target || $target == *://* || -e $(dirname "$page")/$target ]] || { echo "${page#"$doc"/}: '$link' leads nowhere"; failed=1; }
done < <(find "$doc" -name '*.md' -exec awk '/^```/ { inside = !inside } !inside { print FILENAME ":" $0 }' {} + |
  grep -oE '^[^:]+:|\[[^][]+\]\([^() ]+\)' | awk '/^\// { page = $0; next } { print page $0 }')
((links > 50)) || { echo "$links links: the pages were not read"; failed=1; }
if broken=$(grep -rnE '[^`]\]\((\.\./)*(compiler_driver|jit|tests)/[^)]*\.(cpp|hpp)' "$doc"); then
  echo "sources are not installed: $broken"
  failed=1
fi
"$1/bin/graft" help | grep -qF "are behind $(realpath "$doc")/README.md" || { echo "'graft help' does not say where the pages are"; failed=1; }
exit $failed
