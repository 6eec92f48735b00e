// Code that several images call and none owns: one image per content, mapped as long as somebody uses it.
#pragma once

#include "image_state.hpp"

#include <graft/base/artifact.hpp>
#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/jit/linker.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace graft::jit {

/// Threads: any, once it is made.
class SharedImage {
 public:
  SharedImage(std::shared_ptr<const SharedCode> code, std::unique_ptr<Image> image, std::vector<std::string> imports)
      : code_(std::move(code)), image_(std::move(image)), imports_(std::move(imports)) {}

  const Image &image() const { return *image_; }
  const std::vector<std::string> &symbols() const { return code_->symbols; }
  /// What it is bound to outside of itself.
  const std::vector<std::string> &imports() const { return imports_; }

 private:
  std::shared_ptr<const SharedCode> code_;
  std::unique_ptr<Image> image_;
  std::vector<std::string> imports_;
};

/// The images of shared code that are mapped now. Threads: any.
class SharedImages {
 public:
  using Link = std::function<Result<std::shared_ptr<SharedImage>>()>;

  /// The image of `code`: the one that others use already, or what `link` makes. Gone with its last holder.
  Result<std::shared_ptr<SharedImage>> find_or_link(const SharedCode &code, const Link &link);
  /// Links what nobody uses yet, and holds it until somebody does, or until two more were linked ahead.
  void link_ahead(const SharedCode &code, const Link &link);
  void let_go();

 private:
  std::shared_ptr<SharedImage> find(const std::string &key) GRAFT_REQUIRES(mutex_);

  Mutex mutex_;
  std::deque<std::shared_ptr<SharedImage>> ahead_ GRAFT_GUARDED_BY(mutex_); ///< nobody has asked for these yet
  std::map<std::string, std::weak_ptr<SharedImage>> live_ GRAFT_GUARDED_BY(mutex_); ///< by the bytes of the key
};

} // namespace graft::jit
