// What does the linker say to bytes that it cannot take, and does it live on?
#include "matchers.hpp"
#include "objects.hpp"
#include "seed.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Result<std::unique_ptr<jit::Image>> try_link(jit::Linker &linker, ObjectFile object) {
  Artifact artifact;
  artifact.objects.push_back(std::move(object));
  jit::LinkOptions options;
  options.name = "test";
  options.exports = {"f"};
  return linker.link(artifact, options);
}

template <class T>
T read(const ObjectFile &object, std::uint64_t offset) {
  T value;
  std::memcpy(&value, object.bytes.data() + offset, sizeof(T));
  return value;
}

const SourceText kSource{
    "a.cpp", "#include <string>\nstatic std::string kept = \"kept\"; thread_local int mine = 1;\n"
             "extern \"C\" int f(int n) { try { if (n) throw n; } catch (int c) { return c + mine; } return kept.size(); }"};

TEST(BadInput, RandomBytesAreRefusedWithTheFile) {
  auto linker = make_linker();
  EXPECT_THAT(try_link(*linker, {"noise.c", std::vector<char>(500, 'x')}),
              FailsWith(Code::kInvalid, AllOf(HasSubstr("noise.c"), HasSubstr("not an ELF file"))));
}

TEST(BadInput, NoBytesAreRefused) {
  auto linker = make_linker();
  EXPECT_THAT(try_link(*linker, {"empty.c", {}}), FailsWith(Code::kInvalid, HasSubstr("damaged")));
}

TEST(BadInput, AnObjectCutAnywhereIsRefusedOrWhole) {
  auto linker = make_linker();
  const ObjectFile whole = compile(kSource);
  for (std::size_t size = 0; size < whole.bytes.size(); size += 13) {
    ObjectFile cut = whole;
    cut.bytes.resize(size);
    ASSERT_FALSE(try_link(*linker, std::move(cut))) << size;
  }
  EXPECT_THAT(try_link(*linker, whole), Succeeds());
}

TEST(BadInput, ATruncatedObjectIsCalledSo) {
  auto linker = make_linker();
  ObjectFile cut = compile(kSource);
  cut.bytes.resize(cut.bytes.size() / 2);
  EXPECT_THAT(try_link(*linker, std::move(cut)), FailsWith(Code::kInvalid, HasSubstr("truncated")));
}

// Linked, never run: the code may be anything.
TEST(BadInput, FlippedBytesNeverEndTheProcess) {
  auto linker = make_linker();
  const ObjectFile whole = compile(kSource);
  std::mt19937 random(seed_of_run());
  for (int round = 0; round < 1500; ++round) {
    ObjectFile damaged = whole;
    for (unsigned flips = 1 + random() % 4; flips != 0; --flips) {
      damaged.bytes[random() % damaged.bytes.size()] = static_cast<char>(random());
    }
    ignore(try_link(*linker, std::move(damaged)), "either outcome is right, as long as there is one");
  }
  EXPECT_THAT(try_link(*linker, whole), Succeeds());
}

TEST(BadInput, ARelocationOfNoSymbolIsRefused) {
  auto linker = make_linker();
  ObjectFile damaged = compile({"a.c", "int g(void); int f(void) { return g(); }"});
  const auto header = read<Elf64_Ehdr>(damaged, 0);
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = read<Elf64_Shdr>(damaged, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_RELA) continue;
    const std::uint64_t info = section.sh_offset + offsetof(Elf64_Rela, r_info);
    const std::uint64_t none = ELF64_R_INFO(0, ELF64_R_TYPE(read<std::uint64_t>(damaged, info)));
    std::memcpy(damaged.bytes.data() + info, &none, sizeof(none));
  }
  EXPECT_THAT(try_link(*linker, std::move(damaged)), FailsWith(Code::kInvalid, HasSubstr("names no symbol")));
}

TEST(BadInput, AnObjectForAnotherMachineIsRefused) {
  auto linker = make_linker();
  ObjectFile foreign = compile({"a.c", "int f(void) { return 1; }"});
  reinterpret_cast<Elf64_Ehdr *>(foreign.bytes.data())->e_machine = EM_AARCH64;
  EXPECT_THAT(try_link(*linker, std::move(foreign)), FailsWith(Code::kUnsupported, HasSubstr("x86-64")));
}

TEST(BadInput, AnIfuncInMachineCodeIsRefusedByName) {
  auto linker = make_linker();
  const SourceText source{"a.c", "static int one(void) { return 1; } static int (*choose(void))(void) { return one; }\n"
                                 "int chosen(void) __attribute__((ifunc(\"choose\"))); int f(void) { return chosen(); }"};
  EXPECT_THAT(try_link(*linker, compile(source)),
              FailsWith(Code::kUnsupported, AllOf(HasSubstr("'chosen'"), HasSubstr("IFUNC"))));
}

TEST(BadInput, NativeThreadLocalsInMachineCodeAreRefusedByNameInEveryModel) {
  auto linker = make_linker();
  for (const char *model : {"-ftls-model=global-dynamic", "-ftls-model=local-dynamic", "-ftls-model=initial-exec",
                            "-ftls-model=local-exec -fno-pic -fPIE", "-mtls-dialect=gnu2"}) {
    const ObjectFile object =
        compile({"a.c", "static _Thread_local int mine, other; int f(void) { return ++mine + ++other; }"},
                std::string("-fno-emulated-tls ") + model);
    EXPECT_THAT(try_link(*linker, object),
                FailsWith(Code::kUnsupported, AllOf(HasSubstr("'mine'"), HasSubstr("-femulated-tls"))))
        << model;
  }
}

TEST(BadInput, CodeThatIsNotPositionIndependentIsRefusedWithWhatToDo) {
  auto linker = make_linker();
  const ObjectFile object = compile({"a.c", "extern int getpid_data; int *f(void) { return &getpid_data; }\n"
                                            "char *g(void) { extern char **environ; return environ[0]; }"},
                                    "-fno-pic -mcmodel=small -fno-PIE");
  jit::LinkOptions options;
  EXPECT_THAT(try_link(*linker, object), FailsWith(Code::kInvalid, HasSubstr("getpid_data")));
}

TEST(BadInput, AnImageLinkedBeforeStillAnswers) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({{"a.c", "int f(void) { return 5; }"}}), {"f"});
  EXPECT_FALSE(try_link(*linker, {"noise.c", std::vector<char>(5000, 'x')}));
  EXPECT_EQ(function<int()>(*image, "f")(), 5);
}

} // namespace
} // namespace graft::test
