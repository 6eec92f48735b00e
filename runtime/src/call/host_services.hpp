// What a plugin's `graft_host` does: memory, log, find, resolve, register. One table per generation, one service object per runtime.
#pragma once

#include "counted_memory.hpp"
#include "live_blocks.hpp"
#include "memory_account.hpp"

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
  MemoryAccounts accounts;
  CountedMemories counted{accounts};
};

/// Who a host table belongs to: a generation, or, without one, the host itself.
struct HostContext {
  HostServices &services;
  Generation *generation = nullptr;
  MemoryAccount *account = nullptr;   ///< of the generation's bundle
  std::uint32_t call_depth = 0;       ///< how many pins a thread may hold when it takes another; 0: any number
};

/// The table whose context is `context`; valid as long as that is.
graft_host make_host_table(HostContext &context);

} // namespace graft
