// What one image is made of at run time, and the C functions that its code is bound to instead of the C library's.
//
// `__dso_handle` of an image is a word that points to its ImageState: that is how a bare C function knows who calls it.
#pragma once

#include "address_space.hpp"
#include "debug_object.hpp"
#include "image_symbols.hpp"
#include "left_behind.hpp"
#include "thread_locals.hpp"

#include <graft/base/mutex.hpp>
#include <graft/jit/linker.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace graft::jit {

/// Shared libraries that an image was linked against, open as long as it lives.
class Libraries {
 public:
  Libraries() = default;
  Libraries(const Libraries &) = delete;
  Libraries &operator=(const Libraries &) = delete;
  ~Libraries();

  /// Who else finds their symbols: nobody, or, as natively for a program's, whoever asks the process.
  enum class Visibility : std::uint8_t { kImage, kProcess };
  /// kNotFound with the loader's words.
  Result<void> open(const std::string &name, Visibility visibility);
  const void *find(const char *name) const;

 private:
  std::vector<void *> handles_;
};

/// Functions registered to run at the end, newest first.
///
/// Threads: any may register; one runs them.
class ExitList {
 public:
  void add(void (*run)(void *), void *argument);
  /// `on_exit`'s: it is told the status of an exit, and an image that ends has none but 0.
  void add_told(void (*run)(int status, void *), void *argument);
  /// Runs them, and those that they register, until none is left. What one leaves undone is noted in `left_behind`.
  void run(LeftBehind &left_behind);
  /// What the functions that `is_it` picks were registered with, newest first.
  std::vector<void *> arguments_of(const std::function<bool(std::uintptr_t run)> &is_it);

 private:
  struct Entry {
    void (*run)(void *); ///< null: the other one is meant
    void *argument;
    void (*run_told)(int status, void *) = nullptr;
  };
  Mutex mutex_;
  std::vector<Entry> entries_ GRAFT_GUARDED_BY(mutex_);
};

/// The functions of an image by address: names in one text, because there are many and nobody looks until something is
/// wrong.
class FunctionNames {
 public:
  struct Function {
    std::uintptr_t begin;
    std::uint32_t bytes;
    std::uint32_t name; ///< offset in `names`, where a zero ends it
  };

  FunctionNames() = default;
  /// Sorted by `begin`.
  FunctionNames(std::vector<Function> functions, std::string names)
      : functions_(std::move(functions)), names_(std::move(names)) {}

  /// In any order, then `sort` once.
  void add(std::uintptr_t begin, std::uint32_t bytes, std::string_view name);
  void sort();
  /// As it was linked; empty when there is none.
  std::string at(std::uintptr_t address) const;
  const std::vector<Function> &functions() const { return functions_; }
  const std::string &names() const { return names_; }

 private:
  std::vector<Function> functions_;
  std::string names_;
};

using Initialiser = void (*)(int argc, const char *const *argv, char **environment);
using Finaliser = void (*)();

/// A function of a second image, and the first image's that calls are led from (T3).
struct Twin {
  std::uintptr_t first = 0;
  std::uintptr_t second = 0;
};

/// Filled in by the link; read-only afterwards but for the exit lists.
struct ImageState {
  ThreadStorage *threads = nullptr;
  TimerList *timers = nullptr;
  Ending ending = Ending::kUnload;
  Placement placement; ///< empty until its pages are final (I5)
  std::vector<AddressRange> code;
  ImageStats stats;
  FunctionNames functions;
  std::unique_ptr<ImageSymbols> symbols; ///< while a second image may come
  std::vector<Twin> twins;               ///< of a second image, by `first`
  /// The second image, which belongs to this one. Release when it is complete, before any of its code runs; acquire by all
  /// who ask what is at an address.
  std::atomic<const ImageState *> second{nullptr};
  std::vector<std::unique_ptr<DebugObject>> debug; ///< what a debugger knows of it
  std::unordered_map<std::string, const void *> exports;
  std::vector<Initialiser> initialisers; ///< in the order they run
  std::vector<Finaliser> finalisers;     ///< in the order they run
  const void *frames = nullptr;          ///< .eh_frame; null when there is nothing to unwind
  const void *frame_header = nullptr;    ///< .eh_frame_hdr
  const void *dso_handle = nullptr;
  std::function<void(const std::string &function)> terminated; ///< LinkOptions::terminated
  bool has_fork_handlers = false;                              ///< registered with the C library under `dso_handle`
  Mutex variables_mutex;
  // Lists: control objects point into them, and most images have none (an empty deque takes half a kilobyte).
  std::list<ThreadVariable> variables GRAFT_GUARDED_BY(variables_mutex);
  std::list<ThreadControl> controls; ///< that stand for native thread-locals of the process
  Libraries libraries;
  ExitList at_exit;
  ExitList at_quick_exit;
  LeftBehind left_behind;

  /// Thread-locals of all threads, what was registered, and with `Arrays::kRun` the finalisers.
  enum class Arrays { kRun, kSkip };
  void finalise(Arrays arrays);
  /// The function at an address of this image or of its second one.
  std::string function_at(std::uintptr_t address) const;
  /// Whether an address lies in this image's memory, the second one's included.
  bool owns(std::uintptr_t address) const;
  /// Where threads find their copies of a thread-local, made at its first use.
  ThreadVariable &variable_of(ThreadControl &control);
  /// Forgets what threads and the C library hold of the image.
  void detach();
};

/// Whom a `__dso_handle` stands for; it is not null.
inline ImageState &image_of(void *dso_handle) { return **static_cast<ImageState **>(dso_handle); }

/// A C function that images of that `ending` are bound to by name, whatever the process has under it; null: there is none.
const void *special_function(std::string_view name, Ending ending);

} // namespace graft::jit
