// A cache that machines share: each machine is a folder, and the server is one.
#include "cache/redis_store.hpp"
#include "caching.hpp"
#include "manual_clock.hpp"
#include "redis_server.hpp"
#include "sanitizers.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>

namespace graft::test {
namespace {

using driver::EntryKind;
using driver::RedisStore;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const std::string kSecret = "a secret of more than thirty-two characters";
const std::string kText = "int f(void) { return 1; }";

constexpr const char *kLooksUpElsewhere = "the C library looks names up on threads that ThreadSanitizer does not know, and "
                                          "crashes in";

class SharedCache : public Caching {
 protected:
  void SetUp() override {
    if (!server.is_up()) GTEST_SKIP() << "there is no redis-server on this machine: tools/dev setup installs it";
  }
  /// A machine that shares the server's cache.
  CacheConfig machine(const std::string &name, const std::string &secret = kSecret) {
    return {.folder = folder / name, .remote = server.url(), .remote_key = secret, .deadline = 10s};
  }
  Origin origin_at(const std::string &name, const std::string &text = kText, const std::string &secret = kSecret) {
    const auto artifact = compile(job(text), machine(name, secret));
    EXPECT_THAT(artifact, Succeeds());
    return artifact ? (*artifact).origin : Origin::kCompiled;
  }
  /// What the server itself has to say.
  std::string ask(std::initializer_list<std::string_view> words) {
    const auto until = clock.now() + 60s;
    auto connection = driver::RedisConnection::connect(*driver::parse_redis_url(server.url()), clock, until);
    if (!connection) return connection.error().message;
    const auto answer = connection->ask(words, until, 1 << 24);
    if (!answer) return answer.error().message;
    return *answer ? std::string((*answer)->begin(), (*answer)->end()) : "nothing";
  }

  RedisServer server;
  SystemClock clock;
};

TEST_F(SharedCache, HasWhatAnotherMachineCompiled) {
  EXPECT_EQ(origin_at("one"), Origin::kCompiled);
  EXPECT_EQ(origin_at("two"), Origin::kRemote);
  EXPECT_EQ(origin_at("two"), Origin::kDisk) << "what came from there is kept here";
  EXPECT_EQ(origin_at("one"), Origin::kDisk);
  EXPECT_TRUE(said.lines().empty());
}

/// A port of this machine's that is free now.
std::string free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener, reinterpret_cast<const sockaddr *>(&address), size);
  ::getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size);
  ::close(listener);
  return std::to_string(::ntohs(address.sin_port));
}

TEST_F(SharedCache, IsReachedOverTheLoopbackAsWell) {
  std::string port;
  std::optional<RedisServer> over_tcp;
  for (int attempt = 0; attempt < 10 && (!over_tcp || !over_tcp->is_up());
       ++attempt) { // somebody else may take the port first
    port = free_port();
    over_tcp.emplace(std::vector<std::string>{"--bind", "127.0.0.1", "--port", port});
  }
  ASSERT_TRUE(over_tcp->is_up());
  const auto origin_by = [&](const std::string &name, const std::string &host) {
    CacheConfig config = machine(name);
    config.remote = "redis://" + host + ":" + port + "/3";
    const auto artifact = compile(job(kText), config);
    EXPECT_THAT(artifact, Succeeds());
    return artifact ? (*artifact).origin : Origin::kCompiled;
  };
  EXPECT_EQ(origin_by("one", "127.0.0.1"), Origin::kCompiled);
  EXPECT_EQ(origin_by("two", "127.0.0.1"), Origin::kRemote);
  if (!kThreadSanitized) EXPECT_EQ(origin_by("three", "localhost"), Origin::kRemote) << "by name: see kLooksUpElsewhere";
  over_tcp->stop();
  EXPECT_EQ(origin_by("four", "127.0.0.1"), Origin::kCompiled) << "nobody is there any more";
}

TEST_F(SharedCache, ComparesHeadersByContent) {
  const std::string text = "#include \"a.h\"\nint f(void) { return VALUE; }";
  write_old("first/a.h", "#define VALUE 1\n");
  EXPECT_EQ(origin_at("one", text), Origin::kCompiled);
  write_old("first/a.h", "#define VALUE 2\n");
  EXPECT_EQ(origin_at("two", text), Origin::kCompiled);
  EXPECT_EQ(origin_at("three", text), Origin::kRemote);
  write_old("first/a.h", "#define VALUE 1\n");
  EXPECT_EQ(origin_at("three", text), Origin::kRemote) << "both machines' records are there";
}

