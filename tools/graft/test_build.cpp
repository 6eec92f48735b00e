// Rationale: sanitized code is linked into the child as any bundle's, with the sanitizer's runtime loaded before everything
// else, so that a bundle is tested behind its thunks and beside graft's services as it runs. A program of its own, built by
// a spawned compiler, would test another thing.
#include "test_build.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

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
                       {"-DGRAFT_TEST_COVERAGE", "-fsanitize-coverage=bb,no-prune,trace-pc-guard,pc-table"});
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
  table_.struct_size = sizeof table_;
  tests->coverage(&table_);
  for (std::uint64_t i = 0; i < table_.block_count; ++i)
    blocks_.push_back({.begin = table_.blocks[2 * i], .is_entry = (table_.blocks[2 * i + 1] & 1) != 0});
  std::ranges::sort(blocks_, {}, &Block::begin);
  std::vector<CodeRange> ranges;
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    ranges.push_back({blocks_[i].begin, i + 1 < blocks_.size() ? blocks_[i + 1].begin : UINTPTR_MAX});
  const auto places = lines_between(ranges);

  std::map<Line, std::size_t> known;
  const auto number_of = [&](Line line) {
    const auto [entry, is_new] = known.try_emplace(line, lines_.size());
    if (is_new) lines_.push_back(std::move(line));
    return entry->second;
  };
  std::size_t function = 0, place = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    for (const CodePlace &line : places[i]) blocks_[i].lines.push_back(number_of({line.file, line.line}));
    if (blocks_[i].is_entry) {
      ++function;
      place = blocks_[i].lines.empty() ? SIZE_MAX - function : blocks_[i].lines.front();
    }
    blocks_[i].function = function, blocks_[i].place = place;
  }
  for (std::uint64_t i = 0; i < table_.uncalled_count; ++i)
    number_of({table_.uncalled[i].file, static_cast<std::uint32_t>(table_.uncalled[i].line)});
  told_.resize(lines_.size());
}

std::vector<std::uint64_t> LineCoverage::count_blocks() const {
  std::vector<std::uint64_t> counts(blocks_.size());
  for (std::uint64_t i = 0; i < table_.count; ++i) {
    const std::uintptr_t at = __atomic_load_n(&table_.counts[i].counted_at, __ATOMIC_RELAXED);
    const auto behind = std::ranges::lower_bound(blocks_, at, {}, &Block::begin); // a call lies before where it returns to
    if (at != 0 && behind != blocks_.begin())
      counts[static_cast<std::size_t>(behind - blocks_.begin()) - 1] +=
          __atomic_load_n(&table_.counts[i].count, __ATOMIC_RELAXED);
  }
  return counts;
}

std::vector<std::uint64_t> LineCoverage::count_lines() const {
  const std::vector<std::uint64_t> counted = count_blocks();
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> of_places; // by line and place
  std::map<std::size_t, std::uint64_t> of_function;                       // by line
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    for (const std::size_t line : blocks_[i].lines) of_function[line] = std::max(of_function[line], counted[i]);
    if (i + 1 < blocks_.size() && blocks_[i + 1].function == blocks_[i].function) continue;
    for (const auto &[line, most] : of_function) of_places[{line, blocks_[i].place}] += most;
    of_function.clear();
  }
  std::vector<std::uint64_t> counts(lines_.size());
  for (const auto &[key, sum] : of_places) counts[key.first] = std::max(counts[key.first], sum);
  return counts;
}

Json LineCoverage::news() {
  Json files = Json::object();
  const std::vector<std::uint64_t> counts = count_lines();
  for (std::size_t line = 0; line < lines_.size(); ++line)
    if (is_first_ || counts[line] > told_[line])
      files[lines_[line].first][std::to_string(lines_[line].second)] = counts[line] - told_[line];
  told_ = counts;
  is_first_ = false;
  return files;
}

} // namespace graft::tool
