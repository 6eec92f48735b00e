// The gate of a commit that migrates: while it is closed, calls into its slots wait. A slot behind a gate holds a table of
// its own whose entries know their place; the call path does not change.
//
//   G1  A gate's tables stand for what the gate opens on: from then on, who pins one pins that generation, which owns it.
//   G2  What a gate opens on is stored before it is open (release), and read after it was seen open (acquire).
//   G3  A thread that pins an old generation of the set, and the one that commits, pass into the old set.
#pragma once

#include "entry_code.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace graft {

struct Generation;
class Table;

/// Owns: nothing. Shared by the tables behind it and by the commit: they end in any order.
class Gate {
 public:
  /// `old`: the generations that are live in the set. Closed, and owned by the calling thread.
  explicit Gate(std::vector<const Generation *> old) : old_(std::move(old)) {}

  /// Once, after every table behind it was told where to go (G2).
  void open() noexcept {
    open_.store(1, std::memory_order_release);
    open_.notify_all();
  }
  /// Waits. False: the calling thread passes into the old set (G3).
  bool await() const noexcept;
  /// G3, for the calling thread.
  bool passes() const noexcept;
  bool is_owner() const noexcept { return std::this_thread::get_id() == owner_; }
  bool is_open() const noexcept { return open_.load(std::memory_order_acquire) != 0; } // pairs with open
  const std::vector<const Generation *> &old() const noexcept { return old_; }

 private:
  std::atomic<std::uint32_t> open_{0};
  const std::thread::id owner_ = std::this_thread::get_id();
  const std::vector<const Generation *> old_;
};

/// One entry of one table, as its code knows it.
struct GateCall {
  const Table *table = nullptr;
  std::size_t index = 0;
};

/// Machine code for the entries of one table, which finds out where each call goes: `Table::target_of`.
///
/// Arguments pass unchanged, in general and vector registers of whatever width the processor has, and on the stack.
class GateCode {
 public:
  /// Null when the kernel gives no memory for code.
  static std::unique_ptr<GateCode> create(const Table &table, std::size_t count);

  const void *entry(std::size_t index) const noexcept { return code_->entry(index); }

 private:
  explicit GateCode(std::vector<GateCall> calls) : calls_(std::move(calls)) {}

  const std::vector<GateCall> calls_; // the code holds their addresses
  std::unique_ptr<EntryCode> code_;
};

} // namespace graft
