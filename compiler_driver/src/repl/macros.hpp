// What an input did to the preprocessor, to be taken back when it is not accepted: without that, a header whose declarations went
// with the input would count as read.
#pragma once

#include <clang/Lex/PPCallbacks.h>
#include <clang/Lex/Preprocessor.h>

#include <utility>
#include <vector>

namespace graft::driver {

/// Owned by the preprocessor that it watches.
class InputMacros : public clang::PPCallbacks {
 public:
  explicit InputMacros(clang::Preprocessor &preprocessor) : preprocessor_(preprocessor) {}

  void begin_input();
  void take_back();
  /// Whether what was taken back since this was asked last had included a file.
  bool has_lost_headers() { return std::exchange(has_lost_headers_, false); }

  void MacroDefined(const clang::Token &name, const clang::MacroDirective *directive) override;
  void MacroUndefined(const clang::Token &name, const clang::MacroDefinition &definition, const clang::MacroDirective *) override;
  void LexedFileChanged(clang::FileID file, LexedFileChangeReason reason, clang::SrcMgr::CharacteristicKind, clang::FileID,
                        clang::SourceLocation) override;

 private:
  struct Change {
    clang::IdentifierInfo *name;
    clang::MacroInfo *before; ///< null: it was not defined
  };

  clang::Preprocessor &preprocessor_;
  std::vector<Change> changes_;
  std::vector<clang::FileEntryRef> entered_;
  bool has_lost_headers_ = false;
};

} // namespace graft::driver
