// May this bundle run here? One question, which a host may want to answer itself: asked before anything of a load, a reload,
// a rollback or a reload that follows another is compiled, linked or run.
#pragma once

#include <graft/base/content_key.hpp>
#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace graft {

/// What is to be decided. Borrowed during the call.
struct PolicyRequest {
  enum class Action : std::uint8_t {
    kLoad,
    kReload,
    kRollback, ///< to what ran before
    kCascade,  ///< what runs is started again, because something that it requires is reloaded
  };
  /// A file of the bundle: the very bytes that will be compiled.
  struct File {
    std::string_view name;
    std::string_view contents;
  };
  Action action = Action::kLoad;
  std::string_view bundle; ///< as this runtime calls it
  std::string_view version;
  std::string_view path;                    ///< empty for a bundle from memory
  std::span<const std::string> permissions; ///< that its manifest asks for
  std::span<const File> files; ///< sources, and headers of a bundle from memory; none for kRollback and kCascade
  ContentKey source;           ///< of what is started again, for kRollback and kCascade
};

GRAFT_API const char *to_string(PolicyRequest::Action action) noexcept;

/// An error refuses, with its code and sentence. Called on the thread that loads or reloads, or, for one of several
/// bundles, on one that compiles; several at a time. For kCascade with the commit token held. What it throws refuses, too.
using Policy = std::function<Result<void>(const PolicyRequest &request)>;

} // namespace graft
