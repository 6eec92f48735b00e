// The table of symbols: is it what it says it is, and does it know this machine's libraries?
#include "matchers.hpp"
#include "native/elf_file.hpp"
#include "permit/permission_names.hpp"
#include "permit/symbol_table.hpp"
#include "sanitizers.hpp"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

extern "C" void _Unwind_Resume(void *);

namespace graft {
namespace {

using testing::IsEmpty;

std::vector<std::pair<std::string, std::string>> lines() {
  std::vector<std::pair<std::string, std::string>> all;
  std::istringstream text{std::string(symbol_text())};
  for (std::string name, words; text >> name >> words;) all.emplace_back(name, words);
  return all;
}

TEST(SymbolTable, EverySymbolIsFoundInIt) {
  const auto all = lines();
  ASSERT_GT(all.size(), 10000u);
  EXPECT_TRUE(std::ranges::is_sorted(all));
  for (const auto &[name, words] : all) ASSERT_EQ(words_of_symbol(name), words) << name;
}

TEST(SymbolTable, WhatIsNotInItIsNotFound) {
  for (const auto &[name, words] : lines()) {
    const std::string longer = name + "~", shorter = name.substr(0, name.size() - 1) + "\x01";
    ASSERT_EQ(words_of_symbol(longer), std::nullopt) << longer;
    ASSERT_EQ(words_of_symbol(shorter), std::nullopt) << shorter;
  }
  for (const char *none : {"", " ", "\n", "harmless", "~", "open fs", "open fs\nopen64"})
    EXPECT_EQ(words_of_symbol(none), std::nullopt) << none;
}

TEST(SymbolTable, NamesPermissionsThatThereAre) {
  const auto names = PermissionNames::create({});
  ASSERT_THAT(names, test::Succeeds());
  for (const auto &[name, words] : lines()) {
    std::istringstream rest(words);
    for (std::string word; std::getline(rest, word, '|');)
      ASSERT_TRUE(word == kHarmless || (*names).find(word)) << name << " " << words;
  }
}

/// The file that a function of this process is in.
std::string file_of(const void *function) {
  Dl_info info{};
  return ::dladdr(function, &info) != 0 ? info.dli_fname : "";
}

TEST(SymbolTable, KnowsEverySymbolOfThisMachinesLibraries) {
  if (test::kInstrumented) GTEST_SKIP() << "the program itself stands before the libraries, with the sanitizer's symbols";
  std::vector<std::string> unlisted;
  const void *const functions[] = {reinterpret_cast<const void *>(std::puts),
                                   reinterpret_cast<const void *>(static_cast<double (*)(double)>(std::tgamma)), &std::cout,
                                   reinterpret_cast<const void *>(_Unwind_Resume)};
  for (const void *function : functions) {
    const std::string path = file_of(function);
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    const auto file = ElfFile::open(bytes, path);
    ASSERT_THAT(file, test::Succeeds());
    for (const ElfSymbol &symbol : (*file).symbols())
      if (symbol.is_defined() && symbol.entry.st_shndx != SHN_ABS && !words_of_symbol(symbol.name))
        unlisted.push_back(path + ": " + std::string(symbol.name));
  }
  EXPECT_THAT(unlisted, IsEmpty()) << "they are refused under a list of permissions; tools/permission-table adds them";
}

TEST(SymbolTable, WhatReachesTheKernelInsideTheCxxLibraryIsNotHarmless) {
  for (const auto &[symbol, permission] :
       {std::pair("_ZNSt13basic_filebufIcSt11char_traitsIcEE4openEPKcSt13_Ios_Openmode", "fs"),
        std::pair("_ZTVSt14basic_ofstreamIcSt11char_traitsIcEE", "fs"),
        std::pair("_ZNSt10filesystem6removeERKNS_7__cxx114pathE", "fs"),
        std::pair("_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE", "threads"),
        std::pair("_ZTINSt6thread6_StateE", "threads"), std::pair("_ZNSt13random_device9_M_getvalEv", "random"),
        std::pair("_ZNSt6chrono3_V212system_clock3nowEv", "time"), std::pair("_ZNSt6localeC1EPKc", "env"),
        std::pair("_ZSt4cout", "io_console"), std::pair("stdout", "io_console"), std::pair("environ", "env"),
        std::pair("__open_2", "fs"), std::pair("fopen64", "fs"), std::pair("__fread_chk", "harmless"),
        std::pair("syscall", "libc"), std::pair("_ZNSt8ios_base4InitC1Ev", "harmless"),
        std::pair("_ZNSt10filesystem7__cxx114path14_M_split_cmptsEv", "harmless")})
    EXPECT_EQ(words_of_symbol(symbol), permission) << symbol;
}

} // namespace
} // namespace graft
