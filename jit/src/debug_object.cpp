// Section addresses into section headers: debuggers and LLVM's own reader then resolve the debug sections' relocations
// themselves.
#include "debug_object.hpp"

#include <graft/base/mutex.hpp>
#include <graft/jit/lines.hpp>

#include <llvm/ADT/DenseSet.h>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/DebugInfo/DIContext.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/ExecutionEngine/Orc/TargetProcess/JITLoaderGDB.h>
#include <llvm/Object/ELFObjectFile.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string_view>

extern "C" jit_descriptor __jit_debug_descriptor;
extern "C" void __jit_debug_register_code();

namespace graft::jit {
namespace {

using llvm::ELF::Elf64_Ehdr;
using llvm::ELF::Elf64_Shdr;

/// Guards the debugger's list against ourselves: nobody else in this process has code to tell it of.
Mutex mutex;

/// The section headers of an object; none where it has no whole table of them.
std::vector<Elf64_Shdr> headers_of(std::span<const char> bytes) {
  Elf64_Ehdr file;
  if (bytes.size() < sizeof file) return {};
  std::memcpy(&file, bytes.data(), sizeof file);
  if (file.e_shoff > bytes.size() || (bytes.size() - file.e_shoff) / sizeof(Elf64_Shdr) < file.e_shnum) return {};
  std::vector<Elf64_Shdr> headers(file.e_shnum);
  std::memcpy(headers.data(), bytes.data() + file.e_shoff, headers.size() * sizeof(Elf64_Shdr));
  return headers;
}

void tell_debugger(jit_code_entry &entry, jit_actions_t action) {
  __jit_debug_descriptor.relevant_entry = &entry;
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_register_code(); // a debugger stops here and reads
  __jit_debug_descriptor.action_flag = JIT_NOACTION;
}

/// The section of `object` that an address lies in.
std::optional<llvm::object::SectionRef> section_at(const llvm::object::ObjectFile &object, std::uintptr_t address) {
  for (const llvm::object::SectionRef &section : object.sections())
    if (section.isText() && section.getAddress() != 0 && address >= section.getAddress() &&
        address < section.getAddress() + section.getSize())
      return section;
  return std::nullopt;
}

/// The function of the symbol table that an address lies in: line tables alone do not name it.
std::string function_of(const llvm::object::ObjectFile &object, std::uintptr_t address) {
  for (const llvm::object::ELFSymbolRef symbol : object.symbols()) {
    auto begin = symbol.getAddress();
    auto name = symbol.getName();
    if (begin && name && symbol.getELFType() == llvm::ELF::STT_FUNC && address >= *begin &&
        address < *begin + symbol.getSize())
      return llvm::demangle(*name);
    llvm::consumeError(begin.takeError());
    llvm::consumeError(name.takeError());
  }
  return {};
}

/// LLVM's reader over one entry of the list.
struct Reader {
  std::unique_ptr<llvm::object::ObjectFile> object;
  std::unique_ptr<llvm::DWARFContext> context;
};

Reader open_reader(const jit_code_entry &entry) {
  auto object =
      llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef({entry.symfile_addr, entry.symfile_size}, ""));
  if (!object) return llvm::consumeError(object.takeError()), Reader();
  const auto say_nothing = [](llvm::Error failure) { llvm::consumeError(std::move(failure)); };
  auto context = llvm::DWARFContext::create(**object, llvm::DWARFContext::ProcessDebugRelocations::Process, nullptr, "",
                                            say_nothing, say_nothing);
  return {std::move(*object), std::move(context)};
}

std::string text_of(const std::string &text) { return text != llvm::DILineInfo::BadString ? text : std::string(); }

constexpr auto kPaths = llvm::DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath;

std::vector<CodeLine> lines_in(const Reader &reader, std::uintptr_t address) {
  const auto section = section_at(*reader.object, address);
  if (!section) return {};
  const llvm::DIInliningInfo frames = reader.context->getInliningInfoForAddress(
      {address, section->getIndex()}, {kPaths, llvm::DILineInfoSpecifier::FunctionNameKind::LinkageName});
  std::vector<CodeLine> lines;
  for (unsigned i = 0; i < frames.getNumberOfFrames(); ++i) {
    const llvm::DILineInfo &frame = frames.getFrame(i);
    lines.push_back({llvm::demangle(text_of(frame.FunctionName)), text_of(frame.FileName), frame.Line});
  }
  if (lines.empty()) lines.emplace_back();
  if (lines.back().function.empty()) lines.back().function = function_of(*reader.object, address);
  return lines;
}

/// Where the functions of an object end, by where they begin.
std::map<std::uintptr_t, std::uintptr_t> ends_of_functions(const llvm::object::ObjectFile &object) {
  std::map<std::uintptr_t, std::uintptr_t> ends;
  for (const llvm::object::ELFSymbolRef symbol : object.symbols()) {
    auto begin = symbol.getAddress();
    if (begin && symbol.getELFType() == llvm::ELF::STT_FUNC) ends[*begin] = *begin + symbol.getSize();
    llvm::consumeError(begin.takeError());
  }
  return ends;
}

void add_lines(const Reader &reader, const std::map<std::uintptr_t, std::uintptr_t> &ends, const CodeRange &range,
               std::vector<CodeLine> &lines) {
  const auto section = section_at(*reader.object, range.begin);
  if (!section) return;
  std::uintptr_t end = std::min<std::uintptr_t>(range.end, section->getAddress() + section->getSize());
  std::uintptr_t begin = section->getAddress();
  if (const auto behind = ends.upper_bound(range.begin); behind != ends.begin())
    if (const auto [its_begin, its_end] = *std::prev(behind); its_end > range.begin)
      begin = its_begin, end = std::min(end, its_end);
  const auto is_known = [&](const CodeLine &line) {
    return std::ranges::any_of(lines, [&](const CodeLine &old) { return old.line == line.line && old.file == line.file; });
  };
  for (const auto &[address, info] :
       reader.context->getLineInfoForAddressRange({range.begin, section->getIndex()}, end - range.begin, {kPaths}))
    // LLVM 22 goes on in other sections, if they begin before the end of the range.
    if (CodeLine line{{}, text_of(info.FileName), info.Line};
        address >= begin && address < end && line.line != 0 && !is_known(line))
      lines.push_back(line);
}

} // namespace

