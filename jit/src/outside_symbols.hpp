// What an image may bind to outside itself. `OutsideSymbols::find` is the single door: every outside address an image gets,
// it gets from there, and that is where the caller's gate stands.
#pragma once

#include "image_state.hpp"

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>
#include <graft/jit/linker.hpp>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace graft::jit {

/// What a look at the outside came to: an address, or null when there was nothing.
struct OutsideLook {
  std::string name;
  const void *address = nullptr;
};

/// The outside world of one link.
class OutsideSymbols {
 public:
  /// `state` receives what has to live as long as the image: open libraries, control objects.
  OutsideSymbols(const LinkOptions &options, ImageState &state);

  /// Hands over one more symbol, as those of the options are; `name` is borrowed. The first of two counts.
  void give(std::string_view name, const void *address) { given_.emplace(name, address); }
  /// Whether the process itself is what `name` is looked up in: nothing that this image was given or links against comes
  /// before it.
  bool comes_from_process(const std::string &name) const {
    return !given_.contains(name) && state_.libraries.find(name.c_str()) == nullptr;
  }

  Result<void> open_libraries();
  /// The address that `name` is bound to: the options' symbols, then our own functions, then the libraries, then the
  /// process. Nothing when there is none, or when the options' gate denies it; an error for a name that must not be bound at
  /// all.
  Result<std::optional<const void *>> find(std::string_view name);
  /// What the gate says.
  bool may_bind(std::string_view name) const;
  /// Has `was_denied` say so of what an image makes for itself, and may not.
  void deny(std::string_view name) { denied_.emplace(name); }
  /// Whether the gate denied it to `find`, though it is there.
  bool was_denied(std::string_view name) const { return denied_.contains(std::string(name)); }
  /// Has `find` note what it is asked for and says, in `looks`.
  void note_looks(std::vector<OutsideLook> &looks) { looks_ = &looks; }
  /// Was it handed over in the options?
  bool is_given(std::string_view name) const { return given_.contains(name); }
  const std::unordered_map<std::string_view, const void *> &given() const { return given_; }

 private:
  Result<std::optional<const void *>> look_up(std::string_view name);
  const void *process_thread_local(std::string_view variable);

  const LinkOptions &options_;
  ImageState &state_;
  std::unordered_map<std::string_view, const void *> given_;
  std::set<std::string> denied_;
  std::vector<OutsideLook> *looks_ = nullptr;
};

/// What the undefined-symbol message needs to know.
struct UndefinedReport {
  const std::vector<Import> *imports = nullptr;
  std::vector<std::string> known; ///< names that might have been meant
};

/// One kInvalid error over all of `names`, each demangled, with its place and a near match.
Error undefined_symbols(const std::vector<std::string> &names, const UndefinedReport &report);

} // namespace graft::jit
