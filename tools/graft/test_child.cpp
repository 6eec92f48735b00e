// A child of `graft test`: a host that loads one bundle with its tests, runs those that it was asked for, and tells its
// parent of each as it goes. What a test does to its process it does to this one.
#include "cache_option.hpp"
#include "crash.hpp"
#include "output.hpp"
#include "test_build.hpp"
#include "test_crash.hpp"
#include "test_words.hpp"

#include <graft/test/record.h>
#include <graft/testing.hpp>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace graft::tool {
namespace {

/// One case of one test.
struct Task {
  std::uint64_t index = 0;
  std::uint64_t number = 0;
  std::string name;
  std::string file;
  std::uint32_t line = 0;
};

/// In one piece, so that lines of several threads do not mix.
void tell(const Json &event) {
  const std::string line = event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (!write_all(kEventDescriptor, line)) ::_exit(kFailed); // nobody listens any more
}

/// Ends what belongs together of the output; before the event that says so.
void mark_output() {
  std::fflush(nullptr);
  [[maybe_unused]] const ssize_t written =
      ::write(kMarkDescriptor, kMark.data(), kMark.size()); // the events tell who is gone
}

void tell_failed(void *, const char *file, std::uint32_t line, const char *text) {
  tell({{"event", "failed"}, {"file", file}, {"line", line}, {"text", text}});
}
void tell_skipped(void *, const char *, std::uint32_t, const char *text) { tell({{"event", "skipped"}, {"text", text}}); }

int tell_broken(const Error &error) {
  print_error(error);
  std::fflush(stderr);
  tell({{"event", "broken"}, {"text", error.message}});
  return kFailed;
}

Result<std::unique_ptr<Runtime>> make_runtime(const TestRequest &request) {
  Config config;
  config.optimise = request.optimise;
  config.include_dirs = request.include_dirs;
  config.unchecked = Unchecked::kAllow;
  config.tier_up = TierUp::kFast;
  for (const std::string &cache : request.caches) take_cache_place(cache, config.cache);
  config.log = [](LogLevel level, std::string_view line) {
    if (line.starts_with('[') || level >= LogLevel::kWarn) fmt::print(stderr, "{}\n", line);
  };
  GRAFT_TRY_ASSIGN(auto runtime, Runtime::create(std::move(config)));
  GRAFT_TRY(runtime->offer_services());
  for (const std::string &other : request.others) GRAFT_TRY(runtime->load(other));
  return runtime;
}

/// Names are how tests are chosen and told apart. Why they cannot be; nothing where they can.
std::string find_wrong_name(const std::vector<Task> &tasks) {
  std::map<std::string_view, const Task *> known;
  const auto place = [](const Task &task) { return shorten(task.file) + ":" + std::to_string(task.line); };
  for (const Task &task : tasks) {
    if (task.name.empty() || task.name.starts_with('/')) return "the test at " + place(task) + " has no name";
    const auto [other, is_first] = known.try_emplace(task.name, &task);
    if (!is_first)
      return fmt::format("two tests are named '{}': at {} and at {}", task.name, place(*other->second), place(task));
  }
  return {};
}

std::vector<Task> list_tasks(const Bound<graft_tests> &tests) {
  std::vector<Task> tasks;
  const std::uint64_t count = tests->count();
  for (std::uint64_t index = 0; index < count; ++index) {
    graft_test_info info{.struct_size = sizeof(graft_test_info), .line = 0, .name = nullptr, .file = nullptr, .cases = 0};
    tests->describe(index, &info);
    if (info.cases == 0) tasks.push_back({index, 0, info.name, info.file, info.line});
    for (std::uint64_t number = 0; number < info.cases; ++number)
      tasks.push_back({index, number, fmt::format("{}/{}", info.name, number), info.file, info.line});
  }
  return tasks;
}

/// Those of this shard, as often as they are to be run; each round in an order of its own.
std::vector<Task> choose_tasks(std::vector<Task> tasks, const TestRequest &request) {
  std::vector<Task> chosen;
  std::mt19937_64 random(request.seed);
  for (std::uint64_t round = 0; round < request.repeat; ++round) {
    if (request.seed != 0) std::ranges::shuffle(tasks, random);
    for (std::size_t i = 0; i < tasks.size(); ++i)
      if ((round * tasks.size() + i) % request.shards == request.shard) chosen.push_back(tasks[i]);
  }
  return chosen;
}

/// "/folder/a_test.c:15" as a place; without one where it has none.
SourcePos place_in(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  SourcePos place;
  if (colon == text.npos) return place;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), place.line);
  if (place.line != 0) place.file = text.substr(0, colon);
  return place;
}

