// Types that are shown field by field: the text that tells a value of one, for each type a text of its own.
#pragma once

#include <clang/AST/Type.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace clang {
class ASTContext;
class TagDecl;
class TopLevelStmtDecl;
class Sema;
} // namespace clang

namespace graft::driver {

/// The shown types of one session, by number.
class ShownTypes {
 public:
  explicit ShownTypes(clang::Sema &sema) : sema_(sema) {}

  /// What must be parsed before a value of `type` can be shown: of those of its parts that were not asked for before.
  std::string text_for(clang::QualType type);
  /// Its number; 0 for one that was never asked for.
  unsigned number_of(const clang::TagDecl &tag) const;
  /// The same; of one that was never asked for, the number that it will have.
  unsigned reserve_number(const clang::TagDecl &tag);
  /// From here on nothing was asked for: the next version of what shows classes begins.
  void begin_version();
  /// What text_for gave since `accept` was not parsed.
  void forget_new();
  void accept();

 private:
  void add(clang::QualType type, std::string &text);
  unsigned give_number(const clang::TagDecl &tag);
  void add_record(clang::QualType type, const clang::TagDecl &tag, std::string &text);
  /// A name of its own for a type, declared to the session.
  std::string alias_of(clang::QualType type);
  void add_enumeration(clang::QualType type, const clang::TagDecl &tag, std::string &text);

  clang::Sema &sema_;
  std::unordered_map<const clang::TagDecl *, unsigned> numbers_; ///< by canonical declaration
  std::unordered_map<const clang::TagDecl *, unsigned> reserved_;
  std::vector<const clang::TagDecl *> new_;
  std::optional<std::unordered_map<const clang::TagDecl *, unsigned>> before_; ///< the numbers of the version before
  unsigned last_ = 0;
  unsigned last_alias_ = 0;
};

/// A type as a person writes it: `std::string`, and not `value_type` or `basic_string<char>`.
std::string written_type(const clang::ASTContext &context, clang::QualType type);

/// Whether to show a value of the type takes `show_templates`.
bool wants_templates(const clang::Sema &sema, clang::QualType type);

/// How many overloads of `graft_show` a group declares, those in namespaces too.
unsigned count_own_shows(clang::DeclGroupRef group);

/// Makes a statement that is an expression show its value, by a `version` of the templates if it takes them. False when there is nothing to show, or when that does not compile:
/// then Clang has said why.
bool show_value_of(clang::Sema &sema, const ShownTypes &types, clang::TopLevelStmtDecl &statement, unsigned version);

} // namespace graft::driver
