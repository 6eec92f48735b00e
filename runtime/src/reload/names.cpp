// Which bundle a name means. One that stands beside others of its name is called `name@version` everywhere; see
// runtime/doc/decisions/0010-side-by-side.md.
#include "../runtime_impl.hpp"

namespace graft {

Bundle *Runtime::Impl::find_bundle(std::string_view name) {
  const MutexLock lock(bundles_mutex_);
  const auto found = bundles_.find(name);
  return found == bundles_.end() ? nullptr : &found->second;
}

Result<Bundle *> Runtime::Impl::named(std::string_view name) {
  const MutexLock lock(bundles_mutex_);
  if (const auto exact = bundles_.find(name); exact != bundles_.end()) return &exact->second;
  Bundle *found = nullptr;
  for (auto &[own, bundle] : bundles_) {
    if (name != bundle.manifest.name && name != name_beside(bundle.manifest)) continue;
    if (found != nullptr)
      return error(Code::kConflict,
                   "'" + std::string(name) + "' could be '" + found->name + "' or '" + own + "'; name one of them");
    found = &bundle;
  }
  if (found == nullptr) return error(Code::kNotFound, "no bundle '" + std::string(name) + "' is loaded");
  return found;
}

Result<void> Runtime::Impl::refuse_taken(const BundleText &text) {
  const MutexLock lock(bundles_mutex_);
  if (bundles_.contains(text.name))
    return error(Code::kConflict, "bundle '" + text.name +
                                      "' is loaded already; reload it, unload it first, or load another version " +
                                      "beside it");
  if (config.max_bundles != 0 && bundles_.size() >= config.max_bundles)
    return error(Code::kPluginLimit, "bundle '" + text.name + "' is one too many: this host loads " +
                                         std::to_string(config.max_bundles) +
                                         " at most; unload one, or raise Config::max_bundles");
  // The same version can stand here under two names only: the manifest's, and the one beside others.
  const std::string beside = name_beside(text.manifest);
  for (const std::string &name : {text.manifest.name, beside})
    if (const auto other = bundles_.find(name); other != bundles_.end() && name_beside(other->second.manifest) == beside)
      return error(Code::kConflict, "bundle '" + text.manifest.name + "' " + text.manifest.version.text +
                                        " is loaded already, as '" + name + "'; two of one name differ in their versions");
  return {};
}

Result<void> Runtime::Impl::name_reload(std::string_view asked, BundleText &text) {
  const std::string beside = name_beside(text.manifest);
  const auto bundle = named(asked);
  if (bundle && (*bundle)->manifest.name != text.manifest.name) return {}; // another bundle's text; found out by its name
  if (bundle)
    text.name = (*bundle)->name;
  else if (find_bundle(beside) != nullptr)
    text.name = beside;
  if (text.name != text.manifest.name && text.name != beside)
    return error(Code::kConflict, "bundle '" + text.name +
                                      "' stands beside others under its version, and its text is now version " +
                                      text.manifest.version.text + "; load that beside it, and unload this one");
  if (text.name != beside && find_bundle(beside) != nullptr)
    return error(Code::kConflict, "bundle '" + text.name + "' would become version " + text.manifest.version.text +
                                      ", which is loaded as '" + beside + "'; unload one of them");
  return {};
}

} // namespace graft