TEST_F(SharedCache, IsNotBelievedWithoutItsSecret) {
  EXPECT_EQ(origin_at("one"), Origin::kCompiled);
  EXPECT_EQ(origin_at("two", kText, std::string(40, 'x')), Origin::kCompiled);
}

TEST_F(SharedCache, IsNotBelievedWhenItsEntriesAreDamagedOrSwapped) {
  EXPECT_EQ(origin_at("one"), Origin::kCompiled);
  EXPECT_EQ(origin_at("one", "int g;"), Origin::kCompiled);
  const std::string swap =
      "local names = redis.call('KEYS', '*.artifact') "
      "local value = redis.call('GET', names[1]) redis.call('SET', names[1], redis.call('GET', names[2])) "
      "redis.call('SET', names[2], value) return 'swapped'";
  EXPECT_EQ(ask({"EVAL", swap, "0"}), "swapped");
  EXPECT_EQ(origin_at("two"), Origin::kCompiled);
  EXPECT_EQ(origin_at("two", "int g;"), Origin::kCompiled);
  const std::string damage =
      "for _, name in ipairs(redis.call('KEYS', '*')) do redis.call('SETRANGE', name, 50, 'x') end return 'damaged'";
  EXPECT_EQ(ask({"EVAL", damage, "0"}), "damaged");
  EXPECT_EQ(origin_at("three"), Origin::kCompiled);
  EXPECT_EQ(origin_at("four"), Origin::kRemote) << "what was compiled again is whole again";
}

TEST_F(SharedCache, ForgetsWhatNobodyAsksFor) {
  CacheConfig short_lived = machine("one");
  short_lived.remote_ttl = 1000s;
  EXPECT_THAT(compile(job(kText), short_lived), Succeeds());
  const std::string least =
      "local least = 9999 for _, name in ipairs(redis.call('KEYS', 'graft:1:*')) do "
      "least = math.min(least, redis.call('TTL', name)) end return tostring(least > 900 and least <= 1000)";
  EXPECT_EQ(ask({"EVAL", least, "0"}), "true");
}

TEST_F(SharedCache, TakesNoEntryThatIsTooLarge) {
  CacheConfig small = machine("one");
  small.remote_entry_bytes = 500;
  EXPECT_THAT(compile(job(kText), small), Succeeds());
  EXPECT_EQ(ask({"EVAL", "return tostring(redis.call('DBSIZE'))", "0"}), "0");
}

TEST_F(SharedCache, IsFoundAgainAfterItHungUp) {
  const auto store = *RedisStore::create(machine("one"), server.url(), clock, said.tell());
  store->put(EntryKind::kArtifact, {}, std::string("body"));
  EXPECT_TRUE(store->get(EntryKind::kArtifact, {}));
  ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(store->get(EntryKind::kArtifact, {}));
  EXPECT_TRUE(said.lines().empty());
}

TEST_F(SharedCache, IsNotNeededWhenItsServerDies) {
  EXPECT_EQ(origin_at("one"), Origin::kCompiled);
  server.stop();
  EXPECT_EQ(origin_at("two"), Origin::kCompiled);
  EXPECT_EQ(origin_at("two"), Origin::kDisk);
  EXPECT_THAT(said.lines().at(0), HasSubstr("is left alone for a while: cannot connect"));
}

TEST_F(SharedCache, NeedsNoDisk) {
  CacheConfig diskless = machine("one");
  diskless.folder = "/proc/graft";
  for (const Origin origin : {Origin::kCompiled, Origin::kRemote}) {
    const auto artifact = compile(job(kText), diskless);
    ASSERT_THAT(artifact, Succeeds());
    EXPECT_EQ((*artifact).origin, origin);
  }
}

class LockedSharedCache : public Caching {
 protected:
  RedisServer server{{"--requirepass", "letmein"}};
};

