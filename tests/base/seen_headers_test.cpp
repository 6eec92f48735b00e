// Two compiles, and what they saw of the same headers.
#include "temp_folder.hpp"

#include <graft/base/seen_headers.hpp>

#include <gtest/gtest.h>

namespace graft {
namespace {

ContentKey key(std::uint8_t number) {
  ContentKey key;
  key.bytes[0] = number;
  return key;
}

TEST(SeenHeaders, OneTextIsNoContradiction) {
  SeenHeaders seen;
  EXPECT_EQ(seen.add({{"/no/a.h", false, key(1)}, {"/no/b.h", false, key(2)}}), "");
  EXPECT_EQ(seen.add({{"/no/a.h", false, key(1)}}), "");
}

TEST(SeenHeaders, TwoTextsAre) {
  SeenHeaders seen;
  seen.add({{"/no/a.h", false, key(1)}});
  EXPECT_EQ(seen.add({{"/no/b.h", false, key(2)}, {"/no/a.h", false, key(3)}}), "/no/a.h");
}

TEST(SeenHeaders, AreKnownByTheirRealPaths) {
  const test::TempFolder folder;
  const std::string header = folder.write("a.h", "");
  folder.write("one/x.c", "");
  SeenHeaders seen;
  seen.add({{header, false, key(1)}});
  EXPECT_EQ(seen.add({{folder / "one/../a.h", false, key(2)}}), folder / "one/../a.h");
}

TEST(SeenHeaders, WhatWasLookedForInVainAndPackagesDoNotCount) {
  SeenHeaders seen;
  seen.add({{"/no/a.h", false, key(1)}, {"/usr/include/b.h", true, key(1)}});
  EXPECT_EQ(seen.add({{"/no/a.h", false, {}}, {"/usr/include/b.h", true, key(2)}}), "");
}

} // namespace
} // namespace graft
