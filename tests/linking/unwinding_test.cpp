// Do exceptions find their way through code that was never in a file?
#include "matchers.hpp"
#include "objects.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

// In front of libgcc's: counts, and passes on.
static std::atomic<int> registrations = 0;
extern "C" __attribute__((visibility("default"))) void __register_frame(void *frames) {
  registrations.fetch_add(1, std::memory_order_relaxed); // counted on one thread, no order wanted
  static auto *const next = reinterpret_cast<void (*)(void *)>(::dlsym(RTLD_NEXT, "__register_frame"));
  next(frames);
}

namespace graft::test {
namespace {

const SourceText kThrower{
    "a.cpp",
    "#include <stdexcept>\n"
    "extern \"C\" int inside(int n) { try { if (n > 1) throw n; return 0; } catch (int caught) { return caught; } }\n"
    "extern \"C\" void outward(int n) { throw std::out_of_range(n ? \"thrown by a plugin\" : \"\"); }\n"
    "extern \"C\" void across(void (*callback)(int), int n) { struct Guard { int &n; ~Guard() { ++n; } };\n"
    "  static int guards; Guard g{guards}; callback(n); }\n"};

TEST(Unwinding, TheLookupHookBinds) { EXPECT_EQ(make_linker()->unwinding(), jit::Unwinding::kLookup); }

TEST(Unwinding, AnExceptionIsCaughtInsideTheImage) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({kThrower}), {"inside"});
  EXPECT_EQ(function<int(int)>(*image, "inside")(5), 5);
}

TEST(Unwinding, AnExceptionOfTheImageIsCaughtByTheHost) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({kThrower}), {"outward"});
  try {
    function<void(int)>(*image, "outward")(1);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::logic_error &caught) {
    EXPECT_STREQ(caught.what(), "thrown by a plugin");
  }
}

TEST(Unwinding, AnExceptionOfTheHostPassesThroughTheImage) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({kThrower}), {"across"});
  EXPECT_THROW(function<void(void (*)(int), int)>(*image, "across")([](int n) { throw n; }, 3), int);
}

TEST(Unwinding, ThrowsAreCaughtAmongTwoHundredImagesBeforeAndAfterSomeAreGone) {
  auto linker = make_linker();
  const Artifact thrower = artifact({kThrower});
  std::vector<std::unique_ptr<jit::Image>> images;
  for (int i = 0; i < 200; ++i) images.push_back(link(*linker, thrower, {"inside", "outward"}));
  for (const auto &image : images) ASSERT_EQ(function<int(int)>(*image, "inside")(9), 9);
  for (std::size_t i = 0; i < images.size(); i += 2) images[i].reset();
  for (std::size_t i = 1; i < images.size(); i += 2) {
    ASSERT_EQ(function<int(int)>(*images[i], "inside")(9), 9);
    ASSERT_THROW(function<void(int)>(*images[i], "outward")(1), std::out_of_range);
  }
  for (std::size_t i = 0; i < images.size(); i += 2) images[i] = link(*linker, thrower, {"inside"});
  for (const auto &image : images) ASSERT_EQ(function<int(int)>(*image, "inside")(9), 9);
}

TEST(Unwinding, ThreadsThrowWhileOthersLinkAndUnlink) {
  auto linker = make_linker();
  const Artifact thrower = artifact({kThrower});
  auto image = link(*linker, thrower, {"outward"});
  std::atomic<bool> stop = false;
  std::atomic<int> caught = 0;
  std::thread throwing([&] {
    auto *outward = function<void(int)>(*image, "outward");
    while (!stop.load(std::memory_order_relaxed)) {
      try {
        outward(1);
      } catch (const std::out_of_range &) {
        caught.fetch_add(1, std::memory_order_relaxed);
      }
    }
  });
  for (int i = 0; i < 200; ++i) {
    auto other = link(*linker, thrower, {"inside"});
    ASSERT_EQ(function<int(int)>(*other, "inside")(4), 4);
  }
  stop.store(true, std::memory_order_relaxed);
  throwing.join();
  EXPECT_GT(caught.load(), 0);
}

// libgcc walks a list of all that was registered: at 3,000 images a throw in the host would take 200 us.
TEST(Unwinding, NoImageIsRegisteredWithLibgcc) {
  auto linker = make_linker();
  const Artifact thrower = artifact({kThrower});
  for (int i = 0; i < 20; ++i) link(*linker, thrower, {"inside"});
  EXPECT_EQ(registrations.load(), 0);
  auto slow = make_linker({.unwinding = jit::Unwinding::kRegistered});
  auto image = link(*slow, thrower, {"inside"});
  EXPECT_GT(registrations.load(), 0) << "the count counts";
}

TEST(Unwinding, RegisteredFramesAreFoundWhereTheLookupDoesNotBind) {
  auto linker = make_linker({.unwinding = jit::Unwinding::kRegistered});
  EXPECT_EQ(linker->unwinding(), jit::Unwinding::kRegistered);
  const Artifact thrower = artifact({kThrower});
  for (int i = 0; i < 20; ++i) {
    auto image = link(*linker, thrower, {"inside", "outward"});
    EXPECT_EQ(function<int(int)>(*image, "inside")(5), 5);
    EXPECT_THROW(function<void(int)>(*image, "outward")(1), std::out_of_range);
  }
}

TEST(Unwinding, ObjectsOfTwoFilesUnwindInOneImage) {
  auto linker = make_linker();
  auto image = link(
      *linker,
      artifact({{"a.cpp", "void g(int); extern \"C\" int f(int n) { try { g(n); } catch (long l) { return l; } return 0; }"},
                {"b.cpp", "void h(int); void g(int n) { struct D { int &x; ~D() { x = 0; } } d{n}; h(n); }"},
                {"c.cpp", "void h(int n) { if (n) throw long(n); }"}}),
      {"f"});
  EXPECT_EQ(function<int(int)>(*image, "f")(8), 8);
}

TEST(Unwinding, PthreadExitUnwindsThroughTheImageWithItsDestructors) {
  auto linker = make_linker();
  auto image = link(*linker,
                    artifact({{"a.cpp", "#include <pthread.h>\nstruct G { int *p; ~G() { *p = 1; } };\n"
                                        "extern \"C\" void *f(void *p) { G g{static_cast<int *>(p)}; pthread_exit(p); }"}}),
                    {"f"});
  int destroyed = 0;
  pthread_t thread;
  ASSERT_EQ(::pthread_create(&thread, nullptr, function<void *(void *)>(*image, "f"), &destroyed), 0);
  ::pthread_join(thread, nullptr);
  EXPECT_EQ(destroyed, 1);
}

} // namespace
} // namespace graft::test
