// Where the text of an input ends while something in it is open. Clang ends each input of a session with a token of its own, which
// the loop that reads the statements of a `{` takes for one more statement that is wrong, for ever; what it knows is the end of a file.
#pragma once

#include <array>
#include <functional>

namespace clang {
class Preprocessor;
class Token;
} // namespace clang

namespace graft::driver {

/// Watches what the preprocessor makes of an input, headers and macros included, and lets it end as a file does when a bracket
/// is open: an error, with the place of the bracket. An input with all of them closed ends as it did.
///
/// A preprocessor has one watcher: `also` is told of each token, too.
///
/// Lives as long as the preprocessor reads. Threads: one.
class InputEnd {
 public:
  using Watcher = std::function<void(const clang::Token &)>;

  InputEnd(clang::Preprocessor &preprocessor, Watcher also);
  InputEnd(const InputEnd &) = delete;

  void begin_input() {
    open_ = {};
    has_braces_ = false;
  }

 private:
  void see(const clang::Token &token);

  clang::Preprocessor &preprocessor_;
  Watcher also_;
  std::array<int, 3> open_ = {}; ///< `(`, `[` and `{`; one that is closed twice does not count for the next
  bool has_braces_ = false;
};

} // namespace graft::driver
