// Spawns clang on a temporary file; what it made is read back and the files removed.
#include "objects.hpp"

#include "matchers.hpp"
#include "temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace graft::test {

ObjectFile compile(const SourceText &source, const std::string &flags) {
  const TempFolder folder;
  const std::string input = folder.write(source.name, source.text);
  const std::string output = folder / "object.o";
  const bool cxx = source.name.ends_with(".cpp");
  const std::string command = std::string(GRAFT_TEST_CLANG) + (cxx ? " -x c++ -std=c++20" : " -x c -std=c17") +
                              " -c -fPIC -femulated-tls -O1 -w " + flags + " " + input + " -o " + output;
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream object(output, std::ios::binary);
  return {source.name, {std::istreambuf_iterator<char>(object), {}}};
}

Artifact artifact(std::initializer_list<SourceText> sources, const std::string &flags) {
  Artifact result;
  result.bundle = "test";
  for (const SourceText &source : sources) result.objects.push_back(compile(source, flags));
  return result;
}

std::unique_ptr<jit::Linker> make_linker(jit::Config config) {
  auto linker = jit::Linker::create(config);
  EXPECT_THAT(linker, Succeeds());
  return *std::move(linker);
}

std::unique_ptr<jit::Image> link(jit::Linker &linker, const Artifact &artifact, std::vector<std::string> exports,
                                 std::vector<jit::Symbol> symbols) {
  jit::LinkOptions options;
  options.name = artifact.bundle;
  options.exports = std::move(exports);
  options.symbols = std::move(symbols);
#ifdef GRAFT_TEST_PRELINKED
  options.prelink = jit::Prelink::kYes;
  const auto first = linker.link(artifact, options); // it stays for now, so that the bytes come to lie elsewhere
  EXPECT_THAT(first, Succeeds());
  const std::vector<char> bytes = first ? (*first)->prelinked() : std::vector<char>();
  EXPECT_FALSE(bytes.empty());
  options.prelinked = bytes;
  auto image = linker.link(Artifact{}, options); // without objects: what is not placed has nothing
#else
  auto image = linker.link(artifact, options);
#endif
  EXPECT_THAT(image, Succeeds());
  return image ? *std::move(image) : nullptr;
}

} // namespace graft::test
