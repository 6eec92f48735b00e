// Thunks for functions that graft's compiler did not make: machine code, a host's own, a loader's. Nobody has seen their
// types, so a thunk hands on whatever it is called with.
//
//   F1  All registers that may hold an argument reach the function as the caller left them, and so do kStackArgumentBytes of
//   the stack. F2  What the function throws ends in the thunk, under the caller's pin; forced unwinding (`pthread_exit`)
//   goes on. F3  After an exception the caller gets the status where a declaration says that the function returns one, else
//   zero in every
//       return register; the error is on the thread in both cases (decision 0004).
#pragma once

#include "../store/entry_code.hpp"

#include <graft/base/facts.hpp>
#include <graft/base/result.hpp>
#include <graft/base/thunk.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace graft {

/// How much of the stack a thunk hands on (F1).
inline constexpr std::size_t kStackArgumentBytes = 256;

/// The functions of one provider. Null entries stay null.
struct ForeignTable {
  std::string contract;
  std::vector<const void *> functions;
  const ContractFacts *declaration = nullptr; ///< null: nobody declares it. Borrowed by `create`
};

/// Owns: the thunks and all that they name. Immutable once made.
class ForeignCalls {
 public:
  /// kExhausted when the kernel gives no memory for code.
  static Result<std::unique_ptr<ForeignCalls>> create(std::vector<ForeignTable> tables);

  /// Table k's functions, each behind its thunk.
  const std::vector<const void *> &table(std::size_t index) const { return thunks_[index]; }

 private:
  /// What a thunk knows; the code reads it.
  struct Entry {
    const void *target;
    ThunkDescription description;
  };
  ForeignCalls() = default;

  std::deque<Entry> entries_;
  std::deque<std::string> names_; ///< of contracts and functions
  std::vector<std::vector<const void *>> thunks_;
  std::unique_ptr<EntryCode> code_;
};

} // namespace graft
