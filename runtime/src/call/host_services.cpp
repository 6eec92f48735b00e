// The C functions behind a host table. They validate what they are given: a plugin's mistake is an error code, not a crash.
#include "host_services.hpp"

#include "../observe/log.hpp"
#include "../permit/permits.hpp"
#include "../reload/generation.hpp"
#include "../store/store.hpp"
#include "../store/threads.hpp"
#include "block_head.hpp"
#include "host_contracts.hpp"

#include <graft/base/fault.hpp>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace graft {
namespace {

const HostContext &context_of(const graft_host *host) { return *static_cast<const HostContext *>(host->context); }

graft_status fail(const Error &error) {
  set_last_error(static_cast<graft_status>(error.code), error.message);
  return static_cast<graft_status>(error.code);
}

graft_status fail(Code code, const char *sentence) { return fail(error(code, sentence)); }

/// Whether a generation asks that is not published yet, while there are others that will be with it: new code meets new code.
bool starts_with_staged(const HostContext &context) {
  return context.generation != nullptr && !context.generation->is_published.load(std::memory_order_relaxed) &&
         context.services.store.has_staged();
}

/// Refuses what a bundle looks for in its `graft_init` and does not require. A requirement of a bundle allows all of its contracts.
Result<void> refuse_undeclared(const Generation *asking, std::string_view contract) {
  if (asking == nullptr || asking->initialising.load(std::memory_order_relaxed) != std::this_thread::get_id()) return {};
  const std::vector<Want> *declared = asking->declared;
  if (declared == nullptr) return {};
  const auto allows = [&](const Want &want) { return want.contract.empty() || want.contract == contract; };
  const auto is_own = [&](const auto &provider) { return provider.contract == contract; };
  if (std::ranges::any_of(*declared, allows) || std::ranges::any_of(asking->providers, is_own)) return {};
  return error(Code::kRefused, "bundle '" + asking->bundle + "' looks for contract '" + std::string(contract) +
                                   "' in graft_init and does not require it; add it to 'requires' in its graft.toml, optional if need be");
}

void *host_alloc(const graft_host *host, size_t size, size_t align) {
  if (size == 0 || !std::has_single_bit(align) || fault::at("the host's allocator")) return nullptr;
  const std::size_t before = std::max(align, sizeof(BlockHead));
  std::size_t total = 0;
  if (__builtin_add_overflow(size, before, &total) || size >> 56 != 0) return nullptr;
  const HostContext &context = context_of(host);
  if (context.account != nullptr && !context.account->take(size)) return context.account->report(size), nullptr;
  void *whole = nullptr;
  if (posix_memalign(&whole, before, total) != 0) {
    if (context.account != nullptr) context.account->give_back(size);
    return nullptr;
  }
  char *memory = static_cast<char *>(whole) + before;
  const BlockHead head{context.account, size, static_cast<std::uint64_t>(std::countr_zero(before))};
  std::memcpy(memory - sizeof head, &head, sizeof head);
  if (LiveBlocks *blocks = context.services.blocks.get()) blocks->add(memory, size, align);
  return memory;
}

/// What is wrong is kept, and told: memory that leaks harms less than memory that is freed twice.
void host_free(const graft_host *host, void *memory, size_t size, size_t align) {
  const HostContext &context = context_of(host);
  LiveBlocks *const blocks = context.services.blocks.get();
  if (memory != nullptr && blocks != nullptr)
    if (const auto known = blocks->remove(memory, size, align); !known)
      return context.services.log.write(
          LogLevel::kError, (context.generation != nullptr ? "bundle '" + context.generation->bundle + "' " : "the host ") +
                                known.error().message);
  if (memory == nullptr) return;
  const BlockHead head = head_of(memory);
  if (head.account != nullptr) head.account->give_back(head.size);
  std::free(static_cast<char *>(memory) - (std::size_t{1} << head.shift));
}

void host_log(const graft_host *host, uint32_t level, graft_str message) {
  const HostContext &context = context_of(host);
  const auto log_level = static_cast<LogLevel>(std::min<uint32_t>(level, GRAFT_LOG_ERROR));
  Log &log = context.services.log;
  if (!log.takes(log_level)) return;
  const std::string tag = context.generation != nullptr ? "[" + context.generation->bundle + "] " : "[host] ";
  log.write(log_level, tag + printable({message.data, message.size}));
}

graft_status host_find(const graft_host *host, graft_str contract, uint32_t major, uint32_t minor, graft_handle *out) {
  if (out == nullptr || contract.data == nullptr) return fail(Code::kInvalid, "find needs a contract's name and a place for the handle");
  const std::string_view name(contract.data, contract.size);
  const HostContext &context = context_of(host);
  const Store &store = context.services.store;
  if (const auto allowed = refuse_undeclared(context.generation, name); !allowed) return fail(allowed.error());
  if (starts_with_staged(context))
    if (const auto staged = store.staged_find(name, major, minor)) return *out = *staged, GRAFT_OK;
  auto handle = store.find(name, major, minor);
  if (!handle) return fail(handle.error());
  *out = *handle;
  return GRAFT_OK;
}

graft_status host_resolve(const graft_host *host, graft_handle handle, graft_pin *pin) {
  if (pin == nullptr) return fail(Code::kInvalid, "resolve needs a place for the pin");
  pin->struct_size = sizeof(graft_pin);
  pin->reserved = 0;
  pin->table = nullptr;
  const HostContext &context = context_of(host);
  Store &store = context.services.store;
  if (context.call_depth != 0 && pin_count() >= context.call_depth)
    return fail(error(Code::kDepthLimit, "bundle '" + context.generation->bundle + "' resolves a contract while its thread holds " +
                                             std::to_string(pin_count()) + " pins, one for each call that is under way; its call_depth is " +
                                             std::to_string(context.call_depth)));
  if (is_full_of_pins())
    return fail(error(Code::kDepthLimit, "bundle '" + (context.generation != nullptr ? context.generation->bundle : "") +
                                             "' resolves a contract in a thread that nests more than 60,000 calls: it recurses without end"));
  if (starts_with_staged(context))
    if (const void *staged = store.staged_pin(handle)) return pin->table = staged, GRAFT_OK;
  auto binding = store.resolve(handle);
  if (!binding) return fail(binding.error());
  const void *table = take_pin(binding->slot());
  // S2: who pinned the stale table of a vacated slot reads the new tag here.
  if (binding->slot().tag.load(std::memory_order_acquire) != handle.tag) {
    end_pin(table);
    return fail(Code::kStale, "the provider was unloaded; find the contract again");
  }
  pin->table = table;
  return GRAFT_OK;
}

void host_release(const graft_host *, graft_pin *pin) {
  if (pin == nullptr || pin->table == nullptr) return;
  end_pin(pin->table);
  pin->table = nullptr;
}

graft_status host_register(const graft_host *host, const graft_provider *provider) {
  Generation *generation = context_of(host).generation;
  if (generation == nullptr || generation->initialising.load(std::memory_order_relaxed) != std::this_thread::get_id())
    return fail(Code::kWouldDeadlock, "a provider can only be registered inside graft_init, on its thread");
  const auto added = generation->register_provider(provider);
  return added ? GRAFT_OK : fail(added.error());
}

size_t host_last_error(const graft_host *, char *out, size_t capacity) {
  return copy_last_error(out, capacity);
}

graft_status host_acquire(const graft_host *host, graft_str contract, uint32_t major, uint32_t minor, graft_service *out) {
  if (out == nullptr || contract.data == nullptr)
    return fail(Code::kInvalid, "acquire needs a host contract's name and a place for the service");
  const HostContext &context = context_of(host);
  const auto acquire = [&]() -> Result<graft_service> {
    const std::string_view name(contract.data, contract.size);
    ServiceUser user;
    if (context.generation != nullptr) {
      GRAFT_TRY(context.services.store.fits_host(*context.generation, name, static_cast<std::uint16_t>(major)));
      user = {context.generation->bundle, context.generation->number};
      if (const std::string permission = context.services.contracts.permission_of(name, major);
          !permission.empty() && context.services.permits != nullptr)
        GRAFT_TRY(context.services.permits->check(user.generation, permission,
                                                  "host contract '" + std::string(name) + "'"));
    }
    return context.services.contracts.acquire(user, name, major, minor);
  };
  auto service = acquire();
  *out = service ? *service : graft_service{sizeof(graft_service), 0, nullptr, nullptr, 0};
  return service ? GRAFT_OK : fail(service.error());
}

void host_give_back(const graft_host *host, graft_service *service) {
  if (service != nullptr) context_of(host).services.contracts.give_back(*service);
}

} // namespace

graft_host make_host_table(HostContext &context) {
  graft_host host{};
  host.struct_size = sizeof(graft_host);
  host.abi_major = GRAFT_ABI_MAJOR;
  host.abi_minor = GRAFT_ABI_MINOR;
  host.context = &context;
  host.alloc = host_alloc;
  host.free = host_free;
  host.log = host_log;
  host.find = host_find;
  host.resolve = host_resolve;
  host.release = host_release;
  host.register_provider = host_register;
  host.last_error = host_last_error;
  host.acquire = host_acquire;
  host.give_back = host_give_back;
  return host;
}

} // namespace graft
