// Loaders that a host brings: another kind of bundle behind the same binding, reload, rollback and unload.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::TempFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// An interpreter of one-line programs, "answer 42", each of which provides test.number. A C function has no place for the
/// program that it stands for, so each program has a function of its own.
struct Machine {
  std::array<std::atomic<const std::string *>, 16> programs{};
  std::atomic<int> live{0}; // of programs; sequentially consistent, as all here: nothing hangs on the cost
  std::atomic<int> started{0};
  std::atomic<int> loads{0};
};
Machine machine;

int32_t interpret(const std::string &program) {
  int value = 0;
  if (program.starts_with("throw")) throw std::runtime_error("the program says so");
  std::from_chars(program.data() + program.find(' ') + 1, program.data() + program.size(), value);
  return value;
}

template <std::size_t... Index>
constexpr std::array<int32_t (*)(), sizeof...(Index)> functions(std::index_sequence<Index...>) {
  return {+[]() -> int32_t { return interpret(*machine.programs[Index].load()); }...};
}
constexpr auto kFunctions = functions(std::make_index_sequence<16>());

class Program : public LoadedCode {
 public:
  explicit Program(std::string text) : text_(std::move(text)) {
    for (const std::string *none = nullptr; !machine.programs[place_].compare_exchange_strong(none, &text_); none = nullptr)
      ++place_;
    ++machine.live;
  }
  ~Program() override {
    machine.programs[place_] = nullptr;
    --machine.live;
  }
  std::vector<const void *> functions(std::size_t) override { return {reinterpret_cast<const void *>(kFunctions[place_])}; }
  Result<void> start() override {
    if (text_.starts_with("refuse")) return error(Code::kInvalid, "the program refuses to start");
    ++machine.started;
    return {};
  }
  void stop() override { --machine.started; }

 private:
  const std::string text_;
  std::size_t place_ = 0;
};

class AnswerLoader : public Loader {
 public:
  explicit AnswerLoader(std::string name = "answers", std::string ending = ".answer", Reloads reloads = Reloads::kYes)
      : name_(std::move(name)), ending_(std::move(ending)), reloads_(reloads) {}

  std::string name() const override { return name_; }
  std::vector<std::string> endings() const override { return {ending_}; }
  Reloads reloads() const override { return reloads_; }
  Result<std::vector<LoaderProvider>> read(const LoaderInput &input) override {
    if (input.files.front().contents.starts_with("nonsense")) return error(Code::kInvalid, "cannot understand 'nonsense'");
    if (input.files.front().contents.starts_with("crash")) throw std::logic_error("a loader with a fault");
    return std::vector<LoaderProvider>{{"test.number", 1, 0, 1}};
  }
  Result<std::unique_ptr<LoadedCode>> load(const LoaderInput &input, const graft_host &host) override {
    ++machine.loads;
    host.log(&host, GRAFT_LOG_INFO, graft_str_of("loading"));
    return std::make_unique<Program>(input.files.front().contents);
  }

 private:
  const std::string name_, ending_;
  const Reloads reloads_;
};

class Loaders : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(runtime->add_loader(std::make_unique<AnswerLoader>()), Succeeds()); }
  void TearDown() override {
    runtime = Runtime::create();
    EXPECT_EQ(machine.live, 0);
    EXPECT_EQ(machine.started, 0);
  }
  MemoryBundle program(const std::string &text) { return {"program", {{"main.answer", text}}}; }
  int answer() { return (*runtime->bind<test_number>())->number(); }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(Loaders, ABundleOfALoaderIsFoundByItsEndingOrItsManifest) {
  const TempFolder folder;
  folder.write("lone.answer", "answer 1");
  folder.write("folder/x.answer", "answer 2");
  folder.write("folder/README", "not a program");
  folder.write("named/program.text", "answer 3");
  folder.write("named/graft.toml",
               "name = \"three\"\nloader = \"answers\"\nsources = [\"*.text\"]\nprovides = [\"test.number@1.0\"]\n");
  int expected = 1;
  for (const char *path : {"lone.answer", "folder", "named"}) {
    const auto loaded = runtime->load(folder.path() / path);
    ASSERT_THAT(loaded, Succeeds());
    EXPECT_EQ(answer(), expected++);
    ASSERT_THAT(runtime->unload(loaded->name), Succeeds());
  }
}

TEST_F(Loaders, ABindingDoesNotTellWhoMadeTheCode) {
  ASSERT_THAT(runtime->load(program("answer 5")), Succeeds());
  const auto bound = runtime->bind<test_number>();
  EXPECT_EQ((*bound)->number(), 5);
  ASSERT_THAT(runtime->reload(program("answer 6")), Succeeds());
  EXPECT_EQ((*bound)->number(), 6);
  ASSERT_THAT(runtime->reload(test::text("program", number_text(7))), Succeeds());
  EXPECT_EQ((*bound)->number(), 7);
  ASSERT_THAT(runtime->rollback("program", 2), Succeeds());
  EXPECT_EQ((*bound)->number(), 5);
}

