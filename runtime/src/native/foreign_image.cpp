// See foreign_image.hpp.
#include "foreign_image.hpp"

#include "../contract/host_views.hpp"
#include "foreign_calls.hpp"

#include <algorithm>

namespace graft {
namespace {

/// Owns: the code and its thunks.
class ForeignImage : public jit::Image {
 public:
  ForeignImage(std::unique_ptr<jit::Image> code, std::unique_ptr<ForeignCalls> calls, std::vector<std::string> symbols)
      : code_(std::move(code)), calls_(std::move(calls)), symbols_(std::move(symbols)) {}

  Result<void> run_initialisers() override { return code_->run_initialisers(); }
  void run_finalisers() override { code_->run_finalisers(); }
  const void *address(std::string_view symbol) const override {
    const auto table = std::ranges::find(symbols_, symbol);
    if (table == symbols_.end()) return code_->address(symbol);
    return calls_->table(static_cast<std::size_t>(table - symbols_.begin())).data();
  }
  const std::vector<jit::AddressRange> &code() const override { return code_->code(); }
  bool owns(std::uintptr_t address) const override { return code_->owns(address); }
  jit::ImageStats stats() const override { return code_->stats(); }
  std::vector<char> prelinked() override { return code_->prelinked(); }

 private:
  std::unique_ptr<jit::Image> code_;
  std::unique_ptr<ForeignCalls> calls_;
  std::vector<std::string> symbols_; ///< one a table
};

} // namespace

Result<std::unique_ptr<jit::Image>> with_thunks(std::unique_ptr<jit::Image> code,
                                                const std::vector<ProviderFacts> &providers, const Facts &facts,
                                                const FunctionsOf &functions) {
  std::vector<ForeignTable> tables;
  std::vector<std::string> symbols;
  for (const ProviderFacts &provider : providers) {
    GRAFT_TRY_ASSIGN(std::vector<const void *> entries, functions(provider));
    tables.push_back({provider.contract, std::move(entries), find_contract(facts, provider.contract, provider.major)});
    symbols.push_back(provider.table_symbol);
  }
  GRAFT_TRY_ASSIGN(std::unique_ptr<ForeignCalls> calls, ForeignCalls::create(std::move(tables)));
  return std::unique_ptr<jit::Image>(std::make_unique<ForeignImage>(std::move(code), std::move(calls), std::move(symbols)));
}

} // namespace graft
