// See words.hpp. Members are named by structured bindings, so that one that is added and not sent does not compile.
#include "words.hpp"

#include "../unit_bytes.hpp"

#include <graft/base/artifact_bytes.hpp>

#include <charconv>
#include <cstring>
#include <utility>

namespace graft::driver {
namespace {

constexpr const char *kDone = "done", *kFailed = "failed", *kFile = "file";

/// Takes words from the front, until the first that is not what it should be.
class Taker {
 public:
  explicit Taker(const Words &words) : words_(words) {}

  std::string text() {
    if (at_ < words_.size()) return words_[at_++];
    is_whole_ = false;
    return {};
  }
  std::uint64_t number() {
    const std::string word = text();
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (failure != std::errc() || end != word.data() + word.size()) is_whole_ = false;
    return value;
  }
  template <class Enum>
  Enum one_of(Enum last) {
    const std::uint64_t value = number();
    if (value > static_cast<std::uint64_t>(last)) is_whole_ = false;
    return static_cast<Enum>(value);
  }
  template <class T, class Take>
  std::vector<T> list(Take take) {
    std::vector<T> values;
    for (std::uint64_t left = number(); left > 0 && is_whole_; --left) values.push_back(take());
    return values;
  }
  bool is_whole() const { return is_whole_ && at_ == words_.size(); }