TEST_F(LockedSharedCache, OpensWithItsPassword) {
  if (!server.is_up()) GTEST_SKIP() << "there is no redis-server on this machine";
  config = {.folder = folder / "one",
            .remote = "redis+unix://letmein@" + server.socket() + "?db=3",
            .remote_key = kSecret,
            .deadline = 10s};
  EXPECT_EQ(origin(kText), Origin::kCompiled);
  config.folder = folder / "two";
  EXPECT_EQ(origin(kText), Origin::kRemote);
  config.remote = "redis+unix://default:letmein@" + server.socket() + "?db=3";
  config.folder = folder / "three";
  EXPECT_EQ(origin(kText), Origin::kRemote);
  EXPECT_TRUE(said.lines().empty());
  config.remote = "redis+unix://default:wrong@" + server.socket();
  EXPECT_EQ(origin("int g;"), Origin::kCompiled);
  EXPECT_THAT(said.lines().at(0), testing::AllOf(HasSubstr("the server says: WRONGPASS"), Not(HasSubstr("default:wrong"))));
}

class SlowSharedCache : public Caching {
 protected:
  void SetUp() override {
    config.remote = server.url();
    config.remote_key = kSecret;
    auto made = RedisStore::create(config, server.url(), clock, said.tell());
    ASSERT_THAT(made, Succeeds());
    store = *std::move(made);
  }
  bool get() { return store->get(EntryKind::kArtifact, {}).has_value(); }

  SilentServer server;
  ManualClock clock;
  std::unique_ptr<RedisStore> store;
};

TEST_F(SlowSharedCache, CostsItsDeadlineOnceAndIsLeftAlone) {
  for (const auto pause : {5s, 10s, 20s}) {
    bool found = true;
    std::jthread asking([&] { found = get(); });
    for (int seen = 0; seen == 0;) seen = server.connections(); // it waits for an answer now, or soon
    clock.advance(50ms);
    asking.join();
    EXPECT_FALSE(found);
    EXPECT_FALSE(get());
    clock.advance(pause - 1ms);
    EXPECT_FALSE(get());
    EXPECT_EQ(server.connections(), 0) << "it was asked although it had been late";
    clock.advance(1ms);
  }
  EXPECT_EQ(said.lines().size(), 1u);
  EXPECT_THAT(said.lines().at(0), HasSubstr("no answer in time"));
}

TEST_F(SlowSharedCache, IsNotReadToItsEndWhenItSaysTooMuch) {
  std::jthread answering([&] { server.answer("$99999999999\r\nxxx"); });
  EXPECT_FALSE(get());
  EXPECT_THAT(said.lines().at(0), HasSubstr("an answer of more than"));
}

TEST_F(SlowSharedCache, MayAnswerNonsense) {
  for (const char *nonsense :
       {"?!\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "$3\r\nabc\r\n", ":5\r\n", "+OK\r\n", "-ERR no\r\n"}) {
    std::jthread answering([&] { server.answer(nonsense); });
    EXPECT_FALSE(get()) << nonsense;
    answering.join();
    store = *RedisStore::create(config, server.url(), clock, said.tell());
  }
}

TEST_F(Caching, OfManyMachinesIsRefusedWithoutASecret) {
  config.remote = "redis://127.0.0.1";
  EXPECT_THAT(driver::Compiler::create({.cache = config}),
              FailsWith(Code::kInvalid, HasSubstr("needs a secret that its users share; make one with")));
}

TEST_F(Caching, OfManyMachinesThatTheEnvironmentAsksForIsLeftOutWithoutASecret) {
  const char *before = std::getenv("GRAFT_CACHE");
  const std::string was = before != nullptr ? before : "";
  ::setenv("GRAFT_CACHE", "redis://127.0.0.1", 1);
  EXPECT_EQ(origin(kText), Origin::kCompiled);
  EXPECT_EQ(origin(kText), Origin::kDisk);
  EXPECT_THAT(said.lines().at(0), HasSubstr("needs a secret"));
  ::setenv("GRAFT_CACHE", was.c_str(), 1);
}

TEST_F(Caching, OfManyMachinesMayBeOnAHostThatNobodyKnows) {
  if (kThreadSanitized) GTEST_SKIP() << kLooksUpElsewhere;
  config.remote = "redis://there.is.no.such.host.invalid";
  config.remote_key = kSecret;
  EXPECT_EQ(origin(kText), Origin::kCompiled);
  EXPECT_EQ(said.lines().size(), 1u);
}

} // namespace
} // namespace graft::test
