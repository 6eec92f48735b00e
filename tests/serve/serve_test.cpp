// What a host that serves answers, and whom.
#include "serving.hpp"

#include <sys/stat.h>

#include <atomic>
#include <thread>

namespace graft {
namespace {

using test::FailsWith;
using test::Json;
using test::number_text;
using test::RawClient;
using test::Succeeds;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Serve : public test::Serving {};

TEST_F(Serve, PsSaysWhichGenerationsRunAndWhatMadeThem) {
  const Json answer = ps();
  EXPECT_EQ(answer["graft"], 1);
  EXPECT_EQ(answer["id"], 7);
  EXPECT_EQ(answer["ok"], true);
  EXPECT_EQ(answer["result"]["pid"], ::getpid());
  const Json bundle = answer["result"]["bundles"][0];
  EXPECT_EQ(bundle["name"], "b");
  EXPECT_EQ(bundle["generation"], 1);
  EXPECT_EQ(bundle["source"], short_text(runtime->bundles()[0].source));
}

TEST_F(Serve, PsSaysWhatIsPausedAndWhatCouldNotBeLoaded) {
  ASSERT_THAT(runtime->pause("b"), Succeeds());
  EXPECT_THAT(runtime->load(test::text("broken", "no C at all")), testing::Not(Succeeds()));
  const Json result = ps()["result"];
  EXPECT_EQ(result["bundles"][0]["state"], "paused");
  EXPECT_EQ(result["failed"][0]["name"], "broken");
}

TEST_F(Serve, PsSaysWhoHoldsReplacedCodeWhenItIsAskedFor) {
  auto bound = runtime->bind<test_number>();
  const auto pin = (*bound).pin();
  folder.write("b/b.c", number_text(2));
  ask_for(R"({"graft":1,"do":"reload","bundles":["b"]})");
  EXPECT_FALSE(ps()["result"].contains("holders"));
  const Json holder = ask_for(R"({"graft":1,"do":"ps","holders":true})")["result"]["holders"][0];
  EXPECT_EQ(holder["kind"], "call");
  EXPECT_EQ(holder["generation"], 1);
  EXPECT_EQ(holder["thread"], ::gettid());
}

TEST_F(Serve, AReloadThatIsAskedForIsLive) {
  folder.write("b/b.c", number_text(2));
  const Json answer = ask_for(R"({"graft":1,"do":"reload","bundles":["b"]})");
  EXPECT_EQ(answer["result"]["bundles"][0]["generation"], 2);
  EXPECT_EQ(runtime->bind<test_number>()->number(), 2);
  EXPECT_EQ(ask_for(R"({"graft":1,"do":"reload"})")["error"]["code"], "unchanged");
}

TEST_F(Serve, AReloadThatFailsIsAnsweredWithItsDiagnostics) {
  folder.write("b/b.c", "int x = ;\n");
  const Json answer = ask_for(R"({"graft":1,"do":"reload","bundles":["b"]})");
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["error"]["diagnostics"][0]["line"], 1);
  EXPECT_EQ(runtime->bind<test_number>()->number(), 1);
}

TEST_F(Serve, APlanThatIsAskedForIsToldAndChangesNothing) {
  folder.write("b/b.c", number_text(2) + "GRAFT_KEEP static int n;\n");
  const Json answer = ask_for(R"({"graft":1,"do":"plan","bundles":["b"]})");
  EXPECT_EQ(answer["result"]["plans"][0]["bundle"], "b");
  EXPECT_EQ(answer["result"]["plans"][0]["items"][0]["path"], "n");
  EXPECT_EQ(runtime->bind<test_number>()->number(), 1);
}

TEST_F(Serve, ARollbackThatIsAskedForIsLive) {
  folder.write("b/b.c", number_text(2));
  ask_for(R"({"graft":1,"do":"reload","bundles":["b"]})");
  const Json answer = ask_for(R"({"graft":1,"do":"rollback","bundles":["b"]})");
  EXPECT_EQ(answer["result"]["bundles"][0]["generation"], 3);
  EXPECT_EQ(runtime->bind<test_number>()->number(), 1);
  EXPECT_EQ(ask_for(R"({"graft":1,"do":"rollback","bundles":["b"],"steps":9})")["error"]["code"], "not found");
}

TEST_F(Serve, AnUnloadThatIsAskedForIsDone) {
  EXPECT_EQ(ask_for(R"({"graft":1,"do":"unload","bundles":["b"]})")["ok"], true);
  EXPECT_TRUE(runtime->bundles().empty());
  EXPECT_EQ(ask_for(R"({"graft":1,"do":"unload","bundles":["b"]})")["error"]["code"], "not found");
}

TEST_F(Serve, WhatItDoesNotUnderstandIsRefusedWithASentence) {
  const auto refusal = [&](const std::string &request) { return ask_for(request)["error"]["message"].get<std::string>(); };
  EXPECT_THAT(refusal("hello"), HasSubstr("one JSON object a line"));
  EXPECT_THAT(refusal(R"({"do":"ps"})"), HasSubstr("speaks protocol 1"));
  EXPECT_THAT(refusal(R"({"graft":2,"do":"ps"})"), HasSubstr("speaks protocol 1"));
  EXPECT_THAT(refusal(R"({"graft":1,"do":"explode"})"), HasSubstr("'explode' was asked for"));
  EXPECT_THAT(refusal(R"({"graft":1,"do":"reload","bundles":[1]})"), HasSubstr("\"bundles\" is a list of names"));
  EXPECT_THAT(refusal(R"({"graft":1,"do":"reload","force":"yes"})"), HasSubstr("\"force\" is true or false"));
  EXPECT_THAT(refusal(R"({"graft":1,"do":"ps","holders":1})"), HasSubstr("\"holders\" is true or false"));
  EXPECT_THAT(refusal(R"({"graft":1,"do":"rollback"})"), HasSubstr("rollback needs \"bundles\""));
  EXPECT_THAT(refusal(R"({"graft":1,"do":"rollback","bundles":["b"],"steps":-1})"), HasSubstr("\"steps\" is a number"));
  EXPECT_THAT(refusal(R"({"graft":1,"do":"unload"})"), HasSubstr("unload needs \"bundles\""));
}

TEST_F(Serve, ASubscriberIsToldOfEveryPhase) {
  RawClient client(socket);
  client.send("{\"graft\":1,\"do\":\"subscribe\"}\n");
  ASSERT_THAT(client.line(), HasSubstr("\"subscribed\":true"));
  folder.write("b/b.c", number_text(3));
  const auto info = runtime->reload("b");
  ASSERT_THAT(info, Succeeds());
  EXPECT_EQ(Json::parse(client.line())["event"], "preparing");
  const Json reloaded = Json::parse(client.line());
  EXPECT_EQ(reloaded["event"], "reloaded");
  EXPECT_EQ(reloaded["generation"], info->generation);
  EXPECT_EQ(reloaded["source"], short_text(info->source));
}

TEST_F(Serve, PsIsAnsweredWhileAReloadRuns) {
  std::atomic<bool> asked{false};
  runtime->listen([&](const Event &event) { // the point: the reload holds the token
    if (event.phase == Phase::kPreparing && !asked.exchange(true)) EXPECT_EQ(ps()["result"]["bundles"][0]["generation"], 1);
  });
  folder.write("b/b.c", number_text(4));
  EXPECT_EQ(ask_for(R"({"graft":1,"do":"reload"})")["ok"], true);
  EXPECT_TRUE(asked);
}

TEST_F(Serve, WhoEndsItsHalfOfTheLineIsStillAnswered) {
  RawClient client(socket);
  folder.write("b/b.c", number_text(5));
  client.send("{\"graft\":1,\"do\":\"reload\"}\n{\"graft\":1,\"do\":\"ps\"}\n");
  client.end();
  EXPECT_THAT(client.line(), HasSubstr("\"times_ns\""));
  EXPECT_THAT(client.line(), HasSubstr("\"pid\""));
  EXPECT_EQ(client.line(), "");
}

TEST_F(Serve, TheSocketIsItsUsersOnly) {
  struct stat status = {};
  ASSERT_EQ(::stat(socket.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const fs::path open = folder.path() / "open";
  fs::create_directory(open);
  fs::permissions(open, static_cast<fs::perms>(0755));
  auto other = Runtime::create();
  EXPECT_THAT(other->serve({.socket = open / "s.sock"}), FailsWith(Code::kRefused, HasSubstr("is open to others")));
  EXPECT_THAT(other->serve({.socket = folder.path() / std::string(200, 'x')}),
              FailsWith(Code::kInvalid, HasSubstr("107 fit")));
}

TEST_F(Serve, ASocketThatSomebodyListensAtIsNotTaken) {
  auto other = Runtime::create();
  EXPECT_THAT(other->serve({.socket = socket}), FailsWith(Code::kConflict, HasSubstr("another host serves")));
  EXPECT_THAT(runtime->serve({.socket = folder.path() / "two"}), FailsWith(Code::kConflict, HasSubstr("serves already")));
  const fs::path file = folder.write("file", "precious");
  EXPECT_THAT(other->serve({.socket = file}), FailsWith(Code::kConflict, HasSubstr("is no socket")));
}

TEST_F(Serve, WhatIsLeftOfAHostThatIsGoneIsReplaced) {
  const std::string stale = (folder.path() / "stale").string();
  fs::create_hard_link(socket, stale); // stays when the host's own name goes
  runtime->stop_serving();
  EXPECT_FALSE(fs::exists(socket));
  EXPECT_THAT(ask(stale, "{}"), FailsWith(Code::kNotFound, HasSubstr("no host answers")));
  EXPECT_THAT(runtime->serve({.socket = stale}), Succeeds());
  EXPECT_THAT(ask(stale, "{}"), Succeeds());
}

TEST_F(Serve, HostsOfOneUserFindEachOther) {
  ::setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1);
  auto one = Runtime::create(), two = Runtime::create();
  const auto first = one->serve(), second = two->serve();
  ASSERT_THAT(first, Succeeds());
  ASSERT_THAT(second, Succeeds());
  const fs::path stale = folder.path() / "graft/1.sock";
  fs::create_hard_link(*first, stale);
  one->stop_serving();
  const auto hosts = served_hosts();
  ASSERT_THAT(hosts, Succeeds());
  ASSERT_EQ(hosts->size(), 1u);
  EXPECT_EQ(hosts->at(0).socket, *second);
  EXPECT_EQ(hosts->at(0).pid, ::getpid());
  EXPECT_FALSE(fs::exists(stale));
  ::unsetenv("XDG_RUNTIME_DIR");
}

} // namespace
} // namespace graft
