// What is reloaded with a bundle, or behind it, because a manifest asks for it; and what an exclusive bundle puts down
// before.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <vector>

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A bundle that provides test.NAME and answers, from its initialiser on, what test.REQUIRED answered then.
std::string asking(const std::string &name, const std::string &required, const std::string &more = "") {
  const auto contract = [](const std::string &of) {
    return "GRAFT_CONTRACT(" + of + ", \"test." + of + "\", 1, 0) { int32_t (*number)(void); };\n";
  };
  std::string text = "#include <graft/abi.h>\n" + contract(name);
  if (!required.empty())
    text += contract(required) +
            "static int32_t seen;\n"
            "graft_status graft_init(const graft_host *host, const graft_init_context *context) {\n"
            "  graft_handle handle; graft_pin pin;\n"
            "  graft_status status = host->find(host, graft_str_of(\"test." +
            required +
            "\"), 1, 0, &handle);\n"
            "  if (status == GRAFT_OK) status = host->resolve(host, handle, &pin);\n"
            "  if (status != GRAFT_OK) return status;\n"
            "  seen = ((const struct " +
            required +
            " *)pin.table)->number();\n"
            "  host->release(host, &pin);\n  return GRAFT_OK;\n}\n";
  return text + more + "static int32_t answer(void) { return " + (required.empty() ? "VALUE" : "seen") +
         "; }\nGRAFT_PROVIDE(" + name + ", {.number = answer})\n";
}

MemoryBundle bundle(const std::string &name, const std::string &manifest, const std::string &code) {
  return {name, {{"graft.toml", "name = \"" + name + "\"\n" + manifest}, {"main.c", code}}};
}

class CascadeTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(runtime, Succeeds());
    runtime->listen([this](const Event &event) {
      events.push_back(std::string(to_string(event.phase)) + " " + std::string(event.bundle));
    });
  }
  static MemoryBundle base(int value) {
    return bundle("base", "", "#define VALUE " + std::to_string(value) + "\n" + asking("number", ""));
  }
  void load(const MemoryBundle &one) { ASSERT_THAT(runtime->load(one), Succeeds()); }
  int ask(const std::string &contract) {
    const auto binding = runtime->resolve(*runtime->find("test." + contract, 1));
    const Pin pin(binding->slot());
    return static_cast<const test_number *>(pin.table())->number();
  }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
  std::vector<std::string> events;
};

TEST_F(CascadeTest, AnAtomicDependentIsReloadedInTheSameTransaction) {
  load(base(1));
  load(bundle("user", "requires = [\"test.number@1\"]\ncascade = \"atomic\"", asking("user", "number")));
  events.clear();
  ASSERT_THAT(runtime->reload(base(2)), Succeeds());
  EXPECT_EQ(ask("user"), 2); // its initialiser saw the new one, which was not published yet
  EXPECT_THAT(events, ElementsAre("preparing base", "preparing user", "reloaded user", "reloaded base"));
}

TEST_F(CascadeTest, WhatWasAskedForIsReturnedFirst) {
  load(base(1));
  load(bundle("user", "requires = [\"test.number@1\"]\ncascade = \"atomic\"", asking("user", "number")));
  const auto info = runtime->reload(base(2));
  ASSERT_THAT(info, Succeeds());
  EXPECT_EQ((*info).name, "base");
}

TEST_F(CascadeTest, ADependentThatDoesNotAskStaysAsItIs) {
  load(base(1));
  load(bundle("user", "requires = [\"test.number@1\"]", asking("user", "number")));
  ASSERT_THAT(runtime->reload(base(2)), Succeeds());
  EXPECT_EQ(ask("user"), 1);
}

TEST_F(CascadeTest, AnAtomicDependentThatRefusesKeepsAllAsItWas) {
  load(base(1));
  load(
      bundle("user", "requires = [\"test.number@1\"]\ncascade = \"atomic\"",
             asking("user", "number", "graft_status graft_probe(void) { return seen == 2 ? GRAFT_REFUSED : GRAFT_OK; }\n")));
  EXPECT_THAT(runtime->reload(base(2)), FailsWith(Code::kRefused, HasSubstr("graft_probe of bundle 'user' refused")));
  EXPECT_EQ(ask("number"), 1);
  EXPECT_EQ(ask("user"), 1);
}

TEST_F(CascadeTest, DependentsBehindAreReloadedOneByOneInTheOrderOfTheirRequirements) {
  load(base(1));
  load(bundle("z_first", "requires = [\"test.number@1\"]\ncascade = \"after\"", asking("first", "number")));
  load(bundle("a_second", "requires = [\"test.first@1\"]\ncascade = \"after\"", asking("second", "first")));
  events.clear();
  ASSERT_THAT(runtime->reload(base(2)), Succeeds());
  EXPECT_EQ(ask("second"), 2);
  EXPECT_THAT(events, ElementsAre("preparing base", "reloaded base", "preparing z_first", "reloaded z_first",
                                  "preparing a_second", "reloaded a_second"));
}

TEST_F(CascadeTest, ADependentBehindThatRefusesHarmsNobodyElse) {
  load(base(1));
  load(
      bundle("user", "requires = [\"test.number@1\"]\ncascade = \"after\"",
             asking("user", "number", "graft_status graft_probe(void) { return seen == 2 ? GRAFT_REFUSED : GRAFT_OK; }\n")));
  EXPECT_THAT(runtime->reload(base(2)), Succeeds());
  EXPECT_EQ(ask("number"), 2);
  EXPECT_EQ(ask("user"), 1);
}

