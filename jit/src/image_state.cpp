// The per-image side of the C++ runtime: exit lists, and the functions of the C ABI that fill them.
#include "image_state.hpp"

#include "foreign_call.hpp"
#include "handed_over.hpp"
#include "stack_functions.hpp"

#include <llvm/Demangle/Demangle.h>

#include <dlfcn.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <csetjmp>
#include <cstdlib>
#include <exception>

extern "C" {
void __cxa_finalize(void *dso_handle);
void *__tls_get_addr(unsigned long module_and_offset[2]);
}

namespace graft::jit {

void ExitList::add(void (*run)(void *), void *argument) {
  MutexLock lock(mutex_);
  entries_.push_back({run, argument});
}

void ExitList::add_told(void (*run)(int, void *), void *argument) {
  MutexLock lock(mutex_);
  entries_.push_back({nullptr, argument, run});
}

namespace {

/// A function of an image's end that this thread is in, and the way out of it.
struct RunningEnd {
  LeftBehind &left_behind;
  const std::exception_ptr handled; ///< by whoever asked for the end
  RunningEnd *const outer;
  std::jmp_buf way_out;
};

thread_local RunningEnd *t_running_end = nullptr;

/// Calls a function of an image's end. `std::terminate` without an exception, as the destructor of a thread calls that
/// nobody joined, is the way out of it; what it had still to do is left out.
///
/// Rationale: natively the process would end, which it was about to do anyway. A host goes on. Frames that are left this way
/// are the plugin's alone, and what they own is lost.
template <class Code>
void call_end(LeftBehind &left_behind, Code &&code) {
  RunningEnd end{left_behind, std::current_exception(), t_running_end, {}};
  t_running_end = &end;
  if (setjmp(end.way_out) == 0) call_foreign(code);
  t_running_end = end.outer;
}

} // namespace

std::vector<void *> ExitList::arguments_of(const std::function<bool(std::uintptr_t run)> &is_it) {
  std::vector<void *> found;
  const MutexLock lock(mutex_);
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
    if (is_it(reinterpret_cast<std::uintptr_t>(entry->run))) found.push_back(entry->argument);
  return found;
}

void ExitList::run(LeftBehind &left_behind) {
  for (;;) {
    Entry newest;
    {
      MutexLock lock(mutex_);
      if (entries_.empty()) return;
      newest = entries_.back();
      entries_.pop_back();
    }
    call_end(left_behind, [&] {
      if (newest.run != nullptr) return newest.run(newest.argument);
      newest.run_told(/*status=*/0, newest.argument);
    });
  }
}

void FunctionNames::add(std::uintptr_t begin, std::uint32_t bytes, std::string_view name) {
  functions_.push_back({begin, bytes, static_cast<std::uint32_t>(names_.size())});
  names_.append(name);
  names_ += '\0';
}

void FunctionNames::sort() {
  std::ranges::sort(functions_, {}, &Function::begin);
  functions_.shrink_to_fit();
  names_.shrink_to_fit();
}

std::string FunctionNames::at(std::uintptr_t address) const {
  auto next = std::ranges::upper_bound(functions_, address, {}, &Function::begin);
  if (next == functions_.begin()) return {};
  const Function &function = *--next;
  return address - function.begin < function.bytes ? names_.c_str() + function.name : "";
}

std::string ImageState::function_at(std::uintptr_t address) const {
  std::string name = functions.at(address);
  const ImageState *newer = second.load(std::memory_order_acquire); // pairs with Image::take_over
  return name.empty() && newer != nullptr ? newer->functions.at(address) : name;
}

bool ImageState::owns(std::uintptr_t address) const {
  for (const PageRun &run : {placement.code, placement.writable})
    if (address >= run.begin && address < run.begin + run.bytes) return true;
  const ImageState *newer = second.load(std::memory_order_acquire); // pairs with Image::take_over
  return newer != nullptr && newer->owns(address);
}

void ImageState::finalise(Arrays arrays) {
  if (ending == Ending::kProcess) {
    for (Finaliser finaliser : finalisers) finaliser();
    return;
  }
  threads->run_destructors(this);
  at_exit.run(left_behind);
  if (arrays == Arrays::kSkip) return;
  for (Finaliser finaliser : finalisers) call_end(left_behind, finaliser);
}

ThreadVariable &ImageState::variable_of(ThreadControl &control) {
  MutexLock lock(variables_mutex);
  // Relaxed: whoever made it before held the lock.
  if (ThreadVariable *known = std::atomic_ref(control.variable).load(std::memory_order_relaxed)) return *known;
  ThreadVariable &fresh = variables.emplace_back(ThreadVariable{threads, threads->take_slot(), {}});
  std::atomic_ref(control.variable).store(&fresh, std::memory_order_release); // pairs with thread_local_address
  return fresh;
}

void ImageState::detach() {
  // Ours never enter the C library's exit list, so this only takes back the fork handlers.
  if (has_fork_handlers) ::__cxa_finalize(const_cast<void *>(dso_handle));
  threads->drop_destructors(this);
  std::vector<std::size_t> slots;
  MutexLock lock(variables_mutex);
  for (const ThreadVariable &variable : variables) {
    if (variable.storage != nullptr) slots.push_back(variable.slot);
  }
  threads->give_back(slots);
}

namespace {

/// Null for a registration that belongs to no image.
ImageState *find_image(void *dso_handle) { return dso_handle == nullptr ? nullptr : &image_of(dso_handle); }

int register_exit(void (*run)(void *), void *argument, void *dso_handle) {
  ImageState *image = find_image(dso_handle);
  if (image == nullptr) return -1;
  image->at_exit.add(run, argument);
  return 0;
}

/// `on_exit` of an image, told by its stub whose.
int register_told_exit(void (*run)(int, void *), void *argument, void *dso_handle) {
  image_of(dso_handle).at_exit.add_told(run, argument);
  return 0;
}

int register_quick_exit(void (*run)(void *), void *dso_handle) {
  ImageState *image = find_image(dso_handle);
  if (image == nullptr) return -1;
  image->at_quick_exit.add(run, nullptr);
  return 0;
}

/// `quick_exit` of an image: its own functions first, of which a program has none here, then those of the process.
void leave_quickly(int status, void *dso_handle) {
  if (ImageState *image = find_image(dso_handle)) image->at_quick_exit.run(image->left_behind);
  std::quick_exit(status);
}

_Unwind_Reason_Code look_for_function(_Unwind_Context *context, void *opaque) {
  auto &[image, name] = *static_cast<std::pair<const ImageState &, std::string> *>(opaque);
  name = image.function_at(_Unwind_GetIP(context) - 1); // a return address may be the first byte of what follows
  // Clang's helper between a noexcept function and its end.
  return name.empty() || name == "__clang_call_terminate" ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/// The innermost function of the image that this thread is in, as linked; empty when it is not known.
std::string innermost_function(const ImageState &image) {
  std::pair<const ImageState &, std::string> found(image, {});
  _Unwind_Backtrace(look_for_function, &found);
  return found.second;
}

/// Whether the image's `std::terminate` is the way out of an end (`call_end`); what is left undone is noted then.
bool leaves_an_end(const ImageState &image) {
  const RunningEnd *const end = t_running_end;
  // Code that images share has nobody to tell; it is in the end of one of them.
  const bool is_its_end = end != nullptr && (&end->left_behind == &image.left_behind || !image.terminated);
  if (!is_its_end || std::current_exception() != end->handled) return false;
  end->left_behind.note_undone("the rest of '" + llvm::demangle(innermost_function(image)) +
                               "', which called std::terminate");
  return true;
}

/// `std::terminate` of an image: the host hears of it before the process ends.
[[noreturn]] void terminate(void *dso_handle) {
  const ImageState &image = image_of(dso_handle);
  if (leaves_an_end(image)) std::longjmp(t_running_end->way_out, 1); // with nothing here that has a destructor
  if (image.terminated) image.terminated(innermost_function(image));
  std::terminate();
}

int register_thread_exit(void (*run)(void *), void *object, void *dso_handle) {
  ImageState *image = find_image(dso_handle);
  if (image == nullptr) return -1;
  image->threads->at_thread_exit(image, run, object);
  return 0;
}

/// `__emutls_get_address`, told by its stub whose thread-local it is.
void *thread_local_address(ThreadControl *control, void *dso_handle) {
  // Acquire: pairs with the release in variable_of; the variable is complete when it is seen.
  ThreadVariable *variable = std::atomic_ref(control->variable).load(std::memory_order_acquire);
  if (variable == nullptr) [[unlikely]]
    variable = &image_of(dso_handle).variable_of(*control);
  if (variable->storage == nullptr) return ::__tls_get_addr(variable->native);
  return variable->storage->address(*control, variable->slot);
}

/// `dlsym` for a caller in no object that the loader knows, which it refuses RTLD_NEXT. Next behind an image is the process.
void *look_up(void *handle, const char *name) { return ::dlsym(handle == RTLD_NEXT ? RTLD_DEFAULT : handle, name); }

struct Special {
  std::string_view name;
  const void *address;
  bool is_exit = false; ///< a program has the C library's
};

template <class Function>
const void *untyped(Function *function) {
  return reinterpret_cast<const void *>(function);
}

} // namespace

const void *special_function(std::string_view name, Ending ending) {
  // The names behind "graft." are those that the stubs of stubs.cpp jump to.
  const Special specials[] = {
      {"__cxa_atexit", untyped(register_exit), /*is_exit=*/true},
      {"__cxa_at_quick_exit", untyped(register_quick_exit), /*is_exit=*/true},
      {"__cxa_thread_atexit", untyped(register_thread_exit), /*is_exit=*/true},
      {"__cxa_thread_atexit_impl", untyped(register_thread_exit), /*is_exit=*/true},
      {"dlsym", untyped(look_up)},
      {"graft.emutls", untyped(thread_local_address)},
      {"graft.on_exit", untyped(register_told_exit)},
      {"graft.quick_exit", untyped(leave_quickly)},
      {"graft.terminate", untyped(terminate)},
  };
  for (const Special &special : specials) {
    if (special.name == name) return special.is_exit && ending == Ending::kProcess ? nullptr : special.address;
  }
  if (const void *function = stack_function(name)) return function;
  if (const void *function = handed_over_function(name)) return function;
  return left_behind_function(name);
}

} // namespace graft::jit
