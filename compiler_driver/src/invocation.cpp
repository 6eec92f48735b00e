// See invocation.hpp. The flags here are what the linker can take (reference: the README's table "Flags that are always
// on").
#include "invocation.hpp"

#include "abi_preamble.hpp"
#include "arguments.hpp"
#include "content_key.hpp"
#include "diagnostics.hpp"
#include "environment.hpp"
#include "initialise_target.hpp"
#include "looks.hpp"
#include "target_features.hpp"
#include "virtual_headers.hpp"
#include "warm_back_end.hpp"

#include <clang/Basic/DiagnosticOptions.h>
#include <clang/Driver/Compilation.h>
#include <clang/Driver/Driver.h>
#include <clang/Driver/Job.h>
#include <clang/Driver/Tool.h>
#include <clang/Frontend/DependencyOutputOptions.h>
#include <clang/Lex/HeaderSearchOptions.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <llvm/TargetParser/Host.h>

#include <algorithm>

namespace graft::driver {
namespace {

constexpr std::size_t kCachedFlagSets = 64;

const char *language_flag(Language language) {
  switch (language) {
  case Language::kCxx:
    return "c++";
  case Language::kBitcode:
    return "ir";
  case Language::kFromName:
  case Language::kC:
    break;
  }
  return "c";
}

const char *placeholder(Language language) {
  switch (language) {
  case Language::kCxx:
    return "input.cpp";
  case Language::kBitcode:
    return "input.bc";
  case Language::kFromName:
  case Language::kC:
    break;
  }
  return "input.c";
}

/// A `-std` speaks to one language; a bundle may hold both.
bool speaks_to(const std::string &flag, Language language) {
  const std::string_view view(flag);
  if (!view.starts_with("-std=") && !view.starts_with("--std=")) return true;
  return (view.find("++") != std::string_view::npos) == (language == Language::kCxx);
}

std::vector<std::string> driver_arguments(const Options &options, Language language) {
  std::vector<std::string> arguments = {program_dir() + "/clang",
                                        "-c",
                                        "-x",
                                        language_flag(language),
                                        "-fPIC",
                                        "-femulated-tls",
                                        "-fexceptions",
                                        "-fsplit-stack", // of which stack_checks.cpp makes something else
                                        "-fno-function-sections",
                                        "-fno-data-sections",
                                        "-Wno-unused-command-line-argument",
                                        "-O" + std::to_string(options.optimise)};
  if (const std::string resources = resource_dir(); !resources.empty())
    arguments.insert(arguments.end(), {"-resource-dir", resources});
  if (language == Language::kC) arguments.push_back("-std=" + options.c_standard);
  if (language == Language::kCxx) arguments.push_back("-std=" + options.cxx_standard);
  // Rationale: `-march=native` and not the baseline, since what is compiled here runs here.
  arguments.push_back("-march=native");
  // Where a hot loop falls within a line of instructions decides up to a tenth of its speed; not by chance, then.
  if (options.optimise > 1) arguments.push_back("-falign-functions=32");
  if (!options.working_directory.empty()) arguments.push_back("-working-directory=" + options.working_directory);
  for (const std::string &directory : options.include_dirs) arguments.push_back("-I" + directory);
  std::ranges::copy_if(options.flags, std::back_inserter(arguments),
                       [&](const std::string &flag) { return speaks_to(flag, language); });
  if (options.role == Role::kSecond) {
    // Both images are one program: the text must not see the difference, and tables of virtual functions are there twice.
    arguments.insert(arguments.end(), {"-U__OPTIMIZE__", "-D__NO_INLINE__=1", "-fno-assume-unique-vtables"});
  }
  if (language != Language::kBitcode) arguments.insert(arguments.end(), {"-isystem", kVirtualIncludeDir});
  arguments.push_back(placeholder(language));
  return arguments;
}

std::vector<const char *> pointers(const std::vector<std::string> &strings) {
  std::vector<const char *> result;
  for (const std::string &string : strings) result.push_back(string.c_str());
  return result;
}

/// The cc1 arguments that Clang's driver makes of ours, without "-cc1"; empty when it made something else of them.
std::vector<std::string> front_end_arguments(const std::vector<std::string> &arguments, clang::DiagnosticsEngine &engine,
                                             InputTrace &looked_at) {
  clang::driver::Driver driver(arguments.front(), llvm::sys::getDefaultTargetTriple(), engine, "graft",
                               note_looks(llvm::vfs::createPhysicalFileSystem(), looked_at));
  driver.setCheckInputsExist(false);
  const std::vector<const char *> raw = pointers(arguments);
  const std::unique_ptr<clang::driver::Compilation> compilation(driver.BuildCompilation(raw));
  if (!compilation || compilation->getJobs().size() != 1) return {};
  const clang::driver::Command &command = *compilation->getJobs().begin();
  const auto &result = command.getArguments();
  if (result.empty() || llvm::StringRef(result.front()) != "-cc1") return {};
  return {result.begin() + 1, result.end()};
}

/// Flags that make Clang print, or make something that is not an object. They would be obeyed in silence at best.
bool asks_for_something_else(const std::string &flag) {
  static constexpr std::string_view kWhole[] = {"-v",  "--verbose", "-###", "-E",     "-S",       "-M",
                                                "-MM", "-H",        "-h",   "--help", "--version"};
  static constexpr std::string_view kBegins[] = {"-print-",     "--print-",  "-ccc-", "--help", "-dump",
                                                 "-save-temps", "--analyze", "-help", "-ftime-"};
  return std::ranges::find(kWhole, flag) != std::end(kWhole) ||
         std::ranges::any_of(kBegins, [&](std::string_view begin) { return flag.starts_with(begin); });
}

/// With the author's own `-m...` the order of features matters, and the list stays as it is.
bool names_features(const std::string &flag) { return flag.starts_with("-m"); }

/// What must differ from what the driver asks for: nothing is left to the process's end, nothing is printed.
void settle(clang::CompilerInvocation &invocation) {
  invocation.getFrontendOpts().DisableFree = false;
  invocation.getCodeGenOpts().DisableFree = false;
  invocation.getFrontendOpts().ShowStats = false;
  invocation.getHeaderSearchOpts().Verbose = false;
  invocation.getDependencyOutputOpts() = {};
  invocation.getCodeGenOpts().TimePasses = false;
  invocation.getCodeGenOpts().CommandLineArgs.clear(); // for Windows alone, and written out anew at each compile
  // `#pragma clang __debug crash` leaves a timer of the crashed thread's stack in a list of the process; the next one to
  // touch the list crashes too, with its lock held, and all later compiles wait for that lock.
  invocation.getPreprocessorOpts().DisablePragmaDebugCrash = true;
  invocation.getDiagnosticOpts().ShowCarets = false;
  invocation.getFrontendOpts().OutputFile.clear();
}

Result<std::shared_ptr<const Prepared>> make(const Options &options, Language language, const ArgumentShelf &shelf) {
  clang::DiagnosticOptions diagnostic_options;
  DiagnosticCollector collector;
  clang::DiagnosticsEngine engine(clang::DiagnosticIDs::create(), diagnostic_options, &collector, /*ShouldOwnClient=*/false);
  const auto refuse = [&](std::string why) {
    Error result = error(Code::kInvalid, std::move(why));
    result.diagnostics = collector.take();
    return result;
  };

  if (const auto stray = std::ranges::find_if(options.flags, asks_for_something_else); stray != options.flags.end())
    return refuse("flag '" + *stray + "' does not go into compiling: it makes clang print, or make no object");
  const bool has_features = std::ranges::any_of(options.flags, names_features);
  const std::vector<std::string> asked = driver_arguments(options, language);
  if (shelf.find)
    if (auto known = shelf.find(asked)) return std::make_shared<const Prepared>(*std::move(known), has_features);
  const auto began = std::chrono::system_clock::now();
  InputTrace looked_at;
  std::vector<std::string> arguments = front_end_arguments(asked, engine, looked_at);
  if (collector.failed()) return refuse("clang refuses the flags");
  if (arguments.empty()) return refuse("the flags do not ask for compiling one file to an object");
  auto prepared = std::make_shared<Prepared>(std::move(arguments), has_features);
  if (!prepared->parse(engine) || collector.failed()) return refuse("clang refuses the flags");
  prepared->warnings = collector.take();
  if (shelf.store && prepared->warnings.empty()) shelf.store(asked, prepared->arguments, looked_at, began);
  return std::shared_ptr<const Prepared>(std::move(prepared));
}

/// Everything that `make` looks at.
std::string key_of(const Options &options, Language language) {
  std::string key = std::string(language_flag(language)) + '\0' + options.c_standard + '\0' + options.cxx_standard + '\0' +
                    std::to_string(options.optimise) + (options.role == Role::kSecond ? "second" : "") + '\0' +
                    options.working_directory;
  for (const std::string &directory : options.include_dirs) key.append(1, '\0').append("I").append(directory);
  for (const std::string &flag : options.flags) key.append(1, '\0').append("F").append(flag);
  if (const char *given = std::getenv("GRAFT_RESOURCE_DIR")) key.append(1, '\0').append("R").append(given);
  return key;
}

} // namespace

static ContentKey key_of_all(const std::vector<std::string> &arguments) {
  KeyBuilder key;
  for (const std::string &argument : arguments) key.add(argument);
  return key.finish();
}

Prepared::Prepared(std::vector<std::string> arguments, bool names_features)
    : arguments(std::move(arguments)), arguments_key(key_of_all(this->arguments)),
      preambles(std::make_shared<AbiPreambleCache>()),
      back_end(std::make_shared<WarmBackEnd>()), names_features_(names_features) {}

bool Prepared::parse(clang::DiagnosticsEngine &engine) const {
  bool is_good = true;
  std::call_once(once_, [&] {
    initialise_target(); // what a cache answers needs none
    is_good = clang::CompilerInvocation::CreateFromArgs(invocation_, pointers(arguments), engine);
    settle(invocation_);
    if (!names_features_) trim_features(invocation_);
    is_parsed_.store(true, std::memory_order_release); // pairs with the acquire in `invocation`
  });
  return is_good;
}

void Prepared::parse_unheard() const {
  // Nothing is wrong with them: where they were kept, this very compiler had parsed them.
  clang::DiagnosticOptions options;
  clang::DiagnosticsEngine engine(clang::DiagnosticIDs::create(), options, new clang::IgnoringDiagConsumer);
  parse(engine);
}

Result<std::vector<std::string>> arguments_for(const Options &options, Language language) {
  GRAFT_TRY_ASSIGN(const std::shared_ptr<const Prepared> prepared, make(options, language, /*shelf=*/{}));
  return prepared->arguments;
}

Result<std::shared_ptr<const Prepared>> InvocationCache::prepare(const Options &options, Language language) {
  std::string key = key_of(options, language);
  {
    MutexLock lock(mutex_);
    if (const auto found = prepared_.find(key); found != prepared_.end()) return found->second;
  }
  GRAFT_TRY_ASSIGN(std::shared_ptr<const Prepared> made, make(options, language, shelf_));
  MutexLock lock(mutex_);
  if (prepared_.size() >= kCachedFlagSets) prepared_.clear();
  return prepared_.try_emplace(std::move(key), std::move(made)).first->second;
}

} // namespace graft::driver
