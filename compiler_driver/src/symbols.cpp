// See symbols.hpp.
#include "symbols.hpp"

#include <graft/base/stack_check.hpp>

#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBufferRef.h>

namespace graft::driver {
namespace {

/// The linker's own: every object that uses the GOT names it.
constexpr llvm::StringLiteral kGlobalOffsetTable("_GLOBAL_OFFSET_TABLE_");

} // namespace

void read_symbols(Unit &unit) {
  using Elf = llvm::object::ELF64LEObjectFile;
  const llvm::MemoryBufferRef bytes({unit.output.data(), unit.output.size()}, unit.source);
  llvm::Expected<Elf> object = Elf::create(bytes);
  if (!object) return llvm::consumeError(object.takeError());
  for (const llvm::object::ELFSymbolRef symbol : object->symbols()) {
    llvm::Expected<llvm::StringRef> name = symbol.getName();
    llvm::Expected<std::uint32_t> flags = symbol.getFlags();
    if (!name || !flags) {
      llvm::consumeError(name.takeError());
      llvm::consumeError(flags.takeError());
      continue;
    }
    if (name->empty() || *name == kGlobalOffsetTable || !(*flags & llvm::object::SymbolRef::SF_Global)) continue;
    if (*flags & llvm::object::SymbolRef::SF_Undefined) {
      if (is_stack_symbol(std::string_view(name->data(), name->size()))) continue; // nobody wrote it
      unit.undefined.push_back({name->str(), {}, (*flags & llvm::object::SymbolRef::SF_Weak) != 0});
    } else {
      unit.defined.push_back(name->str());
      if (!(*flags & llvm::object::SymbolRef::SF_Weak)) unit.defined_strongly.push_back(name->str());
    }
  }
}

} // namespace graft::driver
