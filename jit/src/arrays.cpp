// Arrays of function pointers by priority. Lower priorities are initialised first and finalised last; without a number comes
// after all numbers; within one priority the order of the files decides.
#include "arrays.hpp"

#include <algorithm>
#include <cstring>
#include <map>

namespace graft::jit {
namespace {

using llvm::jitlink::Block;
using llvm::jitlink::Section;

constexpr unsigned kNoPriority = 65536;

struct ArrayKind {
  llvm::StringRef prefix;
  bool finalises;
  bool backwards; ///< crtbegin's tables: the last entry is initialised first, and priorities are counted down
  bool before_all;
};

constexpr ArrayKind kKinds[] = {
    {".preinit_array", false, false, true}, {".init_array", false, false, false}, {".ctors", false, true, false},
    {".fini_array", true, false, false},    {".dtors", true, true, false},
};

const ArrayKind *kind_of(llvm::StringRef name) {
  for (const ArrayKind &kind : kKinds) {
    if (name == kind.prefix || (name.starts_with(kind.prefix) && name[kind.prefix.size()] == '.')) return &kind;
  }
  return nullptr;
}

unsigned priority_of(llvm::StringRef name, const ArrayKind &kind) {
  if (kind.before_all) return 0;
  unsigned number = 0;
  if (name.size() <= kind.prefix.size() || name.substr(kind.prefix.size() + 1).getAsInteger(10, number)) return kNoPriority;
  return 1 + (kind.backwards ? 65535 - std::min(number, 65535u) : std::min(number, 65534u));
}

/// The section's functions in the order of construction.
std::vector<std::uintptr_t> functions_of(Section &section, const ArrayKind &kind) {
  std::vector<Block *> blocks(section.blocks().begin(), section.blocks().end());
  std::ranges::sort(blocks, {}, [](const Block *block) { return block->getAddress(); });
  std::vector<std::uintptr_t> functions;
  for (const Block *block : blocks) {
    if (block->isZeroFill()) continue;
    const auto content = block->getContent();
    for (std::size_t offset = 0; offset + sizeof(std::uintptr_t) <= content.size(); offset += sizeof(std::uintptr_t)) {
      std::uintptr_t function;
      std::memcpy(&function, content.data() + offset, sizeof(function));
      // 0 and -1 are the ends of crtbegin's tables.
      if (function != 0 && function != ~std::uintptr_t{0}) functions.push_back(function);
    }
  }
  if (kind.backwards) std::ranges::reverse(functions);
  return functions;
}

} // namespace

bool is_array_section(llvm::StringRef name) { return kind_of(name) != nullptr; }

void record_arrays(llvm::jitlink::LinkGraph &graph, ImageState &image) {
  std::multimap<unsigned, std::vector<std::uintptr_t>> first_to_last;
  std::multimap<unsigned, std::vector<std::uintptr_t>> last_to_first;
  for (Section &section : graph.sections()) {
    const ArrayKind *kind = kind_of(section.getName());
    if (kind == nullptr) continue;
    auto &arrays = kind->finalises ? last_to_first : first_to_last;
    arrays.emplace(priority_of(section.getName(), *kind), functions_of(section, *kind));
  }
  for (const auto &[priority, functions] : first_to_last) {
    for (std::uintptr_t function : functions) image.initialisers.push_back(reinterpret_cast<Initialiser>(function));
  }
  for (const auto &[priority, functions] : last_to_first) {
    for (std::uintptr_t function : functions) image.finalisers.push_back(reinterpret_cast<Finaliser>(function));
  }
  std::ranges::reverse(image.finalisers);
}

} // namespace graft::jit
