// Does emission end early when nobody waits for the code, at every level and in both languages, and change nothing otherwise?
#include "emission_stop.hpp"
#include "initialise_target.hpp"

#include <gtest/gtest.h>

#include <llvm/ADT/SmallVector.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <optional>
#include <string>

namespace graft::test {
namespace {

constexpr const char *kTriple = "x86_64-pc-linux-gnu";

/// A pipeline, the module that it emits and what it emits it to.
class Emission {
 public:
  Emission(llvm::CodeGenOptLevel level, llvm::ExceptionHandling exceptions) {
    driver::initialise_target();
    llvm::TargetOptions options;
    options.ExceptionModel = exceptions;
    const llvm::Triple triple(kTriple);
    std::string why;
    const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, why);
    machine_.reset(target->createTargetMachine(triple, "", "", options, llvm::Reloc::PIC_, std::nullopt, level));
    EXPECT_FALSE(machine_->addPassesToEmitFile(passes_, stream_, nullptr, llvm::CodeGenFileType::ObjectFile));
  }

  std::string run() {
    llvm::LLVMContext context;
    llvm::SMDiagnostic wrong;
    const auto module = llvm::parseAssemblyString("target triple = \"" + std::string(kTriple) + "\"\n" + kText, wrong, context);
    EXPECT_TRUE(module) << wrong.getMessage().str();
    module->setDataLayout(machine_->createDataLayout());
    bytes_.clear();
    passes_.run(*module);
    return {bytes_.begin(), bytes_.end()};
  }

 private:
  static constexpr const char *kText = R"(
declare i32 @__gxx_personality_v0(...)
declare void @called(i32)
define i32 @sum(ptr %at, i32 %count) {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %sum = phi i32 [ 0, %entry ], [ %more, %loop ]
  %place = getelementptr i32, ptr %at, i32 %i
  %value = load i32, ptr %place
  %more = add i32 %sum, %value
  %next = add i32 %i, 1
  %is_last = icmp eq i32 %next, %count
  br i1 %is_last, label %end, label %loop
end:
  ret i32 %more
}
define void @calls(i32 %n) personality ptr @__gxx_personality_v0 {
  invoke void @called(i32 %n) to label %end unwind label %pad
pad:
  %caught = landingpad { ptr, i32 } cleanup
  resume { ptr, i32 } %caught
end:
  ret void
}
)";

  std::unique_ptr<llvm::TargetMachine> machine_;
  llvm::SmallVector<char, 0> bytes_;
  llvm::raw_svector_ostream stream_{bytes_};
  llvm::legacy::PassManager passes_;
};

using Setting = std::tuple<llvm::CodeGenOptLevel, llvm::ExceptionHandling>;
class EmissionStop : public testing::TestWithParam<Setting> {
 protected:
  Emission make() const { return {std::get<0>(GetParam()), std::get<1>(GetParam())}; }
  std::atomic<bool> cancelled_ = false;
};

TEST_P(EmissionStop, LeavesWhatIsWantedAsItIs) {
  const std::string plain = make().run();
  ASSERT_NE(plain.find("called"), std::string::npos);
  const driver::EmissionStop stop(&cancelled_);
  EXPECT_EQ(make().run(), plain);
}

TEST_P(EmissionStop, EmitsNothingOfWhatIsNotWanted) {
  const driver::EmissionStop stop(&cancelled_);
  cancelled_ = true;
  EXPECT_EQ(make().run().find("called"), std::string::npos); // an undefined symbol, while anything calls it
}

TEST_P(EmissionStop, APipelineThatRunsAgainAsksAgain) {
  std::optional<driver::EmissionStop> stop(std::in_place, &cancelled_);
  Emission emission = make();
  cancelled_ = true;
  const std::string empty = emission.run();
  stop.reset();
  const std::string full = emission.run();
  EXPECT_LT(empty.size(), full.size());
  EXPECT_EQ(full, make().run());
}

INSTANTIATE_TEST_SUITE_P(Levels, EmissionStop,
                         testing::Combine(testing::Values(llvm::CodeGenOptLevel::None, llvm::CodeGenOptLevel::Default,
                                                          llvm::CodeGenOptLevel::Aggressive),
                                          testing::Values(llvm::ExceptionHandling::None, llvm::ExceptionHandling::DwarfCFI)));

} // namespace
} // namespace graft::test
