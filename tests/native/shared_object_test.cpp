// Shared objects: opened from a private copy, their initialisers run in the commit, their functions called through thunks.
#include "building.hpp"
#include "matchers.hpp"

#include <graft/call.hpp>

#include <thread>

// The contract of these tests, once more for the host.
GRAFT_CONTRACT(odd, "test.odd", 1, 0) {
  graft_status (*fail)(int32_t how);
  int32_t (*fail_plainly)(int32_t how);
  int64_t (*sum)(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i, double x,
                 double y);
  graft_str (*both)(graft_str text, float scale);
  graft_status (*greet)(graft_str name, graft_buf *out);
};

namespace graft {
namespace {

using test::allowing;
using test::answer;
using test::bytes_of;
using test::FailsWith;
using test::number_text;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kOddContract = R"(#include <graft/abi.h>
GRAFT_CONTRACT(odd, "test.odd", 1, 0) {
  graft_status (*fail)(int32_t how);
  int32_t (*fail_plainly)(int32_t how);
  int64_t (*sum)(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i, double x, double y);
  graft_str (*both)(graft_str text, float scale);
  graft_status (*greet)(graft_str name, graft_buf *out);
};
)";

const std::string kOdd = kOddContract + R"(
#include <pthread.h>
#include <stdexcept>
static int32_t throw_(int32_t how) {
  if (how == 1) throw std::runtime_error("one too many");
  if (how == 2) throw 42;
  if (how == 3) pthread_exit(nullptr);
  return how;
}
static int64_t sum(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i, double x, double y) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + (int64_t)(x * 10) + (int64_t)(y * 100);
}
static graft_str both(graft_str text, float scale) { return {text.data + (int)scale, text.size - (int)scale}; }
static graft_status greet(graft_str name, graft_buf *out) { return graft_buf_append(&graft_self, out, name.data, name.size); }
GRAFT_PROVIDE(odd, {.fail = throw_, .fail_plainly = throw_, .sum = sum, .both = both, .greet = greet});
)";

/// A bundle that tells a file what happens to it, and answers `value`.
std::string telling(const std::string &file, int value) {
  return number_text(value) + R"(;
#include <stdio.h>
static void tell(const char *what) {
  FILE *file = fopen(")" +
         file + R"(", "a");
  fputs(what, file);
  fclose(file);
}
static struct Static { Static() { tell("constructed "); } ~Static() { tell("destroyed "); } } one;
extern "C" graft_status graft_init(const graft_host *, const graft_init_context *context) {
  tell(context->reason == GRAFT_REASON_LOAD ? "init " : "init-again ");
  return GRAFT_OK;
}
extern "C" void graft_stop(void) { tell("stop "); }
)";
}

class SharedObjects : public testing::Test, public testing::WithParamInterface<const char *> {
 protected:
  int load_number(int value) {
    const auto loaded = runtime->load(build.shared("bundle.so", number_text(value) + ";"));
    EXPECT_THAT(loaded, Succeeds());
    return answer(**runtime);
  }

  test::Builder build;
  Result<std::unique_ptr<Runtime>> runtime = allowing();
};

TEST_P(SharedObjects, OfEitherCompilerAreCalledWithEveryKindOfArgument) {
  ASSERT_THAT(runtime->load(build.shared("odd.so", kOdd, GetParam(), "-O2")), Succeeds());
  const auto odd = runtime->bind<::odd>();
  ASSERT_THAT(odd, Succeeds());
  EXPECT_EQ((*odd)->sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 0.5, 0.25), 285 + 5 + 25);
  const graft_str text = (*odd)->both(graft_str_of("graft"), 2.0f);
  EXPECT_EQ(std::string(text.data, text.size), "aft");
  graft_buf out{};
  EXPECT_EQ((*odd)->greet(graft_str_of("you"), &out), GRAFT_OK); // by the host's allocator, through graft_self
  EXPECT_EQ(std::string(out.data, out.size), "you");
  graft_buf_free(&runtime->host(), &out);
}

