/* graft's C ABI: all that a plugin author includes. C11 and later, C++20 and later; no dependency. */
#ifndef GRAFT_ABI_H
#define GRAFT_ABI_H

#include "abi/arena.h"
#include "abi/contract.h"
#include "abi/hook.h"
#include "abi/host.h"
#include "abi/instance.h"
#include "abi/keep.h"
#include "abi/macros.h"
#include "abi/service.h"
#include "abi/types.h"
#include "abi/util.h"

#endif
