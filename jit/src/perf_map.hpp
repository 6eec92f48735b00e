// Tells perf what functions are called: `/tmp/perf-PID.map`, which `perf report` reads for code that is in no file. Written
// when the environment says GRAFT_PERF_MAP=1; a line stays when its image goes, since samples may be older.
#pragma once

#include "image_state.hpp"

namespace graft::jit {

/// Owns: the open file, or nothing. Threads: any; each image is one write.
class PerfMap {
 public:
  PerfMap();
  ~PerfMap();
  PerfMap(const PerfMap &) = delete;
  PerfMap &operator=(const PerfMap &) = delete;

  void add(const FunctionNames &functions) const;

 private:
  int file_ = -1;
};

} // namespace graft::jit
