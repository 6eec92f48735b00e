// A runtime with a watcher over a folder of its own, and what the watcher told, in order.
#pragma once

#include "bundles.hpp"
#include "manual_clock.hpp"
#include "matchers.hpp"

#include <graft/call.hpp>
#include <graft/watch.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace graft::test {

/// A copy of a WatchEvent.
struct Told {
  WatchPhase phase = WatchPhase::kFailed;
  std::vector<std::string> changed;
  std::vector<std::string> bundles;
  std::string error;
  bool operator==(const Told &) const = default;
};

class Watching : public testing::Test {
 protected:
  void TearDown() override { watcher = error(Code::kNotFound, "ended"); } // while `note` is still the test's own

  void watch(const std::vector<std::string> &paths) {
    WatchOptions options;
    for (const std::string &path : paths) options.paths.push_back((folder.path() / path).string());
    options.clock = &clock;
    options.tell = [this](const WatchEvent &event) { note(event); };
    watcher = Watcher::create(**runtime, std::move(options));
    ASSERT_THAT(watcher, Succeeds());
  }

  /// The next thing that the watcher tells; the clock runs meanwhile. Fails the test when nothing comes for a minute.
  Told next() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::unique_lock lock(mutex);
    while (told.empty() && std::chrono::steady_clock::now() < deadline) {
      clock.advance(std::chrono::milliseconds(20));
      arrived.wait_for(lock, std::chrono::milliseconds(1));
    }
    if (told.empty()) {
      ADD_FAILURE() << "nothing was told";
      return {};
    }
    Told first = std::move(told.front());
    told.pop_front();
    return first;
  }
  WatchPhase next_phase() { return next().phase; }

  /// Nothing came of what was saved so far: a save of `sentinel`, a bundle that is watched too, is the next thing that is
  /// told.
  void expect_silence(const std::string &sentinel) {
    folder.write(sentinel, number_text(++sentinel_value));
    const Told event = next();
    EXPECT_EQ(event.phase, WatchPhase::kReloaded) << event.error;
    EXPECT_EQ(event.changed, std::vector{(folder.path() / sentinel).string()});
  }

  int answer() { return (*runtime)->bind<test_number>()->number(); }
  std::filesystem::path at(const std::string &name) const { return folder.path() / name; }

  /// A bundle's text that provides a contract of its own, so that several can be loaded side by side.
  static std::string text_of(const std::string &contract, const std::string &value) {
    return "#include <graft/abi.h>\nGRAFT_CONTRACT(" + contract + ", \"test." + contract +
           "\", 1, 0) { int32_t (*f)(void); };\n" + "static int32_t f(void) { return " + value + "; }\nGRAFT_PROVIDE(" +
           contract + ", {.f = f})\n";
  }
  int answer_of(const std::string &contract) {
    const auto outcome = call_by_name(**runtime, "test." + contract + ".f", {});
    return outcome ? std::atoi(outcome->result.c_str()) : -1;
  }

  virtual void note(const WatchEvent &event) {
    Told copy{event.phase, event.changed, {}, event.error != nullptr ? event.error->text() : ""};
    for (const BundleInfo &bundle : event.bundles) copy.bundles.push_back(bundle.name);
    const std::lock_guard lock(mutex);
    told.push_back(std::move(copy));
    arrived.notify_all();
  }

  TempFolder folder;
  ManualClock clock;
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Told> told;
  int sentinel_value = 1000;
  Result<std::unique_ptr<Watcher>> watcher = error(Code::kNotFound, "not made yet");
};

} // namespace graft::test