TEST_P(SharedObjects, AnExceptionIsAnErrorOfTheCallAndTheHostGoesOn) {
  ASSERT_THAT(runtime->load(build.shared("odd.so", kOdd, GetParam())), Succeeds());
  const auto odd = runtime->bind<::odd>();
  ASSERT_THAT(odd, Succeeds());
  EXPECT_THAT(
      (*odd).call(&::odd::fail, 1),
      FailsWith(Code::kException, AllOf(HasSubstr("test.odd"), HasSubstr("bundle 'odd'"), HasSubstr("one too many"))));
  EXPECT_THAT((*odd).call(&::odd::fail_plainly, 2), FailsWith(Code::kException, HasSubstr("threw")));
  EXPECT_EQ((*odd)->fail_plainly(1), 0); // of a type that nobody told: zero, and the error is on the thread
  EXPECT_EQ((*odd)->fail_plainly(7), 7);
}

TEST_P(SharedObjects, AnExceptionIsTheStatusWhereAViewOfTheHostSaysThatThereIsOne) {
  ASSERT_THAT(runtime->read_contracts(MemoryFile{"odd.h", kOddContract}), Succeeds());
  ASSERT_THAT(runtime->load(build.shared("odd.so", kOdd, GetParam())), Succeeds());
  const auto odd = runtime->bind<::odd>();
  ASSERT_THAT(odd, Succeeds());
  EXPECT_EQ((*odd)->fail(1), GRAFT_EXCEPTION);
  EXPECT_EQ((*odd)->fail_plainly(1), 0);
  EXPECT_THAT((*odd).call(&::odd::fail, 2), FailsWith(Code::kException, HasSubstr("'fail' (test.odd)")));
}

