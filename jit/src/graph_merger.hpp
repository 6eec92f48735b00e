// The objects of a bundle become one link graph, by the rules of a static linker: a strong definition wins over a common
// one, that over a weak one, the first of equals; two strong ones are an error that names both files. Of the COMDAT groups
// of one signature the first counts.
//
// Rationale: one graph per bundle, with every name made local, because ORC's emission is super-quadratic in visible symbols
// that depend on each other, and because functions made local file by file would each have statics of their own.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringSet.h>
#include <llvm/ExecutionEngine/JITLink/JITLink.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft::jit {

enum class Strength : std::uint8_t { kWeak, kCommon, kStrong };

struct GraphDefinition {
  llvm::jitlink::Symbol *symbol = nullptr;
  std::size_t object = 0; ///< index of the file, for messages
  Strength strength = Strength::kStrong;
  bool shareable = false; ///< weak data of default visibility: natively, the first in the process would serve everybody
};

/// A name that an object gave a place of its own, visible or not. The view is into the pool of names.
struct NamedSymbol {
  llvm::jitlink::Symbol *symbol = nullptr;
  std::string_view name;
  std::size_t object = 0;
  bool is_local = false;
};

/// Makes one graph out of many objects. For one link, on one thread.
///
/// Owns: the graph until `finish`. The objects' bytes must outlive the graph, which points into them.
/// Fails: kInvalid and kUnsupported as check_object() does, and for duplicates.
///
/// I3: every block has an address of its own, ascending in the order of objects and of sections in them. Nothing runs there;
/// it
///     keeps initialisers in order and unwind records apart.
class GraphMerger {
 public:
  GraphMerger(std::shared_ptr<llvm::orc::SymbolStringPool> names, std::string bundle)
      : names_(std::move(names)), bundle_(std::move(bundle)) {}

  Result<void> add(const ObjectFile &object);

  /// Names that no object has defined so far.
  std::vector<std::string> undefined() const;
  bool uses(llvm::StringRef name) const { return externals_.contains(name); }
  bool defines(llvm::StringRef name) const { return definitions_.contains(name); }
  const llvm::StringMap<GraphDefinition> &definitions() const { return definitions_; }
  /// Of all objects, those that others won over among them.
  const std::vector<NamedSymbol> &named() const { return named_; }
  llvm::jitlink::LinkGraph &graph();
  /// The symbol of that name: its definition, or the one symbol that stands for it while it has none.
  llvm::jitlink::Symbol &symbol(llvm::StringRef name);
  /// The names whose definition is weak data that other images may share.
  std::vector<std::string> shareable() const;
  /// Makes `address`, outside of the graph, what everybody means by `name`.
  void share(llvm::StringRef name, const void *address);
  /// Makes `definition` what everybody means by `name`.
  void define(llvm::StringRef name, llvm::jitlink::Symbol &definition);

  /// Binds references to definitions and makes every name local.
  std::unique_ptr<llvm::jitlink::LinkGraph> finish();

 private:
  using Graph = llvm::jitlink::LinkGraph;
  using Symbol = llvm::jitlink::Symbol;
  using Replacements = llvm::DenseMap<Symbol *, Symbol *>;

  Result<void> index(Graph &graph, std::size_t object);
  Result<void> copy(Graph &from, std::size_t object);
  Result<void> admit(Symbol &symbol, const Symbol &original, std::size_t object);
  /// Notes which names the object being added brings in groups that an earlier object brought, and drops their initialisers.
  Result<void> leave_out_known_groups(const ObjectFile &object, Graph &parsed);
  void note(Symbol &symbol, const Symbol &original, std::size_t object);
  Symbol *final_target(Symbol *symbol) const;

  std::shared_ptr<llvm::orc::SymbolStringPool> names_;
  std::string bundle_;
  std::unique_ptr<Graph> graph_;
  std::vector<std::string> sources_;
  llvm::StringSet<> groups_;   // signatures of COMDAT groups
  llvm::StringSet<> left_out_; // of the object being added: names that lose to an earlier object's, however strong
  llvm::StringMap<GraphDefinition> definitions_;
  llvm::StringMap<Symbol *> externals_;
  std::vector<NamedSymbol> named_;
  Replacements replaced_;
  std::uint64_t next_address_ = 1 << 16;
};

} // namespace graft::jit
