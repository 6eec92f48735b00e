// Random structs of kept state grow at random: does every value arrive where its name and type say, and does what is new
// have its initial value? The test knows the answer from the rules in the decision on kept state alone.
#include "seed.hpp"
#include "state.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

namespace graft {
namespace {

using test::c_text;
using test::cxx_text;
using test::Succeeds;

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>; // versions share what did not change

struct Member {
  std::string name;
  ShapePtr shape;
};

/// A type, as the test sees it.
struct Shape {
  enum class Kind { kInteger, kFloat, kBool, kEnum, kArray, kStruct, kText };
  Kind kind = Kind::kInteger;
  bool is_signed = true;
  unsigned bits = 32;                               ///< of numbers
  bool is_bit_field = false;                        ///< `bits` of an int64_t or uint64_t
  std::vector<std::pair<std::string, int>> names{}; ///< of an enum
  std::vector<Member> members{};                    ///< of a struct; of an array its element
  std::size_t count = 0;                            ///< of an array
  std::string tag{};                                ///< of an enum or struct
};

/// A value: a number or a text, or the values inside.
struct Value {
  std::int64_t number = 0; ///< of a float, its quarters
  std::string name{};      ///< of an enumerator; the text itself
  std::vector<Value> inside{};
};

class Evolution {
 public:
  Evolution(std::uint64_t seed, bool in_cxx) : random_(seed), in_cxx_(in_cxx) {}

  ShapePtr make_struct(int depth);
  ShapePtr grow(const ShapePtr &shape);
  Value value(const Shape &shape);
  /// What of `old` is in a value of the newer shape, whose initial value is `initial`.
  static Value carried(const Shape &from, const Value &old, const Shape &to, const Value &initial);

 private:
  using Kind = Shape::Kind;

  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  std::string fresh(const char *word) { return word + std::to_string(++names_); }
  ShapePtr make(int depth);
  ShapePtr make_enum();
  ShapePtr grow_struct(const Shape &shape);
  ShapePtr grow_number(const Shape &shape);

