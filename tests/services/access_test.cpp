// Web addresses and the lists they are held against: every trick by which a check and a connection have meant different
// servers.
#include "matchers.hpp"

#include <graft/access.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

std::string canonical(std::string_view text) {
  auto address = parse_web_address(text);
  return address ? to_string(*address) : address.error().message;
}

bool may(std::string_view rule, std::string_view address) {
  auto parsed = parse_web_rule(rule);
  EXPECT_THAT(parsed, Succeeds());
  auto read = parse_web_address(address);
  return parsed && read && allows(*parsed, *read);
}

TEST(WebAddress, HasOneSpelling) {
  const std::vector<std::pair<const char *, const char *>> spellings = {
      {"HTTPS://API.Example.COM", "https://api.example.com/"},
      {"https://api.example.com:443/a", "https://api.example.com/a"},
      {"http://api.example.com:443/a", "http://api.example.com:443/a"},
      {"http://a.example./x", "http://a.example/x"},
      {"http://a.example/x/./y/../z", "http://a.example/x/z"},
      {"http://a.example/../../x", "http://a.example/x"},
      {"http://a.example/x/..", "http://a.example/"},
      {"http://a.example/%2e%2E/x", "http://a.example/x"},
      {"http://a.example/x/%2e%2e/y", "http://a.example/y"},
      {"http://a.example/%41%7ex%20y", "http://a.example/A~x%20y"},
      {"http://a.example/caf%c3%a9", "http://a.example/caf%C3%A9"},
      {"http://a.example/x?y=/../z#part", "http://a.example/x?y=/../z"},
      {"http://a.example?y", "http://a.example/?y"},
      {"http://a.example#@b.example/", "http://a.example/"},
      {"http://127.0.0.1:8080/", "http://127.0.0.1:8080/"},
      {"http://[::1]:80/", "http://[::1]/"},
      {"http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"},
      {"http://[::FFFF:1.2.3.4]/", "http://[::ffff:1.2.3.4]/"},
      {"http://a_b.example/", "http://a_b.example/"},
  };
  for (const auto &[text, wanted] : spellings) EXPECT_EQ(canonical(text), wanted) << text;
}

TEST(WebAddress, WhatCouldBeReadInTwoWaysIsRefused) {
  const std::vector<std::pair<std::string, const char *>> tricks = {
      {"http://allowed.example@evil.example/", "user name"},
      {"http://allowed.example/v1/..;/x", "parameter behind dots"},
      {"http://allowed.example/v1/%2e%2e;a=b/x", "parameter behind dots"},
      {"http://evil.example\\@allowed.example/", "back slash"},
      {"http://allowed.example:80@evil.example/", "user name"},
      {"http://allowed.example%40evil.example/", "no name of letters"},
      {"http://evil.example%2f.allowed.example/", "no name of letters"},
      {"http://evil.example%00.allowed.example/", "no name of letters"},
      {std::string("http://evil.example\0.allowed.example/", 38), "control character"},
      {"http://evil.example /", "blank"},
      {"http://evil.example\r\nHost: allowed.example/", "blank"},
      {"http://\xef\xbd\x85vil.example/", "not ASCII"},
      {"http://evil\xe3\x80\x82"
       "example/",
       "not ASCII"},
      {"http:\\\\evil.example/", "back slash"},
      {"http://a.example/x%2f..%2fy", "hides a separator"},
      {"http://a.example/x%5c..%5cy", "hides a separator"},
      {"http://a.example/%252e%252e/", "hides a separator"},
      {"http://a.example/x%00y", "hides a separator"},
      {"http://a.example/x%0d%0ay", "hides a separator"},
      {"http://a.example/%zz", "two hexadecimal digits"},
      {"http://a.example/%4", "two hexadecimal digits"},
      {"http://a.example//x", "empty segment"},
      {"http://a.example/x/%2e%2e//y", "empty segment"},
      {"http://0x7f000001/", "number"},
      {"http://2130706433/", "number"},
      {"http://127.1/", "number"},
      {"http://0177.0.0.1/", "number"},
      {"http://127.0.0.01/", "number"},
      {"http://1.2.3.4.5/", "number"},
      {"http://1.2.3.256/", "number"},
      {"http://a.0x1/", "number"},
      {"http://[::1/", "bracket"},
      {"http://[::1%25eth0]/", "no IPv6 address"},
      {"http://[1.2.3.4]/", "no IPv6 address"},
      {"http://[::1]x/", "bracket"},
      {"http://a.example:/", "no port"},
      {"http://a.example:0/", "1 to 65535"},
      {"http://a.example:080/", "1 to 65535"},
      {"http://a.example:65536/", "1 to 65535"},
      {"http://a.example:+80/", "1 to 65535"},
      {"http://a.example:80:81/", "1 to 65535"},
      {"http://a..example/", "no name of letters"},
      {"http://.a.example/", "no name of letters"},
      {"http://a.example../", "no name of letters"},
      {"http:///x", "names no host"},
      {"http://./", "names no host"},
      {"http://*.example/", "no name of letters"},
      {"//a.example/", "begin with http"},
      {"a.example", "begin with http"},
      {"file:///etc/passwd", "neither http nor https"},
      {"gopher://a.example/", "neither http nor https"},
      {"javascript://a.example/", "neither http nor https"},
      {" http://a.example/", "blank"},
      {"http://" + std::string(254, 'a') + "/", "253"},
      {"http://" + std::string(64, 'a') + ".example/", "no name of letters"},
      {"http://a.example/" + std::string(9000, 'a'), "8192"},
  };
  for (const auto &[text, why] : tricks)
    EXPECT_THAT(parse_web_address(text), FailsWith(Code::kInvalid, HasSubstr(why))) << text;
}

