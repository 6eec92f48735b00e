// A new bundle's files: texts with names filled in. The texts are in templates.cpp.
#include "scaffold.hpp"

#include "places.hpp"
#include "templates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace graft::tool {
namespace {

namespace fs = std::filesystem;

/// A C identifier that no keyword and no other name collides with.
std::string tag_of(const std::string &name) {
  std::string tag = name;
  for (char &character : tag)
    if (character == '-' || character == '.') character = '_';
  if (tag[0] >= '0' && tag[0] <= '9') tag.insert(0, "b");
  return tag + "_api";
}

std::string upper(std::string text) {
  for (char &character : text)
    if (character >= 'a' && character <= 'z') character = static_cast<char>(character - ('a' - 'A'));
  return text;
}

/// Where the words behind an indented command begin: behind two spaces; 0 for any other line.
std::size_t words_in(const std::string &line) {
  if (!line.starts_with("    ")) return 0;
  const std::size_t gap = line.find("  ", line.find_first_not_of(' '));
  return gap == line.npos ? 0 : gap + 2;
}

/// Of a README, whose commands are as long as the bundle's name makes them: what is said of them is in one column.
std::string aligned(const std::string &text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::size_t column = 0;
  for (const std::string &line : lines) column = std::max(column, words_in(line));
  std::string result;
  for (std::string &line : lines) {
    if (const std::size_t at = words_in(line); at != 0) line.insert(at, column - at, ' ');
    result += line + "\n";
  }
  return result;
}

bool is_empty_folder(const fs::path &folder) {
  std::error_code failure;
  return fs::is_directory(folder, failure) && fs::is_empty(folder, failure) && !failure;
}

Error cannot_write(const fs::path &path, int number) {
  return error(Code::kInvalid, fmt::format("cannot write '{}': {}", path.string(), std::strerror(number)));
}

} // namespace

std::span<const FlavourInfo> flavours() {
  static constexpr FlavourInfo kFlavours[] = {{Flavour::kC, "c", "a bundle in C"},
                                              {Flavour::kCxx, "cpp", "a bundle in C++"},
                                              {Flavour::kState, "state", "a bundle in C++ whose state outlives reloads"},
                                              {Flavour::kHook, "hook", "a bundle in C that takes part in a hook"},
                                              {Flavour::kHost, "host", "a host program with CMake, and its plugin"}};
  return kFlavours;
}

Scaffold make_scaffold(const std::string &name, Flavour flavour) {
  const bool is_cxx = flavour == Flavour::kCxx || flavour == Flavour::kState;
  const std::string tag = tag_of(name);
  const std::string contract = "example." + name;
  const auto fill = [&](const char *text) {
    return fmt::format(fmt::runtime(text), fmt::arg("name", name), fmt::arg("tag", tag), fmt::arg("contract", contract),
                       fmt::arg("guard", upper(tag) + "_H"), fmt::arg("ending", is_cxx ? "cpp" : "c"));
  };
  Scaffold scaffold{contract, {}, {}};
  for (const TemplateFile &file : files_of(flavour)) {
    const std::string text = fill(file.text);
    scaffold.files.push_back({fill(file.name), std::string_view(file.name) == "README.md" ? aligned(text) : text});
  }
  // The name that older clangds know it by as well.
  std::string flags = is_cxx ? "-xc++\n-std=c++2b\n" : "-xc\n-std=c17\n";
  if (const std::string include = abi_include_dir(); !include.empty()) flags += "-I" + include + "\n";
  scaffold.files.push_back({flavour == Flavour::kHost ? "plugin/compile_flags.txt" : "compile_flags.txt", flags});
  scaffold.next = flavour == Flavour::kHook    ? "test {}"
                  : flavour == Flavour::kHost  ? "test {}/plugin"
                  : flavour == Flavour::kState ? "run {} --call " + contract + ".count word"
                                               : "run {} --call " + contract + ".greet world";
  return scaffold;
}

Result<void> write_scaffold(const Scaffold &scaffold, const fs::path &folder) {
  std::error_code failure;
  if (fs::exists(fs::symlink_status(folder, failure)) && !is_empty_folder(folder))
    return error(Code::kConflict,
                 fmt::format("'{}' is there already; choose another name or another --dir", folder.string()));
  fs::create_directories(folder, failure);
  if (failure) return cannot_write(folder, failure.value());
  for (const ScaffoldFile &file : scaffold.files) {
    fs::create_directories((folder / file.name).parent_path(), failure);
    if (failure) return cannot_write(folder, failure.value());
    std::ofstream stream(folder / file.name, std::ios::binary);
    stream << file.contents;
    stream.close();
    if (!stream) return cannot_write(folder / file.name, errno);
  }
  return {};
}

} // namespace graft::tool
