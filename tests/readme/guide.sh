#!/usr/bin/env bash
# Follows a guide: writes the files of a page's blocks that carry a file name, runs the commands of its console blocks in order, as they stand,
# and compares what they print. The reader has graft installed in ~/graft and stands in a folder beside a clone's plugins_src.
# usage: guide.sh PAGE GRAFT WORK COMMANDS [PREFIX]      COMMANDS: how many the page has at least, so that an empty one does not pass
set -euo pipefail
page=$(realpath "$1") graft=$2 work=$3 least=$4 prefix=${5:-}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
rm -rf "$work"
mkdir -p "$work/home" "$work/here"
export HOME=$work/home LC_ALL=C.UTF-8 PATH
PATH=$(dirname "$graft"):$PATH
[[ -z $prefix ]] || { ln -s "$prefix" "$HOME/graft"; PATH=$prefix/bin:$PATH; }
ln -s "$source/plugins_src" "$work/here/plugins_src"
cd "$work/here"
commands=0 file='' block='' command='' expected='' said=''
compare() {
  [[ -z $command || $said == "$expected" ]] || { printf 'not what the guide says: %s\nexpected:\n%s\nprinted:\n%s\n' "$command" "$expected" "$said"; exit 1; }
  command='' expected=''
}
run() {
  compare
  command=$1 commands=$((commands + 1))
  said=$(bash -c "$command" 2>&1 </dev/null || true)
}
while IFS= read -r line; do
  if [[ $line == '```'* ]]; then
    compare
    if [[ -n $block ]]; then block='' file=''; continue; fi
    block=${line#'```'}
    [[ $block != *' '* ]] || { file=${block#* }; mkdir -p "$(dirname "$file")"; : >"$file"; }
    [[ -n $block ]] || block=text
  elif [[ -n $file ]]; then
    printf '%s\n' "$line" >>"$file"
  elif [[ $block == console && $line == '$ '* ]]; then
    run "${line#'$ '}"
  elif [[ $block == console ]]; then
    expected+=${expected:+$'\n'}$line
  fi
done <"$page"
compare
((commands >= least)) || { echo "the page has only $commands commands"; exit 1; }
