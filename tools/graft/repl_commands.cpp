// See repl_commands.hpp.
#include "repl_commands.hpp"

#include "output.hpp"
#include "repl_kept.hpp"
#include "repl_live.hpp"

#include <graft/base/near.hpp>
#include <graft/call.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <set>
#include <utility>

namespace graft::tool {
namespace {

constexpr CommandHelp kHelps[] = {
    {"load", "PATH...", "load bundles; demo.greeter->greet(...) calls their contracts, in C '%call'", "%load plugins/greeter"},
    {"unload", "BUNDLE", "take a bundle out", "%unload greeter"},
    {"reload", "BUNDLE|PATH", "replace a bundle's code by what its source says now", "%reload greeter"},
    {"plan", "BUNDLE|PATH", "what a reload would do to kept state", "%plan greeter"},
    {"rollback", "BUNDLE [STEPS]", "go back to what ran before a reload", "%rollback greeter"},
    {"ps", "", "the bundles that are loaded", "%ps"},
    {"contracts", "", "the contracts that are provided, and by whom", "%contracts"},
    {"call", "TARGET ARG...", "call a function of a contract by name, with text", "%call demo.greeter.greet world"},
    {"time", "CODE", "run an input, and say how long that took", "%time std::sort(v.begin(), v.end());"},
    {"ir", "CODE", "run an input, and show the IR that it became", "%ir int twice(int n) { return 2 * n; }"},
    {"asm", "CODE", "run an input, and show its assembly", "%asm int twice(int n) { return 2 * n; }"},
    {"type", "EXPRESSION", "the type of an expression, which is not run", "%type v.begin()"},
    {"doc", "NAME", "how a name is declared, with the comment before it", "%doc std::vector::push_back"},
    {"include", "HEADER", "the same as #include", "%include vector"},
    {"lib", "NAME", "link what follows against a shared library", "%lib m"},
    {"undo", "[COUNT]", "take back the last inputs, with all that they did here", "%undo 2"},
    {"reset", "", "take back everything", "%reset"},
    {"save", "FILE", "write the inputs that count to a file, which is a script", "%save session.cpp"},
    {"edit", "", "write an input in $EDITOR, beginning with the last one", "%edit"},
    {"history", "", "the inputs that count, with their numbers", "%history"},
    {"timings", "", "say after each input how long it took, or no longer", "%timings"},
    {"help", "[COMMAND]", "this, or one of them", "%help load"},
    {"quit", "", "end the session", "%quit"},
};

Reply failed(const Error &error) {
  print_error(error);
  return {Outcome::kFailed, {}};
}
Reply failed(std::string_view sentence) {
  print_error(sentence);
  return {Outcome::kFailed, {}};
}
Reply nothing_new() { return {Outcome::kNothingNew, {}}; }

/// As a shell reads them: blanks may be in "..." and '...', and behind a backslash; one that is left open goes to the end.
std::vector<std::string> words_of(const std::string &text) {
  std::vector<std::string> words;
  bool is_inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && std::isspace(static_cast<unsigned char>(c)) != 0) {
      is_inside = false;
      continue;
    }
    if (!std::exchange(is_inside, true)) words.emplace_back();
    if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == '\\' && quote != '\'' && i + 1 < text.size())
      words.back() += text[++i];
    else
      words.back() += c;
  }
  return words;
}

} // namespace

std::span<const CommandHelp> command_helps() { return kHelps; }

std::string wrong_words(const CommandHelp &command, const std::string &words) {
  const std::vector<std::string> given = words_of(words);
  const std::string_view wanted = command.arguments;
  const auto least = static_cast<std::size_t>(!wanted.empty() && wanted[0] != '[');
  if (given.size() < least) return fmt::format("'%{}' wants {}; for example {}", command.name, wanted, command.example);
  const bool is_any_number = wanted.ends_with("...") || wanted == "CODE" || wanted == "EXPRESSION" || wanted == "HEADER";
  const std::size_t most = wanted.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(wanted, ' '));
  if (is_any_number || given.size() <= most) return {};
  if (most == 0) return fmt::format("'%{}' stands alone, without '{}'; type {}", command.name, words, command.example);
  return fmt::format("'%{}' wants {} and no more, not '{}'; for example {}", command.name, wanted, given[most], command.example);
}

