// A bundle of files that graft itself takes: sources and bitcode are compiled, machine code is read; then all is linked by
// our own linker, or, a shared object, opened.
#pragma once

#include "../bundle/bundle_text.hpp"
#include "image_maker.hpp"

#include <graft/driver/worker.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace graft {

/// What compiles a job: a Compiler, or a Worker.
using Compile = std::function<Result<Artifact>(const driver::Job &job)>;

/// As `compile`, with the machine code among the text's files. `job` is of the same text.
Result<Artifact> compile_bundle(const Compile &compile, const BundleText &text, const driver::Job &job);

/// The imports of what `job` compiles with their places, by a compile that looks for them (driver::Need::kPlaces).
Result<std::vector<Import>> find_import_places(const Compile &compile, driver::Job job);

/// As Linker::link. For a provider in machine code, `address(table_symbol)` is a table of thunks; they return a status where
/// a declaration among the facts says so.
Result<std::unique_ptr<jit::Image>> link_bundle(jit::Linker &linker, const Artifact &artifact,
                                                const jit::LinkOptions &options);

/// Whether a bundle is compiled in this process or in the worker's.
enum class Where : std::uint8_t { kHere, kApart };

/// What a second image is compiled from: the texts of the first, and what that read besides.
struct SecondText {
  driver::Job job;
  Where where = Where::kHere;
  ContentKey headers; ///< `key_of_headers`
};

/// Over path and content of each, in whatever order they were read: that depends on what came precompiled.
ContentKey key_of_headers(const std::vector<HeaderFacts> &headers);

/// Borrows all that it is made of.
class CodeMaker : public ImageMaker {
 public:
  CodeMaker(const Config &config, const driver::Compiler &compiler, jit::Linker &linker)
      : config_(config), compiler_(compiler),
        worker_(driver::Worker::create(config.worker_program,
                                       {.threads = config.compile_threads, .compile_bytes = config.compile_bytes})),
        linker_(linker) {}

  Result<Artifact> read(const BundleText &text, const TellCompiled &tell) const override;
  Result<std::vector<Import>> find_places(const BundleText &text) const override;
  /// Placed, when an earlier process linked it; that is kept when a bundle comes from the cache, so that no save pays for it.
  Result<std::unique_ptr<jit::Image>> link(const Artifact &artifact, const jit::LinkOptions &options) const override;
  /// The compile that the configuration and the bundle's manifest ask for; a second image may follow where its role says so.
  driver::Job job_of(const BundleText &text) const;
  /// How good that makes its code (BundleInfo::tier).
  const char *tier_of(const BundleText &text) const;
  /// What its second image is compiled from, once the first came to `artifact`; null when there is to be none. Shared as in
  /// Bundle.
  std::shared_ptr<const SecondText> second_of(const BundleText &text, const Artifact &artifact) const;
  Result<Artifact> compile(const driver::Job &job, Where where, const TellCompiled &tell = {}) const;

 private:
  TierUp way_of(const BundleText &text) const;
  bool may_tier_up(const BundleText &text) const;
  Where where_of(const BundleText &text) const;

  const Config &config_;
  const driver::Compiler &compiler_;
  const Result<std::unique_ptr<driver::Worker>>
      worker_; ///< starts nothing before it is asked; not there, an error for who needs it
  jit::Linker &linker_;
};

} // namespace graft
