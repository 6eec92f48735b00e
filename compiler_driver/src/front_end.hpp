// One run of Clang's front end over one text: the instance, its files, its diagnostics. It begins, and opens what was
// precompiled, before it needs the text; so it can begin before there is one.
#pragma once

#include <graft/driver/compiler.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clang {
class CompilerInvocation;
class CompilerInstance;
class FrontendAction;
} // namespace clang
namespace llvm {
class MemoryBuffer;
}

namespace graft::driver {

class DiagnosticCollector;

/// What was parsed before: a precompiled header's bytes, and how much of the main file they stand for (nothing: they come
/// before it).
struct PrecompiledHead {
  std::string_view bytes;
  unsigned size = 0;
  bool ends_at_line_start = false;
};

/// The path at which a precompiled head's bytes are shown to Clang.
inline constexpr const char *kPreamblePath = "/.graft/abi.pch";

/// What a front end begins with; all is borrowed until it ended.
struct FrontEndStart {
  const clang::CompilerInvocation &invocation;
  const std::string &name; ///< the source's
  llvm::MemoryBuffer &text;
  const std::vector<Source> &headers;    ///< of the job, from memory
  const PrecompiledHead *head = nullptr; ///< whoever hands it over knows that it is fresh, and made with these flags
  InputTrace *trace = nullptr;           ///< where to note all that is asked for
};

/// Threads: one at a time.
class FrontEnd {
 public:
  /// Begins `action`: what comes before the first token. Whatever is wrong is in `collector` afterwards.
  FrontEnd(const FrontEndStart &start, clang::FrontendAction &action, DiagnosticCollector &collector);
  ~FrontEnd();
  FrontEnd(const FrontEnd &) = delete;
  FrontEnd &operator=(const FrontEnd &) = delete;

  bool has_begun() const { return has_begun_; }
  /// How long what was precompiled took to open; 0 where nothing was.
  std::uint64_t opening_ns() const { return opening_ns_; }
  clang::CompilerInstance &compiler() { return *compiler_; }

  /// Puts `text`, which begins with the head that was precompiled, in the place of what it began with.
  void replace_text(const llvm::MemoryBuffer &text);
  /// Executes the action, and ends it. Once.
  void run();

 private:
  clang::FrontendAction &action_;
  std::unique_ptr<clang::CompilerInstance> compiler_;
  bool has_begun_ = false;
  std::uint64_t opening_ns_ = 0;
};

} // namespace graft::driver
