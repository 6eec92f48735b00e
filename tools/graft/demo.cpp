// `graft demo`: the main job, step by step with its times: load a bundle from source, call it, edit it, see the new code.
#include "command.hpp"
#include "crash_report.hpp"
#include "output.hpp"
#include "scaffold.hpp"

#include <graft/call.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace graft::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOldWord = "Hello";
constexpr std::string_view kNewWord = "Good evening";

/// A folder of its own that is gone afterwards.
class TemporaryFolder {
 public:
  static Result<std::unique_ptr<TemporaryFolder>> create() {
    std::error_code failure;
    std::string name = (fs::temp_directory_path(failure) / "graft-demo-XXXXXX").string();
    if (failure || ::mkdtemp(name.data()) == nullptr) return error(Code::kEnvironment, "cannot make a temporary folder");
    return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(name));
  }
  ~TemporaryFolder() {
    std::error_code failure;
    fs::remove_all(path_, failure);
  }
  const fs::path &path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

/// Prints a step with the time since the last.
class Steps {
 public:
  void done(std::string_view what) {
    const auto now = Clock::now();
    const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count();
    fmt::print("{:>10}  {}\n", duration(static_cast<std::uint64_t>(took)), what);
    last_ = Clock::now();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

/// `plugins_src/greeter` in a folder above the command; empty when there is none.
fs::path find_greeter() {
  std::error_code failure;
  for (fs::path folder = fs::read_symlink("/proc/self/exe", failure).parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    if (const fs::path greeter = folder / "plugins_src" / "greeter"; fs::is_directory(greeter, failure)) return greeter;
  return {};
}

Result<void> copy_bundle(const std::string &given, const fs::path &to) {
  const fs::path from = given.empty() ? find_greeter() : fs::path(given);
  if (from.empty()) return write_scaffold(make_scaffold("greeter", Flavour::kC), to);
  std::error_code failure;
  fs::copy(from, to, fs::copy_options::recursive, failure);
  if (failure) return error(Code::kNotFound, fmt::format("cannot copy '{}': {}", from.string(), failure.message()));
  return {};
}

/// A test may quote the greeting; it is no part of what is loaded.
bool is_test(const fs::path &file) { return file.stem().string().ends_with("_test"); }

/// Changes the greeting in the first source that has one.
Result<std::string> edit(const fs::path &folder) {
  for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
    const std::string ending = entry.path().extension();
    if ((ending != ".c" && ending != ".cpp") || is_test(entry.path())) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::size_t at = text.find("\"" + std::string(kOldWord));
    if (at == text.npos) continue;
    text.replace(at + 1, kOldWord.size(), kNewWord);
    std::ofstream(entry.path(), std::ios::binary) << text;
    return entry.path().filename().string();
  }
  return error(Code::kInvalid,
               fmt::format("no source in '{}' says \"{}\", which the demo would edit", folder.string(), kOldWord));
}

/// The bundle's first function, as `call_by_name` wants it.
Result<std::string> first_function(const Runtime &runtime) {
  for (const ContractInfo &info : runtime.contracts()) {
    GRAFT_TRY_ASSIGN(const ContractDescription description, runtime.describe(info.handle));
    if (!description.contract.functions.empty()) return info.name + "." + description.contract.functions.front().name;
  }
  return error(Code::kNotFound, "the bundle provides no function");
}

std::string say(const CallOutcome &outcome) {
  return fmt::format("{}.{}(\"world\") -> {} from generation {}", outcome.contract, outcome.function,
                     outcome.result.empty() ? outcome.outputs : outcome.result, outcome.generation);
}

Result<void> show(const std::string &path) {
  tell_of_crashes();
  GRAFT_TRY_ASSIGN(const auto temporary, TemporaryFolder::create());
  const fs::path folder = temporary->path() / "greeter";
  GRAFT_TRY(copy_bundle(path, folder));
  Steps steps;
  GRAFT_TRY_ASSIGN(const auto runtime, Runtime::create());
  steps.done("runtime created");
  GRAFT_TRY_ASSIGN(const BundleInfo loaded, runtime->load(folder));
  steps.done(fmt::format("loaded {} {} from source: compiled, linked, verified, published", loaded.name, loaded.version));
  GRAFT_TRY_ASSIGN(const std::string function, first_function(*runtime));
  GRAFT_TRY_ASSIGN(const CallOutcome before, call_by_name(*runtime, function, {"world"}));
  steps.done(say(before));
  GRAFT_TRY_ASSIGN(const std::string edited, edit(folder));
  steps.done(fmt::format("edited {}: \"{}\" is \"{}\" now", edited, kOldWord, kNewWord));
  StepTimes times;
  GRAFT_TRY_ASSIGN(const BundleInfo reloaded, runtime->reload(loaded.name, {Force::kNo, &times}));
  steps.done(fmt::format("reloaded as generation {}: compile {}, link {}, swap {}", reloaded.generation,
                         duration(times.read_ns + times.compile_ns), duration(times.link_ns),
                         duration(times.initialise_ns + times.publish_ns)));
  GRAFT_TRY_ASSIGN(const CallOutcome after, call_by_name(*runtime, function, {"world"}));
  steps.done(say(after));
  if (after.outputs == before.outputs && after.result == before.result)
    return error(Code::kInternal, "the new code answers as the old did");
  GRAFT_TRY(runtime->unload(loaded.name));
  steps.done("unloaded");
  return {};
}

} // namespace

void add_demo(CLI::App &app, Action &action) {
  auto path = std::make_shared<std::string>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("demo", "load, call, edit, reload and call a bundle, with the time of each step");
  command->add_option("PATH", *path,
                      "a folder whose first function takes a name and whose source says \"Hello\"; default: greeter");
  command->footer("\nWorks on a copy in a temporary folder; nothing of PATH is changed.");
  command->callback([&action, path] {
    action = [path] {
      const auto shown = show(*path);
      if (shown) return static_cast<int>(kDone);
      print_error(shown.error());
      return static_cast<int>(kFailed);
    };
  });
}

} // namespace graft::tool