  std::mt19937_64 random_;
  bool in_cxx_;
  int names_ = 0;
};

ShapePtr Evolution::make_enum() {
  Shape made;
  made.kind = Kind::kEnum;
  made.tag = fresh("colour");
  const int count = 2 + below(4);
  for (int i = 0; i < count; ++i) made.names.emplace_back(fresh("shade"), i * 3 - 2);
  return std::make_shared<Shape>(made);
}

ShapePtr Evolution::make_struct(int depth) {
  Shape made;
  made.kind = Kind::kStruct;
  made.tag = fresh("part");
  const int count = 1 + below(5);
  for (int i = 0; i < count; ++i) {
    made.members.push_back({fresh("m"), make(depth - 1)});
    if (below(5) != 0) continue;
    Shape bits;
    bits.is_bit_field = true;
    bits.is_signed = below(2) != 0;
    bits.bits = static_cast<unsigned>(2 + below(40));
    made.members.push_back({fresh("m"), std::make_shared<Shape>(bits)});
  }
  return std::make_shared<Shape>(made);
}

ShapePtr Evolution::make(int depth) {
  Shape made;
  switch (below(depth > 0 ? 9 : 6)) {
  case 0:
    made.kind = Kind::kFloat;
    made.bits = below(2) != 0 ? 32 : 64;
    break;
  case 1:
    made.kind = Kind::kBool;
    break;
  case 2:
    return make_enum();
  case 3:
    if (in_cxx_) {
      made.kind = Kind::kText;
      break;
    }
    [[fallthrough]];
  case 4:
  case 5:
    made.is_signed = below(2) != 0;
    made.bits = 8u << below(4);
    break;
  case 6:
    made.kind = Kind::kArray;
    made.count = static_cast<std::size_t>(1 + below(4));
    made.members.push_back({"", make(depth - 1)});
    break;
  default:
    return make_struct(depth);
  }
  return std::make_shared<Shape>(made);
}

ShapePtr Evolution::grow_number(const Shape &shape) {
  Shape grown = shape;
  if (shape.kind == Kind::kFloat) {
    grown.bits = 64;
  } else if (shape.is_bit_field) {
    grown.bits = std::min(60u, shape.bits + static_cast<unsigned>(below(8)));
  } else if (shape.bits < 64) {
    grown.bits = shape.bits * 2;
    if (below(2) != 0) grown.is_signed = true; // a wider signed type holds it, too
  }
  return std::make_shared<Shape>(grown);
}

ShapePtr Evolution::grow_struct(const Shape &shape) {
  Shape grown = shape;
  grown.members.clear();
  for (const Member &member : shape.members)
    if (below(6) != 0) grown.members.push_back({member.name, grow(member.shape)});
  for (int added = below(3); added > 0; --added) grown.members.push_back({fresh("m"), make(1)});
  if (grown.members.empty()) grown.members.push_back({fresh("m"), make(0)});
  if (below(2) != 0) std::shuffle(grown.members.begin(), grown.members.end(), random_);
  return std::make_shared<Shape>(grown);
}

ShapePtr Evolution::grow(const ShapePtr &shape) {
  if (below(3) == 0) return shape;
  Shape grown = *shape;
  switch (shape->kind) {
  case Kind::kInteger:
  case Kind::kFloat:
    return grow_number(*shape);
  case Kind::kEnum:
    grown.names.emplace_back(fresh("shade"), 0);
    std::shuffle(grown.names.begin(), grown.names.end(), random_);
    for (std::size_t i = 0; i < grown.names.size(); ++i) grown.names[i].second = static_cast<int>(i) * 5 - 3;
    break;
  case Kind::kArray:
    grown.count = static_cast<std::size_t>(1 + below(5));
    grown.members[0].shape = grow(shape->members[0].shape);
    break;
  case Kind::kStruct:
    return grow_struct(*shape);
  case Kind::kBool:
  case Kind::kText:
    break;
  }
  return std::make_shared<Shape>(grown);
}

Value Evolution::value(const Shape &shape) {
  Value made;
  switch (shape.kind) {
  case Kind::kInteger: {
    const std::uint64_t any = random_();
    made.number = shape.is_signed ? static_cast<std::int64_t>(any) >> (64 - shape.bits)
                                  : static_cast<std::int64_t>(any >> (64 - shape.bits));
    break;
  }
  case Kind::kFloat:
    made.number = below(200000) - 100000;
    break;
  case Kind::kBool:
    made.number = below(2);
    break;
  case Kind::kEnum:
    made.name = shape.names[static_cast<std::size_t>(below(static_cast<int>(shape.names.size())))].first;
    break;
  case Kind::kText:
    made.name = std::string(static_cast<std::size_t>(below(40)), static_cast<char>('a' + below(26)));
    break;
  case Kind::kArray:
    for (std::size_t i = 0; i < shape.count; ++i) made.inside.push_back(value(*shape.members[0].shape));
    break;
  case Kind::kStruct:
    for (const Member &member : shape.members) made.inside.push_back(value(*member.shape));
    break;
  }
  return made;
}

Value Evolution::carried(const Shape &from, const Value &old, const Shape &to, const Value &initial) {
  Value made = initial;
  if (to.kind == Kind::kArray) {
    for (std::size_t i = 0; i < std::min(from.count, to.count); ++i)
      made.inside[i] = carried(*from.members[0].shape, old.inside[i], *to.members[0].shape, initial.inside[i]);
  } else if (to.kind == Kind::kStruct) {
    for (std::size_t i = 0; i < to.members.size(); ++i) {
      const auto before = std::ranges::find(from.members, to.members[i].name, &Member::name);
      if (before == from.members.end()) continue;
      const Value &was = old.inside[static_cast<std::size_t>(before - from.members.begin())];
      made.inside[i] = carried(*before->shape, was, *to.members[i].shape, initial.inside[i]);
    }
  } else {
    made = old;
  }
  return made;
}

/// A version of the bundle in C or C++.
class Source {
 public:
  explicit Source(bool in_cxx) : in_cxx_(in_cxx) {}

  /// Answers -`version` if the state is `expected`, and else the number of the first value that is not; then holds `next`.
  MemoryBundle text(int version, const Shape &shape, const Value &initial, const Value &expected, const Value &next) {
    const std::string type = declare(shape, "state");
    std::string code = in_cxx_ ? "#include <string>\n" : "#include <stdbool.h>\n";
    code += definitions_ + "GRAFT_KEEP " + type + " = " + written(shape, initial) + ";\n";
    std::string checks, sets;
    each(shape, expected, "state", [&](const Shape &leaf, const Value &value, const std::string &path) {
      paths.push_back(path + " == " + literal(leaf, value));
      checks += "  if (!(" + path + " == " + literal(leaf, value) + ")) return " + std::to_string(paths.size()) + ";\n";
    });
    each(shape, next, "state", [&](const Shape &leaf, const Value &value, const std::string &path) {
      sets += "  " + path + " = " + literal(leaf, value) + ";\n";
    });
    code += "static int32_t look(void) {\n" + checks + sets + "  return " + std::to_string(-version) + ";\n}\n";
    return in_cxx_ ? cxx_text(code, "look()") : c_text(code, "look()");
  }

  std::vector<std::string> paths; ///< what each answer stands for, from 1

 private:
  using Kind = Shape::Kind;

