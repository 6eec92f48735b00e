// A shared object's bytes, changed so that opening them runs nothing: who opens the copy runs its initialisers when their
// time has come, and gives it its own `graft_self`.
//
//   N1  The bytes that the dynamic linker sees name no initialiser and no finaliser.
//   N2  `graft_self` may stay undefined there; every place that its address belongs to is known.
//   N3  Nothing in them keeps a copy mapped once it is closed: no symbol that is unique in the process, no "never unload".
#pragma once

#include <graft/base/result.hpp>
#include <graft/jit/linker.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// What was taken out of the file; addresses are relative to where it will be loaded.
struct SharedObject {
  struct Array {
    std::uint64_t address = 0;
    std::uint64_t count = 0;
  };
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0; ///< exclusive

    bool holds(std::uint64_t address) const { return address >= begin && address < end; }
  };
  /// Where the address of `graft_self` belongs, and what is added to it.
  struct SelfPlace {
    std::uint64_t address = 0;
    std::int64_t addend = 0;
  };

  std::string bytes;
  std::uint64_t init = 0; ///< DT_INIT; 0: none
  std::uint64_t fini = 0;
  Array initialisers, finalisers;
  std::vector<SelfPlace> selves;
  Range read_only; ///< protected after relocation
  std::vector<Range> code;
  std::vector<Range> loaded;
  jit::ImageStats stats;
};

/// kInvalid, naming `file`, for one that is damaged or defines `graft_self`; kUnsupported for one that was built without
/// -fPIC; what `gate`, unless null, refuses, which is asked for each symbol and, as "dlopen", for each library that it needs.
Result<SharedObject> defuse(std::string_view bytes, const std::string &file, const jit::SymbolGate *gate = nullptr);

} // namespace graft
