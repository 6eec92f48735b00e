// The same compile in a process of its own: what crashes, hangs or blows up there is an error with a limit's name here, and
// the host goes on.
//
// The child is `graft-worker`, a program beside the library: a zygote with Clang warm, which forks once per job. What it
// does not do: keep hostile source from reading files that this user may read. The seam for that is `enter_limits` in
// src/worker/enter_limits.cpp.
#pragma once

#include <graft/driver/compiler.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace graft::driver {

/// What one job may take; 0: no limit. A job compiles all files of a bundle.
struct WorkerLimits {
  std::chrono::milliseconds wall{60'000};
  std::chrono::seconds cpu{120};           ///< of all its threads together
  std::uint64_t memory_bytes = 4ull << 30; ///< more than the worker has when the job begins
  std::uint64_t file_bytes = 64ull << 20;  ///< that it may write; a compile writes none
};

/// Owns: the child, and no thread. Threads: `compile` from any, side by side; each is a process of its own.
/// Fails: as Compiler::compile; kExhausted, with the limit and its name, for a job that reached one; kInternal for one that
/// Clang crashed on so that nothing could be caught; kEnvironment when the worker's program is not there or cannot be
/// started.
class Worker {
 public:
  /// `program` empty: the one beside the library that this code is in. Nothing is started before the first job.
  static Result<std::unique_ptr<Worker>> create(std::string program = {}, Config config = {});
  /// Ends the child. No compile may be running.
  ~Worker();

  /// Makes what `here` would make of the same job, byte for byte. `here` looks into its cache, works out the flags, and puts
  /// the files together; no text of the job is compiled in this process.
  Result<Artifact> compile(const Compiler &here, const Job &job, const WorkerLimits &limits = {},
                           const TellCompiled &tell = {}) const;

 private:
  struct State;
  class Place;
  explicit Worker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace graft::driver
