// Sources to an Artifact: Clang in this process. No LLVM type passes this header.
//
// What is deliberately elsewhere: which files belong to a bundle and what its manifest allows (runtime), and everything that
// happens to the bytes afterwards (jit).
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/cache.hpp>
#include <graft/base/progress.hpp>
#include <graft/base/result.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::driver {

enum class Language : std::uint8_t {
  kFromName, ///< .c; .cc .cpp .cxx .c++ .C; .bc .ll. Anything else is refused
  kC,
  kCxx,
  kBitcode, ///< LLVM bitcode or IR text, told apart by its first bytes
};

/// One input. With `contents`, `name` is only what messages call it (and what `__FILE__` says); without, it is read.
struct Source {
  std::string name;
  std::optional<std::string> contents;
  Language language = Language::kFromName;
};

enum class Bitcode : std::uint8_t { kOmit, kKeep };
enum class Need : std::uint8_t {
  kObjects, ///< the whole artifact
  kFacts,   ///< parse and check only: facts, diagnostics, no objects and no imports
  kPlaces,  ///< as kObjects, and compiled anew for it: an import that only headers of the system name has the place of the
            ///< author's line that leads there
};

/// Where GRAFT_KEEP variables live: in the object like any other, or outside, where the linker is told that they are.
enum class Kept : std::uint8_t { kInside, kOutside };

/// Whether a source is likely to be compiled again with another body: then its head is precompiled in the background, with
/// what it needed.
enum class Learn : std::uint8_t { kNo, kYes };

/// Whether preambles may be used. Without them a compile takes longer and does the same.
enum class Preambles : std::uint8_t { kUse, kIgnore };
/// What a bundle's code is compiled for. A first and a second image of one text make one generation (decision 0017): the
/// second has no state of its own and goes on with the first's.
enum class Role : std::uint8_t {
  kOnly,
  kFirst,  ///< a second may follow, and calls be led to it
  kSecond, ///< preprocessed as the first was, whatever `optimise` says. kInvalid with the reason for a text that cannot have
           ///< one
};

/// Whether CompileTimes tells of the stages within the front end; that costs a little.
enum class Stages : std::uint8_t { kTogether, kApart };

struct Options {
  std::string c_standard = "c17";
  std::string cxx_standard = "c++23";
  unsigned optimise = 0; ///< 0 to 3; a -O in `flags` wins
  std::vector<std::string> include_dirs;
  std::vector<std::string> flags; ///< clang driver flags, already allowed by whoever calls
  std::string working_directory;  ///< relative names are relative to it; empty: the process's own
  Bitcode bitcode = Bitcode::kOmit;
  Need need = Need::kObjects;
  Kept kept = Kept::kInside;
  Learn learn = Learn::kNo;
  Preambles preambles = Preambles::kUse;
  Role role = Role::kOnly;
  Stages stages = Stages::kTogether;
};

/// All that one compile needs to know.
struct Job {
  std::string bundle; ///< goes into the artifact and its messages
  std::vector<Source> sources;
  std::vector<Source> headers; ///< with contents: files that are nowhere on disk, found by `#include` under their names; one
                               ///< with an absolute name stands in for that file
  Options options;
  /// Once it is true, the compile stops early, between two declarations or passes: kSuperseded. Set (release) by any thread.
  const std::atomic<bool> *cancelled = nullptr;

  // Pairs with who cancels.
  bool is_cancelled() const { return cancelled != nullptr && cancelled->load(std::memory_order_acquire); }
};

enum class Text : std::uint8_t { kIr, kAssembly };

/// Whether artifacts carry what their compile looked at: for who keeps them elsewhere than in this compiler's own cache.
enum class Trace : std::uint8_t { kDrop, kKeep };

