// Artifact to callable code, and away again: ORC and JITLink in this process. No LLVM type passes this header.
//
// The linker never sees a compiler. It knows nothing of contracts either: it is told which symbols to keep visible and what
// else a bundle may link against, and gives back addresses.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::jit {

/// A symbol that is bound to an address instead of being looked up in the process. Data and functions alike.
struct Symbol {
  std::string name;
  const void *address = nullptr;
};

/// Who says which symbols of the outside an image may be bound to. What it is handed in `LinkOptions::symbols` it always
/// may. Threads: as the link that it is given to.
class SymbolGate {
 public:
  virtual ~SymbolGate() = default;
  /// Asked for each name that the image looks for outside; of a thread-local variable, the variable's. What is denied is not
  /// there: a weak reference to it is null, and weak data of the image's own is not merged with it.
  virtual bool allows(std::string_view symbol) const = 0;
  /// What the link fails with when code asks for symbols that are there and denied. The artifact's imports have places.
  virtual Error refuse(const std::vector<std::string> &symbols, const Artifact &artifact) const = 0;
  /// Whether what was refused last lacks a place: whoever finds more of them may link again, for better words.
  virtual bool lacks_places() const { return false; }
};

/// When an image ends, and what becomes of the exceptions that its ends throw.
enum class Ending : std::uint8_t {
  kUnload,  ///< while the process goes on: its exit functions are its own, and what they throw stops there
  kProcess, ///< with the process, as a program does: its exit functions are the C library's, and nothing is caught
};

/// Whether an image is to be had as bytes (`Image::prelinked`).
enum class Prelink : std::uint8_t { kNo, kYes };

/// Whether a second image may be linked for this one; then where its names are is remembered until that comes. Of a second
/// image, whether it may be a member of a fused one; then they are remembered as long as it lives.
enum class Second : std::uint8_t { kNone, kPossible };

/// What an image may define and export to hear at once of a thread of its own that ended in an exception:
/// `void graft_thread_threw(const char *what)`, on that thread.
inline constexpr const char *kThreadThrew = "graft_thread_threw";

struct LinkOptions {
  /// What initialisers are handed, as `main` is; it must outlive the image.
  struct Arguments {
    int argc = 0;
    const char *const *argv = nullptr;
  };

  std::string name;                   ///< of the dylib; made unique by the linker
  std::vector<Symbol> symbols;        ///< win over the process's own
  std::vector<std::string> exports;   ///< stay visible; everything else becomes local to the image
  const SymbolGate *gate = nullptr;   ///< null: everything may be bound to. Borrowed for the call
  std::vector<std::string> libraries; ///< shared libraries whose symbols are searched too, by path or soname
  Arguments arguments;                ///< of the program, when the image is one
  /// Called when the image's code calls `std::terminate`, as a violated `noexcept` does: before the process ends, with the
  /// innermost function of the image that is known, as linked. An exception that is being handled is then still there.
  std::function<void(const std::string &function)> terminated{};
  Ending ending = Ending::kUnload;
  Second second = Second::kNone;
  Prelink prelink = Prelink::kNo;
  /// What `prelinked()` of an image of the same artifact gave, or nothing. Borrowed for the call. Bytes that do not fit are
  /// as good as none; who may have made them is the caller's business, for what they say is run.
  std::span<const char> prelinked{};
};

/// How frames of JIT code are found by the unwinder.
enum class Unwinding : std::uint8_t {
  kLookup,     ///< our `_dl_find_object` answers: throws cost the same with many images
  kRegistered, ///< `__register_frame`: works, and slows every throw down as images add up
};

struct Config {
  std::size_t slab_bytes = std::size_t{1} << 30; ///< address space reserved at a time; memory is taken only as it is used
  std::optional<Unwinding> unwinding = std::nullopt; ///< without a value: look-up if it binds
};

/// What an image takes, in bytes, and how many symbols and blocks it was made of.
struct ImageStats {
  std::size_t code_bytes = 0;
  std::size_t read_only_bytes = 0;
  std::size_t writable_bytes = 0;
};

struct AddressRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0; ///< exclusive
};

/// A thread that is inside an image's code, or will come back to it.
struct ThreadInside {
  int id = 0;       ///< as gettid says; 0: it is about to start
  std::string name; ///< as its starter named it; often the process's
};

/// One artifact linked into memory: code that can be called until it is destroyed.
///
///   linked --run_initialisers()--> running --run_finalisers()--> stopped --~Image()--> gone
///      +-------------------------- ~Image() ----------------------------------------------^
///
/// Owns: one JITDylib, its memory, its unwind tables, its thread-locals, and what its code registered with `atexit`.
/// Threads: one thread at a time drives it through its states; `address` may be called from any.
/// Fails: an initialiser that throws is a kException error that names what was thrown; what had been constructed is
/// finalised, and the image is stopped - by `run_finalisers` where a thread of the image's own still runs.
///
/// With `Ending::kProcess`, what an initialiser throws goes on to the caller, `run_finalisers` is `.fini_array` alone, and
/// an image whose initialisers ran must not be destroyed: the C library holds its exit functions.
class Image {
 public:
  virtual ~Image() = default;

