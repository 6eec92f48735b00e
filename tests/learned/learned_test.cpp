// What is learned, what is not, and that neither shows.
#include "learned.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <graft/base/fault.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>

namespace graft::test {
namespace {

using ::testing::HasSubstr;

std::size_t object_bytes(Edited &file, const std::string &text) {
  const auto artifact = file.compile(text);
  return artifact ? artifact->objects.front().bytes.size() : 0;
}

TEST(Learned, AFileIsCompiledWithWhatItNeededBefore) {
  Edited file;
  const std::size_t plain = object_bytes(file, with_vector("return values[0];"));
  file.compiler->wait_for_preambles();
  const auto artifact = file.compile(with_vector("return values[1];"));
  ASSERT_TRUE(artifact);
  EXPECT_EQ(artifact->shared.size(), 1u);
  EXPECT_LT(artifact->objects.front().bytes.size(), plain / 4);
  EXPECT_EQ(file.run(*artifact), 2);
}

TEST(Learned, AnEditThatNeedsMoreIsCompiledAtOnceAndLearnedFor) {
  Edited file;
  file.learn(with_vector("return values[0];"));
  const std::string more = with_vector("return static_cast<int>(std::string(values.size(), 'x').find(\"xx\", 1));");
  const std::size_t first = object_bytes(file, more);
  EXPECT_EQ(file.run(more), 1);
  file.compiler->wait_for_preambles();
  EXPECT_LT(object_bytes(file, more + "int other;\n"), first);
  EXPECT_EQ(file.run(more + "int another;\n"), 1);
}

TEST(Learned, AChangedHeaderCountsAtTheNextCompile) {
  const TempFolder folder;
  const auto write = [&](int value) {
    std::ofstream(folder.path() / "mine.hpp")
        << "#pragma once\ntemplate <class T> T mine() { return T{" << value << "}; }\n";
  };
  Edited file((folder.path() / "edited.cpp").string());
  const auto text = [](int n) {
    return "#include \"mine.hpp\"\nextern \"C\" int run(void) { return mine<int>(); }\nint n" + std::to_string(n) + ";\n";
  };
  write(1);
  file.learn(text(0));
  EXPECT_EQ(file.run(text(1)), 1);
  write(2);
  EXPECT_EQ(file.run(text(2)), 2);
  file.compiler->wait_for_preambles();
  EXPECT_EQ(file.run(text(3)), 2);
  EXPECT_EQ(file.compiler->preambles().stale, 1u);
}

TEST(Learned, AHeaderThatAppearsEarlierInThePathCounts) {
  const TempFolder folder;
  for (const char *name : {"first", "second"}) std::filesystem::create_directory(folder.path() / name);
  std::ofstream(folder.path() / "second" / "found.hpp") << "inline int found() { return 2; }\n";
  Edited file;
  const auto run = [&](int n) {
    driver::Job job =
        file.job("#include <found.hpp>\nextern \"C\" int run(void) { return found(); }\nint n" + std::to_string(n) + ";\n");
    job.options.include_dirs = {(folder.path() / "first").string(), (folder.path() / "second").string()};
    const auto artifact = file.compiler->compile(job);
    file.compiler->wait_for_preambles();
    return artifact ? file.run(*artifact) : -1;
  };
  EXPECT_EQ(run(0), 2);
  EXPECT_EQ(run(1), 2);
  std::ofstream(folder.path() / "first" / "found.hpp") << "inline int found() { return 1; }\n";
  EXPECT_EQ(run(2), 1);
}

TEST(Learned, AnotherMeaningOfAHeadersTemplateIsTheOneThatCounts) {
  const TempFolder folder;
  std::ofstream(folder.path() / "trait.hpp") << "#pragma once\nnamespace lib { struct Tag {}; template <class T> struct "
                                                "Trait { static int value() { return 1; } };\n"
                                                "template <class T> int ask(T) { return Trait<T>::value(); }\ntemplate "
                                                "<class T> int look(T t) { return lookup(t, 0); }\n"
                                                "inline int lookup(Tag, long) { return 10; } }\n";
  const std::string head = "#include \"trait.hpp\"\n";
  const std::string run = "extern \"C\" int run(void) { return lib::ask(1) + lib::look(lib::Tag{}); }\n";
  const std::pair<const char *, int> edits[] = {
      {"", 11},
      {"template <> struct lib::Trait<int> { static int value() { return 2; } };\n", 12},
      {"namespace lib { inline int lookup(Tag, int) { return 20; } }\n", 21},
      {"namespace lib { template <> inline int ask<int>(int) { return 5; } }\n", 15},
      {"struct Own {}; template <> struct lib::Trait<Own> { static int value() { return 7; } };\n", 11},
  };
  for (const auto &[edit, answer] : edits) {
    Edited file((folder.path() / "edited.cpp").string());
    file.learn(head + run);
    EXPECT_EQ(file.run(head + edit + run + "int n;\n"), answer) << edit;
  }
}

TEST(Learned, AFileThatDepartsIsCompiledWithTheHeadAloneFromThenOn) {
  const TempFolder folder;
  std::ofstream(folder.path() / "trait.hpp")
      << "#pragma once\nnamespace lib { template <class T> int ask(T) { return 1; } }\n";
  Edited file((folder.path() / "edited.cpp").string());
  const std::string head = "#include \"trait.hpp\"\n";
  const std::string run = "extern \"C\" int run(void) { return lib::ask(1); }\n";
  file.learn(head + run);
  const std::string departs = head + "namespace lib { template <> inline int ask<int>(int) { return 5; } }\n" + run;
  file.learn(departs);
  EXPECT_EQ(file.compiler->preambles().fallbacks, 1u);
  EXPECT_EQ(file.run(departs + "int n;\n"), 5);
  EXPECT_EQ(file.compiler->preambles().fallbacks, 1u);
}

TEST(Learned, ContractsOfTheHeadAreFactsAllTheSame) {
  const TempFolder folder;
  std::ofstream(folder.path() / "greeter.h")
      << "#pragma once\n#include <graft/abi.h>\n"
         "GRAFT_CONTRACT(greeter, \"test.greeter\", 1, 2) { int32_t (*greet)(int32_t count); };\n";
  Edited file((folder.path() / "edited.cpp").string());
  const auto text = [](int n) {
    return "#include \"greeter.h\"\n#include <string>\nstatic int32_t greet(int32_t n) { return n + "
           "static_cast<int>(std::string(3, 'x').size()); }\n"
           "GRAFT_PROVIDE(greeter, {.greet = greet})\nint n" +
           std::to_string(n) + ";\n";
  };
  const auto plain = file.compile(text(0));
  file.compiler->wait_for_preambles();
  const auto learned = file.compile(text(1));
  ASSERT_TRUE(plain && learned) << learned.error().text();
  EXPECT_EQ(file.compiler->preambles().uses, 1u);
  ASSERT_EQ(learned->facts.contracts.size(), 1u);
  const ContractFacts &was = plain->facts.contracts.front(), &is = learned->facts.contracts.front();
  EXPECT_EQ(is.name, was.name);
  EXPECT_EQ(is.minor, was.minor);
  EXPECT_EQ(to_string(is.where), to_string(was.where));
  ASSERT_EQ(is.functions.size(), 1u);
  EXPECT_EQ(is.functions[0].fingerprint, was.functions[0].fingerprint);
  EXPECT_EQ(is.functions[0].declaration, was.functions[0].declaration);
  EXPECT_EQ(is.functions[0].line, was.functions[0].line);
  EXPECT_EQ(is.functions[0].parameters, was.functions[0].parameters);
  ASSERT_EQ(learned->facts.providers.size(), 1u);
  EXPECT_TRUE(learned->facts.providers[0].checked);
  const auto paths = [](const Facts &facts) {
    std::vector<std::string> result;
    for (const HeaderFacts &header : facts.headers) result.push_back(header.path);
    std::ranges::sort(result);
    return result;
  };
  EXPECT_EQ(paths(learned->facts), paths(plain->facts));
}

TEST(Learned, AnErrorIsSaidAsWithoutAPreamble) {
  Edited file;
  file.learn(with_vector("return values[0];"));
  const std::string wrong = with_vector("return values.frob();");
  driver::Job job = file.job(wrong);
  const auto with = file.compiler->compile(job);
  job.options.preambles = driver::Preambles::kIgnore;
  const auto without = file.compiler->compile(job);
  ASSERT_FALSE(with);
  ASSERT_FALSE(without);
  EXPECT_EQ(with.error().text(), without.error().text());
  EXPECT_EQ(render(with.error().diagnostics), render(without.error().diagnostics));
  EXPECT_EQ(file.compiler->preambles().fallbacks, 0u) << "the source was wrong, not what was learned";
}

TEST(Learned, WarningsOfAHeaderAreSaidEachTime) {
  const TempFolder folder;
  std::ofstream(folder.path() / "warns.hpp") << "#pragma once\n#warning careful\ninline int one() { return 1; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  for (int n = 0; n < 3; ++n) {
    const auto artifact = file.compile("#include \"warns.hpp\"\nextern \"C\" int run(void) { return one(); }\nint n" +
                                       std::to_string(n) + ";\n");
    file.compiler->wait_for_preambles();
    ASSERT_TRUE(artifact);
    ASSERT_EQ(artifact->warnings.size(), 1u) << n;
    EXPECT_THAT(artifact->warnings[0].message, HasSubstr("careful"));
  }
}

TEST(Learned, AHeadThatMeansSomethingElseEachTimeHasNoPreamble) {
  const TempFolder folder;
  std::ofstream(folder.path() / "time.hpp") << "#pragma once\ninline const char *when() { return __TIME__; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  file.learn("#include \"time.hpp\"\nextern \"C\" int run(void) { return when()[0] != 0; }\n");
  EXPECT_EQ(file.compiler->preambles().live, 0u);
  EXPECT_EQ(file.compiler->preambles().not_made, 1u);
}

TEST(Learned, AHeadOfWhichNothingCouldBeMadeIsTriedAgainEverMoreRarely) {
  const TempFolder folder;
  const auto write = [&](const char *text) { std::ofstream(folder.path() / "time.hpp") << "#pragma once\n" << text; };
  Edited file((folder.path() / "edited.cpp").string());
  auto compile = [&, n = 0]() mutable {
    file.learn("#include \"time.hpp\"\nextern \"C\" int run(void) { return when()[0] != 0; }\nint n" + std::to_string(n++) +
               ";\n");
    return file.compiler->preambles();
  };
  write("inline const char *when() { return __TIME__; }\n");
  for (const std::uint64_t not_made : {1, 1, 2, 2, 2, 3}) EXPECT_EQ(compile().not_made, not_made);
  write("inline const char *when() { return \"now\"; }\n");
  for (int left_alone = 0; left_alone < 4; ++left_alone) EXPECT_EQ(compile().live, 0u);
  EXPECT_EQ(compile().live, 1u);
}

TEST(Learned, AnUndefinedSymbolOfAHeaderHasItsPlace) {
  const TempFolder folder;
  std::ofstream(folder.path() / "calls.hpp")
      << "#pragma once\nvoid nowhere();\ninline int call() { nowhere(); return 1; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  const auto text = [](int n) {
    return "#include \"calls.hpp\"\nextern \"C\" int run(void) { return call(); }\nint n" + std::to_string(n) + ";\n";
  };
  file.learn(text(0));
  const auto artifact = file.compile(text(1));
  ASSERT_TRUE(artifact);
  const auto found = std::ranges::find(artifact->imports, "_Z7nowherev", &Import::symbol);
  ASSERT_NE(found, artifact->imports.end());
  EXPECT_THAT(found->where.file, HasSubstr("calls.hpp"));
}

