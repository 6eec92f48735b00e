// URLs, secrets and folders: what is taken, and what is said of the rest.
#include "cache/places.hpp"
#include "cache/redis_url.hpp"
#include "cache/secret.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <sys/stat.h>

namespace graft::test {
namespace {

using driver::parse_redis_url;
using driver::shared_secret;
using testing::HasSubstr;
using testing::Not;

TEST(RedisUrl, NamesHostPortAndDatabase) {
  const auto plain = parse_redis_url("redis://cache.example");
  ASSERT_THAT(plain, Succeeds());
  EXPECT_EQ((*plain).host, "cache.example");
  EXPECT_EQ((*plain).port, 6379);
  const auto full = parse_redis_url("redis://me:p%40ss%3aword@10.0.0.1:7000/3");
  ASSERT_THAT(full, Succeeds());
  EXPECT_EQ((*full).host, "10.0.0.1");
  EXPECT_EQ((*full).port, 7000);
  EXPECT_EQ((*full).database, 3u);
  EXPECT_EQ((*full).user, "me");
  EXPECT_EQ((*full).password, "p@ss:word");
  const auto six = parse_redis_url("redis://secret@[::1]:7000");
  ASSERT_THAT(six, Succeeds());
  EXPECT_EQ((*six).host, "::1");
  EXPECT_EQ((*six).user, "");
  EXPECT_EQ((*six).password, "secret");
}

TEST(RedisUrl, NamesASocket) {
  const auto url = parse_redis_url("redis+unix:///run/redis.sock?db=2");
  ASSERT_THAT(url, Succeeds());
  EXPECT_EQ((*url).socket, "/run/redis.sock");
  EXPECT_EQ((*url).database, 2u);
}

TEST(RedisUrl, OfAnotherFormIsRefusedWithoutItsPassword) {
  for (const char *url : {"redis://", "redis://me:secret@", "redis://h:0", "redis://h:70000", "redis://h/x",
                          "http://me:secret@h", "redis+unix://relative", "redis+unix:///a?db=x", "redis"})
    EXPECT_THAT(parse_redis_url(url), FailsWith(Code::kInvalid, testing::AllOf(HasSubstr("redis://[[user:]password@]host"),
                                                                               Not(HasSubstr("secret")))))
        << url;
  EXPECT_THAT(parse_redis_url("rediss://h"), FailsWith(Code::kUnsupported, HasSubstr("TLS")));
}

TEST(RedisUrl, IsShownWithoutItsPassword) {
  EXPECT_EQ((*parse_redis_url("redis://me:secret@h:1/2")).shown(), "redis://h:1");
  EXPECT_EQ((*parse_redis_url("redis+unix://me:secret@/s")).shown(), "redis+unix:///s");
}

TEST(Secret, OfARemoteCacheIsATextOrAFile) {
  const TempFolder folder;
  const std::string text(32, 's');
  const std::string file = folder.write("secret", text + "\n");
  ::chmod(file.c_str(), 0600);
  const auto from_text = shared_secret(text), from_file = shared_secret(file);
  ASSERT_THAT(from_text, Succeeds());
  ASSERT_THAT(from_file, Succeeds());
  EXPECT_EQ(*from_text, *from_file);
  EXPECT_NE(*from_text, *shared_secret(std::string(32, 't')));
}

TEST(Secret, ThatIsNoneSaysHowToMakeOne) {
  EXPECT_THAT(shared_secret(""), FailsWith(Code::kInvalid, HasSubstr("head -c 32 /dev/urandom")));
  EXPECT_THAT(shared_secret("short"), FailsWith(Code::kInvalid, HasSubstr("has 5 characters, not 32")));
  EXPECT_THAT(shared_secret("/nowhere/at/all"), FailsWith(Code::kNotFound, HasSubstr("/nowhere/at/all")));
}

TEST(Secret, ThatOthersMayReadIsRefused) {
  const TempFolder folder;
  const std::string file = folder.write("secret", std::string(40, 's'));
  ::chmod(file.c_str(), 0640);
  EXPECT_THAT(shared_secret(file), FailsWith(Code::kRefused, HasSubstr("chmod 600")));
}

TEST(CachePlaces, AreAbsolute) {
  const auto places = driver::places_of({.folder = "some/../where/"});
  ASSERT_THAT(places, Succeeds());
  EXPECT_EQ(*(*places).folder, (std::filesystem::current_path() / "where").string());
}

} // namespace
} // namespace graft::test
