// A program's life: compile, link, start, main, finish. It runs as natively as it can, so an exception that nobody catches
// must find no frame of ours.
#include "libraries.hpp"

#include "../bundle/source_files.hpp"

#include <graft/driver/compiler.hpp>
#include <graft/jit/linker.hpp>
#include <graft/program.hpp>

#include <unistd.h>

#include <cstdlib>

// Calls `code(argument)` from a frame without unwind information: for the unwinder the stack ends here. So an uncaught exception
// ends the process without running destructors on the way, and `pthread_exit` in the main thread ends that thread, both as
// natively.
asm(R"(
.text
.type graft_enter_program, @function
graft_enter_program:
  pushq %rbp
  movq %rsp, %rbp
  movq %rdi, %rax
  movq %rsi, %rdi
  callq *%rax
  popq %rbp
  retq
.size graft_enter_program, . - graft_enter_program
)");
extern "C" __attribute__((visibility("hidden"))) void graft_enter_program(void (*code)(void *), void *argument);

namespace graft {

struct Program::State {
  std::unique_ptr<jit::Linker> linker;
  std::unique_ptr<jit::Image> image; // destroyed before its linker
  std::vector<Diagnostic> warnings;
  int argc = 0;
  char **argv = nullptr;
};

namespace {

/// What `clang` takes when it is told nothing; and no instruction that the baseline lacks, because fused multiplication
/// would make a program compute other digits than it does natively.
driver::Options compile_options(const ProgramOptions &options) {
  driver::Options result;
  result.c_standard = "gnu17";
  result.cxx_standard = "gnu++17";
  result.flags.push_back("-march=x86-64");
  result.flags.insert(result.flags.end(), options.flags.begin(), options.flags.end());
  return result;
}

Result<driver::Language> language_of(const ProgramOptions &options) {
  if (options.language.empty()) return driver::Language::kFromName;
  if (options.language == "c") return driver::Language::kC;
  if (options.language == "c++") return driver::Language::kCxx;
  return error(Code::kInvalid, "'" + options.language + "' is no language that graft runs; wanted c or c++");
}

Result<void> find_libraries(const ProgramOptions &options, jit::LinkOptions &link) {
  for (const std::string &name : options.libraries) {
    GRAFT_TRY_ASSIGN(const std::vector<std::string> objects, find_library(name, options.library_dirs));
    link.libraries.insert(link.libraries.end(), objects.begin(), objects.end());
  }
  return {};
}

std::string list_of(const std::vector<std::string> &sources) {
  std::string text;
  for (const std::string &source : sources) text += (text.empty() ? "'" : ", '") + source + "'";
  return text;
}

} // namespace

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::~Program() = default;

Result<std::unique_ptr<Program>> Program::create(const ProgramOptions &options) {
  if (options.sources.empty()) return error(Code::kInvalid, "a program needs a source file");
  jit::LinkOptions link;
  link.name = options.sources.front();
  link.exports = {"main"};
  link.ending = jit::Ending::kProcess;
  link.arguments = {options.argc, options.argv};
  GRAFT_TRY(find_libraries(options, link));

  driver::Job job;
  job.bundle = options.sources.front();
  GRAFT_TRY_ASSIGN(const driver::Language language, language_of(options));
  for (const std::string &source : options.sources) {
    GRAFT_TRY_ASSIGN(const std::string contents, read_file(source));
    GRAFT_TRY(expect_text(source, contents));
  }
  for (const std::string &source : options.sources) job.sources.push_back({source, {}, language});
  job.options = compile_options(options);
  driver::Config compiling;
  compiling.cache = options.cache;
  GRAFT_TRY_ASSIGN(const std::unique_ptr<driver::Compiler> compiler, driver::Compiler::create(std::move(compiling)));
  GRAFT_TRY_ASSIGN(Artifact artifact, compiler->compile(job));

  auto state = std::make_unique<State>();
  state->argc = options.argc;
  state->argv = options.argv;
  GRAFT_TRY_ASSIGN(state->linker, jit::Linker::create());
  GRAFT_TRY_ASSIGN(state->image, state->linker->link(artifact, link));
  if (state->image->address("main") == nullptr)
    return error(Code::kInvalid, "there is no main in " + list_of(options.sources));
  state->warnings = std::move(artifact.warnings);
  return std::unique_ptr<Program>(new Program(std::move(state)));
}

void Program::run() {
  const auto code = [](void *opaque) {
    auto *state = static_cast<State *>(opaque);
    ignore(state->image->run_initialisers(), "a program's initialisers return, or the process ends");
    const void *address = state->image->address("main");
    auto *main = reinterpret_cast<int (*)(int, char **, char **)>(const_cast<void *>(address));
    // In here: what exit functions throw must find the same end of the stack.
    std::exit(main(state->argc, state->argv, ::environ));
  };
  graft_enter_program(code, state_.get());
  __builtin_unreachable();
}

void Program::finish() { state_->image->run_finalisers(); }

const std::vector<Diagnostic> &Program::warnings() const { return state_->warnings; }

} // namespace graft
