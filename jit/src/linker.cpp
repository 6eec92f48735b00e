// The linker: links go through sessions, images come out.
//
//   I5  What ORC knows of a link ends with the link. An image owns its pages, from their finalisation on.
#include "frame_lookup.hpp"
#include "image.hpp"
#include "link_job.hpp"
#include "llvm_error.hpp"
#include "memory_manager.hpp"
#include "perf_map.hpp"
#include "prelink.hpp"
#include "session.hpp"
#include "stubs.hpp"

#include <graft/base/mutex.hpp>

#include <llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h>

#include <algorithm>
#include <optional>
#include <utility>

extern "C" {
void __register_frame(void *frames);
void __deregister_frame(void *frames);
}

namespace graft::jit {
namespace {

/// Owns: everything that images share.
class LinkerImpl final : public Linker, public ImageHome {
 public:
  LinkerImpl(std::unique_ptr<ThreadStorage> threads, Config config, Unwinding unwinding)
      : unwinding_(unwinding), space_(config.slab_bytes), memory_(space_), threads_(std::move(threads)) {}
  ~LinkerImpl() override { shared_images_.let_go(); }

  Result<std::unique_ptr<Image>> link(const Artifact &artifact, const LinkOptions &options) override {
    return link(artifact, options, nullptr);
  }
  Result<std::unique_ptr<Image>> link_second(Image &first, const Artifact &artifact, const LinkOptions &options) override;
  Result<std::unique_ptr<Image>> link_fused(const std::vector<const Image *> &members, const Artifact &artifact,
                                            const LinkOptions &options) override;
  void link_ahead(const std::shared_ptr<const SharedCode> &code) override;
  Unwinding unwinding() const override { return unwinding_; }

  void announce(const ImageState &state);
  void end(const ImageState &state) override;
  Result<std::shared_ptr<SharedImage>> link_shared(const std::shared_ptr<const SharedCode> &code);
  /// The image of `job`, whose shared code is lent already.
  Result<std::unique_ptr<Image>> finish(LinkJob &job, Session &session, std::unique_ptr<ImageState> state,
                                        const LinkOptions &options, SharedUses shared);
  std::unique_ptr<ImageState> new_state(const LinkOptions &options);
  Result<void> rewrite(const ImageState &state, const std::function<void()> &write) override {
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
  PerfMap perf_map_;
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

void LinkerImpl::announce(const ImageState &state) {
  perf_map_.add(state.functions);
  if (state.frame_header == nullptr) return;
  if (unwinding_ == Unwinding::kLookup) {
    publish_frames(state.placement.code.begin, state.placement.code.bytes, state.frame_header);
  } else {
    ::__register_frame(const_cast<void *>(state.frames));
  }
}

void LinkerImpl::end(const ImageState &state) {
  if (state.frame_header != nullptr) {
    if (unwinding_ == Unwinding::kLookup) {
      retract_frames(state.placement.code.begin, state.placement.code.bytes);
    } else {
      ::__deregister_frame(const_cast<void *>(state.frames));
    }
  }
  space_.release(state.placement);
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

Result<std::unique_ptr<Image>> LinkerImpl::link_fused(const std::vector<const Image *> &members, const Artifact &artifact,
                                                      const LinkOptions &options) {
  std::vector<const ImageSymbols *> names;
  for (const Image *member : members) {
    const auto *const image = dynamic_cast<const ImageImpl *>(member);
    const ImageSymbols *const known = image != nullptr ? image->names_of_second() : nullptr;
    if (known == nullptr)
      return error(Code::kUnsupported,
                   "member " + std::to_string(names.size() + 1) + " has no second image that can be fused");
    names.push_back(known);
  }
  GRAFT_TRY_ASSIGN(Session *const session, take_session());
  const std::unique_ptr<Session, SessionReturn> lease(session, SessionReturn{this});
  auto state = new_state(options);
  LinkJob job(artifact, options, *state, builtins_, session->names());
  job.fuse(std::move(names));
  GRAFT_TRY(job.add_objects());
  return finish(job, *session, std::move(state), options, {});
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
    space_.release(state->placement);
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

void LinkerImpl::link_ahead(const std::shared_ptr<const SharedCode> &code) {
  shared_images_.link_ahead(*code, [&] { return link_shared(code); });
}

Result<std::unique_ptr<Image>> LinkerImpl::link(const Artifact &artifact, const LinkOptions &options, ImageState *first) {
  // What was linked before is not known to debuggers: bytes have no debug information.
  const bool is_alone =
      first == nullptr && artifact.shared.empty() && std::ranges::none_of(artifact.objects, has_debug_information);
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
