// A generation's life: bind it to its host table, start it, collect what it provides, stop it.
#include "generation.hpp"

#include "../call/caught.hpp"
#include "../call/host_contracts.hpp"
#include "../call/host_services.hpp"
#include "../observe/log.hpp"
#include "../observe/object_symbols.hpp"
#include "../permit/permits.hpp"
#include "../store/store.hpp"
#include "../store/threads.hpp"

#include <graft/base/current_exception.hpp>
#include <graft/jit/stack_limit.hpp>

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace graft {
namespace {

using InitFunction = graft_status(const graft_host *, const graft_init_context *);
using StopFunction = void();

template <class Function>
Function *function_at(const jit::Image &image, const char *symbol) {
  return reinterpret_cast<Function *>(const_cast<void *>(image.address(symbol)));
}

/// "2 threads: 'worker' (123), 'io' (124)".
std::string in_words(const std::vector<jit::ThreadInside> &threads) {
  std::string words = std::to_string(threads.size()) + (threads.size() == 1 ? " thread: " : " threads: ");
  for (const jit::ThreadInside &thread : threads)
    words += (&thread == threads.data() ? "" : ", ") + name_and_number(thread.name, thread.id);
  return words;
}

std::string versioned(std::string_view contract, unsigned major, unsigned minor) {
  return std::string(contract) + "@" + std::to_string(major) + "." + std::to_string(minor);
}

} // namespace

Generation::Generation(std::uint64_t number, std::string bundle, HostServices &services)
    : number(number), bundle(std::move(bundle)), family(this->bundle), context{services, this, &services.accounts.of(this->bundle)},
      host(make_host_table(context)) {}

Generation::~Generation() {
  // Only what is stopped is destroyed, as a rule; whoever could not wait for that waits here.
  while (!stop()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (context.services.permits != nullptr) context.services.permits->remove(number);
}

Result<void> Generation::start(const graft_init_context &context) {
  state_ = State::kRunning;
  jit::watch_stack();
  const std::size_t pins = pin_count();
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i].is_fresh) fill_fresh(facts.kept[i], kept[i], *image);
  set_last_error(GRAFT_OK, {});
  if (auto ran = image->run_initialisers(); !ran) {
    Error error = std::move(ran).error();
    error.message = "bundle '" + bundle + "': " + error.message;
    if (error.code == Code::kException && last_error_status() == GRAFT_MEMORY_LIMIT) { // what `new` throws for its quota
      error.code = Code::kMemoryLimit;
      error.message += ": " + std::string(last_error_text());
    }
    return error;
  }
  auto staged = stage_from_facts();
  if (auto *init = function_at<InitFunction>(*image, "graft_init"); staged && init != nullptr) {
    initialising.store(std::this_thread::get_id(), std::memory_order_relaxed);
    staged = call_status("graft_init of bundle '" + bundle + "'", [&] { return init(&host, &context); });
    initialising.store({}, std::memory_order_relaxed);
  }
  if (const std::size_t left = end_pins_beyond(pins); left != 0 && staged) staged = left_pins("the initialisers", left);
  return staged;
}

Error Generation::left_pins(const std::string &what, std::size_t count) const {
  return error(Code::kInvalid, what + " of bundle '" + bundle + "' left " + std::to_string(count) + (count == 1 ? " pin" : " pins") +
                                   " behind, which would never end; call release for each resolve");
}

Result<void> Generation::stage_from_facts() {
  for (const ProviderFacts &provider : facts.providers) {
    StagedProvider staged{provider.contract, provider.major, provider.minor, nullptr, nullptr, {}};
    for (const ContractFacts &contract : facts.contracts)
      if (contract.name == provider.contract && contract.major == provider.major) staged.facts = &contract;
    const auto *entries = static_cast<const void *const *>(image->address(provider.table_symbol));
    if (entries == nullptr)
      return error(Code::kInternal, "bundle '" + bundle + "': the table '" + provider.table_symbol + "' was not linked");
    staged.functions.assign(entries, entries + provider.entries.size());
    GRAFT_TRY(add_provider(std::move(staged)));
  }
  return {};
}

Result<void> Generation::add_provider(StagedProvider staged) {
  if (staged.facts != nullptr && staged.facts->has_instances) {
    const std::string what = "bundle '" + bundle + "' provides " + versioned(staged.contract, staged.major, staged.minor);
    const auto named = std::ranges::find(facts.instances, staged.facts->tag, &InstanceFacts::tag);
    if (named == facts.instances.end())
      return error(Code::kInvalid, what + " and does not say of what type its instances are; add GRAFT_INSTANCE(" +
                                       staged.facts->tag + ", struct my_state)");
    if (staged.functions.size() < 2 || staged.functions[0] == nullptr || staged.functions[1] == nullptr)
      return error(Code::kInvalid, what + ", which has instances, without 'create' or 'destroy'");
    constexpr const char *kRefusal = "there is no memory for the code before the functions of instances";
    auto code = InstanceCode::create(staged.functions, make_shape(staged.facts, {}, {}).results, kRefusal);
    if (code == nullptr) return error(Code::kExhausted, std::string(kRefusal) + ": " + what);
    staged.instances = &*named;
    staged.functions = code->entries();
    instance_code_.push_back(std::move(code));
  }
  providers.push_back(std::move(staged));
  return {};
}

const StagedProvider *Generation::provider_of(std::string_view contract, std::uint16_t major) const {
  const auto found = std::ranges::find_if(
      providers, [&](const StagedProvider &provider) { return provider.contract == contract && provider.major == major; });
  return found == providers.end() ? nullptr : &*found;
}

