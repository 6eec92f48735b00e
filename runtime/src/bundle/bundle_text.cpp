// Folder, file or memory to BundleText, and BundleText to a compile.
#include "bundle_text.hpp"

#include "archive.hpp"
#include "flags.hpp"
#include "source_files.hpp"
#include "with_tests.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace graft {
namespace {

namespace fs = std::filesystem;

constexpr const char *kManifestName = "graft.toml";

/// A file's or folder's name with what a bundle's name cannot hold replaced.
std::string made_up_name(std::string name) {
  for (char &character : name)
    if (!is_bundle_name(std::string_view(&character, 1)) && character != '.') character = '_';
  if (name.starts_with('.')) name[0] = '_';
  name.resize(std::min<std::size_t>(name.size(), 128));
  return name.empty() ? "bundle" : name;
}

bool is_header_name(std::string_view name) {
  static constexpr std::string_view kEndings[] = {".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".def"};
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

Result<void> read_sources(const std::vector<fs::path> &paths, BundleText &text) {
  for (const fs::path &path : paths) {
    auto contents = read_file(path);
    if (!contents) return error(Code::kInvalid, std::move(contents).error().message);
    if (text.loader.empty()) GRAFT_TRY(expect_text(path, *contents));
    text.sources.push_back({path.string(), *std::move(contents), driver::Language::kFromName});
  }
  return {};
}

bool is_of(const LoaderInfo &loader, std::string_view name) {
  return std::ranges::any_of(loader.endings, [&](const std::string &ending) { return name.ends_with(ending); });
}

/// The loader that the manifest names; null when it names none. kNotFound.
Result<const LoaderInfo *> named_loader(const Manifest &manifest, const LoaderInfos &loaders) {
  const std::string &name = manifest.loader.text;
  if (name.empty()) return nullptr;
  const auto found = std::ranges::find(loaders, name, &LoaderInfo::name);
  if (found != loaders.end()) return &*found;
  std::string known;
  for (const LoaderInfo &loader : loaders) known += (known.empty() ? "; there are '" : ", '") + loader.name + "'";
  return error(Code::kNotFound,
               (manifest.name.empty() ? "the bundle" : "bundle '" + manifest.name + "'") + " is for loader '" + name + "', which this host did not bring" + known,
               manifest.loader.where);
}

/// The loader whose ending a file has; null without one.
const LoaderInfo *loader_of(std::string_view file, const LoaderInfos &loaders) {
  const auto found = std::ranges::find_if(loaders, [&](const LoaderInfo &loader) { return is_of(loader, file); });
  return found != loaders.end() ? &*found : nullptr;
}

/// Each file once, sorted, however many globs match it. A loader takes what `sources` names, else what ends as it says.
Result<std::vector<fs::path>> find_sources(const BundleText &text, const LoaderInfo *loader) {
  const fs::path folder(text.directory);
  if (text.manifest.sources.empty()) {
    if (loader == nullptr) return list_sources(folder);
    return list_sources(folder, [&](std::string_view, std::string_view name) { return is_of(*loader, name); });
  }
  const TakesKind takes =
      loader != nullptr ? [](std::string_view, std::string_view) { return true; } : TakesKind(takes_kind);
  std::vector<fs::path> paths;
  for (const std::string &pattern : text.manifest.sources) {
    auto matched = match_sources(folder, pattern, takes);
    if (!matched) return error(matched.error().code, matched.error().message, {text.manifest.file, 0, 0});
    paths.insert(paths.end(), matched->begin(), matched->end());
  }
  std::ranges::sort(paths);
  paths.erase(std::ranges::unique(paths).begin(), paths.end());
  return paths;
}

/// A folder that is not there would be passed over in silence by the compiler.
Result<void> check_folders(const BundleText &text) {
  for (const auto &[key, words] :
       {std::pair("includes", &text.manifest.includes), std::pair("contracts", &text.manifest.contracts)})
    for (const Word &word : *words)
      if (std::error_code failure; !fs::is_directory(fs::path(text.directory) / word.text, failure))
        return error(Code::kInvalid, std::string("'") + key + "' names '" + word.text + "', which is no folder", word.where);
  return {};
}

Result<BundleText> read_folder(const fs::path &folder, const LoaderInfos &loaders) {
  BundleText text;
  text.path = text.directory = folder.string();
  const fs::path manifest = folder / kManifestName;
  auto contents = read_file(manifest);
  if (contents) {
    text.manifest_content = driver::content_key(*contents);
    GRAFT_TRY_ASSIGN(text.manifest, parse_manifest(*contents, manifest.string()));
  } else if (contents.code() != Code::kNotFound) {
    return std::move(contents).error();
  }
  if (text.manifest.name.empty()) text.manifest.name = made_up_name(folder.filename().string());
  text.name = text.manifest.name;
  GRAFT_TRY(check_folders(text));
  GRAFT_TRY_ASSIGN(const LoaderInfo *loader, named_loader(text.manifest, loaders));
  GRAFT_TRY_ASSIGN(std::vector<fs::path> paths, find_sources(text, loader));
  for (auto other = loaders.begin(); paths.empty() && loader == nullptr && other != loaders.end(); ++other) {
    GRAFT_TRY_ASSIGN(paths, find_sources(text, &*other));
    if (!paths.empty()) loader = &*other;
  }
  if (loader != nullptr) text.loader = loader->name;
  if (paths.empty())
    return error(Code::kInvalid,
                 "folder '" + text.path +
                     "' has no sources: put a file that ends in one of .c .cc .cpp .cxx .c++ .C .bc .ll there, " +
                     "or name machine code in 'sources' of " + kManifestName);
  GRAFT_TRY(read_sources(paths, text));
  return text;
}

Result<BundleText> read_archive_file(const fs::path &file, const LoaderInfos &loaders) {
  GRAFT_TRY_ASSIGN(std::string bytes, read_file(file));
  GRAFT_TRY_ASSIGN(BundleText text,
                   read_bundle(ArchiveBundle{made_up_name(file.stem().string()), std::move(bytes)}, loaders));
  text.path = file.string();
  return text;
}

Result<BundleText> read_lone_file(const fs::path &file, const LoaderInfos &loaders) {
  if (file.extension() == ".tar") return read_archive_file(file, loaders);
  const std::string name = file.filename().string();
  const LoaderInfo *loader = loader_of(name, loaders);
  if (loader == nullptr && !is_source_name(name) && !is_machine_code_name(name))
    return error(Code::kInvalid,
                 "'" + file.string() + "' is of no kind that graft takes (" + kKnownKinds + "), and no folder either");
  BundleText text;
  if (loader != nullptr) text.loader = loader->name;
  text.path = file.string();
  text.directory = file.parent_path().string();
  text.name = text.manifest.name = made_up_name(file.stem().string());
  GRAFT_TRY(read_sources({file}, text));
  return text;
}

/// All that the manifest says to the compiler, as flags; its own `flags` come last and win.
std::vector<std::string> manifest_flags(const Manifest &manifest, const std::string &directory) {
  std::vector<std::string> flags;
  for (const Word &include : manifest.includes) flags.push_back("-I" + include.text);
  for (const Word &contracts : manifest.contracts) flags.push_back("-I" + contracts.text);
  for (const std::string &define : manifest.defines) flags.push_back("-D" + define);
  if (manifest.limit("memory_bytes") != 0) flags.insert(flags.end(), {"-include", "graft/abi/counted.h"});
  flags.insert(flags.end(), manifest.flags.begin(), manifest.flags.end());
  return resolve_flags(flags, directory);
}

/// What all bundles share that are not in a folder.
Result<BundleText> read_files(const std::string &name, std::vector<MemoryFile> files, const LoaderInfos &loaders) {
  BundleText text;
  for (const MemoryFile &file : files)
    if (file.name == kManifestName) {
      GRAFT_TRY_ASSIGN(text.manifest, parse_manifest(file.contents, name + "/" + kManifestName));
    }
  GRAFT_TRY_ASSIGN(const LoaderInfo *loader, named_loader(text.manifest, loaders));
  for (auto file = files.begin(); loader == nullptr && file != files.end(); ++file) loader = loader_of(file->name, loaders);
  if (loader != nullptr) text.loader = loader->name;
  for (MemoryFile &file : files) {
    if (file.name == kManifestName) continue;
    if (loader != nullptr) {
      text.sources.push_back({std::move(file.name), std::move(file.contents), driver::Language::kFromName});
      continue;
    }
    if (is_header_name(file.name)) {
      text.headers.push_back({std::move(file.name), std::move(file.contents), driver::Language::kFromName});
      continue;
    }
    if (!is_source_name(file.name) && !is_machine_code_name(file.name))
      return error(Code::kInvalid, "'" + file.name + "' of bundle '" + name + "' is of no kind that graft takes (" +
                                       kKnownKinds + "), and no header either");
    text.sources.push_back({std::move(file.name), std::move(file.contents), driver::Language::kFromName});
  }
  if (text.manifest.name.empty()) text.manifest.name = name;
  if (!is_bundle_name(text.manifest.name))
    return error(Code::kInvalid,
                 "'" + text.manifest.name +
                     "' cannot name a bundle: 1 to 128 of A-Z a-z 0-9 _ . - are allowed, not starting with a dot");
  text.name = text.manifest.name;
  if (text.sources.empty()) return error(Code::kInvalid, "bundle '" + text.manifest.name + "' from memory has no sources");
  std::ranges::sort(text.sources, {}, &driver::Source::name);
  const auto twin = std::ranges::adjacent_find(text.sources, {}, &driver::Source::name);
  if (twin != text.sources.end())
    return error(Code::kInvalid, "bundle '" + text.manifest.name + "' from memory has two files named '" + twin->name + "'");
  return text;
}

} // namespace

std::string name_beside(const Manifest &manifest) { return manifest.name + "@" + manifest.version.text; }

static Result<BundleText> read_path(const fs::path &path, const LoaderInfos &loaders) {
  if (path.empty()) return error(Code::kInvalid, "the bundle's path is empty");
  std::error_code failure;
  fs::path absolute = fs::absolute(path, failure).lexically_normal();
  if (failure) return error(Code::kInvalid, "cannot find '" + path.string() + "': " + std::strerror(failure.value()));
  if (!absolute.has_filename()) absolute = absolute.parent_path(); // "folder/"
  const fs::file_status status = fs::status(absolute, failure);
  if (status.type() == fs::file_type::not_found) return error(Code::kNotFound, "there is no '" + path.string() + "'");
  if (failure) return error(Code::kInvalid, "cannot read '" + path.string() + "': " + std::strerror(failure.value()));
  if (fs::is_directory(status)) return read_folder(absolute, loaders);
  if (absolute.filename() == kManifestName) return read_folder(absolute.parent_path(), loaders);
  return read_lone_file(absolute, loaders);
}

Result<BundleText> read_bundle(const fs::path &path, const LoaderInfos &loaders) {
  GRAFT_TRY_ASSIGN(BundleText text, read_path(path, loaders));
  if (const TestBuild *tests = WithTests::asked_here()) GRAFT_TRY(add_tests(text, *tests));
  return text;
}

Result<BundleText> read_bundle(const MemoryBundle &bundle, const LoaderInfos &loaders) {
  GRAFT_TRY_ASSIGN(BundleText text, read_files(bundle.name, bundle.files, loaders));
  if (!text.manifest.sources.empty())
    return error(Code::kInvalid, "'sources' means nothing for a bundle from memory: give the files you mean",
                 {text.manifest.file, 0, 0});
  return text;
}

Result<BundleText> read_bundle(const ArchiveBundle &bundle, const LoaderInfos &loaders) {
  GRAFT_TRY_ASSIGN(std::vector<MemoryFile> files, read_tar(bundle.bytes, bundle.name));
  // As in a folder: `sources` chooses, without it the sources that are not in a subfolder; what is neither source nor header
  // is passed over.
  std::vector<std::string> patterns = {"*"};
  std::string loader;
  if (const auto manifest = std::ranges::find(files, kManifestName, &MemoryFile::name); manifest != files.end()) {
    GRAFT_TRY_ASSIGN(const Manifest parsed, parse_manifest(manifest->contents, bundle.name + "/" + kManifestName));
    if (!parsed.sources.empty()) patterns = parsed.sources;
    loader = parsed.loader.text;
  }
  const auto chooses = [&](const std::string &pattern, const MemoryFile &file) {
    const bool takes = loader.empty() ? takes_kind(pattern, file.name) || loader_of(file.name, loaders) != nullptr
                                      : file.name != kManifestName;
    return takes && matches(pattern, file.name) && (pattern == file.name || !is_test_text(file.name, file.contents));
  };
  for (const std::string &pattern : patterns)
    if (std::ranges::none_of(files, [&](const MemoryFile &file) { return chooses(pattern, file); }))
      return error(Code::kInvalid, "no source matches '" + pattern + "' in archive '" + bundle.name + "'");
  std::erase_if(files, [&](const MemoryFile &file) {
    if (file.name == kManifestName || is_header_name(file.name)) return false;
    return std::ranges::none_of(patterns, [&](const std::string &pattern) { return chooses(pattern, file); });
  });
  return read_files(bundle.name, std::move(files), loaders);
}

driver::Job make_job(const BundleText &text, unsigned optimise, const std::vector<std::string> &include_dirs,
                     const std::vector<std::string> &flags) {
  driver::Job job;
  job.bundle = text.name;
  for (const driver::Source &source : text.sources)
    if (!is_machine_code_name(source.name)) job.sources.push_back(source);
  job.headers = text.headers;
  job.options.optimise = optimise;
  job.options.working_directory = text.directory;
  job.options.include_dirs = include_dirs;
  job.options.kept = driver::Kept::kOutside;
  job.options.learn = text.learn;
  job.options.stages = text.stages;
  const auto set_standard = [&](const std::string &standard) {
    (standard.find("++") != standard.npos ? job.options.cxx_standard : job.options.c_standard) = standard;
  };
  for (const std::string &standard : text.manifest.standards) set_standard(standard);
  std::vector<std::string> all = manifest_flags(text.manifest, text.directory);
  all.insert(all.end(), flags.begin(), flags.end());
  for (std::string &flag : all) {
    // One bundle may hold C and C++: a standard belongs to the language that it names.
    if (flag.starts_with("-std="))
      set_standard(flag.substr(5));
    else
      job.options.flags.push_back(std::move(flag));
  }
  return job;
}

} // namespace graft
