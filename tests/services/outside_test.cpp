// The web, databases and the cache: what reaches the host's own engines, and what is refused before.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>
#include <graft/service/services.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct RecordingClient final : WebClient {
  std::vector<std::string> &asked;
  explicit RecordingClient(std::vector<std::string> &asked) : asked(asked) {}
  Result<WebResponse> send(const WebRequest &request) override {
    asked.push_back(request.bundle + " " + request.method + " " + to_string(request.address) + " " + request.body);
    if (request.address.path == "/throw") throw std::runtime_error("out of order");
    if (request.address.path == "/large") return WebResponse{200, {}, std::string(request.most_bytes + 1, 'x')};
    return WebResponse{201, {{"Kind", "test"}}, "answer"};
  }
};

struct EchoEngine final : QueryEngine {
  Result<std::string> run(std::string_view bundle, std::string_view database, std::string_view query,
                          std::span<const std::string_view> values) override {
    std::string text = std::string(bundle) + "|" + std::string(database) + "|" + std::string(query);
    for (const std::string_view value : values) text += "|" + std::string(value);
    return text;
  }
};

struct MapCache final : CacheEngine {
  std::map<std::string, std::string> kept;
  static std::string name(std::string_view region, std::string_view key) {
    return std::string(region) + "/" + std::string(key);
  }
  Result<std::string> get(std::string_view region, std::string_view key) override {
    const auto found = kept.find(name(region, key));
    if (found == kept.end()) return error(Code::kNotFound, "not cached");
    return found->second;
  }
  Result<void> set(std::string_view region, std::string_view key, std::string_view value,
                   std::chrono::nanoseconds) override {
    kept[name(region, key)] = value;
    return {};
  }
  Result<void> remove(std::string_view region, std::string_view key) override {
    if (kept.erase(name(region, key)) == 0) return error(Code::kNotFound, "not cached");
    return {};
  }
};

/// The services as the host itself uses them: it is a bundle without a name.
struct Outside : testing::Test {
  std::vector<std::string> asked;
  std::unique_ptr<Runtime> runtime = *Runtime::create();

  void SetUp() override {
    ServicesConfig services;
    services.payload_bytes = 100;
    services.access[""] = {.http = {"https://api.example.com/v1", ".example.org", "api.example.com:8080"},
                           .query = {"orders"},
                           .cache = {"pages"}};
    services.web = std::make_unique<RecordingClient>(asked);
    services.query = std::make_unique<EchoEngine>();
    services.cache = std::make_unique<MapCache>();
    ASSERT_THAT(runtime->offer_services(std::move(services)), Succeeds());
  }

  template <class C>
  std::pair<const C *, graft_service> acquire() const {
    graft_service service{};
    const graft_contract_info info = graft_contract_of(static_cast<const C *>(nullptr));
    EXPECT_EQ(runtime->host().acquire(&runtime->host(), graft_str_of(info.name), info.major, info.minor, &service),
              GRAFT_OK);
    return {static_cast<const C *>(service.table), service};
  }
  void give_back(graft_service service) const { runtime->host().give_back(&runtime->host(), &service); }

  struct Answer {
    graft_status status;
    unsigned http;
    std::string headers, body, error;
  };
  Answer send(const std::string &url, const std::string &method = "GET", std::vector<graft_str> headers = {},
              const std::string &body = {}) const {
    const auto [http, service] = acquire<graft_http>();
    const graft_http_request request{sizeof(graft_http_request),
                                     0,
                                     {method.data(), method.size()},
                                     {url.data(), url.size()},
                                     headers.data(),
                                     headers.size(),
                                     {body.data(), body.size()}};
    graft_http_response response{};
    response.struct_size = sizeof response;
    const graft_status status = http->send(service.self, &request, &response);
    Answer answer{status,
                  response.status,
                  {response.headers.data, response.headers.size},
                  {response.body.data, response.body.size},
                  last_error()};
    graft_buf_free(&runtime->host(), &response.headers);
    graft_buf_free(&runtime->host(), &response.body);
    give_back(service);
    return answer;
  }
  std::string last_error() const {
    char text[512];
    runtime->host().last_error(&runtime->host(), text, sizeof text);
    return text;
  }
};

TEST_F(Outside, WhatIsAllowedIsAskedForInItsOneSpelling) {
  const Answer answer = send("HTTPS://API.example.com.:443/x/../v1/%61", "POST", {}, "body");
  EXPECT_EQ(answer.status, GRAFT_OK);
  EXPECT_EQ(answer.http, 201u);
  EXPECT_EQ(answer.headers, "Kind: test\n");
  EXPECT_EQ(answer.body, "answer");
  EXPECT_THAT(asked, ElementsAre(" POST https://api.example.com/v1/a body"));
}

