// Every artifact that a shipped source yields goes through bytes and comes back the same.
#include "compile.hpp"
#include "matchers.hpp"

#include <graft/base/artifact_bytes.hpp>

#include <algorithm>
#include <filesystem>

namespace graft::test {
namespace {

bool is_source(const std::filesystem::path &path) {
  static const std::vector<std::string> kEndings = {".c", ".cpp", ".bc", ".ll"};
  return std::ranges::find(kEndings, path.extension().string()) != kEndings.end();
}

TEST(ArtifactBytes, BringBackWhatEveryShippedSourceYields) {
  const auto compiler = *Compiler::create();
  std::size_t compiled = 0;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(GRAFT_SOURCE_DIR "/plugins_src")) {
    if (!is_source(entry.path())) continue;
    Job job;
    job.bundle = entry.path().stem();
    job.sources.push_back({entry.path(), std::nullopt, driver::Language::kFromName});
    job.options.bitcode = driver::Bitcode::kKeep;
    job.options.kept = driver::Kept::kOutside;
    job.options.flags = {"-Wall", "-Wextra"};
    const auto artifact = compiler->compile(job);
    if (!artifact) continue; // some are there because they do not compile
    ++compiled;
    const std::vector<char> bytes = to_bytes(*artifact);
    const auto back = artifact_from_bytes(bytes);
    ASSERT_THAT(back, Succeeds()) << entry.path();
    EXPECT_EQ(to_bytes(*back), bytes) << entry.path();
    EXPECT_EQ((*back).objects.at(0).bytes, (*artifact).objects.at(0).bytes) << entry.path();
    EXPECT_EQ((*back).facts.headers.size(), (*artifact).facts.headers.size()) << entry.path();
  }
  EXPECT_GE(compiled, 15u);
}

} // namespace
} // namespace graft::test