TEST(Learned, CHasItsHeadPrecompiled) {
  Edited file("edited.c");
  const auto text = [](int n) {
    return "#include <stdio.h>\n#include <string.h>\nint run(void) { return (int)strlen(\"abc\"); }\nint n" +
           std::to_string(n) + ";\n";
  };
  file.learn(text(0));
  EXPECT_EQ(file.run(text(1)), 3);
  EXPECT_EQ(file.compiler->preambles().uses, 1u);
}

TEST(Learned, ACommentIsNoOtherProgramWhicheverWayItIsCompiled) {
  Edited file;
  const std::string text = with_vector("return values[0];");
  const auto plain = file.compile(text);
  file.compiler->wait_for_preambles();
  const auto learned = file.compile("// a comment\n" + text + "\n\n");
  const auto other_head = file.compile(text + "/* at the end */\n");
  ASSERT_TRUE(plain && learned && other_head);
  EXPECT_NE(other_head->object_key, plain->object_key) << "it calls shared code";
  EXPECT_EQ(other_head->token_key, plain->token_key);
  EXPECT_EQ(learned->token_key, plain->token_key);
  EXPECT_NE(file.compile(with_vector("return values[1];"))->token_key, plain->token_key);
}

TEST(Learned, ALineCountsWhereTheProgramAsksForIt) {
  Edited file;
  const std::string text = "#include <cassert>\nextern \"C\" int run(void) { assert(1 != 2); return 1; }\n";
  const auto one = file.compile(text), other = file.compile("\n" + text), same = file.compile(text + "\n");
  ASSERT_TRUE(one && other && same);
  EXPECT_NE(one->token_key, other->token_key);
  EXPECT_EQ(one->token_key, same->token_key);
}

