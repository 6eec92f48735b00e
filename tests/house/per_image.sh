#!/bin/sh
# Does base know each name that the linker binds per image? Shared code must not use them (per_image.hpp).
set -eu
root=$1
list="$root/abi/include/graft/base/per_image.hpp"
names=$(sed -n 's/^ *{"\([A-Za-z_0-9]*\)", .*/\1/p' "$root/jit/src/stubs.cpp" "$root/jit/src/image_state.cpp" | sort -u)
test -n "$names"
for name in $names; do
  [ "$name" = _ZSt9terminatev ] && continue # of shared code it is the process's: decision 0019
  grep -q "\"$name\"" "$list" || { echo "$list does not know '$name', which the linker binds per image"; exit 1; }
done
