// What a learned preamble has compiled: functions that headers alone define, once for all who include them. Those that every
// image may call lie in one place; of those that own something each bundle gets a copy.
#pragma once

#include <graft/base/artifact.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace graft::driver {

struct Unit;

/// Immutable.
struct HeaderCode {
  ContentKey key;                           ///< over all of it
  std::shared_ptr<const SharedCode> shared; ///< null when there is none to share
  std::vector<std::string> imports;         ///< what `shared` binds to outside, sorted
  std::shared_ptr<const Unit> own;          ///< of which each bundle has a copy; null when there is none
  std::vector<std::string> own_symbols;     ///< what that offers, sorted

  bool offers_own(const std::string &symbol) const { return std::ranges::binary_search(own_symbols, symbol); }
  bool shares(const std::string &symbol) const { return shared && std::ranges::binary_search(shared->symbols, symbol); }
  bool offers(const std::string &symbol) const { return shares(symbol) || offers_own(symbol); }
  bool imports_symbol(const std::string &symbol) const { return std::ranges::binary_search(imports, symbol); }
};

} // namespace graft::driver