TEST_P(SharedObjects, AThreadMayEndInside) {
  ASSERT_THAT(runtime->load(build.shared("odd.so", kOdd, GetParam())), Succeeds());
  pthread_t thread;
  const auto end_inside = [](void *opaque) -> void * {
    const auto odd = static_cast<Runtime *>(opaque)->bind<::odd>();
    (*odd)->fail(3);
    return opaque; // not reached
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, end_inside, (*runtime).get()), 0);
  void *result = (*runtime).get();
  pthread_join(thread, &result);
  EXPECT_EQ(result, nullptr);
  EXPECT_THAT(runtime->unload("odd"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

INSTANTIATE_TEST_SUITE_P(Compilers, SharedObjects, testing::Values(GRAFT_CLANGXX, GRAFT_GXX),
                         [](const auto &which) { return std::string(which.index == 0 ? "clang" : "gcc"); });

using SharedObject = SharedObjects;

TEST_F(SharedObject, RunsItsInitialisersOnceAndItsFinalisersWhenItIsUnloaded) {
  const std::string told = build / "told";
  ASSERT_THAT(runtime->load(build.shared("bundle.so", telling(told, 1))), Succeeds());
  EXPECT_EQ(bytes_of(told), "constructed init ");
  build.shared("bundle.so", telling(told, 2));
  ASSERT_THAT(runtime->reload("bundle"), Succeeds());
  EXPECT_EQ(answer(**runtime), 2);
  EXPECT_EQ(bytes_of(told), "constructed init constructed init-again stop destroyed ");
  ASSERT_THAT(runtime->unload("bundle"), Succeeds());
  EXPECT_THAT(bytes_of(told), testing::EndsWith("stop destroyed stop destroyed "));
}

TEST_F(SharedObject, IsTheNewOneAfterEachOfManyReloads) {
  EXPECT_EQ(load_number(0), 0);
  for (int value = 1; value <= 6; ++value) {
    build.shared("bundle.so", number_text(value) + ";");
    ASSERT_THAT(runtime->reload("bundle"), Succeeds());
    EXPECT_EQ(answer(**runtime), value);
  }
  ASSERT_THAT(runtime->rollback("bundle", 2), Succeeds());
  EXPECT_EQ(answer(**runtime), 4);
}

TEST_F(SharedObject, StaysMappedUntilItsLastCallReturnsAndNoLonger) {
  const auto is_mapped = [] { return bytes_of("/proc/self/maps").find("memfd:held_by_a_pin.so") != std::string::npos; };
  ASSERT_THAT(runtime->load(build.shared("held_by_a_pin.so", number_text(5) + ";")), Succeeds());
  {
    const auto bound = runtime->bind<test_number>();
    const auto pin = (*bound).pin();
    EXPECT_THAT(runtime->unload("held_by_a_pin"), Succeeds());
    EXPECT_TRUE(is_mapped());
    EXPECT_EQ(pin->number(), 5);
  }
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_FALSE(is_mapped());
}

TEST_F(SharedObject, CannotBeHarmedByAFileThatIsWrittenOver) {
  EXPECT_EQ(load_number(5), 5);
  build.folder().write("bundle.so", std::string(100, 'x'));
  EXPECT_EQ(answer(**runtime), 5);
  EXPECT_THAT(runtime->reload("bundle"), FailsWith(Code::kInvalid, HasSubstr("it does not begin as an ELF file does")));
  EXPECT_EQ(answer(**runtime), 5);
}

TEST_F(SharedObject, IsUnmappedThoughItHoldsWhatIsUniqueInAProcess) {
  // g++ makes statics of inline functions unique in the process, which the dynamic linker never unloads.
  const std::string text = number_text(6) + ";\ninline int &counter() { static int count = 0; return count; }\n"
                                            "__attribute__((used)) static int *use() { return &counter(); }\n";
  ASSERT_THAT(runtime->load(build.shared("unique.so", text, GRAFT_GXX, "-Wl,-z,nodelete")), Succeeds());
  EXPECT_THAT(runtime->unload("unique"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_THAT(bytes_of("/proc/self/maps"), Not(HasSubstr("memfd:unique.so")));
}

TEST_F(SharedObject, OfAnotherAbiIsRefusedBeforeAnyOfItsCodeRuns) {
  const std::string told = build / "told";
  std::string text = telling(told, 1);
  const std::string record = "GRAFT_PROVIDE(number, {.number = answer})";
  text.replace(
      text.find(record), record.size(),
      "static const struct number table = {answer};\nextern \"C\" { extern const graft_provider graft_provider_number;\n"
      "__attribute__((used, visibility(\"default\"))) const graft_provider graft_provider_number = {32, 8, "
      "&graft_contract_number, &table}; }");
  EXPECT_THAT(runtime->load(build.shared("bundle.so", text)),
              FailsWith(Code::kIncompatible,
                        AllOf(HasSubstr("'graft_provider_number'"),
                              HasSubstr("its record has 32 bytes, this graft's 24; build it with this graft's headers"))));
  EXPECT_EQ(bytes_of(told), "");
}

TEST_F(SharedObject, ThatProvidesNothingIsRefused) {
  EXPECT_THAT(runtime->load(build.shared("bundle.so", "extern \"C\" int something() { return 1; }")),
              FailsWith(Code::kInvalid, HasSubstr("bundle 'bundle' has no provider")));
}

TEST_F(SharedObject, WithAnUndefinedSymbolIsRefusedByItsName) {
  EXPECT_THAT(
      runtime->load(build.shared("bundle.so", test::kNumberContract +
                                                  "extern \"C\" int nowhere_to_be_found();\n"
                                                  "static int32_t number_() { return nowhere_to_be_found(); }\n"
                                                  "GRAFT_PROVIDE(number, {.number = number_});")),
      FailsWith(Code::kInvalid, AllOf(HasSubstr("undefined symbol: nowhere_to_be_found"), Not(HasSubstr("/proc/")))));
}

TEST_F(SharedObject, ThatDefinesGraftSelfIsRefused) {
  EXPECT_THAT(
      runtime->load(build.shared("bundle.so", number_text(1) + ";\nextern \"C\" const graft_host graft_self = {};\n")),
      FailsWith(Code::kInvalid, HasSubstr("defines graft_self, which is the runtime's to define")));
}

TEST_F(SharedObject, IsAloneInItsBundle) {
  build.shared("one.so", number_text(1) + ";");
  build.folder().write("two.c", "int two;\n");
  build.folder().write("graft.toml", "name = \"two\"\nsources = [\"one.so\", \"two.c\"]\n");
  EXPECT_THAT(runtime->load(build.folder().path()), FailsWith(Code::kInvalid, HasSubstr("one.so' is not alone")));
  build.folder().write("graft.toml",
                       "name = \"one\"\nversion = \"2.1.0\"\nsources = [\"one.so\"]\nprovides = [\"test.number@1.0\"]\n");
  const auto loaded = runtime->load(build.folder().path());
  ASSERT_THAT(loaded, Succeeds());
  EXPECT_EQ(loaded->version, "2.1.0");
  EXPECT_EQ(answer(**runtime), 1);
}

TEST_F(SharedObject, ThatIsNotThereOrTruncatedOrForAnotherMachineIsRefused) {
  const std::string good = bytes_of(build.shared("bundle.so", number_text(1) + ";"));
  const auto load = [&](const std::string &bytes) { return runtime->load(MemoryBundle{"b", {{"b.so", bytes}}}); };
  const auto changed = [&](std::size_t at, char value) {
    std::string bytes = good;
    bytes[at] = value;
    return bytes;
  };
  EXPECT_THAT(runtime->load(build / "none.so"), FailsWith(Code::kNotFound, HasSubstr("none.so")));
  EXPECT_THAT(load(good.substr(0, 40)), FailsWith(Code::kInvalid, HasSubstr("it has 40 bytes")));
  EXPECT_THAT(load(good.substr(0, good.size() / 2)), FailsWith(Code::kInvalid, HasSubstr("it may be truncated")));
  EXPECT_THAT(load(changed(4, 1)), FailsWith(Code::kUnsupported, HasSubstr("32 bits")));
  EXPECT_THAT(load(changed(18, 40)), FailsWith(Code::kUnsupported, HasSubstr("for another machine")));
  EXPECT_THAT(load(changed(16, 2)), FailsWith(Code::kUnsupported, HasSubstr("link it with -shared")));
}

TEST_F(SharedObject, WithAnyOneByteChangedInItsTablesIsRefusedOrLoads) {
  // Whatever it says of itself: reading it runs nothing and touches nothing outside of it.
  const std::string good = bytes_of(build.shared("bundle.so", number_text(1) + ";"));
  const auto strict = Runtime::create(); // reads everything, and refuses at last what it could read
  for (std::size_t at = 16; at < good.size(); at += at < 1024 ? 1 : 37) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0xff);
    EXPECT_FALSE(strict->load(MemoryBundle{"b", {{"b.so", bytes}}})) << at;
  }
}

TEST_F(SharedObject, WhoseInitialisersAreNotAlignedIsRefused) {
  std::string bytes = bytes_of(build.shared("odd.so", number_text(1) + "; static int three() { return 3; }\nint made = three();"));
  const std::uint64_t tag = 25; // DT_INIT_ARRAY; its address follows
  const std::size_t entry = bytes.find(std::string(reinterpret_cast<const char *>(&tag), sizeof tag));
  ASSERT_NE(entry, bytes.npos);
  bytes[entry + sizeof tag] ^= 4;
  EXPECT_THAT(runtime->load(MemoryBundle{"odd", {{"odd.so", bytes}}}),
              FailsWith(Code::kInvalid, HasSubstr("do not begin at a multiple of 8")));
}

TEST_F(SharedObject, WhoseInitThatRegisteredFailsLeavesNothingBehind) {
  const std::string text = test::kNumberContract + R"(
static int32_t one(void) { return 1; }
static const struct number table = {one};
extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *) {
  graft_provider provider = {sizeof provider, sizeof table, &graft_contract_number, &table};
  return host->register_provider(host, &provider) == GRAFT_OK ? 1234 : GRAFT_OK;
}
)";
  EXPECT_THAT(runtime->load(build.shared("failing.so", text)),
              FailsWith(static_cast<Code>(1234), HasSubstr("graft_init of bundle 'failing' refused with status 1234")));
  EXPECT_THAT(runtime->bind<test_number>(), FailsWith(Code::kNotFound, HasSubstr("test.number")));
  EXPECT_TRUE(runtime->bundles().empty());
  EXPECT_THAT(bytes_of("/proc/self/maps"), Not(HasSubstr("memfd:failing.so")));
}

