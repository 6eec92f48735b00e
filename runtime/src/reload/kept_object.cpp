// Making, filling and ending kept objects.
#include "kept_object.hpp"

#include <graft/base/fault.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace graft {
namespace {

const KeptClass *class_of(const Facts &facts, TypeIndex type) {
  const auto found = std::ranges::find(facts.kept_classes, type, &KeptClass::type);
  return found == facts.kept_classes.end() ? nullptr : &*found;
}

} // namespace

void KeptObject::Free::operator()(std::byte *memory) const { std::free(memory); }

Result<std::shared_ptr<KeptObject>> KeptObject::create(std::string name, std::size_t size, std::size_t align,
                                                       Words words) {
  const std::size_t least = std::max(align, alignof(std::max_align_t));
  const std::size_t rounded = (size + 1 + least - 1) / least * least; // so that a pointer past its end is nobody else's
  const bool refused = fault::at("there is no memory for the");
  std::unique_ptr<std::byte[], Free> memory(refused ? nullptr
                                                    : static_cast<std::byte *>(std::aligned_alloc(least, rounded)));
  if (memory == nullptr)
    return error(Code::kExhausted, "there is no memory for the " + std::to_string(size) + " bytes of kept '" + name + "'");
  std::memset(memory.get(), 0, rounded);
  return std::shared_ptr<KeptObject>(new KeptObject(std::move(name), size, std::move(memory), words));
}

bool points_into(const KeptObject &object, const jit::Image &image) {
  return object.find_word([&](std::uintptr_t word) { return image.owns(word); }).has_value();
}

std::size_t alignment_of(const Facts &facts, const KeptFacts &variable) {
  return std::max<std::size_t>({facts.types[variable.type].align, variable.align, alignof(std::max_align_t)});
}

Result<KeptBinding> fresh_binding(const Facts &facts, const KeptFacts &variable) {
  KeptBinding binding;
  GRAFT_TRY_ASSIGN(binding.object,
                   KeptObject::create(variable.qualified, facts.types[variable.type].size, alignment_of(facts, variable),
                                      words_of(variable.packed)));
  binding.is_fresh = true;
  return binding;
}

void bind_kept(const Facts &facts, const std::vector<KeptBinding> &kept, jit::LinkOptions &options) {
  for (std::size_t i = 0; i < facts.kept.size(); ++i) {
    const KeptFacts &variable = facts.kept[i];
    options.symbols.push_back({variable.binding, kept[i].object->memory()});
    if (!variable.life.empty()) options.symbols.push_back({variable.life, kept[i].life.get()});
    if (!variable.initial.empty()) options.exports.push_back(variable.initial);
  }
  for (const KeptClass &kept_class : facts.kept_classes)
    for (const std::string &symbol : {kept_class.replace, kept_class.destroy})
      if (!symbol.empty()) options.exports.push_back(symbol);
  for (const InstanceFacts &instance : facts.instances)
    if (!instance.construct.empty()) options.exports.push_back(instance.construct);
  for (const MigrationFacts &migration : facts.migrations) options.exports.push_back(migration.symbol);
}

void fill_fresh(const KeptFacts &facts, const KeptBinding &kept, const jit::Image &image) {
  if (!kept.saved.empty()) {
    std::ranges::copy(kept.saved, kept.object->memory());
    *kept.life = KeptLife::kConstructed;
    return;
  }
  const void *initial = facts.initial.empty() ? nullptr : image.address(facts.initial);
  if (initial != nullptr) std::memcpy(kept.object->memory(), initial, kept.object->size());
  *kept.life = KeptLife::kFresh;
}

void destroy_value(const Facts &facts, TypeIndex type, std::byte *value, const jit::Image &image) {
  std::size_t count = 1;
  for (; facts.types[type].kind == TypeKind::kArray; type = facts.types[type].target) count *= facts.types[type].count;
  const KeptClass *kept_class = class_of(facts, type);
  if (kept_class == nullptr || kept_class->destroy.empty()) return;
  using Destroy = void(void *);
  auto *destroy = reinterpret_cast<Destroy *>(const_cast<void *>(image.address(kept_class->destroy)));
  for (std::size_t i = count; i > 0; --i) destroy(value + (i - 1) * facts.types[type].size);
}

} // namespace graft
