// See shown_types.hpp. In C++ the text specialises a template of the prelude; in C it is a function of the type's own.
#include "shown_types.hpp"

#include "show_prelude.hpp"

#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/AST/ExprCXX.h>
#include <clang/Sema/Lookup.h>
#include <clang/Sema/Sema.h>

namespace graft::driver {
namespace {

/// What a person calls a type; nothing for one that has no name.
std::string name_of(clang::QualType type, const clang::ASTContext &context) {
  const clang::TagDecl *tag = type->getAsTagDecl();
  if (tag != nullptr && tag->getIdentifier() == nullptr && tag->getTypedefNameForAnonDecl() == nullptr) return {};
  clang::PrintingPolicy policy(context.getLangOpts());
  policy.FullyQualifiedName = true;
  policy.PrintAsCanonical = true;
  policy.SuppressTagKeyword = context.getLangOpts().CPlusPlus;
  return type.getUnqualifiedType().getAsString(policy);
}

/// What can be read whichever member of a union was written.
bool can_always_be_read(clang::QualType type) {
  return type->isArithmeticType() || (type->isPointerType() && !type->getPointeeType()->isCharType());
}

/// The fields that a value is shown by: those of unnamed parts among them, of unions those that can be read.
void visit_fields(const clang::RecordDecl &record, const std::function<void(const clang::FieldDecl &)> &visit) {
  for (const clang::FieldDecl *field : record.fields()) {
    if (const auto *part = field->getType()->getAsRecordDecl(); part != nullptr && field->isAnonymousStructOrUnion())
      visit_fields(*part, visit);
    else if (field->getIdentifier() != nullptr && (!record.isUnion() || can_always_be_read(field->getType())))
      visit(*field);
  }
}

std::string quoted(llvm::StringRef text) { return '"' + text.str() + '"'; }

/// Bytes that are not `char` are no text, and may have no end.
bool is_c_string(clang::QualType type) {
  if (!type->isPointerType() || type->getPointeeType().isVolatileQualified()) return false;
  const clang::QualType one = type->getPointeeType();
  return one->isSpecificBuiltinType(clang::BuiltinType::Char_S) || one->isSpecificBuiltinType(clang::BuiltinType::Char_U);
}

std::string shower_of_float(clang::QualType type) {
  if (type->isAnyComplexType()) return "graft_show_complex";
  if (type->isSpecificBuiltinType(clang::BuiltinType::Float)) return "graft_show_float";
  return type->isSpecificBuiltinType(clang::BuiltinType::LongDouble) ? "graft_show_long_double" : "graft_show_double";
}

/// A field of C, by the functions that every session has.
std::string show_field_c(const clang::ASTContext &context, clang::QualType type, const std::string &place,
                         const std::function<unsigned(clang::QualType)> &number) {
  type = type.getCanonicalType();
  if (const clang::ConstantArrayType *array = context.getAsConstantArrayType(type)) {
    const clang::QualType element = array->getElementType();
    if (element->isCharType()) return "graft_show_text(" + place + ", __builtin_strlen(" + place + "));";
    const std::string index = "i" + std::to_string(std::count(place.begin(), place.end(), '['));
    return "graft_show_raw(\"{\", 1); for (unsigned long " + index + " = 0; " + index + " < " +
           std::to_string(array->getZExtSize()) + "; ++" + index + ") { if (" + index + ") graft_show_raw(\", \", 2); " +
           show_field_c(context, element, place + "[" + index + "]", number) + " } graft_show_raw(\"}\", 1);";
  }
  if (const unsigned known = number(type); known != 0) return "graft_show_tag_" + std::to_string(known) + "(" + place + ");";
  if (type->isBooleanType()) return "graft_show_bool(" + place + ");";
  if (type->isCharType() && !type->isUnsignedIntegerType()) return "graft_show_char(" + place + ");";
  if (type->isUnsignedIntegerOrEnumerationType()) return "graft_show_uint(" + place + ");";
  if (type->isIntegralOrEnumerationType()) return "graft_show_int(" + place + ");";
  if (type->isFloatingType()) return shower_of_float(type) + "(" + place + ");";
  if (is_c_string(type)) return "graft_show_c_string(" + place + ");";
  if (type->isPointerType()) return "graft_show_pointer((const void *)" + place + ");";
  return "graft_show_raw(\"?\", 1);";
}

} // namespace

unsigned ShownTypes::number_of(const clang::TagDecl &tag) const {
  const auto found = numbers_.find(tag.getCanonicalDecl());
  return found == numbers_.end() ? 0 : found->second;
}

unsigned ShownTypes::reserve_number(const clang::TagDecl &tag) {
  if (const unsigned known = number_of(tag); known != 0) return known;
  unsigned &reserved = reserved_[tag.getCanonicalDecl()];
  return reserved != 0 ? reserved : reserved = ++last_;
}

unsigned ShownTypes::give_number(const clang::TagDecl &tag) { return numbers_[tag.getCanonicalDecl()] = reserve_number(tag); }

void ShownTypes::begin_version() {
  if (!before_) before_ = std::move(numbers_);
  numbers_.clear();
  new_.clear();
}

void ShownTypes::accept() {
  new_.clear();
  before_.reset();
}

void ShownTypes::forget_new() {
  if (before_) {
    numbers_ = *std::exchange(before_, std::nullopt);
    new_.clear();
  }
  for (const clang::TagDecl *one : std::exchange(new_, {})) numbers_.erase(one);
}

std::string ShownTypes::text_for(clang::QualType type) {
  std::string text;
  add(type, text);
  return text;
}

void ShownTypes::add(clang::QualType type, std::string &text) {
  type = type.getNonReferenceType().getCanonicalType().getUnqualifiedType();
  if (const clang::ArrayType *array = sema_.Context.getAsArrayType(type)) return add(array->getElementType(), text);
  if (type->isDependentType()) return;
  clang::TagDecl *tag = type->getAsTagDecl();
  if (tag == nullptr || numbers_.contains(tag->getCanonicalDecl())) return;
  if (!tag->isCompleteDefinition()) tag = tag->getDefinition();
  if (tag == nullptr || tag->isInvalidDecl()) return;
  numbers_.try_emplace(tag->getCanonicalDecl(), 0); // parts of its own type end here
  new_.push_back(tag->getCanonicalDecl());
  if (const auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(tag))
    for (const clang::TemplateArgument &argument : made->getTemplateArgs().asArray()) {
      if (argument.getKind() == clang::TemplateArgument::Type) add(argument.getAsType(), text);
      if (argument.getKind() == clang::TemplateArgument::Pack)
        for (const clang::TemplateArgument &one : argument.pack_elements())
          if (one.getKind() == clang::TemplateArgument::Type) add(one.getAsType(), text);
    }
  if (tag->isInStdNamespace()) return;
  if (llvm::isa<clang::EnumDecl>(tag)) return add_enumeration(type, *tag, text);
  add_record(type, *tag, text);
}

/// Rationale: not its own name, which may be hidden by now, another's, private, or none at all.
std::string ShownTypes::alias_of(clang::QualType type) {
  clang::ASTContext &context = sema_.Context;
  const std::string name = "graft_type_" + std::to_string(++last_alias_);
  auto *alias = clang::TypedefDecl::Create(context, context.getTranslationUnitDecl(), clang::SourceLocation(), clang::SourceLocation(),
                                           &context.Idents.get(name), context.getTrivialTypeSourceInfo(type));
  sema_.PushOnScopeChains(alias, sema_.TUScope);
  return name;
}

void ShownTypes::add_record(clang::QualType type, const clang::TagDecl &tag, std::string &text) {
  const auto &record = *llvm::cast<clang::RecordDecl>(&tag);
  if (const auto *with_bases = llvm::dyn_cast<clang::CXXRecordDecl>(&record)) {
    if (with_bases->isLambda()) return;
    for (const clang::CXXBaseSpecifier &base : with_bases->bases()) add(base.getType(), text);
  }
  visit_fields(record, [&](const clang::FieldDecl &field) { add(field.getType(), text); });
  const unsigned number = give_number(tag);
  const bool is_cxx = sema_.getLangOpts().CPlusPlus;
  const std::string alias = alias_of(type);
  std::string body = "graft_show_type(" + quoted(name_of(type, sema_.Context)) + ", " + std::to_string(number) + "); ";
  body += is_cxx ? "graft_repl::raw(\"{\"); bool first = true; (void)first; " : "graft_show_raw(\"{\", 1); ";
  if (const auto *with_bases = llvm::dyn_cast<clang::CXXRecordDecl>(&record))
    for (const clang::CXXBaseSpecifier &base : with_bases->bases()) {
      const auto *of = base.getType()->getAsCXXRecordDecl();
      if (of == nullptr || of->isEmpty()) continue;
      body += "graft_repl::field(" + quoted(name_of(base.getType(), sema_.Context)) + ", first); graft_repl::show<" +
              alias_of(base.getType().getCanonicalType().getUnqualifiedType()) + ">(value); ";
    }
  bool is_first = true;
  const std::function<unsigned(clang::QualType)> number_of_type = [&](clang::QualType field) {
    const clang::TagDecl *of = field->getAsTagDecl();
    return of == nullptr ? 0u : number_of(*of);
  };
  visit_fields(record, [&](const clang::FieldDecl &field) {
    const std::string place = "value." + field.getName().str();
    if (!is_cxx) {
      body += "graft_show_raw(" + quoted((is_first ? "" : ", ") + field.getName().str() + " = ") + ", " +
              std::to_string(field.getName().size() + (is_first ? 3 : 5)) + "); " +
              show_field_c(sema_.Context, field.getType(), place, number_of_type) + " ";
    } else {
      body += "graft_repl::field(" + quoted(field.getName()) + ", first); graft_repl::show<typename graft_repl::Plain<decltype(" + place +
              ")>::type>(" + place + "); ";
    }
    is_first = false;
  });
  body += is_cxx ? "graft_repl::raw(\"}\"); " : "graft_show_raw(\"}\", 1); ";
  if (is_cxx)
    text += "template <> struct graft_repl::Fields<" + alias + "> { static constexpr bool known = true; static void show(const " + alias +
            " &value) { " + body + "} };\n";
  else
    text += "void graft_show_tag_" + std::to_string(number) + "(" + alias + " value) { " + body + "}\n";
}

void ShownTypes::add_enumeration(clang::QualType type, const clang::TagDecl &tag, std::string &text) {
  const auto &enumeration = *llvm::cast<clang::EnumDecl>(&tag);
  const unsigned number = give_number(tag);
  const bool is_cxx = sema_.getLangOpts().CPlusPlus;
  const std::string alias = alias_of(type);
  std::string body = "switch ((long long)value) { ";
  std::vector<std::int64_t> seen;
  for (const clang::EnumConstantDecl *one : enumeration.enumerators()) {
    const std::int64_t value = one->getInitVal().getExtValue();
    if (std::ranges::find(seen, value) != seen.end()) continue;
    seen.push_back(value);
    std::string shown = one->getName().str();
    if (enumeration.isScoped()) shown = enumeration.getName().str() + "::" + shown;
    body += "case (long long)" + std::to_string(static_cast<std::uint64_t>(value)) + "ull: graft_show_raw(" + quoted(shown) + ", " +
            std::to_string(shown.size()) + "); return; ";
  }
  body += "default: graft_show_int((long long)value); } ";
  if (is_cxx)
    text += "template <> struct graft_repl::Fields<" + alias + "> { static constexpr bool known = true; static void show(const " + alias +
            " &value) { " + body + "} };\n";
  else
    text += "void graft_show_tag_" + std::to_string(number) + "(" + alias + " value) { " + body + "}\n";
}

namespace {

/// Which of the prelude's functions shows a value of `type`.
std::string shower_of(const clang::ASTContext &context, clang::QualType type, unsigned number) {
  const bool is_cxx = context.getLangOpts().CPlusPlus;
  type = type.getCanonicalType();
  if (is_cxx && (type->isRecordType() || type->isArrayType() || type->isEnumeralType() || type->isMemberPointerType()))
    return kShowValue;
  if (!is_cxx && number != 0) return "graft_show_tag_" + std::to_string(number);
  if (type->isBooleanType()) return "graft_show_bool";
  if (type->isSpecificBuiltinType(clang::BuiltinType::Char_S)) return "graft_show_char";
  if (is_cxx && type->isAnyCharacterType() && !type->isCharType()) return kShowValue;
  const bool is_wide = type->isIntegralOrEnumerationType() && context.getTypeSize(type) > 64;
  if (type->isUnsignedIntegerOrEnumerationType()) return is_wide ? "graft_show_wide_uint" : "graft_show_uint";
  if (type->isIntegralOrEnumerationType()) return is_wide ? "graft_show_wide_int" : "graft_show_int";
  if (type->isAnyComplexType()) return is_cxx ? kShowValue : "graft_show_complex";
  if (type->isFloatingType()) return shower_of_float(type);
  if (is_c_string(type)) return "graft_show_c_string";
  if (type->isArrayType() && context.getAsArrayType(type)->getElementType()->isCharType()) return "graft_show_c_string";
  if (type->isFunctionType() && is_cxx) return kShowValue;
  if (type->isNullPtrType()) return is_cxx ? kShowValue : "graft_show_pointer";
  const bool is_plain = type->isPointerType() && !type->isFunctionPointerType() && !type->getPointeeType().isVolatileQualified();
  if (is_plain || (!is_cxx && (type->isPointerType() || type->isArrayType()))) return "graft_show_pointer";
  return is_cxx ? kShowValue : "";
}

/// `std::cout << "text"` without a semicolon: what it printed, or read, is all there is to see.
bool is_stream(const clang::CXXRecordDecl &record) {
  return record.isInStdNamespace() && record.getIdentifier() != nullptr &&
         (record.getName() == "basic_ostream" || record.getName() == "basic_istream");
}

} // namespace

std::string written_type(const clang::ASTContext &context, clang::QualType type) {
  if (const auto *reference = type->getAs<clang::ReferenceType>())
    return written_type(context, reference->getPointeeTypeAsWritten()) + (llvm::isa<clang::LValueReferenceType>(reference) ? " &" : " &&");
  const auto *member = type->getAs<clang::TypedefType>();
  for (const clang::TypedefType *alias = member; alias != nullptr; alias = type->getAs<clang::TypedefType>()) {
    if (!alias->getDecl()->getDeclContext()->isRecord()) break; // has a meaning without its class
    type = context.getQualifiedType(alias->getDecl()->getUnderlyingType(), type.getQualifiers());
  }
  if (const auto *own = llvm::dyn_cast<clang::PredefinedSugarType>(type.getTypePtr())) type = own->desugar(); // of `sizeof`
  while (const auto *replaced = llvm::dyn_cast<clang::SubstTemplateTypeParmType>(type.getTypePtr()))
    type = context.getQualifiedType(replaced->getReplacementType(), type.getQualifiers());
  clang::PrintingPolicy policy(context.getLangOpts());
  policy.SuppressDefaultTemplateArgs = true;
  std::string text = type.getAsString(policy);
  if (member != nullptr && text.starts_with("__")) { // the library's own name, as of iterators
    llvm::raw_string_ostream stream(text = {});
    member->getDecl()->printQualifiedName(stream, policy);
    return text;
  }
  const auto *record = type->getAsCXXRecordDecl();
  if (record == nullptr || !record->isInStdNamespace() || type->getAs<clang::TypedefType>() != nullptr) return text;
  if (text.starts_with("basic_string<") || text.starts_with("basic_string_view<")) text = "std::" + text;
  for (const llvm::StringRef name : {"std::basic_string<char>", "std::basic_string_view<char>"})
    if (text == name) text = "std::" + name.slice(sizeof "std::basic_" - 1, name.size() - sizeof "<char>" + 1).str();
  return text;
}

bool wants_templates(const clang::Sema &sema, clang::QualType type) { return shower_of(sema.Context, type, 0) == kShowValue; }

unsigned count_own_shows(clang::DeclGroupRef group) {
  const std::function<unsigned(const clang::Decl &)> count = [&](const clang::Decl &one) -> unsigned {
    if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl>(one)) {
      unsigned inside = 0;
      for (const clang::Decl *part : llvm::cast<clang::DeclContext>(&one)->noload_decls()) inside += count(*part);
      return inside;
    }
    if (!llvm::isa<clang::FunctionDecl, clang::FunctionTemplateDecl>(one)) return 0;
    const clang::IdentifierInfo *name = llvm::cast<clang::NamedDecl>(&one)->getIdentifier();
    return name != nullptr && name->getName() == "graft_show" ? 1 : 0;
  };
  unsigned all = 0;
  for (const clang::Decl *one : group) all += count(*one);
  return all;
}