std::string unknown_command(std::string_view name) {
  std::vector<std::string> known;
  for (const CommandHelp &one : kHelps) known.emplace_back(one.name);
  const std::string near = nearest(name, known);
  return fmt::format("there is no command '%{}'; {}", name, near.empty() ? "'%help' lists them" : fmt::format("did you mean '%{}'?", near));
}

std::optional<std::vector<std::string>> complete_command(const std::string &text) {
  std::string_view begun = text;
  begun.remove_prefix(std::min(begun.find_first_not_of(" \t"), begun.size()));
  if (!begun.starts_with('%')) return std::nullopt;
  begun.remove_prefix(1);
  if (begun.starts_with("help ")) {
    begun.remove_prefix(std::min(begun.find_first_not_of(' ', 4), begun.size()));
    if (begun.starts_with('%')) begun.remove_prefix(1);
  }
  if (begun.find(' ') != begun.npos) return std::nullopt;
  std::vector<std::string> found;
  for (const CommandHelp &one : kHelps)
    if (std::string_view(one.name).starts_with(begun)) found.emplace_back(one.name);
  std::ranges::sort(found);
  return found;
}

Reply ReplCommands::run(const Question &question) {
  const std::size_t begin = question.text.find('%') + 1;
  const std::size_t end = std::min(question.text.find_first_of(" \t", begin), question.text.size());
  const std::string name = question.text.substr(begin, end - begin);
  const std::size_t first = question.text.find_first_not_of(" \t", end);
  const std::string rest = first == question.text.npos ? std::string() : question.text.substr(first);
  const std::vector<std::string> words = words_of(rest);
  const auto help = std::ranges::find(kHelps, name, [](const CommandHelp &one) { return std::string_view(one.name); });
  if (help == std::end(kHelps)) return failed(unknown_command(name));
  if (const std::string wrong = wrong_words(*help, rest); !wrong.empty()) return failed(wrong);
  if (name == "load") return load(question, words);
  if (name == "unload") return unload(words);
  if (name == "reload") return reload(question, words);
  if (name == "rollback") return rollback(words);
  if (name == "plan") return plan(words);
  if (name == "ps") return list_bundles();
  if (name == "contracts") return list_contracts();
  if (name == "call") return call(words);
  if (name == "time") return time(question, rest);
  if (name == "ir") return show_text(question, rest, ReplText::kIr);
  if (name == "asm") return show_text(question, rest, ReplText::kAssembly);
  if (name == "type") return show_type(rest);
  if (name == "doc") return describe(words[0]);
  if (name == "lib") return add_library(words[0]);
  if (name == "include") {
    const bool is_quoted = rest.starts_with('<') || rest.starts_with('"');
    const Result<ReplAnswer> answer =
        repl_.evaluate({"#include " + (is_quoted ? rest : "<" + rest + ">"), question.name, question.line});
    return answer ? Reply{} : failed(answer.error());
  }
  return failed(unknown_command(name));
}

std::optional<std::vector<std::string>> ReplCommands::complete(const std::string &text) const {
  std::string_view begun = text;
  begun.remove_prefix(std::min(begun.find_first_not_of(" \t"), begun.size()));
  if (!begun.starts_with('%')) return std::nullopt;
  const std::string_view name = begun.substr(1, begun.find(' ') - 1);
  for (const char *code : {"time", "ir", "asm", "type", "doc"})
    if (name == code) return std::nullopt;
  const std::string_view word = begun.substr(begun.find_last_of(" \t") + 1);
  std::vector<std::string> found;
  const auto add = [&](const std::string &one) {
    if (one.starts_with(word)) found.push_back(one);
  };
  if (!runtime_) return found;
  if (name == "unload" || name == "rollback" || name == "reload" || name == "plan")
    for (const BundleInfo &bundle : runtime_->bundles()) add(bundle.name);
  if (name == "call")
    for (const ContractInfo &contract : runtime_->contracts())
      if (const Result<ContractDescription> description = runtime_->describe(contract.handle))
        for (const ContractFunction &one : description->contract.functions) add(contract.name + "." + one.name);
  std::ranges::sort(found);
  return found;
}

