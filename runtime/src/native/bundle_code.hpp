// A bundle of files that graft itself takes: sources and bitcode are compiled, machine code is read; then all is linked by
// our own linker, or, a shared object, opened.
#pragma once

#include "../bundle/bundle_text.hpp"
#include "image_maker.hpp"

namespace graft {

/// As Compiler::compile, with the machine code among the text's files. `job` is of the same text.
Result<Artifact> compile_bundle(const driver::Compiler &compiler, const BundleText &text, const driver::Job &job);

/// As Linker::link. For a provider in machine code, `address(table_symbol)` is a table of thunks; they return a status where
/// a declaration among the facts says so.
Result<std::unique_ptr<jit::Image>> link_bundle(jit::Linker &linker, const Artifact &artifact,
                                                const jit::LinkOptions &options);

/// Borrows all that it is made of.
class CodeMaker : public ImageMaker {
 public:
  CodeMaker(const Config &config, const driver::Compiler &compiler, jit::Linker &linker)
      : config_(config), compiler_(compiler), linker_(linker) {}

  Result<Artifact> read(const BundleText &text) const override { return compile_bundle(compiler_, text, job_of(text)); }
  Result<std::unique_ptr<jit::Image>> link(const Artifact &artifact, const jit::LinkOptions &options) const override {
    return link_bundle(linker_, artifact, options);
  }
  /// The compile that the configuration and the bundle's manifest ask for; a second image may follow where its role says so.
  driver::Job job_of(const BundleText &text) const;
  /// How good that makes its code (BundleInfo::tier).
  const char *tier_of(const BundleText &text) const;

 private:
  const Config &config_;
  const driver::Compiler &compiler_;
  jit::Linker &linker_;
};

} // namespace graft
