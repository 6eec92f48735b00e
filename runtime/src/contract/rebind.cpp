// Which header stands in for which, and what that changed. The stand-in is one line, an include of the new header, so that
// the new one finds its own neighbours and diagnostics name it.
#include "rebind.hpp"

#include "../bundle/source_files.hpp"
#include "../bundle/verify.hpp"
#include "compare.hpp"
#include "host_views.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace graft {
namespace {

namespace fs = std::filesystem;

std::string version_of(const ContractFacts &contract) {
  return std::to_string(contract.major) + "." + std::to_string(contract.minor);
}

/// The contract of that name, of the same major where there are several.
const ContractFacts *find_by_name(const std::vector<ContractFacts> &contracts, const std::string &name,
                                  std::uint16_t major) {
  const ContractFacts *found = nullptr;
  for (const ContractFacts &contract : contracts)
    if (contract.name == name && (found == nullptr || contract.major == major)) found = &contract;
  return found;
}

std::string list_of(const std::vector<ContractFacts> &contracts) {
  std::string text;
  for (const ContractFacts &contract : contracts) text += (text.empty() ? "'" : ", '") + contract.name + "'";
  return text.empty() ? "none" : text;
}

std::string contracts_of(const HeaderFile &header) {
  std::string text;
  for (const ContractDescription &one : header.contracts)
    text += (text.empty() ? "contract '" : ", '") + one.contract.name + "'";
  return text.empty() ? "no contract" : text;
}

/// The file of the bundle that declares a contract of `header`, or has its name. kNotFound, kIncompatible, kInvalid.
Result<std::string> find_replaced(const BundleText &text, const Facts &old, const HeaderFile &header) {
  for (const ContractDescription &description : header.contracts) {
    const ContractFacts *known = find_by_name(old.contracts, description.contract.name, description.contract.major);
    if (known == nullptr) continue;
    const std::string &file = known->where.file;
    if (std::ranges::find(text.sources, file, &driver::Source::name) != text.sources.end())
      return error(Code::kInvalid,
                   "bundle '" + text.manifest.name + "' declares contract '" + known->name +
                       "' in a source of its own: move the declaration into a header, which another can stand in for",
                   known->where);
    return file;
  }
  const std::string name = fs::path(header.path).filename().string();
  for (const HeaderFacts &one : old.headers) {
    if (one.system || fs::path(one.path).filename() != name) continue;
    const auto lost =
        std::ranges::find_if(old.contracts, [&](const ContractFacts &contract) { return contract.where.file == one.path; });
    if (lost == old.contracts.end()) return one.path;
    return error(Code::kIncompatible,
                 "'" + header.path + "' declares " + contracts_of(header) + " and not '" + lost->name +
                     "', which the header of that name in bundle '" + text.manifest.name +
                     "' declares: a contract of another name is another contract; name a header of '" + lost->name + "'",
                 lost->where);
  }
  return error(Code::kNotFound, "'" + header.path + "' stands in for no header of bundle '" + text.manifest.name +
                                    "': that knows the contracts " + list_of(old.contracts));
}

/// A manifest that writes a minor means exactly that one: it goes along.
void move_versions(Manifest &manifest, const HeaderFile &header) {
  for (ContractRef &listed : manifest.provides)
    for (const auto &[contract, types] : header.contracts)
      if (listed.name == contract.name) {
        listed.major = contract.major;
        listed.minor = contract.minor;
      }
}

Diagnostic note(const SourcePos &where, std::string message, const std::string &line) {
  Diagnostic diagnostic;
  diagnostic.severity = Severity::kNote;
  diagnostic.where = where;
  diagnostic.message = std::move(message);
  diagnostic.snippet = line;
  return diagnostic;
}

/// A contract with one of its functions alone.
ContractFacts only(const ContractFacts &contract, const ContractFunction &function) {
  ContractFacts part = contract;
  part.functions = {function};
  return part;
}

/// Both declarations of what makes one function another: its own, or of what it refers to.
void tell_difference(std::vector<Diagnostic> &diagnostics, const ContractSide &old, const ContractSide &fresh) {
  const auto same = compare(old, fresh);
  if (same || same.error().diagnostics.empty()) return;
  const std::vector<Diagnostic> &both = same.error().diagnostics;
  const ContractFunction &function = old.contract.functions.front();
  const bool is_own = both.front().where == function.where;
  const std::string subject = "'" + function.name + "' " + (is_own ? "" : "refers to what ");
  const auto tell = [&](const Diagnostic &declaration, const char *words) {
    if (std::ranges::find(diagnostics, declaration.where, &Diagnostic::where) == diagnostics.end())
      diagnostics.push_back(note(declaration.where, subject + words, declaration.snippet));
  };
  tell(both.front(), "was declared so");
  tell(both.back(), "is now declared so");
}

/// Both declarations of everything that changed between an old contract and a new one.
void tell_changes(std::vector<Diagnostic> &diagnostics, const ContractSide &old, const ContractSide &fresh) {
  if (old.contract.tag != fresh.contract.tag) {
    const auto say = [&](const ContractFacts &contract, const char *words) {
      diagnostics.push_back(note(contract.where, "'" + contract.name + "' " + words + " '" + contract.tag + "'", {}));
    };
    say(old.contract, "had the tag");
    say(fresh.contract, "has now the tag");
  }
  for (const ContractFunction &before : old.contract.functions) {
    const auto after = std::ranges::find(fresh.contract.functions, before.name, &ContractFunction::name);
    if (after == fresh.contract.functions.end()) {
      diagnostics.push_back(note(before.where, "'" + before.name + "' was declared here, and is no longer", before.line));
    } else if (after->fingerprint != before.fingerprint) {
      const ContractFacts old_part = only(old.contract, before), fresh_part = only(fresh.contract, *after);
      tell_difference(diagnostics, {old_part, old.types, old.holder}, {fresh_part, fresh.types, fresh.holder});
    }
  }
  const auto same = compare(old, fresh); // of the order, and of the rule of a hook
  if (same) return;
  for (const Diagnostic &declaration : same.error().diagnostics)
    if (std::ranges::find(diagnostics, declaration.where, &Diagnostic::where) == diagnostics.end())
      diagnostics.push_back(declaration);
}

ReboundContract changes_of(const ContractSide &old, const ContractSide &fresh, const Facts &facts) {
  ReboundContract result;
  result.name = fresh.contract.name;
  result.before = version_of(old.contract);
  result.after = version_of(fresh.contract);
  result.old_place = old.contract.where;
  result.new_place = fresh.contract.where;
  const auto lacks = [](const ContractFacts &contract, const ContractFunction &function) {
    return std::ranges::find(contract.functions, function.name, &ContractFunction::name) == contract.functions.end();
  };
  for (const ContractFunction &function : fresh.contract.functions)
    if (lacks(old.contract, function)) result.added.push_back(function.name);
  for (const ContractFunction &function : old.contract.functions)
    if (lacks(fresh.contract, function)) result.dropped.push_back(function.name);
  for (const ProviderFacts &provider : facts.providers) {
    if (provider.contract != fresh.contract.name || provider.major != fresh.contract.major) continue;
    for (std::size_t i = 0; i < fresh.contract.functions.size(); ++i)
      if (i >= provider.entries.size() || provider.entries[i].empty())
        result.not_provided.push_back(fresh.contract.functions[i].name);
  }
  if (const auto same = compare(old, fresh); !same) result.difference = same.error().message;
  return result;
}

/// What a failed compile says, with both declarations behind it.
Error does_not_fit(Error failure, const BundleText &text, const OldContracts &old, const std::vector<HeaderFile> &headers) {
  std::string versions;
  for (const HeaderFile &header : headers)
    for (const auto &[contract, types] : header.contracts) {
      const ContractFacts *before = find_by_name(old.facts.contracts, contract.name, contract.major);
      if (before == nullptr) continue;
      versions += (versions.empty() ? "" : ", ") + contract.name + "@" + version_of(contract);
      tell_changes(failure.diagnostics, {*before, old.facts.types, "the bundle's own header"},
                   {contract, types, "the new header"});
    }
  failure.message = "bundle '" + text.manifest.name + "' does not fit " + versions + ": " + failure.message;
  return failure;
}

struct Attempt {
  BundleText text;
  OldContracts old;
  Rebinding rebinding;
};

Result<Attempt> attempt(const fs::path &path, const std::vector<fs::path> &headers, const RebindOptions &options) {
  Attempt made;
  GRAFT_TRY_ASSIGN(made.text, read_bundle(path));
  GRAFT_TRY_ASSIGN(const std::unique_ptr<driver::Compiler> compiler, driver::Compiler::create());
  GRAFT_TRY_ASSIGN(made.old, replace_contracts(*compiler, made.text, headers, options));
  std::vector<HeaderFile> files;
  for (const fs::path &header : headers)
    if (auto file = read_header(header, {options.include_dirs, options.flags})) files.push_back(*std::move(file));

  auto artifact = compiler->compile(make_job(made.text, /*optimise=*/0, options.include_dirs, options.flags));
  if (!artifact) return does_not_fit(std::move(artifact).error(), made.text, made.old, files);
  GRAFT_TRY(verify_artifact(made.text.manifest, *artifact, Unchecked::kRefuse));
  Rebinding &result = made.rebinding;
  result.bundle = made.text.manifest.name;
  result.artifact = *std::move(artifact);
  for (const auto &replacement : made.old.replacements) result.replaced.push_back(replacement.old_file);
  const Facts &facts = result.artifact.facts;
  for (const ContractFacts &contract : facts.contracts)
    if (const ContractFacts *before = find_by_name(made.old.facts.contracts, contract.name, contract.major))
      result.contracts.push_back(changes_of({*before, made.old.facts.types, "the bundle's own header"},
                                            {contract, facts.types, "the new header"}, facts));
  return made;
}

Error cannot_write(const fs::path &path, const std::error_code &failure) {
  return error(Code::kInvalid, "cannot write '" + path.string() + "': " + failure.message());
}

/// The versions that the manifest writes out, moved along in its text.
Result<void> rewrite_manifest(const fs::path &file, const Rebinding &rebinding) {
  auto text = read_file(file);
  if (text.code() == Code::kNotFound) return {}; // it has none
  if (!text) return std::move(text).error();
  std::string contents = *std::move(text);
  for (const ReboundContract &contract : rebinding.contracts) {
    const std::string before = contract.name + "@" + contract.before + "\"";
    const std::string after = contract.name + "@" + contract.after + "\"";
    for (std::size_t at = contents.find(before); at != contents.npos; at = contents.find(before, at + after.size()))
      contents.replace(at, before.size(), after);
  }
  std::ofstream out(file, std::ios::binary);
  out << contents;
  out.close();
  return out ? Result<void>() : error(Code::kInvalid, "cannot write '" + file.string() + "'");
}

} // namespace