  /// `.preinit_array`, `.init_array` in priority order: what runs before `main` natively.
  virtual Result<void> run_initialisers() = 0;
  /// What `atexit` and `__cxa_atexit` registered, newest first, then `.fini_array`; thread-locals with destructors, of all
  /// threads, before those. Safe to call twice; the second does nothing. Nothing may run in the image when it is called.
  virtual void run_finalisers() = 0;

  /// The address of an exported symbol; null when the image does not have it.
  virtual const void *address(std::string_view symbol) const = 0;
  /// The executable ranges: "is this pc mine?"
  virtual const std::vector<AddressRange> &code() const = 0;
  /// Whether an address lies in the image's memory: code, constants or data.
  virtual bool owns(std::uintptr_t address) const = 0;
  virtual ImageStats stats() const = 0;
  /// The function whose code an address is in, as people write it; empty when it is none of the image's, or has no name.
  virtual std::string function_at(std::uintptr_t address) const {
    (void)address;
    return {};
  }

  /// The image as bytes, taken before it ran, for LinkOptions::prelinked: whoever links the same artifact with the same
  /// options, in this process or another, need not link at all. Once. Empty when they were not asked for, when the code
  /// cannot be placed elsewhere, shares code with other images, or is a second image, and when the image was made of such
  /// bytes itself.
  virtual std::vector<char> prelinked() { return {}; }

  /// Takes `second`, which `Linker::link_second` made for this image, and leads all calls of functions that both have there,
  /// at once or one by one, whatever runs in either. Its memory belongs to this image from then on: `owns`, `function_at`
  /// and `stats` speak of both. Beside everything but the end of the image. kExhausted: the system refused; then nothing is
  /// led.
  virtual Result<void> take_over(std::unique_ptr<Image> second) {
    (void)second;
    return error(Code::kUnsupported, "its code was not linked by graft");
  }
  /// Where calls of a function of this image end now.
  virtual const void *newest(const void *function) const { return function; }

  /// The threads that the image's code started and that have not ended. While there are any, it must not be finalised.
  virtual std::vector<ThreadInside> threads() const { return {}; }
  /// Asks the threads of its statics of type `std::jthread` to stop; their destructors, which would, wait for all threads.
  virtual void ask_threads_to_stop() {}
  /// Ends the timers that its code left. Before the finalisers. What ended, in words, each "2 timers".
  virtual std::vector<std::string> end_timers() { return {}; }
  /// Takes back what else its code left with the C library: thread-specific keys, signal handlers. Behind the finalisers. In
  /// words.
  virtual std::vector<std::string> take_back() { return {}; }
};

/// ORC with our own link plugin, memory manager and symbol rules.
///
/// Owns: the sessions (one per link that runs side by side) and the address space. All images must be gone before it is
/// destroyed. Threads: `link` may run on several threads; an image's destructor too. Fails: kInvalid for undefined and
/// duplicate symbols, with the file, the symbol and a near match; kUnsupported for what JITLink cannot take, with what to do
/// instead; kExhausted for address space, memory and mappings.
class Linker {
 public:
  static Result<std::unique_ptr<Linker>> create(Config config = {});
  virtual ~Linker() = default;

  virtual Result<std::unique_ptr<Image>> link(const Artifact &artifact, const LinkOptions &options) = 0;
  /// Links what the driver compiled as Role::kSecond from the text that `first` was compiled from (Role::kFirst): code and
  /// constants, which go on with the first image's variables. No initialiser of it will run. Once, for a `first` with
  /// Second::kPossible. kUnsupported, with what it is, when the two do not fit.
  virtual Result<std::unique_ptr<Image>> link_second(Image &first, const Artifact &artifact, const LinkOptions &options) = 0;
  /// Links what the driver fused of the second images of `members` (graft/driver/fuse.hpp), in their order: code, whose
  /// names outside of itself are what they are to each member's second image. None of it may run when a member is gone, but
  /// for what `options` exports while it calls no member. kUnsupported, with what it is, where a member's image lacks it.
  virtual Result<std::unique_ptr<Image>> link_fused(const std::vector<const Image *> &members, const Artifact &artifact,
                                                    const LinkOptions &options) = 0;
  /// Links code that images are about to share, and keeps it mapped until the first that does, or until two more were linked
  /// ahead: somebody waits for the image, and nobody for this. Beside anything. What fails is told when it is needed.
  virtual void link_ahead(const std::shared_ptr<const SharedCode> &code) = 0;
  virtual Unwinding unwinding() const = 0;
};

} // namespace graft::jit
