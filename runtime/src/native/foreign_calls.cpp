// The entries that tell the one thunk (foreign_thunk.cpp) whom to call.
#include "foreign_calls.hpp"

#include <cstddef>

// In foreign_thunk.cpp.
extern "C" const char graft_foreign_call[] __attribute__((visibility("hidden")));

namespace graft {

static_assert(kStackArgumentBytes == 16 * 16, "the thunk copies so many");

Result<std::unique_ptr<ForeignCalls>> ForeignCalls::create(std::vector<ForeignTable> tables) {
  static_assert(offsetof(Entry, target) == 0 && offsetof(Entry, description) == 8, "the thunk reads them there");
  std::unique_ptr<ForeignCalls> calls(new ForeignCalls());
  std::vector<const void *> arguments;
  for (ForeignTable &table : tables) {
    const char *contract = calls->names_.emplace_back(std::move(table.contract)).c_str();
    for (std::size_t index = 0; index < table.functions.size(); ++index) {
      const bool is_known = table.declaration != nullptr && index < table.declaration->functions.size();
      const ContractFunction *known = is_known ? &table.declaration->functions[index] : nullptr;
      const char *name = calls->names_.emplace_back(known != nullptr ? known->name : std::to_string(index)).c_str();
      const std::uint32_t returns_status = known != nullptr && known->returns_status ? 1 : 0;
      arguments.push_back(&calls->entries_.emplace_back(Entry{table.functions[index], {contract, name, returns_status, 0}}));
    }
  }
  calls->code_ =
      EntryCode::create(graft_foreign_call, arguments, "there is no memory for the code between a host and machine code");
  if (calls->code_ == nullptr)
    return error(Code::kExhausted, "there is no memory for the code between a host and machine code");
  std::size_t number = 0;
  for (const ForeignTable &table : tables) {
    std::vector<const void *> &thunks = calls->thunks_.emplace_back();
    for (const void *function : table.functions) {
      const void *thunk = calls->code_->entry(number++);
      thunks.push_back(function != nullptr ? thunk : nullptr);
    }
  }
  return calls;
}

} // namespace graft
