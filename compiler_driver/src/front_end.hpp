// One run of Clang's front end over one text: the instance, its files, its diagnostics.
#pragma once

#include <graft/driver/compiler.hpp>

#include <string_view>
#include <vector>

namespace clang {
class CompilerInvocation;
class FrontendAction;
} // namespace clang

namespace graft::driver {

struct SourceText;
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

struct FrontEndRun {
  const clang::CompilerInvocation &invocation;
  const SourceText &text;
  const std::vector<Source> &headers;    ///< of the job, from memory
  const PrecompiledHead *head = nullptr; ///< whoever hands it over knows that it is fresh, and made with these flags
  InputTrace *trace = nullptr;           ///< where to note all that is asked for
};

/// Runs `action`; whatever is wrong is in `collector` afterwards.
void run_front_end(const FrontEndRun &run, clang::FrontendAction &action, DiagnosticCollector &collector);

} // namespace graft::driver
