// A request's context: its name, its memory, its attributes.
#include "../call/block_head.hpp"

#include <graft/runtime.hpp>

#include <sys/random.h>

namespace graft {
namespace {

graft_str view_of(std::string_view text) { return {text.data(), text.size()}; }

void write_hexadecimal(std::uint64_t number, char *digits) {
  for (int at = 16; at-- > 0; number >>= 4) digits[at] = "0123456789abcdef"[number & 15];
}

} // namespace

HookRequest::HookRequest(const Runtime &runtime) noexcept
    : arena_(graft_arena_of(&runtime.host())), context_{sizeof(graft_hook_context), 0, {id_, sizeof id_}, &arena_, nullptr} {
  // Random enough that no two objects share it; where the system has no randomness, the object's place tells it from others.
  if (getrandom(&random_, sizeof random_, 0) != sizeof random_) random_ = reinterpret_cast<std::uintptr_t>(this);
  name();
}

HookRequest::~HookRequest() { graft_arena_free(&arena_); }

void HookRequest::renew() noexcept {
  context_.attributes = nullptr;
  // What counts against a plugin's quota is not kept: it would count for as long as the request lives.
  if (arena_.block != nullptr && head_of(arena_.block).account != nullptr)
    graft_arena_free(&arena_);
  else
    graft_arena_rewind(&arena_);
  name();
}

void HookRequest::name() noexcept {
  write_hexadecimal(random_, id_);
  write_hexadecimal(++count_, id_ + 16);
}

std::string_view HookRequest::attribute(std::string_view name) const noexcept {
  graft_str value;
  if (graft_attribute_get(&context_, view_of(name), &value) != GRAFT_OK) return {};
  return {value.data, value.size};
}

Result<void> HookRequest::set_attribute(std::string_view name, std::string_view value) noexcept {
  if (graft_attribute_set(&context_, view_of(name), view_of(value)) == GRAFT_OK) return {};
  return error(Code::kExhausted,
               "there is no memory for attribute '" + std::string(name) + "' of request " + std::string(id()));
}

} // namespace graft
