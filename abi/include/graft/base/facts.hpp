// What compiling a bundle found out about it: contracts, providers, kept state, headers. Read from the AST, or, for bitcode and
// machine code, from what the macros leave in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "content_key.hpp"
#include "diagnostic.hpp"
#include "types.hpp"

namespace graft {

/// One entry of a contract, in the order of the declaration.
struct ContractFunction {
  std::string name;
  TypeIndex type = 0;           ///< a kFunction
  bool returns_status = false;  ///< declared to return `graft_status`
  std::string fingerprint;
  std::string declaration;      ///< as written, on one line
  SourcePos where;
  std::string line;             ///< the line that `where` names
  std::vector<std::string> parameters; ///< their names, empty where there is none; a type has no names
};

/// A contract that a header of the bundle declares.
struct ContractFacts {
  std::string tag;
  std::string name;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::vector<ContractFunction> functions;
  SourcePos where;
  bool has_instances = false;  ///< its first two functions are `create` and `destroy`, the others take `void *self` first
};

/// An implementation of a contract in this bundle.
struct ProviderFacts {
  std::string contract;  ///< the contract's name
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::string tag;
  /// Symbol of an array of `entries.size()` function pointers, in contract order, each the thunk that the host calls; null where
  /// the provider has none.
  std::string table_symbol;
  std::vector<std::string> entries;  ///< symbol behind each entry; empty where the provider has none
  bool checked = false;              ///< the types were seen by our own compiler
  SourcePos where;
};

/// A variable marked GRAFT_KEEP.
struct KeptFacts {
  std::string name;         ///< as written
  std::string symbol;       ///< as linked
  TypeIndex type = 0;
  std::string fingerprint;
  SourcePos where;
  std::string qualified;    ///< with its namespaces: what it is known by from one version to the next
  std::string file;         ///< of the source that defines it, without folders; tells two statics of one name apart
  std::string declaration;  ///< as written, on one line
  // What the code asks for and offers when the object is to live outside of it; empty where it lives inside.
  std::string binding;      ///< undefined in the objects: to be bound to the object's memory
  std::string life;         ///< undefined, too: to be bound to a byte, see KeptLife; empty when no code constructs it
  std::string initial;      ///< symbol of its initial bytes, of the type's size; empty: all zero
  std::string reaches;      ///< see InstanceFacts
  std::uint32_t align = 0;  ///< bytes; more than its type's where the variable itself asks for it
  bool packed = false;      ///< may hold words at addresses that are no multiple of their size
};

/// The byte behind `KeptFacts::life`. Its constructor looks at it and leaves `kConstructed` behind.
enum class KeptLife : std::uint8_t { kKept = 0, kFresh = 1, kConstructed = 2 };

/// How values of a class are copied and destroyed; for the classes that kept variables are made of. Classes that are not listed are
/// bytes.
struct KeptClass {
  TypeIndex type = 0;
  std::string replace;      ///< symbol of `void(void *to, const void *from)`; empty: cannot be copied, unless `bytes`
  std::string destroy;      ///< symbol of `void(void *)`; empty: nothing to do
  bool bytes = false;       ///< trivially copyable
  bool polymorphic = false; ///< points to its virtual functions
  /// A whole, whose fields nobody looks at: of a system header, or it says itself how it is copied or destroyed.
  bool foreign = false;
};

/// A class with virtual functions that kept variables hold or point at. Its row tells its name only, so this tells the rest.
struct KeptLayout {
  TypeIndex type = 0;
  std::string text;         ///< bases, fields, virtual functions: equal where code of either version may use the object
};

/// What GRAFT_INSTANCE says: of what type the instances of a provider are.
struct InstanceFacts {
  std::string tag;          ///< of the contract
  TypeIndex type = 0;
  std::string construct;    ///< symbol of `void(void *)`; empty: zeros are an initial value, or, see `constructible`, nothing is
  bool constructible = true;
  std::string reaches;      ///< what in the type may lead to code of its version through memory that it points at: "std::function"; empty: nothing
  bool packed = false;      ///< see KeptFacts
  SourcePos where;
};

/// A function marked GRAFT_MIGRATE.
struct MigrationFacts {
  TypeIndex to = 0;
  TypeIndex from = 0;
  std::string symbol;       ///< of `void(to *, const from *)`
  SourcePos where;
};

/// A function that ends the process when an exception would leave it.
struct NoexceptFacts {
  std::string symbol; ///< as linked
  SourcePos where;
};

/// A file that was read besides the sources, or looked for in vain.
struct HeaderFacts {
  std::string path;
  bool system = false;  ///< found in a system directory
  ContentKey content{}; ///< of the very bytes that the compile saw; zero for what was looked for in vain
};

struct Facts {
  TypeTable types;
  std::vector<ContractFacts> contracts;
  std::vector<ProviderFacts> providers;
  std::vector<KeptFacts> kept;
  std::vector<KeptClass> kept_classes;
  std::vector<KeptLayout> kept_layouts;
  std::vector<InstanceFacts> instances;
  std::vector<MigrationFacts> migrations;
  std::vector<NoexceptFacts> noexcepts; ///< of the author's own files
  std::vector<HeaderFacts> headers;
  bool defines_init = false;  ///< a graft_init with C linkage
  bool defines_stop = false;  ///< a graft_stop with C linkage
  bool defines_main = false;
};

}  // namespace graft
