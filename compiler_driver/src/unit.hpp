// One source file, compiled: what compiling it alone yields, before the bundle's files are put together (bundle.hpp).
#pragma once

#include "invocation.hpp"
#include "recipe.hpp"
#include "source_text.hpp"

#include <graft/base/artifact.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace graft::driver {

struct HeaderCode;

/// What a compile is for.
enum class Product : std::uint8_t { kFacts, kObject, kIr, kAssembly };

/// Everything that is known of one file.
struct Unit {
  std::string source;
  std::vector<Diagnostic> diagnostics;
  bool failed = false;
  Facts facts;
  std::vector<char> output;  ///< the object, IR or assembly; empty for kFacts
  std::vector<char> bitcode; ///< when it was asked for
  std::vector<Thunk> thunks;
  std::vector<Import> undefined; ///< by this object, whatever other files define
  std::vector<std::string> defined;
  std::vector<std::string> defined_strongly; ///< those among them that no other definition may stand beside
  std::shared_ptr<const HeaderCode> learned; ///< what its compile was told to rely on; null: nothing
  std::shared_ptr<const Unit> headers;      ///< of that the code of which each bundle has a copy, if it calls that; null: no
  std::shared_ptr<const SharedCode> shared; ///< of that the code which several bundles share, if it calls that; null: no
  InputTrace trace;
  ContentKey text_key;  ///< over this file and the headers that it read
  ContentKey token_key; ///< the same over its tokens, without comments; with lines only where the code asks for them. Zero:
                        ///< not known
  std::vector<Recipe> needed; ///< functions of its headers that it had to compile; when they were asked for
  std::vector<std::uint64_t> read; ///< the declarations that it read out of its preamble, in order; when they were asked for
  bool departs = false;       ///< made with a learned preamble that does not suit it (departures.hpp)
  CompileTimes times;
  std::size_t memory_bytes = 0; ///< about what compiling it took; 0: not known
};

class BegunCompile;
struct Preamble;

struct UnitRequest {
  const Prepared &prepared;
  const SourceText &text;
  const std::vector<Source> &headers; ///< of the job, from memory
  Product product = Product::kObject;
  Bitcode bitcode = Bitcode::kOmit;
  Kept kept = Kept::kInside;
  Learn learn = Learn::kNo;
  Stages stages = Stages::kTogether;
  const Preamble *preamble = nullptr; ///< of this source's head; null: none
  Role role = Role::kOnly;
  const std::atomic<bool> *cancelled = nullptr; ///< of the job
  Need need = Need::kObjects;                   ///< kPlaces: `undefined` has the places of import_chains.hpp, too

  // pairs with who cancels
  bool is_cancelled() const { return cancelled != nullptr && cancelled->load(std::memory_order_acquire); }
};

/// Compiles C or C++. What is wrong with the source is in `failed` and `diagnostics`. May crash: call it guarded. `begun`: what
/// was begun for this very compile, and is spent then; null: nothing was.
Unit compile_source(const UnitRequest &request, BegunCompile *begun);

/// The same for LLVM bitcode and IR text.
Unit compile_bitcode(const UnitRequest &request);

} // namespace graft::driver
