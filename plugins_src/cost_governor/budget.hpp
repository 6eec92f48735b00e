// Budgets over a minute, an hour and a day, in millionths, so that they can be counted by one atomic addition each.
#pragma once

#include "json_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace budget {

/// A span of time that a budget is for: the longest first, which is the order in which they are looked at.
struct Window {
  std::string_view name; ///< in keys and in the budget's text
  const char *called;    ///< in the sentence for whoever is refused
  std::uint64_t seconds;
};

inline constexpr std::array<Window, 3> kWindows = {
    {{"day", "daily", 86'400}, {"hour", "hourly", 3'600}, {"minute", "minute", 60}}};

using Amounts = std::array<std::int64_t, kWindows.size()>; ///< millionths, in the order of kWindows

/// `{"minute":1,"hour":10.5,"day":100}`; what is left out, or 0, is no limit. False: it is no such text.
inline bool read(std::string_view text, Amounts &out) {
  out = {};
  json::Reader reader(text);
  const auto take = [&](std::string_view key) {
    for (std::size_t i = 0; i < kWindows.size(); ++i) {
      if (key != kWindows[i].name) continue;
      double amount = 0;
      if (!reader.number(amount) || !(amount >= 0 && amount <= 1e12)) return false;
      out[i] = static_cast<std::int64_t>(amount * 1e6 + 0.5);
      return true;
    }
    return false;
  };
  return reader.object(take) && reader.ends();
}

/// Which budget is used up; kWindows.size(): none.
inline std::size_t exceeded(const Amounts &used, const Amounts &budget) {
  std::size_t i = 0;
  while (i < kWindows.size() && !(budget[i] > 0 && used[i] >= budget[i])) ++i;
  return i;
}

/// "tenant exceeded daily budget (200.00/100.00) (retry in 86400s)"
inline std::string refusal(const char *who, std::size_t window, const Amounts &used, const Amounts &budget) {
  char text[160];
  std::snprintf(text, sizeof text, "%s exceeded %s budget (%.2f/%.2f) (retry in %llus)", who, kWindows[window].called,
                static_cast<double>(used[window]) / 1e6, static_cast<double>(budget[window]) / 1e6,
                static_cast<unsigned long long>(kWindows[window].seconds));
  return text;
}

/// The key that counts what was used: one for each stretch of time, which is gone when the next one ends.
inline std::string counter_key(std::string_view subject, std::size_t window, std::int64_t wall_ns) {
  const std::int64_t seconds = wall_ns / 1'000'000'000;
  return std::string(subject) + ":" + std::string(kWindows[window].name) + ":" +
         std::to_string(seconds / static_cast<std::int64_t>(kWindows[window].seconds));
}

/// What a query costs: a unit for each million rows of 64 bytes, and one for each second.
inline std::int64_t query_cost(std::uint64_t response_bytes, std::uint64_t elapsed_us) {
  return static_cast<std::int64_t>(response_bytes / 64 + elapsed_us);
}

/// What an answer costs in tokens of four bytes, a thousand a unit.
inline std::int64_t token_cost(std::uint64_t response_bytes) {
  return static_cast<std::int64_t>(response_bytes / 4 * 1'000);
}

} // namespace budget