/// What a test threw, or that its stack ran out, is told by the runtime of the call that ran it, "'run' (graft.tests) of bundle 'b'
/// threw std::logic_error: ..."; who reads it wrote a test, and knows no such function.
TestFailure failure_of(const Task &task, const std::string &said) {
  constexpr std::string_view kThrew = " threw ", kStack = " ran out of stack", kAt = " at ";
  const std::size_t stack = said.find(kStack), threw = said.find(kThrew);
  TestFailure failure{task.file, task.line, said};
  if (!said.starts_with("'run' (graft.tests)")) return failure;
  if (threw < stack) failure.text = "the test" + said.substr(threw);
  if (stack >= threw) return failure;
  failure.text = "the test" + said.substr(stack);
  const std::size_t at = failure.text.rfind(kAt);
  if (at == failure.text.npos) return failure;
  if (const SourcePos place = place_in(std::string_view(failure.text).substr(at + kAt.size())); place.line != 0) {
    failure.file = place.file, failure.line = place.line;
    const std::string_view in(failure.text.data(), at); // a body's own name is nobody's
    failure.text = (in.contains("'graft_test_") ? "the test" + std::string(kStack) : std::string(in)) + " at " +
                   shorten(place.file) + ":" + std::to_string(place.line);
  }
  return failure;
}

void run_task(const graft_host &host, const Bound<graft_tests> &tests, const Task &task) {
  const graft_test_reporter reporter{
      .struct_size = sizeof reporter, .reserved = 0, .context = nullptr, .failed = tell_failed, .skipped = tell_skipped};
  // Not through `call`, which would tell of an error that a function under test left, and the test expected.
  detail::clear_last_error(); // what another test left is not this one's
  if (tests->run(task.index, task.number, &reporter) == GRAFT_OK) return;
  std::string text(host.last_error(&host, nullptr, 0), '\0');
  host.last_error(&host, text.data(), text.size() + 1);
  const TestFailure failure = failure_of(task, text.empty() ? "there is no memory for its fixture" : text);
  tell_failed(nullptr, failure.file.c_str(), failure.line, failure.text.c_str());
}

int run_tests(const TestRequest &request) {
  auto runtime = make_runtime(request);
  if (!runtime) return tell_broken(runtime.error());
  auto loaded = load_with_tests(**runtime, request.bundle, build_of(request));
  if (!loaded) return tell_broken(loaded.error());
  print_diagnostics((*loaded).warnings);
  {
    auto tests = runtime->bind<graft_tests>();
    if (!tests) return tell_broken(tests.error());
    std::vector<Task> all = list_tasks(*tests);
    if (const std::string wrong = find_wrong_name(all); !wrong.empty()) return tell_broken(error(Code::kInvalid, wrong));
    std::erase_if(all, [&](const Task &task) { return !takes_test(request.filters, (*loaded).name, task.name); });
    const std::vector<Task> tasks = choose_tasks(std::move(all), request);
    Json plan = {{"event", "plan"}, {"bundle", (*loaded).name}, {"tests", Json::array()}};
    for (const Task &task : tasks) plan["tests"].push_back({{"name", task.name}, {"file", task.file}, {"line", task.line}});
    mark_output();
    tell(plan);
    std::optional<LineCoverage> coverage;
    if (request.coverage && !request.list_only) coverage.emplace(*tests);
    const auto tell_coverage = [&] {
      if (!coverage) return;
      if (const Json news = coverage->news(); !news.empty()) tell({{"event", "coverage"}, {"lines", news}});
    };
    tell_coverage();
    for (std::size_t i = request.done; i < tasks.size() && !request.list_only; ++i) {
      mark_output();
      tell({{"event", "started"}, {"test", i}});
      const auto begin = std::chrono::steady_clock::now();
      run_task(runtime->host(), *tests, tasks[i]);
      const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
      mark_output();
      tell({{"event", "finished"}, {"test", i}, {"ns", took.count()}});
      tell_coverage(); // another one may take the process with it
    }
  }
  tell({{"event", "ending"}});
  *runtime = nullptr;
  std::fflush(nullptr);
  tell({{"event", "done"}});
  return kDone;
}

} // namespace

void add_test_child(CLI::App &app, Action &action) {
  auto request = std::make_shared<std::string>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand(kTestChild)->group("");
  command->add_option("REQUEST", *request)->required();
  command->callback([&action, request] {
    action = [request] {
      const Json json = Json::parse(*request, nullptr, /*allow_exceptions=*/false);
      if (!json.is_object()) return print_error("'test-child' is how 'graft test' starts its own children"), kUsedWrongly;
      ::prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody waits for us then
      report_crashes();
      return static_cast<Exit>(run_tests(request_from(json)));
    };
  });
}

} // namespace graft::tool
