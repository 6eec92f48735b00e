// The protocols of runtime/src/store as models, each with the faults that a check worth having must find.
#pragma once

#include <string>

namespace graft::model {

struct Outcome {
  bool holds;
  std::string log; ///< of the interleaving that failed
};

enum class PinFault { kNone, kNoBarrier, kNoSecondLoad, kScanBeforePublish };

enum class ViewFault { kNone, kNoSecondCount, kCountedOnce };

enum class ReuseFault { kNone, kTagFirst, kRelaxed };

/// P1 to P3: two readers pin a slot while a writer publishes twice and unmaps what no entry names.
Outcome check(PinFault fault, unsigned long interleavings);
/// A view of two slots is never torn.
Outcome check(ViewFault fault, unsigned long interleavings);
/// A slot that a binding names is not given to another bundle.
Outcome check(ReuseFault fault, unsigned long interleavings);

} // namespace graft::model
