// One run of Clang's front end over one text: the instance, its files, its diagnostics.
#pragma once

#include <graft/driver/compiler.hpp>

#include <vector>

namespace clang {
class CompilerInvocation;
class FrontendAction;
} // namespace clang

namespace graft::driver {

struct AbiPreamble;
struct SourceText;
class DiagnosticCollector;

/// Runs `action` over `text` as `invocation` says; whatever is wrong is in `collector` afterwards. `preamble` may be null; `headers` are
/// those of the job that are in memory.
void run_front_end(const clang::CompilerInvocation &invocation, const SourceText &text, const AbiPreamble *preamble,
                   const std::vector<Source> &headers, clang::FrontendAction &action, DiagnosticCollector &collector);

} // namespace graft::driver
