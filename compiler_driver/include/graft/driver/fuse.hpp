// Several bundles' code and a text that calls it, as one artifact: what is called in a fixed order can be inlined there.
//
// What it is for - hooks, their rules - the caller's text says; here it is functions with one signature and one caller.
#pragma once

#include <graft/driver/compiler.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace graft::driver {

/// A bundle whose code is fused.
struct FuseMember {
  std::string bundle;                         ///< for messages
  const std::vector<char> *bitcode = nullptr; ///< of an artifact of Role::kSecond with Bitcode::kKeep. Borrowed for the call
  std::string entry;                          ///< `entry_name` of the function that the text calls
};

/// The function behind an entry of a provider's table, as FuseMember::entry.
std::string entry_name(const std::string &tag, std::size_t index);

struct FuseJob {
  std::string name; ///< goes into the artifact and its messages
  /// C. It calls the members as `graft_member_0` to `graft_member_N`, which it declares with the signature that they have,
  /// and is told by `int graft_is_brief_0(void)` and so on which of them are brief: their whole code has neither loop nor
  /// call.
  std::string text;
  std::string exported; ///< the text's function that stays visible
  std::vector<FuseMember> members;
  const std::atomic<bool> *cancelled = nullptr; ///< as Job's
};

enum class Brief : std::uint8_t { kNo, kYes };

struct Fused {
  Artifact artifact;
  std::vector<Brief> members; ///< in the order of the job's
};

/// Code alone: it owns no state and no constant that it could hand out, and says of both that they are the member's
/// (graft/base/fused_name.hpp). Fails: kUnsupported with what of which member cannot be fused; kSuperseded when it is
/// cancelled.
Result<Fused> fuse(const Compiler &compiler, const FuseJob &job);

} // namespace graft::driver