const InstanceFacts *Generation::instances_of(std::string_view contract, std::uint16_t major) const {
  const StagedProvider *provider = provider_of(contract, major);
  return provider == nullptr ? nullptr : provider->instances;
}

Result<void> Generation::register_provider(const graft_provider *provider) {
  if (provider == nullptr || provider->struct_size < sizeof(graft_provider) || provider->contract == nullptr ||
      provider->contract->name == nullptr || provider->contract->name[0] == '\0' || provider->table == nullptr)
    return error(Code::kInvalid, "bundle '" + bundle + "' registers a provider without a contract, a name or a table");
  const graft_contract_info &contract = *provider->contract;
  if (provider->table_size == 0 || provider->table_size % sizeof(void *) != 0 ||
      provider->table_size / sizeof(void *) > kMaxFunctions)
    return error(Code::kInvalid, "bundle '" + bundle + "' registers " + versioned(contract.name, contract.major, contract.minor) +
                                     " with a table of " + std::to_string(provider->table_size) + " bytes");
  if (provider_of(contract.name, contract.major) != nullptr)
    return error(Code::kConflict, "bundle '" + bundle + "' provides " + versioned(contract.name, contract.major, contract.minor) +
                                      " twice");
  StagedProvider staged{contract.name, contract.major, contract.minor, nullptr, nullptr, {}};
  for (const ContractFacts &known : facts.contracts)
    if (known.name == staged.contract && known.major == staged.major) staged.facts = &known;
  const auto *entries = static_cast<const void *const *>(provider->table);
  staged.functions.assign(entries, entries + provider->table_size / sizeof(void *));
  return add_provider(std::move(staged));
}

std::vector<jit::ThreadInside> Generation::threads() const {
  std::vector<jit::ThreadInside> inside;
  if (image != nullptr) inside = image->threads();
  if (const int id = probing.load(std::memory_order_acquire)) inside.push_back({id, "graft_probe"}); // pairs with the probe's end
  return inside;
}

void Generation::warn(const std::string &sentence) const {
  context.services.log.write(LogLevel::kWarn, "bundle '" + bundle + "' generation " + std::to_string(number) + " " + sentence);
}

bool Generation::stop() {
  if (state_ == State::kLinked || image == nullptr) {
    kept.clear();
    state_ = State::kStopped;
  }
  if (state_ == State::kRunning) {
    state_ = State::kStopping;
    end_instances();
    if (auto *stop = function_at<StopFunction>(*image, "graft_stop"))
      if (const auto caught = catch_all(stop)) warn("has a graft_stop that threw " + *caught);
    image->ask_threads_to_stop();
    if (const auto inside = threads(); !inside.empty()) warn("still runs " + in_words(inside) + "; its code stays until they end");
  }
  if (state_ == State::kStopping) {
    for (const std::string &ended : image->end_timers()) warn("left " + ended + " behind; ended");
    if (!threads().empty()) return false;
    image->run_finalisers();
    state_ = State::kFinalised;
  }
  if (state_ == State::kFinalised) {
    if (!threads().empty()) return false; // that a finaliser started
    for (const std::string &left : image->take_back()) warn("left " + left + " behind; taken back");
    for (const std::string &held : context.services.contracts.give_back_all(number)) warn("did not give back " + held + "; taken back");
    release_kept();
    state_ = State::kStopped;
  }
  return true;
}

void Generation::report_termination(const std::string &function) const {
  const auto known = std::ranges::find(facts.noexcepts, function, &NoexceptFacts::symbol);
  const bool has_thrown = std::current_exception() != nullptr;
  std::string sentence = "bundle '" + bundle + "' generation " + std::to_string(number) + ": ";
  sentence += has_thrown ? describe_current_exception() + " would leave the noexcept function " : "std::terminate was called in ";
  sentence += function.empty() ? "that is not known" : "'" + demangle(function) + "'";
  if (known != facts.noexcepts.end()) sentence += " at " + to_string(known->where);
  sentence += "; the process ends";
  Log &log = context.services.log;
  log.write(LogLevel::kError, sentence);
  if (log.takes(LogLevel::kError)) return;
  sentence = "graft: " + sentence + "\n"; // nobody else will say it
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
}

void Generation::end_instances() {
  if (const std::size_t left = context.services.store.instances.end_left(*this); left != 0)
    warn("ended with " + std::to_string(left) + (left == 1 ? " instance" : " instances") + " that nobody had ended");
  for (; !displaced.empty(); displaced.pop_back())
    if (const auto caught = catch_all([&] { destroy_value(facts, displaced.back().type, displaced.back().object->memory(), *image); }))
      warn("has a destructor of an instance's state that threw " + *caught);
}

void Generation::release_kept() {
  while (!kept.empty()) {
    const KeptBinding binding = std::move(kept.back());
    kept.pop_back();
    const KeptFacts &variable = facts.kept[kept.size()];
    const bool was_made = !binding.is_fresh || variable.life.empty() || *binding.life == KeptLife::kConstructed;
    const bool ends_here = binding.is_last || binding.object.use_count() == 1;
    if (!was_made || !ends_here || binding.object->has_ended()) continue; // K3
    binding.object->end();
    if (const auto caught = catch_all([&] { destroy_value(facts, variable.type, binding.object->memory(), *image); }))
      context.services.log.write(LogLevel::kError, "the destructor of kept '" + variable.name + "' of bundle '" + bundle + "' threw " +
                                                       *caught);
  }
}

} // namespace graft
