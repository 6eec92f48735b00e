// graft.h over the C++ runtime: translate arguments, call, leave the error on the thread.
#include "store/threads.hpp"

#include <graft/graft.h>
#include <graft/runtime.hpp>

#include <algorithm>

struct graft_runtime {
  std::unique_ptr<graft::Runtime> impl;
};

namespace {

using namespace graft;

graft_status fail(const Error &error) {
  std::string text = error.text();
  if (!error.diagnostics.empty()) text += "\n" + render(error.diagnostics);
  set_last_error(static_cast<graft_status>(error.code), text);
  return static_cast<graft_status>(error.code);
}

graft_status missing_argument() { return fail(error(Code::kInvalid, "a required argument is null")); }

template <class T>
graft_status status_of(const Result<T> &result) {
  return result ? GRAFT_OK : fail(result.error());
}

MemoryBundle memory_bundle(const char *bundle, const char *file_name, graft_str text) {
  return {bundle, {{file_name, std::string(text.data != nullptr ? text.data : "", text.size)}}};
}

/// What a caller in C gives for a bundle of its own. Its `release` is owed from here on.
Result<BuiltInBundle> built_in(const char *bundle, const char *version, const graft_provider *providers, std::size_t count,
                               void (*release)(void *), void *context) {
  BuiltInBundle made{bundle, version != nullptr ? version : "0.0.0", {}, {}};
  for (std::size_t index = 0; index < count; ++index) {
    const graft_provider &one = providers[index];
    if (one.struct_size < sizeof one || one.contract == nullptr || one.contract->name == nullptr || one.table == nullptr ||
        one.table_size % sizeof(void *) != 0) {
      if (release != nullptr) release(context);
      return error(Code::kInvalid, "provider " + std::to_string(index + 1) + " of built-in bundle '" + made.name +
                                       "' has no contract, no name, no table or a strange size");
    }
    const auto *functions = static_cast<const void *const *>(one.table);
    std::vector<const void *> copy(functions, functions + one.table_size / sizeof(void *));
    made.providers.push_back({one.contract->name, one.contract->major, one.contract->minor, std::move(copy)});
  }
  if (release != nullptr) made.release = [release, context] { release(context); };
  return made;
}

Force to_force(graft_force force) { return force == GRAFT_FORCE_YES ? Force::kYes : Force::kNo; }

} // namespace

