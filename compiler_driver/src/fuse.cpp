// See graft/driver/fuse.hpp. The text is compiled to bitcode, the members' bitcode is linked under it, and the whole goes
// through the compiler as any bitcode does.
#include "bitcode.hpp"
#include "fused_member.hpp"
#include "recovery.hpp"

#include <graft/driver/fuse.hpp>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <utility>

namespace graft::driver {
namespace {

constexpr unsigned kOptimise = 2; // as the members were
constexpr const char *kUnchecked = "-fno-split-stack";

Job job_of(const FuseJob &job, Source source) {
  Job one;
  one.bundle = job.name;
  one.sources.push_back(std::move(source));
  one.options.optimise = kOptimise;
  one.options.preambles = Preambles::kIgnore;
  one.cancelled = job.cancelled;
  return one;
}

/// Answers what the text asks about a member.
void answer(llvm::Module &whole, std::size_t index, Brief brief) {
  llvm::Function *asked = whole.getFunction("graft_is_brief_" + std::to_string(index));
  if (asked == nullptr) return;
  asked->setLinkage(llvm::GlobalValue::InternalLinkage);
  asked->setDSOLocal(true);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(whole.getContext(), "", asked));
  builder.CreateRet(llvm::ConstantInt::get(asked->getReturnType(), brief == Brief::kYes ? 1 : 0));
}

Result<std::vector<char>> link_members(const FuseJob &job, const std::vector<char> &text, std::vector<Brief> &briefs) {
  llvm::LLVMContext context;
  BitcodeLinker linker(context, job.name);
  GRAFT_TRY_ASSIGN(std::unique_ptr<llvm::Module> caller, linker.read(text, job.name));
  GRAFT_TRY(linker.add(std::move(caller), job.name));
  for (std::size_t index = 0; index < job.members.size(); ++index) {
    const FuseMember &member = job.members[index];
    const std::string function = "graft_member_" + std::to_string(index);
    GRAFT_TRY_ASSIGN(std::unique_ptr<llvm::Module> module, linker.read(*member.bitcode, member.bundle));
    if (const std::string obstacle = make_member(*module, index, member.entry, function); !obstacle.empty())
      return error(Code::kUnsupported, "bundle '" + member.bundle + "' cannot be fused: " + obstacle);
    briefs.push_back(is_brief(*module->getFunction(function)) ? Brief::kYes : Brief::kNo);
    GRAFT_TRY(linker.add(std::move(module), member.bundle));
    answer(linker.whole(), index, briefs.back());
  }
  for (llvm::Function &function : linker.whole())
    if (!function.isDeclaration() && function.getName() != job.exported)
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
  std::vector<char> bytes;
  write_bitcode(linker.whole(), bytes);
  return bytes;
}

} // namespace

Result<Fused> fuse(const Compiler &compiler, const FuseJob &job) {
  Job text = job_of(job, {"chain.c", job.text, Language::kC});
  text.options.bitcode = Bitcode::kKeep;
  // What it calls by one type is of another to each member. It ends no caller of its own: the members ask for themselves.
  text.options.flags = {"-fno-strict-aliasing", kUnchecked};
  GRAFT_TRY_ASSIGN(const Artifact caller, compiler.compile(text));
  Fused fused;
  Result<std::vector<char>> linked = std::vector<char>();
  GRAFT_TRY(run_guarded([&] { linked = link_members(job, caller.bitcode, fused.members); }));
  if (!linked) return std::move(linked).error();
  Job whole = job_of(job, {"chain.bc", std::string(linked->begin(), linked->end()), Language::kBitcode});
  whole.options.flags = {kUnchecked};
  GRAFT_TRY_ASSIGN(fused.artifact, compiler.compile(whole));
  return fused;
}

} // namespace graft::driver
