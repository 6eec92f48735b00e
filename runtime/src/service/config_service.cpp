// graft.config: a plugin's look at its settings, which stays as it is until the plugin closes it.
#include "service_call.hpp"

#include <graft/service/config.h>

namespace graft {
namespace {

uint64_t version(void *self) {
  return measure(self, ServiceFunction::kConfigVersion, [](ServiceUse &use) {
    return use.bundle.settings->version.load(std::memory_order_acquire); // pairs with SettingsStore::configure
  });
}

Result<void> open_settings(ServiceUse &use, void **settings, std::uint64_t *version) {
  if (settings == nullptr) return error(Code::kInvalid, "open needs a place for the settings");
  *settings = nullptr;
  SettingsOfBundle &bundle = *use.bundle.settings;
  // Read first: a change between the two is one that the next look at the version shows.
  const std::uint64_t seen = bundle.version.load(std::memory_order_acquire); // pairs with SettingsStore::configure
  std::shared_ptr<const Settings> given;
  {
    const MutexLock lock(bundle.mutex);
    given = bundle.given;
  }
  GRAFT_TRY_ASSIGN(Settings complete,
                   complete_settings(*use.rules, given != nullptr ? *given : Settings(), use.bundle.name));
  *settings = new Settings(std::move(complete));
  if (version != nullptr) *version = seen;
  return {};
}

template <class Value>
Result<const Value *> value_of(ServiceUse &use, const void *settings, std::string_view key) {
  if (settings == nullptr) return error(Code::kInvalid, "a setting is asked of settings that were not opened");
  const auto &all = *static_cast<const Settings *>(settings);
  const auto found = all.find(key);
  if (found == all.end())
    return error(Code::kNotFound,
                 "bundle '" + use.bundle.name + "' has no setting '" + std::string(key.substr(0, 64)) + "'");
  if (const Value *value = std::get_if<Value>(&found->second)) return value;
  return error(Code::kIncompatible, "setting '" + found->first + "' of bundle '" + use.bundle.name + "' is a " +
                                        to_string(static_cast<SettingType>(found->second.index())) +
                                        "; another type was asked for");
}

template <class Value, class Out>
graft_status get(void *self, const void *settings, graft_str key, Out *out) {
  return answer(self, ServiceFunction::kConfigGet, [&](ServiceUse &use) -> Result<void> {
    if (out == nullptr) return error(Code::kInvalid, "a setting needs a place to go to");
    GRAFT_TRY_ASSIGN(const Value *value, value_of<Value>(use, settings, view(key)));
    if constexpr (std::is_same_v<Out, graft_str>)
      *out = {value->data(), value->size()};
    else
      *out = static_cast<Out>(*value);
    return {};
  });
}

graft_status open(void *self, void **settings, uint64_t *version) {
  return answer(self, ServiceFunction::kConfigOpen, [&](ServiceUse &use) { return open_settings(use, settings, version); });
}
void close(void *, void *settings) { delete static_cast<Settings *>(settings); }
graft_status get_text(void *self, const void *settings, graft_str key, graft_str *out) {
  return get<std::string>(self, settings, key, out);
}
graft_status get_integer(void *self, const void *settings, graft_str key, int64_t *out) {
  return get<std::int64_t>(self, settings, key, out);
}
graft_status get_flag(void *self, const void *settings, graft_str key, uint32_t *out) {
  return get<bool>(self, settings, key, out);
}
graft_status get_real(void *self, const void *settings, graft_str key, double *out) {
  const auto *all = static_cast<const Settings *>(settings);
  if (all != nullptr)
    if (const auto found = all->find(view(key)); found != all->end() && std::holds_alternative<std::int64_t>(found->second))
      return get<std::int64_t>(self, settings, key, out);
  return get<double>(self, settings, key, out);
}

} // namespace

Result<void> offer_config(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts,
               graft_config{.version = version,
                            .open = open,
                            .close = close,
                            .get_text = get_text,
                            .get_integer = get_integer,
                            .get_real = get_real,
                            .get_flag = get_flag});
}

} // namespace graft
