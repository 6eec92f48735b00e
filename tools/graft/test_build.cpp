// Rationale: sanitized code is linked into the child as any bundle's, with the sanitizer's runtime loaded before everything
// else, so that a bundle is tested behind its thunks and beside graft's services as it runs. A program of its own, built by
// a spawned compiler, would test another thing.
#include "test_build.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace graft::tool {
namespace {

bool has(const std::vector<std::string> &words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Beside Clang's own headers.
std::string runtime_folder() {
  for (const Requirement &each : requirements())
    if (const std::size_t at = each.found.rfind("/include"); each.what.contains("resource") && at != std::string::npos)
      return each.found.substr(0, at) + "/lib/linux";
  return {};
}

} // namespace

TestBuild build_of(const TestRequest &request) {
  TestBuild build;
  if (!request.sanitizers.empty()) build.flags.push_back("-fno-omit-frame-pointer");
  if (has(request.sanitizers, "address")) build.flags.push_back("-fsanitize=address");
  // `vptr` and `function` compare with what the host's code does not have.
  if (has(request.sanitizers, "undefined"))
    build.flags.insert(build.flags.end(),
                       {"-fsanitize=undefined", "-fno-sanitize=vptr,function", "-fno-sanitize-recover=all"});
  if (request.coverage)
    build.flags.insert(build.flags.end(),
                       {"-DGRAFT_TEST_COVERAGE", "-fsanitize-coverage=bb,no-prune,inline-bool-flag,pc-table"});
  return build;
}

Result<std::vector<std::string>> environment_of(const TestRequest &request) {
  if (request.sanitizers.empty()) return std::vector<std::string>();
  // The runtime of `address` has that of `undefined` in it.
  const std::string name = fmt::format("{}/libclang_rt.{}-x86_64.so", runtime_folder(),
                                       has(request.sanitizers, "address") ? "asan" : "ubsan_standalone");
  if (std::error_code absent; !std::filesystem::exists(name, absent))
    return error(Code::kEnvironment, "there is no '" + name + "', which sanitized code needs; install libclang-rt-22-dev");
  // Signals are ours: we know the lines.
  constexpr const char *kOptions =
      "abort_on_error=1:halt_on_error=1:symbolize=0:detect_leaks=0:detect_odr_violation=0:handle_segv=0:"
      "handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0";
  return std::vector{"LD_PRELOAD=" + name, std::string("ASAN_OPTIONS=") + kOptions,
                     std::string("UBSAN_OPTIONS=") + kOptions};
}

Json covered_lines(const Bound<graft_tests> &tests) {
  graft_test_coverage coverage{.struct_size = sizeof coverage, .reserved = 0, .ran = nullptr, .blocks = nullptr, .count = 0};
  tests->coverage(&coverage);
  struct Block {
    std::uintptr_t begin;
    bool ran;
  };
  std::vector<Block> blocks;
  for (std::uint64_t i = 0; i < coverage.count; ++i) blocks.push_back({coverage.blocks[2 * i], coverage.ran[i] != 0});
  std::ranges::sort(blocks, {}, &Block::begin);
  std::vector<CodeRange> ranges;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    ranges.push_back({blocks[i].begin, i + 1 < blocks.size() ? blocks[i + 1].begin : UINTPTR_MAX});
  const auto lines = lines_between(ranges);
  Json files = Json::object();
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (const CodePlace &place : lines[i]) {
      Json &count = files[place.file][std::to_string(place.line)];
      count = std::max(count.is_null() ? 0u : count.get<unsigned>(), blocks[i].ran ? 1u : 0u);
    }
  return files;
}

} // namespace graft::tool
