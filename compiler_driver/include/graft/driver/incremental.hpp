// Clang kept awake between inputs: what a REPL is compiled with. Each input sees all that were accepted before it; one that is
// not accepted leaves nothing behind. Nothing is linked and nothing runs here.
#pragma once

#include <graft/driver/compiler.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace graft::driver {

struct IncrementalOptions {
  Language language = Language::kCxx; ///< kC or kCxx
  Options options;
};

/// One text, and what messages call it.
struct Input {
  std::string text;
  std::string name;   ///< what `__FILE__` and messages say
  unsigned line = 1;  ///< of its first line, in what `name` names
};

/// What an accepted input comes to.
///
/// Code that nothing runs yet waits inside `Incremental`, as IR: `objects` are empty for an input that only declares, and
/// hold the earlier inputs that this one needs, too. They belong into one image. To run an input is to run its initialisers.
struct Increment {
  std::vector<ObjectFile> objects;
  std::vector<std::string> defined;   ///< by the objects, for all later ones
  std::vector<std::string> undefined; ///< what they want of earlier ones, and of the process
  std::string type;                   ///< of the value that running it shows; empty: it shows none
  std::vector<unsigned> outdated;     ///< types, as `graft_show_type` numbers them, that this input defined anew
  std::vector<std::string> replaced;  ///< the names of what it defined anew
  std::vector<Diagnostic> warnings;
};

/// A function that shown values are told to, and its type, in C. Whoever links binds them.
struct ShowFunction {
  const char *name;
  const char *parameters;
};
std::span<const ShowFunction> show_functions();

/// A C or C++ text that grows by inputs, of declarations, statements and expressions in any order.
///
/// A definition replaces an earlier one of the same name, in whatever form it had: the older is hidden from then on, and what
/// was compiled against it stays as it was. An expression at the end, without a semicolon, is shown.
///
/// Owns: one instance of Clang, whose tree only grows. Threads: one. Fails: kInvalid with diagnostics for an input that does
/// not compile; then everything is as before.
class Incremental {
 public:
  static Result<std::unique_ptr<Incremental>> create(const IncrementalOptions &options);
  ~Incremental();

  Result<Increment> compile(const Input &input);
  /// The last increment could not be linked: it is as if its input had never been, and what it needed of others waits on.
  void take_back(Increment increment);

  /// What may follow `text`, whose last word may have begun: whole words, sorted.
  std::vector<std::string> complete(const std::string &text);
  /// The type of an expression, which is not evaluated.
  /// Whether an input that was not accepted, since this was asked last, had included a file. What it declared is not found any more,
  /// but Clang remembers some of what a standard library has once: the next to include it may be refused.
  bool has_lost_headers();
  Result<std::string> type_of(const std::string &expression);
  /// What a name was declared as, with the comment before it: one text per declaration.
  std::vector<std::string> describe(const std::string &name);
  /// From now on each input is kept as text, too, for `kept`; or no longer.
  void keep(std::optional<Text> as);
  const std::string &kept() const;

 private:
  class State;
  explicit Incremental(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace graft::driver
