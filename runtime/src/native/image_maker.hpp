// What makes a bundle's code: the one seam under sources, machine code, built-in bundles and a host's loaders. Everything
// before it is about files, everything behind it about artifacts, images and tables, whoever made them.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/progress.hpp>
#include <graft/base/result.hpp>
#include <graft/jit/linker.hpp>

#include <memory>

namespace graft {

struct BundleText;

/// What a maker's bundles can and cannot.
struct MakerTraits {
  bool reloads = true;  ///< a reload of or to such a bundle is possible
  bool repeats = true;  ///< `link` may be called again for a kept artifact: rollbacks can go there
  bool vouches = false; ///< the host answers for the types of its functions, so nobody else need allow them
};

/// Threads: all functions from any, side by side.
class ImageMaker {
 public:
  virtual ~ImageMaker() = default;

  virtual MakerTraits traits() const { return {}; }
  /// What is in the bundle. Nothing of it runs. Who compiles several files tells of each.
  virtual Result<Artifact> read(const BundleText &text, const TellCompiled &tell) const = 0;
  /// The imports of the bundle's code, with as many of their places as can be found, whatever that takes: for a refusal.
  /// Empty where nothing is compiled.
  virtual Result<std::vector<Import>> find_places(const BundleText &) const { return std::vector<Import>(); }
  /// Makes it callable: `address` of a provider's `table_symbol` is its table, before any initialiser ran. `options` has the
  /// generation's `graft_self` among its symbols.
  virtual Result<std::unique_ptr<jit::Image>> link(const Artifact &artifact, const jit::LinkOptions &options) const = 0;
};

} // namespace graft
