// C types as data: what the AST knew of a contract's functions and of kept state, without the AST.
//
// A type is an index into a table, so that recursive types are finite and a table can be stored and sent as it is. Typedefs,
// top-level const, `restrict` and language linkage are gone: two spellings of one ABI give equal fingerprints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnostic.hpp"
#include "export.hpp"

namespace graft {

using TypeIndex = std::uint32_t;

enum class TypeKind : std::uint8_t {
  kVoid,
  kBool,
  kSigned,    ///< two's complement integer of `size` bytes; plain char is signed here, as on x86-64
  kUnsigned,
  kFloat,     ///< 4: IEEE single, 8: IEEE double, 16: x87 extended in 16 bytes
  kComplex,   ///< two kFloat of half the size
  kPointer,   ///< to `target`; `const_target` says whether through a pointer to const
  kEnum,      ///< `target` is the underlying integer
  kStruct,    ///< also a C++ class with C layout
  kUnion,
  kArray,     ///< `count` times `target`; a flexible array member has count 0
  kFunction,  ///< returns `target`; `fields` are the parameters; `name` is its calling convention, if not C's
  kOpaque,    ///< a type that is declared and never defined, or one that C cannot spell; `name` says which
};

/// Where something is declared: the place of its name and the line that it stands in. No part of a type; empty where nobody saw it, and
/// for what the system's headers declare.
struct Declared {
  SourcePos where;
  std::string line;
};

/// A member of a struct or union, or a parameter of a function.
struct Field {
  std::string name;
  TypeIndex type = 0;
  std::uint64_t offset_bits = 0;  ///< 0 for parameters
  std::uint32_t width_bits = 0;   ///< of a bit-field; 0 for everything else
  Declared declared{};
};

struct Enumerator {
  std::string name;
  std::int64_t value = 0;  ///< the bits; unsigned when the underlying type is
  Declared declared{};
};

struct Type {
  TypeKind kind = TypeKind::kVoid;
  bool const_target = false;
  bool variadic = false;       ///< of a kFunction
  std::uint32_t align = 0;     ///< bytes
  std::uint64_t size = 0;      ///< bytes
  TypeIndex target = 0;
  std::uint64_t count = 0;
  std::string name;            ///< the tag of a struct, union or enum; empty for an anonymous one
  std::vector<Field> fields;
  std::vector<Enumerator> enumerators;
  Declared declared{};         ///< of a struct, union or enum
  /// What values may lead to and no field shows: the author's types that a class template was made with, and the bases
  /// and fields of a class with virtual functions that kept state holds.
  std::vector<TypeIndex> behind{};
};

struct TypeTable {
  std::vector<Type> types;

  const Type &operator[](TypeIndex index) const { return types[index]; }
};

/// The canonical string over widths and kinds; two types with equal fingerprints have one ABI. Recursion is cut by tag.
/// Examples: `i32`, `u64`, `f64`, `*const i8`, `enum color:u32{red=0,green=1}`,
/// `struct point:16:8{x@0:f64,y@8:f64}`, `fn(i32,*void)->void`.
GRAFT_API std::string fingerprint(const TypeTable &table, TypeIndex type);

/// The type as a C programmer writes it in a message: `const char *`, `struct point`, `int32_t (*)(double)`.
GRAFT_API std::string spelling(const TypeTable &table, TypeIndex type);

}  // namespace graft
