// A chain of records, each with the hash of the one before, in a store of keys and values that many threads and processes
// may write.
//
// Records lie in segments, a line of JSON each. A record is added by exchanging the newest segment for itself with one more
// line, if nobody else did so meanwhile: that one exchange is all there is to win or lose, so the chain cannot fork and no
// number is given twice.
//
//   C1  A segment only grows, at its end, until it is full; the next one is begun only behind a full one.
//   C2  The hash in a record is that of the line before it, whichever segment that is in; in the very first, "GENESIS".
//   C3  When there are too many segments the oldest goes. Before that, `anchor` says what the new oldest begins with.
//   C4  `tail` is there before the first record is, and is never made again: records without it are a broken chain.
//
// Keys: `segment:N`, `anchor`, `tail` (number and hash of the newest record: an edit of the last line shows), `current`
// (where to look first).
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace audit {

inline constexpr std::size_t kSegmentRecords = 32;
inline constexpr std::size_t kSegmentBytes = 48 * 1024;
inline constexpr std::uint64_t kSegments = 900;

enum class Done : std::uint8_t { kYes, kMissing, kConflict, kFailed };

/// What is wrong with a chain.
struct Check {
  std::uint64_t records = 0;           ///< that were looked at
  std::optional<std::uint64_t> broken; ///< the first whose hash or number does not fit; nothing: all fit
};

/// `Store`: `Done get(key, std::string &)`, `Done exchange(key, const std::string *expected, const std::string *value)`,
/// both null for "no such key". `Hash`: text to text.
template <class Store, class Hash>
class Chain {
 public:
  Chain(Store &store, Hash &hash) : store_(store), hash_(hash) {}

  /// Adds a record: `make(number, hash of the one before)` is its line, without the end. kFailed: the store refused, nothing
  /// was added.
  template <class Make>
  Done append(Make make) {
    for (;;) {
      Place place;
      if (const Done found = find_end(place); found != Done::kYes) return found;
      if (place.is_new && place.number == 0 && !begin_tail()) return Done::kFailed;
      const std::string line = make(place.number, place.hash);
      const std::string text = place.text + line + "\n";
      const Done done = store_.exchange(segment_key(place.segment), place.is_new ? nullptr : &place.text, &text);
      if (done == Done::kConflict) continue;
      if (done != Done::kYes) return Done::kFailed;
      raise("tail", Missing::kLeave, place.number + 1, hash_(line)); // 0 is "none"
      if (!place.is_new) return Done::kYes;
      raise("current", Missing::kMake, place.segment, "");
      return drop_oldest(place.segment);
    }
  }

  /// Reads all of it. kFailed: the store did.
  Done verify(Check &check) {
    check = {};
    Anchor anchor;
    Mark tail; // first of all, since the chain may grow meanwhile
    const Done has_tail = read_mark("tail", tail);
    if (has_tail == Done::kFailed || read_anchor(anchor) == Done::kFailed) return Done::kFailed;
    std::string before = anchor.hash, text;
    std::uint64_t number = anchor.number;
    for (std::uint64_t segment = anchor.segment;; ++segment) {
      const Done found = store_.get(segment_key(segment), text);
      if (found == Done::kFailed) return found;
      if (found == Done::kMissing) break;
      for (std::string_view rest = text; !rest.empty(); ++number, ++check.records) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        if (number_of(line) != number || previous_of(line) != before) return check.broken = number, Done::kYes;
        before = hash_(line);
        if (tail.number == number + 1 && tail.hash != before) return check.broken = tail.number, ++check.records, Done::kYes;
        rest.remove_prefix(line.size() == rest.size() ? line.size() : line.size() + 1);
      }
    }
    if (tail.number > number || (has_tail == Done::kMissing && check.records > 0)) check.broken = number; // C4
    return Done::kYes;
  }

 private:
  enum class Missing : std::uint8_t { kMake, kLeave }; ///< what becomes of a mark that is not there
  struct Mark {
    std::uint64_t number = 0;
    std::string hash, text; ///< `text`: the whole value
  };
  struct Anchor {
    std::uint64_t segment = 0, number = 0; ///< of the oldest segment and of its first record
    std::string hash = "GENESIS", text;
  };
  /// Where the next record belongs.
  struct Place {
    std::uint64_t segment = 0, number = 0;
    std::string hash, text;
    bool is_new = false; ///< there is no such segment yet
  };

  static std::string segment_key(std::uint64_t segment) { return "segment:" + std::to_string(segment); }

  static std::uint64_t number_at(std::string_view text, std::size_t at) {
    std::uint64_t number = 0;
    std::from_chars(text.data() + at, text.data() + text.size(), number);
    return number;
  }
  static std::uint64_t number_of(std::string_view line) {
    constexpr std::string_view kBegin = "{\"seq\":";
    return line.starts_with(kBegin) ? number_at(line, kBegin.size()) : ~std::uint64_t{0};
  }
  static std::string_view previous_of(std::string_view line) {
    constexpr std::string_view kName = "\"prev_hash\":\"";
    const std::size_t at = line.find(kName);
    if (at == line.npos) return {};
    const std::string_view rest = line.substr(at + kName.size());
    return rest.substr(0, rest.find('"'));
  }

  Done read_mark(const char *key, Mark &mark) {
    const Done found = store_.get(key, mark.text);
    if (found != Done::kYes) return found;
    mark.number = number_at(mark.text, 0);
    mark.hash = mark.text.substr(mark.text.find(' ') + 1);
    return found;
  }

  /// C4. False: the store refused.
  bool begin_tail() {
    const std::string none = "0 ";
    const Done done = store_.exchange("tail", nullptr, &none);
    return done == Done::kYes || done == Done::kConflict;
  }

  /// Sets a mark, unless it is further already.
  void raise(const char *key, Missing missing, std::uint64_t number, const std::string &hash) {
    const std::string text = std::to_string(number) + " " + hash;
    for (;;) {
      Mark mark;
      const Done found = read_mark(key, mark);
      if (found == Done::kFailed || (found == Done::kYes && mark.number >= number)) return;
      if (found == Done::kMissing && missing == Missing::kLeave) return; // C4
      if (store_.exchange(key, found == Done::kYes ? &mark.text : nullptr, &text) != Done::kConflict) return;
    }
  }

  Done read_anchor(Anchor &anchor) {
    const Done found = store_.get("anchor", anchor.text);
    if (found != Done::kYes) return found;
    const std::size_t first = anchor.text.find(' '), second = anchor.text.find(' ', first + 1);
    anchor.segment = number_at(anchor.text, 0);
    anchor.number = number_at(anchor.text, first + 1);
    anchor.hash = anchor.text.substr(second + 1);
    return found;
  }

  static std::string_view last_line(std::string_view text) {
    text.remove_suffix(1);
    return text.substr(text.rfind('\n') + 1); // none: npos + 1
  }
  static bool is_full(std::string_view text) {
    std::size_t lines = 0;
    for (const char c : text) lines += c == '\n' ? 1 : 0;
    return lines >= kSegmentRecords || text.size() >= kSegmentBytes;
  }

  Done find_end(Place &place) {
    Mark current;
    Anchor anchor;
    if (read_mark("current", current) == Done::kFailed || read_anchor(anchor) == Done::kFailed) return Done::kFailed;
    place.segment = current.number > anchor.segment ? current.number : anchor.segment;
    place.number = anchor.number;
    place.hash = anchor.hash;
    for (bool has_before = false;; has_before = true, ++place.segment) {
      const Done found = store_.get(segment_key(place.segment), place.text);
      if (found == Done::kFailed) return found;
      place.is_new = found == Done::kMissing;
      if (place.is_new) {
        place.text.clear();
        // A hint that leads nowhere, with records before it: the chain was tampered with, and must not begin anew in its
        // middle.
        return has_before || place.segment == anchor.segment ? Done::kYes : Done::kFailed;
      }
      if (place.text.empty() || place.text.back() != '\n') return Done::kFailed;
      const std::string_view line = last_line(place.text);
      place.number = number_of(line) + 1;
      place.hash = hash_(line);
      if (!is_full(place.text)) return Done::kYes;
    }
  }

  Done drop_oldest(std::uint64_t newest) {
    Anchor anchor;
    const Done found = read_anchor(anchor);
    if (found == Done::kFailed) return found;
    if (newest - anchor.segment < kSegments) return Done::kYes;
    std::string oldest;
    if (store_.get(segment_key(anchor.segment), oldest) != Done::kYes || oldest.empty()) return Done::kFailed;
    const std::string_view line = last_line(oldest);
    const std::string next =
        std::to_string(anchor.segment + 1) + " " + std::to_string(number_of(line) + 1) + " " + hash_(line);
    const Done moved = store_.exchange("anchor", found == Done::kYes ? &anchor.text : nullptr, &next); // C3
    if (moved == Done::kConflict) return Done::kYes;                                                   // somebody else did
    if (moved != Done::kYes) return Done::kFailed;
    return store_.exchange(segment_key(anchor.segment), &oldest, nullptr) == Done::kFailed ? Done::kFailed : Done::kYes;
  }

  Store &store_;
  Hash &hash_;
};

} // namespace audit
