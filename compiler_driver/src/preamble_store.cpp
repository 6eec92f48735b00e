// See preamble_store.hpp. The lock is never held while Clang runs or a file is looked at.
#include "preamble_store.hpp"

#include "content_key.hpp"
#include "recovery.hpp"
#include "start_thread.hpp"

#include <clang/Lex/PreprocessorOptions.h>

#include <sys/resource.h>

#include <algorithm>

namespace graft::driver {
namespace {

constexpr std::size_t kMostEntries = 64;
constexpr std::size_t kMostRecipes = 20'000;
constexpr std::size_t kMostFallenBack = 10'000;
constexpr std::uint32_t kMostPatience = 16; // as a power of two

/// Behind everything that somebody waits for.
constexpr int kBackgroundNice = 10;

std::string folder_of(const std::string &name) { return name.substr(0, name.rfind('/') + 1); }

/// Everything that decides what a head means (the folder too, if it is where includes are looked for first).
std::string key_of(const Prepared &prepared, const SourceText &text, const HeadText &head,
                   const std::vector<Source> &headers, std::string_view kind) {
  KeyBuilder key;
  key.add(prepared.arguments_key);
  key.add(head.text);
  key.add(head.ends_at_line_start ? "line" : "");
  key.add(head.has_quoted_include ? folder_of(text.name) : std::string());
  for (const Source &header : headers) {
    key.add(header.name);
    key.add(header.contents.value_or(""));
  }
  key.add(kind);
  const ContentKey made = key.finish();
  return {reinterpret_cast<const char *>(made.bytes.data()), made.bytes.size()};
}

std::string_view suffix_of(auto kind) { return kind == decltype(kind)::kLearned ? "learned" : "head only"; }

std::string_view text_of(const SourceText &text) { return text.buffer->getBuffer(); }

bool includes_by_flag(const clang::CompilerInvocation &invocation) {
  const clang::PreprocessorOptions &options = invocation.getPreprocessorOpts();
  return !options.Includes.empty() || !options.MacroIncludes.empty() || !options.ImplicitPCHInclude.empty();
}

/// What crashes Clang is not made.
std::shared_ptr<const Preamble> make_guarded(const PreambleRequest &request, const std::atomic<bool> &stop) {
  std::shared_ptr<const Preamble> made;
  const Result<void> survived = run_guarded([&] { made = make_preamble(request, stop); });
  return survived ? made : nullptr;
}

std::size_t bytes_of(const Preamble &preamble) {
  return preamble.bytes.size() + (preamble.code && preamble.code->shared ? preamble.code->shared->object.size() : 0);
}

} // namespace

Asker asker_of(const std::shared_ptr<const Prepared> &prepared, const SourceText &text, const std::vector<Source> &headers) {
  auto copy =
      std::make_shared<SourceText>(text.name, text.language, llvm::MemoryBuffer::getMemBufferCopy(text_of(text), text.name));
  return {prepared, std::move(copy), headers};
}

PreambleStore::~PreambleStore() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    stop_.store(true, std::memory_order_relaxed); // carries nothing but itself; the mutex orders the rest
    thread = std::move(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

PreambleStore::Kind PreambleStore::kind_for(const SourceText &text, const Prepared &prepared) const {
  const bool learns = prepared.invocation().getLangOpts().CPlusPlus && !fell_back_.contains(text.name);
  return learns ? Kind::kLearned : Kind::kHeadOnly;
}

std::shared_ptr<const Preamble> PreambleStore::find(const std::shared_ptr<const Prepared> &prepared, const SourceText &text,
                                                    const std::vector<Source> &headers, Learn learn) {
  if (includes_by_flag(prepared->invocation())) return nullptr;
  const HeadText head = head_of(text_of(text), prepared->invocation().getLangOpts());
  if (head.text.empty()) return nullptr;
  const bool asks_shelf = learn == Learn::kYes && shelf_.find;
  Kind kind;
  {
    MutexLock lock(mutex_);
    if (entries_.empty() && !asks_shelf) return nullptr;
    kind = kind_for(text, *prepared);
  }
  const std::string key = key_of(*prepared, text, head, headers, suffix_of(kind));
  if (!asks_shelf) return find(key);
  if (auto known = find(key)) return known;
  if (auto stored = from_shelf(key)) {
    MutexLock lock(mutex_);
    take(entry_for(key, prepared, text, head, headers), *std::move(stored));
    forget_old();
  }
  return find(key);
}

static ContentKey content_key_of(const std::string &key) {
  ContentKey content;
  std::ranges::copy(key, content.bytes.begin());
  return content;
}

std::optional<StoredHead> PreambleStore::from_shelf(const std::string &key) {
  if (!shelf_.find) return std::nullopt;
  {
    MutexLock lock(mutex_);
    if (asked_for_.size() >= kMostFallenBack || !asked_for_.insert(key).second) return std::nullopt;
  }
  auto found = shelf_.find(content_key_of(key));
  const bool holds = found && SecondLook().look(found->preamble->record) != SecondLook::Verdict::kChanged;
  return holds ? std::move(found) : std::nullopt;
}

void PreambleStore::take(Entry &entry, StoredHead head) {
  if (entry.preamble) return; // made here meanwhile
  for (Recipe &recipe : head.recipes) entry.recipes.insert_or_assign(recipe.symbol, std::move(recipe));
  entry.tried = head.recipes.size(); // what was asked for here since is still to be made
  entry.record = head.preamble->record;
  entry.preamble = std::move(head.preamble);
}

std::shared_ptr<const Preamble> PreambleStore::find(const std::string &key) {
  std::shared_ptr<const Preamble> preamble;
  InputRecord record;
  {
    MutexLock lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end() || !entry->second.preamble) return nullptr;
    entry->second.used = ++clock_;
    preamble = entry->second.preamble;
    record = entry->second.record;
  }
  const SecondLook::Verdict verdict = SecondLook().look(record);
  MutexLock lock(mutex_);
  const auto at = entries_.find(key);
  const bool is_still_there = at != entries_.end() && at->second.preamble == preamble;
  if (verdict != SecondLook::Verdict::kChanged) {
    ++stats_.uses;
    if (is_still_there && verdict == SecondLook::Verdict::kHoldsWithNewStamps) at->second.record = std::move(record);
    return preamble;
  }
  ++stats_.stale;
  if (!is_still_there) return nullptr;
  Entry &entry = at->second;
  entry.preamble = nullptr;
  entry.recipes.clear(); // they name places in headers that have changed
  entry.tried = 0;
  queue(key, entry);
  return nullptr;
}

std::shared_ptr<const Preamble> PreambleStore::find_head(const std::shared_ptr<const Prepared> &prepared,
                                                         const SourceText &text, const std::vector<Source> &headers) {
  const HeadText head = head_of(text_of(text), prepared->invocation().getLangOpts());
  const std::string key = key_of(*prepared, text, head, headers, suffix_of(Kind::kHeadOnly));
  if (auto found = find(key)) return found;
  MutexLock lock(mutex_);
  want(key, entry_for(key, prepared, text, head, headers));
  return nullptr;
}

PreambleStore::Entry &PreambleStore::entry_for(const std::string &key, const std::shared_ptr<const Prepared> &prepared,
                                               const SourceText &text, const HeadText &head,
                                               const std::vector<Source> &headers) {
  const auto [at, is_new] = entries_.try_emplace(key);
  Entry &entry = at->second;
  entry.used = ++clock_;
  if (!is_new) return entry;
  entry.prepared = prepared;
  entry.name = text.name;
  entry.head = head.text;
  entry.ends_at_line_start = head.ends_at_line_start;
  entry.headers = headers;
  return entry;
}

std::shared_ptr<const Preamble> PreambleStore::learn(const std::shared_ptr<const Prepared> &prepared, const SourceText &text,
                                                     const std::vector<Source> &headers, std::vector<Recipe> needed) {
  if (includes_by_flag(prepared->invocation())) return nullptr;
  const HeadText head = head_of(text_of(text), prepared->invocation().getLangOpts());
  if (head.text.empty()) return nullptr;
  MutexLock lock(mutex_);
  const Kind kind = kind_for(text, *prepared);
  const std::string key = key_of(*prepared, text, head, headers, suffix_of(kind));
  Entry &entry = entry_for(key, prepared, text, head, headers);
  if (kind == Kind::kLearned && entry.recipes.size() < kMostRecipes)
    for (Recipe &recipe : needed) entry.recipes.try_emplace(recipe.symbol, std::move(recipe));
  const bool stands = entry.preamble && entry.tried == entry.recipes.size(); // S2
  std::shared_ptr<const Preamble> standing = stands ? entry.preamble : nullptr;
  if (!stands) {
    entry.asker = asker_of(prepared, text, headers);
    want(key, entry);
  }
  forget_old(); // which may take the entry
  return standing;
}

void PreambleStore::fell_back(const SourceText &text) {
  MutexLock lock(mutex_);
  ++stats_.fallbacks;
  if (fell_back_.size() < kMostFallenBack) fell_back_.insert(text.name);
}

void PreambleStore::want(const std::string &key, Entry &entry) {
  if (entry.patience == 0) return queue(key, entry);
  --entry.patience; // S3
}

void PreambleStore::queue(const std::string &key, Entry &entry) {
  if (entry.state != Entry::State::kIdle || stop_.load(std::memory_order_relaxed)) return;
  if (!thread_.joinable() && !start_thread(thread_, "cannot start the thread that learns", [this] { work(); }))
    return; // the next compile asks again
  entry.state = Entry::State::kQueued;
  to_make_.push_back(key);
  changed_.notify_all();
}

void PreambleStore::forget_old() {
  std::size_t bytes = 0;
  std::vector<std::map<std::string, Entry>::iterator> idle;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.preamble) bytes += bytes_of(*entry->second.preamble);
    if (entry->second.state == Entry::State::kIdle) idle.push_back(entry);
  }
  std::ranges::sort(idle, {}, [](const auto &entry) { return entry->second.used; });
  for (const auto &entry : idle) {
    if (bytes <= limit_bytes_ && entries_.size() <= kMostEntries) return;
    if (entry->second.preamble) bytes -= bytes_of(*entry->second.preamble);
    entries_.erase(entry);
  }
}

