// The same job here and in the worker: the same bytes, or the same words.
#include "worker.hpp"

#include <graft/base/artifact_bytes.hpp>

#include <algorithm>

namespace graft::test {
namespace {

namespace fs = std::filesystem;
using driver::Kept;
using driver::Language;

class Same : public Workers {
 protected:
  std::unique_ptr<Compiler> beside = *Compiler::create(); // which has compiled nothing
  /// As bytes, but for how long it took.
  static std::vector<char> bytes_of(Artifact artifact) {
    artifact.times = {};
    return to_bytes(artifact);
  }
  void expect_same(const Job &job) {
    const auto here = compiler->compile(job), there = worker->compile(*beside, job);
    ASSERT_EQ(here.code(), there.code()) << job.bundle << (there ? std::string() : there.error().text());
    if (here) {
      EXPECT_EQ(here->object_key, there->object_key) << job.bundle;
      EXPECT_EQ(here->source_key, there->source_key) << job.bundle;
      EXPECT_EQ(bytes_of(*here), bytes_of(*there)) << job.bundle;
    } else {
      EXPECT_EQ(here.error().text(), there.error().text());
      EXPECT_EQ(render(here.error().diagnostics), render(there.error().diagnostics));
    }
  }
};

Job job_of(const fs::path &folder) {
  Job job;
  job.bundle = folder.filename();
  job.options.working_directory = folder;
  job.options.include_dirs = {folder, folder.parent_path()};
  job.options.kept = Kept::kOutside;
  job.options.flags = {"-fconstexpr-steps=10000"}; // one of them computes for as long as it may
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    if (const auto ending = entry.path().extension(); ending == ".c" || ending == ".cpp" || ending == ".ll")
      job.sources.push_back({fs::relative(entry.path(), folder), std::nullopt, Language::kFromName});
  std::ranges::sort(job.sources, {}, &Source::name);
  return job;
}

TEST_F(Same, AsAFirstAndAsASecondImage) {
  for (const driver::Role role : {driver::Role::kFirst, driver::Role::kSecond}) {
    Job one = job({{"a.c", "static int n; int f(void) { return ++n; }"}});
    one.options.role = role;
    expect_same(one);
  }
}

TEST_F(Same, WithinAMemoryBoundThatOneFileExceeds) {
  const driver::Config bounded{.threads = 4, .compile_bytes = 1};
  compiler = *Compiler::create(bounded);
  beside = *Compiler::create(bounded);
  worker = Worker::create({}, bounded);
  ASSERT_THAT(worker, Succeeds());
  expect_same(job({{"a.c", "int a;"}, {"b.c", "int b;"}, {"c.c", "int c;"}, {"d.c", "int d(void) { return 1; }"}}));
}

TEST_F(Same, OverEveryBundleThatIsShipped) {
  int bundles = 0;
  for (const char *place : {"/plugins_src", "/plugins_src/bad"})
    for (const auto &entry : fs::directory_iterator(GRAFT_SOURCE_DIR + std::string(place)))
      if (entry.is_directory() && entry.path().filename() != "bad")
        if (const Job job = job_of(entry.path()); !job.sources.empty()) {
          expect_same(job);
          ++bundles;
        }
  EXPECT_GT(bundles, 20);
}

TEST_F(Same, WithEveryOptionAJobHas) {
  Job all = job(
      {{"a.c", "#include \"own.h\"\nGRAFT_KEEP static int kept = OWN;\nint f(void) { return kept; }"}, {"b.cpp", kGreeter}});
  all.headers.push_back({"own.h", "#include <graft/abi.h>\n#define OWN 7\n", Language::kFromName});
  all.options.flags = {"-DX=1", "-g", "-Wall"};
  all.options.c_standard = "c11";
  all.options.cxx_standard = "c++20";
  all.options.optimise = 2;
  all.options.bitcode = driver::Bitcode::kKeep;
  expect_same(all);
  all.options.need = driver::Need::kFacts;
  expect_same(all);
}

TEST_F(Same, WithErrorsAndTheirNotesAndFixIts) {
  expect_same(
      job({{"a.cpp", "template <class T> void f(T t) { t.g() }\nint main() { f(1); foo = 2; }\n"}, {"b.c", "int x = y;"}}));
  expect_same(job({{"no-language", "x"}}));
  expect_same(job({}));
}

TEST_F(Same, NamesAreRelativeToThisProcessesFolder) {
  const std::string folder = fs::temp_directory_path();
  const Job relative = {
      .bundle = "b", .sources = {{"not-there.c", std::nullopt, Language::kFromName}}, .headers = {}, .options = {}};
  expect_same(relative);
}

} // namespace
} // namespace graft::test
