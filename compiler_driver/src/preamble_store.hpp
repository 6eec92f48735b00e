// All preambles of a compiler: found by flags and head, made in the background, made anew when a header changed, forgotten
// when there are too many.
#pragma once

#include "head_bytes.hpp"
#include "preamble.hpp"
#include "source_text.hpp"

#include <graft/base/mutex.hpp>
#include <graft/driver/compiler.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace graft::driver {

/// Where heads are kept beyond this process. `find` and `keep` take a head's key; both may be empty: then nowhere.
struct HeadShelf {
  std::function<std::optional<StoredHead>(const ContentKey &key)> find;
  std::function<void(const ContentKey &key, std::shared_ptr<const Preamble>, std::vector<Recipe>)> keep;
};

/// The source that a preamble is made for, as it was when somebody asked.
struct Asker {
  std::shared_ptr<const Prepared> prepared;
  std::shared_ptr<const SourceText> text;
  std::vector<Source> headers;
};

/// With a copy of the text.
Asker asker_of(const std::shared_ptr<const Prepared> &prepared, const SourceText &text, const std::vector<Source> &headers);

/// Threads: any. One thread of its own, started when there is something to make.
///
///   S1  A preamble that `find` hands out is made with these flags, of this head, and none of its files has changed since.
///   S2  A recipe is tried once: what it did not make the first time, it does not ask for again.
///   S3  A head of which nothing could be made is tried again after one compile, then after two, four and so on: its headers
///   are not known, so nobody can tell whether they have changed.
class PreambleStore {
 public:
  /// What other processes made is looked for in `shelf`.
  /// `made` hears of each preamble that the next compile will find, from the thread that makes them, with the source that
  /// was the last to ask for it, if there is one that did not hear of it yet.
  using TellMade = std::function<void(const std::shared_ptr<const Preamble> &, std::optional<Asker>)>;
  PreambleStore(std::size_t limit_bytes, HeadShelf shelf, TellMade made)
      : limit_bytes_(limit_bytes), shelf_(std::move(shelf)), made_(std::move(made)) {}
  ~PreambleStore();

  /// Null when there is none yet. What is handed out lives as long as somebody holds it. A source that is to be learned may
  /// get what another process learned.
  std::shared_ptr<const Preamble> find(const std::shared_ptr<const Prepared> &prepared, const SourceText &text,
                                       const std::vector<Source> &headers, Learn learn);

  /// The head's preamble without anything learned: for a source that did not compile with it. Made from now on, if there is
  /// none.
  std::shared_ptr<const Preamble> find_head(const std::shared_ptr<const Prepared> &prepared, const SourceText &text,
                                            const std::vector<Source> &headers);

  /// A compile went well and needed these functions of its headers: a preamble is made that has them, unless it stands
  /// already, and is returned.
  std::shared_ptr<const Preamble> learn(const std::shared_ptr<const Prepared> &prepared, const SourceText &text,
                                        const std::vector<Source> &headers, std::vector<Recipe> needed);

  /// A compile with a learned preamble had to be repeated without: from now on this file gets none that learned.
  void fell_back(const SourceText &text);

  void wait_until_idle();
  PreambleStats stats() const;

 private:
  struct Entry {
    std::shared_ptr<const Prepared> prepared;
    std::string name; ///< of the first file that had this head
    std::string head;
    bool ends_at_line_start = false;
    std::vector<Source> headers;
    std::map<std::string, Recipe> recipes; ///< by symbol
    std::size_t tried = 0;                 ///< how many of them the preamble was made with
    std::shared_ptr<const Preamble> preamble;
    InputRecord record; ///< the preamble's, with the stamps that were learned since
    enum class State : std::uint8_t { kIdle, kQueued, kBeingMade } state = State::kIdle;
    std::uint32_t failures = 0; ///< in a row
    std::uint32_t patience = 0; ///< S3: for how many compiles it is left alone
    std::uint64_t used = 0;     ///< when, as `clock_` counts
    std::optional<Asker> asker; ///< the last, while it is being made
  };
  enum class Kind : std::uint8_t { kHeadOnly, kLearned };

  std::shared_ptr<const Preamble> find(const std::string &key);
  /// What another process made and still holds; each head is asked for once.
  std::optional<StoredHead> from_shelf(const std::string &key);
  void take(Entry &entry, StoredHead head) GRAFT_REQUIRES(mutex_);
  /// The entry, new or not.
  Entry &entry_for(const std::string &key, const std::shared_ptr<const Prepared> &prepared, const SourceText &text,
                   const HeadText &head, const std::vector<Source> &headers) GRAFT_REQUIRES(mutex_);
  Kind kind_for(const SourceText &text, const Prepared &prepared) const GRAFT_REQUIRES(mutex_);
  /// A compile would have used it.
  void want(const std::string &key, Entry &entry) GRAFT_REQUIRES(mutex_);
  void queue(const std::string &key, Entry &entry) GRAFT_REQUIRES(mutex_);
  void forget_old() GRAFT_REQUIRES(mutex_);
  void work();
  void make(const std::string &key);
  void tell_made(const std::string &key);

  const std::size_t limit_bytes_;
  const HeadShelf shelf_;
  const TellMade made_;
  mutable Mutex mutex_;
  Condition changed_;
  std::map<std::string, Entry> entries_ GRAFT_GUARDED_BY(mutex_);
  std::set<std::string> fell_back_ GRAFT_GUARDED_BY(mutex_); ///< files by name
  std::set<std::string> asked_for_ GRAFT_GUARDED_BY(mutex_); ///< heads that were looked for on the shelf
  std::deque<std::string> to_make_ GRAFT_GUARDED_BY(mutex_);
  PreambleStats stats_ GRAFT_GUARDED_BY(mutex_);
  std::uint64_t clock_ GRAFT_GUARDED_BY(mutex_) = 0;
  bool is_busy_ GRAFT_GUARDED_BY(mutex_) = false;
  std::thread thread_ GRAFT_GUARDED_BY(mutex_);
  std::atomic<bool> stop_{false}; ///< written under the mutex; read without by what is being made
};

} // namespace graft::driver
