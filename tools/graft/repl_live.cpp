// See repl_live.hpp.
#include "repl_live.hpp"

#include <fmt/format.h>

#include <cctype>

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
template <class C> void graft_show(const graft_repl::Live<C> &contract) { graft_show_raw(contract.name, __builtin_strlen(contract.name)); }
#endif
)cpp";

} // namespace

void offer_live_calls(Repl &repl, Runtime &runtime) {
  live = &runtime;
  repl.offer("graft_live_hold", reinterpret_cast<const void *>(&hold_contract));
  repl.offer("graft_live_release", reinterpret_cast<const void *>(&release_contract));
}

bool can_be_included(const ContractFacts &contract) {
  const std::string &file = contract.where.file;
  return !contract.tag.empty() && (file.ends_with(".h") || file.ends_with(".hpp") || file.ends_with(".hh") || file.ends_with(".hxx"));
}

std::string area_of(const std::string &name) {
  const std::size_t dot = name.rfind('.');
  std::string area = dot == name.npos ? "live" : name.substr(0, dot);
  for (char &c : area)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return area;
}

std::string live_text(const std::string &area, const std::vector<ContractFacts> &contracts, std::size_t number) {
  std::string text = kLive;
  for (const ContractFacts &one : contracts) text += fmt::format("#include \"{}\"\n", one.where.file);
  text += fmt::format("struct graft_area_{} {{\n", number);
  for (const ContractFacts &one : contracts) {
    const std::string member = one.name.substr(one.name.rfind('.') + 1);
    text += fmt::format("  graft_repl::Live<struct ::{}> {}{{\"{}\", {}}};\n", one.tag, member, one.name, one.major);
  }
  text += fmt::format("}};\ngraft_area_{} {};\n", number, area);
  for (const ContractFacts &one : contracts) // completion looks at what is complete
    text += fmt::format("static_assert(sizeof(graft_repl::Live<struct ::{}>::Held) != 0);\n", one.tag);
  return text;
}

} // namespace graft::tool
