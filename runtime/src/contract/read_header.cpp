// A contract header as data: compiled for its facts, like a bundle of one source.
#include "../bundle/source_files.hpp"

#include <graft/contracts.hpp>
#include <graft/driver/compiler.hpp>

#include <algorithm>
#include <system_error>

namespace graft {

Result<HeaderFile> read_header_text(const std::string &name, std::string text, const HeaderOptions &options) {
  static constexpr std::string_view kCxxEndings[] = {".hpp", ".hh", ".hxx", ".H"};
  const bool is_cxx = std::ranges::any_of(kCxxEndings, [&](std::string_view ending) { return name.ends_with(ending); });
  driver::Job job;
  job.bundle = name;
  job.sources.push_back({name, std::move(text), is_cxx ? driver::Language::kCxx : driver::Language::kC});
  job.options.need = driver::Need::kFacts;
  job.options.include_dirs = options.include_dirs;
  job.options.flags = options.flags;
  GRAFT_TRY_ASSIGN(const std::unique_ptr<driver::Compiler> compiler, driver::Compiler::create({1}));
  GRAFT_TRY_ASSIGN(Artifact artifact, compiler->compile(job));
  if (artifact.facts.contracts.empty())
    return error(Code::kInvalid, "'" + name + "' declares no contract; GRAFT_CONTRACT of <graft/abi.h> does");

  HeaderFile header;
  header.path = name;
  std::error_code failure;
  for (const HeaderFacts &one : artifact.facts.headers)
    if (!one.system && std::filesystem::exists(one.path, failure)) // some were looked for in vain
      header.read.push_back(std::filesystem::absolute(one.path, failure).lexically_normal().string());
  for (ContractFacts &contract : artifact.facts.contracts)
    header.contracts.push_back({std::move(contract), artifact.facts.types});
  return header;
}

Result<HeaderFile> read_header(const std::filesystem::path &path, const HeaderOptions &options) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  GRAFT_TRY_ASSIGN(HeaderFile header, read_header_text(path.string(), *std::move(text), options));
  std::error_code failure;
  header.path = std::filesystem::absolute(path, failure).lexically_normal().string();
  header.read.push_back(header.path);
  return header;
}

} // namespace graft
