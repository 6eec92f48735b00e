// The loaders that a host brought, and the bundles that are theirs.
#pragma once

#include "../bundle/bundle_text.hpp"
#include "image_maker.hpp"

#include <graft/base/mutex.hpp>
#include <graft/loader.hpp>

#include <memory>
#include <string>
#include <vector>

namespace graft {

/// Threads: any; no loader is called with anything locked.
class Loaders {
 public:
  /// kInvalid for a name or an ending that cannot be one, kConflict for one that is taken.
  Result<void> add(std::unique_ptr<Loader> loader);
  std::vector<LoaderInfo> list() const;
  /// Gives a text that names a loader the maker of its code. The loader was among those that `list` told whoever read the
  /// text.
  void attach(BundleText &text) const;

 private:
  struct Entry {
    LoaderInfo info;
    std::shared_ptr<const ImageMaker> maker; // shared with its bundles
  };

  mutable Mutex mutex_;
  std::vector<Entry> loaders_ GRAFT_GUARDED_BY(mutex_); ///< only grows
};

} // namespace graft
