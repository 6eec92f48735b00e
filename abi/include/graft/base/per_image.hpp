// Which functions of the C and C++ runtimes know who calls them: code that uses one cannot be shared by several images.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace graft {

/// Whether the linker gives each image a function of its own under this name, or finds what it names by other means than a
/// look-up. The tables in jit (stubs.cpp, image_state.cpp, left_behind.cpp) are the other half; tests/linking compares.
inline bool is_per_image(std::string_view symbol) {
  constexpr std::string_view kNames[] = {
      "__cxa_atexit",
      "__cxa_at_quick_exit",
      "__cxa_thread_atexit",
      "__cxa_thread_atexit_impl",
      "__dso_handle",
      "__emutls_get_address",
      "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE",
      "at_quick_exit",
      "atexit",
      "dlsym",
      "on_exit",
      "pthread_atfork",
      "pthread_create",
      "pthread_key_create",
      "pthread_key_delete",
      "putenv",
      "quick_exit",
      "setbuf",
      "setbuffer",
      "setvbuf",
      "sigaction",
      "signal",
      "thrd_create",
      "timer_create",
      "timer_delete",
      "tss_create",
      "tss_delete",
  };
  return symbol.starts_with("__emutls_v.") || std::ranges::find(kNames, symbol) != std::end(kNames);
}

} // namespace graft
