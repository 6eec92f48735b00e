// What Clang's driver makes of flags is kept from one process to the next, and asked for again when it would be another.
#include "caching.hpp"

#include <cstdlib>

namespace graft::test {
namespace {

/// Compiles as a machine does on which gcc lies in a folder of ours.
class CachedArguments : public Caching {
 protected:
  void SetUp() override { install("12", "1"); }

  /// A gcc whose C++ headers say `value`.
  void install(const std::string &version, const std::string &value) {
    folder.write("gcc/lib/gcc/x86_64-linux-gnu/" + version + "/crtbegin.o", "");
    folder.write("gcc/include/c++/" + version + "/marker.h", "#define MARKER " + value + "\n");
  }
  /// Whether what is compiled sees the headers of the gcc that says `value`; in a compiler that knows only what the cache
  /// has.
  bool sees(const std::string &value) {
    driver::Job one = job("#include <marker.h>\nstatic_assert(MARKER == " + value + ");\n", "main.cpp");
    one.options.flags = {"--gcc-toolchain=" + folder / "gcc"};
    return static_cast<bool>(compile(one));
  }
  std::size_t kept() const {
    std::size_t count = 0;
    for (const auto &file : std::filesystem::recursive_directory_iterator(folder / "cache/1"))
      count += file.path().extension() == ".arguments" ? 1 : 0;
    return count;
  }
};

TEST_F(CachedArguments, AreKeptOnceForASetOfFlags) {
  EXPECT_TRUE(sees("1"));
  EXPECT_TRUE(sees("1"));
  EXPECT_FALSE(sees("2"));
  EXPECT_EQ(kept(), 1u);
}

TEST_F(CachedArguments, OfAGccBesideANewerOneAreAskedForAgain) {
  EXPECT_TRUE(sees("1"));
  install("13", "2");
  EXPECT_TRUE(sees("2"));
}

TEST_F(CachedArguments, OfAGccThatWentAreAskedForAgain) {
  install("13", "2");
  EXPECT_TRUE(sees("2"));
  std::filesystem::remove_all(folder / "gcc/lib/gcc/x86_64-linux-gnu/13");
  EXPECT_TRUE(sees("1"));
}

TEST_F(CachedArguments, GoByTheEnvironment) {
  EXPECT_FALSE(sees("3"));
  folder.write("include/marker.h", "#define MARKER 3\n");
  ::setenv("CPATH", (folder / "include").c_str(), 1);
  EXPECT_TRUE(sees("3"));
  ::unsetenv("CPATH");
  EXPECT_TRUE(sees("1"));
}

TEST_F(CachedArguments, ThatClangWarnsOfAreNotKept) {
  driver::Job one = job("int a;\n");
  one.options.flags = {"-Ofast"};
  for (int round = 0; round < 2; ++round) {
    const auto artifact = compile(one);
    ASSERT_THAT(artifact, Succeeds());
    EXPECT_EQ(artifact->warnings.size(), 1u);
  }
  EXPECT_EQ(kept(), 0u);
}

TEST_F(CachedArguments, ThatAreDamagedAreAskedForAgain) {
  EXPECT_TRUE(sees("1"));
  for (const auto &file : std::filesystem::recursive_directory_iterator(folder / "cache/1"))
    if (file.path().extension() == ".arguments") std::filesystem::resize_file(file.path(), 40);
  EXPECT_TRUE(sees("1"));
}

} // namespace
} // namespace graft::test
