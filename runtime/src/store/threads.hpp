// The process's pin records: who pins which table, and each thread's last error. Process-wide and shared by all runtimes
// (design record 0002); everything else of graft hangs off a Runtime.
#pragma once

#include <string_view>
#include <vector>

#include <graft/abi.h>
#include <graft/base/result.hpp>
#include <graft/pin.hpp>

namespace graft {

struct Generation;
class Table;

/// Makes writers able to issue P2's barrier. Call once before the first scan; cheap to repeat.
void enable_scans() noexcept;

/// Every table that some thread pins now, sorted. Issues the barrier first (P2): a table that no slot names and that is not among
/// them is never reached again (P3).
std::vector<const void *> pinned_tables();

/// One pin that is held now.
struct HeldPin {
  const void *table = nullptr;
  int thread = 0; ///< as gettid says
};

/// The same with who pins, in no order; for people.
std::vector<HeldPin> held_pins();

/// Whether the calling thread pins a table of one of these generations.
bool pins_any(const std::vector<const Generation *> &generations) noexcept;

/// The table of the calling thread's innermost pin, null when it has none.
const void *innermost_pin() noexcept;

/// Takes and ends a pin that is not tied to a C++ scope: what `graft_host.resolve` and `release` are made of. The newest pin of that
/// table ends; others above it may end later.
const void *take_pin(const Slot &slot) noexcept;
void end_pin(const void *table) noexcept;
/// Pins a table that no slot holds; the caller sees to it that it is not unmapped meanwhile.
const void *take_pin(const Table &table) noexcept;

/// How many pins the calling thread has, and an end to those beyond as many, the newest first; says how many were ended. For foreign
/// code that must leave as many as it met.
std::size_t pin_count() noexcept;
std::size_t end_pins_beyond(std::size_t count) noexcept;

/// The calling thread's last error: a code and one line, cut to what fits.
void set_last_error(graft_status status, std::string_view text) noexcept;
/// The same where it is the call through the innermost pin that failed, so that `has_call_failed` knows it from what was met and
/// got over inside of a call.
void set_call_error(graft_status status, std::string_view text) noexcept;
/// Whether the last error is that of a call which was made with the pins that the thread has now.
bool has_call_failed() noexcept;
/// Whether the thread has nearly as many pins as it can: who can refuse to take one more does.
bool is_full_of_pins() noexcept;
graft_status last_error_status() noexcept;
std::string_view last_error_text() noexcept;
/// Copies the text, cut to `capacity` with its terminator; returns its full length.
std::size_t copy_last_error(char *out, std::size_t capacity) noexcept;

} // namespace graft