 private:
  const Words &words_;
  std::size_t at_ = 0;
  bool is_whole_ = true;
};

template <class Enum>
std::string word_of(Enum value) {
  return std::to_string(static_cast<std::uint64_t>(value));
}

void put(Words &words, const std::vector<std::string> &values) {
  words.push_back(std::to_string(values.size()));
  words.insert(words.end(), values.begin(), values.end());
}

void put(Words &words, const std::vector<Source> &sources) {
  words.push_back(std::to_string(sources.size()));
  for (const Source &source : sources) {
    const auto &[name, contents, language] = source;
    words.insert(words.end(), {name, word_of(language), contents ? "1" : "0", contents.value_or(std::string())});
  }
}

std::vector<Source> take_sources(Taker &taker) {
  return taker.list<Source>([&] {
    Source source;
    source.name = taker.text();
    source.language = taker.one_of(Language::kBitcode);
    const bool has_contents = taker.number() != 0;
    std::string contents = taker.text();
    if (has_contents) source.contents = std::move(contents);
    return source;
  });
}

std::string text_of(const Artifact &artifact) {
  const std::vector<char> bytes = to_bytes(artifact);
  return {bytes.begin(), bytes.end()};
}

/// Diagnostics travel as an artifact's warnings do.
std::string text_of(const std::vector<Diagnostic> &diagnostics) {
  Artifact carrier;
  carrier.warnings = diagnostics;
  return text_of(carrier);
}

Error garbled(const char *what) {
  return error(Code::kInternal, std::string("the compile worker and this library do not understand each other: ") + what +
                                    "; install both from one build");
}

} // namespace

std::string bytes_of(const Words &words) {
  std::string bytes;
  for (const std::string &word : words) {
    const std::uint64_t size = word.size();
    bytes.append(reinterpret_cast<const char *>(&size), sizeof size).append(word);
  }
  return bytes;
}

std::optional<Words> words_of(std::span<const char> bytes) {
  Words words;
  while (!bytes.empty()) {
    std::uint64_t size = 0;
    if (bytes.size() < sizeof size) return std::nullopt;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes = bytes.subspan(sizeof size);
    if (size > bytes.size()) return std::nullopt;
    words.emplace_back(bytes.data(), size);
    bytes = bytes.subspan(size);
  }
  return words;
}

Words to_words(const Job &job) {
  const auto &[bundle, sources, headers, options, cancelled] = job; // who cancels, ends the job's process
  const auto &[c_standard, cxx_standard, optimise, include_dirs, flags, directory, bitcode, need, kept, learn, preambles,
               role, stages] = options;
  Words words = {bundle};
  put(words, sources);
  put(words, headers);
  words.insert(words.end(), {c_standard, cxx_standard, std::to_string(optimise)});
  put(words, include_dirs);
  put(words, flags);
  words.insert(words.end(), {directory, word_of(bitcode), word_of(need), word_of(kept), word_of(learn), word_of(preambles),
                             word_of(role), word_of(stages)});
  return words;
}

Result<Job> job_from_words(const Words &words) {
  Taker taker(words);
  const auto take_text = [&] { return taker.text(); };
  Job job;
  job.bundle = taker.text();
  job.sources = take_sources(taker);
  job.headers = take_sources(taker);
  Options &options = job.options;
  options.c_standard = taker.text();
  options.cxx_standard = taker.text();
  options.optimise = static_cast<unsigned>(taker.number());
  options.include_dirs = taker.list<std::string>(take_text);
  options.flags = taker.list<std::string>(take_text);
  options.working_directory = taker.text();
  options.bitcode = taker.one_of(Bitcode::kKeep);
  options.need = taker.one_of(Need::kPlaces);
  options.kept = taker.one_of(Kept::kOutside);
  options.learn = taker.one_of(Learn::kYes);
  options.preambles = taker.one_of(Preambles::kIgnore);
  options.role = taker.one_of(Role::kSecond);
  options.stages = taker.one_of(Stages::kApart);
  if (!taker.is_whole()) return garbled("a job");
  return job;
}

Words to_words(const Result<std::vector<Unit>> &outcome) {
  if (outcome) {
    Words words = {kDone, std::to_string((*outcome).size())};
    for (const Unit &unit : *outcome) {
      Artifact carrier;
      carrier.trace = unit.trace;
      const std::vector<char> bytes = to_bytes(unit);
      words.insert(words.end(), {unit.failed ? "1" : "0", std::to_string(unit.memory_bytes), {bytes.begin(), bytes.end()},
                                 text_of(carrier)});
    }
    return words;
  }
  const auto &[code, message, where, diagnostics] = outcome.error();
  return {kFailed,
          word_of(code),
          message,
          where.file,
          std::to_string(where.line),
          std::to_string(where.column),
          text_of(diagnostics)};
}

Result<std::vector<Unit>> outcome_from_words(const Words &words) {
  Taker taker(words);
  const std::string how = taker.text();
  if (how == kDone) {
    std::vector<Unit> units;
    for (std::uint64_t left = taker.number(); left > 0; --left) {
      const bool has_failed = taker.number() != 0;
      const std::size_t memory_bytes = taker.number();
      auto read = unit_from_bytes(taker.text());
      GRAFT_TRY_ASSIGN(Artifact carrier, artifact_from_bytes(taker.text()));
      if (!read) return garbled("a file");
      read->unit.failed = has_failed;
      read->unit.memory_bytes = memory_bytes;
      read->unit.trace = std::move(carrier.trace);
      units.push_back(std::move(read->unit));
    }
    if (!taker.is_whole()) return garbled("an outcome");
    return units;
  }
  Error failure;
  failure.code = taker.one_of(kLastCode);
  failure.message = taker.text();
  failure.where.file = taker.text();
  failure.where.line = static_cast<std::uint32_t>(taker.number());
  failure.where.column = static_cast<std::uint32_t>(taker.number());
  const std::string bytes = taker.text();
  if (how != kFailed || !taker.is_whole()) return garbled("an outcome");
  GRAFT_TRY_ASSIGN(Artifact carrier, artifact_from_bytes(bytes));
  failure.diagnostics = std::move(carrier.warnings);
  return failure;
}

Words to_words(const CompiledFile &file) {
  const auto &[source, done, total, diagnostics] = file;
  return {kFile, std::string(source), std::to_string(done), std::to_string(total), text_of(diagnostics)};
}

bool tell_compiled(const Words &words, const TellCompiled &tell) {
  Taker taker(words);
  if (taker.text() != kFile) return false;
  const std::string source = taker.text();
  const std::uint64_t done = taker.number(), total = taker.number();
  const std::string bytes = taker.text();
  const auto carrier = artifact_from_bytes(bytes);
  if (tell && carrier && taker.is_whole()) tell({source, done, total, carrier->warnings});
  return true;
}

} // namespace graft::driver
