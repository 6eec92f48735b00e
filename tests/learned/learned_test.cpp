// What is learned, what is not, and that neither shows.
#include "learned.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

const std::string kStl = R"(#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

extern "C" int run(void) {
  std::vector<int> values = {3, 1, 2};
  std::sort(values.begin(), values.end());
  std::unordered_map<std::string, int> counts;
  for (int value : values) counts[std::to_string(value)] += value;
  try {
    if (counts.at("3") == 3) throw std::runtime_error("three");
  } catch (const std::exception &error) {
    std::cout << error.what() << std::endl;
    return values[0] + static_cast<int>(counts.size());
  }
  return EXTRA;
}
)";

std::string stl(const std::string &extra) {
  std::string text = kStl;
  return text.replace(text.find("EXTRA"), 5, extra);
}

TEST(Learned, AFileIsCompiledWithWhatItNeededBefore) {
  Edited file;
  file.learn(stl("1"));
  const driver::PreambleStats stats = file.compiler->preambles();
  EXPECT_EQ(stats.made, 1u);
  EXPECT_GT(stats.functions, 50u);
  auto artifact = file.compile(stl("2"));
  ASSERT_TRUE(artifact) << artifact.error().text() << render(artifact.error().diagnostics);
  for (auto&i:artifact->imports) printf("U %s\n", i.symbol.c_str());
  if(FILE*f=fopen("/tmp/o.o","w")) fwrite(artifact->objects[0].bytes.data(),1,artifact->objects[0].bytes.size(),f),fclose(f);
  ASSERT_EQ(artifact->shared.size(), 1u);
  EXPECT_EQ(file.compiler->preambles().uses, 1u);
  EXPECT_EQ(file.compiler->preambles().fallbacks, 0u);
  EXPECT_EQ(file.run(*artifact), 4);
  std::printf("front %.1f ms emit %.1f ms object %zu shared %zu functions %zu bytes pch %zu\n", artifact->times.front_end_ns / 1e6,
              artifact->times.emit_ns / 1e6, artifact->objects[0].bytes.size(), artifact->shared[0]->object.size(), stats.functions, stats.bytes);
  for (int i = 0; i < 3; ++i) {
    artifact = file.compile(stl(std::to_string(i + 10)));
    std::printf("front %.1f ms emit %.1f ms object %zu\n", artifact->times.front_end_ns / 1e6,
              artifact->times.emit_ns / 1e6, artifact->objects[0].bytes.size());
  }
}

} // namespace
} // namespace graft::test
