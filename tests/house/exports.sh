#!/usr/bin/env bash
# libgraft.so shows its C API, namespace graft, and the unwinder's hook: no symbol of the standard library or of a third party, which
# a host's or a plugin's own copy could be bound to. usage: exports.sh LIBRARY
set -euo pipefail
strays=$(nm -D --defined-only --format=just-symbols "$1" | sed 's/@.*//' |
  grep -vE '^(graft_[a-z0-9_]+|_ZN?K?5graft.*|_ZNK?5graft.*|_ZT[VIS]N5graft.*|_dl_find_object)$' || true)
[[ -z $strays ]] || { echo "$strays" | c++filt | head -20; exit 1; }
# Hidden by the compiler, not only by the linker's list: an internal class of graft is no one's business either.
internal=$(nm -D --defined-only -C --format=just-symbols "$1" | grep -E '^(vtable for |typeinfo for )?graft::(driver|jit|fault)::' || true)
[[ -z $internal ]] || { echo "$internal" | head -20; exit 1; }
