// Lines to inputs: from a text, from a descriptor, or from whoever sits at a terminal.
#pragma once

#include "repl_channel.hpp"

#include <graft/repl.hpp>

#include <functional>
#include <optional>
#include <string>

namespace graft::tool {

/// Which line is asked for.
enum class Prompt : bool { kFirst, kMore };

/// What a line that was given up reads as: all of its input is.
inline constexpr const char *kGivenUp = "\3";

/// Whether the line behind an input is read to see whether it goes on with it.
enum class Ahead : std::uint8_t {
  kNo,         ///< of a person, who waits for an answer
  kWhenUnsure, ///< of another program, which may wait for one: behind an `if`, say, that an `else` may follow
  kAlways,     ///< of a text that is there
};

/// Puts lines together to inputs. Commands, which begin with '%', are a line each.
class InputReader {
 public:
  /// The next line, without its end; nothing at the end of all.
  using ReadLine = std::function<std::optional<std::string>(Prompt)>;

  InputReader(ReadLine read, std::string name, Ahead ahead)
      : read_(std::move(read)), name_(std::move(name)), ahead_of_(ahead) {}

  std::optional<Question> next();

 private:
  std::optional<std::string> take(Prompt prompt);
  /// Whether what follows a text that may be an input has to be seen.
  bool looks_ahead(Whole whole) const;

  ReadLine read_;
  std::string name_;
  Ahead ahead_of_;
  unsigned line_ = 0;
  std::optional<std::string> ahead_;
};

/// Lines of a text.
InputReader::ReadLine lines_of(std::string text);
/// Lines of a descriptor, as they come.
InputReader::ReadLine lines_of(int descriptor);

} // namespace graft::tool
