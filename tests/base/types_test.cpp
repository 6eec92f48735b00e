// Types as fingerprints (equal when, and only when, the ABI is) and as a C programmer writes them.
#include <graft/base/types.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace graft {
namespace {

/// Builds a table by hand, as the compiler driver does from an AST.
struct Builder {
  TypeTable table;

  TypeIndex add(Type type) {
    table.types.push_back(std::move(type));
    return static_cast<TypeIndex>(table.types.size() - 1);
  }
  TypeIndex scalar(TypeKind kind, std::uint64_t size) {
    return add({.kind = kind, .align = static_cast<std::uint32_t>(size), .size = size});
  }
  TypeIndex pointer(TypeIndex target, bool is_const = false) {
    return add({.kind = TypeKind::kPointer, .const_target = is_const, .align = 8, .size = 8, .target = target});
  }
  TypeIndex function(TypeIndex result, std::vector<TypeIndex> parameters, bool variadic = false) {
    Type type{.kind = TypeKind::kFunction, .variadic = variadic, .target = result};
    for (const TypeIndex parameter : parameters) type.fields.push_back({.type = parameter});
    return add(std::move(type));
  }
  std::string print(TypeIndex index) const { return fingerprint(table, index); }
  std::string spell(TypeIndex index) const { return spelling(table, index); }
};

TEST(Fingerprint, ScalarsAreKindAndWidth) {
  Builder b;
  EXPECT_EQ(b.print(b.scalar(TypeKind::kVoid, 0)), "void");
  EXPECT_EQ(b.print(b.scalar(TypeKind::kBool, 1)), "bool");
  EXPECT_EQ(b.print(b.scalar(TypeKind::kSigned, 1)), "i8");
  EXPECT_EQ(b.print(b.scalar(TypeKind::kSigned, 16)), "i128");
  EXPECT_EQ(b.print(b.scalar(TypeKind::kUnsigned, 8)), "u64");
  EXPECT_EQ(b.print(b.scalar(TypeKind::kFloat, 4)), "f32");
  EXPECT_EQ(b.print(b.scalar(TypeKind::kFloat, 8)), "f64");
  EXPECT_NE(b.print(b.scalar(TypeKind::kFloat, 16)), b.print(b.scalar(TypeKind::kComplex, 16)));
}

TEST(Fingerprint, PointersKeepTheConstOfTheirTarget) {
  Builder b;
  const TypeIndex character = b.scalar(TypeKind::kSigned, 1);
  EXPECT_EQ(b.print(b.pointer(character)), "*i8");
  EXPECT_EQ(b.print(b.pointer(character, true)), "*const i8");
}

TEST(Fingerprint, EnumsNameTheirValuesAndWidth) {
  Builder b;
  const TypeIndex u32 = b.scalar(TypeKind::kUnsigned, 4);
  const TypeIndex color = b.add({.kind = TypeKind::kEnum,
                                 .align = 4,
                                 .size = 4,
                                 .target = u32,
                                 .name = "color",
                                 .enumerators = {{"red", 0}, {"green", 1}}});
  EXPECT_EQ(b.print(color), "enum color:u32{red=0,green=1}");
}

TEST(Fingerprint, FunctionsDropTheNamesOfTheirParameters) {
  Builder b;
  const TypeIndex i32 = b.scalar(TypeKind::kSigned, 4);
  const TypeIndex nothing = b.scalar(TypeKind::kVoid, 0);
  const TypeIndex unnamed = b.function(nothing, {i32, b.pointer(nothing)});
  EXPECT_EQ(b.print(unnamed), "fn(i32,*void)->void");
  const TypeIndex named = b.function(nothing, {i32, b.pointer(nothing)});
  b.table.types[named].fields[0].name = "count";
  EXPECT_EQ(b.print(named), b.print(unnamed));
  EXPECT_EQ(b.print(b.function(i32, {})), "fn()->i32");
  EXPECT_EQ(b.print(b.function(i32, {i32}, true)), "fn(i32,...)->i32");
}

TEST(Fingerprint, StructsDifferBySizeAlignmentNamesAndOffsets) {
  const auto point = [](const char *tag, const char *second, std::uint64_t offset_bits, std::uint64_t size) {
    Builder b;
    const TypeIndex f64 = b.scalar(TypeKind::kFloat, 8);
    return b.print(
        b.add({.kind = TypeKind::kStruct,
               .align = 8,
               .size = size,
               .name = tag,
               .fields = {{.name = "x", .type = f64}, {.name = second, .type = f64, .offset_bits = offset_bits}}}));
  };
  const std::string plain = point("point", "y", 64, 16);
  EXPECT_EQ(plain.substr(0, 19), "struct point:16:8{x");
  EXPECT_EQ(plain, point("point", "y", 64, 16));
  EXPECT_NE(plain, point("spot", "y", 64, 16));
  EXPECT_NE(plain, point("point", "z", 64, 16));
  EXPECT_NE(plain, point("point", "y", 128, 16));
  EXPECT_NE(plain, point("point", "y", 64, 24));
}

TEST(Fingerprint, BitFieldsDifferByOffsetAndWidth) {
  const auto flags = [](std::uint64_t offset_bits, std::uint32_t width_bits) {
    Builder b;
    const TypeIndex u32 = b.scalar(TypeKind::kUnsigned, 4);
    return b.print(b.add({.kind = TypeKind::kStruct,
                          .align = 4,
                          .size = 4,
                          .name = "flags",
                          .fields = {{.name = "on", .type = u32, .offset_bits = offset_bits, .width_bits = width_bits}}}));
  };
  EXPECT_EQ(flags(1, 1), flags(1, 1));
  EXPECT_NE(flags(1, 1), flags(2, 1));
  EXPECT_NE(flags(1, 1), flags(1, 2));
  EXPECT_NE(flags(0, 32), flags(0, 0));
}

TEST(Fingerprint, RecursionEnds) {
  Builder b;
  const TypeIndex node = b.add({.kind = TypeKind::kStruct, .align = 8, .size = 8, .name = "node"});
  const TypeIndex next = b.pointer(node);
  b.table.types[node].fields = {{.name = "next", .type = next}};
  EXPECT_EQ(b.print(node), "struct node:8:8{next@0:*struct node}");
}

TEST(Fingerprint, UnnamedRecordsInsideEachOtherStayApart) {
  Builder b;
  const TypeIndex i32 = b.scalar(TypeKind::kSigned, 4);
  const TypeIndex inner = b.add({.kind = TypeKind::kUnion, .align = 4, .size = 4, .fields = {{.name = "i", .type = i32}}});
  const TypeIndex outer = b.add({.kind = TypeKind::kStruct,
                                 .align = 4,
                                 .size = 8,
                                 .fields = {{.name = "a", .type = inner}, {.name = "b", .type = inner, .offset_bits = 32}}});
  const TypeIndex other = b.add({.kind = TypeKind::kStruct,
                                 .align = 4,
                                 .size = 8,
                                 .fields = {{.name = "a", .type = inner}, {.name = "b", .type = i32, .offset_bits = 32}}});
  EXPECT_NE(b.print(outer), b.print(other));
}

TEST(Fingerprint, TextGrowsWithTheTableNotWithItsPaths) {
  Builder b;
  TypeIndex last = b.scalar(TypeKind::kSigned, 4);
  for (int depth = 0; depth < 60; ++depth) {
    std::string tag = "s" + std::to_string(depth);
    const TypeIndex pointer = b.pointer(last);
    last = b.add({.kind = TypeKind::kStruct,
                  .align = 8,
                  .size = 16,
                  .name = std::move(tag),
                  .fields = {{.name = "left", .type = pointer}, {.name = "right", .type = pointer, .offset_bits = 64}}});
  }
  EXPECT_LT(b.print(last).size(), 60u * 200u);
}

TEST(Spelling, DeclaratorsReadInsideOut) {
  Builder b;
  const TypeIndex i32 = b.scalar(TypeKind::kSigned, 4);
  const TypeIndex character = b.scalar(TypeKind::kSigned, 1);
  const TypeIndex f64 = b.scalar(TypeKind::kFloat, 8);
  const TypeIndex array = b.add({.kind = TypeKind::kArray, .align = 4, .size = 12, .target = i32, .count = 3});
  const TypeIndex point = b.add({.kind = TypeKind::kStruct, .align = 8, .size = 16, .name = "point"});
  EXPECT_EQ(b.spell(b.pointer(character, true)), "const char *");
  EXPECT_EQ(b.spell(point), "struct point");
  EXPECT_EQ(b.spell(b.pointer(b.function(i32, {f64}))), "int32_t (*)(double)");
  EXPECT_EQ(b.spell(b.pointer(array)), "int32_t (*)[3]");
  EXPECT_EQ(b.spell(b.pointer(b.pointer(point))), "struct point **");
  EXPECT_EQ(b.spell(b.function(b.scalar(TypeKind::kVoid, 0), {})), "void (void)");
}

} // namespace
} // namespace graft
