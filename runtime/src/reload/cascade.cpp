// Who else is reloaded: the dependents whose manifests say `cascade`, in the same transaction or behind it. They are started
// again from the artifacts that they run, so that a text which is half written at that moment harms nobody.
#include "../runtime_impl.hpp"

#include <algorithm>

namespace graft {
namespace {

bool needs(const Bundle &bundle, const std::string &name) {
  return std::ranges::find(bundle.needs, name) != bundle.needs.end();
}

} // namespace

Prepared Runtime::Impl::prepare_past(const std::string &name, const PastVersion &past, std::uint64_t ticket) {
  Prepared prepared{{}, past.artifact, nullptr, ticket};
  prepared.text.name = name;
  prepared.text.manifest = past.manifest;
  prepared.text.path = past.path;
  prepared.text.contracts = past.contracts;
  prepared.text.maker = past.maker;
  prepared.second = past.second;
  prepared.tier = past.tier;
  return prepared;
}

Result<Prepared> Runtime::Impl::prepare_again(const Bundle &bundle) {
  if (bundle.maker != nullptr && !bundle.maker->traits().repeats)
    return error(Code::kUnsupported, "bundle '" + bundle.name +
                                         "' cannot be started again, and its manifest wants that with what it "
                                         "requires; take 'cascade' out of it");
  PastVersion now{bundle.manifest, bundle.path, bundle.contracts, bundle.artifact,
                  bundle.maker,    {},          bundle.second,    bundle.tier};
  now.artifact.facts = bundle.live->facts;
  // Its own ticket: a newer text of it that is being compiled still wins.
  Prepared prepared = prepare_past(bundle.name, now, bundle.ticket);
  GRAFT_TRY(ask_policy(PolicyRequest::Action::kCascade, prepared.text, prepared.artifact.source_key));
  GRAFT_TRY(link(prepared));
  return prepared;
}

Result<void> Runtime::Impl::close_over_dependents(Set &set) {
  const auto is_in = [&](const std::string &name) {
    return std::ranges::any_of(set, [&](const Prepared &prepared) { return prepared.text.name == name; });
  };
  for (std::size_t next = 0; next < set.size(); ++next) { // it grows meanwhile
    std::vector<const Bundle *> dependents;
    {
      const MutexLock lock(bundles_mutex_);
      for (const std::string &name : needed_by_.of(set[next].text.name)) {
        const Bundle &bundle = bundles_.find(name)->second; // stays: the token is held
        if (bundle.manifest.cascade == Cascade::kAtomic && !is_in(name)) dependents.push_back(&bundle);
      }
    }
    for (const Bundle *dependent : dependents) {
      GRAFT_TRY_ASSIGN(Prepared again, prepare_again(*dependent));
      set.push_back(std::move(again));
    }
  }
  // Who is required comes first; a circle is entered where it was asked for.
  for (std::size_t next = 0; next < set.size(); ++next) {
    const auto waits = [&](const Prepared &one) {
      const Bundle &bundle = *find_bundle(one.text.name);
      return std::any_of(set.begin() + static_cast<std::ptrdiff_t>(next), set.end(),
                         [&](const Prepared &other) { return &other != &one && needs(bundle, other.text.name); });
    };
    const auto ready = std::find_if_not(set.begin() + static_cast<std::ptrdiff_t>(next), set.end(), waits);
    if (ready != set.end()) std::rotate(set.begin() + static_cast<std::ptrdiff_t>(next), ready, ready + 1);
  }
  return {};
}

void Runtime::Impl::reload_followers(const std::vector<std::string> &names) {
  std::vector<std::string> done = names;
  for (std::size_t next = 0; next < done.size(); ++next) { // it grows meanwhile
    std::vector<std::string> followers;
    {
      const MutexLock lock(bundles_mutex_);
      for (const std::string &name : needed_by_.of(done[next]))
        if (bundles_.find(name)->second.manifest.cascade == Cascade::kAfter && std::ranges::find(done, name) == done.end())
          followers.push_back(name);
    }
    for (const std::string &name : followers) {
      Set set(1);
      set.front().text.name = name; // filled in once the token is held
      StepTimes times;
      const auto outcome = commit(std::move(set), GRAFT_REASON_RELOAD, times);
      if (!outcome)
        log.write(LogLevel::kWarn,
                  "bundle '" + name + "' was not reloaded behind '" + done[next] + "': " + outcome.error().text());
      done.push_back(name);
    }
  }
}

} // namespace graft
