// See loaders.hpp.
#include "loaders.hpp"

#include "../bundle/contract_ref.hpp"
#include "../bundle/source_files.hpp"
#include "../contract/host_views.hpp"
#include "../store/stubs.hpp"
#include "host_made.hpp"
#include "ways_in.hpp"

#include <algorithm>

namespace graft {
namespace {

/// Owns: what the loader made.
class LoaderImage : public HostMadeImage {
 public:
  LoaderImage(std::string who, std::unique_ptr<LoadedCode> code) : who_(std::move(who)), code_(std::move(code)) {}
  ~LoaderImage() override {
    run_finalisers();
    catch_all([&] { code_.reset(); });
  }

  Result<void> run_initialisers() override {
    auto started = ask_host(who_, [&] { return code_->start(); });
    is_running_ = started.has_value();
    return started;
  }
  void run_finalisers() override {
    if (std::exchange(is_running_, false)) catch_all([&] { code_->stop(); });
  }
  /// Those of the loader, or of ours that lead into its `call`.
  Result<std::vector<const void *>> functions(std::size_t index, const Facts &facts) {
    const ProviderFacts &provider = facts.providers[index];
    auto own = ask_host(who_, [&]() -> Result<std::vector<const void *>> { return code_->functions(index); });
    if (!own || own->size() == provider.entries.size()) return own;
    if (!own->empty())
      return error(Code::kInvalid, who_ + " has " + std::to_string(own->size()) + " functions for '" + provider.contract +
                                       "', and said " + std::to_string(provider.entries.size()));
    const ContractFacts *contract = find_contract(facts, provider.contract, provider.major);
    if (contract == nullptr)
      return error(
          Code::kRefused,
          who_ + " has no functions for '" + provider.contract + "' but one call for all, and the host no view of " +
              "the contract, which has their types; name its header in graft_contracts(), or give it to read_contracts");
    if (contract->functions.size() < provider.entries.size())
      return error(Code::kInvalid, who_ + " said that it has " + std::to_string(provider.entries.size()) +
                                       " functions for '" + provider.contract + "', of which the host's view declares " +
                                       std::to_string(contract->functions.size()));
    const auto call = [code = code_.get(), index](std::size_t function, void *const *arguments, void *result) {
      code->call(index, function, arguments, result);
    };
    GRAFT_TRY_ASSIGN(auto ways, WaysIn::create(facts.types, *contract, provider.entries.size(), call));
    return ways_in_.emplace_back(std::move(ways))->functions();
  }

 private:
  const std::string who_;
  std::vector<std::unique_ptr<WaysIn>> ways_in_;
  std::unique_ptr<LoadedCode> code_;
  bool is_running_ = false;
};

class LoaderMaker : public ImageMaker {
 public:
  LoaderMaker(std::unique_ptr<Loader> loader, LoaderInfo info)
      : loader_(std::move(loader)), info_(std::move(info)), who_("loader '" + info_.name + "'") {}

  MakerTraits traits() const override { return {.reloads = info_.reloads == Reloads::kYes, .vouches = true}; }

  Result<Artifact> read(const BundleText &text, const TellCompiled &) const override {
    Artifact artifact;
    artifact.bundle = text.name;
    std::string everything;
    for (const driver::Source &source : text.sources) {
      artifact.objects.push_back({source.name, {source.contents->begin(), source.contents->end()}});
      everything += std::to_string(source.name.size()) + " " + source.name + std::to_string(source.contents->size()) + " " +
                    *source.contents;
    }
    artifact.source_key = artifact.object_key = driver::content_key(everything);
    GRAFT_TRY_ASSIGN(const std::vector<LoaderProvider> providers,
                     ask_host(who_, [&] { return loader_->read(input_of(artifact)); }));
    for (const LoaderProvider &provider : providers) {
      if (!is_contract_name(provider.contract) || provider.functions == 0 || provider.functions > kMaxFunctions)
        return error(Code::kInvalid, who_ + " finds contract '" + provider.contract + "' with " +
                                         std::to_string(provider.functions) + " functions in bundle '" + text.name +
                                         "', which is no contract");
      ProviderFacts facts;
      facts.contract = provider.contract;
      facts.major = provider.major;
      facts.minor = provider.minor;
      facts.table_symbol = host_made_table(artifact.facts.providers.size());
      facts.entries.resize(provider.functions, "(loader " + info_.name + ")");
      artifact.facts.providers.push_back(std::move(facts));
    }
    return artifact;
  }

