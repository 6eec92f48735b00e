// Machine code by hand: put the image's handle into the register where our function expects it, and jump there.
#include "stubs.hpp"

#include <llvm/ExecutionEngine/JITLink/x86_64.h>

#include <cstring>

namespace graft::jit {
namespace {

using llvm::jitlink::Linkage;
using llvm::jitlink::Scope;
using llvm::jitlink::Section;
using GraphSymbol = llvm::jitlink::Symbol;
namespace x86_64 = llvm::jitlink::x86_64;

LLVM_ENABLE_BITMASK_ENUMS_IN_NAMESPACE();

struct Stub {
  const char *name;
  const char *target;
  char code[16];
  std::uint8_t code_bytes;
  std::uint8_t handle_at;       ///< offset of the displacement to `__dso_handle`
  std::uint8_t jump_at;         ///< offset of the displacement to the target
  bool is_programs_own = false; ///< a program has the C library's
};

constexpr Stub kStubs[] = {
    // lea __dso_handle(%rip), %rdx; xor %esi, %esi; jmp: (function, null, handle)
    {"atexit", "__cxa_atexit", {0x48, '\x8d', 0x15, 0, 0, 0, 0, 0x31, '\xf6', '\xe9'}, 14, 3, 10},
    // lea __dso_handle(%rip), %rsi; jmp: (function, handle)
    {"at_quick_exit", "__cxa_at_quick_exit", {0x48, '\x8d', 0x35, 0, 0, 0, 0, '\xe9'}, 12, 3, 8},
    // lea __dso_handle(%rip), %rsi; jmp: (status, handle)
    {"quick_exit", "graft.quick_exit", {0x48, '\x8d', 0x35, 0, 0, 0, 0, '\xe9'}, 12, 3, 8},
    // lea __dso_handle(%rip), %rsi; jmp: (control object, handle)
    {"__emutls_get_address", "graft.emutls", {0x48, '\x8d', 0x35, 0, 0, 0, 0, '\xe9'}, 12, 3, 8},
    // lea __dso_handle(%rip), %rcx; jmp: (prepare, parent, child, handle)
    // lea __dso_handle(%rip), %rdi; jmp: (handle)
    {"_ZSt9terminatev", "graft.terminate", {0x48, '\x8d', 0x3d, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    // What starts something that would outlive the image: (its arguments, handle), in %rsi, %rdx, %rcx or %r8.
    {"pthread_create", "graft.pthread_create", {0x4c, '\x8d', 0x05, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"thrd_create", "graft.thrd_create", {0x48, '\x8d', 0x0d, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE",
     "graft.std_thread",
     {0x48, '\x8d', 0x0d, 0, 0, 0, 0, '\xe9'},
     12,
     3,
     8,
     true},
    {"timer_create", "graft.timer_create", {0x48, '\x8d', 0x0d, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"timer_delete", "graft.timer_delete", {0x48, '\x8d', 0x35, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"pthread_key_create", "graft.key_create", {0x48, '\x8d', 0x15, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"tss_create", "graft.key_create", {0x48, '\x8d', 0x15, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"pthread_key_delete", "graft.key_delete", {0x48, '\x8d', 0x35, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"tss_delete", "graft.key_delete", {0x48, '\x8d', 0x35, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"on_exit", "graft.on_exit", {0x48, '\x8d', 0x15, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    // What would keep memory of the image.
    {"putenv", "graft.putenv", {0x48, '\x8d', 0x35, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"setbuf", "graft.setbuf", {0x48, '\x8d', 0x15, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"setbuffer", "graft.setbuffer", {0x48, '\x8d', 0x0d, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"setvbuf", "graft.setvbuf", {0x4c, '\x8d', 0x05, 0, 0, 0, 0, '\xe9'}, 12, 3, 8, true},
    {"pthread_atfork", "__register_atfork", {0x48, '\x8d', 0x0d, 0, 0, 0, 0, '\xe9'}, 12, 3, 8},
};

GraphSymbol &add_handle(GraphMerger &merger, ImageState &image) {
  auto &graph = merger.graph();
  Section &section = graph.createSection("graft.image", llvm::orc::MemProt::Read);
  const ImageState *address = &image;
  auto &block = graph.createMutableContentBlock(section, sizeof(address), llvm::orc::ExecutorAddr(), /*Alignment=*/8,
                                                /*AlignmentOffset=*/0);
  std::memcpy(block.getAlreadyMutableContent().data(), &address, sizeof(address));
  GraphSymbol &handle = graph.addDefinedSymbol(block, 0, kImageSymbol, sizeof(address), Linkage::Strong, Scope::Local,
                                               /*IsCallable=*/false, /*IsLive=*/true);
  merger.define(kImageSymbol, handle);
  return handle;
}

} // namespace

GraphSymbol &add_stubs(GraphMerger &merger, OutsideSymbols &outside, ImageState &image) {
  GraphSymbol &handle = add_handle(merger, image);
  auto &graph = merger.graph();
  Section *section = nullptr;
  for (const Stub &stub : kStubs) {
    if (stub.is_programs_own && image.ending == Ending::kProcess) continue;
    if (!merger.uses(stub.name) || merger.defines(stub.name) || outside.is_given(stub.name)) continue;
    ignore(outside.find(stub.name), "asked so that the look is noted: whoever places this image asks again");
    if (!outside.may_bind(stub.name)) { // stays undefined, and is refused where all such are
      outside.deny(stub.name);
      continue;
    }
    if (section == nullptr) {
      section = &graph.createSection("graft.stubs", llvm::orc::MemProt::Read | llvm::orc::MemProt::Exec);
    }
    const auto code = graph.allocateContent(llvm::ArrayRef<char>(stub.code, stub.code_bytes));
    auto &block = graph.createMutableContentBlock(*section, code, llvm::orc::ExecutorAddr(), /*Alignment=*/16,
                                                  /*AlignmentOffset=*/0);
    block.addEdge(x86_64::Delta32, stub.handle_at, handle, -4);
    block.addEdge(x86_64::BranchPCRel32, stub.jump_at, merger.symbol(stub.target), 0);
    merger.define(stub.name, graph.addDefinedSymbol(block, 0, stub.name, stub.code_bytes, Linkage::Strong, Scope::Local,
                                                    /*IsCallable=*/true, /*IsLive=*/false));
    if (stub.target == std::string_view("__register_atfork")) image.has_fork_handlers = true;
  }
  return handle;
}

} // namespace graft::jit
