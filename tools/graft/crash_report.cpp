// The first line is made of constants and the bundle's name, because whatever the handler calls may be what crashed. Only then is the
// stack read, which takes memory and locks, for so long as an alarm lets it.
#include "crash_report.hpp"

#include "crash.hpp"
#include "output.hpp"

#include <graft/testing.hpp>

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string>
#include <string_view>

namespace graft::tool {
namespace {

constexpr unsigned kSecondsForTheStack = 5;
constexpr std::size_t kMostLines = 16;

volatile std::sig_atomic_t crashed_by = 0; // for the alarm's handler

void say(std::string_view text) { write_all(STDERR_FILENO, text); }

/// Whoever held a lock does not give it back any more.
void give_up(int) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, crashed_by);
  std::signal(crashed_by, SIG_DFL);
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  ::raise(crashed_by);
}

/// "  store at code.c:7", one call a line; false where nothing is known of them.
bool say_lines(const void *context) {
  std::string last;
  std::size_t lines = 0;
  for (const std::uintptr_t counter : counters_at(context))
    for (const CodePlace &place : places_of(counter - 1)) { // a return address is behind the call, and may be the next line's
      std::string line = "  " + (place.function.empty() ? "code" : place.function);
      if (place.line != 0) line += " at " + shorten(place.file) + ":" + std::to_string(place.line);
      if (line == last || lines == kMostLines) continue;
      say(line + "\n");
      last = std::move(line);
      ++lines;
    }
  return lines != 0;
}

void handle(int signal, const void *context) {
  crashed_by = signal;
  const char *bundle = running_bundle();
  say("graft: error: SIG");
  say(::sigabbrev_np(signal));
  say(" (");
  say(::sigdescr_np(signal));
  say(bundle != nullptr ? ") in bundle '" : "), in no call of a bundle");
  if (bundle != nullptr) say(bundle), say("'");
  say("\n");
  std::signal(SIGALRM, give_up);
  ::alarm(kSecondsForTheStack);
  if (!say_lines(context) && bundle != nullptr) say("  with flags = [\"-g\"] in its graft.toml the lines are known\n");
  ::alarm(0);
}

} // namespace

void tell_of_crashes() { catch_crashes(kCrashSignals, handle); }

} // namespace graft::tool