TEST_F(Outside, WhatIsNotAllowedNeverReachesTheClient) {
  for (const char *url : {"https://api.example.com/", "https://api.example.com/v1/../v2", "http://api.example.com/v1",
                          "https://api.example.com:444/v1", "https://example.org/", "https://evilexample.org/",
                          "https://api.example.com.evil.net/v1"}) {
    const Answer answer = send(url);
    EXPECT_EQ(answer.status, GRAFT_REFUSED) << url;
    EXPECT_THAT(answer.error, HasSubstr("may not reach"));
  }
  for (const char *url : {"https://api.example.com@evil.net/v1", "https://api.example.com\\.evil.net/v1",
                          "https://api.example.com/v1/%2e%2e%2fv2"})
    EXPECT_EQ(send(url).status, GRAFT_INVALID) << url;
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(Outside, HeadersCannotSmuggle) {
  const auto with = [&](const char *name, const char *value) {
    return send("https://a.example.org/", "GET", {graft_str_of(name), graft_str_of(value)}).status;
  };
  EXPECT_EQ(with("X-Kind", "fine"), GRAFT_OK);
  EXPECT_EQ(with("X-Kind", "a\r\nHost: evil.net"), GRAFT_INVALID);
  EXPECT_EQ(with("X-Kind: x\r\nHost", "evil.net"), GRAFT_INVALID);
  EXPECT_EQ(with("Host", "evil.net"), GRAFT_INVALID);
  EXPECT_EQ(with("content-LENGTH", "0"), GRAFT_INVALID);
  EXPECT_EQ(with("", "x"), GRAFT_INVALID);
  EXPECT_EQ(send("https://a.example.org/", "GET /x HTTP/1.1\r\nHost: evil.net\r\n\r\nGET").status, GRAFT_INVALID);
  EXPECT_EQ(send("https://a.example.org/", "CONNECT").status, GRAFT_INVALID);
}

TEST_F(Outside, TooMuchEitherWayIsItsOwnCode) {
  EXPECT_EQ(send("https://a.example.org/", "POST", {}, std::string(100, 'x')).status, GRAFT_OK);
  const Answer answer = send("https://a.example.org/", "POST", {}, std::string(101, 'x'));
  EXPECT_EQ(answer.status, GRAFT_PAYLOAD_LIMIT);
  EXPECT_THAT(answer.error, HasSubstr("a request's body has 101 bytes, at most 100"));
  EXPECT_EQ(send("https://a.example.org/large").status, GRAFT_PAYLOAD_LIMIT);
}

TEST_F(Outside, WhatTheHostsEngineThrowsIsAnError) {
  const Answer answer = send("https://a.example.org/throw");
  EXPECT_EQ(answer.status, GRAFT_EXCEPTION);
  EXPECT_THAT(answer.error, HasSubstr("out of order"));
}

TEST_F(Outside, AQueryReachesTheDatabasesThatAreAllowed) {
  const auto [query, service] = acquire<graft_query>();
  graft_buf out{};
  const graft_str values[] = {graft_str_of("1"), graft_str_of("two")};
  EXPECT_EQ(query->run(service.self, graft_str_of("orders"), graft_str_of("select"), values, 2, &out), GRAFT_OK);
  EXPECT_EQ(std::string(out.data, out.size), "|orders|select|1|two");
  EXPECT_EQ(query->run(service.self, graft_str_of("Orders"), graft_str_of("select"), nullptr, 0, &out), GRAFT_REFUSED);
  EXPECT_EQ(query->run(service.self, graft_str_of("orders"), {std::string(101, 'x').c_str(), 101}, nullptr, 0, &out),
            GRAFT_PAYLOAD_LIMIT);
  graft_buf_free(&runtime->host(), &out);
  give_back(service);
}

TEST_F(Outside, TheCacheKeepsWhatIsInTheAllowedRegions) {
  const auto [cache, service] = acquire<graft_cache>();
  graft_buf out{};
  EXPECT_EQ(cache->get(service.self, graft_str_of("pages"), graft_str_of("k"), &out), GRAFT_NOT_FOUND);
  EXPECT_EQ(cache->set(service.self, graft_str_of("pages"), graft_str_of("k"), graft_str_of("v"), 0), GRAFT_OK);
  EXPECT_EQ(cache->get(service.self, graft_str_of("pages"), graft_str_of("k"), &out), GRAFT_OK);
  EXPECT_EQ(std::string(out.data, out.size), "v");
  EXPECT_EQ(cache->remove(service.self, graft_str_of("pages"), graft_str_of("k")), GRAFT_OK);
  EXPECT_EQ(cache->remove(service.self, graft_str_of("secrets"), graft_str_of("k")), GRAFT_REFUSED);
  graft_buf_free(&runtime->host(), &out);
  give_back(service);
}

TEST(OutsideUnplugged, WhatTheHostDoesNotHaveIsUnsupported) {
  auto runtime = Runtime::create();
  ServicesConfig services;
  services.access[""] = {.http = {"a.example"}, .query = {"orders"}, .cache = {"pages"}};
  ASSERT_THAT(runtime->offer_services(std::move(services)), Succeeds());
  graft_service service{};
  ASSERT_EQ(runtime->host().acquire(&runtime->host(), graft_str_of("graft.cache"), 1, 0, &service), GRAFT_OK);
  EXPECT_EQ(static_cast<const graft_cache *>(service.table)->remove(service.self, graft_str_of("pages"), graft_str_of("k")),
            GRAFT_UNSUPPORTED);
  runtime->host().give_back(&runtime->host(), &service);
}

TEST(OutsideUnplugged, AnAllowListThatMakesNoSenseIsRefusedAtOnce) {
  auto runtime = Runtime::create();
  ServicesConfig services;
  services.access["billing"].http = {"*.example.com"};
  EXPECT_THAT(runtime->offer_services(std::move(services)),
              FailsWith(Code::kInvalid, HasSubstr("what bundle 'billing' may reach")));
}

} // namespace
} // namespace graft
