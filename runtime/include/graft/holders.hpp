// Why code that was replaced or unloaded stays in memory: who is inside it, or points into it.
#pragma once

#include <graft/base/export.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace graft {

/// One reason why one generation that is not live any more is not unmapped yet. A copy, true when it was asked for.
struct Holder {
  enum class Kind : std::uint8_t {
    kCall,       ///< a thread is inside a call, or pins it for a scope
    kThread,     ///< a thread that the plugin started, or that asks its probe, has not ended
    kKeptObject, ///< a kept object or an instance that newer code goes on with points into it, or may lead to it
    kEnding,     ///< its finalisers are running, or those of an older one that shares kept objects with it
  };
  Kind kind = Kind::kCall;
  std::string bundle;
  std::uint64_t generation = 0;
  /// How long ago the generation was replaced or unloaded: the holder holds it at least since then.
  std::chrono::milliseconds since{0};
  int thread = 0;          ///< as gettid says; of kCall and kThread
  std::string thread_name; ///< as its starter named it; often the process's
  /// The innermost function of that thread inside the generation; empty when it was not asked for or is not known.
  std::string function;
  std::string object; ///< "kept 'x', which points into it", "an instance that may reach it"; of kKeptObject
};

/// Whether each holding thread is asked in which function it is. That sends it a signal, which may end a `sleep` or `poll`
/// of it early, as signals do (EINTR).
enum class AskThreads : std::uint8_t { kNo, kYes };

/// "bundle 'b' generation 7: a call of thread 'io' (4711) in step(int), replaced 12 s ago".
GRAFT_API std::string to_string(const Holder &holder);

} // namespace graft
