// See repl_live.hpp.
#include "repl_live.hpp"

#include <fmt/format.h>

#include <optional>

namespace graft::tool {
namespace {

/// The session's runtime; there is one session in a process.
Runtime *live = nullptr;

/// Made and destroyed within one expression of one thread, as a pin has to be.
struct Held {
  explicit Held(Binding bound) : binding(std::move(bound)), pin(binding.slot()) {}

  Binding binding;
  Pin pin;
};

extern "C" void *hold_contract(const char *name, unsigned major, unsigned long functions, const void **table) {
  const Result<graft_handle> handle = live->find(name, major);
  if (!handle) return nullptr;
  Result<Binding> binding = live->resolve_wide(*handle, functions);
  if (!binding) return nullptr;
  auto *held = new Held(*std::move(binding));
  *table = held->pin.table();
  return held;
}

extern "C" void release_contract(void *held) { delete static_cast<Held *>(held); }

constexpr const char *kLive = R"cpp(
#ifndef GRAFT_REPL_LIVE
#define GRAFT_REPL_LIVE
#include <graft/abi.h>
#include <stdexcept>
#include <string>
extern "C" void *graft_live_hold(const char *, unsigned, unsigned long, const void **);
extern "C" void graft_live_release(void *);
namespace graft_repl {
template <class C> struct Live {
  struct Held {
    void *held;
    const C *table;
    ~Held() { graft_live_release(held); }
    const C *operator->() const { return table; }
  };
  const char *name;
  unsigned major;
  Held operator->() const {
    const void *table = nullptr;
    void *held = graft_live_hold(name, major, sizeof(C) / sizeof(void *), &table);
    if (held == nullptr) throw std::runtime_error(std::string("no bundle that is loaded provides ") + name);
    return {held, static_cast<const C *>(table)};
  }
};
}
inline void graft_show(const graft_str &text) { graft_show_text(text.data, text.size); }
inline void graft_show(const graft_buf &text) { graft_show_text(text.data, text.size); }
template <class C> void graft_show(const graft_repl::Live<C> &contract) { graft_repl::raw_c(contract.name); }
#endif
)cpp";

} // namespace

void offer_live_calls(Repl &repl, Runtime &runtime) {
  live = &runtime;
  repl.offer("graft_live_hold", reinterpret_cast<const void *>(&hold_contract));
  repl.offer("graft_live_release", reinterpret_cast<const void *>(&release_contract));
}

std::string live_text(const ContractFacts &contract) {
  const std::string &file = contract.where.file;
  const bool is_header = file.ends_with(".h") || file.ends_with(".hpp") || file.ends_with(".hh") || file.ends_with(".hxx");
  if (!is_header || contract.tag.empty()) return {};
  return fmt::format("{}#include \"{}\"\ngraft_repl::Live<struct {}> {}{{\"{}\", {}}};\n", kLive, file, contract.tag, contract.tag,
                     contract.name, contract.major);
}

} // namespace graft::tool
