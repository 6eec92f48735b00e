// What a reload will do to a bundle's kept state, said before it does anything.
#pragma once

#include <graft/base/export.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace graft {

/// What becomes of a kept variable, or of a field of one whose type changed.
enum class Fate : std::uint8_t {
  kKept,      ///< stays as it is; a whole variable also stays where it is
  kMoved,     ///< the same value at another offset, or in another object
  kConverted, ///< another type: `how` says what is done
  kDropped,   ///< is in the old version only: its value is gone
  kNew,       ///< is in the new version only: `how` is its initial value
  kReset,     ///< begins anew, because the bundle asks for it
  kRefused,   ///< cannot be carried over: `how` says why, and the reload is refused
};

GRAFT_API const char *to_string(Fate fate) noexcept;

struct PlanItem {
  Fate fate = Fate::kKept;
  std::string path; ///< "best", "best.name", "table[].points"
  std::string was;  ///< its type in the old version, as C spells it; empty when it is new
  std::string is;   ///< the same in the new version; empty when it is dropped
  std::string how;
};

/// What a reload comes to.
enum class PlanKind : std::uint8_t {
  kCodeOnly, ///< nothing is kept on either side
  kKept,     ///< all state stays where it is
  kMigrated, ///< some of it is built anew from the old; calls wait meanwhile
  kRefused,
};

GRAFT_API const char *to_string(PlanKind kind) noexcept;

struct ReloadPlan {
  std::string bundle;
  PlanKind kind = PlanKind::kCodeOnly;
  std::uint64_t base = 0; ///< the generation whose state it is about; 0 when it compares two texts
  std::vector<PlanItem> items;
  std::string was; ///< the old version's name where that is another, so that no reload leads from one to the other; else empty
};

/// The plan as lines of text, one an item.
GRAFT_API std::string to_string(const ReloadPlan &plan);

} // namespace graft
