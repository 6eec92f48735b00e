// See with_tests.hpp. The driver is a source of two lines: its text is among graft's own headers.
#include "with_tests.hpp"

#include "../store/table.hpp"
#include "../store/threads.hpp"
#include "source_files.hpp"

#include <graft/inspect.hpp>
#include <graft/jit/lines.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace graft {
namespace {

namespace fs = std::filesystem;

constexpr const char *kDriverName = "graft-test-driver.c";
constexpr const char *kDriver = "#include <graft/test/driver.inc>\n";

Result<void> append_sources(const fs::path &folder, bool (*takes)(const fs::path &path), std::vector<fs::path> &files) {
  GRAFT_TRY_ASSIGN(const std::vector<fs::path> found, list_sources(folder, takes_kind));
  std::ranges::copy_if(found, std::back_inserter(files), takes);
  return {};
}

bool is_source(const fs::path &path) { return is_source_name(path.filename().string()); }

/// Of a folder, or of the one file that the bundle is.
Result<std::vector<fs::path>> test_files_of(const fs::path &path) {
  std::vector<fs::path> files;
  if (std::error_code failure; !fs::is_directory(path, failure)) {
    GRAFT_TRY(append_sources(path.parent_path(), is_test_file, files));
    std::erase_if(files, [&](const fs::path &file) { return file.stem() != path.stem().string() + "_test"; });
    return files;
  }
  GRAFT_TRY(append_sources(path, is_test_file, files));
  if (std::error_code failure; fs::is_directory(path / "tests", failure))
    GRAFT_TRY(append_sources(path / "tests", is_source, files));
  return files;
}

} // namespace

thread_local const TestBuild *WithTests::here_ = nullptr;

Result<void> add_tests(BundleText &text, const TestBuild &how) {
  if (!text.loader.empty() || text.path.empty() || text.path.ends_with(".tar"))
    return error(Code::kUnsupported,
                 "bundle '" + text.name + "' has no sources in a folder that tests could be compiled with");
  GRAFT_TRY_ASSIGN(const std::vector<fs::path> files, test_files_of(text.path));
  for (const fs::path &file : files) {
    if (std::ranges::find(text.sources, file.string(), &driver::Source::name) != text.sources.end())
      continue; // its manifest's
    GRAFT_TRY_ASSIGN(std::string contents, read_file(file));
    text.sources.push_back({file.string(), std::move(contents), driver::Language::kFromName});
  }
  text.sources.push_back({(fs::path(text.directory) / kDriverName).string(), kDriver, driver::Language::kFromName});
  Manifest &manifest = text.manifest;
  if (manifest.lists_provides) manifest.provides.push_back({.name = "graft.tests", .major = 1, .minor = 0});
  manifest.tier_up = TierUp::kFast;
  manifest.flags.insert(manifest.flags.end(), {"-DGRAFT_TESTING=1", "-gline-tables-only", "-I" + text.directory});
  manifest.flags.insert(manifest.flags.end(), how.flags.begin(), how.flags.end());
  text.is_sanitized = std::ranges::any_of(how.flags, [](const std::string &flag) { return flag.starts_with("-fsanitize="); });
  return {};
}

Result<std::vector<fs::path>> test_files(const fs::path &bundle) {
  GRAFT_TRY_ASSIGN(const BundleText text, read_bundle(bundle));
  return test_files_of(text.path);
}

Result<std::vector<fs::path>> test_inputs(const fs::path &bundle, const std::vector<std::string> &include_dirs) {
  const TestBuild how;
  const WithTests scope(how);
  InspectOptions options;
  options.unchecked = Unchecked::kAllow;
  options.include_dirs = include_dirs;
  GRAFT_TRY_ASSIGN(const Inspection inspection, inspect(bundle, options));
  std::vector<fs::path> inputs(inspection.sources.begin(), inspection.sources.end());
  for (const HeaderFacts &header : inspection.artifact.facts.headers)
    if (!header.system) inputs.emplace_back(header.path);
  return inputs;
}

Result<BundleInfo> load_with_tests(Runtime &runtime, const fs::path &bundle, const TestBuild &how) {
  const WithTests scope(how);
  return runtime.load(bundle);
}

static std::vector<CodePlace> places_from(std::vector<jit::CodeLine> lines) {
  std::vector<CodePlace> places;
  for (jit::CodeLine &line : lines) places.push_back({std::move(line.function), std::move(line.file), line.line});
  return places;
}

std::vector<CodePlace> places_of(std::uintptr_t address) { return places_from(jit::lines_at(address)); }

const char *running_bundle() noexcept {
  const void *entries = innermost_pin();
  return entries == nullptr ? nullptr : Table::of(entries).shape().bundle.c_str();
}

std::vector<std::vector<CodePlace>> lines_between(const std::vector<CodeRange> &ranges) {
  std::vector<jit::CodeRange> asked;
  for (const CodeRange &range : ranges) asked.push_back({range.begin, range.end});
  std::vector<std::vector<CodePlace>> answer;
  for (std::vector<jit::CodeLine> &lines : jit::lines_between(asked)) answer.push_back(places_from(std::move(lines)));
  return answer;
}

} // namespace graft