bool show_value_of(clang::Sema &sema, const ShownTypes &types, clang::TopLevelStmtDecl &statement, unsigned version) {
  auto *value = llvm::dyn_cast_or_null<clang::Expr>(statement.getStmt());
  if (value == nullptr || value->getType()->isVoidType() || value->isTypeDependent()) return false;
  const auto *record = value->getType()->getAsCXXRecordDecl();
  if (record != nullptr && (record->isLambda() || is_stream(*record))) return false;
  if (auto *whole = llvm::dyn_cast<clang::ExprWithCleanups>(value)) {
    // Its temporaries end with the call that shows it, not with the session's function.
    value = whole->getSubExpr();
    sema.Cleanup.setExprNeedsCleanups(true);
  }
  clang::ASTContext &context = sema.Context;
  unsigned number = 0;
  if (const clang::TagDecl *tag = value->getType()->getAsTagDecl()) number = types.number_of(*tag);
  const std::string name = in_version(shower_of(context, value->getType(), number), version);
  if (name.empty()) return false;
  const clang::SourceLocation place = value->getBeginLoc();
  clang::LookupResult found(sema, &context.Idents.get(name), place, clang::Sema::LookupOrdinaryName);
  if (!sema.LookupQualifiedName(found, context.getTranslationUnitDecl()->getPrimaryContext())) return false;
  const clang::CXXScopeSpec no_scope;
  const clang::ExprResult function = sema.BuildDeclarationNameExpr(no_scope, found, /*NeedsADL=*/false);
  if (function.isInvalid()) return false;
  const clang::ExprResult call = sema.ActOnCallExpr(sema.TUScope, function.get(), place, {value}, value->getEndLoc());
  if (call.isInvalid()) return false;
  const clang::ExprResult whole = sema.ActOnFinishFullExpr(call.get(), /*DiscardedValue=*/false);
  if (whole.isInvalid()) return false;
  statement.setStmt(whole.get());
  return true;
}

} // namespace graft::driver
