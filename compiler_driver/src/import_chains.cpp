// See import_chains.hpp. From the symbol back to who uses it, level by level: an instruction that stands in one of the
// author's files ends the search, any other leads on to its function; a constant (a table of virtual functions, say) to what
// it is part of.
#include "import_chains.hpp"

#include "diagnostics.hpp"

#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/CompilerInstance.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/Path.h>

#include <algorithm>
#include <tuple>

namespace graft::driver {
namespace {

std::string absolute(llvm::StringRef folder, llvm::StringRef name) {
  llvm::SmallString<256> path(llvm::sys::path::is_absolute(name) ? llvm::StringRef() : folder);
  llvm::sys::path::append(path, name);
  llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
  return std::string(path);
}

bool is_asked_for(const llvm::GlobalValue &value) {
  return value.isDeclarationForLinker() && !value.getName().starts_with("llvm.");
}

} // namespace

void ImportChains::ask_for_places(clang::CompilerInstance &compiler) {
  clang::CodeGenOptions &options = compiler.getCodeGenOpts();
  if (options.getDebugInfo() == llvm::codegenoptions::NoDebugInfo)
    options.setDebugInfo(llvm::codegenoptions::LocTrackingOnly);
  options.DebugColumnInfo = true;
}

ImportChains::ImportChains(const clang::SourceManager &sources, const llvm::Module &module) {
  know_files(sources, module);
  look(module);
}

void ImportChains::know_files(const clang::SourceManager &sources, const llvm::Module &module) {
  const llvm::NamedMDNode *units = module.getNamedMetadata("llvm.dbg.cu"); // its own range skips those that only note places
  if (units == nullptr || units->getNumOperands() == 0) return;
  const llvm::StringRef folder = llvm::cast<llvm::DICompileUnit>(units->getOperand(0))->getDirectory();
  main_ = position(sources, sources.getLocForStartOfFile(sources.getMainFileID())).file;
  for (unsigned i = 0; i < sources.local_sloc_entry_size(); ++i) {
    const clang::SrcMgr::SLocEntry &entry = sources.getLocalSLocEntry(i);
    if (!entry.isFile() || entry.getOffset() == 0) continue;
    const auto start = clang::SourceLocation::getFromRawEncoding(entry.getOffset());
    // A file may say only within it that it is the system's.
    const auto end = sources.getLocForEndOfFile(sources.getFileID(start));
    const std::string shown = position(sources, start).file;
    files_[absolute(folder, shown)] = {shown, !sources.isInSystemHeader(end) && !shown.starts_with('<')};
  }
}

void ImportChains::look(const llvm::Module &module) {
  if (files_.empty()) return;
  for (const llvm::GlobalValue &symbol : module.global_values())
    if (is_asked_for(symbol))
      if (auto place = first_place(symbol)) places_[symbol.getName()] = *std::move(place);
}

void ImportChains::place(std::vector<Import> &imports) const {
  for (Import &import : imports) {
    if (!import.where.file.empty()) continue;
    llvm::StringRef name = import.symbol;
    name.consume_front("__emutls_v.");
    if (const auto found = places_.find(name); found != places_.end()) import.where = found->second;
  }
}

std::optional<SourcePos> ImportChains::first_place(const llvm::GlobalValue &symbol) const {
  llvm::SmallPtrSet<const llvm::Value *, 32> seen;
  std::vector<const llvm::Value *> level = {&symbol}, next;
  for (; !level.empty(); level = std::exchange(next, {})) {
    std::optional<SourcePos> first;
    for (const llvm::Value *used : level)
      for (const llvm::User *user : used->users()) {
        const auto *instruction = llvm::dyn_cast<llvm::Instruction>(user);
        auto place = instruction != nullptr ? place_of(*instruction) : std::nullopt;
        const llvm::Value *leads_on =
            instruction != nullptr ? instruction->getFunction() : static_cast<const llvm::Value *>(user);
        if (place && (!first || is_before(*place, *first)))
          first = std::move(place);
        else if (!place && seen.insert(leads_on).second)
          next.push_back(leads_on);
      }
    if (first) return first;
  }
  return std::nullopt;
}

std::optional<SourcePos> ImportChains::place_of(const llvm::Instruction &instruction) const {
  if (auto own = place_of(instruction.getDebugLoc().get())) return own;
  // An author's function at a header's place (a default argument) or at none: the nearest place behind it, or before.
  const llvm::DISubprogram *function = instruction.getFunction()->getSubprogram();
  const auto file = function != nullptr ? authors_file(*function) : std::nullopt;
  if (!file) return std::nullopt;
  for (const auto *one = instruction.getNextNode(); one != nullptr; one = one->getNextNode())
    if (auto place = place_of(one->getDebugLoc().get())) return place;
  for (const auto *one = instruction.getPrevNode(); one != nullptr; one = one->getPrevNode())
    if (auto place = place_of(one->getDebugLoc().get())) return place;
  return SourcePos{*file, function->getLine(), 0};
}

std::optional<SourcePos> ImportChains::place_of(const llvm::DILocation *location) const {
  for (; location != nullptr; location = location->getInlinedAt()) { // what was inlined, then where
    if (location->getLine() == 0) continue;
    if (auto file = authors_file(*location->getScope()))
      return SourcePos{*std::move(file), location->getLine(), location->getColumn()};
  }
  return std::nullopt;
}

std::optional<std::string> ImportChains::authors_file(const llvm::DIScope &scope) const {
  const auto found = files_.find(absolute(scope.getDirectory(), scope.getFilename()));
  if (found == files_.end()) return scope.getFilename().str(); // the name is of a #line
  if (!found->second.is_authors) return std::nullopt;
  return found->second.shown;
}

bool ImportChains::is_before(const SourcePos &left, const SourcePos &right) const {
  const auto order = [&](const SourcePos &place) {
    return std::tuple(place.file != main_, std::string_view(place.file), place.line, place.column);
  };
  return order(left) < order(right);
}

} // namespace graft::driver