bool has_debug_information(const ObjectFile &object) {
  constexpr std::string_view kWanted(".debug_line\0", 12);
  const std::vector<Elf64_Shdr> headers = headers_of(object.bytes);
  const std::string_view bytes(object.bytes.data(), object.bytes.size());
  if (headers.empty()) return false;
  Elf64_Ehdr file;
  std::memcpy(&file, bytes.data(), sizeof file);
  if (file.e_shstrndx >= headers.size()) return false;
  const std::uint64_t names = headers[file.e_shstrndx].sh_offset;
  return std::ranges::any_of(headers, [&](const Elf64_Shdr &header) {
    return names < bytes.size() && header.sh_name < bytes.size() - names &&
           bytes.substr(names + header.sh_name).starts_with(kWanted);
  });
}

DebugObject::DebugObject(const ObjectFile &object, const std::vector<Place> &places)
    : bytes_(object.bytes.begin(), object.bytes.end()), entry_(std::make_unique<jit_code_entry>()) {
  std::vector<Elf64_Shdr> headers = headers_of(bytes_);
  for (Elf64_Shdr &header : headers) {
    const auto place = std::ranges::find(places, header.sh_offset, &Place::offset);
    if ((header.sh_flags & llvm::ELF::SHF_ALLOC) == 0 || header.sh_size == 0 || header.sh_type == llvm::ELF::SHT_NOBITS ||
        place == places.end())
      continue;
    header.sh_addr = place->address;
  }
  Elf64_Ehdr file;
  std::memcpy(&file, bytes_.data(), sizeof file); // has_debug_information() read it before
  std::memcpy(bytes_.data() + file.e_shoff, headers.data(), headers.size() * sizeof(Elf64_Shdr));
  const MutexLock lock(mutex);
  *entry_ = {__jit_debug_descriptor.first_entry, nullptr, bytes_.data(), bytes_.size()};
  if (entry_->next_entry != nullptr) entry_->next_entry->prev_entry = entry_.get();
  __jit_debug_descriptor.first_entry = entry_.get();
  tell_debugger(*entry_, JIT_REGISTER_FN);
}

DebugObject::~DebugObject() {
  const MutexLock lock(mutex);
  (entry_->prev_entry != nullptr ? entry_->prev_entry->next_entry : __jit_debug_descriptor.first_entry) = entry_->next_entry;
  if (entry_->next_entry != nullptr) entry_->next_entry->prev_entry = entry_->prev_entry;
  tell_debugger(*entry_, JIT_UNREGISTER_FN);
}

void DebugRecorder::note(const std::vector<ObjectFile> &objects, llvm::jitlink::LinkGraph &graph) {
  for (const ObjectFile &object : objects)
    if (has_debug_information(object)) objects_.push_back(&object);
  if (objects_.empty()) return;
  for (const llvm::jitlink::Block *block : graph.blocks()) {
    if (block->isZeroFill() || block->getSize() == 0) continue;
    const char *begin = block->getContent().data();
    for (const ObjectFile *object : objects_)
      if (begin >= object->bytes.data() && begin < object->bytes.data() + object->bytes.size())
        blocks_.push_back({object, static_cast<std::uint64_t>(begin - object->bytes.data()), block});
  }
}

std::vector<std::unique_ptr<DebugObject>> DebugRecorder::objects(llvm::jitlink::LinkGraph &graph) const {
  if (objects_.empty()) return {};
  const llvm::DenseSet<const llvm::jitlink::Block *> live_blocks(graph.blocks().begin(), graph.blocks().end());
  std::vector<std::unique_ptr<DebugObject>> result;
  for (const ObjectFile *object : objects_) {
    std::vector<DebugObject::Place> places;
    for (const Noted &noted : blocks_)
      if (noted.object == object && live_blocks.contains(noted.block))
        places.push_back({noted.offset, noted.block->getAddress().getValue()});
    result.push_back(std::make_unique<DebugObject>(*object, places));
  }
  return result;
}

std::vector<CodeLine> lines_at(std::uintptr_t address) {
  const MutexLock lock(mutex);
  for (const jit_code_entry *entry = __jit_debug_descriptor.first_entry; entry != nullptr; entry = entry->next_entry)
    if (const Reader reader = open_reader(*entry); reader.object != nullptr)
      if (std::vector<CodeLine> lines = lines_in(reader, address); !lines.empty()) return lines;
  return {};
}

std::vector<std::vector<CodeLine>> lines_between(const std::vector<CodeRange> &ranges) {
  std::vector<std::vector<CodeLine>> lines(ranges.size());
  const MutexLock lock(mutex);
  for (const jit_code_entry *entry = __jit_debug_descriptor.first_entry; entry != nullptr; entry = entry->next_entry)
    if (const Reader reader = open_reader(*entry); reader.object != nullptr) {
      const auto ends = ends_of_functions(*reader.object);
      for (std::size_t i = 0; i < ranges.size(); ++i) add_lines(reader, ends, ranges[i], lines[i]);
    }
  return lines;
}

} // namespace graft::jit
