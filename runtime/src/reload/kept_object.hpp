// Kept objects: the memory behind GRAFT_KEEP variables, which no generation owns.
//
//   K1  An object's address and type never change. A variable whose type changes, or that asks for more alignment, gets a new
//       object; the old one stays as it is.
//   K2  The memory is there before any code that is bound to it is linked, and until the last generation that is bound to it is gone.
//   K3  An object is ended once: by the newest generation that was bound to it, when nobody is inside that one or an older one.
//   K4  While an object lives, every generation whose code or data it may reach is mapped: those that a word of it points into are
//       seen (Retirement), and where its type says that there may be more behind its pointers, newer generations hold older ones.
#pragma once

#include <graft/base/facts.hpp>
#include <graft/jit/linker.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace graft {

/// Where an object's words lie, any of which may be an address.
enum class Words : std::uint8_t { kAligned, kAnywhere };

/// What facts call packed.
constexpr Words words_of(bool packed) { return packed ? Words::kAnywhere : Words::kAligned; }

/// The memory of one kept variable.
///
/// Threads: what is in it belongs to the plugin's threads; the rest is constant.
class KeptObject {
 public:
  /// `size` zeros. kExhausted.
  static Result<std::shared_ptr<KeptObject>> create(std::string name, std::size_t size, std::size_t align, Words words);

  std::byte *memory() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  const std::string &name() const { return name_; }
  /// Where a word lies for which `is_it` holds, whatever its type. The object may be in use.
  template <class IsIt>
  std::optional<std::size_t> find_word(IsIt is_it) const {
    const std::size_t step = words_ == Words::kAligned ? sizeof(std::uintptr_t) : 1;
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= size_; at += step)
      if (is_it(word_at(at))) return at;
    return std::nullopt;
  }
  /// Its value was ended (K3): release, pairs with the acquire in `has_ended`.
  void end() { ended_.store(true, std::memory_order_release); }
  bool has_ended() const { return ended_.load(std::memory_order_acquire); }

 private:
  struct Free {
    void operator()(std::byte *memory) const;
  };
  KeptObject(std::string name, std::size_t size, std::unique_ptr<std::byte[], Free> memory, Words words)
      : name_(std::move(name)), size_(size), memory_(std::move(memory)), words_(words) {}
  std::uintptr_t word_at(std::size_t at) const {
    if (at % sizeof(std::uintptr_t) == 0) // relaxed: only the word's value is asked for
      return __atomic_load_n(reinterpret_cast<const std::uintptr_t *>(memory_.get() + at), __ATOMIC_RELAXED);
    std::uintptr_t word = 0;
    std::memcpy(&word, memory_.get() + at, sizeof word);
    return word;
  }

  std::string name_;
  std::size_t size_;
  std::unique_ptr<std::byte[], Free> memory_;
  Words words_;
  std::atomic<bool> ended_{false};
};

/// Whether a word of the object is an address in the image's memory. The object may be in use.
bool points_into(const KeptObject &object, const jit::Image &image);

/// The alignment that the variable's memory has at least; no memory has less than the platform's allocations.
std::size_t alignment_of(const Facts &facts, const KeptFacts &variable);

/// What binds one kept variable of a generation to its object.
struct KeptBinding {
  /// Shared by the generations that are bound to it (K2): they end in any order.
  std::shared_ptr<KeptObject> object;
  /// The same while the generation is only prepared: a reload that may never happen keeps nothing alive.
  std::weak_ptr<KeptObject> expected{};
  /// What the variable's constructor looks at and leaves behind. In memory of its own, because code is bound to its address.
  std::unique_ptr<KeptLife> life = std::make_unique<KeptLife>(KeptLife::kKept);
  bool is_fresh = false; ///< made for this generation, whose initialisers fill it in
  std::vector<std::byte> saved{}; ///< what a fresh one begins with instead of its initial value; empty: nothing was saved
  bool is_last = false;  ///< its generation is the newest that is bound to the object, and goes (K3); set by Retirement
};

/// A new object for `variable`.
Result<KeptBinding> fresh_binding(const Facts &facts, const KeptFacts &variable);

/// Binds the variables of `facts` in `options`, and asks for what fills and ends them and the states of instances.
void bind_kept(const Facts &facts, const std::vector<KeptBinding> &kept, jit::LinkOptions &options);

/// Gives a fresh object its initial bytes, before the image's initialisers run.
void fill_fresh(const KeptFacts &facts, const KeptBinding &kept, const jit::Image &image);

/// Runs the destructor of a value that nobody else uses. What it throws is the caller's.
void destroy_value(const Facts &facts, TypeIndex type, std::byte *value, const jit::Image &image);

} // namespace graft