extern "C" {

graft_status graft_runtime_create(graft_runtime **out) {
  const graft_config defaults{sizeof defaults, 0, GRAFT_UNCHECKED_REFUSE, GRAFT_HOT_RELOAD_ON, GRAFT_WORKER_WHEN_ASKED, 0, 0};
  return graft_runtime_create_with(&defaults, out);
}

graft_status graft_runtime_create_with(const graft_config *config, graft_runtime **out) {
  if (config == nullptr || out == nullptr) return missing_argument();
  if (config->struct_size < sizeof *config || config->optimise > 3 || config->unchecked > GRAFT_UNCHECKED_ALLOW ||
      config->hot_reload > GRAFT_HOT_RELOAD_OFF || config->worker > GRAFT_WORKER_ALWAYS)
    return fail(error(Code::kInvalid, "the configuration has a size or a value that this graft does not know"));
  Config chosen;
  chosen.optimise = config->optimise;
  chosen.unchecked = config->unchecked == GRAFT_UNCHECKED_ALLOW ? Unchecked::kAllow : Unchecked::kRefuse;
  chosen.worker = config->worker == GRAFT_WORKER_ALWAYS ? Worker::kAlways : Worker::kWhenAsked;
  if (config->worker_wall_ms != 0) chosen.worker_limits.wall = std::chrono::milliseconds(config->worker_wall_ms);
  if (config->worker_memory_bytes != 0) chosen.worker_limits.memory_bytes = config->worker_memory_bytes;
  chosen.hot_reload = config->hot_reload == GRAFT_HOT_RELOAD_OFF ? HotReload::kOff : HotReload::kOn;
  auto runtime = Runtime::create(std::move(chosen));
  if (!runtime) return fail(runtime.error());
  *out = new graft_runtime{*std::move(runtime)};
  return GRAFT_OK;
}

void graft_runtime_destroy(graft_runtime *runtime) { delete runtime; }

graft_status graft_runtime_load(graft_runtime *runtime, const char *path) {
  if (runtime == nullptr || path == nullptr) return missing_argument();
  return status_of(runtime->impl->load(path));
}

graft_status graft_runtime_load_text(graft_runtime *runtime, const char *bundle, const char *file_name, graft_str text) {
  if (runtime == nullptr || bundle == nullptr || file_name == nullptr) return missing_argument();
  return status_of(runtime->impl->load(memory_bundle(bundle, file_name, text)));
}

graft_status graft_runtime_reload(graft_runtime *runtime, const char *name_or_path, graft_force force) {
  if (runtime == nullptr || name_or_path == nullptr) return missing_argument();
  return status_of(runtime->impl->reload(name_or_path, ReloadOptions{to_force(force), nullptr}));
}

graft_status graft_runtime_reload_text(graft_runtime *runtime, const char *bundle, const char *file_name, graft_str text,
                                       graft_force force) {
  if (runtime == nullptr || bundle == nullptr || file_name == nullptr) return missing_argument();
  return status_of(runtime->impl->reload(memory_bundle(bundle, file_name, text), ReloadOptions{to_force(force), nullptr}));
}

graft_status graft_runtime_load_built_in(graft_runtime *runtime, const char *bundle, const char *version,
                                         const graft_provider *providers, size_t count, void (*release)(void *),
                                         void *context) {
  if (runtime == nullptr || bundle == nullptr || (providers == nullptr && count != 0)) return missing_argument();
  auto made = built_in(bundle, version, providers, count, release, context);
  return made ? status_of(runtime->impl->load(*std::move(made))) : fail(made.error());
}

graft_status graft_runtime_reload_built_in(graft_runtime *runtime, const char *bundle, const char *version,
                                           const graft_provider *providers, size_t count, void (*release)(void *),
                                           void *context) {
  if (runtime == nullptr || bundle == nullptr || (providers == nullptr && count != 0)) return missing_argument();
  auto made = built_in(bundle, version, providers, count, release, context);
  return made ? status_of(runtime->impl->reload(*std::move(made))) : fail(made.error());
}

graft_status graft_runtime_unload(graft_runtime *runtime, const char *bundle) {
  if (runtime == nullptr || bundle == nullptr) return missing_argument();
  return status_of(runtime->impl->unload(bundle));
}

graft_status graft_runtime_read_contracts(graft_runtime *runtime, const char *header) {
  if (runtime == nullptr || header == nullptr) return missing_argument();
  return status_of(runtime->impl->read_contracts(header));
}

graft_status graft_runtime_find(graft_runtime *runtime, const char *contract, uint32_t major, uint32_t minor,
                                graft_handle *out) {
  if (runtime == nullptr || contract == nullptr || out == nullptr) return missing_argument();
  const auto handle = runtime->impl->find(contract, major, minor);
  if (!handle) return fail(handle.error());
  *out = *handle;
  return GRAFT_OK;
}

graft_status graft_runtime_find_range(graft_runtime *runtime, const char *contract, const char *range, graft_handle *out) {
  if (runtime == nullptr || contract == nullptr || range == nullptr || out == nullptr) return missing_argument();
  const auto parsed = VersionRange::parse(range);
  if (!parsed) return fail(parsed.error());
  const auto handle = runtime->impl->find(contract, *parsed);
  if (!handle) return fail(handle.error());
  *out = *handle;
  return GRAFT_OK;
}

size_t graft_runtime_find_all(graft_runtime *runtime, const char *contract, uint32_t major, graft_handle *out,
                              size_t capacity) {
  if (runtime == nullptr || contract == nullptr) return 0;
  const std::vector<graft_handle> handles = runtime->impl->find_all(guest_contract_id(contract, major));
  if (out != nullptr) std::copy_n(handles.begin(), std::min(capacity, handles.size()), out);
  return handles.size();
}

graft_status graft_runtime_resolve(graft_runtime *runtime, graft_handle handle, uint32_t functions, graft_pin *pin) {
  if (runtime == nullptr || pin == nullptr) return missing_argument();
  *pin = {sizeof(graft_pin), 0, nullptr};
  const auto binding = runtime->impl->resolve_wide(handle, functions);
  if (!binding) return fail(binding.error());
  pin->table = take_pin(binding->slot());
  return GRAFT_OK;
}

void graft_runtime_release(graft_pin *pin) {
  if (pin == nullptr || pin->table == nullptr) return;
  end_pin(pin->table);
  pin->table = nullptr;
}

graft_status graft_runtime_create_instance(graft_runtime *runtime, graft_handle handle, graft_str data, graft_instance *out) {
  if (runtime == nullptr || out == nullptr) return missing_argument();
  const auto binding = runtime->impl->resolve(handle);
  if (!binding) return fail(binding.error());
  const auto made = runtime->impl->create_instance(*binding, {data.data != nullptr ? data.data : "", data.size});
  if (!made) return fail(made.error());
  *out = *made;
  return GRAFT_OK;
}

graft_status graft_runtime_destroy_instance(graft_runtime *runtime, graft_instance instance) {
  if (runtime == nullptr) return missing_argument();
  return status_of(runtime->impl->destroy_instance(instance));
}

graft_status graft_runtime_resolve_instance(graft_runtime *runtime, graft_instance instance, uint32_t functions, graft_pin *pin,
                                            void **self) {
  if (runtime == nullptr || pin == nullptr || self == nullptr) return missing_argument();
  const auto found = runtime->impl->resolve_instance(instance);
  if (!found) return fail(found.error());
  *self = found->second;
  return graft_runtime_resolve(runtime, found->first.handle(), functions, pin);
}

graft_status graft_runtime_offer(graft_runtime *runtime, const graft_contract_info *contract, const void *table,
                                 uint32_t functions, const graft_offer *how) {
  if (runtime == nullptr || contract == nullptr) return missing_argument();
  Offer offer;
  if (how != nullptr)
    offer = {how->per_use != 0 ? Service::kPerUse : Service::kShared, how->user_data, how->create, how->destroy};
  return status_of(runtime->impl->offer_table(*contract, table, functions, offer));
}

graft_status graft_runtime_withdraw(graft_runtime *runtime, const char *contract, uint32_t major) {
  if (runtime == nullptr || contract == nullptr) return missing_argument();
  return status_of(runtime->impl->withdraw(contract, major));
}

graft_status graft_runtime_offer_services(graft_runtime *runtime) {
  if (runtime == nullptr) return missing_argument();
  return status_of(runtime->impl->offer_services());
}

graft_status graft_runtime_metrics(graft_runtime *runtime, graft_buf *out) {
  if (runtime == nullptr || out == nullptr) return missing_argument();
  const std::string page = to_prometheus(runtime->impl->metrics());
  if (graft_buf_append(&runtime->impl->host(), out, page.data(), page.size()) == GRAFT_OK) return GRAFT_OK;
  return fail(error(Code::kExhausted, "no memory for metrics of " + std::to_string(page.size()) + " bytes"));
}

uint64_t graft_runtime_listen(graft_runtime *runtime, void (*listener)(const graft_event *, void *), void *context) {
  if (runtime == nullptr || listener == nullptr) return 0;
  return runtime->impl->listen([listener, context](const Event &event) {
    const std::string reason = event.error != nullptr ? event.error->text() : std::string();
    graft_event told{};
    told.struct_size = sizeof told;
    told.phase = static_cast<uint32_t>(event.phase);
    told.bundle = {event.bundle.data(), event.bundle.size()};
    told.generation = event.generation;
    told.reason = {reason.data(), reason.size()};
    std::copy(event.source.bytes.begin(), event.source.bytes.end(), told.source);
    if (const CompiledFile *file = event.compiled) {
      told.file = {file->source.data(), file->source.size()};
      told.files_done = static_cast<std::uint32_t>(file->done);
      told.files = static_cast<std::uint32_t>(file->total);
    }
    listener(&told, context);
  });
}

void graft_runtime_forget(graft_runtime *runtime, uint64_t listener) {
  if (runtime != nullptr) runtime->impl->forget(listener);
}

graft_status graft_runtime_serve(graft_runtime *runtime, const char *socket) {
  if (runtime == nullptr) return missing_argument();
  ServeOptions options;
  if (socket != nullptr) options.socket = socket;
  return status_of(runtime->impl->serve(std::move(options)));
}

const graft_host *graft_runtime_host(graft_runtime *runtime) {
  return runtime != nullptr ? &runtime->impl->host() : nullptr;
}

size_t graft_last_error(char *out, size_t capacity) { return copy_last_error(out, capacity); }
}
