// See test_runner.hpp.
//
//   a lane:  waiting --start()--> loading --"plan"--> between tests --"started"--> in a test --"finished"--> between tests
//               ^                    |                     |                           |
//               |                    v the process ended   v "done"                    v the process ended, or took too long
//               |                  broken                 gone                       that test's failure
//               +-------------------------- goes on behind it, if tests are left -------+
#include "test_runner.hpp"

#include "output.hpp"
#include "test_build.hpp"
#include "test_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <deque>
#include <optional>

namespace graft::tool {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a test that took too long may take to say where it is.
constexpr auto kLastWords = std::chrono::seconds(10);
/// What loading a bundle and its tests may take at least, on a machine that does other things: the limit is a test's.
constexpr std::chrono::milliseconds kLoading{60'000};

/// A request on its way.
class Lane {
 public:
  Lane(TestRequest request, const RunnerOptions &options, TestReport &report)
      : request_(std::move(request)), options_(options), report_(report) {}

  Result<void> start() {
    GRAFT_TRY_ASSIGN(const std::vector<std::string> environment, environment_of(request_));
    GRAFT_TRY_ASSIGN(process_, TestProcess::start({kTestChild, json_of(request_).dump()}, environment));
    phase_ = Phase::kLoading;
    signal_ = 0;
    is_late_ = false;
    set_deadline(options_.limit.count() > 0 ? std::max(options_.limit, kLoading) : options_.limit);
    return {};
  }

  TestProcess &process() { return *process_; }
  const TestPlan &plan() const { return plan_; }
  std::optional<Clock::time_point> deadline() const { return deadline_; }

  void listen() {
    process_->read_events([this](std::string_view line) {
      const Json event = Json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (event.is_object()) hear(event);
    });
  }

  /// The test that runs took too long: it is asked where it is, and, when that brings nothing, ended.
  void pass_deadline() {
    process_->signal(std::exchange(is_late_, true) ? SIGKILL : SIGALRM);
    set_deadline(kLastWords);
  }

  /// Its process ended. Whether there are tests left, for another one.
  bool finish() {
    listen();
    process_->read_output();
    status_ = process_->wait();
    const std::string output = process_->take_output();
    process_.reset();
    if (current_) {
      end_test_by_force(output);
      ++request_.done;
      return request_.done < plan_.tests.size();
    }
    if (phase_ == Phase::kLoading)
      add_broken(trimmed(output.empty() ? why_it_ended("while it was loaded") : output));
    else if (phase_ != Phase::kDone)
      add_broken(output + why_it_ended(phase_ == Phase::kEnding ? "when it was unloaded" : "between tests"));
    return false;
  }

 private:
  enum class Phase : std::uint8_t { kLoading, kLoaded, kEnding, kDone };

  /// Once, whichever of its parts say it.
  void add_broken(std::string text) {
    const auto is_it = [&](const BrokenBundle &known) { return known.bundle == request_.bundle && known.text == text; };
    if (std::ranges::none_of(report_.broken, is_it)) report_.broken.push_back({request_.bundle, std::move(text)});
    cut_short();
  }

  static std::string trimmed(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  void set_deadline(std::chrono::milliseconds limit) {
    deadline_.reset();
    if (limit.count() > 0) deadline_ = Clock::now() + limit;
  }

  void cut_short() { report_.is_cut_short = options_.fail_fast == FailFast::kYes; }

  void hear(const Json &event) {
    if (report_.is_cut_short) return;
    const std::string what = event.value("event", "");
    if (what == "plan") return take_plan(event);
    if (what == "started") return begin_test(event.value("test", std::size_t{0}));
    if (what == "failed" && current_)
      current_->failures.push_back({event.value("file", ""), event.value("line", 0u), event.value("text", "")});
    else if (what == "skipped" && current_)
      current_->skipped = event.value("text", ""), current_->verdict = Verdict::kSkipped;
    else if (what == "finished" && current_)
      end_test(event.value("ns", std::uint64_t{0}));
    else if (what == "crashed")
      signal_ = event.value("signal", 0), set_deadline(kLastWords), is_late_ = is_late_ || signal_ == SIGALRM;
    else if (what == "stack")
      frames_ = event.value("frames", Json::array());
    else if (what == "coverage")
      add_coverage(event.value("lines", Json::object()));
    else if (what == "ending")
      phase_ = Phase::kEnding;
    else if (what == "done")
      phase_ = Phase::kDone;
  }

  void take_plan(const Json &event) {
    phase_ = Phase::kLoaded;
    const std::string output = process_->take_output(); // warnings: said once
    if (request_.done == 0 && request_.shard == 0) std::fputs(output.c_str(), stderr);
    plan_ = {event.value("bundle", ""), {}};
    for (const Json &test : event.value("tests", Json::array())) {
      TestResult &planned = plan_.tests.emplace_back();
      planned.bundle = plan_.bundle;
      planned.name = test.value("name", "");
      planned.file = test.value("file", "");
      planned.line = test.value("line", 0u);
    }
    set_deadline(options_.limit);
  }

  void begin_test(std::size_t index) {
    if (index >= plan_.tests.size()) return;
    process_->take_output(); // what a thread of the bundle printed between tests is nobody's
    current_ = plan_.tests[index];
    request_.done = index;
    started_ = Clock::now();
    frames_ = Json::array();
    set_deadline(options_.limit);
  }

  void end_test(std::uint64_t nanoseconds) {
    current_->nanoseconds = nanoseconds;
    current_->output = process_->take_output();
    if (!current_->failures.empty()) current_->verdict = Verdict::kFailed;
    finish_test();
    ++request_.done;
    set_deadline(options_.limit);
  }

  void finish_test() {
    if (is_failure(current_->verdict)) cut_short();
    if (options_.tell) options_.tell(*current_);
    report_.results.push_back(*std::exchange(current_, std::nullopt));
  }

  /// "SIGSEGV", "exit status 3", with `when` behind it.
  std::string why_it_ended(std::string_view when) const {
    const int number = signal_ != 0 ? signal_ : WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
    if (number == 0) return fmt::format("the process ended itself with status {} {}", WEXITSTATUS(status_), when);
    return fmt::format("SIG{} ({}) {}", ::sigabbrev_np(number), ::strsignal(number), when);
  }

  /// What AddressSanitizer printed without our lines is in a failure already.
  static std::string without_raw_report(const std::string &output) {
    const std::size_t begin = output.find("====="), end = output.find("==ABORTING\n");
    if (begin == output.npos || end == output.npos || output.find("ERROR: AddressSanitizer") > end) return output;
    return output.substr(0, begin) + output.substr(end + std::strlen("==ABORTING\n"));
  }

  void end_test_by_force(const std::string &output) {
    current_->output = without_raw_report(output);
    current_->verdict = is_late_ ? Verdict::kTimedOut : Verdict::kCrashed;
    current_->nanoseconds = static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - started_).count());
    add_sanitizer_reports(output);
    if (!request_.sanitizers.empty() && signal_ == SIGABRT && !current_->failures.empty())
      return finish_test(); // that was why
    TestFailure failure;
    failure.text = is_late_
                       ? fmt::format("it ran for longer than {} s", std::chrono::duration<double>(options_.limit).count())
                       : why_it_ended("in this test");
    for (std::size_t i = 0, next = 0; i < frames_.size(); i = next) {
      const Json &frame = frames_[i];
      while (next < frames_.size() && frames_[next] == frame) ++next;
      if (failure.file.empty()) failure.file = frame.value("file", ""), failure.line = frame.value("line", 0u);
      failure.text += fmt::format("\n  {} at {}:{}", frame.value("function", ""), shorten(frame.value("file", "")),
                                  frame.value("line", 0u));
      if (next - i > 1) failure.text += fmt::format(" ({} times{})", next - i, next == frames_.size() ? " or more" : "");
    }
    if (failure.file.empty()) failure.file = current_->file, failure.line = current_->line; // at least the test's own
    current_->failures.push_back(std::move(failure));
    finish_test();
  }

  /// "file.c:3:5: runtime error: ..." of UBSan is a failure of that line.
  void add_sanitizer_reports(const std::string &output) {
    constexpr std::string_view kMark = ": runtime error: ";
    for (std::size_t at = output.find(kMark); at != std::string::npos; at = output.find(kMark, at + 1)) {
      const std::size_t begin = output.rfind('\n', at) + 1; // npos + 1 is the beginning
      const std::string_view line(output.data() + begin, std::min(output.find('\n', at), output.size()) - begin);
      const std::string place(line.substr(0, at - begin));
      const std::size_t colon = place.find(':');
      current_->failures.push_back(
          {place.substr(0, colon),
           static_cast<std::uint32_t>(std::strtoul(place.c_str() + std::min(colon + 1, place.size()), nullptr, 10)),
           std::string(line.substr(at - begin + 2))});
    }
  }

  void add_coverage(const Json &files) {
    for (const auto &[file, lines] : files.items())
      for (const auto &[line, count] : lines.items())
        report_.coverage[file][static_cast<std::uint32_t>(std::stoul(line))] += count.get<std::uint64_t>();
  }

  TestRequest request_;
  const RunnerOptions &options_;
  TestReport &report_;
  std::unique_ptr<TestProcess> process_;
  Phase phase_ = Phase::kLoading;
  TestPlan plan_;
  std::optional<TestResult> current_;
  Clock::time_point started_;
  std::optional<Clock::time_point> deadline_;
  Json frames_ = Json::array();
  int signal_ = 0; ///< that its handler told of
  int status_ = 0;
  bool is_late_ = false;
};

/// Waits until one of them has something to say, or the first deadline passes.
void wait_for(const std::vector<std::unique_ptr<Lane>> &lanes, int stop) {
  std::vector<pollfd> descriptors = {{stop, POLLIN, 0}}; // a negative one is passed over
  int wait_ms = -1;
  for (const auto &lane : lanes) {
    for (const int descriptor : {lane->process().events(), lane->process().output(), lane->process().end()})
      if (descriptor >= 0) descriptors.push_back({descriptor, POLLIN, 0});
    if (const auto deadline = lane->deadline()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      const int bounded = static_cast<int>(std::clamp<long long>(left, 0, 1'000'000));
      wait_ms = wait_ms < 0 ? bounded : std::min(wait_ms, bounded);
    }
  }
  ::poll(descriptors.data(), descriptors.size(), wait_ms);
}

bool is_readable(int descriptor) {
  pollfd one = {descriptor, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

bool has_ended(const Lane &lane) { return is_readable(const_cast<Lane &>(lane).process().end()); }

} // namespace

Result<TestReport> run_tests(const std::vector<TestRequest> &requests, const RunnerOptions &options,
                             std::vector<TestPlan> *plans) {
  TestReport report;
  const Clock::time_point begin = Clock::now();
  std::deque<TestRequest> waiting(requests.begin(), requests.end());
  std::vector<std::unique_ptr<Lane>> lanes;
  while (!waiting.empty() || !lanes.empty()) {
    while (!waiting.empty() && lanes.size() < std::max(options.jobs, 1u)) {
      lanes.push_back(std::make_unique<Lane>(std::move(waiting.front()), options, report));
      waiting.pop_front();
      GRAFT_TRY(lanes.back()->start());
    }
    wait_for(lanes, options.stop);
    if (is_readable(options.stop)) {
      report.is_stopped = true;
      break; // with the lanes their processes end
    }
    for (std::size_t i = 0; i < lanes.size() && !report.is_cut_short;) {
      Lane &lane = *lanes[i];
      const bool ended = has_ended(lane); // looked at first: what it said before is in the pipes
      lane.listen();
      lane.process().read_output();
      if (!ended && lane.deadline() && Clock::now() >= *lane.deadline()) lane.pass_deadline();
      if (!ended) {
        ++i;
      } else if (lane.finish()) {
        GRAFT_TRY(lane.start());
        ++i;
      } else {
        if (plans != nullptr) plans->push_back(lane.plan());
        lanes.erase(lanes.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (report.is_cut_short) break; // with the lanes their processes end
  }
  report.nanoseconds = static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - begin).count());
  return report;
}

} // namespace graft::tool
