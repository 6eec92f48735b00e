// Whether what was compiled at one time saw one text of each header: a header may be saved in between.
#pragma once

#include "facts.hpp"

#include <map>
#include <string>
#include <vector>

namespace graft {

/// Threads: one at a time.
class SeenHeaders {
 public:
  /// Adds what one compile saw. The path of a header that an earlier one saw otherwise; empty: there is none.
  std::string add(const std::vector<HeaderFacts> &headers);

 private:
  std::map<std::string, ContentKey> seen_; ///< by real path, since each source may have its own way to a header
};

/// So often what saw a header otherwise is compiled again, before it is an error: somebody saves without a pause.
inline constexpr int kMostAttempts = 8;

} // namespace graft
