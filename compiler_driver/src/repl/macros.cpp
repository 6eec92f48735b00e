// See macros.hpp.
#include "macros.hpp"

#include <llvm/ADT/STLExtras.h>

namespace graft::driver {

void InputMacros::begin_input() {
  changes_.clear();
  entered_.clear();
}

void InputMacros::take_back() {
  for (const Change &change : llvm::reverse(changes_)) {
    if (change.before != nullptr)
      preprocessor_.appendDefMacroDirective(change.name, change.before);
    else if (preprocessor_.isMacroDefined(change.name))
      preprocessor_.appendMacroDirective(change.name, new (preprocessor_.getPreprocessorAllocator())
                                                          clang::UndefMacroDirective(clang::SourceLocation()));
  }
  has_lost_headers_ |= !entered_.empty();
  for (const clang::FileEntryRef file : entered_) preprocessor_.getIncludedFiles().erase(file);
  begin_input();
}

void InputMacros::MacroDefined(const clang::Token &name, const clang::MacroDirective *directive) {
  const clang::MacroDirective *before = directive->getPrevious();
  const clang::MacroDirective::DefInfo definition =
      before != nullptr ? const_cast<clang::MacroDirective *>(before)->getDefinition() : clang::MacroDirective::DefInfo();
  changes_.push_back({name.getIdentifierInfo(), definition && !definition.isUndefined() ? const_cast<clang::MacroInfo *>(definition.getMacroInfo()) : nullptr});
}

void InputMacros::MacroUndefined(const clang::Token &name, const clang::MacroDefinition &definition, const clang::MacroDirective *) {
  changes_.push_back({name.getIdentifierInfo(), definition.getMacroInfo()});
}

void InputMacros::LexedFileChanged(clang::FileID file, LexedFileChangeReason reason, clang::SrcMgr::CharacteristicKind,
                                   clang::FileID, clang::SourceLocation) {
  if (reason != LexedFileChangeReason::EnterFile) return;
  if (const auto entry = preprocessor_.getSourceManager().getFileEntryRefForID(file)) entered_.push_back(*entry);
}

} // namespace graft::driver
