// An image: code that is linked, its life from the first initialiser to the last finaliser, and the image that follows it.
#pragma once

#include "image_state.hpp"
#include "shared_code.hpp"

#include <graft/jit/linker.hpp>

#include <llvm/Demangle/Demangle.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::jit {

/// The shared code that an image calls.
using SharedUses = std::vector<std::shared_ptr<SharedImage>>;

/// What an image needs of the linker that made it, and that outlives it.
class ImageHome {
 public:
  /// Runs `write` while the image's code may be written.
  virtual Result<void> rewrite(const ImageState &state, const std::function<void()> &write) = 0;
  /// Its frames are found no more, and its pages are free.
  virtual void end(const ImageState &state) = 0;

 protected:
  ~ImageHome() = default;
};

class ImageImpl : public Image {
 public:
  ImageImpl(ImageHome &home, std::unique_ptr<ImageState> state, LinkOptions::Arguments arguments, SharedUses shared)
      : home_(home), state_(std::move(state)), arguments_(arguments), shared_(std::move(shared)) {}
  ~ImageImpl() override;

  Result<void> run_initialisers() override;
  void run_finalisers() override;

  const void *address(std::string_view symbol) const override {
    const auto place = state_->exports.find(std::string(symbol));
    return place == state_->exports.end() ? nullptr : place->second;
  }
  const std::vector<AddressRange> &code() const override { return state_->code; }
  bool owns(std::uintptr_t address) const override {
    return state_->owns(address) ||
           std::ranges::any_of(shared_, [&](const auto &shared) { return shared->image().owns(address); });
  }
  ImageStats stats() const override;
  std::string function_at(std::uintptr_t address) const override { return llvm::demangle(state_->function_at(address)); }
  Result<void> take_over(std::unique_ptr<Image> second) override;
  const void *newest(const void *function) const override;
  std::vector<ThreadInside> threads() const override { return state_->left_behind.threads(); }
  void ask_threads_to_stop() override;
  std::vector<std::string> end_timers() override { return state_->left_behind.end_timers(); }
  std::vector<std::string> take_back() override { return state_->left_behind.take_back(*this); }
  std::vector<char> prelinked() override { return std::exchange(prelinked_, {}); }

  ImageState &state() { return *state_; }
  /// What a fused image is bound to; null when there is no second image, or its names were not remembered.
  const ImageSymbols *names_of_second() const {
    const ImageState *second = state_->second.load(std::memory_order_acquire); // pairs with take_over
    return second != nullptr ? second->symbols.get() : nullptr;
  }
  void keep(std::vector<char> prelinked) { prelinked_ = std::move(prelinked); }

 private:
  enum class Life : std::uint8_t { kLinked, kRunning, kFailed, kStopped };

  /// The objects of a class, as it is mangled, that its destructor was registered for, to run at the end.
  std::vector<void *> statics_of(std::string_view type) const;

  ImageHome &home_;
  std::unique_ptr<ImageState> state_;
  LinkOptions::Arguments arguments_;
  SharedUses shared_;
  Life life_ = Life::kLinked;
  std::unique_ptr<Image> second_; ///< what `state_->second` says
  std::vector<char> prelinked_;
};

} // namespace graft::jit
