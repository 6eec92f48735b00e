// The format: "graftart", its version, a checksum of the rest, and the members of Artifact in their order. Integers wider
// than a byte are LEB128, whatever has a length begins with it, structs nest without a mark.
//
//   B1  Each struct's members are named once, for both directions, by a structured binding: a member that is added and not
//       named here does not compile. Whoever changes one counts `kVersion` up.
//   B2  A reader never trusts a length: nothing is made before the bytes for it were seen. Enumerators, truth values and
//       indices into the table of types are in range, or the bytes are refused.
#include "artifact_checksum.hpp"

#include <graft/base/artifact_bytes.hpp>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace graft {
namespace {

constexpr std::string_view kMagic = "graftart";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = kArtifactChecksumAt + sizeof(std::uint64_t);
static_assert(kArtifactChecksumAt == kMagic.size() + sizeof kVersion);
constexpr unsigned kDeepest = 64; ///< of notes within notes

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

// B1: the members of each struct, in the order in which they are written.
#define GRAFT_MEMBERS(type, ...)                                                                                            \
  auto members(Is<type> auto &value) {                                                                                      \
    auto &[__VA_ARGS__] = value;                                                                                            \
    return std::tie(__VA_ARGS__);                                                                                           \
  }
GRAFT_MEMBERS(SourcePos, file, line, column)
GRAFT_MEMBERS(FixIt, begin, end, replacement)
GRAFT_MEMBERS(Diagnostic, severity, where, message, option, snippet, caret_begin, caret_end, fixits, notes)
GRAFT_MEMBERS(Declared, where, line)
GRAFT_MEMBERS(Field, name, type, offset_bits, width_bits, declared)
GRAFT_MEMBERS(Enumerator, name, number, declared)
GRAFT_MEMBERS(Type, kind, const_target, variadic, align, size, target, count, name, fields, enumerators, declared)
GRAFT_MEMBERS(TypeTable, types)
GRAFT_MEMBERS(ContractFunction, name, type, returns_status, fingerprint, declaration, where, line, parameters)
GRAFT_MEMBERS(ContractFacts, tag, name, major, minor, functions, where, has_instances)
GRAFT_MEMBERS(ProviderFacts, contract, major, minor, tag, table_symbol, entries, checked, where)
GRAFT_MEMBERS(KeptFacts, name, symbol, type, fingerprint, where, qualified, file, declaration, binding, life, initial,
              reaches)
GRAFT_MEMBERS(KeptClass, type, replace, destroy, bytes, polymorphic, foreign)
GRAFT_MEMBERS(KeptLayout, type, text)
GRAFT_MEMBERS(InstanceFacts, tag, type, construct, constructible, reaches, where)
GRAFT_MEMBERS(MigrationFacts, to, from, symbol, where)
GRAFT_MEMBERS(NoexceptFacts, symbol, where)
GRAFT_MEMBERS(HeaderFacts, path, system, content)
GRAFT_MEMBERS(Facts, types, contracts, providers, kept, kept_classes, kept_layouts, instances, migrations, noexcepts,
              headers, defines_init, defines_stop, defines_main)
GRAFT_MEMBERS(ObjectFile, source, bytes)
GRAFT_MEMBERS(Import, symbol, where, weak)
GRAFT_MEMBERS(Thunk, symbol, target, contract, function)
GRAFT_MEMBERS(CompileTimes, front_end_ns, optimise_ns, emit_ns, cache_ns)
GRAFT_MEMBERS(SharedCode, key, object, symbols)
GRAFT_MEMBERS(Look, path, found, content)
GRAFT_MEMBERS(InputTrace, looks, unrepeatable)
GRAFT_MEMBERS(Artifact, bundle, objects, bitcode, facts, imports, thunks, warnings, source_key, object_key, token_key, times,
              shared, origin, trace)
#undef GRAFT_MEMBERS

template <class T>
concept Struct = requires(T &value) { members(value); };

// The last enumerator of each enum that is written.
constexpr Severity last(Severity) { return Severity::kFatal; }
constexpr TypeKind last(TypeKind) { return TypeKind::kOpaque; }
constexpr Origin last(Origin) { return Origin::kRemote; }
constexpr Look::Found last(Look::Found) { return Look::Found::kFolder; }

class Writer {
 public:
  explicit Writer(std::vector<char> &out) : out_(out) {}

  template <class T>
    requires std::is_integral_v<T>
  void put(T number) {
    if constexpr (sizeof(T) == 1) return out_.push_back(static_cast<char>(number));
    auto rest = static_cast<std::uint64_t>(number);
    for (; rest >= 0x80; rest >>= 7) out_.push_back(static_cast<char>(rest | 0x80));
    out_.push_back(static_cast<char>(rest));
  }
  template <class T>
    requires std::is_enum_v<T>
  void put(T value) {
    put(std::to_underlying(value));
  }
  void put(const ContentKey &key) { append(std::as_bytes(std::span(key.bytes))); }
  void put(const std::string &text) { put_sized(text); }
  void put(const std::vector<char> &bytes) { put_sized(bytes); }
  void put(const std::shared_ptr<const SharedCode> &code) { put(*code); }
  template <class T>
  void put(const std::vector<T> &values) {
    put(values.size());
    for (const T &value : values) put(value);
  }
  template <Struct T>
  void put(const T &value) {
    std::apply([&](const auto &...member) { (put(member), ...); }, members(value));
  }

 private:
  void put_sized(std::span<const char> bytes) {
    put(bytes.size());
    append(std::as_bytes(bytes));
  }
  void append(std::span<const std::byte> bytes) {
    const auto *begin = reinterpret_cast<const char *>(bytes.data());
    out_.insert(out_.end(), begin, begin + bytes.size());
  }

