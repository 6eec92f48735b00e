// The C++ source that carries a host's views: the facts as text, placed where the linker gathers them, and an assertion for
// every size, offset and value, so that the host's own compiler says whether it lays the types out as graft's does.
//
// Types are reached by their way from the contract ("what parameter 2 points at") and never by a name of their own: that
// works for types without one, and for those that C++ finds elsewhere than C.
#include "view_text.hpp"

#include <graft/contracts.hpp>

#include <deque>
#include <set>

namespace graft {
namespace {

char octal(unsigned number) { return static_cast<char>('0' + number % 8); }

std::string literal(std::string_view text) {
  constexpr std::size_t kWidth = 100;
  std::string out;
  std::size_t column = kWidth;
  for (const char character : text) {
    if (column >= kWidth) {
      out += out.empty() ? "    \"" : "\"\n    \"";
      column = 0;
    }
    const unsigned byte = static_cast<unsigned char>(character);
    const bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\' && byte != '?';
    if (is_plain)
      out += character;
    else
      out += {'\\', octal(byte / 64), octal(byte / 8), octal(byte)};
    ++column;
  }
  return out + "\"";
}

/// Writes the aliases and the assertions of one contract.
class Assertions {
 public:
  explicit Assertions(const ContractDescription &description) : types_(description.types), contract_(description.contract) {}

  std::string write() {
    const std::string self = "::" + contract_.tag;
    check("sizeof(" + self + ") == " + std::to_string(contract_.functions.size() * sizeof(void *)), contract_.tag);
    for (std::size_t index = 0; index < contract_.functions.size(); ++index) {
      const ContractFunction &function = contract_.functions[index];
      check("__builtin_offsetof(" + self + ", " + function.name + ") == " + std::to_string(index * sizeof(void *)),
            function.name);
      reach(function.type, "PointedAt<decltype(" + self + "::" + function.name + ")>");
    }
    for (; !ways_.empty(); ways_.pop_front()) look_at(ways_.front());
    return std::move(out_);
  }

 private:
  void reach(TypeIndex index, const std::string &way) {
    if (!reached_.insert(index).second) return;
    out_ += "using " + alias(index) + " = " + way + ";\n";
    ways_.push_back(index);
  }

  static std::string alias(TypeIndex index) { return "T" + std::to_string(index); }

  void check(const std::string &condition, const std::string &what) {
    out_ += "static_assert(" + condition + ", \"'" + what + "' of contract '" + contract_.name +
            "' is laid out differently by this compiler and by graft's\");\n";
  }

  void look_at(TypeIndex index) {
    const Type &type = types_[index];
    const std::string self = alias(index);
    switch (type.kind) {
    case TypeKind::kVoid:
    case TypeKind::kOpaque:
      return;
    case TypeKind::kFunction:
      return look_at_function(type, self);
    case TypeKind::kPointer:
      return reach(type.target, "PointedAt<" + self + ">");
    case TypeKind::kArray:
      return reach(type.target, "Element<" + self + ">");
    case TypeKind::kStruct:
    case TypeKind::kUnion:
      return look_at_record(type, self);
    case TypeKind::kEnum:
      look_at_enum(type, self);
      break;
    case TypeKind::kSigned:
    case TypeKind::kUnsigned:
      if (type.size <= 8) // wider ones are extensions, of which not every standard library knows the sign
        check(std::string(type.kind == TypeKind::kSigned ? "" : "!") + "std::is_signed_v<" + self + ">",
              spelling(types_, index));
      break;
    default:
      break;
    }
    check("sizeof(" + self + ") == " + std::to_string(type.size), spelling(types_, index));
  }

  void look_at_function(const Type &type, const std::string &self) {
    reach(type.target, "FunctionParts<" + self + ">::Result");
    for (std::size_t i = 0; i < type.fields.size(); ++i)
      reach(type.fields[i].type, "FunctionParts<" + self + ">::Parameter<" + std::to_string(i) + ">");
  }

  void look_at_record(const Type &type, const std::string &self) {
    const std::string name = type.name.empty() ? "a type without a name" : type.name;
    check("sizeof(" + self + ") == " + std::to_string(type.size), name);
    check("alignof(" + self + ") == " + std::to_string(type.align), name);
    for (const Field &field : type.fields) {
      if (field.name.empty()) continue;
      reach(field.type, "std::remove_cv_t<decltype(" + self + "::" + field.name + ")>");
      if (field.width_bits != 0) continue; // a bit-field has no offset in C
      check("__builtin_offsetof(" + self + ", " + field.name + ") == " + std::to_string(field.offset_bits / 8),
            name + "." + field.name);
    }
  }

  void look_at_enum(const Type &type, const std::string &self) {
    for (const Enumerator &one : type.enumerators)
      check("static_cast<unsigned long long>(" + self + "::" + one.name +
                ") == " + std::to_string(static_cast<std::uint64_t>(one.value)) + "ull",
            one.name);
  }

  const TypeTable &types_;
  const ContractFacts &contract_;
  std::string out_;
  std::set<TypeIndex> reached_;
  std::deque<TypeIndex> ways_;
};

} // namespace

std::string embedding_of(const HeaderFile &header) {
  std::string out = "// The host's view of its contracts, written by `graft contracts --embed`. Not to be edited.\n"
                    "#include \"" +
                    header.path +
                    "\"\n\n#include <graft/contracts.hpp>\n\n"
                    "#if __has_attribute(retain)\n#define GRAFT_VIEW used, retain\n#else\n#define GRAFT_VIEW used\n#endif\n";
  for (std::size_t index = 0; index < header.contracts.size(); ++index) {
    const ContractDescription &description = header.contracts[index];
    const ContractFacts &contract = description.contract;
    out += "\nnamespace graft::detail {\nnamespace {\nnamespace view_" + std::to_string(index) + " {\n" +
           Assertions(description).write() + "constexpr char text[] =\n" + literal(view_text(description)) +
           ";\nconstexpr EmbeddedView view{sizeof(EmbeddedView), " + std::to_string(contract.major) + ", " +
           std::to_string(contract.minor) + ", \"" + contract.name +
           "\", text, sizeof text - 1};\n__attribute__((section(\"graft_views\"), GRAFT_VIEW)) const EmbeddedView *const "
           "place = &view;\n"
           "} // namespace view_" +
           std::to_string(index) + "\n} // namespace\n} // namespace graft::detail\n";
  }
  return out;
}

} // namespace graft
