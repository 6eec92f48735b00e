// The first event is made of constants, because whatever the handler calls may be what crashed. Only then is the stack read,
// which takes memory and locks: where that crashes or hangs, the parent has heard enough.
#include "test_crash.hpp"

#include "crash.hpp"
#include "test_words.hpp"

#include <graft/testing.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace graft::tool {
namespace {

constexpr int kLimit[] = {SIGALRM}; ///< of a test

void tell(std::string_view text) { write_all(kEventDescriptor, text); }

void write_signal(int signal) {
  std::array<char, 3> digits{};
  std::size_t count = 0;
  if (signal >= 10) digits[count++] = static_cast<char>('0' + signal / 10);
  digits[count++] = static_cast<char>('0' + signal % 10);
  tell("\n{\"event\":\"crashed\",\"signal\":");
  tell({digits.data(), count});
  tell("}\n");
}

/// What runs a test (graft/test/record.h).
bool is_driver(const CodePlace &place) {
  return place.file.ends_with("graft/test/driver.inc") ||
         (place.function.starts_with("graft_test_") && place.function.ends_with("_run"));
}

/// A test's body has a name that nobody gave it.
std::string name_of(const CodePlace &place) {
  return place.function.starts_with("graft_test_") ? "the test" : place.function;
}

/// "    #1 0x7f12 (<unknown module>)" of a report: the address, 0 for any other line.
std::uintptr_t address_in(std::string_view line) {
  const std::size_t at = line.find(" 0x");
  if (!line.starts_with("    #") || at == line.npos) return 0;
  return std::strtoull(line.data() + at + 1, nullptr, 16);
}

/// Called by a sanitizer with all that it has to say, before it ends the process. Frames of the host and the picture of its
/// own memory are left out.
void tell_report(const char *text) {
  std::string_view rest(text);
  std::string said;
  Json first = Json::object();
  bool is_host = false;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with("Shadow bytes")) break;
    const std::uintptr_t address = address_in(line);
    if (address == 0) {
      is_host = false;
      if (line.starts_with("SUMMARY")) break; // it names a module, which we have none of
      if (!line.starts_with("=====")) said.append(line).append("\n");
      continue;
    }
    if (is_host) continue;
    for (const CodePlace &place : places_of(address)) {
      is_host = is_driver(place);
      if (is_host) break;
      if (first.empty()) first = {{"file", place.file}, {"line", place.line}};
      said += "    " + name_of(place) + " at " + place.file + ":" + std::to_string(place.line) + "\n";
    }
  }
  while (said.ends_with('\n')) said.pop_back();
  first["event"] = "failed";
  first["text"] = said;
  tell(first.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void handle(int signal, const void *context) {
  write_signal(signal);
  const Json event = {{"event", "stack"}, {"frames", frames_of(counters_at(context))}};
  tell(event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

} // namespace

Json frames_of(const std::vector<std::uintptr_t> &counters) {
  Json frames = Json::array();
  for (const std::uintptr_t counter : counters) {
    // A return address is behind the call, and may be the next line's.
    for (const CodePlace &place : places_of(counter - 1)) {
      if (is_driver(place)) return frames; // behind it is the command
      const std::string name = name_of(place);
      Json frame = {{"function", name}, {"file", place.file}, {"line", place.line}};
      const bool is_its_wrapper = name != place.function && !frames.empty() && frames.back() == frame;
      if (!is_its_wrapper) frames.push_back(std::move(frame)); // a test is two functions in one line
    }
  }
  return frames;
}

void report_crashes() {
  // There when the sanitizer's runtime was loaded before us.
  using Listen = void (*)(void (*)(const char *report));
  if (const auto listen = reinterpret_cast<Listen>(::dlsym(RTLD_DEFAULT, "__asan_set_error_report_callback")))
    listen(tell_report);
  catch_crashes(kCrashSignals, handle);
  catch_crashes(kLimit, handle);
}

} // namespace graft::tool
