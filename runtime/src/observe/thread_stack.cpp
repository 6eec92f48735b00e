// The signal, its handler, and who waits for the answer.
#include "thread_stack.hpp"

#include <graft/base/mutex.hpp>

#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>

namespace graft {
namespace {

constexpr std::size_t kMostFrames = 128;

struct Answer {
  std::uintptr_t counters[kMostFrames];
  std::size_t count = 0;
};

// The question that is open, by number; 0: none. The handler takes it (acquire), so that a late one finds none and writes
// nothing; set with release, after `answer` was cleared.
std::atomic<std::uintptr_t> open_question{0};
Answer answer;  // written by the handler between taking the question and posting
sem_t answered; // posted once for each question that was taken

_Unwind_Reason_Code add_frame(_Unwind_Context *context, void *opaque) {
  auto &stack = *static_cast<Answer *>(opaque);
  if (stack.count == kMostFrames) return _URC_END_OF_STACK;
  stack.counters[stack.count++] = _Unwind_GetIP(context);
  return _URC_NO_REASON;
}

/// Calls nothing but the unwinder, which finds frames without a lock.
void tell_stack(int, siginfo_t *info, void *) {
  const int errno_before = errno;
  auto asked = reinterpret_cast<std::uintptr_t>(info->si_value.sival_ptr);
  if (open_question.compare_exchange_strong(asked, 0, std::memory_order_acquire, std::memory_order_relaxed) && asked != 0) {
    _Unwind_Backtrace(add_frame, &answer);
    sem_post(&answered);
  }
  errno = errno_before;
}

/// A signal that nobody handles, with our handler; 0 when all are taken.
int install() {
  sem_init(&answered, /*pshared=*/0, 0);
  for (int signal = SIGRTMAX; signal >= SIGRTMIN; --signal) {
    struct sigaction known{};
    if (::sigaction(signal, nullptr, &known) != 0 || known.sa_handler != SIG_DFL) continue;
    struct sigaction ours{};
    ours.sa_sigaction = tell_stack;
    ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    if (::sigaction(signal, &ours, nullptr) == 0) return signal;
  }
  return 0;
}

bool send(int thread, int signal, std::uintptr_t question) {
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_ptr = reinterpret_cast<void *>(question);
  return ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), thread, signal, &info) == 0;
}

} // namespace

std::vector<std::uintptr_t> stack_of(int thread, std::chrono::milliseconds limit) {
  static constinit Mutex one_at_a_time;
  static std::uintptr_t questions = 0; // guarded by it
  const MutexLock lock(one_at_a_time);
  static const int signal = install();
  if (signal == 0 || thread <= 0) return {};

  answer.count = 0;
  const std::uintptr_t question = ++questions;
  open_question.store(question, std::memory_order_release); // pairs with the handler's acquire
  timespec end{};
  ::clock_gettime(CLOCK_REALTIME, &end);
  const auto nanoseconds = end.tv_nsec + std::chrono::nanoseconds(limit).count();
  end.tv_sec += nanoseconds / 1'000'000'000;
  end.tv_nsec = nanoseconds % 1'000'000'000;
  const bool is_sent = send(thread, signal, question);
  int waited = -1;
  while (is_sent && (waited = sem_timedwait(&answered, &end)) != 0 && errno == EINTR) {
  }
  if (waited != 0) {
    std::uintptr_t still = question;
    if (open_question.compare_exchange_strong(still, 0, std::memory_order_relaxed)) return {}; // a late handler finds none
    while (sem_wait(&answered) != 0) {
    } // it has just begun
  }
  return {answer.counters, answer.counters + answer.count};
}

} // namespace graft
