// What the two halves of `graft repl` say to each other: the one that owns the terminal, and the one that runs code and may
// crash. Length and bytes over a socket; a descriptor may go along.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace graft::tool {

enum class Asks : std::uint8_t {
  kEvaluate, ///< C or C++
  kCommand,  ///< a line that begins with '%'
  kSnapshot, ///< fork; the copy listens at the descriptor that comes along
  kComplete,
  kEnd,      ///< leave as a program does, running what is left to run
};

struct Question {
  Asks what = Asks::kEvaluate;
  bool is_silent = false; ///< nothing is to be seen of it: it was run before
  unsigned line = 1;
  std::string name;
  std::string text;
  std::string keeps{}; ///< the folder for copies of the bundles that it loads (repl_kept.hpp); empty: none are made
  std::string otherwise{}; ///< what is asked in its place when it is run again and these bundles changed; never sent
};

/// Whether headers may be read for it.
inline bool includes(const Question &question) { return question.text.find("include") != std::string::npos; }

enum class Outcome : std::uint8_t {
  kDone,
  kFailed,
  kNothingNew, ///< done, and nothing to remember
  kSpoilt,     ///< failed before anything ran, and the process would be better as it was before
};

struct Reply {
  Outcome outcome = Outcome::kDone;
  std::string text;
};

/// One end. Owns its descriptor. Threads: one.
class Channel {
 public:
  explicit Channel(int descriptor) : descriptor_(descriptor) {}
  ~Channel();
  Channel(Channel &&other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Channel &operator=(Channel &&other) noexcept;

  int descriptor() const { return descriptor_; }
  bool ask(const Question &question, int descriptor = -1);
  bool reply(const Reply &reply);
  /// Nothing when the other half is gone. `descriptor` is what came along, or -1.
  std::optional<Question> next_question(int &descriptor);
  std::optional<Reply> next_reply();

 private:
  int descriptor_;
};

/// Two ends, for two processes; -1, -1 when the system refuses.
std::pair<int, int> make_channel();

} // namespace graft::tool
