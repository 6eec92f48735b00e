// What a bundle requires, against what is loaded: asked of a new bundle before its code runs, and of a changed one on behalf
// of those that need it.
#include "../runtime_impl.hpp"

#include <algorithm>

namespace graft {
namespace {

Error unmet(const std::string &bundle, const Want &want, const std::string &why) {
  return error(Code::kNotFound, "bundle '" + bundle + "' requires " + to_string(want) + ": " + why, want.where);
}

/// Whether a table of the set, old or new, is what `want` asks for.
bool serves(const Want &want, const Generation &generation, const SlotRecord &slot, std::uint32_t minor) {
  return slot.contract->name == want.contract && want.versions.contains(slot.contract->major, minor) &&
         want.takes_bundle(generation.family, generation.version);
}

/// The same of one that is not published yet: by its facts, and by what it registered where it has started.
bool will_serve(const Want &want, const Generation &generation) {
  if (!want.takes_bundle(generation.family, generation.version)) return false;
  const auto is_it = [&](const auto &provider) {
    return provider.contract == want.contract && want.versions.contains(provider.major, provider.minor);
  };
  return want.contract.empty() || std::ranges::any_of(generation.facts.providers, is_it) ||
         std::ranges::any_of(generation.providers, is_it);
}

} // namespace

auto Runtime::Impl::meet(const std::string &bundle, const Want &want, const Set &set) const -> Result<Met> {
  // Of those that are published together, what they will be counts, and not what they are.
  for (const Prepared &other : set)
    if (will_serve(want, *other.generation)) return Met{other.text.name, store.staged_handle(want, *other.generation)};
  const auto is_in_set = [&](const std::string &name) {
    return std::ranges::any_of(set, [&](const Prepared &other) { return other.text.name == name; });
  };
  if (want.contract.empty()) {
    const MutexLock lock(bundles_mutex_);
    std::string known;
    for (const auto &[name, other] : bundles_) {
      if (want.takes_bundle(other.manifest.name, other.manifest.version) && !is_in_set(name)) return Met{name, {}};
      if (want.bundle == other.manifest.name) known += (known.empty() ? "" : " and ") + other.manifest.version.text;
    }
    if (known.empty()) return unmet(bundle, want, "no bundle of that name is loaded");
    Error error = unmet(bundle, want, "it is loaded as version " + known);
    error.code = Code::kIncompatible;
    return error;
  }
  auto handle = store.select(want);
  if (!handle) {
    Error error = unmet(bundle, want, handle.error().message);
    error.code = handle.error().code;
    return error;
  }
  const Generation *provider = store.generation_of(*handle);
  if (provider != nullptr && is_in_set(provider->bundle))
    return unmet(bundle, want, "bundle '" + provider->bundle + "' provides it, and would not any more");
  return Met{provider != nullptr ? provider->bundle : std::string(), *handle};
}

Result<void> Runtime::Impl::meet_host(const Generation &asking, const Want &want) const {
  const std::string &bundle = asking.bundle;
  std::string offered;
  for (const OfferInfo &info : host_contracts.list()) {
    if (info.name != want.contract) continue;
    if (want.versions.contains(info.major, info.minor))
      return info.permission.empty()
                 ? Result<void>()
                 : permits->check(asking.number, info.permission, "host contract '" + want.contract + "'");
    offered += (offered.empty() ? "" : " and ") + std::to_string(info.major) + "." + std::to_string(info.minor);
  }
  if (offered.empty()) return unmet(bundle, want, "the host offers no contract of that name");
  Error error = unmet(bundle, want, "the host offers " + offered);
  error.code = Code::kIncompatible;
  return error;
}

auto Runtime::Impl::meet_requirements(const Prepared &prepared, const Set &set) -> Result<std::vector<Met>> {
  std::vector<Met> all;
  const Manifest &manifest = prepared.text.manifest;
  const std::string &bundle = prepared.text.name;
  for (const Want &want : manifest.requires_) {
    auto met = meet(bundle, want, set);
    const bool may_be_other = met.code() == Code::kIncompatible && config.compatibility != Compatibility::kStrict;
    if (!met && want.need == Need::kMust) {
      if (!may_be_other) return std::move(met).error();
      if (config.compatibility == Compatibility::kWarn) log.write(LogLevel::kWarn, met.error().text());
    }
    all.push_back(met ? *std::move(met) : Met{});
  }
  for (const Want &want : manifest.host_requires)
    if (want.need == Need::kMust) GRAFT_TRY(meet_host(*prepared.generation, want));
  return all;
}

Result<void> Runtime::Impl::check_dependents(const Started &started, const Set &set, const Bundle &previous) {
  const Generation &next = *started.prepared->generation;
  const MutexLock lock(bundles_mutex_);
  for (const std::string &name : needed_by_.of(previous.name)) {
    const Bundle &dependent = bundles_.find(name)->second;
    if (std::ranges::any_of(set, [&](const Prepared &other) { return other.text.name == name; })) continue; // asks for itself
    for (const Want &want : dependent.manifest.requires_) {
      if (want.need == Need::kMay) continue;
      if (want.contract.empty()) {
        if (!want.takes_bundle(previous.manifest.name, previous.manifest.version) ||
            want.takes_bundle(next.family, next.version))
          continue;
        return error(Code::kIncompatible, "bundle '" + previous.name + "' is now version " + next.version.text +
                                              ", and bundle '" + name + "' requires " + to_string(want));
      }
      const auto served = [&](const SlotRecord *slot) {
        return serves(want, *previous.live, *slot, slot->minor.load(std::memory_order_relaxed));
      };
      const auto serves_still = [&](const Change &change) {
        return change.generation != nullptr && serves(want, next, *change.slot, change.minor);
      };
      if (std::ranges::none_of(previous.slots, served) || std::ranges::any_of(started.changes, serves_still)) continue;
      const auto other = std::ranges::find_if(started.changes, [&](const Change &change) {
        return change.generation != nullptr && change.slot->contract->name == want.contract;
      });
      if (other == started.changes.end())
        return error(Code::kConflict, "bundle '" + previous.name + "' no longer provides " + want.contract +
                                          ", of which bundle '" + name + "' requires " + want.versions.text() +
                                          "; unload that first");
      return error(Code::kIncompatible, "bundle '" + previous.name + "' " + next.version.text + " now provides " +
                                            other->shape->contract + ", and bundle '" + name + "' requires " +
                                            to_string(want));
    }
  }
  return {};
}

} // namespace graft
