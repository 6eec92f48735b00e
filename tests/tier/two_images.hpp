// A bundle's two images, made one after the other as a runtime makes them, without one.
#pragma once

#include "matchers.hpp"

#include <graft/driver/compiler.hpp>
#include <graft/jit/linker.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace graft::test {

/// Whether the first image is made of a text whose headers were learned before.
enum class Headers : std::uint8_t { kPlain, kLearned };

/// Owns a linker and the first image, whose initialisers have run.
class TwoImages {
 public:
  using Files = std::vector<std::pair<std::string, std::string>>;

  explicit TwoImages(Files files, std::vector<jit::Symbol> symbols = {}, Headers headers = Headers::kPlain)
      : files_(std::move(files)), headers_(headers) {
    options_.name = "tier";
    options_.symbols = std::move(symbols);
    options_.second = jit::Second::kPossible;
    if (headers == Headers::kLearned) {
      EXPECT_THAT(compile(files_, driver::Role::kFirst, 0), Succeeds());
      compiler_->wait_for_preambles();
    }
    auto artifact = compile(files_, driver::Role::kFirst, 0);
    EXPECT_THAT(artifact, Succeeds());
    if (!artifact) return;
    for (const char *name : {"ask", "tell", "other", "make"}) options_.exports.push_back(name);
    shares_ = !(*artifact).shared.empty();
    auto image = linker_->link(*artifact, options_);
    EXPECT_THAT(image, Succeeds());
    if (!image) return;
    image_ = *std::move(image);
    EXPECT_THAT(image_->run_initialisers(), Succeeds());
  }
  ~TwoImages() {
    if (image_ != nullptr) image_->run_finalisers();
  }

  Result<Artifact> compile(const Files &files, driver::Role role, unsigned optimise) const {
    driver::Job job;
    job.bundle = "tier";
    for (const auto &[name, text] : files) job.sources.push_back({name, text, driver::Language::kFromName});
    job.options.role = role;
    job.options.optimise = optimise;
    const bool is_second = role == driver::Role::kSecond;
    job.options.learn = headers_ == Headers::kLearned && !is_second ? driver::Learn::kYes : driver::Learn::kNo;
    job.options.preambles = is_second ? driver::Preambles::kIgnore : driver::Preambles::kUse;
    return compiler_->compile(job);
  }

  /// Compiles and links the second image and lets it take over.
  Result<void> tier_up() { return tier_up(files_); }
  /// The same with another text than the first image's.
  Result<void> tier_up(const Files &files) {
    GRAFT_TRY_ASSIGN(const Artifact artifact, compile(files, driver::Role::kSecond, 2));
    GRAFT_TRY_ASSIGN(std::unique_ptr<jit::Image> second, linker_->link_second(*image_, artifact, options_));
    return image_->take_over(std::move(second));
  }

  template <class Type>
  Type *function(const char *name) const {
    return reinterpret_cast<Type *>(const_cast<void *>(image_->address(name)));
  }
  /// The same where the table of a contract would have it.
  template <class Type>
  Type *newest(const char *name) const {
    return reinterpret_cast<Type *>(const_cast<void *>(image_->newest(image_->address(name))));
  }
  jit::Image &image() { return *image_; }
  /// Whether the first image calls code that it shares with others, or has a copy of.
  bool shares() const { return shares_; }

 private:
  Files files_;
  Headers headers_;
  bool shares_ = false;
  std::unique_ptr<driver::Compiler> compiler_ = *driver::Compiler::create();
  std::unique_ptr<jit::Linker> linker_ = *jit::Linker::create();
  jit::LinkOptions options_;
  std::unique_ptr<jit::Image> image_;
};

} // namespace graft::test
