// Which files stand behind each bundle, and what was in them: kept beside the bundles, so that whoever watches them compares
// with the very bytes that were compiled, and no save slips between a compile and a look.
#pragma once

#include "../bundle/bundle_text.hpp"

#include <graft/base/artifact.hpp>
#include <graft/base/mutex.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// A file that a compile read, or looked for.
struct InputFile {
  enum class Kind : std::uint8_t {
    kOwn, ///< a source or the manifest; the manifest is there also when there is none
    kHeader,
    kSystem, ///< a header in a system directory
    kProbed, ///< looked for in vain: `path` is as it was spelled
  };
  std::string path;   ///< absolute, kProbed aside
  ContentKey content; ///< zero: was not there
  Kind kind = Kind::kOwn;
};

/// Threads: any.
class InputRegistry {
 public:
  /// Notes the files of a text that compiled, unless those of a newer request are known. Bundles from memory have none.
  void record(const BundleText &text, const Facts &facts, std::uint64_t ticket);
  std::vector<InputFile> of(std::string_view bundle) const;
  void forget(std::string_view bundle);

 private:
  struct Entry {
    std::uint64_t ticket = 0;
    std::vector<InputFile> files;
  };

  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