TEST(Learned, MemoryIsBounded) {
  Edited file;
  driver::Config config;
  config.preamble_bytes = 1;
  file.compiler = *driver::Compiler::create(config);
  file.learn(with_vector("return values[0];"));
  file.learn("#include <cstdio>\nextern \"C\" int run(void) { return std::puts(\"\"); }\n");
  EXPECT_LE(file.compiler->preambles().live, 1u);
  EXPECT_EQ(file.run(with_vector("return values[1];")), 2);
}

TEST(Learned, WithoutAThreadToLearnOnACompileIsPlainAndTheNextOneLearns) {
  constexpr std::string_view kPoint = "cannot start the thread that learns";
  const std::string text = "#include <cstdint>\nextern \"C\" int run(void) { return 1; }\n";
  std::string_view failed;
  for (std::uint64_t number = 1; failed != kPoint; ++number) {
    Edited file;
    std::optional<fault::Injection> injection(number);
    const bool compiled = file.compile(text).has_value();
    ASSERT_NE(injection->failed(), nullptr) << "no compile passes the point";
    failed = injection->failed();
    injection.reset();
    if (failed != kPoint) continue;
    EXPECT_TRUE(compiled);
    EXPECT_EQ(file.compiler->preambles().made, 0u);
    file.learn(text + "int other;\n");
    EXPECT_EQ(file.compiler->preambles().live, 1u);
  }
}

TEST(Learned, ACompilerEndsWhileAPreambleIsBeingMade) {
  Edited file;
  const auto artifact = file.compile(with_vector("return values[0];"));
  EXPECT_TRUE(artifact);
  file.compiler.reset();
}

} // namespace
} // namespace graft::test
