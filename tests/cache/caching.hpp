// A compiler with a cache of its own, and a bundle in a folder of its own.
#pragma once

#include "matchers.hpp"
#include "temp_folder.hpp"

#include <graft/base/artifact_bytes.hpp>
#include <graft/driver/compiler.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace graft::test {

/// What a cache had to say. Threads: any.
class Said {
 public:
  std::function<void(std::string_view)> tell() {
    return [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Each compile is one of a process of its own: a new compiler, whose stores are done before the next.
class Caching : public testing::Test {
 protected:
  driver::Job job(const std::string &text, const std::string &name = "main.c") {
    driver::Job job;
    job.bundle = "bundle";
    job.sources.push_back({name, text, driver::Language::kFromName});
    job.options.working_directory = sources.path();
    job.options.include_dirs = {sources / "first", sources / "second"};
    return job;
  }
  Result<Artifact> compile(const driver::Job &job) { return compile(job, config); }
  Result<Artifact> compile(const driver::Job &job, const CacheConfig &cache) {
    auto compiler = driver::Compiler::create({.cache = cache, .tell = said.tell()});
    if (!compiler) return std::move(compiler).error();
    return compiler->compile(job);
  }
  /// Where it came from. A compile that fails fails the test.
  Origin origin(const driver::Job &job) {
    const auto artifact = compile(job);
    EXPECT_THAT(artifact, Succeeds());
    return artifact ? (*artifact).origin : Origin::kCompiled;
  }
  Origin origin(const std::string &text, const std::string &name = "main.c") { return origin(job(text, name)); }

  /// A file that was left alone for long: as most headers are when they are compiled.
  std::string write_old(const std::string &name, const std::string &text) {
    const std::string path = sources.write(name, text);
    const timespec long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ::utimensat(AT_FDCWD, path.c_str(), long_ago, 0);
    return path;
  }

  std::vector<std::filesystem::path> entries() const {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto &file : std::filesystem::recursive_directory_iterator(folder / "cache/1", none))
      if (file.path().extension() == ".artifact" || file.path().extension() == ".record") files.push_back(file.path());
    return files;
  }

  const TempFolder folder;
  const TempFolder sources;
  CacheConfig config{.folder = folder / "cache"};
  Said said;
};

} // namespace graft::test
