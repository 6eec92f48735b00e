// See progress.hpp. Told one file at a time by each compile; of two bundles that compile side by side, the last one is seen.
#include "progress.hpp"

#include "json.hpp"
#include "output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace graft::tool {
namespace {

bool is_on_a_terminal() {
  const char *terminal = std::getenv("TERM");
  return terminal != nullptr && std::string_view(terminal) != "dumb" && ::isatty(STDERR_FILENO) == 1;
}

bool has_error(const CompiledFile &file) {
  return std::ranges::any_of(file.diagnostics, [](const Diagnostic &one) { return one.severity >= Severity::kError; });
}

} // namespace

void show_progress(std::string_view bundle, const CompiledFile &file, Format format) {
  if (format == Format::kJson) {
    Json line = {{"event", to_string(Phase::kCompiling)}, {"bundle", bundle}};
    line.update(json_of(file));
    return print_json_line(line);
  }
  if (!is_on_a_terminal()) return;
  constexpr const char *kBeginAnew = "\r\033[K"; // the line's begin, and nothing on it
  constexpr std::size_t kWidth = 79;             // a line that wraps is not written over
  fmt::print(stderr, "{}", kBeginAnew);
  if (file.done < file.total) {
    const std::string name = std::filesystem::path(file.source).filename();
    const std::string line =
        fmt::format("{}: {} of {} files, {}{}", bundle, file.done, file.total, name, has_error(file) ? " has errors" : "");
    fmt::print(stderr, "{}", line.substr(0, kWidth));
  }
  std::fflush(stderr);
}

void show_progress_of(Runtime &runtime, Format format) {
  runtime.listen([format](const Event &event) {
    if (event.compiled != nullptr) show_progress(event.bundle, *event.compiled, format);
  });
}

} // namespace graft::tool
