// SIGINT and SIGTERM as a descriptor to wait on. The first asks politely; a second one ends the process as it always does,
// so that a plugin that never returns can be stopped.
#pragma once

#include <graft/base/result.hpp>

#include <memory>

namespace graft::tool {

/// Process-wide while it lives; one at a time.
class StopSignal {
 public:
  static Result<std::unique_ptr<StopSignal>> create();
  ~StopSignal();

  /// Becomes readable when a signal came.
  int descriptor() const { return descriptor_; }

 private:
  explicit StopSignal(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

} // namespace graft::tool
