// How a value of an old type becomes one of a new type, by name and type, field by field: the steps, and what the plan says
// of them.
#pragma once

#include "conversion.hpp"

#include <graft/base/facts.hpp>
#include <graft/plan.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace graft {

/// Whether values of the two types are the same to code of either version: fields, virtual functions, what templates were
/// made with and all.
bool is_same_type(const Facts &old, TypeIndex from, const Facts &fresh, TypeIndex to);

/// Compares types of two versions. One for each kept variable.
///
/// Rules, first that fits: a GRAFT_MIGRATE from such a type; the same class by its copy constructor, a plain same type by
/// its bytes; numbers that lose nothing; enums by their enumerators' names; arrays by element, over the shorter length;
/// structs by field name, and classes without a base that the other lacks. All else is refused: classes of a library and
/// those that say themselves how they are copied or destroyed, when they changed; a value of an enum whose names do not all
/// have one value now.
class TypePlanner {
 public:
  /// `initial`: the variable's initial bytes; null when they are not known.
  TypePlanner(const Facts &old, const Facts &fresh, const std::byte *initial)
      : old_(old), fresh_(fresh), initial_(initial) {}

  /// A pair of places, relative to the two objects.
  struct Pair {
    TypeIndex to_type = 0;
    TypeIndex from_type = 0;
    std::uint64_t to_bits = 0;
    std::uint64_t from_bits = 0;
    std::uint32_t to_width = 0; ///< of a bit-field
    std::uint32_t from_width = 0;
    std::string path;
    std::uint64_t room = ~std::uint64_t{0}; ///< bytes until the new side's next field, which may lie in this one's padding
  };
  void match(const Pair &pair, std::vector<Step> &steps);

  std::vector<PlanItem> items;

 private:
  void match_by_rules(const Pair &pair, std::vector<Step> &steps);
  bool migrate(const Pair &pair, std::vector<Step> &steps);
  bool match_class(const Pair &pair, std::vector<Step> &steps);
  bool match_number(const Pair &pair, std::vector<Step> &steps);
  bool match_enum(const Pair &pair, std::vector<Step> &steps);
  bool match_pointer(const Pair &pair, std::vector<Step> &steps);
  bool match_array(const Pair &pair, std::vector<Step> &steps);
  bool match_fields(const Pair &pair, std::vector<Step> &steps);
  void copy_bytes(const Pair &pair, std::vector<Step> &steps);
  std::string unused_migrations(const Pair &pair) const;
  void say(Fate fate, const Pair &pair, std::string how);
  void say_new(const Field &field, const std::string &path, std::uint64_t offset_bits);

  const Facts &old_;
  const Facts &fresh_;
  const std::byte *initial_;
};

} // namespace graft
