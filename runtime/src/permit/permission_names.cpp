// The closed list, and what is added to it.
#include "permission_names.hpp"

#include "../bundle/contract_ref.hpp"
#include "../bundle/text_parts.hpp"
#include "symbol_table.hpp"

#include <graft/base/near.hpp>

#include <algorithm>

namespace graft {
namespace {

constexpr std::size_t kMostCustom = 32;

constexpr PermissionInfo kKnown[] = {
    {"libc", "all of the process: every symbol that it has"}, // first: kWholeProcess
    {"fs", "files and folders: open, stat, rename, std::ofstream, std::filesystem"},
    {"net", "sockets, names of hosts, interfaces"},
    {"process", "starting, awaiting and ending processes, this one too; its limits and priority"},
    {"threads", "starting threads, their scheduling, other stacks"},
    {"time", "reading clocks, sleeping, time zones"},
    {"random", "the kernel's random numbers, std::random_device"},
    {"env", "environment variables, the process's locale, translations"},
    {"dynlink", "dlopen, dlsym, looking at what is loaded: as good as libc to whoever means it"},
    {"signals", "handlers, masks, sending signals, timers that send them"},
    {"ipc", "pipes, shared memory, message queues, named semaphores"},
    {"memory_map", "mmap, mprotect, mlock, brk"},
    {"io_console", "standard input and output, printf, std::cout, terminals, the system's log"},
    {"user", "users and groups: who runs this, who else there is"},
    {"system", "the machine: its name, size, load, clock setting, mounts"},
    {"kv", "host contract graft.kv"},
    {"http", "host contract graft.http"},
    {"query", "host contract graft.query"},
    {"cache", "host contract graft.cache"},
    {"crypto", "host contract graft.crypto"},
    {"metrics", "host contract graft.metrics"},
};
static_assert(std::size(kKnown) + kMostCustom <= 64, "each is a bit");

} // namespace

std::span<const PermissionInfo> permissions() { return kKnown; }

std::vector<std::string> known_permissions() {
  std::vector<std::string> names;
  for (const PermissionInfo &one : kKnown) names.emplace_back(one.name);
  return names;
}

bool is_custom_permission(std::string_view name) {
  const std::size_t dot = name.find('.');
  return is_contract_name(name) && dot != name.npos && dot != 0 && name.back() != '.';
}

std::string permission_hint(std::string_view name, const std::vector<std::string> &known) {
  if (const std::string near = nearest(name, known); !near.empty()) return "; did you mean '" + near + "'?";
  std::string list;
  for (const std::string &one : known) list += (list.empty() ? "'" : ", '") + one + "'";
  return "; known are " + list + ", and those that the host declares, such as 'acme.thing'";
}

Result<PermissionNames> PermissionNames::create(const std::vector<CustomPermission> &custom) {
  PermissionNames all;
  all.names_ = known_permissions();
  if (custom.size() > kMostCustom)
    return error(Code::kInvalid, "the host declares " + std::to_string(custom.size()) + " permissions of its own, at most " +
                                     std::to_string(kMostCustom) + " are possible");
  for (const CustomPermission &one : custom) {
    if (!is_custom_permission(one.name))
      return error(Code::kInvalid,
                   "'" + one_line(one.name) + "' cannot name a permission of the host's own: wanted such as 'acme.thing'");
    if (all.find(one.name)) return error(Code::kInvalid, "the host declares permission '" + one.name + "' twice");
    const PermissionBits bit = PermissionBits{1} << all.names_.size();
    all.names_.push_back(one.name);
    for (const std::string &symbol : one.symbols) all.symbols_.emplace_back(symbol, bit);
  }
  std::ranges::sort(all.symbols_);
  return all;
}

std::optional<PermissionBits> PermissionNames::find(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) return {};
  return PermissionBits{1} << (found - names_.begin());
}

Result<PermissionBits> PermissionNames::bit_of(std::string_view name) const {
  if (const auto bit = find(name)) return *bit;
  return error(Code::kInvalid, "'" + one_line(name) + "' is no permission" + permission_hint(name, names_));
}

std::optional<PermissionBits> PermissionNames::needs_of(std::string_view symbol) const {
  const auto [first, last] = std::ranges::equal_range(symbols_, symbol, {}, &decltype(symbols_)::value_type::first);
  PermissionBits bits = 0;
  for (const auto &[name, bit] : std::ranges::subrange(first, last)) bits |= bit;
  if (bits != 0) return bits;
  const auto words = words_of_symbol(symbol);
  if (!words) return {};
  if (*words == kHarmless) return PermissionBits{0};
  for (std::string_view rest = *words; !rest.empty();) bits |= find(take_until(rest, '|')).value_or(0);
  return bits;
}

std::vector<std::string> PermissionNames::names(PermissionBits bits) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < names_.size(); ++i)
    if ((bits >> i & 1) != 0) names.push_back(names_[i]);
  return names;
}

} // namespace graft
