// Watchers, sockets and calls that the system lets down.
#include "sweep.hpp"

#include <graft/serve.hpp>
#include <graft/watch.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace graft {
namespace {

using test::number_text;
using test::Operation;
using test::Succeeds;
using test::text;
using testing::IsSupersetOf;

class FaultsOutside : public test::Faults {};

/// What a watcher told, one at a time.
class Ears {
 public:
  void note(const WatchEvent &event) {
    const std::lock_guard lock(mutex_);
    if (event.phase == WatchPhase::kFailed)
      told_.push_back(*event.error);
    else
      told_.push_back(event.bundles.front().generation);
    arrived_.notify_all();
  }
  /// The generation that it was about, or what failed.
  Result<std::uint64_t> next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::minutes(1), [&] { return !told_.empty(); }))
      return error(Code::kNotFound, "nothing was told");
    Result<std::uint64_t> first = std::move(told_.front());
    told_.pop_front();
    return first;
  }
  /// What was told so far that failed; only while nobody tells.
  Result<void> first_failure() {
    const std::lock_guard lock(mutex_);
    Result<void> failure;
    for (const Result<std::uint64_t> &outcome : told_)
      if (!outcome && failure) failure = outcome.error();
    told_.clear();
    return failure;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Result<std::uint64_t>> told_;
};

TEST_F(FaultsOutside, AWatcherThatCannotBeMadeSaysWhyAndHoldsNothing) {
  const test::TempFolder folder;
  folder.write("b/main.c", number_text(1));
  silent.insert("cannot read"); // of a file that is compared: it counts as changed, and is looked at again
  const Operation watch = {
      [&]() -> Result<void> {
        Ears ears;
        WatchOptions options;
        options.paths = {folder / "b"};
        options.tell = [&](const WatchEvent &event) { ears.note(event); };
        const auto watcher = Watcher::create(**runtime, options);
        if (!watcher) return watcher.error();
        return ears.first_failure();
      },
      [] {},
      [&] { EXPECT_EQ(number(), 1); },
      [&] { EXPECT_THAT(runtime->unload("b"), Succeeds()); },
  };
  EXPECT_THAT(sweep(watch), IsSupersetOf({"cannot watch files", "cannot watch folder", "cannot start the watcher's thread",
                                          "cannot make a descriptor for the watcher", "cannot read"}));
}

TEST_F(FaultsOutside, ASaveThatCannotBeReloadedIsToldAndTheNextOneIs) {
  const test::TempFolder folder;
  folder.write("b/main.c", number_text(1));
  Ears ears;
  WatchOptions options;
  options.paths = {folder / "b"};
  options.tell = [&](const WatchEvent &event) { ears.note(event); };
  const auto watcher = Watcher::create(**runtime, options);
  ASSERT_THAT(watcher, Succeeds());
  ASSERT_THAT(ears.next(), Succeeds());
  silent.insert({"cannot read", "cannot read folder", "inotify read", "cannot watch folder"}); // tried again at once
  int value = 1;
  const Operation save = {
      [&]() -> Result<void> {
        folder.write("b/next", number_text(++value));
        std::filesystem::rename(folder / "b/next", folder / "b/main.c");
        for (;;) { // until it is told: then the watcher is done with it
          GRAFT_TRY_ASSIGN(const std::uint64_t generation, ears.next());
          if (number() == value && runtime->bundles().front().generation == generation) return {};
        }
      },
      [&] { EXPECT_THAT(number(), testing::AnyOf(value - 1, value)); }, // a watch that is refused says so after the reload
      [&] { EXPECT_EQ(number(), value); },
      [] {},
  };
  EXPECT_THAT(sweep(save, {fault::Lasting::kOnce}),
              IsSupersetOf({"inotify read", "cannot read"})); // how many looks a save takes is the system's to say
}

TEST_F(FaultsOutside, ASocketThatCannotBeMadeLeavesNeitherFileNorThread) {
  const test::TempFolder folder;
  const std::string socket = folder / "host.sock";
  const Operation serve = {
      [&]() -> Result<void> {
        GRAFT_TRY(runtime->serve({.socket = socket}));
        return {};
      },
      [&] { EXPECT_FALSE(std::filesystem::exists(socket)); },
      [&] { EXPECT_THAT(ask(socket, R"({"graft":1,"do":"ps"})", std::chrono::seconds(30)), Succeeds()); },
      [&] { runtime->stop_serving(); },
  };
  EXPECT_THAT(sweep(serve), IsSupersetOf({"cannot make socket", "cannot listen at", "cannot start the threads that serve",
                                          "cannot make a descriptor to serve with"}));
}

TEST_F(FaultsOutside, AHostThatIsLetDownByItsSocketGoesOnServing) {
  const test::TempFolder folder;
  const std::string socket = folder / "host.sock";
  ASSERT_THAT(runtime->serve({.socket = socket}), Succeeds());
  std::set<std::string> points;
  for (std::uint64_t number = 1;; ++number) {
    std::string failed;
    {
      const fault::Injection injection(number);
      ignore(ask(socket, R"({"graft":1,"do":"ps"})", std::chrono::seconds(30)), "it is the next one that counts");
      if (injection.failed() != nullptr) failed = injection.failed();
    }
    EXPECT_THAT(ask(socket, R"({"graft":1,"do":"ps"})", std::chrono::seconds(30)), Succeeds()) << failed;
    if (failed.empty()) break;
    points.insert(failed);
  }
  EXPECT_THAT(points, IsSupersetOf({"accept", "send"}));
  runtime->stop_serving();
}

} // namespace

GRAFT_CONTRACT(echo, "test.echo", 1, 0) { graft_status (*echo)(graft_str text, graft_buf *out); };

namespace {

TEST_F(FaultsOutside, ACallWhoseAllocationFailsSaysSo) {
  ASSERT_THAT(runtime->load(text(
                  "echo", "#include <graft/abi.h>\n"
                          "GRAFT_CONTRACT(echo, \"test.echo\", 1, 0) { graft_status (*echo)(graft_str, graft_buf *); };\n"
                          "static graft_status say(graft_str t, graft_buf *out) {\n"
                          "  return graft_buf_append(&graft_self, out, t.data, t.size);\n}\n"
                          "GRAFT_PROVIDE(echo, {.echo = say})\n")),
              Succeeds());
  const auto bound = *runtime->bind<echo>();
  graft_buf out{};
  {
    const fault::Injection injection(1);
    EXPECT_EQ(bound->echo(graft_str_of("word"), &out), GRAFT_EXHAUSTED);
    EXPECT_EQ(out.size, 0u);
  }
  EXPECT_EQ(bound->echo(graft_str_of("word"), &out), GRAFT_OK);
  EXPECT_EQ(out.size, 4u);
  graft_buf_free(&runtime->host(), &out);
}

} // namespace
} // namespace graft
