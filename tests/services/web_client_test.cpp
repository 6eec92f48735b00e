// The web client on libcurl, asked through graft.http, against a server of our own on the loopback.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <thread>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::Succeeds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

struct WebClientTest : testing::Test {
  httplib::Server server;
  int port = 0;
  std::jthread thread;
  std::atomic<int> elsewhere{0};
  std::atomic<bool> is_over{false};
  std::unique_ptr<WebClient> client = *make_web_client();

  void SetUp() override {
    server.Get("/hello", [](const httplib::Request &request, httplib::Response &response) {
      response.set_header("X-Seen", request.get_header_value("X-Kind"));
      response.set_content("hello", "text/plain");
    });
    server.Post("/echo", [](const httplib::Request &request, httplib::Response &response) {
      response.set_content(request.body, "text/plain");
    });
    server.Get("/away", [](const httplib::Request &, httplib::Response &response) { response.set_redirect("/elsewhere"); });
    server.Get("/elsewhere",
               [this](const httplib::Request &, httplib::Response &) { elsewhere.fetch_add(1, std::memory_order_relaxed); });
    server.Get("/slow", [this](const httplib::Request &, httplib::Response &) {
      while (!is_over.load(std::memory_order_acquire)) std::this_thread::yield(); // pairs with TearDown: no client waits that long
    });
    port = server.bind_to_any_port("127.0.0.1");
    ASSERT_GT(port, 0);
    thread = std::jthread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  void TearDown() override {
    is_over.store(true, std::memory_order_release); // pairs with what is slow: `stop` waits for it
    server.stop();
  }

  WebRequest request(const std::string &path, const std::string &method = "GET") const {
    WebRequest request;
    request.method = method;
    request.address = *parse_web_address("http://127.0.0.1:" + std::to_string(port) + path);
    request.timeout = 20s;
    request.most_bytes = 1000;
    return request;
  }
};

TEST_F(WebClientTest, GetsAnAnswerWithItsHeaders) {
  WebRequest asked = request("/hello");
  asked.headers = {{"X-Kind", "test"}};
  const auto answer = client->send(asked);
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_THAT(answer->headers, Contains(Pair("X-Seen", "test")));
}

TEST_F(WebClientTest, SendsABody) {
  WebRequest asked = request("/echo", "POST");
  asked.body = std::string("a\0b", 3);
  EXPECT_EQ(client->send(asked)->body, asked.body);
}

TEST_F(WebClientTest, FollowsNoRedirection) {
  const auto answer = client->send(request("/away"));
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer->status, 302u);
  EXPECT_EQ(elsewhere.load(std::memory_order_relaxed), 0);
}

TEST_F(WebClientTest, AnAnswerThatIsTooLargeIsItsOwnCode) {
  WebRequest asked = request("/hello");
  asked.most_bytes = 4;
  EXPECT_THAT(client->send(asked), FailsWith(Code::kPayloadLimit, HasSubstr("more than 4 bytes")));
}

TEST_F(WebClientTest, AServerThatDoesNotAnswerIsATimeout) {
  WebRequest asked = request("/slow");
  asked.timeout = 50ms;
  EXPECT_THAT(client->send(asked), FailsWith(Code::kTimeout, HasSubstr("did not answer in 50 ms")));
}

TEST_F(WebClientTest, NobodyThereIsTheEnvironment) {
  server.stop();
  thread.join();
  EXPECT_THAT(client->send(request("/hello")), FailsWith(Code::kEnvironment, HasSubstr("127.0.0.1")));
}

} // namespace
} // namespace graft
