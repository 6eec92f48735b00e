// See host_contracts.hpp. What needs no lock (the host's own functions) is done between two looks at the state.
#include "host_contracts.hpp"

#include "../store/table.hpp"
#include "../store/threads.hpp"
#include "caught.hpp"

#include <graft/base/near.hpp>

#include <algorithm>
#include <utility>

namespace graft {
namespace {

std::string versioned(std::string_view name, unsigned major, unsigned minor) {
  return "host contract '" + std::string(name) + "@" + std::to_string(major) + "." + std::to_string(minor) + "'";
}

} // namespace

struct HostContracts::Offered {
  std::string name;
  std::uint16_t major, minor;
  std::vector<const void *> table; // constant
  Offer offer;                     // constant
  // Guarded by the registry's mutex.
  std::size_t uses = 0;
  void *self = nullptr;
  std::thread::id creating{}; ///< the thread inside `create`; none when nobody is

  std::string text() const { return versioned(name, major, minor); }

  /// Calls the host's `create`. H1: without a lock.
  Result<void *> create(const graft_service_request &request) const {
    if (offer.create == nullptr) return offer.user_data;
    void *made = nullptr;
    graft_status status = GRAFT_OK;
    set_last_error(GRAFT_OK, {});
    if (const auto caught = catch_all([&] { status = offer.create(offer.user_data, &request, &made); }))
      return error(Code::kException, "creating " + text() + " threw " + *caught);
    if (status != GRAFT_OK) {
      std::string sentence = "the host refused " + text() + " with status " + std::to_string(status);
      if (!last_error_text().empty()) sentence += ": " + std::string(last_error_text());
      return error(static_cast<Code>(status), std::move(sentence));
    }
    if (made == nullptr) return error(Code::kInvalid, "the host's create made nothing for " + text());
    return made;
  }

