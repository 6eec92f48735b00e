// The one thing that the compiler and the linker both know: what compiling a bundle yields. Plain bytes and facts; it may be
// stored, sent and signed, and nothing happens until somebody links it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "content_key.hpp"
#include "diagnostic.hpp"
#include "facts.hpp"

namespace graft {

/// One relocatable ELF file for x86-64.
struct ObjectFile {
  std::string source;  ///< the source it came from, for messages
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
  std::string contract;  ///< for messages
  std::string function;
};

/// Code that several bundles need and none owns: functions that header templates were instantiated to. It becomes an image of its own, which
/// those that name the same key share.
struct SharedCode {
  ContentKey key;                    ///< over the object
  std::vector<char> object;          ///< one relocatable ELF file
  std::vector<std::string> symbols;  ///< what it offers, sorted
};

/// What compiling took, in nanoseconds of wall time, summed over the files.
struct CompileTimes {
  std::uint64_t front_end_ns = 0;  ///< preprocess, parse, check, lower
  std::uint64_t optimise_ns = 0;
  std::uint64_t emit_ns = 0;
};

/// What compiling yields. Inert: no pointer in it refers to anything outside.
struct Artifact {
  std::string bundle;
  std::vector<ObjectFile> objects;
  std::vector<std::shared_ptr<const SharedCode>> shared;  ///< what `objects` rely on; no null, no key twice
  std::vector<char> bitcode;  ///< of the whole bundle; empty unless it was asked for
  Facts facts;
  std::vector<Import> imports;
  std::vector<Thunk> thunks;
  std::vector<Diagnostic> warnings;
  ContentKey source_key;  ///< over the sources and the headers they read, and the arguments: "is it the same text?"
  ContentKey object_key;  ///< over the object bytes: "does it compile to the same?"
  ContentKey token_key;   ///< over the sources' tokens, all headers and arguments: "is it the same program?"; all zero: not known
  CompileTimes times;
};

}  // namespace graft
