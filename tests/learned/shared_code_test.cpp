// Is the code that headers bring had once, and is what must stay a bundle's own its own?
#include "learned.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

namespace graft::test {
namespace {

TEST(SharedCode, IsThatOfAllBundlesWithOneHead) {
  Edited one("one.cpp");
  one.learn(with_vector("return values[0];"));
  driver::Job other = one.job(with_vector("return values[2];"));
  other.sources[0].name = "other.cpp";
  const auto first = one.compile(with_vector("return values[1];"));
  const auto second = one.compiler->compile(other);
  ASSERT_TRUE(first && second);
  ASSERT_EQ(second->shared.size(), 1u);
  EXPECT_EQ(first->shared.front(), second->shared.front());
  EXPECT_EQ(one.run(*second), 3);
}

TEST(SharedCode, ThatIsLinkedAheadIsTheImageOfItsFirstUserAndGoesWithIt) {
  Edited file;
  file.learn(with_vector("return values[0];"));
  auto artifact = file.compile(with_vector("return values[1];"));
  ASSERT_TRUE(artifact);
  ASSERT_EQ(artifact->shared.size(), 1u);
  file.linker->link_ahead(artifact->shared.front());
  auto unlinkable = std::make_shared<SharedCode>(*artifact->shared.front());
  unlinkable->object.assign(64, 'x');
  artifact->shared = {unlinkable};
  EXPECT_EQ(file.run(*artifact), 2);
  EXPECT_FALSE(file.linker->link(*artifact, {}));
}

TEST(SharedCode, IsOneImageForThoseWhoUseItAtOnce) {
  Edited file;
  const auto text = [](int n) {
    return with_vector(
        "int (*find)(const std::vector<int> &) = nullptr; (void)find; auto member = static_cast<std::size_t "
        "(std::vector<int>::*)() "
        "const noexcept>(&std::vector<int>::size); void *place; __builtin_memcpy(&place, &member, sizeof place); "
        "__builtin_memcpy(&address, &place, sizeof place); return values[0];",
        "extern \"C\" { void *address; int number" + std::to_string(n) + "; }");
  };
  file.learn(text(0));
  jit::LinkOptions options;
  options.name = "edited";
  options.exports = {"run", "address"};
  const void *places[2];
  std::vector<std::unique_ptr<jit::Image>> images;
  for (int i = 0; i < 2; ++i) {
    const auto artifact = file.compile(text(i + 1));
    ASSERT_TRUE(artifact);
    auto image = file.linker->link(*artifact, options);
    ASSERT_TRUE(image) << image.error().text();
    reinterpret_cast<int (*)()>(const_cast<void *>((*image)->address("run")))();
    places[i] = *static_cast<void *const *>((*image)->address("address"));
    EXPECT_TRUE((*image)->owns(reinterpret_cast<std::uintptr_t>(places[i])));
    images.push_back(*std::move(image));
  }
  EXPECT_EQ(places[0], places[1]);
}

TEST(SharedCode, ComesAndGoesWithItsUsersOnManyThreads) {
  const auto body = [](int n) {
    return "try { return values.at(values.size() + " + std::to_string(n) +
           "); } catch (const std::exception &) { return 5; }";
  };
  Edited file;
  file.learn(with_vector(body(0), "#include <exception>\n"));
  const auto artifact = file.compile(with_vector(body(1), "#include <exception>\n"));
  ASSERT_TRUE(artifact);
  ASSERT_EQ(artifact->shared.size(), 1u);
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      for (int time = 0; time < 25; ++time) EXPECT_EQ(file.run(*artifact), 5); // thrown through shared code
    });
  for (std::thread &user : users) user.join();
}

