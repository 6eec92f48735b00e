// What a front end's time goes into, for who asks: opening precompiled headers, instantiating, lowering to IR. Whoever does
// not ask pays nothing: nobody listens to Clang then.
#pragma once

#include <graft/base/artifact.hpp>

#include <chrono>
#include <memory>
#include <vector>

namespace clang {
class ASTConsumer;
class Sema;
} // namespace clang

namespace graft::driver {

/// Stages nest: an instantiation lowers, and lowering is no part of it then. Time goes to the innermost.
class StageClock {
 public:
  explicit StageClock(CompileTimes &times) : times_(times) {}

  void enter(std::uint64_t CompileTimes::*stage);
  void leave();

 private:
  void charge();

  CompileTimes &times_;
  std::vector<std::uint64_t CompileTimes::*> within_;
  std::chrono::steady_clock::time_point last_{};
};

/// Has `clock` told when `sema` instantiates. Borrows both for as long as `sema` lives.
void watch_instantiations(clang::Sema &sema, StageClock &clock);

/// `generator` between two consumers that tell `clock` when it works.
std::vector<std::unique_ptr<clang::ASTConsumer>> watched(std::unique_ptr<clang::ASTConsumer> generator, StageClock &clock);

} // namespace graft::driver
