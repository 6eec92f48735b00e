// The word at %fs:0x70 is `__private_ss` of glibc's thread control block: the place that compilers and glibc keep for
// -fsplit-stack, which nothing else uses. Whoever builds a host with -fsplit-stack sets Config::stack_reserve_bytes to 0.
#include "address_space.hpp"
#include "stack_functions.hpp"

#include <graft/base/mutex.hpp>
#include <graft/base/stack_check.hpp>
#include <graft/base/stack_overflow.hpp>
#include <graft/jit/lines.hpp>
#include <graft/jit/stack_limit.hpp>

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace graft::jit {
namespace {

/// What is kept of a reserve while the exception is in flight.
constexpr std::size_t kLastResort = 4; // a quarter
/// What is kept of it while the exception is put off (L3), and how far up whoever is met next fails in its place.
constexpr std::size_t kPutOff = 2; // half
constexpr std::size_t kNext = 16;  // a sixteenth
constexpr int kFramesLookedAt = 64;
/// Of a small stack as much is kept.
constexpr std::size_t kOfSmallStack = 4; // a quarter

constinit Mutex reserves_mutex;
constinit StackReserve *reserves GRAFT_GUARDED_BY(reserves_mutex) = nullptr; // a list of those that live
// What threads that are watched from now on keep; written under the mutex. Relaxed: it orders nothing.
constinit std::atomic<std::size_t> reserve_bytes{0};

/// What is known of the calling thread's stack.
struct ThreadStack {
  std::uintptr_t low = 0; ///< above what guards it
  std::uintptr_t high = 0;
  std::size_t reserve = 0;
  rlim_t main_limit = 0; ///< of the main thread: what may be raised, and its stack grows with it; else 0
  bool is_estimate = false;
  unsigned failing = 0;  ///< exceptions in flight
  bool is_put_off = false;
};
constinit thread_local ThreadStack thread_stack;

void set_limit(std::uintptr_t limit) noexcept { asm volatile("movq %0, %%fs:0x70" : : "r"(limit) : "memory"); }

rlim_t main_limit() noexcept {
  rlimit limit{};
  return ::gettid() == ::getpid() && ::getrlimit(RLIMIT_STACK, &limit) == 0 ? limit.rlim_cur : 0;
}

/// Asks the C library; false when it does not know.
bool read_bounds(ThreadStack &stack) noexcept {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return false;
  void *begin = nullptr;
  std::size_t size = 0;
  std::size_t guard = 0;
  const bool is_known = ::pthread_attr_getstack(&attributes, &begin, &size) == 0 &&
                        ::pthread_attr_getguardsize(&attributes, &guard) == 0 && begin != nullptr && size > guard;
  ::pthread_attr_destroy(&attributes);
  if (!is_known) return false;
  stack.low = reinterpret_cast<std::uintptr_t>(begin) + guard;
  stack.high = reinterpret_cast<std::uintptr_t>(begin) + size;
  stack.main_limit = main_limit();
  return true;
}

/// The main thread's, without the list of all mappings, which the C library reads for them and which takes a third of a
/// millisecond with LLVM in the process: the program's name lies before the last word of its stack (Linux, fs/exec.c), and
/// 128 MiB below that are not given to anybody who does not ask for the very place (Linux, arch/x86/mm/mmap.c).
bool estimate_bounds(ThreadStack &stack, std::size_t reserve) noexcept {
  constexpr rlim_t kMostOfThem = 64ul << 20;
  const rlim_t limit = main_limit();
  if (limit / kOfSmallStack < reserve) return false; // of a small one every page counts
  const auto *name = reinterpret_cast<const char *>(::getauxval(AT_EXECFN));
  if (limit > kMostOfThem || name == nullptr) return false;
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(name) + std::strlen(name) + 1 + sizeof(void *);
  const std::uintptr_t high = round_to_page(end);
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (here >= high || high - here > limit) return false; // somebody else's stack, or not laid out so
  stack.low = round_to_page(high - limit);
  stack.high = high;
  stack.main_limit = limit;
  return true;
}

std::uintptr_t limit_of(const ThreadStack &stack) noexcept {
  if (stack.failing != 0) return stack.low + stack.reserve / kLastResort;
  return stack.low + stack.reserve + (stack.is_put_off ? stack.reserve / kNext : 0);
}

enum class Bounds : bool { kMayBeEstimated, kExact };

/// Brings what is known up to date, and the word with it; false when nobody is to be failed.
bool refresh(ThreadStack &stack, Bounds bounds = Bounds::kMayBeEstimated) noexcept {
  const std::size_t bytes = reserve_bytes.load(std::memory_order_relaxed);
  const bool is_stale = stack.high == 0 || (stack.main_limit != 0 && stack.main_limit != main_limit()) ||
                        (stack.is_estimate && bounds == Bounds::kExact);
  if (bytes == 0) return set_limit(0), false;
  if (is_stale) {
    stack.is_estimate = bounds == Bounds::kMayBeEstimated && estimate_bounds(stack, bytes);
    if (!stack.is_estimate && !read_bounds(stack)) return set_limit(0), false;
  }
  stack.reserve = std::min(bytes, (stack.high - stack.low) / kOfSmallStack);
  set_limit(limit_of(stack));
  return true;
}

_Unwind_Reason_Code look_for_promise(_Unwind_Context *context, void *opaque) {
  auto &[left, is_found] = *static_cast<std::pair<int, bool> *>(opaque);
  const auto begin = static_cast<std::uintptr_t>(_Unwind_GetRegionStart(context));
  // What has a mark does not begin where a page does.
  if (begin % kPageBytes >= sizeof kNoexceptMark)
    is_found = *reinterpret_cast<const std::uint64_t *>(begin - sizeof kNoexceptMark) == kNoexceptMark;
  return is_found || --left == 0 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/// L3. Whether one of the innermost frames would end the process if anything was thrown.
bool is_within_noexcept() noexcept {
  std::pair<int, bool> search(kFramesLookedAt, false);
  _Unwind_Backtrace(look_for_promise, &search);
  return search.second;
}

/// Lets a thread go on, if there is enough left for it.
bool put_off(ThreadStack &stack, std::size_t bytes, std::uintptr_t at) noexcept {
  const std::uintptr_t last = stack.low + stack.reserve / kPutOff;
  if (stack.failing != 0 || at < last || at - last < bytes || !is_within_noexcept()) return false;
  stack.is_put_off = true;
  set_limit(limit_of(stack));
  return true;
}

/// L2.
bool is_spent(std::size_t bytes, std::uintptr_t at) noexcept {
  ThreadStack &stack = thread_stack;
  if (!refresh(stack, Bounds::kExact) || at < stack.low || at >= stack.high) return false;
  const std::uintptr_t limit = limit_of(stack);
  return at < limit || at - limit < bytes;
}

/// One exception less; on another thread's end of it, nothing.
void end_overflow() noexcept {
  ThreadStack &stack = thread_stack;
  if (stack.failing == 0) return;
  --stack.failing;
  refresh(stack);
}

/// Asked by another thread, since whoever caught the exception may have little stack left, and debug information takes some.
std::string place_of(std::uintptr_t where) {
  std::string place;
  const auto ask = [&] {
    try {
      const std::vector<CodeLine> lines = lines_at(where);
      if (lines.empty() || lines.front().line == 0) return;
      place = "'" + lines.front().function + "' at " + lines.front().file + ":" + std::to_string(lines.front().line);
    } catch (const std::bad_alloc &) { // the error says less
    }
  };
  try {
    std::thread(ask).join();
  } catch (const std::system_error &) {
    return {}; // no thread is to be had
  }
  return place;
}

constinit const StackOverflow::Thrower thrower{.over = end_overflow, .place = place_of};

} // namespace

StackReserve::StackReserve(std::size_t bytes) : bytes_(bytes) {
  const MutexLock lock(reserves_mutex);
  next_ = reserves;
  reserves = this;
  reserve_bytes.store(std::max(bytes, reserve_bytes.load(std::memory_order_relaxed)), std::memory_order_relaxed);
}

StackReserve::~StackReserve() {
  const MutexLock lock(reserves_mutex);
  StackReserve **link = &reserves;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  std::size_t largest = 0;
  for (const StackReserve *one = reserves; one != nullptr; one = one->next_) largest = std::max(largest, one->bytes_);
  reserve_bytes.store(largest, std::memory_order_relaxed);
}

void watch_stack() noexcept {
  if (stack_limit() == 0) refresh(thread_stack);
}

void unwatch_stack() noexcept {
  set_limit(0);
  thread_stack = {};
}

std::uintptr_t stack_limit() noexcept {
  std::uintptr_t limit;
  asm volatile("movq %%fs:0x70, %0" : "=r"(limit));
  return limit;
}

namespace {

/// The stack pointer of whoever called, as it was before: above this frame's two words.
#define GRAFT_CALLERS_STACK (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) + 2 * sizeof(void *))

// Called in the middle of anything, by code that keeps its values in nearly all registers meanwhile.
[[clang::preserve_most]] void check(std::size_t bytes) {
  const std::uintptr_t at = GRAFT_CALLERS_STACK;
  if (!is_spent(bytes, at) || put_off(thread_stack, bytes, at)) return;
  ++thread_stack.failing;
  thread_stack.is_put_off = false;
  set_limit(limit_of(thread_stack));
  throw StackOverflow(thrower, reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) - 1);
}

[[clang::preserve_most]] std::int32_t question(std::size_t bytes) { return is_spent(bytes, GRAFT_CALLERS_STACK) ? 1 : 0; }

#undef GRAFT_CALLERS_STACK

} // namespace

const void *stack_function(std::string_view name) {
  if (name == kStackCheck) return reinterpret_cast<const void *>(check);
  return name == kStackQuestion ? reinterpret_cast<const void *>(question) : nullptr;
}

} // namespace graft::jit