void PreambleStore::work() {
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kBackgroundNice)); // of this thread; whether it is obeyed does not matter
  for (;;) {
    std::string key;
    {
      MutexLock lock(mutex_);
      is_busy_ = false;
      changed_.notify_all();
      changed_.wait(mutex_,
                    [&]() GRAFT_REQUIRES(mutex_) { return stop_.load(std::memory_order_relaxed) || !to_make_.empty(); });
      if (stop_.load(std::memory_order_relaxed)) return;
      is_busy_ = true;
      key = std::move(to_make_.front());
      to_make_.pop_front();
    }
    make(key);
    tell_made(key);
  }
}

void PreambleStore::tell_made(const std::string &key) {
  std::shared_ptr<const Preamble> preamble;
  std::optional<Asker> asker;
  {
    MutexLock lock(mutex_);
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    preamble = at->second.preamble;
    if (at->second.state == Entry::State::kIdle) asker = std::exchange(at->second.asker, std::nullopt);
  }
  if (preamble) made_(preamble, std::move(asker));
}

void PreambleStore::make(const std::string &key) {
  std::shared_ptr<const Prepared> prepared;
  std::string name, head;
  std::vector<Source> headers;
  std::vector<Recipe> recipes;
  bool ends_at_line_start = false;
  {
    MutexLock lock(mutex_);
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    Entry &entry = at->second;
    entry.state = Entry::State::kBeingMade;
    prepared = entry.prepared;
    name = entry.name;
    head = entry.head;
    headers = entry.headers;
    ends_at_line_start = entry.ends_at_line_start;
    for (const auto &[symbol, recipe] : entry.recipes) recipes.push_back(recipe);
  }
  if (auto stored = from_shelf(key)) {
    MutexLock lock(mutex_);
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    Entry &entry = at->second;
    entry.state = Entry::State::kIdle;
    take(entry, *std::move(stored));
    if (entry.tried < entry.recipes.size()) queue(key, entry);
    forget_old();
    return;
  }
  const std::size_t tried = recipes.size();
  PreambleRequest request{prepared->invocation(), name, head, ends_at_line_start, headers, std::move(recipes)};
  std::shared_ptr<const Preamble> made = make_guarded(request, stop_);
  if (!made && !request.learned.empty() && !stop_.load(std::memory_order_relaxed)) {
    request.learned.clear();
    made = make_guarded(request, stop_);
  }

  MutexLock lock(mutex_);
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  Entry &entry = at->second;
  entry.state = Entry::State::kIdle;
  entry.tried = tried;
  if (made) {
    ++stats_.made;
    entry.failures = 0;
    if (shelf_.keep && to_make_.empty() && tried == entry.recipes.size()) {
      std::vector<Recipe> all;
      for (const auto &[symbol, recipe] : entry.recipes) all.push_back(recipe);
      shelf_.keep(content_key_of(key), made, std::move(all));
    }
    entry.record = made->record;
    entry.preamble = std::move(made);
  } else if (!stop_.load(std::memory_order_relaxed)) {
    ++stats_.not_made;
    entry.patience = 1u << std::min(entry.failures++, kMostPatience);
  }
  if (entry.preamble && tried < entry.recipes.size()) queue(key, entry);
  forget_old();
}

void PreambleStore::wait_until_idle() {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() GRAFT_REQUIRES(mutex_) { return !is_busy_ && to_make_.empty(); });
}

PreambleStats PreambleStore::stats() const {
  MutexLock lock(mutex_);
  PreambleStats stats = stats_;
  for (const auto &[key, entry] : entries_)
    if (entry.preamble) {
      ++stats.live;
      stats.bytes += bytes_of(*entry.preamble);
      if (const auto &code = entry.preamble->code; code && code->shared) stats.functions += code->shared->symbols.size();
    }
  return stats;
}

} // namespace graft::driver
