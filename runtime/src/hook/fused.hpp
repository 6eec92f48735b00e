// A chain as one function: the code of all its plugins with the rule between them, compiled from `fused_text` and the
// plugins' bitcode. The C of it is made here, next to what it shares with the runtime; what it means is dispatch.cpp's.
//
// * U1: A seat is called only while the calling thread's pin names the table that the seat was fused from, its slot holds
//       that, and the chain is not retired; the last tells a new table from an old one at the same address. So what the
//       function reaches of a plugin is mapped, as in the loop, and who holds a generation is told by the same pins.
// * U2: What is not as it was when the chain was fused, and every failure, is the loop's: the function says where it
//       stopped, and leaves payload, decision and attributes as the loop would have them there.
// * U3: Plugins whose whole code has neither loop nor call are timed together with those next to them that are so, too; each
//       counts as an equal part of that. They cannot overrun.
#pragma once

#include "chain.hpp"

#include <graft/jit/linker.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace graft {

/// What the function needs of a seat. Its layout is in the text.
struct FusedSeat {
  const std::atomic<const void *> *slot = nullptr; ///< Slot::table
  const void *table = nullptr;                     ///< that the seat was fused from
  const std::atomic<BundleState> *state = nullptr;
  const graft_host *payer = nullptr; ///< through whom it takes memory from a request's arena; null: the request's owner
};

/// One run, shared by the function and the runtime. Its layout is in the text.
struct FusedFrame {
  graft_hook_context *context = nullptr;
  void *payload = nullptr;
  void *decision = nullptr;
  std::atomic<const void *> *pin = nullptr; ///< of the calling thread
  const FusedSeat *seats = nullptr;
  const std::atomic<std::uint32_t> *is_retired = nullptr;
  void *payload_before = nullptr; ///< what they were when the seat was called
  void *decision_before = nullptr;
  const graft_attribute *attributes_before = nullptr;
  std::uint32_t called = 0;
  std::uint32_t at = 0;      ///< the seat that the answer is about
  std::uint32_t status = 0;  ///< that it returned
  std::uint32_t is_late = 0; ///< the chain took longer than it may
};

enum class FusedAnswer : std::uint32_t {
  kAll,     ///< all were called, and none ended the chain
  kStopped, ///< before the seat, which is the loop's
  kFailed,  ///< the seat was called, and may have failed
  kEnded,   ///< the seat ended the chain
};

/// Called by the function behind each seat that is timed: `count` seats up to and with `seat` took the time since the last
/// such call. 1: the one that was timed alone overran. (dispatch.cpp)
std::uint32_t fused_lap(FusedFrame *frame, std::uint32_t seat, std::uint32_t count);

/// Owns: the code. Threads: any, under the chain's pin.
struct FusedChain {
  using Function = std::uint32_t(FusedFrame *);

  /// `runs`: for each seat, where calls that were timed together up to it are recorded; null for those that are timed alone.
  FusedChain(std::unique_ptr<jit::Image> image, std::vector<FusedSeat> seats,
             std::vector<std::shared_ptr<HookRecord>> records, const std::vector<bool> &is_brief);
  /// What was recorded stays with the records.
  ~FusedChain();
  FusedChain(const FusedChain &) = delete;

  const std::unique_ptr<jit::Image> image;
  Function *const function;
  const std::vector<FusedSeat> seats;
  std::vector<std::shared_ptr<Histogram>> runs; // shared with the records of the seats that are in them

 private:
  /// The first seat of the run that ends with `seat`.
  std::size_t first_of_run(std::size_t seat) const;

  const std::vector<std::shared_ptr<HookRecord>> records_; // shared with the chain's seats
};

inline constexpr const char *kFusedFunction = "graft_fused_chain";
inline constexpr const char *kFusedLap = "graft_fused_lap";

/// The function in C, for seats whose plugins' functions are `graft_member_N`.
std::string fused_text(const HookShape &shape, const std::vector<Seat> &seats);

} // namespace graft