  void destroy(void *object) const {
    if (offer.create == nullptr || offer.destroy == nullptr || object == nullptr) return;
    (void)catch_all([&] { offer.destroy(offer.user_data, object); });
  }
};

HostContracts::~HostContracts() {
  for (const auto &[id, offered] : offers_) offered->destroy(offered->self);
}

Result<void> HostContracts::offer(const graft_contract_info &contract, const void *table, std::size_t functions,
                                  const Offer &offer) {
  if (contract.name == nullptr || contract.name[0] == '\0' || table == nullptr || functions == 0 ||
      functions > kMaxFunctions)
    return error(Code::kInvalid, "a host contract needs a name and a table of at least one function");
  const auto *entries = static_cast<const void *const *>(table);
  const std::string text = versioned(contract.name, contract.major, contract.minor);
  if (const auto *hole = std::find(entries, entries + functions, nullptr); hole != entries + functions)
    return error(Code::kInvalid, text + ": function " + std::to_string(hole - entries) + " of the table is null");
  std::vector<const void *> copy(entries, entries + functions);
  auto offered = std::make_shared<Offered>(Offered{contract.name, contract.major, contract.minor, std::move(copy), offer});
  const MutexLock lock(mutex_);
  const auto [found, added] = offers_.try_emplace(host_contract_id(contract.name, contract.major), std::move(offered));
  if (!added)
    return error(Code::kConflict, text + " is offered already, as " + found->second->text() + "; withdraw that first");
  return {};
}

Result<void> HostContracts::withdraw(std::string_view name, std::uint32_t major) {
  std::shared_ptr<Offered> offered;
  {
    const MutexLock lock(mutex_);
    GRAFT_TRY_ASSIGN(offered, find(name, major, 0));
    if (offered->creating != std::thread::id()) return error(Code::kBusy, offered->text() + " is being created");
    if (offered->uses > 0) { // H3
      std::vector<std::string> users;
      for (const auto &[number, use] : uses_)
        if (use.offered == offered && std::ranges::find(users, use.bundle) == users.end()) users.push_back(use.bundle);
      std::string names;
      for (const std::string &user : users)
        names += (names.empty() ? "" : ", ") + (user.empty() ? "the host" : "'" + user + "'");
      if (users.empty()) return error(Code::kBusy, offered->text() + " is being acquired or given back; try again");
      return error(Code::kConflict, offered->text() + " is in use by " + names + "; it is withdrawn once they gave it back");
    }
    offers_.erase(host_contract_id(name, major));
  }
  offered->destroy(offered->self);
  return {};
}

std::vector<OfferInfo> HostContracts::list() const {
  const MutexLock lock(mutex_);
  std::vector<OfferInfo> infos;
  for (const auto &[id, offered] : offers_)
    infos.push_back({offered->name, offered->major, offered->minor, offered->offer.service, offered->uses,
                     offered->offer.permission});
  std::ranges::sort(infos, {}, [](const OfferInfo &info) { return std::pair(info.name, info.major); });
  return infos;
}

bool HostContracts::has(std::string_view name, std::uint32_t major) const {
  const MutexLock lock(mutex_);
  const auto found = offers_.find(host_contract_id(name, major));
  return found != offers_.end() && found->second->name == name;
}

std::string HostContracts::permission_of(std::string_view name, std::uint32_t major) const {
  const MutexLock lock(mutex_);
  const auto found = offers_.find(host_contract_id(name, major));
  return found != offers_.end() && found->second->name == name ? found->second->offer.permission : std::string();
}

auto HostContracts::find(std::string_view name, std::uint32_t major, std::uint32_t minor) const
    -> Result<std::shared_ptr<Offered>> {
  const auto found = offers_.find(host_contract_id(name, major));
  if (found != offers_.end() && found->second->name == name) {
    if (found->second->minor >= minor) return found->second;
    return error(Code::kIncompatible, "the host offers " + found->second->text() + ", " + std::to_string(major) + "." +
                                          std::to_string(minor) + " was asked for");
  }
  std::vector<std::string> names;
  for (const auto &[id, offered] : offers_) {
    if (offered->name == name)
      return error(Code::kIncompatible,
                   "the host offers " + offered->text() + ", major " + std::to_string(major) + " was asked for");
    names.push_back(offered->name);
  }
  std::string sentence = "the host offers no contract '" + std::string(name) + "'";
  if (const std::string near = nearest(name, names); !near.empty()) sentence += "; did you mean '" + near + "'?";
  return error(Code::kNotFound, std::move(sentence));
}

/// Follows who waits for whom from the thread that creates `offered`: does the chain end at this thread?
bool HostContracts::waits_for_me(const Offered &offered) const {
  for (const Offered *next = &offered;;) {
    if (next->creating == std::this_thread::get_id()) return true;
    const auto waits = waiting_.find(next->creating);
    if (waits == waiting_.end()) return false;
    next = waits->second;
  }
}

Result<void *> HostContracts::shared_self(Offered &offered, const graft_service_request &request) {
  if (offered.offer.create == nullptr) return offered.offer.user_data;
  {
    const MutexLock lock(mutex_);
    while (offered.creating != std::thread::id()) { // H2
      if (waits_for_me(offered))
        return error(Code::kWouldDeadlock,
                     "creating " + offered.text() + " asks for itself, directly or through another thread");
      waiting_[std::this_thread::get_id()] = &offered;
      created_.wait(mutex_, [&] { return offered.creating == std::thread::id(); });
      waiting_.erase(std::this_thread::get_id());
    }
    if (offered.self != nullptr) return offered.self;
    offered.creating = std::this_thread::get_id();
  }
  auto made = offered.create(request);
  const MutexLock lock(mutex_);
  offered.creating = {};
  if (made) offered.self = *made;
  created_.notify_all();
  return made;
}

Result<graft_service> HostContracts::acquire(ServiceUser user, std::string_view name, std::uint32_t major,
                                             std::uint32_t minor) {
  std::shared_ptr<Offered> offered;
  {
    const MutexLock lock(mutex_);
    GRAFT_TRY_ASSIGN(offered, find(name, major, minor));
    ++offered->uses; // from here on it is not withdrawn
  }
  const graft_service_request request{
      sizeof(graft_service_request), static_cast<std::uint16_t>(major),        static_cast<std::uint16_t>(minor),
      {name.data(), name.size()},    {user.bundle.data(), user.bundle.size()}, user.generation};
  auto self = offered->offer.service == Service::kShared ? shared_self(*offered, request) : offered->create(request);
  const MutexLock lock(mutex_);
  if (!self) {
    --offered->uses;
    return std::move(self).error();
  }
  const std::uint64_t number = next_use_++;
  uses_.emplace(number, Use{offered, std::string(user.bundle), user.generation, *self});
  return graft_service{sizeof(graft_service), offered->minor, offered->table.data(), *self, number};
}

void HostContracts::give_back(graft_service &service) {
  std::shared_ptr<Offered> offered;
  void *own = nullptr;
  {
    const MutexLock lock(mutex_);
    auto use = uses_.extract(std::exchange(service.use, 0));
    if (use.empty()) return;
    offered = std::move(use.mapped().offered);
    if (offered->offer.service == Service::kPerUse) own = use.mapped().self;
  }
  offered->destroy(own);
  service.table = nullptr;
  service.self = nullptr;
  const MutexLock lock(mutex_);
  --offered->uses; // after `destroy`: H3 keeps what the host's function works on
}

std::vector<std::string> HostContracts::give_back_all(std::uint64_t generation) {
  std::vector<std::uint64_t> held;
  std::vector<std::string> names;
  {
    const MutexLock lock(mutex_);
    for (const auto &[number, use] : uses_) {
      if (use.generation != generation) continue;
      held.push_back(number);
      names.push_back(use.offered->text());
    }
  }
  for (const std::uint64_t number : held) {
    graft_service service{};
    service.use = number;
    give_back(service);
  }
  return names;
}

} // namespace graft
