// The functions that were learned, divided by who may have them: all bundles together, or each a copy of its own.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace llvm {
class Module;
}

namespace graft::driver {

/// What a module of learned functions is asked for. `equals` are names by which others know some of them: the complete
/// constructor, where Clang emits the base one alone and has its own calls go there.
struct Wanted {
  std::set<std::string> symbols;
  std::map<std::string, std::string> equals;
  std::set<std::string> unique; ///< what only the source's own file may have (identity.hpp)
};

/// A module, and the symbols that it offers, sorted.
struct LearnedPart {
  std::unique_ptr<llvm::Module> module;
  std::vector<std::string> symbols;
};

/// `shared` reaches nothing but code, constants, and symbols of this process that are the same for all images. `own` also
/// reaches what each bundle has for itself, statics that change above all, and calls `shared`. What needs something that
/// only the source's own file can have (its initialisers, names without linkage that change or that it could tell from
/// others, undefined symbols) is in neither.
struct LearnedCode {
  LearnedPart shared;
  LearnedPart own;
};
LearnedCode divide(std::unique_ptr<llvm::Module> module, const Wanted &wanted);

} // namespace graft::driver