struct Config {
  unsigned threads = 0;                              ///< how many files compile side by side; 0: one a core
  std::size_t preamble_bytes = std::size_t{1} << 29; ///< how much memory preambles may take before the least used go
  std::size_t compile_bytes = 0; ///< files wait while those that are compiled would take more than this; 0: no bound
  std::size_t unit_bytes =
      std::size_t{1} << 28;           ///< how much memory the last good files of bundles may take (unit_memory.hpp)
  std::size_t begun = 0;              ///< how many compiles may have begun before their texts are known (begun_compile.hpp)
  std::optional<CacheConfig> cache{}; ///< where `compile` looks first; empty: nowhere
  /// Hears once, from any thread, that the cache cannot be used, and why.
  std::function<void(std::string_view)> tell{};
  Trace trace = Trace::kDrop;
  /// Hears, from the thread that makes preambles, of code that compiles will share from now on.
  std::function<void(const std::shared_ptr<const SharedCode> &)> learned{};
};

/// What a compiler's preambles have done so far.
struct PreambleStats {
  std::uint64_t made = 0;
  std::uint64_t not_made = 0; ///< the head does not compile alone, or holds code of its own
  std::uint64_t uses = 0;
  std::uint64_t stale = 0;     ///< found with a file changed behind it, and made anew
  std::uint64_t fallbacks = 0; ///< compiles that were repeated without what was learned
  std::uint64_t begun = 0;     ///< compiles that had begun before their text was known
  std::size_t live = 0;        ///< how many there are now
  std::size_t bytes = 0;       ///< and what they take
  std::size_t functions = 0;   ///< that they share the code of
};

struct Unit;
class Elsewhere;

/// Clang, warm: argument lists and virtual headers (`graft/abi.h`, the SDK) are made once.
///
/// Owns: a thread that makes preambles, when a job asks for one, one that begins the next compile of such a job, and one that fills the cache; no process-wide state but
/// Clang's crash-recovery handlers, and those only while a compile runs.
/// Threads: `compile` and `emit` may run side by side.
/// Fails: `create`, kInvalid for a remote cache whose URL or secret is none. `compile`, kInvalid with diagnostics for source
/// that does not compile; kNotFound for a file that is not there; kEnvironment when Clang's own headers or the C library's
/// are missing on this machine; kUnsupported for what the linker could not take.
class Compiler {
 public:
  static Result<std::unique_ptr<Compiler>> create(Config config = {});
  ~Compiler();

  /// From the cache when nothing changed since it was compiled: `Artifact::origin` says so. `tell` hears of each file as it
  /// is done, before the others are.
  Result<Artifact> compile(const Job &job, const TellCompiled &tell = {}) const { return compile(job, tell, nullptr); }
  /// The same with `elsewhere`, unless that is null, compiling what was not compiled before; for Worker.
  Result<Artifact> compile(const Job &job, const TellCompiled &tell, const Elsewhere *elsewhere) const;
  /// The job's files, not put together, and whatever is wrong with them: what is done elsewhere.
  Result<std::vector<Unit>> compile_files(const Job &job, const TellCompiled &tell) const;
  /// Calls `task(0)` to `task(count - 1)` side by side, on the threads that compile and the caller's: for who has several
  /// jobs. A slow one holds back no other, and what it has left to do is shared.
  void side_by_side(std::size_t count, const std::function<void(std::size_t)> &task) const;

  /// The job's IR or assembly as text, file after file, each behind a comment line with its name.
  Result<std::string> emit(const Job &job, Text text) const;
  /// What a linker made of an artifact's objects in an earlier process, as the cache keeps it for `store_image`, by
  /// `Artifact::object_key` and this build. Nothing without a cache.
  std::optional<std::vector<char>> find_image(const ContentKey &objects) const;
  void store_image(const ContentKey &objects, std::vector<char> bytes) const;
  /// Until everything that was compiled is in the cache; otherwise that happens in the background.
  void await_cache() const;

  PreambleStats preambles() const;
  /// Until no preamble is being made or waits to be.
  void wait_for_preambles() const;

 private:
  struct State;
  explicit Compiler(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The key of one text, as `HeaderFacts::content` holds it.
ContentKey content_key(std::string_view text);

/// What of the environment a compile needs: one line each, with whether it is there and how to get it.
struct Requirement {
  std::string what; ///< "Clang's resource headers"
  bool present = false;
  std::string found;  ///< where, when present
  std::string remedy; ///< the Debian package to install
};
std::vector<Requirement> requirements();

/// The version of the Clang that is linked in, such as "22.1.8".
std::string clang_version();

} // namespace graft::driver
