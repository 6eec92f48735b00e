// What a slot points at: an immutable copy of a provider's functions that the runtime owns, behind a header that says whose it is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <graft/abi.h>
#include <graft/base/facts.hpp>

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
  /// A table of `provided`, padded with kMissing stubs to `width` entries; null entries become stubs too.
  static std::unique_ptr<Table> create(Generation &generation, std::shared_ptr<const TableShape> shape,
                                       const std::vector<const void *> &provided, std::size_t width);
  /// A table of `width` kStale stubs, for a vacated slot.
  static std::unique_ptr<Table> create_stale(std::shared_ptr<const TableShape> shape, std::size_t width);

  /// What a slot holds: the first function pointer.
  const void *entries() const noexcept { return block_->entries(); }
  static const Table &of(const void *entries) noexcept;

  Generation *generation() const noexcept { return generation_; }
  const TableShape &shape() const noexcept { return *shape_; }
  std::size_t width() const noexcept { return width_; }
  /// Whether its first `width` entries return as those of `shape` do.
  bool fits(const TableShape &shape, std::size_t width) const;
  std::vector<const void *> provided() const;

private:
  struct Block {
    const Table *owner;
    std::uint64_t reserved; // keeps the entries, which follow, aligned to 16

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
};

/// Leaves the stub's error on the calling thread and returns its code.
graft_status report_stub(std::size_t index, StubReason reason) noexcept;

} // namespace graft
