// Counts words with the standard library: unordered_map, vector, sort, string.
#include "wordcount.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using Counts = std::unordered_map<std::string, std::uint64_t>;

bool is_part_of_word(unsigned char c) { return c > 127 || std::isalnum(c); }

Counts count_words(graft_str text) {
  Counts counts;
  std::string word;
  for (const char character : std::string_view(text.data, text.size)) {
    const auto c = static_cast<unsigned char>(character);
    if (is_part_of_word(c)) {
      word += c > 127 ? character : static_cast<char>(std::tolower(c));
    } else if (!word.empty()) {
      ++counts[std::exchange(word, {})];
    }
  }
  if (!word.empty()) ++counts[word];
  return counts;
}

graft_status count(graft_str text, uint64_t *words, uint64_t *distinct) {
  const Counts counts = count_words(text);
  *words = 0;
  for (const auto &[word, times] : counts) *words += times;
  *distinct = counts.size();
  return GRAFT_OK;
}

graft_status top(graft_str text, uint32_t limit, graft_buf *out) {
  const Counts counts = count_words(text);
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto &left, const auto &right) {
    return left.second != right.second ? left.second > right.second : left.first < right.first;
  });
  if (sorted.size() > limit) sorted.resize(limit);
  for (const auto &[word, times] : sorted) {
    const std::string line = std::to_string(times) + " " + word + "\n";
    const graft_status status = graft_buf_append(&graft_self, out, line.data(), line.size());
    if (status != GRAFT_OK) return status;
  }
  return GRAFT_OK;
}

} // namespace

GRAFT_PROVIDE(wordcount, {.count = count, .top = top});
