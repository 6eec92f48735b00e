// `-march=native` in few words: a CPU's name already implies most of the hundred features that Clang's driver spells out,
// and every one that is spelled costs each compile time in three places.
#pragma once

namespace clang {
class CompilerInstance;
class CompilerInvocation;
} // namespace clang

namespace graft::driver {

/// Drops the features that the invocation's CPU has anyway. Means the same.
void trim_features(clang::CompilerInvocation &invocation);

/// After `createTarget`: code is generated for the CPU's name and what differs from it, not for the full list.
void use_trimmed_features(clang::CompilerInstance &compiler);

} // namespace graft::driver
