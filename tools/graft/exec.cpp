// `graft exec`: run a program's main, here, and leave with its status.
//
// From the first initialiser on the process is the program's: its output, its signals, its exit. Nothing of graft may print,
// catch or clean up then; what the program left to do at its end is run by the C library's exit, as natively.
#include "command.hpp"
#include "exec_words.hpp"
#include "output.hpp"

#include <graft/program.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace graft::tool {
namespace {

/// The program that runs; never destroyed, because its threads may outlive main.
Program *running = nullptr;

/// Runs behind the program's own exit functions, because it was registered before them.
void finish() {
  running->finish();
  // Natively the program's own copy of <iostream> flushes these.
  std::cout.flush();
  std::wcout.flush();
  std::cerr.flush();
  std::clog.flush();
}

} // namespace

int run_exec(std::vector<std::string> words) {
  auto parsed = parse_exec_words(words);
  if (!parsed) {
    print_error(parsed.error().message);
    return kUsedWrongly;
  }
  // Both live as long as the process: the program may keep argv.
  auto *arguments = new std::vector<std::string>((*parsed).arguments);
  auto *argv = new std::vector<char *>;
  for (std::string &argument : *arguments) argv->push_back(argument.data());
  argv->push_back(nullptr);

  ProgramOptions options = (*parsed).options;
  options.argc = static_cast<int>(arguments->size());
  options.argv = argv->data();
  auto program = Program::create(options);
  if (!program) {
    print_error(program.error());
    return kFailed;
  }
  print_diagnostics(program->warnings());
  running = (*std::move(program)).release();
  std::atexit(finish);
  running->run();
}

void add_exec(CLI::App &app) {
  CLI::App *command = app.add_subcommand("exec", "run the main of a C or C++ program");
  command->prefix_command();
  command->footer(R"(
Usage: graft exec [FLAG...] FILE... [-- ARG...]

Compiles the files (C, C++, .bc, .ll), links them in memory, calls main, and exits with its status. Flags are clang's: -O0 to -O3,
-std=, -D, -U, -I, -include, -W..., -w, -f..., -m..., -g; -l and -L for shared libraries; -x c or -x c++ for files without an ending. --cache DIR|URL|off says where compiled
programs are kept ('graft cache --help').

What follows '--' are the program's arguments. They also begin at the first word behind a file that is neither a flag nor ends
like a source, and directly behind a file whose first line begins with '#!': so a script gets all its words, flags too.

Examples:
  graft exec hello.c
  graft exec -O2 -lm main.c solver.c -- --steps 100
  graft exec -std=c++20 -Iinclude main.cpp input.txt

As a script's first line:
  #!/usr/bin/env -S graft exec -O2)");
}

} // namespace graft::tool