Result<OldContracts> replace_contracts(const driver::Compiler &compiler, BundleText &text,
                                       const std::vector<fs::path> &headers, const RebindOptions &options) {
  OldContracts old;
  driver::Job job = make_job(text, /*optimise=*/0, options.include_dirs, options.flags);
  job.options.need = driver::Need::kFacts;
  GRAFT_TRY_ASSIGN(Artifact artifact, compiler.compile(job));
  old.facts = std::move(artifact.facts);
  for (const fs::path &path : headers) {
    auto read = read_header(path, {options.include_dirs, options.flags});
    HeaderFile header;
    if (read) {
      header = *std::move(read);
    } else if (read.error().diagnostics.empty() &&
               read.code() == Code::kInvalid) { // declares no contract, or cannot be read
      std::error_code failure;
      header.path = fs::absolute(path, failure).lexically_normal().string();
    } else {
      return std::move(read).error();
    }
    GRAFT_TRY_ASSIGN(const std::string replaced, find_replaced(text, old.facts, header));
    const fs::path place = fs::path(replaced).is_absolute() ? fs::path(replaced) : fs::path(text.directory) / replaced;
    text.headers.push_back(
        {place.lexically_normal().string(), "#include \"" + header.path + "\"\n", driver::Language::kFromName});
    text.contracts.push_back(header.path);
    old.replacements.push_back({place.lexically_normal().string(), header.path});
    move_versions(text.manifest, header);
  }
  return old;
}

