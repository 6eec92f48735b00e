// Rationale: sanitized code is linked into the child as any bundle's, with the sanitizer's runtime loaded before everything
// else, so that a bundle is tested behind its thunks and beside graft's services as it runs. A program of its own, built by
// a spawned compiler, would test another thing.
#include "test_build.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

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

LineCoverage::LineCoverage(const Bound<graft_tests> &tests) {
  blocks_.struct_size = sizeof blocks_;
  tests->coverage(&blocks_);
  const auto begin_of = [&](std::size_t block) { return blocks_.blocks[2 * block]; };
  std::vector<std::size_t> order(blocks_.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, begin_of);
  std::vector<CodeRange> ranges;
  for (std::size_t i = 0; i < order.size(); ++i)
    ranges.push_back({begin_of(order[i]), i + 1 < order.size() ? begin_of(order[i + 1]) : UINTPTR_MAX});
  const auto places = lines_between(ranges);
  lines_.resize(blocks_.count);
  told_blocks_.resize(blocks_.count);
  for (std::size_t i = 0; i < places.size(); ++i)
    for (const CodePlace &place : places[i]) lines_[order[i]].emplace_back(place.file, place.line);
}

Json LineCoverage::news() {
  Json files = Json::object();
  for (std::size_t block = 0; block < lines_.size(); ++block) {
    const bool ran = blocks_.ran[block] != 0;
    if (!is_first_ && (!ran || told_blocks_[block])) continue;
    told_blocks_[block] = ran;
    for (const Line &line : lines_[block]) {
      if (ran && !told_lines_.insert(line).second) continue;
      Json &count = files[line.first][std::to_string(line.second)];
      count = ran || (!count.is_null() && count == 1) ? 1 : 0;
    }
  }
  is_first_ = false;
  return files;
}

} // namespace graft::tool
