// What happens to a graph between parsing and running.
#include "link_job.hpp"

#include "arrays.hpp"
#include "llvm_error.hpp"
#include "stubs.hpp"

#include <graft/base/first_image.hpp>

#include <llvm/ADT/DenseSet.h>
#include <llvm/ExecutionEngine/JITLink/x86_64.h>
#include <llvm/Support/Endian.h>

#include <algorithm>
#include <cctype>

namespace graft::jit {
namespace {

using llvm::jitlink::Block;
using llvm::jitlink::LinkGraph;
using llvm::jitlink::Section;
using GraphSymbol = llvm::jitlink::Symbol;
using llvm::orc::MemProt;

LLVM_ENABLE_BITMASK_ENUMS_IN_NAMESPACE();

constexpr llvm::StringRef kFrames = ".eh_frame";

// Layout of .eh_frame_hdr with a search table (LSB 5.0, 10.6.2).
constexpr std::size_t kFrameHeaderBytes = 12;
constexpr std::size_t kFrameEntryBytes = 8;
constexpr std::size_t kPcBeginOffset = 8; // in a record with a 32-bit length

/// A section that `__start_X` and `__stop_X` can name: a set of records that many files add to.
bool is_linker_set(llvm::StringRef name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// The section whose begin or end `name` means; empty for any other name.
llvm::StringRef linker_set_of(llvm::StringRef name) {
  if (!name.consume_front("__start_") && !name.consume_front("__stop_")) return {};
  return name;
}

/// Relocated once, while the pages are still ours to write: then it is as constant as the rest.
bool is_constant_after_link(llvm::StringRef name) {
  return name.starts_with(".data.rel.ro") || name.starts_with(".data.DW.ref.") || is_array_section(name);
}

bool is_frame_description(const Block &block) {
  if (block.isZeroFill() || block.getSize() < kPcBeginOffset + 4) return false;
  return llvm::support::endian::read32le(block.getContent().data() + 4) != 0;
}

} // namespace

thread_local LinkJob *LinkJob::current_ = nullptr;

LinkJob::LinkJob(const Artifact &artifact, const LinkOptions &options, ImageState &image, Builtins &builtins,
                 std::shared_ptr<llvm::orc::SymbolStringPool> names)
    : artifact_(artifact), options_(options), image_(image), builtins_(builtins), merger_(std::move(names), options.name),
      outside_(options, image) {}

void LinkJob::report(llvm::Error failure) {
  Error ours = to_error(std::move(failure), options_.name);
  if (!failure_) failure_ = std::move(ours);
}

Error LinkJob::take_failure() {
  GRAFT_ASSERT(failure_.has_value(), "a link that fails says why");
  return std::exchange(failure_, std::nullopt).value_or(Error{});
}

Result<void> LinkJob::add_objects() {
  GRAFT_TRY(outside_.open_libraries());
  for (const ObjectFile &object : artifact_.objects) GRAFT_TRY(merger_.add(object));
  return {};
}

bool LinkJob::may_borrow(const std::vector<std::shared_ptr<SharedImage>> &shared) const {
  if (shared.size() != 1) return false;
  const auto is_the_same = [&](const std::string &name) {
    return outside_.comes_from_process(name) && outside_.may_bind(name) && !merger_.defines(name);
  };
  const auto is_new = [&](const std::string &name) { return !merger_.defines(name); };
  return std::ranges::all_of(shared.front()->imports(), is_the_same) &&
         std::ranges::all_of(shared.front()->symbols(), is_new);
}

void LinkJob::lend(const SharedImage &shared) {
  for (const std::string &symbol : shared.symbols()) outside_.give(symbol, shared.image().address(symbol));
}

Result<void> LinkJob::add_builtins() {
  // A member may ask for further members.
  for (bool added = true; added;) {
    added = false;
    for (const std::string &name : merger_.undefined()) {
      if (!name.starts_with("__") || merger_.defines(name)) continue;
      const ObjectFile *member = builtins_.member_defining(name);
      if (member == nullptr) continue;
      GRAFT_TRY_ASSIGN(const auto outside, outside_.find(name));
      if (outside) continue;
      GRAFT_TRY(merger_.add(*member));
      added = true;
    }
  }
  return {};
}

Result<void> LinkJob::share_weak_data() {
  for (const std::string &name : merger_.shareable()) {
    const llvm::StringRef text = name;
    // Type information is compared by name, and thread-locals are found by other means.
    if (text.starts_with("_ZTI") || text.starts_with("_ZTS") || text.starts_with("_ZTV") || text.starts_with("__emutls_"))
      continue;
    GRAFT_TRY_ASSIGN(const auto outside, outside_.find(name));
    if (outside) merger_.share(name, *outside);
  }
  return {};
}

Result<std::unique_ptr<LinkGraph>> LinkJob::make_graph() {
  if (first_) bind_open_names(merger_, *first_);
  if (!members_.empty()) GRAFT_TRY(bind_member_names(merger_, members_));
  GRAFT_TRY(add_builtins());
  GRAFT_TRY(share_weak_data());
  if (first_) GRAFT_TRY(bind_first_names(merger_, artifact_, *first_));
  GraphSymbol &handle = add_stubs(merger_, outside_, image_);
  if (first_) {
    merger_.share(kImageSymbol, first_->dso_handle); // T1: what the code registers is the first image's
    twins_ = find_twins(merger_, artifact_, *first_);
    for (const TwinSymbol &twin : twins_) twin.second->setLive(true);
  }
  for (const std::string &name : options_.exports) {
    if (!merger_.defines(name)) continue;
    GraphSymbol &symbol = merger_.symbol(name);
    symbol.setLive(true);
    exports_.emplace_back(name, &symbol);
  }
  if (options_.second == Second::kPossible) note_names();
  auto graph = merger_.finish();
  debug_.note(artifact_.objects, *graph);
  // What is exported is known to the image, not to ORC: nobody looks there, and one visible symbol costs ORC nothing.
  handle.setScope(llvm::jitlink::Scope::Default);
  mark_roots(*graph);
  note_functions(*graph);
  return graph;
}

void LinkJob::mark_roots(LinkGraph &graph) {
  for (Section &section : graph.sections()) {
    const llvm::StringRef name = section.getName();
    if (is_constant_after_link(name) && section.getMemProt() == (MemProt::Read | MemProt::Write)) {
      section.setMemProt(MemProt::Read);
    }
    if (section.getMemLifetime() == llvm::orc::MemLifetime::NoAlloc) continue;
    if (!is_array_section(name) && !is_linker_set(name)) continue;
    for (Block *block : section.blocks()) {
      graph.addAnonymousSymbol(*block, 0, block->getSize(), /*IsCallable=*/false, /*IsLive=*/true);
    }
  }
}

llvm::Error LinkJob::bind_outside_symbols(LinkGraph &graph) {
  const std::vector<GraphSymbol *> externals(graph.external_symbols().begin(), graph.external_symbols().end());
  std::vector<std::string> undefined, denied;
  for (GraphSymbol *symbol : externals) {
    const llvm::StringRef name = *symbol->getName();
    if (name == "_GLOBAL_OFFSET_TABLE_") continue; // JITLink defines it
    if (const auto set = linker_set_of(name); !set.empty()) {
      const Section *section = graph.findSectionByName(set);
      if (section != nullptr && !section->empty()) continue; // JITLink defines it, too
    }
    if (first_)
      if (auto missing = missing_in_first(artifact_, {name.data(), name.size()})) return carry(*std::move(missing));
    auto outside = outside_.find(std::string_view(name.data(), name.size()));
    if (!outside) return carry(std::move(outside).error());
    if (*outside || symbol->isWeaklyReferenced()) {
      const auto address = llvm::orc::ExecutorAddr::fromPtr((*outside).value_or(nullptr));
      if (first_ && image_.symbols != nullptr) // for a fused one, which is bound to the same
        image_.symbols->add(ImageSymbols::kEveryFile, {name.data(), name.size()}, {address.getValue(), 0});
      graph.makeAbsolute(*symbol, address);
    } else {
      (outside_.was_denied({name.data(), name.size()}) ? denied : undefined).push_back(name.str());
    }
  }
  if (!denied.empty()) return carry(options_.gate->refuse(denied, artifact_));
  if (undefined.empty()) return llvm::Error::success();
  UndefinedReport report{&artifact_.imports, {}};
  for (const auto &definition : merger_.definitions()) report.known.push_back(definition.getKey().str());
  for (const auto &[name, address] : outside_.given()) report.known.emplace_back(name);
  return carry(undefined_symbols(undefined, report));
}

llvm::Error LinkJob::reserve_frame_header(LinkGraph &graph) {
  Section *frames = graph.findSectionByName(kFrames);
  if (frames == nullptr) return llvm::Error::success();
  for (Block *block : frames->blocks()) {
    if (is_frame_description(*block)) frames_.push_back(block);
  }
  if (frames_.empty()) return llvm::Error::success();
  Section &section = graph.createSection("graft.eh_frame_hdr", MemProt::Read);
  frame_header_ = &graph.createMutableContentBlock(section, kFrameHeaderBytes + frames_.size() * kFrameEntryBytes,
                                                   llvm::orc::ExecutorAddr(), /*Alignment=*/8, /*AlignmentOffset=*/0);
  return llvm::Error::success();
}

void LinkJob::fill_frame_header() {
  using llvm::support::endian::write32le;
  struct Entry {
    std::uint64_t pc;
    std::uint64_t record;
  };
  std::vector<Entry> entries;
  for (const Block *block : frames_) {
    for (const auto &edge : block->edges()) {
      if (edge.getOffset() != kPcBeginOffset || !edge.isRelocation()) continue;
      entries.push_back({(edge.getTarget().getAddress() + edge.getAddend()).getValue(), block->getAddress().getValue()});
      break;
    }
  }
  std::ranges::sort(entries, {}, &Entry::pc);
  const std::uint64_t base = frame_header_->getAddress().getValue();
  char *header = frame_header_->getAlreadyMutableContent().data();
  const std::uint64_t frames = reinterpret_cast<std::uintptr_t>(image_.frames);
  header[0] = 1;    // version
  header[1] = 0x1b; // the pointer to .eh_frame: relative to itself, signed 32 bits
  header[2] = 0x03; // the count: unsigned 32 bits
  header[3] = 0x3b; // the table: relative to the header, signed 32 bits
  write32le(header + 4, static_cast<std::uint32_t>(frames - (base + 4)));
  write32le(header + 8, static_cast<std::uint32_t>(entries.size()));
  char *out = header + kFrameHeaderBytes;
  for (const Entry &entry : entries) {
    write32le(out, static_cast<std::uint32_t>(entry.pc - base));
    write32le(out + 4, static_cast<std::uint32_t>(entry.record - base));
    out += kFrameEntryBytes;
  }
  image_.frame_header = reinterpret_cast<const void *>(base);
}

/// Turns every edge's target into address zero, with the target's own address in the addend: the fixups come to the same
/// bytes.
///
/// Rationale: ORC works out, block by block, what each depends on, which for a few thousand blocks that depend on each other
/// takes seconds, or a tenth of that, as the hash of their addresses falls. One symbol is visible and everything is emitted
/// at once, so nobody wants to know. Addresses are final here, and only fixups read edges afterwards.
static llvm::Error forget_dependencies(LinkGraph &graph) {
  llvm::jitlink::Symbol &zero =
      graph.addAbsoluteSymbol("graft.zero", llvm::orc::ExecutorAddr(), 0, llvm::jitlink::Linkage::Strong,
                              llvm::jitlink::Scope::Local, /*IsLive=*/true);
  for (Block *block : graph.blocks()) {
    for (llvm::jitlink::Edge &edge : block->edges()) {
      // A negative delta is the place less the target: there the address is taken off.
      const bool is_negative =
          edge.getKind() == llvm::jitlink::x86_64::NegDelta32 || edge.getKind() == llvm::jitlink::x86_64::NegDelta64;
      const auto address = static_cast<llvm::jitlink::Edge::AddendT>(edge.getTarget().getAddress().getValue());
      edge.setAddend(edge.getAddend() + (is_negative ? -address : address));
      edge.setTarget(zero);
    }
  }
  return llvm::Error::success();
}

void LinkJob::note_functions(LinkGraph &graph) {
  for (const GraphSymbol *symbol : graph.defined_symbols())
    if (symbol->hasName() && symbol->isCallable() && symbol->getSize() != 0 &&
        !(*symbol->getName()).starts_with(kTwinPrefix))
      functions_.push_back(
          {&symbol->getBlock(), symbol->getOffset(), static_cast<std::uint32_t>(symbol->getSize()), symbol->getName()});
}

void LinkJob::record_functions(LinkGraph &graph) {
  const llvm::DenseSet<const Block *> live(graph.blocks().begin(), graph.blocks().end());
  for (const auto &[block, offset, bytes, name] : functions_) {
    if (!live.contains(block)) continue;
    image_.functions.add((block->getAddress() + offset).getValue(), bytes, {(*name).data(), (*name).size()});
  }
  image_.functions.sort();
}

void LinkJob::note_names() {
  image_.symbols = std::make_unique<ImageSymbols>();
  const auto add = [&](const GraphSymbol &symbol, std::uint64_t file, std::string_view name) {
    if (symbol.isDefined()) {
      named_.push_back({&symbol.getBlock(), symbol.getOffset(), symbol.getSize(), file, name});
    } else if (symbol.isAbsolute()) { // shared with the process
      image_.symbols->add(file, name, {symbol.getAddress().getValue(), 0});
    }
  };
  for (const auto &[name, address] : outside_.given()) { // shared code that is lent among them
    image_.symbols->add(ImageSymbols::kEveryFile, name, {reinterpret_cast<std::uintptr_t>(address), 0});
    if (recorder_ != nullptr) recorder_->looks().push_back({std::string(name), address}); // nobody may have looked for it
  }
  for (const NamedSymbol &named : merger_.named())
    if (named.is_local && named.object < artifact_.objects.size())
      add(*named.symbol, file_of_image(artifact_.objects[named.object].source), named.name);
  for (const auto &definition : merger_.definitions()) {
    const llvm::StringRef name = definition.getKey();
    add(*definition.second.symbol, ImageSymbols::kEveryFile, {name.data(), name.size()});
  }
}

void LinkJob::record_names(LinkGraph &graph) {
  const llvm::DenseSet<const Block *> live(graph.blocks().begin(), graph.blocks().end());
  for (const auto &[block, offset, bytes, file, name] : named_)
    if (live.contains(block)) image_.symbols->add(file, name, {(block->getAddress() + offset).getValue(), bytes});
  if (image_.symbols != nullptr) image_.symbols->sort();
}

llvm::Error LinkJob::record(LinkGraph &graph) {
  record_functions(graph);
  record_names(graph);
  image_.debug = debug_.objects(graph);
  for (const auto &[first, second] : twins_) image_.twins.push_back({first, second->getAddress().getValue()});
  std::ranges::sort(image_.twins, {}, &Twin::first);
  for (const auto &[name, symbol] : exports_) image_.exports[name] = symbol->getAddress().toPtr<const void *>();
  if (Section *frames = graph.findSectionByName(kFrames); frames != nullptr && frame_header_ != nullptr) {
    image_.frames = llvm::jitlink::SectionRange(*frames).getStart().toPtr<const void *>();
    fill_frame_header();
  }
  record_arrays(graph, image_);
  return llvm::Error::success();
}

void LinkPlugin::modifyPassConfig(llvm::orc::MaterializationResponsibility &, LinkGraph &,
                                  llvm::jitlink::PassConfiguration &config) {
  LinkJob *job = LinkJob::current();
  if (job == nullptr) return;
  // Before the tables are built: a bound symbol needs its entry all the same, but no look-up.
  config.PostPrunePasses.insert(config.PostPrunePasses.begin(),
                                [job](LinkGraph &graph) { return job->bind_outside_symbols(graph); });
  config.PostPrunePasses.push_back([job](LinkGraph &graph) { return job->reserve_frame_header(graph); });
  config.PreFixupPasses.push_back([job](LinkGraph &graph) {
    if (job->recorder() != nullptr) job->recorder()->note_edges(graph);
    return llvm::Error::success();
  });
  config.PreFixupPasses.push_back(forget_dependencies); // behind the relaxation of table accesses, which reads targets
  config.PostFixupPasses.push_back([job](LinkGraph &graph) { return job->record(graph); });
}

} // namespace graft::jit
