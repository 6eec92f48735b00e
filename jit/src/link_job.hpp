// One link, from objects to a filled-in ImageState: the passes that our plugin runs inside JITLink.
#pragma once

#include "builtins.hpp"
#include "graph_merger.hpp"
#include "image_state.hpp"
#include "outside_symbols.hpp"
#include "prelink.hpp"
#include "second_link.hpp"
#include "shared_code.hpp"

#include <graft/base/artifact.hpp>

#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>

#include <list>
#include <optional>

namespace graft::jit {

/// The link that is under way on a thread.
///
/// I4: a session runs one link at a time and every task where it is asked to, so all of a link happens on the thread that
/// started
///     it, and `current()` is that link in every callback.
class LinkJob {
 public:
  LinkJob(const Artifact &artifact, const LinkOptions &options, ImageState &image, Builtins &builtins,
          std::shared_ptr<llvm::orc::SymbolStringPool> names);

  /// The bundle's own objects. First.
  Result<void> add_objects();
  /// Lets the image call shared code; false when it must have copies of its own instead (`copy`). Behind add_objects.
  ///
  ///   I6  Within an image one name is one thing: code is lent only if nothing of the bundle's defines what it defines, if
  ///   it is the only one, and
  ///       if what it imports is what the bundle would import under that name, and may.
  bool may_borrow(const std::vector<std::shared_ptr<SharedImage>> &shared) const;
  void lend(const SharedImage &shared);
  Result<void> copy(const SharedCode &code) {
    return merger_.add(copies_.emplace_back(ObjectFile{"shared code", code.object}));
  }
  /// What the objects ask of the outside. After make_graph.
  std::vector<std::string> imports() const { return merger_.undefined(); }

  /// The link of the calling thread; null outside of one.
  static LinkJob *current() { return current_; }

  /// Makes a job current for a scope.
  class Scope {
   public:
    explicit Scope(LinkJob &job) { current_ = &job; }
    ~Scope() { current_ = nullptr; }
    Scope(const Scope &) = delete;
    Scope &operator=(const Scope &) = delete;
  };

  /// One graph out of the artifact's objects, roots marked; its one visible symbol is `__dso_handle`.
  Result<std::unique_ptr<llvm::jitlink::LinkGraph>> make_graph();

  // The passes, in the order JITLink runs them.
  llvm::Error bind_outside_symbols(llvm::jitlink::LinkGraph &graph);
  llvm::Error reserve_frame_header(llvm::jitlink::LinkGraph &graph);
  llvm::Error record(llvm::jitlink::LinkGraph &graph);

  /// Makes the link that of a second image, in the slab of the first; its code is bound to what the first image has.
  void follow(const FirstImage &first, Slab *slab) {
    first_.emplace(first);
    slab_ = slab;
  }
  Slab *slab() const { return slab_; } ///< the only one that will do; null: any

  /// Makes the link that of a fused image: what its members have outside of it is what they are bound to.
  void fuse(std::vector<const ImageSymbols *> members) { members_ = std::move(members); }

  ImageState &image() { return image_; }
  /// Who notes what it takes to place the image elsewhere; null: nobody. Set before anything else.
  PrelinkRecorder *recorder() const { return recorder_; }
  void note_for(PrelinkRecorder &recorder) {
    recorder_ = &recorder;
    outside_.note_looks(recorder.looks());
  }
  /// Keeps the first failure that ORC reports.
  void report(llvm::Error failure);
  /// Why the link failed.
  Error take_failure();

 private:
  Result<void> add_builtins();
  /// Binds weak data that the process has too (inline variables, statics of inline functions) to the process's, as a dynamic
  /// linker would: two copies of a singleton are a bug that nobody finds.
  Result<void> share_weak_data();
  void mark_roots(llvm::jitlink::LinkGraph &graph);
  void fill_frame_header();
  /// Before dead symbols go: a static function is called by its place in the code, so that its name counts as dead.
  void note_functions(llvm::jitlink::LinkGraph &graph);
  void record_functions(llvm::jitlink::LinkGraph &graph);
  /// The same for everything that has a name, for a second image.
  void note_names();
  void record_names(llvm::jitlink::LinkGraph &graph);

  static thread_local LinkJob *current_;

  const Artifact &artifact_;
  const LinkOptions &options_;
  ImageState &image_;
  Builtins &builtins_;
  GraphMerger merger_;
  OutsideSymbols outside_;
  std::vector<std::pair<std::string, llvm::jitlink::Symbol *>> exports_;
  std::vector<llvm::jitlink::Block *> frames_; ///< FDEs
  llvm::jitlink::Block *frame_header_ = nullptr;
  struct Function {
    const llvm::jitlink::Block *block; ///< may be gone when the graph was pruned
    std::uint64_t offset;
    std::uint32_t bytes;
    llvm::orc::SymbolStringPtr name;
  };
  std::vector<Function> functions_;
  DebugRecorder debug_;
  PrelinkRecorder *recorder_ = nullptr;
  std::list<ObjectFile> copies_; ///< of shared code; the graph borrows their bytes
  struct Named {
    const llvm::jitlink::Block *block; ///< as above
    std::uint64_t offset;
    std::uint64_t bytes;
    std::uint64_t file;
    std::string_view name; ///< in the pool of names, which the objects' graphs keep alive
  };
  std::vector<Named> named_; ///< when a second image may follow
  std::optional<FirstImage> first_;
  std::vector<const ImageSymbols *> members_; ///< of a fused image
  Slab *slab_ = nullptr;
  std::vector<TwinSymbol> twins_;
  std::optional<Error> failure_;
};

/// Runs the current job's passes in every link.
class LinkPlugin : public llvm::orc::ObjectLinkingLayer::Plugin {
 public:
  void modifyPassConfig(llvm::orc::MaterializationResponsibility &, llvm::jitlink::LinkGraph &,
                        llvm::jitlink::PassConfiguration &config) override;
  llvm::Error notifyFailed(llvm::orc::MaterializationResponsibility &) override { return llvm::Error::success(); }
  llvm::Error notifyRemovingResources(llvm::orc::JITDylib &, llvm::orc::ResourceKey) override {
    return llvm::Error::success();
  }
  void notifyTransferringResources(llvm::orc::JITDylib &, llvm::orc::ResourceKey, llvm::orc::ResourceKey) override {}
};

} // namespace graft::jit
