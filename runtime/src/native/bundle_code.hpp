// A bundle of files that graft itself takes: sources and bitcode are compiled, machine code is read; then all is linked by
// our own linker, or, a shared object, opened.
#pragma once

#include "../bundle/bundle_text.hpp"
#include "image_maker.hpp"

#include <graft/driver/worker.hpp>

#include <functional>

namespace graft {

/// What compiles a job: a Compiler, or a Worker.
using Compile = std::function<Result<Artifact>(const driver::Job &job)>;

/// As `compile`, with the machine code among the text's files. `job` is of the same text.
Result<Artifact> compile_bundle(const Compile &compile, const BundleText &text, const driver::Job &job);

/// As Linker::link. For a provider in machine code, `address(table_symbol)` is a table of thunks; they return a status where
/// a declaration among the facts says so.
Result<std::unique_ptr<jit::Image>> link_bundle(jit::Linker &linker, const Artifact &artifact,
                                                const jit::LinkOptions &options);

/// Borrows all that it is made of.
class CodeMaker : public ImageMaker {
 public:
  CodeMaker(const Config &config, const driver::Compiler &compiler, jit::Linker &linker)
      : config_(config), compiler_(compiler),
        worker_(driver::Worker::create(config.worker_program, {config.compile_threads})), linker_(linker) {}

  Result<Artifact> read(const BundleText &text, const TellCompiled &tell) const override;
  Result<std::unique_ptr<jit::Image>> link(const Artifact &artifact, const jit::LinkOptions &options) const override {
    return link_bundle(linker_, artifact, options);
  }

 private:
  const Config &config_;
  const driver::Compiler &compiler_;
  const Result<std::unique_ptr<driver::Worker>>
      worker_; ///< starts nothing before it is asked; not there, an error for who needs it
  jit::Linker &linker_;
};

} // namespace graft