TEST(WebAddress, AMessageShowsNoControlCharacter) {
  const auto failed = parse_web_address("http://a\x1b[2Jb/");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message.find('\x1b'), std::string::npos);
}

TEST(WebRule, AHostIsThatHostAlone) {
  EXPECT_TRUE(may("api.example.com", "https://api.example.com/x"));
  EXPECT_TRUE(may("API.example.com", "https://api.EXAMPLE.com./x"));
  EXPECT_FALSE(may("api.example.com", "https://example.com/"));
  EXPECT_FALSE(may("api.example.com", "https://x.api.example.com/"));
  EXPECT_FALSE(may("api.example.com", "https://api.example.com.evil.net/"));
  EXPECT_FALSE(may("api.example.com", "https://apixexample.com/"));
}

TEST(WebRule, ASuffixIsEveryHostBelowAndNeedsItsDot) {
  EXPECT_TRUE(may(".example.com", "https://a.example.com/"));
  EXPECT_TRUE(may(".example.com", "https://b.a.example.com/"));
  EXPECT_FALSE(may(".example.com", "https://example.com/"));
  EXPECT_FALSE(may(".example.com", "https://evilexample.com/"));
  EXPECT_FALSE(may(".example.com", "https://example.com.evil.net/"));
}

TEST(WebRule, ThePortIsTheSchemesOrTheOneThatItNames) {
  EXPECT_TRUE(may("a.example", "http://a.example:80/"));
  EXPECT_FALSE(may("a.example", "http://a.example:8080/"));
  EXPECT_FALSE(may("a.example", "https://a.example:80/"));
  EXPECT_TRUE(may("a.example:8080", "http://a.example:8080/"));
  EXPECT_FALSE(may("a.example:8080", "http://a.example/"));
}

TEST(WebRule, ASchemeIsAskedForWhereItIsNamed) {
  EXPECT_TRUE(may("a.example", "http://a.example/"));
  EXPECT_TRUE(may("https://a.example", "https://a.example/"));
  EXPECT_FALSE(may("https://a.example", "http://a.example/"));
}

TEST(WebRule, APathIsThatFolderAndWhatIsBelow) {
  EXPECT_TRUE(may("a.example/v1", "http://a.example/v1"));
  EXPECT_TRUE(may("a.example/v1", "http://a.example/v1/x"));
  EXPECT_TRUE(may("a.example/v1/", "http://a.example/v1/x"));
  EXPECT_TRUE(may("a.example/v1", "http://a.example/v1?x=1"));
  EXPECT_FALSE(may("a.example/v1", "http://a.example/v12"));
  EXPECT_FALSE(may("a.example/v1", "http://a.example/"));
  EXPECT_FALSE(may("a.example/v1", "http://a.example/v1/../secret"));
  EXPECT_FALSE(may("a.example/v1", "http://a.example/v1/%2e%2e/secret"));
  EXPECT_FALSE(may("a.example/v1", "http://a.example/V1"));
}

TEST(WebRule, AnAddressIsAllowedInOneSpelling) {
  EXPECT_TRUE(may("127.0.0.1:8080", "http://127.0.0.1:8080/"));
  EXPECT_TRUE(may("[::1]", "http://[0::1]/"));
  EXPECT_FALSE(may("127.0.0.1", "http://[::ffff:127.0.0.1]/"));
  EXPECT_FALSE(may("127.0.0.1", "http://localhost/"));
}

TEST(WebRule, WhatIsNoRuleIsRefused) {
  for (const char *text : {"", "*", "*.example.com", "a.example?x", "user@a.example", ".", ".127.0.0.1", ".[::1]",
                           "ftp://a.example", "a.example:x", "a.example/%2f"})
    EXPECT_EQ(parse_web_rule(text).code(), Code::kInvalid) << text;
}

} // namespace
} // namespace graft
