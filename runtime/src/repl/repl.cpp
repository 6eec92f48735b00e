// See repl.hpp: an input's way through compiler and linker, and what running it comes to.
#include "../program/libraries.hpp"
#include "shown.hpp"

#include <graft/base/current_exception.hpp>
#include <graft/config.hpp>
#include <graft/driver/incremental.hpp>
#include <graft/jit/linker.hpp>
#include <graft/jit/stack_limit.hpp>
#include <graft/repl.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace graft {

struct Repl::State {
  driver::IncrementalOptions compiling;
  std::unique_ptr<driver::Incremental> compiler;
  std::unique_ptr<jit::Linker> linker;
  std::vector<std::unique_ptr<jit::Image>> images;
  std::unordered_map<std::string, const void *> defined; ///< by inputs, and by us
  std::vector<std::string> libraries;
  std::vector<std::string> library_dirs;
  std::set<unsigned> outdated; ///< types that were defined anew
  bool has_lost_headers = false;
  const jit::StackReserve stack_reserve{Config{}.stack_reserve_bytes};

  Result<jit::Image *> link(const driver::Increment &increment);
};

namespace {

constexpr unsigned kLeastStandard = 20;

/// What shows values is written in C++20.
Result<void> check_standard(const std::vector<std::string> &flags, ReplLanguage language) {
  static constexpr std::string_view kOld[] = {"98", "03", "0x", "11", "1y", "14", "1z", "17"};
  for (const std::string &flag : flags) {
    const std::size_t plus = flag.find("++");
    if (!flag.starts_with("-std=")) continue;
    if ((plus != flag.npos) != (language == ReplLanguage::kCxx))
      return error(Code::kInvalid, "'" + flag + "' is no standard of " + (language == ReplLanguage::kCxx ? "C++" : "C"));
    if (plus == flag.npos) continue;
    if (std::ranges::find(kOld, std::string_view(flag).substr(plus + 2)) != std::end(kOld))
      return error(Code::kUnsupported, "'" + flag + "' is older than a session can be: values are shown by C++" +
                                           std::to_string(kLeastStandard) + "; say -std=c++20 or newer");
  }
  return {};
}

/// What was thrown, with its value where that says more than its type. Marks of redefined types are ours.
std::string describe_uncaught() {
  std::string text;
  try {
    throw;
  } catch (int value) {
    return "int: " + std::to_string(value);
  } catch (long value) {
    return "long: " + std::to_string(value);
  } catch (unsigned value) {
    return "unsigned: " + std::to_string(value);
  } catch (double value) {
    return "double: " + std::to_string(value);
  } catch (const std::string &value) {
    return "std::string: " + value;
  } catch (...) {
    text = describe_current_exception();
  }
  for (std::size_t at = 0; (at = text.find("[abi:r")) != text.npos;) text.erase(at, text.find(']', at) - at + 1);
  return text;
}

/// Runs what an input does. What it throws is an error, and what it had done stays.
Result<void> run(jit::Image &image, const ReplInput &input) {
  jit::watch_stack();
  try {
    return image.run_initialisers();
  } catch (abi::__forced_unwind &) {
    throw; // of a thread that ends
  } catch (...) {
    Error failure = thrown_error("the input");
    if (failure.code == Code::kException) failure.message = "uncaught " + describe_uncaught();
    failure.where = {.file = input.name, .line = input.line};
    return failure;
  }
}

} // namespace

Result<jit::Image *> Repl::State::link(const driver::Increment &increment) {
  Artifact artifact;
  artifact.bundle = "session";
  artifact.objects = increment.objects;
  jit::LinkOptions options;
  options.name = "input";
  options.exports = increment.defined;
  options.ending = jit::Ending::kProcess;
  options.libraries = libraries;
  for (const std::string &name : increment.undefined)
    if (const auto found = defined.find(name); found != defined.end()) options.symbols.push_back({name, found->second});
  GRAFT_TRY_ASSIGN(std::unique_ptr<jit::Image> image, linker->link(artifact, options));
  for (const std::string &name : increment.defined)
    if (const void *address = image->address(name)) defined[name] = address;
  images.push_back(std::move(image));
  return images.back().get();
}

Repl::Repl(std::unique_ptr<State> state) : state_(std::move(state)) {}

Repl::~Repl() {
  // Its code runs until the process ends, and what runs there is compiled and linked.
  [[maybe_unused]] State *kept = state_.release();
}

Result<std::unique_ptr<Repl>> Repl::create(const ReplOptions &options) {
  GRAFT_TRY(check_standard(options.flags, options.language));
  auto state = std::make_unique<State>();
  state->compiling.language = options.language == ReplLanguage::kC ? driver::Language::kC : driver::Language::kCxx;
  state->compiling.options.flags = options.flags;
  state->library_dirs = options.library_dirs;
  GRAFT_TRY_ASSIGN(state->compiler, driver::Incremental::create(state->compiling));
  GRAFT_TRY_ASSIGN(state->linker, jit::Linker::create());
  for (const jit::Symbol &one : repl::shown_symbols()) state->defined[one.name] = one.address;
  std::unique_ptr<Repl> repl(new Repl(std::move(state)));
  for (const std::string &name : options.libraries) GRAFT_TRY(repl->add_library(name));
  return repl;
}

Result<void> Repl::add_library(const std::string &name) {
  GRAFT_TRY_ASSIGN(const std::vector<std::string> objects, find_library(name, state_->library_dirs));
  state_->libraries.insert(state_->libraries.end(), objects.begin(), objects.end());
  return {};
}

Result<ReplAnswer> Repl::evaluate(const ReplInput &input) {
  Result<driver::Increment> compiled = state_->compiler->compile({input.text, input.name, input.line});
  state_->has_lost_headers = state_->compiler->has_lost_headers() && !compiled;
  GRAFT_TRY_ASSIGN(driver::Increment increment, std::move(compiled));
  ReplAnswer answer;
  answer.warnings = std::move(increment.warnings);
  answer.replaced = std::move(increment.replaced);
  answer.type = std::move(increment.type);
  state_->outdated.insert(increment.outdated.begin(), increment.outdated.end());
  if (increment.objects.empty()) return answer;
  const Result<jit::Image *> image = state_->link(increment);
  if (!image) {
    state_->compiler->take_back(std::move(increment));
    state_->has_lost_headers = state_->compiler->has_lost_headers();
    Error failure = image.error();
    if (failure.where.file.empty()) failure.where = {.file = input.name, .line = input.line};
    return failure;
  }
  repl::Shown shown;
  shown.outdated = &state_->outdated;
  GRAFT_TRY(run(**image, input));
  answer.value = std::move(shown.text);
  return answer;
}

Result<std::string> Repl::compile_to_text(const ReplInput &input, ReplText text) {
  state_->compiler->keep(text == ReplText::kIr ? driver::Text::kIr : driver::Text::kAssembly);
  const Result<ReplAnswer> answer = evaluate(input);
  std::string kept = state_->compiler->kept();
  state_->compiler->keep(std::nullopt);
  if (!answer) return answer.error();
  return kept;
}

void Repl::offer(std::string name, const void *function) { state_->defined[std::move(name)] = function; }
bool Repl::has_lost_headers() const { return state_->has_lost_headers; }
Result<std::string> Repl::type_of(const std::string &expression) { return state_->compiler->type_of(expression); }
std::vector<std::string> Repl::describe(const std::string &name) { return state_->compiler->describe(name); }
std::vector<std::string> Repl::complete(const std::string &text) { return state_->compiler->complete(text); }

} // namespace graft
