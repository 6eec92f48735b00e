// Sources that take all that they are given: each ends in an error that names the limit, and the next compile works.
#include "sanitizers.hpp"
#include "temp_folder.hpp"
#include "worker.hpp"

#include <sys/stat.h>

namespace graft::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class Limits : public Workers {
 protected:
  void expect_end(const Job &job, const WorkerLimits &limits, const std::string &words) {
    EXPECT_THAT(worker->compile(*compiler, job, limits),
                FailsWith(Code::kExhausted, AllOf(HasSubstr("bundle 'bundle'"), HasSubstr(words))));
    EXPECT_THAT(worker->compile(*compiler, test::job({{"a.c", "int x;"}})), Succeeds());
  }

  const WorkerLimits little_memory{.wall = 60s, .cpu = 60s, .memory_bytes = 128ull << 20, .file_bytes = 1};
};

/// Never done, and needs no memory for it.
const std::string kEndless = "constexpr unsigned f() { unsigned n = 0; while (true) n ^= n + 1; return n; }\n"
                             "constexpr unsigned n = f();\n";

TEST_F(Limits, AFileWithoutEndEndsAtTheMemory) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer's own memory is not told from the compile's";
  expect_end(job({{"a.c", "__asm__(\".incbin \\\"/dev/zero\\\"\");"}}), little_memory, "limit of 128 MiB memory");
}

TEST_F(Limits, ARepetitionOfABillionEndsAtTheMemory) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer's own memory is not told from the compile's";
  expect_end(job({{"a.c", "__asm__(\".rept 1000000000\\n.quad 1\\n.endr\");"}}), little_memory, "limit of 128 MiB memory");
}

TEST_F(Limits, AFileThatNobodyWritesEndsAtTheWallTime) {
  const TempFolder folder;
  const std::string fifo = folder / "silent.h";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(worker->compile(*compiler, job({{"a.c", "#include \"" + fifo + "\"\n"}})),
              FailsWith(Code::kInvalid, HasSubstr("silent.h")));
  expect_end(job({{"a.c", "__asm__(\".incbin \\\"" + fifo + "\\\"\");"}}), {.wall = 200ms}, "limit of 0.2 s wall time");
}

TEST_F(Limits, AnEndlessComputationEndsAtTheProcessorTime) {
  expect_end(job({{"a.cpp", kEndless}}, flags({"-fconstexpr-steps=4294967295"})), {.cpu = 1s},
             "limit of 1 s processor time");
}

TEST_F(Limits, AStackThatIsTooDeepIsAnErrorOfTheSource) {
  std::string nested = "struct s { int x; } s;";
  for (int depth = 0; depth < 20'000; ++depth) nested = "struct { " + nested + " };";
  const auto outcome = worker->compile(*compiler, job({{"deep.c", "struct top { " + nested + " };\n"}}));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(worker->compile(*compiler, job({{"a.c", "int x;"}})), Succeeds());
}

TEST_F(Limits, TenThousandFilesAreABundleOrAnErrorThatNamesTheLimit) {
  Job many = job({});
  for (int index = 0; index < 10'001; ++index)
    many.sources.push_back(
        {"f" + std::to_string(index) + ".c", "int f" + std::to_string(index) + ";", driver::Language::kC});
  expect_end(many, {.wall = 300ms}, "limit of 0.3 s wall time");
}

TEST_F(Limits, ManyJobsAtOnceEachHaveTheirOwn) {
  std::vector<std::thread> threads;
  std::atomic<int> ended{0}, done{0}; // relaxed would do: read after the joins
  for (int index = 0; index < 6; ++index)
    threads.emplace_back([&, index] {
      const bool is_bomb = index % 2 == 0;
      const auto outcome =
          is_bomb ? worker->compile(*compiler, job({{"a.cpp", kEndless}}, flags({"-fconstexpr-steps=4294967295"})),
                                    {.wall = 300ms})
                  : worker->compile(*compiler, job({{"a.c", "int x;"}}));
      ended += !outcome && outcome.code() == Code::kExhausted ? 1 : 0;
      done += outcome ? 1 : 0;
    });
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(done, 3);
}

} // namespace
} // namespace graft::test