  std::vector<char> &out_;
};

/// Reads until the first thing that cannot be; from then on it reads nothing.
class Reader {
 public:
  explicit Reader(std::span<const char> bytes) : rest_(bytes) {}

  bool is_whole() const { return !damaged_ && rest_.empty(); }

  template <class T>
    requires std::is_integral_v<T>
  void get(T &number) {
    if constexpr (sizeof(T) == 1) {
      const std::span<const char> byte = take(1);
      if (byte.empty()) return;
      if (std::same_as<T, bool> && (byte.front() & ~1) != 0) return refuse();
      number = static_cast<T>(byte.front());
    } else {
      const std::uint64_t wide = take_number();
      number = static_cast<T>(wide);
      if (static_cast<std::uint64_t>(number) != wide) refuse();
    }
  }
  template <class T>
    requires std::is_enum_v<T>
  void get(T &value) {
    std::underlying_type_t<T> number{};
    get(number);
    if (number > std::to_underlying(last(T{}))) return refuse();
    value = static_cast<T>(number);
  }
  void get(ContentKey &key) {
    const std::span<const char> bytes = take(key.bytes.size());
    if (!bytes.empty()) std::memcpy(key.bytes.data(), bytes.data(), bytes.size());
  }
  void get(std::string &text) {
    const std::span<const char> bytes = take(take_number());
    text.assign(bytes.begin(), bytes.end());
  }
  void get(std::vector<char> &out) {
    const std::span<const char> bytes = take(take_number());
    out.assign(bytes.begin(), bytes.end());
  }
  void get(std::shared_ptr<const SharedCode> &code) {
    auto own = std::make_shared<SharedCode>();
    get(*own);
    code = std::move(own);
  }
  template <class T>
  void get(std::vector<T> &values) {
    for (std::uint64_t left = take_number(); left > 0 && !damaged_; --left) get(values.emplace_back());
  }
  template <Struct T>
  void get(T &value) {
    if (++depth_ > kDeepest) return refuse();
    std::apply([&](auto &...member) { (get(member), ...); }, members(value));
    --depth_;
  }

 private:
  void refuse() {
    damaged_ = true;
    rest_ = {};
  }
  std::span<const char> take(std::uint64_t size) {
    if (size > rest_.size()) {
      refuse();
      return {};
    }
    const std::span<const char> taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::uint64_t take_number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::span<const char> byte = take(1);
      if (byte.empty()) return 0;
      number |= static_cast<std::uint64_t>(byte.front() & 0x7f) << shift;
      if ((byte.front() & 0x80) == 0) return number;
    }
    refuse();
    return 0;
  }

  std::span<const char> rest_;
  unsigned depth_ = 0;
  bool damaged_ = false;
};

/// B2. Facts without types, as machine code has them, have the index 0 only.
bool indices_hold(const Facts &facts) {
  const std::size_t count = std::max<std::size_t>(facts.types.types.size(), 1);
  const auto holds = [&](TypeIndex index) { return index < count; };
  const auto all = [&](const auto &values) {
    return std::ranges::all_of(values, [&](const auto &v) { return holds(v.type); });
  };
  const auto type_holds = [&](const Type &type) { return holds(type.target) && all(type.fields); };
  const auto contract_holds = [&](const ContractFacts &contract) { return all(contract.functions); };
  const auto migration_holds = [&](const MigrationFacts &migration) { return holds(migration.to) && holds(migration.from); };
  return std::ranges::all_of(facts.types.types, type_holds) && std::ranges::all_of(facts.contracts, contract_holds) &&
         std::ranges::all_of(facts.migrations, migration_holds) && all(facts.kept) && all(facts.kept_classes) &&
         all(facts.kept_layouts) && all(facts.instances);
}

template <class T>
T read_at(std::span<const char> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

} // namespace

std::vector<char> to_bytes(const Artifact &artifact) {
  std::vector<char> bytes(kHeaderBytes);
  std::size_t guess = kHeaderBytes + artifact.bitcode.size() + 16 * 1024;
  for (const ObjectFile &object : artifact.objects) guess += object.bytes.size();
  for (const auto &code : artifact.shared) guess += code->object.size();
  bytes.reserve(guess);
  Writer(bytes).put(artifact);
  const std::uint64_t sum = artifact_checksum(std::span(bytes).subspan(kHeaderBytes));
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  std::memcpy(bytes.data() + kMagic.size(), &kVersion, sizeof kVersion);
  std::memcpy(bytes.data() + kArtifactChecksumAt, &sum, sizeof sum);
  return bytes;
}

Result<Artifact> artifact_from_bytes(std::span<const char> bytes) {
  const auto damaged = [&](const char *how) {
    return error(Code::kInvalid, std::to_string(bytes.size()) + " bytes are " + how + "; compile the bundle again");
  };
  if (bytes.size() < kHeaderBytes || std::string_view(bytes.data(), kMagic.size()) != kMagic)
    return damaged("not the beginning of an artifact");
  if (const auto version = read_at<std::uint32_t>(bytes, kMagic.size()); version != kVersion)
    return error(Code::kIncompatible, "the artifact is in format " + std::to_string(version) + ", this graft reads " +
                                          std::to_string(kVersion) + "; compile the bundle again");
  const std::span<const char> body = bytes.subspan(kHeaderBytes);
  if (read_at<std::uint64_t>(bytes, kArtifactChecksumAt) != artifact_checksum(body)) return damaged("a damaged artifact");
  Artifact artifact;
  Reader reader(body);
  reader.get(artifact);
  if (!reader.is_whole() || !indices_hold(artifact.facts)) return damaged("no artifact, though their checksum says so");
  return artifact;
}

} // namespace graft