Result<Runtime *> ReplCommands::runtime() {
  if (!runtime_) {
    Config config;
    config.log = [](LogLevel level, std::string_view line) {
      if (level >= LogLevel::kWarn || line.starts_with('[')) fmt::print(stderr, "{}\n", line);
    };
    GRAFT_TRY_ASSIGN(runtime_, Runtime::create(std::move(config)));
    offer_live_calls(repl_, *runtime_);
  }
  return runtime_.get();
}

Result<void> ReplCommands::declare_contracts() {
  std::set<std::string> grown;
  for (const ContractInfo &contract : runtime_->contracts()) {
    const Result<ContractDescription> description = runtime_->describe(contract.handle);
    if (!description) continue;
    if (language_ == ReplLanguage::kC || !can_be_included(description->contract)) {
      if (called_by_name_.insert(contract.name).second && talk_ == Talk::kMore)
        fmt::print("{} is at hand: %call {}.FUNCTION ARG...\n", contract.name, contract.name);
      continue;
    }
    std::vector<ContractFacts> &known = areas_[area_of(contract.name)];
    if (std::ranges::find(known, contract.name, &ContractFacts::name) != known.end()) continue;
    known.push_back(description->contract);
    grown.insert(area_of(contract.name));
    if (talk_ == Talk::kMore) fmt::print("{} is at hand: {}.{}->...\n", contract.name, area_of(contract.name), contract.name.substr(contract.name.rfind('.') + 1));
  }
  for (const std::string &area : grown) {
    const Result<ReplAnswer> answer = repl_.evaluate({live_text(area, areas_[area], ++area_count_), "contracts", 1});
    if (!answer) return answer.error();
  }
  return {};
}

std::string ReplCommands::otherwise(const Question &question, const std::string &name,
                                    const std::vector<std::string> &paths) {
  if (question.keeps.empty()) return {};
  kept_ = question.keeps.substr(0, question.keeps.rfind('/'));
  if (question.is_silent) return {};
  std::string command = "%" + name;
  for (const std::string &path : paths) {
    const Result<std::string> copy = keep_bundle(path, question.keeps);
    if (!copy) {
      print_error(copy.error().message + "; a session that goes back reads its files as they are then");
      return {};
    }
    command += " " + quoted(*copy);
  }
  return command;
}

std::string ReplCommands::place_of(const std::string &name_or_path) const {
  for (const BundleInfo &bundle : runtime_->bundles())
    if (bundle.name == name_or_path && kept_from(bundle.path, kept_) != bundle.path) return kept_from(bundle.path, kept_);
  return name_or_path;
}

Reply ReplCommands::load(const Question &question, const std::vector<std::string> &words) {
  const Result<Runtime *> runtime = this->runtime();
  if (!runtime) return failed(runtime.error());
  std::vector<std::string> loaded;
  for (const std::string &path : words) {
    const Result<BundleInfo> bundle = (*runtime)->load(path);
    if (!bundle) { // all or none, as the session counts it
      for (const std::string &name : loaded) ignore((*runtime)->unload(name), "what stays is listed by %ps");
      return failed(bundle.error());
    }
    loaded.push_back(bundle->name);
    print_diagnostics(bundle->warnings);
    if (talk_ == Talk::kMore) fmt::print("{} {} is loaded\n", bundle->name, bundle->version);
  }
  if (const Result<void> declared = declare_contracts(); !declared) return failed(declared.error());
  return {Outcome::kDone, otherwise(question, "load", words)};
}

Reply ReplCommands::unload(const std::vector<std::string> &words) {
  const Result<Runtime *> runtime = this->runtime();
  if (!runtime) return failed(runtime.error());
  if (const Result<void> gone = (*runtime)->unload(words[0]); !gone) return failed(gone.error());
  return {};
}

Reply ReplCommands::reload(const Question &question, const std::vector<std::string> &words) {
  const Result<Runtime *> runtime = this->runtime();
  if (!runtime) return failed(runtime.error());
  const Result<BundleInfo> bundle = (*runtime)->reload(place_of(words[0]));
  if (!bundle) return failed(bundle.error());
  print_diagnostics(bundle->warnings);
  if (talk_ == Talk::kMore) fmt::print("{} {} is live: {}\n", bundle->name, bundle->version, bundle->plan);
  if (const Result<void> declared = declare_contracts(); !declared) return failed(declared.error());
  return {Outcome::kDone, otherwise(question, "reload", {kept_from(bundle->path, kept_)})};
}

