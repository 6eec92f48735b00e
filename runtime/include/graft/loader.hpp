// How a host teaches a runtime another kind of bundle: an interpreter's scripts, another language's modules. Callers bind
// and call them as any other; store, events, reload and unload are the runtime's.
//
// A bundle is a loader's when its manifest says `loader = "NAME"`, or when it has no source that graft itself takes and its
// files end as the loader's do.
#pragma once

#include <graft/abi.h>
#include <graft/base/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace graft {

/// What a loader is asked about: one bundle's files.
struct LoaderInput {
  struct File {
    std::string name; ///< absolute, or as a bundle from memory calls it
    std::string contents;
  };
  std::string bundle;
  std::vector<File> files; ///< sorted by name; the manifest is not among them
};

/// A contract that a bundle provides, as its loader knows before anything of it runs.
struct LoaderProvider {
  std::string contract;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint32_t functions = 0; ///< how many of the contract's functions it can have
};

/// One loaded version of a bundle.
///
///   load() --start()--> running --stop()--> stopped --destroyed
///      +----------------- destroyed ----------^
///
/// Threads: the runtime drives it through its states, one thread at a time; its functions are called from any. What it
/// throws is an error of the load, and is dropped at its end.
class LoadedCode {
 public:
  virtual ~LoadedCode() = default;
  /// The functions of the k-th provider that `read` named, in the contract's order; null where it lacks one. Each has the C
  /// type that the contract declares, stays valid until this is destroyed, and may throw. None at all: each is a call of
  /// `call`, which is for engines with one way in.
  virtual std::vector<const void *> functions(std::size_t provider) {
    static_cast<void>(provider);
    return {};
  }
  /// The n-th function of a provider without functions was called. `arguments` point at a value each, `result` at a place
  /// for one, which is zero; their types are those of the host's view of the contract (contracts.hpp), which it must have.
  /// What is thrown ends at the caller.
  virtual void call(std::size_t provider, std::size_t function, void *const *arguments, void *result) {
    static_cast<void>(provider), static_cast<void>(function), static_cast<void>(arguments), static_cast<void>(result);
  }
  /// Where initialisers run: before the bundle is published, with the commit under way.
  virtual Result<void> start() { return {}; }
  /// Nobody is inside any more. Not called where `start` failed.
  virtual void stop() {}
};

/// Whether bundles can be exchanged while they are loaded.
enum class Reloads : std::uint8_t { kYes, kNo };

/// Threads: `read` and `load` are called from any, side by side. It lives as long as a bundle, or a version to go back to,
/// needs it.
class Loader {
 public:
  virtual ~Loader() = default;

  virtual std::string name() const = 0;
  /// With their dots: ".lua".
  virtual std::vector<std::string> endings() const = 0;
  virtual Reloads reloads() const { return Reloads::kYes; }

  /// What the bundle provides. Must run nothing of it.
  virtual Result<std::vector<LoaderProvider>> read(const LoaderInput &input) = 0;
  /// Makes it ready to start. `host` is the bundle's own table of the runtime's functions, valid until the code is
  /// destroyed.
  virtual Result<std::unique_ptr<LoadedCode>> load(const LoaderInput &input, const graft_host &host) = 0;
};

/// A loader that a runtime has. A copy.
struct LoaderInfo {
  std::string name;
  std::vector<std::string> endings;
  Reloads reloads = Reloads::kYes;
};

} // namespace graft
