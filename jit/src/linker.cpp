// The linker's two classes: ORC sessions that links go through, and the images that come out.
//
//   I5  What ORC knows of a link ends with the link. An image owns its pages, from their finalisation on.
#include "foreign_call.hpp"
#include "frame_lookup.hpp"
#include "link_job.hpp"
#include "llvm_error.hpp"
#include "memory_manager.hpp"
#include "prelink.hpp"
#include "shared_code.hpp"
#include "stubs.hpp"

#include <graft/base/current_exception.hpp>
#include <graft/base/first_image.hpp>
#include <graft/jit/linker.hpp>

#include <llvm/Demangle/Demangle.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>

extern "C" {
void __register_frame(void *frames);
void __deregister_frame(void *frames);
}

namespace graft::jit {
namespace {

class LinkerImpl;

/// The shared code that an image calls.
using SharedUses = std::vector<std::shared_ptr<SharedImage>>;

/// An ORC session that one link at a time goes through.
///
/// Rationale: ORC keeps outstanding work in one queue per session, so that a second thread's look-up may run the first one's
/// link, and still be in it when the first thread already goes on. With a session per concurrent link, a link is run and
/// finished by the thread that asks for it (I4), no dylib is removed under a materialisation, and links do not wait for each
/// other. A dylib that stayed as long as its image would keep 7 kB of empty tables.
///
/// Threads: one at a time.
class Session {
 public:
  Session(std::unique_ptr<llvm::orc::ExecutorProcessControl> control, MemoryManager &memory);
  ~Session() { llvm::consumeError(session_.endSession()); }

  std::shared_ptr<llvm::orc::SymbolStringPool> names() { return session_.getSymbolStringPool(); }
  /// Links `graph` in a dylib of its own. False, with the failure in `job`, when that did not work.
  bool link(LinkJob &job, const std::string &name, std::unique_ptr<llvm::jitlink::LinkGraph> graph);

 private:
  void remove(llvm::orc::JITDylib &dylib);

