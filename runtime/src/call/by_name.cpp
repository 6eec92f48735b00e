// Calls by name: find the provider, pin it, build the arguments from text by the types that its own generation declared,
// call, and read back what it gave.
#include "../reload/generation.hpp"
#include "../store/table.hpp"
#include "../store/threads.hpp"
#include "ffi_signature.hpp"
#include "value_text.hpp"

#include <graft/base/near.hpp>
#include <graft/call.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

namespace graft {
namespace {

constexpr std::size_t kOutBytes = 4'096; ///< at least, so that a plugin that writes a short array through `T *` stays inside
constexpr std::size_t kResultBytes = 64;

/// "contract.function" taken apart.
struct CallTarget {
  std::string contract;
  std::optional<std::uint16_t> major;
  std::string function;
};

Result<CallTarget> parse_target(std::string_view text) {
  const Error bad = error(Code::kInvalid, "'" + std::string(text) + "' names no function; wanted contract.function or " +
                                              "contract@major.function, such as demo.greeter.greet");
  const std::size_t dot = text.rfind('.');
  if (dot == text.npos || dot == 0 || dot + 1 == text.size()) return bad;
  CallTarget target{std::string(text.substr(0, dot)), {}, std::string(text.substr(dot + 1))};
  const std::size_t at = target.contract.rfind('@');
  if (at == std::string::npos) return target;
  const char *begin = target.contract.data() + at + 1;
  const char *end = target.contract.data() + target.contract.size();
  std::uint16_t major = 0;
  const auto [stop, failure] = std::from_chars(begin, std::find(begin, end, '.'), major); // a minor may follow; any will do
  if (at == 0 || failure != std::errc() || (stop != end && *stop != '.')) return bad;
  target.major = major;
  target.contract.resize(at);
  return target;
}

/// The first provider of the highest major, or of the one that was asked for.
Result<ContractInfo> find_contract(const Runtime &runtime, const CallTarget &target) {
  std::optional<ContractInfo> found;
  std::vector<std::string> names;
  for (ContractInfo &info : runtime.contracts()) {
    names.push_back(info.name);
    if (info.name != target.contract || (target.major && info.major != *target.major)) continue;
    if (!found || info.major > found->major) found = std::move(info);
  }
  if (found) return *std::move(found);
  std::string wanted = target.contract;
  if (target.major) wanted += "@" + std::to_string(*target.major);
  const std::string near = nearest(target.contract, names);
  return error(Code::kNotFound, "no loaded bundle provides '" + wanted + "'" +
                                    (near == target.contract ? "; other majors of it are loaded"
                                     : !near.empty()         ? "; did you mean '" + near + "'?"
                                                             : ""));
}

struct Entry {
  const ContractFunction *function;
  std::size_t index;
};

Result<Entry> find_entry(const ContractFacts &contract, const std::string &name) {
  std::vector<std::string> names;
  for (std::size_t index = 0; index < contract.functions.size(); ++index) {
    if (contract.functions[index].name == name) return Entry{&contract.functions[index], index};
    names.push_back(contract.functions[index].name);
  }
  const std::string near = nearest(name, names);
  std::string all;
  for (const std::string &known : names) all += (all.empty() ? "" : ", ") + known;
  return error(Code::kNotFound, "contract '" + contract.name + "' has no function '" + name + "'" +
                                    (near.empty() ? "; it has " + all : "; did you mean '" + near + "'?"));
}

bool is_out_pointer(const TypeTable &table, const Type &type) {
  if (type.kind != TypeKind::kPointer || type.const_target) return false;
  const TypeKind kind = table[type.target].kind;
  return kind != TypeKind::kVoid && kind != TypeKind::kFunction && kind != TypeKind::kOpaque;
}

/// One parameter during the call.
struct Argument {
  TypeIndex type;
  std::byte *storage; ///< the value that is passed
  bool is_output = false;
  std::size_t count = 1; ///< elements behind the pointer of an output
  bool is_list = false;
};

/// Arguments of one call of one function.
class Call {
 public:
  Call(const TypeTable &table, const ContractFunction &function, const graft_host *host)
      : table_(table), function_(function), memory_(host) {}