TEST_F(Loaders, AnUnchangedProgramIsNotLoadedAgain) {
  ASSERT_THAT(runtime->load(program("answer 5")), Succeeds());
  const int loads = machine.loads;
  EXPECT_THAT(runtime->reload(program("answer 5")), FailsWith(Code::kUnchanged, HasSubstr("already runs this text")));
  EXPECT_EQ(machine.loads, loads);
}

TEST_F(Loaders, TheOldProgramLivesUntilItsLastCallReturns) {
  ASSERT_THAT(runtime->load(program("answer 5")), Succeeds());
  {
    const auto bound = runtime->bind<test_number>();
    const auto pin = (*bound).pin();
    ASSERT_THAT(runtime->reload(program("answer 6")), Succeeds());
    EXPECT_EQ(machine.live, 2);
    EXPECT_EQ(pin->number(), 5);
  }
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(machine.live, 1);
}

TEST_F(Loaders, WhatAProgramThrowsEndsAtTheCall) {
  ASSERT_THAT(runtime->load(program("throw")), Succeeds());
  const auto bound = runtime->bind<test_number>();
  EXPECT_THAT((*bound).call(&test_number::number), FailsWith(Code::kException, HasSubstr("the program says so")));
}

TEST_F(Loaders, AFailureOfALoaderIsAnErrorAndTheOldGoesOn) {
  ASSERT_THAT(runtime->load(program("answer 5")), Succeeds());
  EXPECT_THAT(runtime->reload(program("nonsense")), FailsWith(Code::kInvalid, HasSubstr("cannot understand 'nonsense'")));
  EXPECT_THAT(runtime->reload(program("refuse")), FailsWith(Code::kInvalid, HasSubstr("the program refuses to start")));
  EXPECT_THAT(runtime->reload(program("crash")),
              FailsWith(Code::kException, AllOf(HasSubstr("loader 'answers' threw"), HasSubstr("a loader with a fault"))));
  EXPECT_EQ(answer(), 5);
  EXPECT_EQ(machine.live, 1);
}

TEST_F(Loaders, ALoaderThatCannotReloadIsNotAskedToAndNobodyIsTold) {
  ASSERT_THAT(runtime->add_loader(std::make_unique<AnswerLoader>("final", ".final", Reloads::kNo)), Succeeds());
  const auto final_program = [](const char *text) { return MemoryBundle{"last", {{"main.final", text}}}; };
  ASSERT_THAT(runtime->load(final_program("answer 1")), Succeeds());
  int told = 0;
  runtime->listen([&](const Event &) { ++told; });
  const int loads = machine.loads;
  EXPECT_THAT(runtime->reload(final_program("answer 2")),
              FailsWith(Code::kUnsupported,
                        HasSubstr("bundle 'last' is not reloaded: its loader cannot do that; unload it and load it again")));
  EXPECT_EQ(told, 0);
  EXPECT_EQ(machine.loads, loads);
  EXPECT_EQ(answer(), 1);
  ASSERT_THAT(runtime->unload("last"), Succeeds());
  ASSERT_THAT(runtime->load(final_program("answer 2")), Succeeds());
  EXPECT_EQ(answer(), 2);
}

TEST_F(Loaders, ANameOrAnEndingThatIsTakenIsRefused) {
  EXPECT_THAT(runtime->add_loader(std::make_unique<AnswerLoader>()),
              FailsWith(Code::kConflict, HasSubstr("there is a loader 'answers' already")));
  EXPECT_THAT(runtime->add_loader(std::make_unique<AnswerLoader>("more", ".answer")),
              FailsWith(Code::kConflict, HasSubstr("loader 'more' cannot take '.answer', which loader 'answers' takes")));
  EXPECT_THAT(runtime->add_loader(std::make_unique<AnswerLoader>("more", ".cpp")),
              FailsWith(Code::kInvalid, HasSubstr("loader 'more' cannot take '.cpp'")));
  EXPECT_THAT(runtime->add_loader(std::make_unique<AnswerLoader>("", ".more")),
              FailsWith(Code::kInvalid, HasSubstr("cannot name a loader")));
  EXPECT_THAT(runtime->add_loader(nullptr), FailsWith(Code::kInvalid, HasSubstr("null")));
  ASSERT_EQ(runtime->loaders().size(), 1u);
  EXPECT_THAT(runtime->loaders().front().endings, ElementsAre(".answer"));
}

TEST_F(Loaders, ABundleForALoaderThatIsNotThereIsRefusedByItsName) {
  EXPECT_THAT(runtime->load(MemoryBundle{"b", {{"graft.toml", "loader = \"lua\"\n"}, {"main.lua", "return 1"}}}),
              FailsWith(Code::kNotFound,
                        AllOf(HasSubstr("graft.toml:1:10"),
                              HasSubstr("is for loader 'lua', which this host did not bring; there are 'answers'"))));
}