  Result<std::unique_ptr<jit::Image>> link(const Artifact &artifact, const jit::LinkOptions &options) const override {
    const auto self = std::ranges::find(options.symbols, "graft_self", &jit::Symbol::name);
    const auto &host = *static_cast<const graft_host *>(self->address);
    GRAFT_TRY_ASSIGN(std::unique_ptr<LoadedCode> code,
                     ask_host(who_, [&] { return loader_->load(input_of(artifact), host); }));
    if (code == nullptr) return error(Code::kInvalid, who_ + " gave no code");
    auto image = std::make_unique<LoaderImage>(who_, std::move(code));
    LoaderImage &made = *image;
    const auto functions = [&](const ProviderFacts &provider) {
      return made.functions(static_cast<std::size_t>(&provider - artifact.facts.providers.data()), artifact.facts);
    };
    return with_thunks(std::move(image), artifact.facts.providers, artifact.facts, functions);
  }

 private:
  static LoaderInput input_of(const Artifact &artifact) {
    LoaderInput input{artifact.bundle, {}};
    for (const ObjectFile &file : artifact.objects)
      input.files.push_back({file.source, {file.bytes.begin(), file.bytes.end()}});
    return input;
  }

  const std::unique_ptr<Loader> loader_;
  const LoaderInfo info_;
  const std::string who_;
};

} // namespace

Result<void> Loaders::add(std::unique_ptr<Loader> loader) {
  if (loader == nullptr) return error(Code::kInvalid, "the loader is null");
  LoaderInfo info;
  if (const auto caught = catch_all([&] { info = {loader->name(), loader->endings(), loader->reloads()}; }))
    return error(Code::kException, "a loader threw " + *caught + " when it was asked for its name");
  if (!is_bundle_name(info.name))
    return error(Code::kInvalid, "'" + info.name + "' cannot name a loader: it is named as bundles are");
  for (const std::string &ending : info.endings)
    if (ending.size() < 2 || ending[0] != '.' || is_source_name("x" + ending) || is_machine_code_name("x" + ending))
      return error(Code::kInvalid, "loader '" + info.name + "' cannot take '" + ending +
                                       "': an ending begins with a dot and is none of " + kKnownKinds);
  auto maker = std::make_shared<const LoaderMaker>(std::move(loader), info); // shared with its bundles
  const MutexLock lock(mutex_);
  for (const Entry &other : loaders_) {
    if (other.info.name == info.name) return error(Code::kConflict, "there is a loader '" + info.name + "' already");
    for (const std::string &ending : info.endings)
      if (std::ranges::find(other.info.endings, ending) != other.info.endings.end())
        return error(Code::kConflict, "loader '" + info.name + "' cannot take '" + ending + "', which loader '" +
                                          other.info.name + "' takes");
  }
  loaders_.push_back({std::move(info), std::move(maker)});
  return {};
}

std::vector<LoaderInfo> Loaders::list() const {
  const MutexLock lock(mutex_);
  std::vector<LoaderInfo> infos;
  for (const Entry &entry : loaders_) infos.push_back(entry.info);
  return infos;
}

void Loaders::attach(BundleText &text) const {
  const MutexLock lock(mutex_);
  for (const Entry &entry : loaders_)
    if (entry.info.name == text.loader) text.maker = entry.maker;
}

} // namespace graft
