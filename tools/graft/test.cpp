// `graft test`: runs the tests that authors wrote beside their plugins, in processes of their own.
#include "cache_option.hpp"
#include "json.hpp"
#include "output.hpp"
#include "stop_signal.hpp"
#include "test_junit.hpp"
#include "test_report.hpp"
#include "test_runner.hpp"
#include "test_watch.hpp"
#include "usage.hpp"

#include <graft/testing.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <thread>

namespace graft::tool {
namespace {

struct TestOptions {
  std::vector<std::string> paths;
  TestRequest request; ///< what all children have in common
  unsigned jobs = std::max(std::thread::hardware_concurrency(), 1u);
  double timeout_s = 60;
  FailFast fail_fast = FailFast::kNo;
  bool shuffle = false;
  bool list = false;
  bool watch = false;
  bool lines = false;
  Format format = Format::kText;
  std::string junit;
  std::string lcov;
};

/// As the name of a file: the output, which then has nothing else.
constexpr const char *kStdout = "-";

/// A seed that fits into a line and is never 0.
std::uint64_t new_seed() { return std::random_device()() % 99'999 + 1; }

Result<std::vector<std::string>> bundles_of(const std::vector<std::string> &paths) {
  std::vector<std::string> bundles;
  for (const std::string &path : paths) {
    if (std::error_code failure; std::filesystem::status(path, failure).type() == std::filesystem::file_type::not_found)
      return error(Code::kNotFound, "there is no '" + path + "'");
    GRAFT_TRY_ASSIGN(const auto found, find_bundles(path));
    for (const auto &bundle : found) bundles.push_back(bundle.string());
  }
  return bundles;
}

/// One request a bundle; while there are fewer than jobs, in parts.
std::vector<TestRequest> requests_of(const std::vector<std::string> &bundles, const TestOptions &options) {
  const std::uint64_t shards = options.list || options.request.coverage || bundles.empty()
                                   ? 1
                                   : std::max<std::uint64_t>(options.jobs / bundles.size(), 1);
  std::vector<TestRequest> requests;
  for (const std::string &bundle : bundles)
    for (std::uint64_t shard = 0; shard < shards; ++shard) {
      TestRequest &request = requests.emplace_back(options.request);
      request.bundle = bundle;
      request.shard = shard;
      request.shards = shards;
    }
  return requests;
}

/// Only the bundles' own sources count, not their tests and not what they include from elsewhere.
void keep_own_lines(Coverage &coverage, const std::vector<std::string> &bundles) {
  std::vector<std::string> folders, tests;
  for (const std::string &bundle : bundles) {
    std::error_code failure;
    const std::filesystem::path path = std::filesystem::absolute(bundle, failure).lexically_normal();
    folders.push_back((std::filesystem::is_directory(path, failure) ? path / "" : path.parent_path() / "").string());
    const auto files = test_files(bundle);
    if (!files) continue;
    for (const auto &file : *files) tests.push_back(file.string());
  }
  std::erase_if(coverage, [&](const auto &file) {
    return std::ranges::find(tests, file.first) != tests.end() ||
           std::ranges::none_of(folders, [&](const std::string &folder) { return file.first.starts_with(folder); });
  });
}

int write_file(const std::string &path, const std::string &text) {
  if (path.empty()) return kDone;
  if (path == kStdout) return fmt::print("{}", text), std::fflush(stdout) == 0 ? kDone : kFailed;
  if (std::ofstream file(path, std::ios::binary); file << text << std::flush) return kDone;
  print_error("cannot write '" + path + "'");
  return kFailed;
}

int list(const std::vector<TestRequest> &requests, const TestOptions &options) {
  std::vector<TestPlan> plans;
  const auto report = run_tests(requests, {.jobs = options.jobs, .tell = {}, .stop = -1}, &plans);
  if (!report) return fail(report.error(), options.format);
  std::ranges::sort(plans, {}, &TestPlan::bundle);
  Json json = Json::array();
  for (const TestPlan &plan : plans)
    for (const TestResult &test : plan.tests) {
      if (options.format == Format::kText) fmt::print("{}.{}\n", test.bundle, test.name);
      json.push_back({{"bundle", test.bundle}, {"name", test.name}, {"file", test.file}, {"line", test.line}});
    }
  if (options.format == Format::kJson) print_json(json);
  for (const BrokenBundle &broken : (*report).broken) fmt::print(stderr, "{}\n", broken.text);
  return (*report).broken.empty() ? kDone : kFailed;
}

int test(const std::vector<std::string> &bundles, const TestOptions &options, int stop = -1) {
  TestOptions chosen = options;
  if (chosen.shuffle && chosen.request.seed == 0) chosen.request.seed = new_seed();
  const std::vector<TestRequest> requests = requests_of(bundles, chosen);
  if (options.list) return list(requests, options);

  const bool is_text = options.format == Format::kText && options.junit != kStdout && options.lcov != kStdout;
  if (is_text) {
    fmt::print("{} Testing {}.\n", paint(stdout, Ink::kGreen, "[==========]"), counted(bundles.size(), "bundle"));
    if (chosen.request.seed != 0) fmt::print("Note: shuffled; --seed {} repeats this order.\n", chosen.request.seed);
    std::fflush(stdout);
  }
  RunnerOptions running{
      .jobs = options.jobs, .limit = std::chrono::milliseconds(static_cast<long>(options.timeout_s * 1000)),
      .fail_fast = options.fail_fast, .tell = {}, .stop = stop};
  if (is_text) running.tell = [](const TestResult &result) { print_result(result), std::fflush(stdout); };
  auto report = run_tests(requests, running);
  if (!report) return fail(report.error(), options.format);
  if ((*report).is_stopped) return kFailed; // who stopped it knows
  (*report).seed = chosen.request.seed;
  (*report).bundles = bundles.size();
  keep_own_lines((*report).coverage, bundles);
  if (is_text) {
    print_summary(*report);
    if (options.lines) print_lines((*report).coverage);
    print_coverage((*report).coverage);
  } else if (options.format == Format::kJson) {
    print_json(json_of(*report));
  }
  const int written =
      std::max(write_file(options.junit, junit_of(*report)), write_file(options.lcov, lcov_of((*report).coverage)));
  if ((*report).results.empty() && (*report).broken.empty()) {
    print_error(options.request.filters.empty()
                    ? "there are no tests; write GRAFT_TEST(\"name\") { ... } in a file named '*_test.c' or '*_test.cpp'"
                    : "no test matches the filter; 'graft test --list' names them");
    return kFailed;
  }
  return (*report).count(is_failure) == 0 && (*report).broken.empty() ? written : kFailed;
}

/// Again at each save, those that it touched, until ctrl-c.
int watch(const std::vector<std::string> &bundles, const TestOptions &options) {
  const auto stop = StopSignal::create();
  if (!stop) return fail(stop.error(), options.format);
  const auto saves = SaveWatch::create(bundles, options.paths, options.request.include_dirs);
  if (!saves) return fail(saves.error(), options.format);
  for (std::vector<std::string> touched = bundles; !touched.empty(); touched = (*saves)->wait((*stop)->descriptor())) {
    test(touched, options, (*stop)->descriptor());
    fmt::print(stderr, "watching {}; end with ctrl-c\n", counted((*saves)->bundles().size(), "bundle"));
  }
  return kDone;
}

int test_all(const TestOptions &options) {
  const auto bundles = bundles_of(options.paths);
  if (!bundles) return fail(bundles.error(), options.format);
  return options.watch ? watch(*bundles, options) : test(*bundles, options);
}

} // namespace

void add_test(CLI::App &app, Action &action) {
  auto options = std::make_shared<TestOptions>(); // shared with the action, which outlives this call
  TestRequest &request = options->request;
  CLI::App *command = app.add_subcommand("test", "run the tests that are beside bundles' sources");
  command->add_option("PATH", options->paths, "bundles, or folders of them")->required();
  command
      ->add_option("--filter", request.filters,
                   "run BUNDLE.TEST that match: '*' is any text, '?' any character, ':' between patterns, '-' before those "
                   "to leave out; may be repeated")
      ->type_name("PATTERN")
      ->expected(1)
      ->take_all();
  command->add_flag("--list", options->list, "name the tests and run none");
  command->add_option("-j,--jobs", options->jobs, "how many processes at a time")
      ->check(between(1, 1024))
      ->type_name("COUNT");
  command->add_option("--repeat", request.repeat, "run everything that often")
      ->check(between(1, 1'000'000))
      ->type_name("COUNT");
  command->add_flag_callback("--fail-fast", [options] { options->fail_fast = FailFast::kYes; }, "stop at the first failure");
  command->add_flag("--shuffle", options->shuffle, "in another order each time, whose seed is printed");
  command->add_option("--seed", request.seed, "in the order of that seed")->type_name("NUMBER");
  command->add_option("--timeout", options->timeout_s, "what one test may take; 0: any time")
      ->check(seconds())
      ->type_name("SECONDS");
  command->add_option("--with", request.others, "a bundle that those require; may be repeated")
      ->type_name("PATH")
      ->expected(1)
      ->take_all();
  command->add_option("--sanitize", request.sanitizers, "compile with 'address', 'undefined' or both, with a comma between")
      ->delimiter(',')
      ->check(one_of({"address", "undefined"}))
      ->type_name("NAME");
  command->add_flag("--watch", options->watch, "run those again that a save touches, until ctrl-c");
  command->add_flag("--coverage", request.coverage, "say which lines ran");
  command->add_flag("--lines", options->lines, "print the sources with how often each line ran, too");
  command->add_option("--lcov", options->lcov, "write coverage as a tracefile, too")->type_name("FILE");
  command->add_option("--junit", options->junit, "write the results as JUnit's XML, too; '-' is stdout, and nothing else there")->type_name("FILE");
  command->add_option("-O", request.optimise, "-O0 to -O3")->check(between(0, 3))->type_name("LEVEL");
  command
      ->add_option("--cache", request.caches,
                   "where compiled bundles are kept: a folder, a redis:// URL beside it, or off; may be repeated")
      ->type_name("DIR|URL|off")
      ->expected(1)
      ->take_all();
  add_include_dirs(*command, request.include_dirs);
  add_json(*command, options->format);
  command->footer(R"(
Tests are written with graft/test.h, in C or C++, in files named '*_test.c' or '*_test.cpp' beside the sources, in the folder tests/, or
in the sources themselves. Each bundle is loaded with them in a process of its own; a test that crashes, exits or takes too long has
failed, and the others run on. Exit code: 0 all passed, 1 something failed or nothing ran, 2 used wrongly.

Examples:
  graft test plugins/greeter
  graft test plugins --filter 'greeter.*:calculator.*-*slow*' --shuffle
  graft test plugins/greeter --repeat 1000 --fail-fast
  graft test plugins --junit results.xml --sanitize address,undefined
  graft test plugins/greeter --coverage --lcov greeter.info)");
  command->callback([&action, options] {
    action = [options]() -> int {
      if ((options->format == Format::kJson) + (options->junit == kStdout) + (options->lcov == kStdout) > 1)
        return print_error("'--json', '--junit -' and '--lcov -' are each all that stdout says; leave one"), kUsedWrongly;
      if (!options->lcov.empty() || options->lines) options->request.coverage = true;
      return test_all(*options);
    };
  });
}

} // namespace graft::tool
