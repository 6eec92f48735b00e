// The texts of a new bundle. They are complete: a person reads them to learn what a bundle is.
#include "scaffold.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace graft::tool {
namespace {

namespace fs = std::filesystem;

constexpr const char *kHeader =
    R"(/* The contract: what this bundle offers. Hosts and other bundles include this file too. Add functions at the end; a change of
 * those that are there is a new major version. */
#ifndef {guard}
#define {guard}

#include <graft/abi.h>

GRAFT_CONTRACT({tag}, "{contract}", 1, 0) {{
  /* Appends a greeting of `name` to `out`. */
  graft_status (*greet)(graft_str name, graft_buf *out);
}};

#endif
)";

constexpr const char *kC = R"(/* Edit the words below and save: the next call says them. */
#include "{tag}.h"

static graft_status greet(graft_str name, graft_buf *out) {{
  graft_status status = graft_buf_append_text(&graft_self, out, "Hello, ");
  if (status == GRAFT_OK) status = graft_buf_append(&graft_self, out, name.data, name.size);
  if (status == GRAFT_OK) status = graft_buf_append_text(&graft_self, out, "!");
  return status;
}}

GRAFT_PROVIDE({tag}, {{.greet = greet}});
)";

constexpr const char *kCxx = R"(// Edit the words below and save: the next call says them.
#include "{tag}.h"

#include <string>
#include <string_view>

static graft_status greet(graft_str name, graft_buf *out) {{
  std::string text = "Hello, ";
  text += std::string_view(name.data, name.size);
  text += "!";
  return graft_buf_append(&graft_self, out, text.data(), text.size());
}}

GRAFT_PROVIDE({tag}, {{.greet = greet}});
)";

constexpr const char *kManifest = R"(name = "{name}"
version = "0.1.0"
provides = ["{contract}@1.0"]
)";

constexpr const char *kReadme = R"(# {name}

A graft bundle: its source is the plugin.

    graft check {name}                                     compile and verify, run nothing
    graft run {name} --call {contract}.greet world         load it and call it
    graft run {name} --call {contract}.greet world --watch call it again at every save

* `{tag}.h` declares the contract `{contract}@1.0`.
* `{tag}.{ending}` implements it.
* `graft.toml` names the bundle, its version and what it provides.
* `compile_flags.txt` tells clangd where the headers are.
)";

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

bool is_empty_folder(const fs::path &folder) {
  std::error_code failure;
  return fs::is_directory(folder, failure) && fs::is_empty(folder, failure) && !failure;
}

Error cannot_write(const fs::path &path, int number) {
  return error(Code::kInvalid, fmt::format("cannot write '{}': {}", path.string(), std::strerror(number)));
}

} // namespace

Scaffold make_scaffold(const std::string &name, Flavour flavour) {
  const bool is_cxx = flavour == Flavour::kCxx;
  const std::string tag = tag_of(name);
  const std::string contract = "example." + name;
  const std::string ending = is_cxx ? "cpp" : "c";
  const auto fill = [&](const char *text) {
    return fmt::format(fmt::runtime(text), fmt::arg("name", name), fmt::arg("tag", tag), fmt::arg("contract", contract),
                       fmt::arg("guard", upper(tag) + "_H"), fmt::arg("ending", ending));
  };
  std::string flags = is_cxx ? "-xc++\n-std=c++23\n" : "-xc\n-std=c17\n";
  if (const std::string include = abi_include_dir(); !include.empty()) flags += "-I" + include + "\n";
  return {contract,
          {{tag + ".h", fill(kHeader)},
           {tag + "." + ending, fill(is_cxx ? kCxx : kC)},
           {"graft.toml", fill(kManifest)},
           {"README.md", fill(kReadme)},
           {"compile_flags.txt", flags}}};
}

Result<void> write_scaffold(const Scaffold &scaffold, const fs::path &folder) {
  std::error_code failure;
  if (fs::exists(fs::symlink_status(folder, failure)) && !is_empty_folder(folder))
    return error(Code::kConflict,
                 fmt::format("'{}' is there already; choose another name or another --dir", folder.string()));
  fs::create_directories(folder, failure);
  if (failure) return cannot_write(folder, failure.value());
  for (const ScaffoldFile &file : scaffold.files) {
    std::ofstream stream(folder / file.name, std::ios::binary);
    stream << file.contents;
    stream.close();
    if (!stream) return cannot_write(folder / file.name, errno);
  }
  return {};
}

std::string abi_include_dir() {
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  const fs::path installed = program.parent_path().parent_path() / "include";
  for (const fs::path &candidate : {installed, fs::path(GRAFT_BUILT_ABI_INCLUDE)})
    if (fs::exists(candidate / "graft" / "abi.h", failure)) return candidate.string();
  return {};
}

} // namespace graft::tool