  /// `self` goes before what the texts say, for a function that takes an instance; null for all others.
  Result<void> prepare(const std::vector<std::string> &texts, void *self) {
    GRAFT_TRY(signature_.prepare(table_, function_.type));
    hidden_ = self != nullptr ? 1 : 0;
    for (std::size_t index = 0; index < hidden_; ++index) {
      arguments_.push_back({type().fields[index].type, static_cast<std::byte *>(memory_.take(sizeof self))});
      std::memcpy(arguments_.back().storage, &self, sizeof self);
    }
    const std::span parameters = std::span(type().fields).subspan(hidden_);
    const auto outputs = static_cast<std::size_t>(
        std::ranges::count_if(parameters, [&](const Field &field) { return is_out_pointer(table_, table_[field.type]); }));
    const bool all_given = texts.size() == parameters.size();
    if (!all_given && texts.size() + outputs != parameters.size())
      return wrong_count(parameters.size() - outputs, texts.size());
    auto text = texts.begin();
    for (std::size_t index = 0; index < parameters.size(); ++index) {
      const Type &parameter = table_[parameters[index].type];
      arguments_.push_back({parameters[index].type, static_cast<std::byte *>(memory_.take(parameter.size))});
      arguments_.back().is_output = is_out_pointer(table_, parameter);
      if (arguments_.back().is_output && !all_given)
        make_output(arguments_.back());
      else
        GRAFT_TRY(take_input(arguments_.back(), index + hidden_, *text++));
    }
    return {};
  }

  /// Calls and puts what came back into `outcome`.
  void run(const void *entry, CallOutcome &outcome) {
    alignas(16) std::byte result[kResultBytes] = {};
    std::vector<void *> values;
    for (const Argument &argument : arguments_) values.push_back(argument.storage);
    signature_.call(entry, result, values.data());
    outcome.returns_status = function_.returns_status;
    const bool is_void = table_[type().target].kind == TypeKind::kVoid;
    if (function_.returns_status)
      std::memcpy(&outcome.status, result, sizeof outcome.status);
    else if (!is_void)
      outcome.result = to_text(load_value(table_, type().target, result));
    Json outputs = Json::object();
    for (std::size_t index = 0; index < arguments_.size(); ++index)
      if (arguments_[index].is_output) outputs[output_name(index)] = load_output(arguments_[index]);
    outcome.outputs = to_text(outputs);
  }

 private:
  const Type &type() const { return table_[function_.type]; }

  Error wrong_count(std::size_t inputs, std::size_t given) const {
    const std::size_t all = type().fields.size() - hidden_;
    return error(Code::kInvalid,
                 "'" + function_.name + "' takes " + std::to_string(inputs) + (inputs == 1 ? " argument" : " arguments") +
                     (inputs == all ? "" : " (or " + std::to_string(all) + " with its out-parameters)") + ", " +
                     std::to_string(given) + (given == 1 ? " was" : " were") + " given: " + function_.declaration);
  }

  void make_output(Argument &argument) {
    const Type &target = table_[table_[argument.type].target];
    void *block = memory_.take(std::max<std::size_t>(target.size, kOutBytes));
    std::memcpy(argument.storage, &block, sizeof block);
    if (is_buffer_struct(target)) memory_.own(static_cast<graft_buf *>(block));
  }

  Result<void> take_input(Argument &argument, std::size_t index, const std::string &text) {
    const Target target{table_, argument.type, described_name(index)};
    GRAFT_TRY_ASSIGN(const Json value, parse_argument(target, text));
    if (argument.is_output) {
      const TypeKind kind = table_[table_[argument.type].target].kind;
      argument.is_list = value.is_array() && kind != TypeKind::kArray && kind != TypeKind::kComplex;
      argument.count = argument.is_list ? value.size() : 1;
    }
    return store_value(target, value, argument.storage, memory_);
  }

  /// As declared; a parameter without a name is called by its number.
  std::string output_name(std::size_t index) const {
    const bool has_name = index < function_.parameters.size() && !function_.parameters[index].empty();
    return has_name ? function_.parameters[index] : std::to_string(index + 1);
  }
  std::string described_name(std::size_t index) const {
    const std::string name = output_name(index);
    return name == std::to_string(index + 1) ? "parameter " + name : "parameter '" + name + "'";
  }