TEST(SharedCode, AMutableStaticOfAHeaderStaysTheBundlesOwn) {
  const TempFolder folder;
  std::ofstream(folder.path() / "count.hpp")
      << "#pragma once\ninline int count() { static int n = 0; return ++n; }\n"
         "template <class T> int twice(T) { count(); return count(); }\ninline int total = 5;\n";
  Edited file((folder.path() / "edited.cpp").string());
  const auto text = [](int n) {
    return "#include \"count.hpp\"\nextern \"C\" int run(void) { return twice(1) * 10 + ++total; }\nint n" +
           std::to_string(n) + ";\n";
  };
  file.learn(text(0));
  for (int n = 1; n < 4; ++n) EXPECT_EQ(file.run(text(n)), 26) << "each image begins with its own";
}

TEST(SharedCode, AStaticOfATemplateIsInitialisedOnceInEachBundle) {
  const TempFolder folder;
  std::ofstream(folder.path() / "late.hpp")
      << "#pragma once\ninline int calls = 0;\ninline int make() { return ++calls * 7; }\n"
         "template <class T> struct Late { static int value; static int get() { return value; } };\n"
         "template <class T> int Late<T>::value = make();\n"
         "template <class T> int &local() { static int n = make(); return ++n; }\n"
         "template <class T> int &of_thread() { thread_local int n = 3; return ++n; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  const auto text = [](int n) {
    return "#include \"late.hpp\"\nextern \"C\" int run(void) { return Late<int>::get() * 100 + local<int>() * 10 + "
           "of_thread<int>() + calls; }\nint n" +
           std::to_string(n) + ";\n";
  };
  const int plain = file.run(text(0));
  file.compiler->wait_for_preambles();
  for (int n = 1; n < 4; ++n) EXPECT_EQ(file.run(text(n)), plain);
  EXPECT_EQ(file.compiler->preambles().uses, 3u);
}

TEST(SharedCode, WhatTheBundleReplacesIsReplacedInHeaderCodeToo) {
  Edited file("a.cpp");
  const auto compile = [&](int n) {
    driver::Job job = file.job("#include <string>\nextern int news;\nextern \"C\" int run(void) { std::string text(100, "
                               "'x'); text.append(500, 'y'); "
                               "return news; }\nint n" +
                               std::to_string(n) + ";\n");
    job.sources.push_back(
        {"b.cpp",
         "#include <cstdlib>\n#include <new>\nint news = 0;\nvoid *operator new(std::size_t size) { ++news; return "
         "std::malloc(size); }\nvoid operator delete(void *at) noexcept { std::free(at); }\nvoid operator delete(void "
         "*at, std::size_t) noexcept { std::free(at); }\n"});
    return file.compiler->compile(job);
  };
  const auto plain = compile(0);
  ASSERT_TRUE(plain) << plain.error().text();
  const int expected = file.run(*plain);
  file.compiler->wait_for_preambles();
  const auto learned = compile(1);
  ASSERT_TRUE(learned) << learned.error().text();
  EXPECT_EQ(file.run(*learned), expected);
}

TEST(SharedCode, AnInlineFunctionHasOneAddressInABundle) {
  const TempFolder folder;
  std::ofstream(folder.path() / "same.hpp")
      << "#pragma once\ntemplate <class T> T same(T t) { return t; }\nusing Same = int (*)(int);\n"
         "inline Same here() { return &same<int>; }\n";
  Edited file((folder.path() / "a.cpp").string());
  const auto compile = [&](int n) {
    driver::Job job = file.job("#include \"same.hpp\"\nSame other();\nextern \"C\" int run(void) { return other() == "
                               "&same<int> && here() == other() && "
                               "same(1) == 1; }\nint n" +
                               std::to_string(n) + ";\n");
    job.sources.push_back(
        {(folder.path() / "b.cpp").string(),
         "#include <vector>\n#include \"same.hpp\"\nSame other() { std::vector<int> v(same(3)); return here(); }\n"});
    return file.compiler->compile(job);
  };
  for (int n = 0; n < 3; ++n) {
    const auto artifact = compile(n);
    file.compiler->wait_for_preambles();
    ASSERT_TRUE(artifact) << artifact.error().text() << render(artifact.error().diagnostics);
    EXPECT_EQ(file.run(*artifact), 1) << n;
  }
}

} // namespace
} // namespace graft::test
