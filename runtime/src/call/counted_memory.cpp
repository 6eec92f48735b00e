// See counted_memory.hpp. The functions take what the C library's take, and the account's blocks behind that.
#include "counted_memory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace graft {
namespace {

constexpr std::size_t kPageBytes = 4096;

/// Takes `bytes` from the account and memory from `make`, or neither.
template <class Make>
void *counted(CountedBlocks &blocks, std::size_t bytes, Make make) {
  if (!blocks.admit(bytes)) return errno = ENOMEM, nullptr;
  void *block = make();
  if (block == nullptr)
    blocks.account.give_back(bytes);
  else
    blocks.add(block, bytes);
  return block;
}

void *take(std::size_t bytes, CountedBlocks *blocks) {
  return counted(*blocks, bytes, [&] { return std::malloc(bytes); });
}

void *take_zeroed(std::size_t count, std::size_t each, CountedBlocks *blocks) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, each, &bytes)) return errno = ENOMEM, nullptr;
  return counted(*blocks, bytes, [&] { return std::calloc(count, each); });
}

void *take_aligned(std::size_t align, std::size_t bytes, CountedBlocks *blocks) {
  return counted(*blocks, bytes, [&] { return ::aligned_alloc(align, bytes); });
}

void *take_pages(std::size_t bytes, CountedBlocks *blocks) { return take_aligned(kPageBytes, bytes, blocks); }

void *take_whole_pages(std::size_t bytes, CountedBlocks *blocks) {
  const std::size_t room = bytes + (kPageBytes - 1);
  return room < bytes ? nullptr : take_pages(room / kPageBytes * kPageBytes, blocks);
}

int take_aligned_to(void **out, std::size_t align, std::size_t bytes, CountedBlocks *blocks) {
  int failed = ENOMEM;
  void *block = counted(*blocks, bytes, [&]() -> void * {
    void *made = nullptr;
    failed = ::posix_memalign(&made, align, bytes);
    return failed == 0 ? made : nullptr;
  });
  if (block == nullptr) return failed != 0 ? failed : ENOMEM;
  *out = block;
  return 0;
}

void forget(const void *block, CountedBlocks &blocks) { blocks.account.give_back(blocks.forget(block).value_or(0)); }

void give_back(void *block, CountedBlocks *blocks) {
  forget(block, *blocks);
  std::free(block);
}

void *take_again(void *block, std::size_t bytes, CountedBlocks *blocks) {
  if (block == nullptr) return take(bytes, blocks);
  if (bytes == 0) return give_back(block, blocks), nullptr;
  const std::optional<std::uint64_t> old =
      blocks->forget(block); // first: its address may be another's as soon as it is free
  const std::uint64_t more = bytes - std::min<std::uint64_t>(bytes, old.value_or(0));
  const bool may = blocks->admit(more);
  void *grown = may ? std::realloc(block, bytes) : nullptr;
  if (grown != nullptr) {
    blocks->account.give_back(old.value_or(0) - std::min<std::uint64_t>(bytes, old.value_or(0)));
    blocks->add(grown, bytes);
    return grown;
  }
  if (may) blocks->account.give_back(more);
  if (old) blocks->add(block, *old);
  return errno = ENOMEM, nullptr;
}

void *take_array_again(void *block, std::size_t count, std::size_t each, CountedBlocks *blocks) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, each, &bytes)) return errno = ENOMEM, nullptr;
  return take_again(block, bytes, blocks);
}

void *new_or_null(std::size_t bytes, const std::nothrow_t &, CountedBlocks *blocks) {
  return counted(*blocks, bytes, [&] { return ::operator new(bytes, std::nothrow); });
}

void *new_aligned_or_null(std::size_t bytes, std::align_val_t align, const std::nothrow_t &, CountedBlocks *blocks) {
  return counted(*blocks, bytes, [&] { return ::operator new(bytes, align, std::nothrow); });
}

void *new_or_throw(std::size_t bytes, CountedBlocks *blocks) {
  void *block = new_or_null(bytes, std::nothrow, blocks);
  if (block == nullptr) std::__throw_bad_alloc(); // into the bundle's code, which expects nothing else
  return block;
}

void *new_aligned_or_throw(std::size_t bytes, std::align_val_t align, CountedBlocks *blocks) {
  void *block = new_aligned_or_null(bytes, align, std::nothrow, blocks);
  if (block == nullptr) std::__throw_bad_alloc();
  return block;
}

void delete_block(void *block, CountedBlocks *blocks) {
  forget(block, *blocks);
  ::operator delete(block);
}

void delete_aligned(void *block, std::align_val_t align, CountedBlocks *blocks) {
  forget(block, *blocks);
  ::operator delete(block, align);
}

void delete_sized_aligned(void *block, std::size_t, std::align_val_t align, CountedBlocks *blocks) {
  delete_aligned(block, align, blocks);
}

/// A symbol, what stands for it, and which argument of that the blocks are, from 1.
struct Counted {
  const char *symbol;
  const void *function;
  std::size_t argument;
};