TEST_F(SharedObject, WhoseInitialiserThrowsIsRefused) {
  EXPECT_THAT(
      runtime->load(build.shared("bundle.so", number_text(1) + ";\nstatic int value = [] { throw 3; return 1; }();\n")),
      FailsWith(Code::kException, HasSubstr("bundle 'bundle': an initialiser threw")));
}

TEST_F(SharedObject, CallsABundleInSourceAndIsCalledByOne) {
  const std::string twice = R"(#include <graft/abi.h>
GRAFT_CONTRACT(twice, "test.twice", 1, 0) { int32_t (*twice)(void); };
)";
  const auto caller_of = [](const std::string &contract, const std::string &tag, const std::string &function) {
    return "graft_handle handle; graft_pin pin; if (graft_self.find(&graft_self, graft_str_of(\"" + contract +
           "\"), 1, 0, &handle) || graft_self.resolve(&graft_self, handle, &pin)) return -1;\n  int32_t got = ((const "
           "struct " +
           tag + " *)pin.table)->" + function + "();\n  graft_self.release(&graft_self, &pin);\n";
  };
  ASSERT_THAT(runtime->load(test::text("source", number_text(21))), Succeeds());
  ASSERT_THAT(runtime->load(build.shared("twice.so", test::kNumberContract + twice + "static int32_t doubled(void) { " +
                                                         caller_of("test.number", "number", "number") +
                                                         "return got * 2; }\nGRAFT_PROVIDE(twice, {.twice = doubled});")),
              Succeeds());
  const std::string top = "#include <graft/abi.h>\nGRAFT_CONTRACT(top, \"test.top\", 1, 0) { int32_t (*top)(void); };\n";
  ASSERT_THAT(runtime->load(test::text("top", top + twice.substr(twice.find('\n') + 1) + "static int32_t raised(void) { " +
                                                  caller_of("test.twice", "twice", "twice") +
                                                  "return got + 1; }\nGRAFT_PROVIDE(top, {.top = raised})\n")),
              Succeeds());
  const auto outcome = call_by_name(**runtime, "test.top.top", {});
  ASSERT_THAT(outcome, Succeeds());
  EXPECT_EQ((*outcome).result, "43");
  ASSERT_THAT(runtime->reload(test::text("source", number_text(50))), Succeeds());
  EXPECT_EQ((*call_by_name(**runtime, "test.top.top", {})).result, "101");
}

