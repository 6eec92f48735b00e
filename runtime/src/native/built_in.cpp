// See built_in.hpp.
#include "built_in.hpp"

#include "../bundle/contract_ref.hpp"
#include "../store/stubs.hpp"
#include "host_made.hpp"
#include "image_maker.hpp"

#include <algorithm>
#include <atomic>

namespace graft {
namespace {

/// Runs the host's callback at its end, and so once.
class Resident {
 public:
  explicit Resident(std::function<void()> release) : release_(std::move(release)) {}
  ~Resident() {
    if (release_) catch_all(release_);
  }
  Resident(const Resident &) = delete;

 private:
  const std::function<void()> release_;
};

/// Owns: what makes the callback run when the image is gone.
class BuiltInImage : public HostMadeImage {
 public:
  explicit BuiltInImage(std::unique_ptr<Resident> resident) : resident_(std::move(resident)) {}

 private:
  const std::unique_ptr<Resident> resident_;
};

class BuiltInMaker : public ImageMaker {
 public:
  BuiltInMaker(BuiltInBundle bundle, std::unique_ptr<Resident> resident)
      : bundle_(std::move(bundle)), resident_(resident.release()) {}
  ~BuiltInMaker() override { delete resident_.load(std::memory_order_relaxed); } // relaxed: nobody links any more

  MakerTraits traits() const override { return {.repeats = false, .vouches = true}; }

  Result<Artifact> read(const BundleText &text, const TellCompiled &) const override {
    Artifact artifact;
    artifact.bundle = text.name;
    std::string described = bundle_.version;
    for (const BuiltInProvider &provider : bundle_.providers) {
      ProviderFacts facts;
      facts.contract = provider.contract;
      facts.major = provider.major;
      facts.minor = provider.minor;
      facts.table_symbol = host_made_table(artifact.facts.providers.size());
      facts.entries.resize(provider.functions.size(), "(built in)");
      artifact.facts.providers.push_back(std::move(facts));
      described += "\n" + to_string(ContractRef{provider.contract, provider.major, provider.minor});
    }
    artifact.source_key = artifact.object_key = driver::content_key(described);
    return artifact;
  }

  Result<std::unique_ptr<jit::Image>> link(const Artifact &artifact, const jit::LinkOptions &) const override {
    // Relaxed: taken once, by the thread that made the bundle, or by one that it handed the work to.
    std::unique_ptr<Resident> resident(resident_.exchange(nullptr, std::memory_order_relaxed));
    if (resident == nullptr)
      return error(Code::kUnsupported, "a built-in bundle is made once; give the host's functions again to load them again");
    const auto functions = [&](const ProviderFacts &provider) -> Result<std::vector<const void *>> {
      const auto index = static_cast<std::size_t>(&provider - artifact.facts.providers.data());
      return bundle_.providers[index].functions;
    };
    return with_thunks(std::make_unique<BuiltInImage>(std::move(resident)), artifact.facts.providers, artifact.facts,
                       functions);
  }

 private:
  const BuiltInBundle bundle_;
  mutable std::atomic<Resident *> resident_; ///< owned until it is taken
};

Result<void> check_provider(const std::string &bundle, const BuiltInProvider &provider) {
  const std::string name = to_string(ContractRef{provider.contract, provider.major, provider.minor});
  const auto refused = [&](const std::string &why) {
    return error(Code::kInvalid, "built-in bundle '" + bundle + "' provides " + name + " " + why);
  };
  if (!is_contract_name(provider.contract)) return refused("whose name cannot be a contract's");
  if (provider.functions.empty() || provider.functions.size() > kMaxFunctions)
    return refused("with " + std::to_string(provider.functions.size()) + " functions; 1 to " +
                   std::to_string(kMaxFunctions) + " are possible");
  const auto hole = std::ranges::find(provider.functions, nullptr);
  if (hole != provider.functions.end())
    return refused("whose function " + std::to_string(hole - provider.functions.begin() + 1) + " is null");
  return {};
}

} // namespace

Result<BundleText> read_bundle(BuiltInBundle bundle) {
  auto resident = std::make_unique<Resident>(std::exchange(bundle.release, nullptr));
  if (!is_bundle_name(bundle.name))
    return error(Code::kInvalid,
                 "'" + bundle.name +
                     "' cannot name a bundle: 1 to 128 of A-Z a-z 0-9 _ . - are allowed, not starting with a dot");
  if (bundle.providers.empty()) return error(Code::kInvalid, "built-in bundle '" + bundle.name + "' has no provider");
  for (const BuiltInProvider &provider : bundle.providers) GRAFT_TRY(check_provider(bundle.name, provider));
  BundleText text;
  GRAFT_TRY_ASSIGN(text.manifest.version, parse_version(bundle.version));
  text.name = text.manifest.name = bundle.name;
  text.maker = std::make_shared<const BuiltInMaker>(std::move(bundle), std::move(resident)); // shared as BundleText says
  return text;
}

} // namespace graft