  Json load_output(const Argument &argument) const {
    const TypeIndex target = table_[argument.type].target;
    const std::byte *block = nullptr;
    std::memcpy(&block, argument.storage, sizeof block);
    if (block == nullptr) return nullptr;
    if (is_character(table_[target])) return std::string(reinterpret_cast<const char *>(block));
    if (!argument.is_list) return load_value(table_, target, block);
    Json list = Json::array();
    for (std::size_t element = 0; element < argument.count; ++element)
      list.push_back(load_value(table_, target, block + element * table_[target].size));
    return list;
  }

  const TypeTable &table_;
  const ContractFunction &function_;
  CallMemory memory_;
  FfiSignature signature_;
  std::vector<Argument> arguments_;
  std::size_t hidden_ = 0; ///< parameters that no text is given for
};

/// An instance that lives for one call.
class CallInstance {
 public:
  explicit CallInstance(const Runtime &runtime) : runtime_(runtime) {}
  ~CallInstance() {
    if (self_ != nullptr) ignore(runtime_.destroy_instance(instance_), "the call's own outcome is what is asked for");
  }
  CallInstance(const CallInstance &) = delete;

  Result<void> make(const Binding &provider) {
    GRAFT_TRY_ASSIGN(instance_, runtime_.create_instance(provider));
    GRAFT_TRY_ASSIGN(const auto found, runtime_.resolve_instance(instance_));
    self_ = found.second;
    return {};
  }
  /// Null when none was made.
  void *self() const { return self_; }

 private:
  const Runtime &runtime_;
  graft_instance instance_{};
  void *self_ = nullptr;
};

/// What the call left behind as its error. A function with a status says itself whether it failed; only then the text
/// counts.
Result<void> failure_of(const CallOutcome &outcome) {
  if (!has_call_failed() || (outcome.returns_status && outcome.status != last_error_status())) return {};
  return error(static_cast<Code>(last_error_status()), std::string(last_error_text()));
}

} // namespace

Result<CallOutcome> call_by_name(const Runtime &runtime, std::string_view target,
                                 const std::vector<std::string> &arguments) {
  GRAFT_TRY_ASSIGN(const CallTarget wanted, parse_target(target));
  GRAFT_TRY_ASSIGN(const ContractInfo info, find_contract(runtime, wanted));
  GRAFT_TRY_ASSIGN(const Binding binding, runtime.resolve(info.handle));

  const Pin pin = binding.pin(); // everything below reads the generation that answers
  Generation *generation = Table::of(pin.table()).settled().generation();
  if (generation == nullptr) return error(Code::kStale, "'" + info.name + "' was unloaded while it was looked up");
  const auto contract = std::ranges::find_if(generation->facts.contracts, [&](const ContractFacts &facts) {
    return facts.name == info.name && facts.major == info.major;
  });
  if (contract == generation->facts.contracts.end())
    return error(Code::kUnsupported, "bundle '" + generation->bundle + "' provides '" + info.name +
                                         "' from code whose types nobody saw; call it by type");
  GRAFT_TRY_ASSIGN(const Entry entry, find_entry(*contract, wanted.function));

  if (contract->has_instances && entry.index < 2)
    return error(Code::kUnsupported, "'" + wanted.function + "' makes or ends an instance, which no text can name; call one of its functions");
  CallInstance instance(runtime);
  if (contract->has_instances) GRAFT_TRY(instance.make(binding));

  Call call(generation->facts.types, *entry.function, &generation->host);
  GRAFT_TRY(call.prepare(arguments, instance.self()));
  CallOutcome outcome;
  outcome.contract = info.name;
  outcome.function = wanted.function;
  outcome.bundle = generation->bundle;
  outcome.generation = generation->number;
  detail::clear_last_error();
  call.run(static_cast<const void *const *>(pin.table())[entry.index], outcome);
  GRAFT_TRY(failure_of(outcome));
  return outcome;
}

} // namespace graft
