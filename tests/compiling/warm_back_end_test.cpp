// Is an object of the kept pipeline the one that Clang makes of the same source, whatever went through it before?
#include "arguments.hpp"
#include "compile.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <cstdlib>
#include <fstream>

namespace graft::test {
namespace {

struct Program {
  const char *name;
  const char *text;
};

const Program kPrograms[] = {
    {"a.c", "int add(int a, int b) { return a + b; }\n"},
    {"inlined.c", "__attribute__((always_inline)) static inline int twice(int a) { return a + a; }\n"
                  "int f(int a) { return twice(a); }\n"},
    {"inlined_here.cpp", "static int twice(int a) { return a + a; }\n"
                       "int f(int a) { [[clang::always_inline]] return twice(a) + twice(1); }\n"},
    {"data.c", "int zero, one = 1; const char *const words[] = {\"a\", \"b\"}; static double kept[100]; int common;\n"
               "__attribute__((weak)) int weak(void) { return one; } double *get(int i) { return &kept[i]; }\n"
               "__attribute__((section(\"mine\"), used)) static int placed = 3;\n"},
    {"control.c",
     "int f(int n) { switch (n) { case 1: return 5; case 2: return 7; case 3: return 1; case 4: return 9; case 5: "
     "return 2; default: break; } int sum = 0; for (int i = 0; i < n; ++i) sum += i * n; return sum; }\n"},
    {"floats.c",
     "_Complex double multiply(_Complex double a, _Complex double b) { return a * b; }\n"
     "long double wide(long double x) { return x / 3; } float fused(float a, float b, float c) { return a * b + c; }\n"},
    {"assembly.c", "int swap(int x) { __asm__ volatile(\"bswap %0\" : \"+r\"(x)); return x; }\n"
                   "__asm__(\".globl from_assembly\\nfrom_assembly: ret\\n\");\n"},
    {"variadic.c", "#include <stdarg.h>\nint sum(int n, ...) { va_list list; va_start(list, n); int s = 0; while (n--) s += "
                   "va_arg(list, int); va_end(list); return s; }\n"},
    {"threads.c",
     "static _Thread_local int mine = 4; int next(void) { return ++mine; } _Atomic long shared;\n"
     "long bump(void) { return shared++; } __attribute__((constructor)) static void begin(void) { mine = 1; }\n"},
    {"vectors.c", "typedef float V __attribute__((vector_size(32))); V add(V a, V b) { return a * b + a; }\n"},
    {"exceptions.cpp",
     "#include <stdexcept>\n#include <string>\nstruct Guard { ~Guard(); }; int f(int n) { Guard guard; try { if (n) throw "
     "std::runtime_error(\"x\"); } catch (const std::exception &e) { return e.what()[0]; } return 0; }\n"},
    {"classes.cpp",
     "struct Base { virtual ~Base(); virtual int f() = 0; }; struct One : Base { int f() override { return 1; } };\n"
     "Base *make() { return new One; } template <class T> T twice(T v) { return v + v; } int g() { return twice(3); }\n"
     "inline int &counter() { static int n = make()->f(); return n; } int h() { return ++counter(); }\n"},
    {"library.cpp",
     "#include <algorithm>\n#include <map>\n#include <string>\n#include <vector>\nint run() { std::map<std::string, "
     "std::vector<int>> m; m[\"a\"] = {3, 1, 2}; std::ranges::sort(m[\"a\"]); return m[\"a\"][0]; }\n"},
    {"coroutine.cpp",
     "#include <coroutine>\nstruct Task { struct promise_type { Task get_return_object() { return {}; } std::suspend_never "
     "initial_suspend() { return {}; } std::suspend_never final_suspend() noexcept { return {}; } void return_void() {} "
     "void unhandled_exception() {} }; }; Task f(int &n) { ++n; co_await std::suspend_never{}; ++n; }\n"},
};

class WarmBackEnd : public testing::TestWithParam<const char *> {
 protected:
  WarmBackEnd() {
    options_.flags = {"-fno-split-stack"}; // checks of the stack are ours, and Clang's flag means something else
    if (*GetParam() != 0) options_.flags.push_back(GetParam());
    options_.working_directory = folder_.path().string();
  }

  std::vector<char> ours(const Program &program) {
    driver::Job job;
    job.bundle = "test";
    job.options = options_;
    job.options.preambles = driver::Preambles::kIgnore;
    job.sources.push_back({program.name, program.text});
    auto artifact = compiler_->compile(job);
    EXPECT_THAT(artifact, Succeeds());
    return artifact ? artifact->objects.front().bytes : std::vector<char>();
  }

  /// The same arguments, given to a compiler of its own process.
  std::vector<char> clangs(const Program &program) {
    std::ofstream(folder_.path() / program.name) << program.text;
    const bool is_c = std::string_view(program.name).ends_with(".c");
    const auto given = driver::arguments_for(options_, is_c ? driver::Language::kC : driver::Language::kCxx);
    EXPECT_THAT(given, Succeeds());
    const std::vector<std::string> arguments = given ? *given : std::vector<std::string>();
    std::string command = "cd '" + folder_.path().string() + "' && " GRAFT_CLANG " -cc1";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const bool is_name = arguments[i] == "-main-file-name" || arguments[i] == "-o";
      if (is_name) ++i;
      if (!is_name && arguments[i] != arguments.back()) command += " '" + arguments[i] + "'";
    }
    command += std::string(" -main-file-name ") + program.name + " -o out.o " + program.name;
    EXPECT_EQ(std::system(command.c_str()), 0) << command; // NOLINT(concurrency-mt-unsafe)
    std::ifstream stream(folder_.path() / "out.o", std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TempFolder folder_;
  Options options_;
  std::unique_ptr<driver::Compiler> compiler_ = *driver::Compiler::create();
};

TEST_P(WarmBackEnd, MakesClangsObjects) {
  for (int round = 0; round < 3; ++round)
    for (const Program &program : kPrograms)
      EXPECT_EQ(ours(program), clangs(program)) << program.name << ", round " << round;
}

INSTANTIATE_TEST_SUITE_P(Flags, WarmBackEnd,
                         testing::Values("", "-g", "-ffast-math", "-march=x86-64-v3", "-fno-asynchronous-unwind-tables",
                                         "-finstrument-functions"),
                         [](const auto &info) {
                           return *info.param == 0 ? "none" : std::string("f") + std::to_string(info.index);
                         });

} // namespace
} // namespace graft::test
