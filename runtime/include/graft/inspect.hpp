// Looking at a bundle without running it: facts, sizes, text forms; and at the machine: what is missing to compile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <graft/base/artifact.hpp>
#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include "runtime.hpp"

namespace graft {

/// What a symbol of a bundle's object code is.
enum class SymbolKind : std::uint8_t { kFunction, kObject, kUndefined, kOther };

struct SymbolInfo {
  std::string name;       ///< demangled
  std::string linked;     ///< as in the object
  SymbolKind kind = SymbolKind::kOther;
  std::uint64_t size = 0; ///< bytes
  bool local = false;
};

/// Everything that compiling a bundle tells.
struct Inspection {
  std::string name;
  std::string version;
  std::string path;                    ///< absolute
  std::vector<std::string> sources;
  std::vector<std::string> provides;   ///< "demo.greeter@1.0"
  std::vector<std::string> requires_;  ///< "demo.clock >=1.2, <2", with " (optional)" behind those
  std::vector<std::pair<std::string, std::vector<std::string>>> manifest; ///< what else it says: key and values
  Artifact artifact;
  std::vector<SymbolInfo> symbols;
  std::size_t code_bytes = 0;          ///< what a generation takes, linked
  std::size_t read_only_bytes = 0;
  std::size_t writable_bytes = 0;
};

enum class TextForm : std::uint8_t { kIr, kAssembly };

struct InspectOptions {
  std::vector<std::string> include_dirs{};
  std::vector<std::string> flags{};  ///< after the manifest's own
  Unchecked unchecked = Unchecked::kRefuse;
  TellCompiled compiled{};           ///< hears of each file of `inspect`'s bundle as it is done
};

/// What a reload from one folder's bundle to another's would do to kept state. Both are compiled; nothing runs, nothing is loaded.
GRAFT_API Result<ReloadPlan> plan_reload(const std::filesystem::path &old, const std::filesystem::path &fresh,
                                         const InspectOptions &options = {});

/// What a bundle's code asks of the process that is not harmless, by permission.
struct PermissionNeed {
  struct Use {
    std::string symbol; ///< demangled
    SourcePos where;    ///< the first; not known for machine code
  };
  std::string permission; ///< "fs"; "fs|net" where any one will do; "libc"; empty: what no permission covers
  bool is_listed = false; ///< the manifest's list covers it
  std::vector<Use> uses;  ///< sorted by place
};

struct PermissionReport {
  std::string name;
  bool is_closed = false;          ///< the manifest lists permissions
  std::vector<std::string> listed; ///< those
  std::vector<PermissionNeed> needs;
  std::vector<std::string> suggestion; ///< the shortest list that covers the needs; those of host contracts are not in it
};

/// Compiles a bundle, links it as if it might do everything, and says what it uses. Runs none of it.
GRAFT_API Result<PermissionReport> needed_permissions(const std::filesystem::path &path, const InspectOptions &options = {});

/// Compiles and verifies a bundle (manifest against code, imports against this process and the permissions that it lists)
/// and runs none of it.
GRAFT_API Result<Inspection> inspect(const std::filesystem::path &path, const InspectOptions &options = {});
/// The bundle's IR or assembly, file after file.
GRAFT_API Result<std::string> emit(const std::filesystem::path &path, TextForm form, const InspectOptions &options = {});

/// One thing that compiling needs of this machine.
struct Requirement {
  std::string what;
  bool present = false;
  std::string found;   ///< where, when present
  std::string remedy;  ///< the package to install, when not
};

GRAFT_API std::vector<Requirement> requirements();
/// graft's own version and that of the Clang in it.
GRAFT_API std::string version_text();

} // namespace graft
