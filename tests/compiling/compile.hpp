// Jobs in one line for the tests of this folder: text in memory, compiled as a bundle.
#pragma once

#include <graft/driver/compiler.hpp>

#include <string>
#include <utility>
#include <vector>

namespace graft::test {

using driver::Compiler;
using driver::Job;
using driver::Options;
using driver::Source;

inline Job job(std::vector<std::pair<std::string, std::string>> files, Options options = {}) {
  Job result;
  result.bundle = "bundle";
  result.options = std::move(options);
  for (auto &[name, text] : files) result.sources.push_back({std::move(name), std::move(text), driver::Language::kFromName});
  return result;
}

inline Options flags(std::vector<std::string> flags) {
  Options options;
  options.flags = std::move(flags);
  return options;
}

inline Result<Artifact> compile(const Job &job) { return Compiler::create()->compile(job); }
inline Result<Artifact> compile(std::string name, std::string text, Options options = {}) {
  return compile(job({{std::move(name), std::move(text)}}, std::move(options)));
}

/// A contract of one function, provided by the text that follows it.
inline const std::string kGreeter = R"(#include <graft/abi.h>
GRAFT_CONTRACT(greeter, "demo.greeter", 1, 2) {
  graft_status (*greet)(graft_str name, graft_buf *out);
  int (*add)(int a, int b);
};
)";

} // namespace graft::test
