// The one thing that the compiler and the linker both know: what compiling a bundle yields. Plain bytes and facts; it may be
// stored, sent and signed, and nothing happens until somebody links it.
#pragma once

#include "content_key.hpp"
#include "diagnostic.hpp"
#include "facts.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace graft {

/// One relocatable ELF file for x86-64.
struct ObjectFile {
  std::string source; ///< the source it came from, for messages
  std::vector<char> bytes;
};

/// A symbol that the bundle uses and does not define, with the first place that asks for it.
struct Import {
  std::string symbol;
  SourcePos where;   ///< not known for machine code and bitcode without debug locations
  bool weak = false; ///< may stay undefined
};

/// A contract function's thunk: what the table holds, and what it calls.
struct Thunk {
  std::string symbol;
  std::string target;
  std::string contract; ///< for messages
  std::string function;
};

/// Code that several bundles need and none owns: functions that header templates were instantiated to. It becomes an image
/// of its own, which those that name the same key share.
struct SharedCode {
  ContentKey key;                   ///< over the object
  std::vector<char> object;         ///< one relocatable ELF file
  std::vector<std::string> symbols; ///< what it offers, sorted
};

/// What compiling took, in nanoseconds of wall time, summed over the files. What is part of `front_end_ns` is measured when
/// the stages are asked for; the rest of that is reading and checking the text.
struct CompileTimes {
  std::uint64_t front_end_ns = 0; ///< preprocess, parse, check, lower
  std::uint64_t optimise_ns = 0;
  std::uint64_t emit_ns = 0;
  std::uint64_t cache_ns = 0;       ///< looking for it among what was compiled before
  std::uint64_t preamble_ns = 0;    ///< of the front end: opening what was precompiled
  std::uint64_t instantiate_ns = 0; ///< of the front end: making what templates stand for
  std::uint64_t lower_ns = 0;       ///< of the front end: from the AST to IR

  CompileTimes &operator+=(const CompileTimes &other) {
    const auto &[front_end, optimise, emit, cache, preamble, instantiate, lower] = other; // one more: add it, too
    front_end_ns += front_end;
    optimise_ns += optimise;
    emit_ns += emit;
    cache_ns += cache;
    preamble_ns += preamble;
    instantiate_ns += instantiate;
    lower_ns += lower;
    return *this;
  }
  /// Reading and checking the text.
  std::uint64_t parse_ns() const {
    const std::uint64_t apart = preamble_ns + instantiate_ns + lower_ns;
    return front_end_ns > apart ? front_end_ns - apart : 0;
  }
};

/// Where an artifact comes from.
enum class Origin : std::uint8_t {
  kCompiled,
  kDisk,   ///< from the cache of this machine
  kRemote, ///< from the cache that machines share
  kMemory, ///< put together of what this process had compiled before
};

/// A path that a compile asked the file system for, and what was there.
struct Look {
  enum class Found : std::uint8_t { kNothing, kFile, kFolder };

  std::string path; ///< absolute
  Found found = Found::kNothing;
  ContentKey content{}; ///< of the very bytes that the compile saw; zero unless it read them
};

/// What a compile depended on besides its sources and arguments: everything equal, a compile would make the same again.
struct InputTrace {
  std::vector<Look> looks;
  std::string unrepeatable; ///< what makes the next compile differ all the same: "__TIME__"; empty: nothing does
};

/// What compiling yields. Inert: no pointer in it refers to anything outside. As bytes: artifact_bytes.hpp.
struct Artifact {
  std::string bundle;
  std::vector<ObjectFile> objects;
  std::vector<std::shared_ptr<const SharedCode>> shared; ///< what `objects` rely on; no null, no key twice
  std::vector<char> bitcode;                             ///< of the whole bundle; empty unless it was asked for
  Facts facts;
  std::vector<Import> imports;
  std::vector<Thunk> thunks;
  std::vector<Diagnostic> warnings;
  ContentKey source_key; ///< over the sources and the headers they read, and the arguments: "is it the same text?"
  ContentKey object_key; ///< over the object bytes: "does it compile to the same?"
  ContentKey
      token_key; ///< over the sources' tokens, all headers and arguments: "is it the same program?"; all zero: not known
  CompileTimes times;
  Origin origin = Origin::kCompiled;
  std::uint32_t compiled = 0; ///< how many of its files were compiled for it; the others were known
  InputTrace trace;           ///< empty unless the compiler was told to keep it
  std::vector<char> prelinked; ///< as an earlier process linked it (jit::LinkOptions::prelinked); empty when it is stored
};

} // namespace graft
