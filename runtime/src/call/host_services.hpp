// What a plugin's `graft_host` does: memory, log, find, resolve, register. One table per generation, one service object per runtime.
#pragma once

#include "live_blocks.hpp"

#include <graft/abi.h>

#include <memory>

namespace graft {

class HostContracts;
class Log;
class Permits;
class Store;
struct Generation;

/// What the functions of every host table of one runtime work on. Borrows all; outlives every generation.
class HostServices {
public:
  HostServices(Store &store, Log &log, HostContracts &contracts) : store(store), log(log), contracts(contracts) {}

  Store &store;
  Log &log;
  HostContracts &contracts;
  Permits *permits = nullptr;         ///< null: nobody asks
  std::unique_ptr<LiveBlocks> blocks; ///< null: the host did not ask for it
};

/// Who a host table belongs to: a generation, or, without one, the host itself.
struct HostContext {
  HostServices &services;
  Generation *generation = nullptr;
};

/// The table whose context is `context`; valid as long as that is.
graft_host make_host_table(HostContext &context);

} // namespace graft