  std::string declare(const Shape &shape, const std::string &name) {
    const std::string word = shape.is_signed ? "int" : "uint";
    switch (shape.kind) {
    case Kind::kInteger:
      if (shape.is_bit_field) return word + "64_t " + name + " : " + std::to_string(shape.bits);
      return word + std::to_string(shape.bits) + "_t " + name;
    case Kind::kFloat:
      return (shape.bits == 32 ? "float " : "double ") + name;
    case Kind::kBool:
      return "bool " + name;
    case Kind::kText:
      return "std::string " + name;
    case Kind::kArray:
      return declare(*shape.members[0].shape, name + "[" + std::to_string(shape.count) + "]");
    case Kind::kEnum: {
      std::string text = "enum " + shape.tag + " {";
      for (const auto &[each, value] : shape.names) text += " " + each + " = " + std::to_string(value) + ",";
      definitions_ += text + " };\n";
      return "enum " + shape.tag + " " + name;
    }
    case Kind::kStruct: {
      std::string text = "struct " + shape.tag + " {\n";
      for (const Member &member : shape.members) text += "  " + declare(*member.shape, member.name) + ";\n";
      definitions_ += text + "};\n";
      return "struct " + shape.tag + " " + name;
    }
    }
    return {};
  }

  std::string literal(const Shape &shape, const Value &value) const {
    switch (shape.kind) {
    case Kind::kInteger:
      return (shape.is_signed ? "(int64_t)" : "") + std::to_string(static_cast<std::uint64_t>(value.number)) + "u";
    case Kind::kFloat:
      return std::to_string(value.number / 4) + ".0" + (shape.bits == 32 ? "f" : "");
    case Kind::kBool:
      return value.number != 0 ? "true" : "false";
    case Kind::kText:
      return "\"" + value.name + "\"";
    default:
      return value.name;
    }
  }

  std::string written(const Shape &shape, const Value &value) const {
    if (shape.kind == Kind::kInteger && in_cxx_)
      return "static_cast<" + number_type(shape) + ">(" + literal(shape, value) + ")";
    if (shape.kind != Kind::kArray && shape.kind != Kind::kStruct) return literal(shape, value);
    std::string text = "{";
    for (std::size_t i = 0; i < value.inside.size(); ++i) {
      const Member &member = shape.members[shape.kind == Kind::kArray ? 0 : i];
      text += (i == 0 ? "" : ", ") + written(*member.shape, value.inside[i]);
    }
    return text + "}";
  }

  static std::string number_type(const Shape &shape) {
    return (shape.is_signed ? "int" : "uint") + std::to_string(shape.is_bit_field ? 64 : shape.bits) + "_t";
  }

  template <class F>
  static void each(const Shape &shape, const Value &value, const std::string &path, const F &take) {
    if (shape.kind == Kind::kArray)
      for (std::size_t i = 0; i < shape.count; ++i)
        each(*shape.members[0].shape, value.inside[i], path + "[" + std::to_string(i) + "]", take);
    else if (shape.kind == Kind::kStruct)
      for (std::size_t i = 0; i < shape.members.size(); ++i)
        each(*shape.members[i].shape, value.inside[i], path + "." + shape.members[i].name, take);
    else
      take(shape, value, path);
  }

  bool in_cxx_;
  std::string definitions_;
};

class StateEvolution : public test::State, public testing::WithParamInterface<bool> {
 protected:
  /// Three reloads of one bundle.
  void live(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Evolution evolution(seed, GetParam());
    ShapePtr shape = evolution.make_struct(3);
    Value initial = evolution.value(*shape), expected = initial;
    for (int version = 1; version <= 4; ++version) {
      const Value next = evolution.value(*shape);
      Source source(GetParam());
      const MemoryBundle bundle = source.text(version, *shape, initial, expected, next);
      if (version == 1)
        load(bundle);
      else
        ASSERT_THAT(runtime->reload(bundle), Succeeds()) << bundle.files[0].contents;
      const int wrong = call();
      ASSERT_EQ(wrong, -version) << "version " << version << ": not " << source.paths.at(static_cast<std::size_t>(wrong - 1))
                                 << "\n"
                                 << bundle.files[0].contents;
      const ShapePtr grown = evolution.grow(shape);
      initial = evolution.value(*grown);
      expected = Evolution::carried(*shape, next, *grown, initial);
      shape = grown;
    }
    ASSERT_THAT(runtime->unload("b"), Succeeds());
  }
};

TEST_P(StateEvolution, EveryValueArrives) {
  const std::uint64_t first = test::seed_of_run();
  const std::uint64_t rounds = std::getenv("GRAFT_LONG") == nullptr ? 5 : GetParam() ? 100 : 500; // C++ has <string>
  for (std::uint64_t seed = first; seed < first + rounds && !HasFatalFailure(); ++seed) live(seed);
}

INSTANTIATE_TEST_SUITE_P(Languages, StateEvolution, testing::Bool(),
                         [](const auto &info) { return info.param ? "Cxx" : "C"; });

} // namespace
} // namespace graft
