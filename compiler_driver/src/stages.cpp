// See stages.hpp.
#include "stages.hpp"

#include <clang/AST/ASTConsumer.h>
#include <clang/Sema/Sema.h>
#include <clang/Sema/TemplateInstCallback.h>

namespace graft::driver {
namespace {

/// Nested instantiations are one: two looks at the clock each would be felt.
class InstantiationWatch : public clang::TemplateInstantiationCallback {
 public:
  explicit InstantiationWatch(StageClock &clock) : clock_(clock) {}

  void initialize(const clang::Sema &) override {}
  void finalize(const clang::Sema &) override {}
  void atTemplateBegin(const clang::Sema &, const clang::Sema::CodeSynthesisContext &) override {
    if (depth_++ == 0) clock_.enter(&CompileTimes::instantiate_ns);
  }
  void atTemplateEnd(const clang::Sema &, const clang::Sema::CodeSynthesisContext &) override {
    if (depth_ > 0 && --depth_ == 0) clock_.leave();
  }

 private:
  StageClock &clock_;
  unsigned depth_ = 0;
};

class BeforeLowering : public clang::ASTConsumer {
 public:
  explicit BeforeLowering(StageClock &clock) : clock_(clock) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef) override { return clock_.enter(&CompileTimes::lower_ns), true; }
  void HandleTranslationUnit(clang::ASTContext &) override { clock_.enter(&CompileTimes::lower_ns); }

 private:
  StageClock &clock_;
};

class AfterLowering : public clang::ASTConsumer {
 public:
  explicit AfterLowering(StageClock &clock) : clock_(clock) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef) override { return clock_.leave(), true; }
  void HandleTranslationUnit(clang::ASTContext &) override { clock_.leave(); }

 private:
  StageClock &clock_;
};

} // namespace

void StageClock::charge() {
  const auto now = std::chrono::steady_clock::now();
  if (!within_.empty())
    times_.*within_.back() +=
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count());
  last_ = now;
}

void StageClock::enter(std::uint64_t CompileTimes::*stage) {
  charge();
  within_.push_back(stage);
}

void StageClock::leave() {
  charge();
  if (!within_.empty()) within_.pop_back();
}

void watch_instantiations(clang::Sema &sema, StageClock &clock) {
  sema.TemplateInstCallbacks.push_back(std::make_unique<InstantiationWatch>(clock));
}

std::vector<std::unique_ptr<clang::ASTConsumer>> watched(std::unique_ptr<clang::ASTConsumer> generator, StageClock &clock) {
  std::vector<std::unique_ptr<clang::ASTConsumer>> three;
  three.push_back(std::make_unique<BeforeLowering>(clock));
  three.push_back(std::move(generator));
  three.push_back(std::make_unique<AfterLowering>(clock));
  return three;
}

} // namespace graft::driver