TEST_F(Loaders, OneCanBeAddedWhileABundleIsInitialised) {
  struct Registrar {
    Runtime *runtime;
    Result<void> added;
  } registrar{(*runtime).get(), error(Code::kInternal, "not asked")};
  const std::string text = test::kNumberContract + R"(
GRAFT_CONTRACT(registrar, "test.registrar", 1, 0) { void (*add)(void *self); };
graft_status graft_init(const graft_host *host, const graft_init_context *context) {
  graft_service service;
  const graft_status status = host->acquire(host, graft_str_of("test.registrar"), 1, 0, &service);
  if (status != GRAFT_OK) return status;
  ((const struct registrar *)service.table)->add(service.self);
  host->give_back(host, &service);
  return GRAFT_OK;
}
)";
  const auto add = +[](void *self) {
    auto *asked = static_cast<Registrar *>(self);
    asked->added = asked->runtime->add_loader(std::make_unique<AnswerLoader>("late", ".late"));
  };
  const graft_contract_info info{sizeof info, 1, 0, "test.registrar"};
  ASSERT_THAT(runtime->offer_table(info, &add, 1, {.user_data = &registrar}), Succeeds());
  ASSERT_THAT(runtime->load(test::text("registering", text)), Succeeds());
  EXPECT_THAT(registrar.added, Succeeds());
  ASSERT_THAT(runtime->load(MemoryBundle{"late", {{"main.late", "answer 9"}}}), Succeeds());
  EXPECT_EQ(answer(), 9);
}

/// An engine with one way in: it adds up what a function is called with, tenfold for the second, and throws for the third.
class Adder : public LoadedCode {
 public:
  void call(std::size_t, std::size_t function, void *const *arguments, void *result) override {
    if (function == 2) throw std::runtime_error("there is no third");
    if (function == 1) return write(result, 10 * (*static_cast<const std::int8_t *>(arguments[0]) + sum_of(arguments[1])));
    double total = *static_cast<const double *>(arguments[0]);
    for (std::size_t i = 1; i < 9; ++i) total += static_cast<double>(*static_cast<const std::int64_t *>(arguments[i]));
    write(result, total);
  }

 private:
  struct Pair {
    float first;
    std::int32_t second;
  };
  static std::int16_t sum_of(const void *pair) {
    const auto &both = *static_cast<const Pair *>(pair);
    return static_cast<std::int16_t>(static_cast<std::int32_t>(both.first) + both.second);
  }
  template <class Value>
  static void write(void *result, Value value) {
    std::memcpy(result, &value, sizeof value);
  }
};

class AdderLoader : public Loader {
 public:
  std::string name() const override { return "adders"; }
  std::vector<std::string> endings() const override { return {".adder"}; }
  Result<std::vector<LoaderProvider>> read(const LoaderInput &input) override {
    return std::vector<LoaderProvider>{{"test.sums", 1, 0, input.files.front().contents == "four" ? 4u : 3u}};
  }
  Result<std::unique_ptr<LoadedCode>> load(const LoaderInput &, const graft_host &) override {
    return std::make_unique<Adder>();
  }
};

const MemoryFile kSums{"sums.h", R"(#include <graft/abi.h>
struct both { float first; int32_t second; };
GRAFT_CONTRACT(test_sums, "test.sums", 1, 0) {
  double (*many)(double a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i);
  int16_t (*little)(int8_t a, struct both b);
  graft_status (*none)(void);
};
)"};

struct both {
  float first;
  std::int32_t second;
};
GRAFT_CONTRACT(test_sums, "test.sums", 1, 0) {
  double (*many)(double a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i);
  int16_t (*little)(int8_t a, both b);
  graft_status (*none)(void);
};

TEST_F(Loaders, AnEngineWithOneWayInIsCalledAsAnyOther) {
  ASSERT_THAT(runtime->add_loader(std::make_unique<AdderLoader>()), Succeeds());
  ASSERT_THAT(runtime->read_contracts(kSums), Succeeds());
  ASSERT_THAT(runtime->load(MemoryBundle{"sums", {{"a.adder", "three"}}}), Succeeds());
  const auto bound = *runtime->bind<test_sums>();
  EXPECT_EQ(bound->many(0.5, 1, 2, 3, 4, 5, 6, 7, 8), 36.5);
  EXPECT_EQ(bound->little(-7, {1.0F, 2}), -40);
  EXPECT_THAT(bound.call(&test_sums::none), FailsWith(Code::kException, HasSubstr("there is no third")));
}

TEST_F(Loaders, AnEngineWithOneWayInNeedsTheTypesOfItsCalls) {
  ASSERT_THAT(runtime->add_loader(std::make_unique<AdderLoader>()), Succeeds());
  EXPECT_THAT(runtime->load(MemoryBundle{"sums", {{"a.adder", "three"}}}),
              FailsWith(Code::kRefused,
                        AllOf(HasSubstr("loader 'adders' has no functions for 'test.sums'"), HasSubstr("read_contracts"))));
  ASSERT_THAT(runtime->read_contracts(kSums), Succeeds());
  EXPECT_THAT(runtime->load(MemoryBundle{"sums", {{"a.adder", "four"}}}),
              FailsWith(Code::kInvalid, HasSubstr("4 functions for 'test.sums', of which the host's view declares 3")));
}

} // namespace
} // namespace graft
