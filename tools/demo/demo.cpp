// The main job as a host does it: load a bundle from source, call it, edit it, reload it, call it again. What `tools/dev run` shows.
//
// Only the public interface is used; README.md has the shortest form of the same.
#include <graft/graft.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "greeter.h"

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

double since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

[[noreturn]] void give_up(const graft::Error &error) {
  std::fprintf(stderr, "graft_demo: %s\n%s", error.text().c_str(), graft::render(error.diagnostics).c_str());
  std::exit(1);
}

/// A folder of our own that is gone when the demo is.
class Copy {
public:
  explicit Copy(const std::filesystem::path &bundle) {
    std::string name = (std::filesystem::temp_directory_path() / "graft_demo.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) give_up(graft::error(graft::Code::kEnvironment, "cannot make a folder like " + name));
    root_ = name;
    std::filesystem::copy(bundle, folder(), std::filesystem::copy_options::recursive);
  }
  ~Copy() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Copy(const Copy &) = delete;
  Copy &operator=(const Copy &) = delete;

  std::filesystem::path folder() const { return root_ / "greeter"; }

  /// What an author does in an editor, and saves.
  void edit(std::string_view from, std::string_view to) const {
    const std::filesystem::path file = folder() / "greeter.c";
    std::ifstream in(file);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::size_t at = text.find(from);
    if (at == std::string::npos)
      give_up(graft::error(graft::Code::kNotFound, "greeter.c has no " + std::string(from) + " to edit"));
    std::ofstream(file) << text.replace(at, from.size(), to);
    std::printf("edit    greeter.c: %.*s becomes %.*s\n", static_cast<int>(from.size()), from.data(), static_cast<int>(to.size()),
                to.data());
  }

private:
  std::filesystem::path root_;
};

void show(const char *step, const graft::BundleInfo &bundle, const graft::StepTimes &times, double total) {
  std::printf("%-7s %s %s, generation %llu: %.2f ms (read %.2f, compile %.2f, link %.2f, initialise %.2f, publish %.3f)\n", step,
              bundle.name.c_str(), bundle.version.c_str(), static_cast<unsigned long long>(bundle.generation), total,
              milliseconds(times.read_ns), milliseconds(times.compile_ns), milliseconds(times.link_ns),
              milliseconds(times.initialise_ns), milliseconds(times.publish_ns));
}

void call(const graft::Runtime &runtime, const graft::Bound<greeter> &bound) {
  graft_buf out{};
  const auto start = Clock::now();
  const auto status = bound.call(&greeter::greet, graft_str_of("world"), &out);
  const double took = since(start);
  if (!status) give_up(status.error());
  std::printf("call    greet(\"world\") -> \"%.*s\" in %.2f us\n", static_cast<int>(out.size), out.data, took * 1000);
  graft_buf_free(&runtime.host(), &out);
}

} // namespace

int main(int count, char **arguments) {
  if (count != 2) return std::fputs("usage: graft_demo PATH-OF-GREETER\n", stderr), 2;
  const Copy copy(arguments[1]);

  auto start = Clock::now();
  auto runtime = graft::Runtime::create();
  if (!runtime) give_up(runtime.error());
  std::printf("start   a runtime: %.2f ms\n", since(start));

  graft::StepTimes times;
  start = Clock::now();
  const auto bundle = runtime->load(copy.folder(), {.times = &times});
  if (!bundle) give_up(bundle.error());
  show("load", *bundle, times, since(start));
  const auto bound = runtime->bind<greeter>();
  if (!bound) give_up(bound.error());
  call(**runtime, *bound);

  copy.edit("\"Hello, \"", "\"Good morning, \"");
  start = Clock::now();
  const auto reloaded = runtime->reload("greeter", {.times = &times});
  if (!reloaded) give_up(reloaded.error());
  show("reload", *reloaded, times, since(start));
  call(**runtime, *bound);

  copy.edit("return status;", "return statsu;");
  const auto refused = runtime->reload("greeter");
  if (refused) give_up(graft::error(graft::Code::kInternal, "a bundle with a mistake in it was taken"));
  std::printf("reload  refused: %s\n%s", refused.error().text().c_str(), graft::render(refused.error().diagnostics).c_str());
  call(**runtime, *bound);
  return 0;
}
