// Saving and giving back.
#include "saved_state.hpp"

#include "given_up.hpp"

#include <algorithm>

namespace graft {
namespace {

/// Whether a value's bytes are all of it: C's types, and C++'s that are trivially copyable.
bool is_bytes(const Facts &facts, TypeIndex type) {
  while (facts.types[type].kind == TypeKind::kArray) type = facts.types[type].target;
  const auto found = std::ranges::find(facts.kept_classes, type, &KeptClass::type);
  return found == facts.kept_classes.end() || found->bytes;
}

/// Byte by byte, because a last call of the old code may still write.
std::vector<std::byte> copy_of(const KeptObject &object) {
  std::vector<std::byte> bytes(object.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(
        __atomic_load_n(reinterpret_cast<const unsigned char *>(object.memory()) + i, __ATOMIC_RELAXED));
  return bytes; // relaxed: what is written meanwhile is in the copy or not
}

} // namespace

std::vector<SavedCopy> save_given_up(const Generation &old, const KeptPlan &plan) {
  std::vector<SavedCopy> saved;
  for (std::size_t i = 0; i < old.facts.kept.size(); ++i) {
    const KeptFacts &variable = old.facts.kept[i];
    const bool stays = std::ranges::any_of(
        plan.objects, [&](const ObjectPlan &object) { return object.way == ObjectPlan::Way::kInPlace && object.old == i; });
    if (stays || !variable.reaches.empty() || !is_bytes(old.facts, variable.type)) continue;
    if (points_into(*old.kept[i].object, *old.image) || points_to_kept(*old.kept[i].object, old)) continue;
    saved.push_back({variable.qualified, variable.file, variable.fingerprint, copy_of(*old.kept[i].object)});
  }
  return saved;
}

const SavedCopy *saved_of(const std::vector<SavedCopy> &saved, const KeptFacts &variable) {
  const auto found = std::ranges::find_if(saved, [&](const SavedCopy &copy) {
    return copy.qualified == variable.qualified && copy.file == variable.file && copy.fingerprint == variable.fingerprint;
  });
  return found == saved.end() ? nullptr : &*found;
}

void restore_saved(const std::vector<SavedCopy> &saved, const Facts &facts, std::vector<KeptBinding> &bindings,
                   KeptPlan &plan) {
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    const ObjectPlan &object = plan.objects[i];
    const SavedCopy *const copy = saved_of(saved, facts.kept[i]);
    if (!bindings[i].is_fresh || object.way != ObjectPlan::Way::kFresh || copy == nullptr) continue;
    bindings[i].saved = copy->bytes;
    plan.items[object.item].how = "as it was when this version ran last";
  }
}

} // namespace graft
