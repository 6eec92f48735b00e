// malloc, `new` and their relatives for a bundle with a memory quota: what its code calls by those names counts.
//
// The symbols of an image are bound to a few bytes of code each, which add the bundle's account as one more argument and go
// on to a function of ours. What a bundle's own code allocates counts until the bundle's own code gives it back: memory that
// the C library allocates for it (`strdup`, `getline`) is not counted, and giving that back is not either, because blocks
// are remembered by their addresses. A block that is handed to the C library to be freed there stays counted until its
// address comes up again.
#pragma once

#include "../store/code_pages.hpp"
#include "memory_account.hpp"

#include <graft/base/result.hpp>
#include <graft/jit/linker.hpp>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace graft {

/// The blocks of one account. Threads: any; they seldom meet.
class CountedBlocks {
 public:
  explicit CountedBlocks(MemoryAccount &account) : account(account) {}

  /// Whether `bytes` more may be had; the sentence of a refusal is left on the thread.
  bool admit(std::uint64_t bytes) noexcept;
  /// Remembers a block that was admitted; what its address stood for before is given back.
  void add(const void *block, std::uint64_t bytes);
  /// Forgets a block, before its memory is given back; how many bytes it counted, which stay taken. Nothing for one that is
  /// not known.
  std::optional<std::uint64_t> forget(const void *block) noexcept;

  MemoryAccount &account;

 private:
  struct Part {
    mutable Mutex mutex;
    std::unordered_map<const void *, std::uint64_t> blocks GRAFT_GUARDED_BY(mutex);
  };
  Part &part_of(const void *block) const noexcept {
    return parts_[reinterpret_cast<std::uintptr_t>(block) >> 4 & (kParts - 1)];
  }

  static constexpr std::size_t kParts = 16;
  mutable std::array<Part, kParts> parts_;
};

/// The symbols for one bundle's images. Owns: the blocks' ledger and the code. Lives as long as any of them: the runtime.
class CountedMemory {
 public:
  /// kExhausted.
  static Result<std::unique_ptr<CountedMemory>> create(MemoryAccount &account);
  const std::vector<jit::Symbol> &symbols() const noexcept { return symbols_; }

 private:
  explicit CountedMemory(MemoryAccount &account) : blocks_(account) {}

  CountedBlocks blocks_;
  std::unique_ptr<CodePages> code_;
  std::vector<jit::Symbol> symbols_;
};

/// Of all bundles of a runtime that have a quota, by name: the next generation frees what the last one took. Threads: any.
class CountedMemories {
 public:
  explicit CountedMemories(MemoryAccounts &accounts) : accounts_(accounts) {}
  /// Lives as long as this.
  Result<const CountedMemory *> of(std::string_view bundle);

 private:
  MemoryAccounts &accounts_;
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<CountedMemory>, std::less<>> all_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
