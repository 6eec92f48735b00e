// What every part of the command that outlives its plugins' crashes by some words needs: handlers of the signals of crashes, and
// where the thread was. What is said, and to whom, is the callers'.
#pragma once

#include <csignal>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace graft::tool {

/// Those by which a program ends that is wrong.
inline constexpr int kCrashSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

/// `context` is what a handler gets. Called once; behind it the signal ends the process, as it would have.
using CrashHandler = void (*)(int signal, const void *context);

/// Has the signals handled, on a stack of its own on the calling thread. May be called again, with the same handler, for more.
void catch_crashes(std::span<const int> signals, CrashHandler handler);

/// The return addresses from there on, innermost first. Takes memory and locks, so say what is to be said before.
std::vector<std::uintptr_t> counters_at(const void *context);

/// All of it, as long as somebody reads; false otherwise. A handler may.
bool write_all(int descriptor, std::string_view text);

/// Lets the signal end the process, also out of its own handler.
void end_by(int signal);

} // namespace graft::tool
