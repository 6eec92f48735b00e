// See image.hpp.
#include "image.hpp"

#include "foreign_call.hpp"

#include <graft/base/current_exception.hpp>
#include <graft/base/first_image.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>

namespace graft::jit {

/// T3. Writes a jump to the second image over the beginning of the first image's function, where that begins with nothing.
///
/// Threads may be running it: the nothing is one instruction and the jump another of the same length, written by one store,
/// so that each meets either. A function that begins otherwise (its author's machine code) stays as it is.
static void lead(const Twin &twin) {
  const std::uintptr_t word = twin.first / kEntryAlign * kEntryAlign;
  auto &entry = *reinterpret_cast<std::uint64_t *>(word);
  char bytes[sizeof entry];
  std::memcpy(bytes, &entry, sizeof bytes);
  char *const at = bytes + (twin.first - word);
  if (at != bytes || std::memcmp(at, kFirstEntry, sizeof kFirstEntry) != 0) return;
  const auto distance = static_cast<std::int32_t>(twin.second - (twin.first + sizeof kFirstEntry));
  at[0] = '\xe9';
  std::memcpy(at + 1, &distance, sizeof distance);
  std::uint64_t jump;
  std::memcpy(&jump, bytes, sizeof jump);
  std::atomic_ref(entry).store(jump, std::memory_order_release); // whoever takes the jump sees the second image complete
}

Result<void> ImageImpl::run_initialisers() {
  GRAFT_ASSERT(life_ == Life::kLinked, "initialisers run once, right after the link");
  life_ = Life::kRunning;
  static const char *const kNoArguments[] = {nullptr};
  const char *const *argv = arguments_.argv == nullptr ? kNoArguments : arguments_.argv;
  const auto run_all = [&] {
    for (Initialiser initialiser : state_->initialisers) initialiser(arguments_.argc, argv, ::environ);
  };
  // Outside of the try: std::terminate is called where the unwinder finds nobody who would catch.
  if (state_->ending == Ending::kProcess) return run_all(), Result<void>();
  try {
    run_all();
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (...) {
    Error failure = thrown_error("an initialiser");
    life_ = Life::kFailed;
    if (threads().empty()) run_finalisers();
    return failure;
  }
  return {};
}

void ImageImpl::run_finalisers() {
  const Life before = std::exchange(life_, Life::kStopped);
  for (void *object : statics_of("St6thread")) { // no thread is left; natively the process would end
    auto &thread = *static_cast<std::thread *>(object);
    if (!thread.joinable()) continue;
    call_foreign([&] { thread.join(); });
    state_->left_behind.note_undone("a thread that nobody joined");
  }
  // What was constructed registered its end. Where an initialiser threw, `.fini_array` is not run: its functions pair with
  // no initialiser, and those that they count on may not have run.
  if (before == Life::kRunning) state_->finalise(ImageState::Arrays::kRun);
  if (before == Life::kFailed) state_->finalise(ImageState::Arrays::kSkip);
}

ImageStats ImageImpl::stats() const {
  ImageStats both = state_->stats;
  if (const ImageState *second = state_->second.load(std::memory_order_acquire)) { // pairs with take_over
    both.code_bytes += second->stats.code_bytes;
    both.read_only_bytes += second->stats.read_only_bytes;
  }
  return both;
}

Result<void> ImageImpl::take_over(std::unique_ptr<Image> second) {
  auto *const image = dynamic_cast<ImageImpl *>(second.get());
  GRAFT_ASSERT(image != nullptr && second_ == nullptr, "an image takes one second image, of its own linker");
  const ImageState &newer = image->state();
  second_ = std::move(second);
  state_->second.store(&newer, std::memory_order_release); // pairs with who asks what is at an address
  return home_.rewrite(*state_, [&] {
    const PageRun &own = state_->placement.code; // what several images share is led nowhere
    for (const Twin &twin : newer.twins)
      if (twin.first >= own.begin && twin.first < own.begin + own.bytes) lead(twin);
  });
}

const void *ImageImpl::newest(const void *function) const {
  const ImageState *second = state_->second.load(std::memory_order_acquire); // pairs with take_over
  if (second == nullptr) return function;
  const auto address = reinterpret_cast<std::uintptr_t>(function);
  const auto twin = std::ranges::lower_bound(second->twins, address, {}, &Twin::first);
  return twin == second->twins.end() || twin->first != address ? function : reinterpret_cast<const void *>(twin->second);
}

std::vector<void *> ImageImpl::statics_of(std::string_view type) const {
  const std::array names{"_ZN" + std::string(type) + "D1Ev", "_ZN" + std::string(type) + "D2Ev"};
  return state_->at_exit.arguments_of([&](std::uintptr_t run) {
    return std::ranges::any_of(names, [&](const std::string &name) {
      const auto is_shared = [&](const auto &shared) {
        return reinterpret_cast<std::uintptr_t>(shared->image().address(name)) == run;
      };
      return state_->functions.at(run) == name || std::ranges::any_of(shared_, is_shared);
    });
  });
}

void ImageImpl::ask_threads_to_stop() {
  for (void *object : statics_of("St7jthread"))
    call_foreign([&] { static_cast<std::jthread *>(object)->request_stop(); }); // callbacks are the plugin's
}

ImageImpl::~ImageImpl() {
  second_.reset();
  state_->detach();
  home_.end(*state_);
}

} // namespace graft::jit
