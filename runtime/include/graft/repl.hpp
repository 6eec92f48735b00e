// C and C++ a line at a time, in this process: what `graft repl` is made of. An input sees everything that earlier ones defined;
// one that does not compile, cannot be linked or throws leaves what was there as it was.
#pragma once

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

enum class ReplLanguage : std::uint8_t { kC, kCxx };

struct ReplOptions {
  ReplLanguage language = ReplLanguage::kCxx;
  std::vector<std::string> flags{};        ///< clang driver flags: -O, -std, -D, -I, -include, -W, ...
  std::vector<std::string> libraries{};    ///< as after -l: "m", "z", or a path
  std::vector<std::string> library_dirs{}; ///< as after -L; searched before the system's
};

/// One input, and what messages call it.
struct ReplInput {
  std::string text;
  std::string name = "input";
  unsigned line = 1; ///< of its first line in what `name` names
};

/// What an input came to.
struct ReplAnswer {
  std::string type;                    ///< of the value of an expression at its end without a semicolon; empty: none
  std::string value;                   ///< that, as text
  std::vector<std::string> replaced{}; ///< the names that it gave another meaning
  std::vector<Diagnostic> warnings{};
};

/// Whether a text is a whole input, as far as its brackets and its last line tell.
enum class Whole : std::uint8_t {
  kYes,
  kNo,
  kUnlessContinued, ///< it is, unless the next line `continues` it: an `if` by its `else`, a function's head by its body
};
GRAFT_API Whole is_whole(std::string_view text);
/// Whether a line can only go on with what was before it: it begins with `{`, `else`, `catch` or `:`.
GRAFT_API bool continues(std::string_view line);

/// The same of a text that comes line by line. Each line is read once.
class GRAFT_API InputText {
 public:
  InputText();
  ~InputText();

  /// `line` is without its end, or is several.
  void add_line(std::string_view line);
  Whole whole() const;
  const std::string &text() const;

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
};

/// What was compiled, for a look at it.
enum class ReplText : std::uint8_t { kIr, kAssembly };

/// A session.
///
/// What was defined is there until the process ends, and so is the session's code: what it registered to run at exit runs then.
/// Threads: all on one. Fails: kInvalid with diagnostics for what does not compile or link, kException with what was thrown;
/// crashes are the process's.
class GRAFT_API Repl {
 public:
  static Result<std::unique_ptr<Repl>> create(const ReplOptions &options);
  ~Repl();

  Result<ReplAnswer> evaluate(const ReplInput &input);
  /// Adds a shared library, as after -l, for the inputs to come.
  Result<void> add_library(const std::string &name);
  /// The type of an expression, which is not evaluated.
  /// Whether the last input was refused before anything of it ran, and had included a header by then. What it declared is taken back,
  /// but a header of the standard library may be refused from now on, where a copy of the process from before it would do.
  bool has_lost_headers() const;
  Result<std::string> type_of(const std::string &expression);
  /// The declarations of a name, each with the comment before it.
  std::vector<std::string> describe(const std::string &name);
  /// What may follow `text`, whose last word may have begun: whole words, sorted.
  std::vector<std::string> complete(const std::string &text);
  /// From now on inputs may call `function` by that name, once they have declared it.
  void offer(std::string name, const void *function);
  /// The same as `evaluate`, and what the input was compiled to.
  Result<std::string> compile_to_text(const ReplInput &input, ReplText text);

 private:
  struct State;
  explicit Repl(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace graft
