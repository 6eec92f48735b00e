#!/usr/bin/env bash
# Installs a build, then moves the tree: whatever remembers the first place breaks in the tests that follow.
# usage: install.sh BUILD_DIRECTORY PREFIX
set -euo pipefail
build=$1 prefix=$2
rm -rf "$prefix" "$prefix.first"
cmake --install "$build" --prefix "$prefix.first" >/dev/null
mv "$prefix.first" "$prefix"
for wanted in include/graft/abi.h include/graft/graft.hpp lib/libgraft.so lib/graft/graft-worker lib/cmake/graft/graftConfig.cmake \
  share/man/man1/graft.1 share/bash-completion/completions/graft share/zsh/site-functions/_graft share/fish/vendor_completions.d/graft.fish; do
  [[ -e $prefix/$wanted ]] || { echo "$wanted was not installed"; exit 1; }
done
if grep -rlF -e "$(dirname "$prefix")" -e "$build" "$prefix/include" "$prefix/lib/cmake"; then
  echo "these installed files name the machine they were built on"
  exit 1
fi
for file in "$prefix"/lib/libgraft.so "$prefix"/bin/graft; do
  [[ -e $file ]] || continue
  # shellcheck disable=SC2016 # the loader expands it, not the shell
  if readelf -d "$file" | grep -E 'R(UN)?PATH' | grep -vF '[$ORIGIN/../lib]'; then
    echo "$file has a run path that is not relative to itself"
    exit 1
  fi
  missing=$(ldd "$file" | grep 'not found') && { echo "$file needs what the loader does not find: $missing"; exit 1; }
done
exit 0