TEST_F(SharedObject, IsReplacedBySourceAndSourceByIt) {
  const std::string file = build.shared("bundle.so", number_text(1) + ";");
  ASSERT_THAT(runtime->load(test::text("bundle", number_text(0))), Succeeds());
  ASSERT_THAT(runtime->reload(MemoryBundle{"bundle", {{"bundle.so", bytes_of(file)}}}), Succeeds());
  EXPECT_EQ(answer(**runtime), 1);
  ASSERT_THAT(runtime->reload(test::text("bundle", number_text(2))), Succeeds());
  EXPECT_EQ(answer(**runtime), 2);
}

TEST_F(SharedObject, StandsInTwoRuntimesWithAStateOfItsOwnInEach) {
  const std::string file =
      build.shared("counter.so", test::kNumberContract + "static int32_t count(void) { static int32_t n; return ++n; }\n"
                                                         "GRAFT_PROVIDE(number, {.number = count});");
  const auto second = allowing();
  ASSERT_THAT(runtime->load(file), Succeeds());
  ASSERT_THAT(second->load(file), Succeeds());
  EXPECT_EQ(answer(**runtime), 1);
  EXPECT_EQ(answer(**runtime), 2);
  EXPECT_EQ(answer(**second), 1);
}

TEST_F(SharedObject, IsFoundInAFolderOfBundles) {
  build.shared("plugins_one.so", number_text(4) + ";");
  test::TempFolder folder;
  folder.write("one.so", bytes_of(build / "plugins_one.so"));
  folder.write("two/two.c",
               "#include <graft/abi.h>\nint graft_init(const graft_host *h, const graft_init_context *c) { return 0; }\n");
  const auto report = runtime->load_all(folder.path());
  ASSERT_THAT(report, Succeeds());
  EXPECT_EQ(report->loaded.size(), 2u);
  EXPECT_TRUE(report->broken.empty()) << report->broken.front().error.text();
  EXPECT_EQ(answer(**runtime), 4);
}

} // namespace
} // namespace graft
