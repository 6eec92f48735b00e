// Clients that lie, stall, flood and vanish: the host goes on answering.
#include "seed.hpp"
#include "serving.hpp"

#include <random>

namespace graft {
namespace {

using test::RawClient;
using testing::HasSubstr;

class ServeFuzz : public test::Serving {};

TEST_F(ServeFuzz, RandomBytesAreAnsweredOrDropped) {
  std::mt19937 random(test::seed_of_run());
  const std::string words[] = {"{\"graft\":1,\"do\":\"",
                               "ps\"",
                               "reload",
                               "\"bundles\":",
                               "[",
                               "]",
                               "{",
                               "}",
                               ":",
                               ",",
                               "\"",
                               "\n",
                               "1e999",
                               "-",
                               "\\u0000",
                               "null",
                               "\xff\xfe",
                               "\"id\":",
                               "subscribe"};
  for (int client = 0; client < 200; ++client) {
    RawClient raw(socket);
    std::string bytes;
    for (std::size_t part = random() % 60; part > 0; --part) {
      if (random() % 4 == 0)
        bytes.push_back(static_cast<char>(random()));
      else
        bytes += words[random() % std::size(words)];
    }
    raw.send(bytes + (random() % 2 == 0 ? "\n" : ""));
    if (random() % 3 == 0) raw.end();
  }
  clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(ps()["ok"], true);
}

TEST_F(ServeFuzz, AThousandConnectsDoNotStopIt) {
  for (int client = 0; client < 1000; ++client) {
    RawClient raw(socket);
    if (client % 2 == 0) raw.send("{\"graft\":1,");
  }
  EXPECT_EQ(ps()["ok"], true);
}

TEST_F(ServeFuzz, WhoOnlyConnectsIsLetGo) {
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int client = 0; client < 32; ++client) idle.push_back(std::make_unique<RawClient>(socket));
  RawClient late(socket);
  EXPECT_THAT(late.line(), HasSubstr("already speaks with 32 clients"));
  clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(idle.front()->line(), "");
  EXPECT_EQ(idle.back()->line(), "");
  EXPECT_EQ(ps()["ok"], true);
}

TEST_F(ServeFuzz, ALineThatNeverEndsIsRefused) {
  RawClient raw(socket);
  for (int part = 0; part < 100; ++part) raw.send(std::string(1024, 'x'));
  EXPECT_THAT(raw.line(), HasSubstr("a request of more than 65536 bytes"));
  EXPECT_EQ(raw.line(), "");
  EXPECT_EQ(ps()["ok"], true);
}

TEST_F(ServeFuzz, ALineInPiecesIsARequest) {
  RawClient raw(socket);
  for (const char *piece : {"{\"graft\"", ":1,\"do\":", "\"ps\"", "}\n"}) raw.send(piece);
  EXPECT_THAT(raw.line(), HasSubstr("\"ok\":true"));
}

TEST_F(ServeFuzz, DeepNestingIsNoTrap) {
  RawClient raw(socket);
  raw.send("{\"graft\":1,\"id\":" + std::string(30'000, '[') + std::string(30'000, ']') + ",\"do\":\"ps\"}\n");
  EXPECT_THAT(raw.line(), HasSubstr("\"ok\":true"));
}

TEST_F(ServeFuzz, WhoNeverReadsStallsNobody) {
  RawClient deaf(socket), subscriber(socket);
  for (int request = 0; request < 20'000; ++request) deaf.send("{\"graft\":1,\"do\":\"ps\"}\n");
  subscriber.send("{\"graft\":1,\"do\":\"subscribe\"}\n");
  EXPECT_THAT(subscriber.line(), HasSubstr("subscribed"));
  const std::string broken(2'000, '?');
  for (int reload = 0; reload < 20; ++reload)
    EXPECT_FALSE(runtime->reload(test::text("b", "int " + broken + ";"))); // events that nobody reads
  EXPECT_EQ(ps()["ok"], true);
}

} // namespace
} // namespace graft
