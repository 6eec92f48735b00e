// What the tests of this folder share: a source that is compiled again and again, and run.
#pragma once

#include <graft/driver/compiler.hpp>
#include <graft/jit/linker.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace graft::test {

/// One that may have so many compiles begun before their texts are known.
inline std::unique_ptr<driver::Compiler> compiler_that_begins(std::size_t begun) {
  driver::Config config;
  config.begun = begun;
  return *driver::Compiler::create(std::move(config));
}

/// One file, its compiler and its linker. `run` compiles, links, and calls `extern "C" int run(void)`.
class Edited {
 public:
  explicit Edited(std::string name = "edited.cpp") : name_(std::move(name)) {}

  driver::Job job(const std::string &text) const {
    driver::Job job;
    job.bundle = "edited";
    job.sources.push_back({name_, text});
    job.options.learn = driver::Learn::kYes;
    return job;
  }

  Result<Artifact> compile(const std::string &text) { return compiler->compile(job(text)); }

  int run(const Artifact &artifact) {
    jit::LinkOptions options;
    options.name = "edited";
    options.exports = {"run"};
    auto image = linker->link(artifact, options);
    EXPECT_TRUE(image) << image.error().text();
    if (!image) return -1;
    EXPECT_TRUE((*image)->run_initialisers());
    const int result = reinterpret_cast<int (*)()>(const_cast<void *>((*image)->address("run")))();
    (*image)->run_finalisers();
    return result;
  }

  int run(const std::string &text) {
    auto artifact = compile(text);
    EXPECT_TRUE(artifact) << artifact.error().text() << render(artifact.error().diagnostics);
    return artifact ? run(*artifact) : -1;
  }

  /// Compiles `text`, and waits until what it needs of its headers is learned.
  void learn(const std::string &text) {
    auto artifact = compile(text);
    EXPECT_TRUE(artifact) << artifact.error().text() << render(artifact.error().diagnostics);
    compiler->wait_for_preambles();
  }

  std::unique_ptr<driver::Compiler> compiler = compiler_that_begins(2);
  std::unique_ptr<jit::Linker> linker = *jit::Linker::create();

 private:
  std::string name_;
};

/// A vector is filled, and `body` does something with it.
inline std::string with_vector(const std::string &body, const std::string &before = {}) {
  return "#include <algorithm>\n#include <string>\n#include <vector>\n" + before +
         "\nextern \"C\" int run(void) {\n  std::vector<int> values = {3, 1, 2};\n  std::sort(values.begin(), "
         "values.end());\n  " +
         body + "\n}\n";
}

} // namespace graft::test