Reply ReplCommands::rollback(const std::vector<std::string> &words) {
  const Result<Runtime *> runtime = this->runtime();
  if (!runtime) return failed(runtime.error());
  const int steps = words.size() > 1 ? std::atoi(words[1].c_str()) : 1;
  if (steps < 1) return failed("'%rollback' wants a number of steps of 1 or more, not '" + words[1] + "'");
  const Result<BundleInfo> bundle = (*runtime)->rollback(words[0], static_cast<std::size_t>(steps));
  if (!bundle) return failed(bundle.error());
  if (talk_ == Talk::kMore) fmt::print("{} {} is live again: {}\n", bundle->name, bundle->version, bundle->plan);
  return {};
}

Reply ReplCommands::plan(const std::vector<std::string> &words) {
  const Result<Runtime *> runtime = this->runtime();
  if (!runtime) return failed(runtime.error());
  const Result<ReloadPlan> plan = (*runtime)->plan(place_of(words[0]));
  if (!plan) return failed(plan.error());
  fmt::print("{}", to_string(*plan));
  return nothing_new();
}

Reply ReplCommands::list_bundles() {
  if (!runtime_ || runtime_->bundles().empty()) fmt::print("no bundle is loaded; '%load PATH' loads one\n");
  if (runtime_)
    for (const BundleInfo &bundle : runtime_->bundles())
      fmt::print("{} {}  generation {}  {}  {}\n", bundle.name, bundle.version, bundle.generation, fmt::join(bundle.provides, " "),
                 kept_from(bundle.path, kept_));
  return nothing_new();
}

Reply ReplCommands::list_contracts() {
  if (!runtime_ || runtime_->contracts().empty()) fmt::print("no contract is provided; '%load PATH' loads a bundle\n");
  if (runtime_)
    for (const ContractInfo &contract : runtime_->contracts())
      fmt::print("{}@{}.{}  {}\n", contract.name, contract.major, contract.minor, contract.bundle);
  return nothing_new();
}

Reply ReplCommands::call(const std::vector<std::string> &words) {
  const Result<Runtime *> runtime = this->runtime();
  if (!runtime) return failed(runtime.error());
  const Result<CallOutcome> outcome = call_by_name(**runtime, words[0], {words.begin() + 1, words.end()});
  if (!outcome) return failed(outcome.error());
  if (outcome->status != GRAFT_OK)
    return failed(fmt::format("'{}' returned status {} ({})", words[0], outcome->status,
                              to_string(static_cast<Code>(outcome->status))));
  if (!outcome->result.empty()) fmt::print("{}\n", outcome->result);
  if (!outcome->outputs.empty() && outcome->outputs != "{}") fmt::print("{}\n", outcome->outputs);
  return {}; // what it calls may keep state
}

Reply ReplCommands::time(const Question &question, const std::string &code) {
  const auto begin = std::chrono::steady_clock::now();
  const Result<ReplAnswer> answer = repl_.evaluate({code, question.name, question.line});
  const auto took = std::chrono::steady_clock::now() - begin;
  if (!answer) return failed(answer.error());
  print_diagnostics(answer->warnings);
  if (!answer->type.empty()) fmt::print("{}\n", answer->value);
  fmt::print("compiled, linked and run in {}\n", duration(static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count())));
  return {};
}

Reply ReplCommands::show_text(const Question &question, const std::string &code, ReplText text) {
  const Result<std::string> shown = repl_.compile_to_text({code, question.name, question.line}, text);
  if (!shown) return failed(shown.error());
  fmt::print("{}", *shown);
  return {};
}

Reply ReplCommands::show_type(const std::string &expression) {
  const Result<std::string> type = repl_.type_of(expression);
  if (!type) return failed(type.error());
  fmt::print("{}\n", *type);
  return nothing_new();
}

Reply ReplCommands::describe(const std::string &name) {
  const std::vector<std::string> texts = repl_.describe(name);
  if (texts.empty()) return failed(fmt::format("nothing here is named '{}'; a header that declares it may be missing", name));
  for (const std::string &text : texts) fmt::print("{}\n", text);
  return nothing_new();
}

Reply ReplCommands::add_library(const std::string &name) {
  const Result<void> added = repl_.add_library(name);
  return added ? Reply{} : failed(added.error());
}

} // namespace graft::tool
