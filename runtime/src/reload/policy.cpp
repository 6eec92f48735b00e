// Asking the host's policy. Every way to new code comes through here: prepare, rollback, cascade.
#include "../call/caught.hpp"
#include "../runtime_impl.hpp"

#include <graft/policy.hpp>

namespace graft {

const char *to_string(PolicyRequest::Action action) noexcept {
  switch (action) {
  case PolicyRequest::Action::kLoad:
    return "load";
  case PolicyRequest::Action::kReload:
    return "reload";
  case PolicyRequest::Action::kRollback:
    return "rollback";
  case PolicyRequest::Action::kCascade:
    return "cascade";
  }
  return "unknown";
}

Result<void> Runtime::Impl::ask_policy(PolicyRequest::Action action, const BundleText &text,
                                       const ContentKey &source) const {
  if (!config.policy) return {};
  std::vector<PolicyRequest::File> files;
  for (const auto *list : {&text.sources, &text.headers})
    for (const driver::Source &file : *list)
      if (file.contents) files.push_back({file.name, *file.contents});
  std::vector<std::string> permissions;
  for (const Word &word : text.manifest.permissions) permissions.push_back(word.text);
  const PolicyRequest request{action, text.name, text.manifest.version.text, text.path, permissions, files, source};
  Result<void> allowed;
  if (const auto caught = catch_all([&] { allowed = config.policy(request); }))
    allowed = error(Code::kException, "it threw " + *caught);
  if (allowed) return {};
  Error refusal = std::move(allowed).error();
  refusal.message = std::string("the host's policy refuses the ") + to_string(action) + " of bundle '" + text.name +
                    "': " + refusal.message;
  return refusal;
}

} // namespace graft