template <class... Arguments, class Return>
Counted as(const char *symbol, Return (*function)(Arguments...)) {
  return {symbol, reinterpret_cast<const void *>(function), sizeof...(Arguments)};
}

std::array<Counted, 30> table() {
  return {as("malloc", take),
          as("calloc", take_zeroed),
          as("realloc", take_again),
          as("reallocarray", take_array_again),
          as("aligned_alloc", take_aligned),
          as("memalign", take_aligned),
          as("valloc", take_pages),
          as("pvalloc", take_whole_pages),
          as("posix_memalign", take_aligned_to),
          as("free", give_back),
          as("_Znwm", new_or_throw),
          as("_Znam", new_or_throw),
          as("_ZnwmRKSt9nothrow_t", new_or_null),
          as("_ZnamRKSt9nothrow_t", new_or_null),
          as("_ZnwmSt11align_val_t", new_aligned_or_throw),
          as("_ZnamSt11align_val_t", new_aligned_or_throw),
          as("_ZnwmSt11align_val_tRKSt9nothrow_t", new_aligned_or_null),
          as("_ZnamSt11align_val_tRKSt9nothrow_t", new_aligned_or_null),
          as("_ZdlPv", delete_block),
          as("_ZdaPv", delete_block),
          as("_ZdlPvm", delete_block), // what stands behind the block is not asked for, so the blocks take its place
          as("_ZdaPvm", delete_block),
          as("_ZdlPvRKSt9nothrow_t", delete_block),
          as("_ZdaPvRKSt9nothrow_t", delete_block),
          as("_ZdlPvSt11align_val_t", delete_aligned),
          as("_ZdaPvSt11align_val_t", delete_aligned),
          as("_ZdlPvSt11align_val_tRKSt9nothrow_t", delete_aligned),
          as("_ZdaPvSt11align_val_tRKSt9nothrow_t", delete_aligned),
          as("_ZdlPvmSt11align_val_t", delete_sized_aligned),
          as("_ZdaPvmSt11align_val_t", delete_sized_aligned)};
}

constexpr std::size_t kEntryBytes = 32;

void write_entry(char *code, const Counted &counted, const CountedBlocks *blocks) {
  constexpr unsigned char kRegisters[] = {0, 0xbe, 0xba, 0xb9}; // rsi, rdx, rcx: the second to fourth argument
  std::memset(code, 0xcc, kEntryBytes);
  code[0] = 0x48; // movabs REGISTER, blocks
  code[1] = static_cast<char>(kRegisters[counted.argument - 1]);
  std::memcpy(code + 2, &blocks, sizeof blocks);
  std::memcpy(code + 10, "\x49\xbb", 2); // movabs r11, function
  std::memcpy(code + 12, &counted.function, sizeof counted.function);
  std::memcpy(code + 20, "\x41\xff\xe3", 3); // jmp *r11
}

} // namespace

bool CountedBlocks::admit(std::uint64_t bytes) noexcept {
  if (account.take(bytes)) return true;
  account.report(bytes);
  return false;
}

void CountedBlocks::add(const void *block, std::uint64_t bytes) {
  Part &part = part_of(block);
  std::uint64_t before = 0;
  {
    const MutexLock lock(part.mutex);
    before = std::exchange(part.blocks[block], bytes);
  }
  account.give_back(before);
}

std::optional<std::uint64_t> CountedBlocks::forget(const void *block) noexcept {
  Part &part = part_of(block);
  const MutexLock lock(part.mutex);
  const auto found = part.blocks.find(block);
  if (found == part.blocks.end()) return std::nullopt;
  const std::uint64_t bytes = found->second;
  part.blocks.erase(found);
  return bytes;
}

Result<std::unique_ptr<CountedMemory>> CountedMemory::create(MemoryAccount &account) {
  std::unique_ptr<CountedMemory> made(new CountedMemory(account));
  const auto all = table();
  constexpr const char *kRefusal = "bundles' allocations are not counted";
  made->code_ = CodePages::create(all.size() * kEntryBytes, kRefusal);
  if (made->code_ == nullptr)
    return error(Code::kExhausted, "no memory for what counts the allocations of bundle '" + account.bundle + "'");
  char *entry = made->code_->begin();
  for (const Counted &one : all) {
    write_entry(entry, one, &made->blocks_);
    made->symbols_.push_back({one.symbol, entry});
    entry += kEntryBytes;
  }
  if (!made->code_->seal(kRefusal))
    return error(Code::kExhausted, "no memory for what counts the allocations of bundle '" + account.bundle + "'");
  return made;
}

Result<const CountedMemory *> CountedMemories::of(std::string_view bundle) {
  const MutexLock lock(mutex_);
  if (const auto found = all_.find(bundle); found != all_.end()) return found->second.get();
  GRAFT_TRY_ASSIGN(std::unique_ptr<CountedMemory> made, CountedMemory::create(accounts_.of(bundle)));
  return all_.emplace(std::string(bundle), std::move(made)).first->second.get();
}

} // namespace graft
