// Everything that decides what a compile yields and is known before Clang runs, as one key. What is found out only then, the
// headers, is in an InputRecord.
#pragma once

#include "../invocation.hpp"
#include "../source_text.hpp"

#include <graft/base/content_key.hpp>

#include <optional>
#include <span>
#include <vector>

namespace graft::driver {

/// A source of the job, read, with its flags worked out.
struct RequestedFile {
  const SourceText &text;
  const Prepared &prepared;
};

/// What compiled this process's compiler: graft's own version, build and headers, those of libclang-cpp and libLLVM.
ContentKey compiler_identity();

/// The keys of one file within its bundle.
struct UnitKey {
  ContentKey place;   ///< which file of which bundle, compiled how: whatever its text
  ContentKey request; ///< everything that decides what it compiles to, whatever bundle it is in
};

/// One for each file; none for a job without a request_key.
std::vector<UnitKey> unit_keys(const ContentKey &compiler, const Job &job, std::span<const RequestedFile> files);

/// Nothing for a job whose flags load code into the compiler: what that does, nobody knows.
std::optional<ContentKey> request_key(const ContentKey &compiler, const Job &job, std::span<const RequestedFile> files);

} // namespace graft::driver
