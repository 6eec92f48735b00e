// Parsing, copying between graphs, and choosing among definitions.
#include "graph_merger.hpp"

#include "arrays.hpp"
#include "comdat.hpp"
#include "llvm_error.hpp"
#include "object_check.hpp"

#include <llvm/Demangle/Demangle.h>
#include <llvm/ExecutionEngine/JITLink/x86_64.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>
#include <functional>

namespace graft::jit {
namespace {

using llvm::jitlink::Block;
using llvm::jitlink::Linkage;
using llvm::jitlink::LinkGraph;
using llvm::jitlink::Scope;
using llvm::jitlink::Section;
using llvm::jitlink::Symbol;

/// The section's blocks as they stood in the object: content by its place in the file, then the zero-filled.
std::vector<Block *> blocks_in_file_order(Section &section) {
  std::vector<Block *> blocks(section.blocks().begin(), section.blocks().end());
  const auto place = [](const Block *block) { return block->isZeroFill() ? nullptr : block->getContent().data(); };
  std::sort(blocks.begin(), blocks.end(), [&](const Block *a, const Block *b) {
    if (a->isZeroFill() != b->isZeroFill()) return b->isZeroFill();
    return place(a) != place(b) ? place(a) < place(b) : a < b;
  });
  return blocks;
}

Strength strength_of(const Symbol &symbol) {
  if (symbol.isDefined() && symbol.getSection().getName() == ".common") return Strength::kCommon;
  return symbol.getLinkage() == Linkage::Weak ? Strength::kWeak : Strength::kStrong;
}

bool lies_in(const Block &block, const std::vector<std::string_view> &contents) {
  const char *begin = block.getContent().data();
  return llvm::any_of(contents, [begin](std::string_view each) {
    return !std::less<>()(begin, each.data()) && std::less<>()(begin, each.data() + each.size());
  });
}

} // namespace

Result<void> GraphMerger::add(const ObjectFile &object) {
  GRAFT_TRY(check_object(object));
  const llvm::MemoryBufferRef bytes({object.bytes.data(), object.bytes.size()}, object.source);
  auto parsed = llvm::jitlink::createLinkGraphFromObject(bytes, names_);
  if (!parsed) {
    Error failure = to_error(parsed.takeError(), object.source);
    failure.where = {object.source, 0, 0};
    return failure;
  }
  for (auto &section : (*parsed)->sections()) {
    for (Block *block : blocks_in_file_order(section)) {
      next_address_ = llvm::alignTo(next_address_, 16);
      block->setAddress(llvm::orc::ExecutorAddr(next_address_));
      next_address_ += block->getSize() + 1;
    }
  }
  GRAFT_TRY(leave_out_known_groups(object, **parsed));
  sources_.push_back(object.source);
  if (graph_ != nullptr) return copy(**parsed, sources_.size() - 1);
  graph_ = std::move(*parsed);
  return index(*graph_, 0);
}

Result<void> GraphMerger::leave_out_known_groups(const ObjectFile &object, Graph &parsed) {
  left_out_.clear();
  GRAFT_TRY_ASSIGN(const auto groups, comdat_groups(object));
  std::vector<std::string_view> contents;
  std::vector<std::string_view> fresh;
  for (const ComdatGroup &group : groups) {
    if (!groups_.contains(group.signature)) {
      fresh.push_back(group.signature);
      continue;
    }
    for (const std::string_view name : group.symbols) left_out_.insert(name);
    contents.insert(contents.end(), group.contents.begin(), group.contents.end());
  }
  for (const std::string_view signature : fresh) groups_.insert(signature);
  // What nobody refers to any more is dropped as dead code; initialisers are roots, so they go here.
  for (Section &section : parsed.sections()) {
    if (!is_array_section(section.getName())) continue;
    for (Block *block : blocks_in_file_order(section)) {
      const bool named = llvm::any_of(section.symbols(), [&](Symbol *symbol) { return &symbol->getBlock() == block; });
      if (!named && !block->isZeroFill() && lies_in(*block, contents)) parsed.removeBlock(*block);
    }
  }
  return {};
}

Result<void> GraphMerger::index(Graph &graph, std::size_t object) {
  for (Symbol *symbol : graph.defined_symbols()) {
    note(*symbol, *symbol, object);
    if (symbol->hasName() && symbol->getScope() != Scope::Local) GRAFT_TRY(admit(*symbol, *symbol, object));
  }
  for (Symbol *symbol : graph.absolute_symbols()) {
    if (symbol->hasName() && symbol->getScope() != Scope::Local) GRAFT_TRY(admit(*symbol, *symbol, object));
  }
  for (Symbol *symbol : graph.external_symbols()) externals_[*symbol->getName()] = symbol;
  return {};
}

void GraphMerger::note(Symbol &symbol, const Symbol &original, std::size_t object) {
  if (!symbol.hasName()) return;
  const llvm::StringRef name = *symbol.getName();
  named_.push_back({&symbol, {name.data(), name.size()}, object, original.getScope() == Scope::Local});
}

Result<void> GraphMerger::admit(Symbol &symbol, const Symbol &original, std::size_t object) {
  const Strength strength = left_out_.contains(*symbol.getName()) ? Strength::kWeak : strength_of(original);
  const bool shareable = strength == Strength::kWeak && !original.isCallable() && original.getScope() == Scope::Default;
  auto [place, fresh] = definitions_.try_emplace(*symbol.getName(), GraphDefinition{&symbol, object, strength, shareable});
  if (fresh) return {};
  GraphDefinition &known = place->second;
  if (strength == Strength::kStrong && known.strength == Strength::kStrong) {
    return error(Code::kInvalid,
                 "symbol '" + llvm::demangle(*symbol.getName()) + "' is defined in " + sources_[known.object] + " and in " +
                     sources_[object] + "; make one of them static, inline or extern",
                 {sources_[object], 0, 0});
  }
  if (strength == Strength::kCommon && known.strength == Strength::kCommon) {
    const std::uint64_t align = std::max(symbol.getBlock().getAlignment(), known.symbol->getBlock().getAlignment());
    symbol.getBlock().setAlignment(align);
    known.symbol->getBlock().setAlignment(align);
  }
  const bool wins = strength > known.strength || (strength == Strength::kCommon && known.strength == Strength::kCommon &&
                                                  symbol.getSize() > known.symbol->getSize());
  if (!wins) {
    replaced_[&symbol] = known.symbol;
    return {};
  }
  replaced_[known.symbol] = &symbol;
  known = {&symbol, object, strength, shareable};
  return {};
}

Result<void> GraphMerger::copy(Graph &from, std::size_t object) {
  llvm::DenseMap<Block *, Block *> blocks;
  Replacements symbols;
  for (auto &section : from.sections()) {
    if (section.getMemLifetime() == llvm::orc::MemLifetime::NoAlloc) continue;
    Section *home = graph_->findSectionByName(section.getName());
    if (home == nullptr) {
      home = &graph_->createSection(section.getName(), section.getMemProt());
      home->setMemLifetime(section.getMemLifetime());
    } else if (home->getMemProt() != section.getMemProt() || home->getMemLifetime() != section.getMemLifetime()) {
      return error(Code::kInvalid,
                   "section '" + section.getName().str() + "' has different permissions in " + sources_[object] +
                       " than in the files before it; give it another name there",
                   {sources_[object], 0, 0});
    }
    for (Block *block : section.blocks()) {
      blocks[block] = block->isZeroFill() ? &graph_->createZeroFillBlock(*home, block->getSize(), block->getAddress(),
                                                                         block->getAlignment(), block->getAlignmentOffset())
                                          : &graph_->createContentBlock(*home, block->getContent(), block->getAddress(),
                                                                        block->getAlignment(), block->getAlignmentOffset());
    }
    for (Symbol *symbol : section.symbols()) {
      Block &block = *blocks[&symbol->getBlock()];
      // Local from the start: what is visible is known by `definitions_` alone.
      Symbol &twin = symbol->hasName() ? graph_->addDefinedSymbol(block, symbol->getOffset(), symbol->getName(),
                                                                  symbol->getSize(), symbol->getLinkage(), Scope::Local,
                                                                  symbol->isCallable(), symbol->isLive())
                                       : graph_->addAnonymousSymbol(block, symbol->getOffset(), symbol->getSize(),
                                                                    symbol->isCallable(), symbol->isLive());
      symbols[symbol] = &twin;
      note(twin, *symbol, object);
      if (symbol->hasName() && symbol->getScope() != Scope::Local) GRAFT_TRY(admit(twin, *symbol, object));
    }
  }
  for (Symbol *symbol : from.absolute_symbols()) {
    Symbol &twin = graph_->addAbsoluteSymbol(symbol->getName(), symbol->getAddress(), symbol->getSize(),
                                             symbol->getLinkage(), Scope::Local, symbol->isLive());
    symbols[symbol] = &twin;
    if (symbol->getScope() != Scope::Local) GRAFT_TRY(admit(twin, *symbol, object));
  }
  for (Symbol *symbol : from.external_symbols()) {
    auto &known = externals_[*symbol->getName()];
    if (known == nullptr) {
      known = &graph_->addExternalSymbol(symbol->getName(), symbol->getSize(), symbol->isWeaklyReferenced());
    } else if (!symbol->isWeaklyReferenced()) {
      known->setWeaklyReferenced(false);
    }
    symbols[symbol] = known;
  }
  for (auto [block, twin] : blocks) {
    for (const auto &edge : block->edges()) {
      twin->addEdge(edge.getKind(), edge.getOffset(), *symbols.lookup(&edge.getTarget()), edge.getAddend());
    }
  }
  return {};
}

LinkGraph &GraphMerger::graph() {
  if (graph_ == nullptr) {
    graph_ = std::make_unique<LinkGraph>(bundle_, names_, llvm::Triple("x86_64-unknown-linux-gnu"),
                                         llvm::SubtargetFeatures(), llvm::jitlink::x86_64::getEdgeKindName);
  }
  return *graph_;
}

std::vector<std::string> GraphMerger::undefined() const {
  std::vector<std::string> names;
  for (const auto &external : externals_) {
    if (!definitions_.contains(external.getKey())) names.push_back(external.getKey().str());
  }
  return names;
}

GraphMerger::Symbol &GraphMerger::symbol(llvm::StringRef name) {
  if (auto known = definitions_.find(name); known != definitions_.end()) return *known->second.symbol;
  auto &external = externals_[name];
  if (external == nullptr) external = &graph_->addExternalSymbol(name, 0, /*IsWeaklyReferenced=*/false);
  return *external;
}

std::vector<std::string> GraphMerger::shareable() const {
  std::vector<std::string> names;
  for (const auto &definition : definitions_) {
    if (definition.second.shareable) names.push_back(definition.getKey().str());
  }
  return names;
}

void GraphMerger::share(llvm::StringRef name, const void *address) {
  Symbol &outside =
      graph_->addAbsoluteSymbol(name, llvm::orc::ExecutorAddr::fromPtr(address), 0, Linkage::Strong, Scope::Local,
                                /*IsLive=*/false);
  replaced_[definitions_[name].symbol] = &outside;
  definitions_[name].symbol = &outside;
}

void GraphMerger::define(llvm::StringRef name, Symbol &definition) {
  definitions_[name] = {&definition, sources_.size(), Strength::kStrong, /*shareable=*/false};
}

GraphMerger::Symbol *GraphMerger::final_target(Symbol *symbol) const {
  for (auto next = replaced_.find(symbol); next != replaced_.end(); next = replaced_.find(symbol)) symbol = next->second;
  return symbol;
}

std::unique_ptr<LinkGraph> GraphMerger::finish() {
  std::vector<Symbol *> bound;
  for (const auto &external : externals_) {
    const auto definition = definitions_.find(external.getKey());
    if (definition == definitions_.end()) continue;
    replaced_[external.second] = definition->second.symbol;
    bound.push_back(external.second);
  }
  if (!replaced_.empty()) {
    for (Block *block : graph_->blocks()) {
      for (auto &edge : block->edges()) edge.setTarget(*final_target(&edge.getTarget()));
    }
  }
  for (Symbol *external : bound) graph_->removeExternalSymbol(*external);
  for (Symbol *symbol : graph_->defined_symbols()) {
    symbol->setScope(Scope::Local);
    symbol->setLinkage(Linkage::Strong);
  }
  for (Symbol *symbol : graph_->absolute_symbols()) symbol->setScope(Scope::Local);
  return std::move(graph_);
}

} // namespace graft::jit
