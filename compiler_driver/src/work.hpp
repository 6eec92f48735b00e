// One file of a job on its way through the compiler, and what is asked of it on the way.
#pragma once

#include "begun_compile.hpp"
#include "invocation.hpp"
#include "preamble.hpp"
#include "source_text.hpp"
#include "unit.hpp"

#include <graft/base/mutex.hpp>
#include <graft/driver/compiler.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace graft::driver {

/// A file on its way: what it is compiled from, and what came of it.
struct Work {
  SourceText text;
  std::shared_ptr<const Prepared> prepared;
  std::shared_ptr<const Preamble> preamble; ///< that `unit` was made with
  std::unique_ptr<BegunCompile> begun;      ///< before the text was there; for one compile
  std::optional<Unit> unit;
  std::optional<Origin> known{}; ///< where `unit` is from, when it was not compiled
  bool is_kept = false;          ///< for the next compile
  std::optional<Error> failure{};
};

/// Compiles it with the preamble that it has. What ends the compiler ends up in `failure`.
void compile_once(Work &work, const Job &job, Product product);

inline bool went_wrong(const Work &work) { return !work.unit || work.unit->failed || work.unit->departs; }

/// An undefined symbol whose place could only be told by reading the headers again.
bool lacks_a_place(const Work &work);

/// What a file that was never compiled may take: C with libc's headers, C++ with a few of the library's.
std::size_t guessed_bytes(const Work &work);

/// What is wrong with them, in one error: the first, with all diagnostics; or that the machine lacks what they include.
Error does_not_compile(const std::vector<Work> &works);

/// Counts files that are done, and tells of each.
class Progress {
 public:
  Progress(const TellCompiled &tell, std::size_t total) : tell_(tell), total_(total) {}

  void tell(const Work &work);

 private:
  const TellCompiled &tell_;
  const std::size_t total_;
  Mutex mutex_;
  std::size_t done_ GRAFT_GUARDED_BY(mutex_) = 0;
};

} // namespace graft::driver
