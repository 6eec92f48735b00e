// A linked image as bytes: its pages, and what must be added to which of their words when they come to lie elsewhere. Who
// has them need not parse, merge and resolve an object again.
//
//   P1  An image made of bytes is the image that its objects would be linked to: every look outside that the link took is
//   taken again, and where one comes to "found" that was "not found", or the other way round, the objects are linked.
#pragma once

#include "image_state.hpp"
#include "outside_symbols.hpp"

#include <graft/base/artifact.hpp>
#include <graft/jit/linker.hpp>

#include <llvm/ADT/DenseMap.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace llvm::jitlink {
class LinkGraph;
class Symbol;
} // namespace llvm::jitlink

namespace graft::jit {

/// A word that depends on where the image lies. What it holds is right for where it lay first.
struct Patch {
  enum class Op : std::uint8_t { kAddress, kDelta, kNegativeDelta };
  std::uint64_t offset = 0; ///< in its run
  std::uint32_t base = 0;   ///< of the run that the word is in
  std::uint32_t target = 0; ///< the base that it refers to
  std::uint8_t width = 0;   ///< 4 or 8 bytes
  Op op = Op::kAddress;
};

/// Notes during a link what it takes to place the image elsewhere. One link, one thread.
class PrelinkRecorder {
 public:
  void note_runs(const RunRequest &code, const RunRequest &writable);
  /// Where the looks that the link takes are to be noted.
  std::vector<OutsideLook> &looks() { return looks_; }
  /// Once addresses are final and no edge changes any more.
  void note_edges(llvm::jitlink::LinkGraph &graph);
  /// The bytes, of an image that is linked and has not run yet. Empty when something in it cannot be placed elsewhere:
  /// 32-bit addresses, symbols with a value of their own.
  std::vector<char> bytes(const ImageState &image, const LinkOptions &options) const;

 private:
  std::optional<std::uint32_t> base_of(const llvm::jitlink::Symbol &symbol) const;

  RunRequest code_, writable_;
  std::vector<Patch> patches_;
  std::vector<OutsideLook> looks_;
  llvm::DenseMap<const void *, std::uint32_t> bases_; ///< of the looks, by address
  bool is_possible_ = true;
};

/// Places an image from `bytes` in `space`, and fills in `image`, which is new. False when `bytes` are of another build,
/// damaged, for other options, or do not fit this process: then nothing is left in `space`, and `image` is spent.
bool place_prelinked(std::span<const char> bytes, const LinkOptions &options, AddressSpace &space, ImageState &image);

} // namespace graft::jit