TEST_F(CascadeTest, ACircleOfDependentsIsReloadedOnce) {
  load(base(1));
  load(bundle("one", "requires = [\"test.number@1\"]\ncascade = \"after\"", asking("one", "number")));
  load(bundle("two", "requires = [\"test.one@1\"]\ncascade = \"after\"", asking("two", "one")));
  // Now the base needs the last of them.
  ASSERT_THAT(runtime->reload(bundle("base", "requires = [\"test.two@1\"]\ncascade = \"after\"",
                                     "#define VALUE 3\n" + asking("number", ""))),
              Succeeds());
  events.clear();
  ASSERT_THAT(runtime->reload(bundle("base", "requires = [\"test.two@1\"]\ncascade = \"after\"",
                                     "#define VALUE 4\n" + asking("number", ""))),
              Succeeds());
  EXPECT_EQ(ask("two"), 4);
  EXPECT_EQ(events.size(), 6u);
}

TEST_F(CascadeTest, ARollbackTakesItsDependentsAlong) {
  load(base(1));
  load(bundle("user", "requires = [\"test.number@1\"]\ncascade = \"atomic\"", asking("user", "number")));
  ASSERT_THAT(runtime->reload(base(2)), Succeeds());
  ASSERT_THAT(runtime->rollback("base"), Succeeds());
  EXPECT_EQ(ask("user"), 1);
}

// Of a set, what it will provide counts: a new contract that a new member needs at once.
TEST_F(CascadeTest, NewMembersOfASetFindEachOther) {
  test::TempFolder folder;
  folder.write("base/graft.toml", "name = \"base\"\n");
  folder.write("base/main.c", "#define VALUE 1\n" + asking("number", ""));
  folder.write("user/graft.toml", "name = \"user\"\nrequires = [\"test.number@1\"]\n");
  folder.write("user/main.c", asking("user", "number"));
  ASSERT_THAT(runtime->load_all(folder.path()), Succeeds());
  folder.write("base/main.c", "#define VALUE 7\n" + asking("fresh", ""));
  folder.write("user/graft.toml", "name = \"user\"\nrequires = [\"test.fresh@1\"]\n");
  folder.write("user/main.c", asking("user", "fresh"));
  ASSERT_THAT(runtime->reload({"user", "base"}), Succeeds());
  EXPECT_EQ(ask("user"), 7);
  EXPECT_THAT(runtime->find("test.number", 1), FailsWith(Code::kNotFound, HasSubstr("test.number")));
}

// An exclusive bundle holds one of a thing of which there is one: here a flag in the environment.
std::string holding(int value, const std::string &more = "") {
  return "#define _GNU_SOURCE\n#include <stdlib.h>\n" + number_text(value) + more +
         "__attribute__((constructor)) static void take(void) { setenv(\"GRAFT_TEST_HELD\", getenv(\"GRAFT_TEST_HELD\") ? "
         "\"twice\" : "
         "\"once\", 1); }\n"
         "graft_status graft_suspend(void) { unsetenv(\"GRAFT_TEST_HELD\"); return GRAFT_OK; }\n"
         "void graft_resume(void) { setenv(\"GRAFT_TEST_HELD\", \"again\", 1); }\n";
}

class ExclusiveTest : public CascadeTest {
 protected:
  void TearDown() override { unsetenv("GRAFT_TEST_HELD"); }
  static std::string held() { return getenv("GRAFT_TEST_HELD") != nullptr ? getenv("GRAFT_TEST_HELD") : "not at all"; }
};

TEST_F(ExclusiveTest, TheOldCodePutsDownWhatItHoldsBeforeTheNewStarts) {
  load(bundle("b", "exclusive = true", holding(1)));
  EXPECT_EQ(held(), "once");
  ASSERT_THAT(runtime->reload(bundle("b", "exclusive = true", holding(2))), Succeeds());
  EXPECT_EQ(held(), "once");
}

TEST_F(ExclusiveTest, TheOldCodeTakesItUpAgainWhenTheNewFails) {
  load(bundle("b", "exclusive = true", holding(1)));
  EXPECT_THAT(runtime->reload(bundle(
                  "b", "exclusive = true",
                  holding(2, "graft_status graft_probe(void) { unsetenv(\"GRAFT_TEST_HELD\"); return GRAFT_REFUSED; }\n"))),
              FailsWith(Code::kRefused, HasSubstr("graft_probe")));
  EXPECT_EQ(held(), "again");
  EXPECT_EQ(ask("number"), 1);
}

TEST_F(ExclusiveTest, ASuspendThatRefusesRefusesTheReload) {
  load(bundle("b", "exclusive = true", number_text(1) + "graft_status graft_suspend(void) { return GRAFT_BUSY; }\n"));
  EXPECT_THAT(runtime->reload(bundle("b", "exclusive = true", number_text(2))),
              FailsWith(Code::kBusy, HasSubstr("graft_suspend of bundle 'b' refused with status")));
  EXPECT_EQ(ask("number"), 1);
}

TEST_F(ExclusiveTest, CallsMayNotRunWhileItIsSuspended) {
  load(bundle("b", "exclusive = true", number_text(1)));
  auto bound = runtime->bind<test_number>();
  const auto pin = (*bound).pin();
  EXPECT_THAT(runtime->reload(bundle("b", "exclusive = true", number_text(2))),
              FailsWith(Code::kWouldDeadlock, HasSubstr("inside one")));
}

} // namespace
} // namespace graft
