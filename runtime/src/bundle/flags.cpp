// The allow-list, as data: flags with a value, flags as they are, and families by prefix.
#include "flags.hpp"

#include <graft/base/near.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace graft {
namespace {

/// These take a value, joined or as the next word. The first five name directories.
constexpr std::array<std::string_view, 8> kWithValue = {"-I",       "-iquote",  "-isystem", "-idirafter",
                                                        "-include", "-imacros", "-D",       "-U"};
constexpr std::size_t kDirectories = 4;

constexpr std::array<std::string_view, 25> kPlain = {"-w",       "-pedantic", "-pedantic-errors",
                                                     "-ansi",    "-pthread",  "-trigraphs",
                                                     "-undef",   "-nostdinc", "-nostdinc++",
                                                     "-O",       "-O0",       "-O1",
                                                     "-O2",      "-O3",       "-Os",
                                                     "-Oz",      "-Og",       "-g",
                                                     "-g0",      "-g1",       "-g2",
                                                     "-g3",      "-ggdb",     "-gdwarf-4",
                                                     "-gdwarf-5"};

/// After `-f`, with or without `no-`.
constexpr std::array<std::string_view, 56> kFeatures = {"exceptions",
                                                        "cxx-exceptions",
                                                        "rtti",
                                                        "strict-aliasing",
                                                        "wrapv",
                                                        "trapv",
                                                        "signed-char",
                                                        "unsigned-char",
                                                        "short-enums",
                                                        "fast-math",
                                                        "math-errno",
                                                        "finite-math-only",
                                                        "signed-zeros",
                                                        "associative-math",
                                                        "reciprocal-math",
                                                        "trapping-math",
                                                        "unsafe-math-optimizations",
                                                        "rounding-math",
                                                        "honor-nans",
                                                        "honor-infinities",
                                                        "omit-frame-pointer",
                                                        "omit-leaf-frame-pointer",
                                                        "inline",
                                                        "inline-functions",
                                                        "unroll-loops",
                                                        "vectorize",
                                                        "slp-vectorize",
                                                        "tree-vectorize",
                                                        "tree-slp-vectorize",
                                                        "strict-overflow",
                                                        "strict-enums",
                                                        "strict-return",
                                                        "strict-float-cast-overflow",
                                                        "delete-null-pointer-checks",
                                                        "builtin",
                                                        "freestanding",
                                                        "hosted",
                                                        "char8_t",
                                                        "common",
                                                        "coroutines",
                                                        "sized-deallocation",
                                                        "aligned-allocation",
                                                        "threadsafe-statics",
                                                        "stack-protector",
                                                        "stack-protector-strong",
                                                        "stack-protector-all",
                                                        "ms-extensions",
                                                        "gnu89-inline",
                                                        "gnu-keywords",
                                                        "dollars-in-identifiers",
                                                        "digraphs",
                                                        "operator-names",
                                                        "access-control",
                                                        "lax-vector-conversions",
                                                        "merge-all-constants",
                                                        "PIC"};

/// Whole after `-f`, up to and with the equals sign.
constexpr std::array<std::string_view, 14> kFeaturesWithValue = {"constexpr-depth=",
                                                                 "constexpr-steps=",
                                                                 "template-depth=",
                                                                 "bracket-depth=",
                                                                 "ferror-limit=",
                                                                 "error-limit=",
                                                                 "visibility=",
                                                                 "fp-contract=",
                                                                 "fp-model=",
                                                                 "trivial-auto-var-init=",
                                                                 "builtin-",
                                                                 "no-builtin-",
                                                                 "zero-call-used-regs=",
                                                                 "macro-backtrace-limit="};

/// What `-m` must not say: other targets, other code models, LLVM's own options.
constexpr std::array<std::string_view, 9> kMachineRefused = {
    "-m16", "-m32", "-mx32", "-miamcu", "-mllvm", "-mcmodel=", "-mmlir", "-mlinker-version", "-mabi="};

/// Refused with a reason of its own, because people will ask; by prefix.
struct Refusal {
  std::string_view prefix;
  std::string_view reason;
};
constexpr std::array<Refusal, 22> kRefused = {{
    {"@", "reads arguments from a file; write them into the list"},
    {"-o", "names an output; graft decides where the code goes"},
    {"-x", "overrides the language; graft takes it from the file's name"},
    {"-fplugin", "loads code into the compiler"},
    {"-fpass-plugin", "loads code into the compiler"},
    {"-load", "loads code into the compiler"},
    {"-Xclang", "passes what is behind it to the compiler unchecked"},
    {"-X", "passes what is behind it on unchecked"},
    {"-Wl,", "is for a linker that does not run; graft links in memory"},
    {"-Wa,", "passes what is behind it to the assembler unchecked"},
    {"-Wp,", "passes what is behind it to the preprocessor unchecked"},
    {"-l", "names a library; a bundle's symbols come from the host process"},
    {"-L", "is for a linker that does not run; graft links in memory"},
    {"-shared", "is for a linker that does not run; graft links in memory"},
    {"-static", "is for a linker that does not run; graft links in memory"},
    {"-c", "says what to produce; graft always makes object code"},
    {"-S", "says what to produce; graft always makes object code"},
    {"-E", "says what to produce; graft always makes object code"},
    {"-M", "writes dependency files"},
    {"-save-temps", "writes files"},
    {"-ffunction-sections", "makes linking slow; graft drops unused code itself"},
    {"-target", "names another machine; graft compiles for this one"},
}};

template <class List>
bool has(const List &list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}
template <class List>
bool has_prefix_of(const List &list, std::string_view word) {
  return std::ranges::any_of(list, [&](std::string_view prefix) { return word.starts_with(prefix); });
}

bool is_allowed_alone(std::string_view flag) {
  if (has(kPlain, flag) || flag.starts_with("-std=") || flag == "-gline-tables-only") return true;
  if (flag.starts_with("-W")) return !flag.starts_with("-Wl,") && !flag.starts_with("-Wa,") && !flag.starts_with("-Wp,");
  if (flag.starts_with("-m")) return flag.size() > 2 && !has_prefix_of(kMachineRefused, flag);
  if (!flag.starts_with("-f")) return false;
  std::string_view feature = flag.substr(2);
  if (has_prefix_of(kFeaturesWithValue, feature)) return true;
  if (feature.starts_with("no-")) feature.remove_prefix(3);
  return has(kFeatures, feature);
}

/// The flag of kWithValue that `flag` begins with, the longest first; empty for none.
std::string_view with_value(std::string_view flag) {
  std::string_view found;
  for (std::string_view known : kWithValue)
    if (flag.starts_with(known) && known.size() > found.size()) found = known;
  return found;
}

/// `-include-pch x` begins with `-include`, yet it is another flag.
bool is_another_flag(std::string_view flag, std::string_view known) {
  return known.size() > 2 && flag.size() > known.size() && flag[known.size()] == '-';
}

Error refuse(const std::string &flag) {
  for (const Refusal &refusal : kRefused)
    if (flag.starts_with(refusal.prefix))
      return error(Code::kInvalid, "flag '" + flag + "' is not allowed: it " + std::string(refusal.reason));
  if (!flag.starts_with("-")) return error(Code::kInvalid, "'" + flag + "' is no flag; sources are listed in 'sources'");
  std::vector<std::string> known(kPlain.begin(), kPlain.end());
  known.insert(known.end(), kWithValue.begin(), kWithValue.end());
  for (std::string_view feature : kFeatures) {
    known.push_back("-f" + std::string(feature));
    known.push_back("-fno-" + std::string(feature));
  }
  const std::string near = flag.size() > 3 ? nearest(flag, known) : std::string();
  return error(Code::kInvalid, "flag '" + flag + "' is not one that a bundle may ask for" +
                                   (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

} // namespace

Result<void> check_flag(const std::vector<std::string> &flags, std::size_t &index) {
  const std::string &flag = flags[index++];
  if (flag.find('\0') != flag.npos) return error(Code::kInvalid, "a flag holds a zero byte");
  const std::string_view known = with_value(flag);
  if (known.empty() || is_another_flag(flag, known)) {
    if (is_allowed_alone(flag)) return {};
    return refuse(flag);
  }
  if (flag.size() > known.size()) return {};
  if (index == flags.size()) return error(Code::kInvalid, "flag '" + flag + "' wants a value behind it");
  ++index;
  return {};
}

std::vector<std::string> resolve_flags(const std::vector<std::string> &flags, const std::string &directory) {
  std::vector<std::string> resolved;
  for (std::size_t index = 0; index < flags.size(); ++index) {
    const std::string_view known = with_value(flags[index]);
    if (known.empty() || is_another_flag(flags[index], known)) {
      resolved.push_back(flags[index]);
      continue;
    }
    std::string value = flags[index].substr(known.size());
    if (value.empty() && index + 1 < flags.size()) value = flags[++index];
    if (std::ranges::find(kWithValue, known) - kWithValue.begin() < static_cast<std::ptrdiff_t>(kDirectories) &&
        !directory.empty())
      value = (std::filesystem::path(directory) / value).lexically_normal().string();
    // `-include` and `-imacros` name files that are also looked for in the include directories; Clang does that.
    resolved.emplace_back(known);
    if (known.size() == 2)
      resolved.back() += value;
    else
      resolved.push_back(std::move(value));
  }
  return resolved;
}

} // namespace graft
