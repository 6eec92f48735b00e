// llvm::Error to graft::Error, by what the caller can do.
#include "llvm_error.hpp"

#include <llvm/ExecutionEngine/Orc/Core.h>

#include <optional>
#include <string_view>
#include <system_error>

namespace graft::jit {
namespace {

/// Ours, on its way through LLVM.
class CarriedError : public llvm::ErrorInfo<CarriedError> {
 public:
  static char ID;

  explicit CarriedError(Error failure) : failure_(std::move(failure)) {}
  void log(llvm::raw_ostream &stream) const override { stream << failure_.message; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }
  const Error &failure() const { return failure_; }

 private:
  Error failure_;
};
char CarriedError::ID = 0;

struct Advice {
  std::string_view fragment; ///< of LLVM's words
  Code code;
  std::string_view remedy;
};

constexpr Advice kAdvice[] = {
    {"nsupported x86-64 relocation", Code::kUnsupported, "compile it with -fPIC -femulated-tls and the small code model"},
    {"nsupported relocation", Code::kUnsupported, "compile it with -fPIC -femulated-tls and the small code model"},
    {"out of range", Code::kUnsupported,
     "compile it with -fPIC and the small code model, so that outside symbols are reached "
     "through the table"},
    {"different permissions", Code::kInvalid, "give the two sections different names"},
    {"augmentation", Code::kInvalid, "its unwind tables are damaged; compile it again"},
    {"CFI record", Code::kInvalid, "its unwind tables are damaged; compile it again"},
    {"CIE", Code::kInvalid, "its unwind tables are damaged; compile it again"},
    {"FDE", Code::kInvalid, "its unwind tables are damaged; compile it again"},
    {"ould not find", Code::kInvalid, "the object file is damaged; compile it again"},
    {"Cannot allocate", Code::kExhausted, "free memory"},
};

std::string one_line(std::string text) {
  for (char &character : text) {
    if (character == '\n') character = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

} // namespace

llvm::Error carry(Error failure) { return llvm::make_error<CarriedError>(std::move(failure)); }

Error to_error(llvm::Error failure, const std::string &subject) {
  std::optional<Error> carried;
  std::string words;
  llvm::handleAllErrors(
      std::move(failure),
      [&](const CarriedError &ours) {
        if (!carried) carried = ours.failure();
      },
      // ORC's own follow-up to a failure that was reported before; it names no reason.
      [&](const llvm::orc::FailedToMaterialize &) {},
      [&](const llvm::ErrorInfoBase &theirs) { words += (words.empty() ? "" : "; ") + theirs.message(); });
  if (carried) return *std::move(carried);
  words = one_line(std::move(words));
  for (const Advice &advice : kAdvice) {
    if (words.find(advice.fragment) == std::string::npos) continue;
    return error(advice.code, "'" + subject + "' cannot be linked: " + words + "; " + std::string(advice.remedy));
  }
  return error(Code::kInvalid, "'" + subject + "' cannot be linked: " + words);
}

} // namespace graft::jit