  llvm::orc::ExecutionSession session_;
  llvm::orc::ObjectLinkingLayer layer_;
  std::uint64_t links_ = 0;
};

/// T3. Writes a jump to the second image over the beginning of the first image's function, where that begins with nothing.
///
/// Threads may be running it: the nothing is one instruction and the jump another of the same length, written by one store,
/// so that each meets either. A function that begins otherwise (its author's machine code) stays as it is.
void lead(const Twin &twin) {
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

class ImageImpl : public Image {
 public:
  ImageImpl(LinkerImpl &linker, std::unique_ptr<ImageState> state, LinkOptions::Arguments arguments, SharedUses shared)
      : linker_(linker), state_(std::move(state)), arguments_(arguments), shared_(std::move(shared)) {}
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
  void keep(std::vector<char> prelinked) { prelinked_ = std::move(prelinked); }

 private:
  enum class Life : std::uint8_t { kLinked, kRunning, kFailed, kStopped };

  /// The objects of a class, as it is mangled, that its destructor was registered for, to run at the end.
  std::vector<void *> statics_of(std::string_view type) const;

  LinkerImpl &linker_;
  std::unique_ptr<ImageState> state_;
  LinkOptions::Arguments arguments_;
  SharedUses shared_;
  Life life_ = Life::kLinked;
  std::unique_ptr<Image> second_; ///< what `state_->second` says
  std::vector<char> prelinked_;
};

/// Owns: everything that images share.
class LinkerImpl : public Linker {
 public:
  LinkerImpl(std::unique_ptr<ThreadStorage> threads, Config config, Unwinding unwinding)
      : unwinding_(unwinding), space_(config.slab_bytes), memory_(space_), threads_(std::move(threads)) {}

  Result<std::unique_ptr<Image>> link(const Artifact &artifact, const LinkOptions &options) override {
    return link(artifact, options, nullptr);
  }
  Result<std::unique_ptr<Image>> link_second(Image &first, const Artifact &artifact, const LinkOptions &options) override;
  Unwinding unwinding() const override { return unwinding_; }

  void announce(const ImageState &state);
  void withdraw(const ImageState &state);
  void release(const ImageState &state) { space_.release(state.placement); }
  Result<std::shared_ptr<SharedImage>> link_shared(const std::shared_ptr<const SharedCode> &code);
  /// The image of `job`, whose shared code is lent already.
  Result<std::unique_ptr<Image>> finish(LinkJob &job, Session &session, std::unique_ptr<ImageState> state,
                                        const LinkOptions &options, SharedUses shared);
  std::unique_ptr<ImageState> new_state(const LinkOptions &options);
  Result<void> rewrite(const ImageState &state, const std::function<void()> &write) {
    return space_.rewrite(state.placement, write);
  }
  /// An idle session, or a new one.
  Result<Session *> take_session() GRAFT_EXCLUDES(mutex_);
  void give_back(Session *session) GRAFT_EXCLUDES(mutex_);

 private:
  /// The image that the options' bytes are; null when they do not fit.
  std::unique_ptr<Image> place(const LinkOptions &options);
  /// `first`: the image that this is a second one of; null for any other.
  Result<std::unique_ptr<Image>> link(const Artifact &artifact, const LinkOptions &options, ImageState *first);

  const Unwinding unwinding_;
  AddressSpace space_;
  MemoryManager memory_;
  std::unique_ptr<ThreadStorage> threads_;
  TimerList timers_;
  Builtins builtins_;
  SharedImages shared_images_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Session>> sessions_ GRAFT_GUARDED_BY(mutex_);
  std::vector<Session *> idle_ GRAFT_GUARDED_BY(mutex_);
};

/// Ends the use of a session.
struct SessionReturn {
  LinkerImpl *linker;
  void operator()(Session *session) const { linker->give_back(session); }
};

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
    const std::string what = describe_current_exception();
    life_ = Life::kFailed;
    if (threads().empty()) run_finalisers();
    return error(Code::kException, "an initialiser threw " + what);
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
  return linker_.rewrite(*state_, [&] {
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
  linker_.withdraw(*state_);
  linker_.release(*state_);
}

Session::Session(std::unique_ptr<llvm::orc::ExecutorProcessControl> control, MemoryManager &memory)
    : session_(std::move(control)), layer_(session_, memory) {
  session_.setErrorReporter([](llvm::Error failure) {
    if (LinkJob *job = LinkJob::current()) return job->report(std::move(failure));
    llvm::consumeError(std::move(failure));
  });
  layer_.addPlugin(std::make_shared<LinkPlugin>());
}

bool Session::link(LinkJob &job, const std::string &name, std::unique_ptr<llvm::jitlink::LinkGraph> graph) {
  llvm::orc::JITDylib &dylib = session_.createBareJITDylib(name + "#" + std::to_string(links_++));
  bool is_linked = false;
  LinkJob::Scope scope(job);
  if (auto failure = layer_.add(dylib, std::move(graph))) {
    job.report(std::move(failure));
  } else if (auto handle = session_.lookup({&dylib}, kImageSymbol)) {
    job.image().dso_handle = handle->getAddress().toPtr<const void *>();
    is_linked = true;
  } else {
    job.report(handle.takeError());
  }
  remove(dylib);
  return is_linked;
}

void Session::remove(llvm::orc::JITDylib &dylib) {
  constexpr std::uint64_t kSweepEvery = 256; // a sweep visits every name
  llvm::consumeError(session_.removeJITDylib(dylib));
  if (links_ % kSweepEvery == 0) session_.getSymbolStringPool()->clearDeadEntries();
}

void LinkerImpl::announce(const ImageState &state) {
  if (state.frame_header == nullptr) return;
  if (unwinding_ == Unwinding::kLookup) {
    publish_frames(state.placement.code.begin, state.placement.code.bytes, state.frame_header);
  } else {
    ::__register_frame(const_cast<void *>(state.frames));
  }
}

void LinkerImpl::withdraw(const ImageState &state) {
  if (state.frame_header == nullptr) return;
  if (unwinding_ == Unwinding::kLookup) {
    retract_frames(state.placement.code.begin, state.placement.code.bytes);
  } else {
    ::__deregister_frame(const_cast<void *>(state.frames));
  }
}

Result<Session *> LinkerImpl::take_session() {
  {
    MutexLock lock(mutex_);
    if (!idle_.empty()) {
      Session *session = idle_.back();
      idle_.pop_back();
      return session;
    }
  }
  auto control =
      llvm::orc::SelfExecutorProcessControl::Create(nullptr, std::make_unique<llvm::orc::InPlaceTaskDispatcher>());
  if (!control) return to_error(control.takeError(), "linker");
  auto session = std::make_unique<Session>(std::move(*control), memory_);
  MutexLock lock(mutex_);
  return sessions_.emplace_back(std::move(session)).get();
}

void LinkerImpl::give_back(Session *session) {
  MutexLock lock(mutex_);
  idle_.push_back(session);
}

Result<std::unique_ptr<Image>> LinkerImpl::link_second(Image &first, const Artifact &artifact, const LinkOptions &options) {
  auto *const image = dynamic_cast<ImageImpl *>(&first);
  if (image == nullptr) return error(Code::kUnsupported, "its code was not linked by graft");
  GRAFT_ASSERT(image->state().symbols != nullptr, "a second image is linked once, for one that remembered its names");
  return link(artifact, options, &image->state());
}

std::unique_ptr<ImageState> LinkerImpl::new_state(const LinkOptions &options) {
  auto state = std::make_unique<ImageState>();
  state->threads = threads_.get();
  state->timers = &timers_;
  state->terminated = options.terminated;
  state->ending = options.ending;
  return state;
}

Result<std::unique_ptr<Image>> LinkerImpl::finish(LinkJob &job, Session &session, std::unique_ptr<ImageState> state,
                                                  const LinkOptions &options, SharedUses shared) {
  GRAFT_TRY_ASSIGN(auto graph, job.make_graph());
  if (!session.link(job, options.name, std::move(graph))) {
    state->detach();
    release(*state);
    return job.take_failure();
  }
  announce(*state);
  std::vector<char> bytes;
  if (job.recorder() != nullptr) bytes = job.recorder()->bytes(*state, options);
  auto image = std::make_unique<ImageImpl>(*this, std::move(state), options.arguments, std::move(shared));
  image->keep(std::move(bytes));
  return image;
}

std::unique_ptr<Image> LinkerImpl::place(const LinkOptions &options) {
  auto state = new_state(options);
  if (!place_prelinked(options.prelinked, options, space_, *state)) return nullptr;
  announce(*state);
  return std::make_unique<ImageImpl>(*this, std::move(state), options.arguments, SharedUses{});
}

Result<std::shared_ptr<SharedImage>> LinkerImpl::link_shared(const std::shared_ptr<const SharedCode> &code) {
  GRAFT_TRY_ASSIGN(Session *const session, take_session());
  const std::unique_ptr<Session, SessionReturn> lease(session, SessionReturn{this});
  Artifact artifact;
  artifact.objects.push_back({"shared code", code->object});
  LinkOptions options;
  options.name = "shared code";
  options.exports = code->symbols;
  auto state = new_state(options);
  LinkJob job(artifact, options, *state, builtins_, session->names());
  GRAFT_TRY(job.add_objects());
  GRAFT_TRY_ASSIGN(std::unique_ptr<Image> image, finish(job, *session, std::move(state), options, {}));
  return std::make_shared<SharedImage>(code, std::move(image), job.imports());
}

Result<std::unique_ptr<Image>> LinkerImpl::link(const Artifact &artifact, const LinkOptions &options, ImageState *first) {
  const bool is_alone = first == nullptr && artifact.shared.empty();
  if (is_alone && !options.prelinked.empty())
    if (auto image = place(options)) return image;
  SharedUses candidates;
  for (const auto &code : artifact.shared) {
    GRAFT_TRY_ASSIGN(auto shared, shared_images_.find_or_link(*code, [&] { return link_shared(code); }));
    candidates.push_back(std::move(shared));
  }
  GRAFT_TRY_ASSIGN(Session *const session, take_session());
  const std::unique_ptr<Session, SessionReturn> lease(session, SessionReturn{this});
  auto state = new_state(options);
  LinkJob job(artifact, options, *state, builtins_, session->names());
  std::optional<PrelinkRecorder> recorder;
  if (is_alone && options.prelink == Prelink::kYes) job.note_for(recorder.emplace());
  std::unique_ptr<ImageSymbols> names; // nobody asks for them again
  if (first != nullptr) {
    names = std::move(first->symbols);
    job.follow({*names, first->dso_handle}, first->placement.slab);
  }
  GRAFT_TRY(job.add_objects());
  if (job.may_borrow(candidates)) {
    job.lend(*candidates.front());
  } else {
    candidates.clear();
    for (const auto &code : artifact.shared) GRAFT_TRY(job.copy(*code));
  }
  return finish(job, *session, std::move(state), options, std::move(candidates));
}

} // namespace

Result<std::unique_ptr<Linker>> Linker::create(Config config) {
  GRAFT_TRY_ASSIGN(auto threads, ThreadStorage::create());
  const Unwinding best = frame_lookup_binds() ? Unwinding::kLookup : Unwinding::kRegistered;
  const Unwinding unwinding = config.unwinding.value_or(best);
  if (unwinding == Unwinding::kLookup && best != Unwinding::kLookup) {
    return error(Code::kEnvironment,
                 "the unwinder does not ask this library for frames (_dl_find_object binds elsewhere); link "
                 "it into the program instead of loading it with dlopen");
  }
  return std::unique_ptr<Linker>(std::make_unique<LinkerImpl>(std::move(threads), config, unwinding));
}

} // namespace graft::jit
