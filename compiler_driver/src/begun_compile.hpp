// A compile that has begun before its text was known: the head that was precompiled is open, and what the compile before
// read of it is read. An author saves the same file again and again; what each of its compiles begins with is made while
// nobody waits.
//
//   B1  A begun compile is used once, for a source of its name, with the very head, flags and headers that it began with,
//   and only
//       if everything that it looked at meanwhile still looks the same.
//   B2  What it has read of its head before its text came changes nothing: the reader would have read it, or nobody asks for
//   it.
#pragma once

#include "cache/input_record.hpp"
#include "invocation.hpp"
#include "preamble.hpp"
#include "unit.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class WritableMemoryBuffer;
}

namespace graft::driver {

/// What is known of a compile before its text is.
struct NextCompile {
  std::shared_ptr<const Prepared> prepared;
  std::string name; ///< the source's
  std::vector<Source> headers;
  std::shared_ptr<const Preamble> preamble;
  std::vector<std::uint64_t> read; ///< of the head, by the compile before
  /// Of the compile before, which had another head: what it reads of this one is found out by compiling it. Null: `read` is
  /// known.
  std::shared_ptr<const SourceText> text{};
};

/// Threads: one at a time.
class BegunCompile {
 public:
  /// May crash: call it guarded.
  explicit BegunCompile(NextCompile next);
  ~BegunCompile();
  BegunCompile(const BegunCompile &) = delete;
  BegunCompile &operator=(const BegunCompile &) = delete;

  const NextCompile &next() const { return next_; }
  /// Whether what it looked at looks the same now.
  bool stands();

 private:
  friend Unit compile_source(const UnitRequest &request, BegunCompile *begun);
  struct Parts;

  const NextCompile next_;
  const WallTime began_;
  InputRecord record_;
  std::unique_ptr<llvm::WritableMemoryBuffer> stand_in_;
  std::unique_ptr<Parts> parts_;
};

} // namespace graft::driver