Result<Rebinding> rebind(const fs::path &path, const std::vector<fs::path> &headers, const RebindOptions &options) {
  GRAFT_TRY_ASSIGN(Attempt made, attempt(path, headers, options));
  return std::move(made.rebinding);
}

Result<Rebinding> rebind_into(const fs::path &folder, const fs::path &path, const std::vector<fs::path> &headers,
                              const RebindOptions &options) {
  GRAFT_TRY_ASSIGN(Attempt made, attempt(path, headers, options));
  std::error_code failure;
  const fs::path from = made.text.directory;
  const bool is_folder = made.text.path == made.text.directory;
  const fs::path inside = fs::absolute(folder, failure).lexically_normal().lexically_relative(from);
  if (is_folder && !inside.empty() && *inside.begin() != "..")
    return error(Code::kInvalid, "'" + folder.string() + "' lies in the bundle itself: name a folder outside of it");
  if (fs::create_directories(folder, failure); failure) return cannot_write(folder, failure);
  if (!fs::is_empty(folder, failure) || failure)
    return error(Code::kConflict, "'" + folder.string() + "' is not empty: name a folder that is new");
  if (is_folder)
    fs::copy(from, folder, fs::copy_options::recursive, failure);
  else
    fs::copy_file(made.text.path, folder / fs::path(made.text.path).filename(), failure);
  if (failure) return cannot_write(folder, failure);
  for (const auto &[old_file, new_file] : made.old.replacements) {
    const fs::path place = fs::path(old_file).lexically_relative(from);
    const bool is_outside = place.empty() || *place.begin() == "..";
    const fs::path target = folder / (is_outside ? fs::path(old_file).filename() : place);
    fs::create_directories(target.parent_path(), failure);
    fs::copy_file(new_file, target, fs::copy_options::overwrite_existing, failure);
    if (failure) return cannot_write(target, failure);
  }
  GRAFT_TRY(rewrite_manifest(folder / "graft.toml", made.rebinding));
  return std::move(made.rebinding);
}

} // namespace graft
