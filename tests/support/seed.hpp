// The seed of a random test: another one each run, printed before anything could end the process; GRAFT_SEED repeats a run.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace graft::test {

inline unsigned seed_of_run() {
  const char *given = std::getenv("GRAFT_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  testing::Test::RecordProperty("seed", std::to_string(seed));
  std::printf("seed %u; GRAFT_SEED repeats it\n", seed);
  std::fflush(stdout);
  return seed;
}

} // namespace graft::test
