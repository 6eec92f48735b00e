// What built-in bundles and those of loaders share: images that no linker of ours made, and calls into the host that may
// throw.
#pragma once

#include "../call/caught.hpp"
#include "foreign_image.hpp"

#include <string>
#include <utility>

namespace graft {

/// An image without symbols, code and data of its own; its tables are with_thunks' business.
class HostMadeImage : public jit::Image {
 public:
  Result<void> run_initialisers() override { return {}; }
  void run_finalisers() override {}
  const void *address(std::string_view) const override { return nullptr; }
  const std::vector<jit::AddressRange> &code() const override { return no_code_; }
  bool owns(std::uintptr_t) const override { return false; }
  jit::ImageStats stats() const override { return {}; }

 private:
  const std::vector<jit::AddressRange> no_code_;
};

/// What `ask` returns; kException, behind `who`, when it throws.
template <class Ask>
auto ask_host(const std::string &who, Ask &&ask) -> decltype(ask()) {
  decltype(ask()) answer = error(Code::kInternal, who + " gave no answer");
  if (const auto caught = catch_all([&] { answer = ask(); })) return error(Code::kException, who + " threw " + *caught);
  return answer;
}

/// The name under which the k-th provider's table is found.
inline std::string host_made_table(std::size_t index) { return "graft_table_" + std::to_string(index); }

} // namespace graft
