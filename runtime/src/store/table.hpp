// What a slot points at: an immutable copy of a provider's functions that the runtime owns, behind a header that says whose
// it is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <graft/abi.h>
#include <graft/base/facts.hpp>

#include "gate.hpp"
#include "stubs.hpp"

namespace graft {

struct Generation;

/// The names and kinds of a contract's functions as its provider saw them, for stubs' messages. Empty for unchecked code.
struct TableShape {
  std::string contract; ///< "demo.greeter@1.0"
  std::string bundle;
  std::vector<std::string> functions;
  std::vector<StubResult> results;

  StubResult result(std::size_t index) const { return index < results.size() ? results[index] : StubResult::kZero; }
};

TableShape make_shape(const ContractFacts *facts, std::string contract, std::string bundle);

/// Owns: its memory; borrows the generation. Immutable once made, so any thread may read it under a pin.
class Table {
public:
 // Each is null when there is no memory.

 /// A table of `provided`, padded with kMissing stubs to `width` entries; null entries become stubs too.
 static std::unique_ptr<Table> create(Generation &generation, std::shared_ptr<const TableShape> shape,
                                      const std::vector<const void *> &provided, std::size_t width);
 /// A table of `width` kStale stubs, for a vacated slot.
 static std::unique_ptr<Table> create_stale(std::shared_ptr<const TableShape> shape, std::size_t width);

 /// A table behind a gate, for calls into `behind` while that is closed. Functions that `behind` lacks stay missing.
 static std::unique_ptr<Table> create_gate(std::shared_ptr<Gate> gate, const Table &behind);
 /// Tells a gate's table what its gate opens on; once, before the gate opens.
 void lead_to(const Table &target) noexcept { target_ = &target; }
 /// Where the call of a gate's entry goes, once the gate is open.
 static const void *target_of(const GateCall &call) noexcept;
 /// The table itself, or what it leads to once its gate is open. Pinned where this one is.
 const Table &settled() const noexcept;
 std::shared_ptr<Gate> gate() const noexcept { return gate_; }
 bool is_gate() const noexcept { return gate_ != nullptr; }

 /// What a slot holds: the first function pointer.
 const void *entries() const noexcept { return block_->entries(); }
 static const Table &of(const void *entries) noexcept;

 static constexpr const char *kMemoryPoint = "there is no memory for"; ///< of the fault points here (fault.hpp)

 /// Whose code a call ends in. Null for a vacated slot, and behind a gate that is closed.
 Generation *generation() const noexcept {
   if (gate_ == nullptr) return generation_;
   return gate_->is_open() ? target_->generation() : nullptr;
 }
  const TableShape &shape() const noexcept { return *shape_; }
  std::size_t width() const noexcept { return width_; }
  /// Whether its first `width` entries return as those of `shape` do.
  bool fits(const TableShape &shape, std::size_t width) const;
  std::vector<const void *> provided() const;

  /// What stands before whatever a pin may name: whose it is.
  struct Head {
    const Table *owner;
    std::uint64_t reserved; // keeps what follows aligned to 16
  };

 private:
  struct Block : Head {
    const void **entries() noexcept { return reinterpret_cast<const void **>(this + 1); }
  };
  struct FreeBlock {
    void operator()(Block *block) const noexcept;
  };

  Table(Generation *generation, std::shared_ptr<const TableShape> shape, std::size_t provided, std::size_t width);

  Generation *generation_;
  std::shared_ptr<const TableShape> shape_; // shared by the tables of one provider: the live one, its wider copies, the stale one
  std::size_t provided_;
  std::size_t width_;
  std::unique_ptr<Block, FreeBlock> block_;
  // Of a gate's table only. The gate is shared with the commit and the set's other tables.
  std::shared_ptr<Gate> gate_;
  std::unique_ptr<GateCode> gate_code_;
  const Table *behind_ = nullptr;
  const Table *target_ = nullptr; // stored before the gate is open, read after (G2)
};

/// Leaves the stub's error on the calling thread and returns its code.
graft_status report_stub(std::size_t index, StubReason reason) noexcept;

} // namespace graft
