// graft.h over the C++ runtime: translate arguments, call, leave the error on the thread.
#include <graft/graft.h>
#include <graft/runtime.hpp>

#include "store/threads.hpp"

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

Force to_force(graft_force force) { return force == GRAFT_FORCE_YES ? Force::kYes : Force::kNo; }

} // namespace

extern "C" {

graft_status graft_runtime_create(graft_runtime **out) {
  if (out == nullptr) return missing_argument();
  auto runtime = Runtime::create();
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

graft_status graft_runtime_unload(graft_runtime *runtime, const char *bundle) {
  if (runtime == nullptr || bundle == nullptr) return missing_argument();
  return status_of(runtime->impl->unload(bundle));
}

graft_status graft_runtime_read_contracts(graft_runtime *runtime, const char *header) {
  if (runtime == nullptr || header == nullptr) return missing_argument();
  return status_of(runtime->impl->read_contracts(header));
}

graft_status graft_runtime_find(graft_runtime *runtime, const char *contract, uint32_t major, uint32_t minor, graft_handle *out) {
  if (runtime == nullptr || contract == nullptr || out == nullptr) return missing_argument();
  const auto handle = runtime->impl->find(contract, major, minor);
  if (!handle) return fail(handle.error());
  *out = *handle;
  return GRAFT_OK;
}

size_t graft_runtime_find_all(graft_runtime *runtime, const char *contract, uint32_t major, graft_handle *out, size_t capacity) {
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

graft_status graft_runtime_offer(graft_runtime *runtime, const graft_contract_info *contract, const void *table, uint32_t functions,
                                 const graft_offer *how) {
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

const graft_host *graft_runtime_host(graft_runtime *runtime) { return runtime != nullptr ? &runtime->impl->host() : nullptr; }

size_t graft_last_error(char *out, size_t capacity) { return copy_last_error(out, capacity); }
}
