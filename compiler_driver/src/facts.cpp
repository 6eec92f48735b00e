// See facts.hpp. Positions are those where a macro is used: what it pastes together lies in no file.
#include "facts.hpp"

#include "code_reach.hpp"
#include "contract_checks.hpp"
#include "diagnostics.hpp"
#include "hook_checks.hpp"
#include "instance_checks.hpp"
#include "kept_ast.hpp"
#include "packed_words.hpp"
#include "types.hpp"

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/Mangle.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/Lexer.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/SemaConsumer.h>

#include <algorithm>

namespace graft::driver {
namespace {

const clang::AnnotateAttr *annotation(const clang::Decl &declaration, llvm::StringRef name) {
  if (!declaration.hasAttrs()) return nullptr;
  for (const auto *attribute : declaration.specific_attrs<clang::AnnotateAttr>())
    if (attribute->getAnnotation() == name) return attribute;
  return nullptr;
}

std::string text_argument(const clang::AnnotateAttr &attribute, unsigned index) {
  if (index >= attribute.args_size()) return {};
  const auto *literal = llvm::dyn_cast<clang::StringLiteral>((*(attribute.args_begin() + index))->IgnoreParenImpCasts());
  return literal ? literal->getString().str() : std::string();
}

std::int64_t number_argument(const clang::AnnotateAttr &attribute, unsigned index, const clang::ASTContext &context) {
  if (index >= attribute.args_size()) return 0;
  clang::Expr::EvalResult result;
  if (!(*(attribute.args_begin() + index))->EvaluateAsInt(result, context)) return 0;
  return result.Val.getInt().getExtValue();
}

/// `text` with every run of white space as one blank.
std::string on_one_line(llvm::StringRef text) {
  std::string result;
  for (const char character : text.trim()) {
    const bool blank = llvm::isSpace(character);
    if (!blank || result.empty() || result.back() != ' ') result.push_back(blank ? ' ' : character);
  }
  return result;
}

class FactsConsumer : public clang::SemaConsumer {
 public:
  FactsConsumer(clang::CompilerInstance &compiler, Facts &facts, Kept kept) : compiler_(compiler), facts_(facts), keep_(kept) {
    compiler.getPreprocessor().addPPCallbacks(std::make_unique<MacroWatcher>(compiler, macros_));
  }

  void Initialize(clang::ASTContext &context) override {
    context_ = &context;
    types_ = std::make_unique<TypeBuilder>(context, facts_.types);
  }

  void InitializeSema(clang::Sema &sema) override {
    if (keep_ == Kept::kOutside) kept_ = std::make_unique<KeptAst>(sema, facts_, *types_);
  }
  void ForgetSema() override { kept_.reset(); }

  void HandleTagDeclDefinition(clang::TagDecl *tag) override {
    const auto *record = llvm::dyn_cast<clang::RecordDecl>(tag);
    if (!record || record->isInvalidDecl()) return;
    if (const auto *attribute = annotation(*record, "graft.contract")) add_contract(*record, *attribute);
  }

  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (clang::Decl *declaration : group) look_at(*declaration);
    return true;
  }

  void HandleTranslationUnit(clang::ASTContext &) override {
    check_stray_keeps(compiler_, macros_);
    check_instance_providers(compiler_, facts_, instance_places_);
    if (compiler_.getDiagnostics().hasErrorOccurred()) return;
    types_->add_late_definitions(types_of_contracts());
    if (kept_)
      kept_->finish();
    else
      types_->add_template_arguments();
    if (types_->was_too_deep()) refuse_depth(compiler_, kept_at_, "what is kept here, or above,");
    for (KeptFacts &kept : facts_.kept) {
      kept.fingerprint = fingerprint(facts_.types, kept.type);
      kept.reaches = code_reach(kept_types_.lookup(kept.type), *context_);
    }
    for (InstanceFacts &instance : facts_.instances) instance.reaches = code_reach(kept_types_.lookup(instance.type), *context_);
  }

 private:
  clang::SourceManager &sources() { return context_->getSourceManager(); }
  SourcePos place(clang::SourceLocation location) { return position(sources(), sources().getExpansionLoc(location)); }

  std::vector<TypeIndex> types_of_contracts() const {
    std::vector<TypeIndex> types;
    for (const ContractFacts &contract : facts_.contracts)
      for (const ContractFunction &function : contract.functions) types.push_back(function.type);
    return types;
  }

  /// Namespaces and linkage blocks are walked; everything deeper is no namespace scope.
  void look_at(clang::Decl &declaration) {
    if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl, clang::ExportDecl>(declaration)) {
      for (clang::Decl *inner : llvm::cast<clang::DeclContext>(declaration).decls()) look_at(*inner);
    } else if (auto *variable = llvm::dyn_cast<clang::VarDecl>(&declaration)) {
      look_at_variable(*variable);
    } else if (const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&declaration)) {
      look_at_function(*function);
    } else if (const auto *named = llvm::dyn_cast<clang::TypedefNameDecl>(&declaration)) {
      if (const auto *attribute = annotation(*named, "graft.instance")) add_instance(*named, *attribute);
    } else if (const auto *pattern = llvm::dyn_cast<clang::VarTemplateDecl>(&declaration)) {
      if (const auto *attribute = annotation(*pattern->getTemplatedDecl(), "graft.keep"))
        refuse_kept_template(compiler_, macros_, *pattern->getTemplatedDecl(), *attribute);
    }
  }

  void look_at_function(const clang::FunctionDecl &function) {
    if (!function.isThisDeclarationADefinition() || function.getIdentifier() == nullptr) return;
    if (annotation(function, "graft.migrate")) add_migration(function);
    if (function.isMain()) facts_.defines_main = true;
    if (!function.isExternC() || !function.isExternallyVisible()) return;
    if (function.getName() == "graft_init") facts_.defines_init = true;
    if (function.getName() == "graft_stop") facts_.defines_stop = true;
  }

  void look_at_variable(clang::VarDecl &variable) {
    if (variable.getIdentifier() && variable.getName().starts_with("graft_table_")) table_ = &variable;
    if (const auto *attribute = annotation(variable, "graft.provide"); attribute && variable.getInit())
      add_provider(*attribute);
    if (const auto *attribute = annotation(variable, "graft.keep")) {
      const bool fine = check_kept(compiler_, macros_, variable, *attribute);
      if (fine && variable.isThisDeclarationADefinition() != clang::VarDecl::DeclarationOnly) add_kept(variable);
    }
  }

  void add_contract(const clang::RecordDecl &record, const clang::AnnotateAttr &attribute) {
    ContractFacts contract;
    contract.tag = record.getName().str();
    contract.name = text_argument(attribute, 0);
    const std::int64_t major = number_argument(attribute, 1, *context_);
    const std::int64_t minor = number_argument(attribute, 2, *context_);
    check_version(compiler_, contract, attribute, major, minor);
    contract.major = static_cast<std::uint16_t>(major);
    contract.minor = static_cast<std::uint16_t>(minor);
    contract.where = place(attribute.getLocation());
    check_contract(compiler_, record, contract, attribute);
    contract.has_instances = check_instances(compiler_, record, contract);
    for (const clang::FieldDecl *field : record.fields()) {
      const auto *pointer = field->getType()->getAs<clang::PointerType>();
      if (!pointer || !pointer->getPointeeType()->isFunctionType()) continue; // reported by check_contract
      ContractFunction function;
      function.name = field->getName().str();
      function.type = types_->add(pointer->getPointeeType());
      function.returns_status = returns_status(*field);
      function.fingerprint = fingerprint(facts_.types, function.type);
      function.declaration = written(*field);
      function.where = place(field->getLocation());
      function.line = line_at(sources(), sources().getExpansionLoc(field->getLocation()));
      function.parameters = parameter_names(*field);
      contract.functions.push_back(std::move(function));
    }
    if (types_->was_too_deep()) refuse_depth(compiler_, attribute.getLocation(), "contract '" + contract.name + "'");
    if (const auto *hook = annotation(record, "graft.hook")) add_rule(record, contract, *hook);
    facts_.contracts.push_back(std::move(contract));
  }

  void add_rule(const clang::RecordDecl &record, ContractFacts &contract, const clang::AnnotateAttr &attribute) {
    const auto number = [&](unsigned index) {
      return static_cast<std::uint32_t>(number_argument(attribute, index, *context_));
    };
    const graft_hook_info rule{sizeof(graft_hook_info), number(0), number(1), number(2), number(3)};
    check_hook(compiler_, record, contract, rule, attribute.getLocation());
    for (ContractFunction &function : contract.functions) function.fingerprint.insert(0, to_text(rule) + " ");
  }

  void add_provider(const clang::AnnotateAttr &attribute) {
    ProviderFacts provider;
    provider.tag = text_argument(attribute, 0);
    provider.where = place(attribute.getLocation());
    provider.table_symbol = "graft_entries_" + provider.tag;
    const auto contract = std::ranges::find(facts_.contracts, provider.tag, &ContractFacts::tag);
    if (contract != facts_.contracts.end()) {
      provider.contract = contract->name;
      provider.major = contract->major;
      provider.minor = contract->minor;
      provider.checked = true;
    }
    if (table_ && table_->getName().drop_front(llvm::StringRef("graft_table_").size()) == provider.tag)
      provider.entries = entries_of(*table_);
    if (std::ranges::find(facts_.providers, provider.tag, &ProviderFacts::tag) != facts_.providers.end()) return;
    instance_places_.providers[static_cast<unsigned>(facts_.providers.size())] = attribute.getLocation();
    facts_.providers.push_back(std::move(provider));
  }

  void add_instance(const clang::TypedefNameDecl &named, const clang::AnnotateAttr &attribute) {
    InstanceFacts instance;
    instance.tag = text_argument(attribute, 0);
    if (!check_instance_type(compiler_, named, instance.tag, facts_)) return;
    instance.type = types_->add(named.getUnderlyingType());
    kept_types_[instance.type] = named.getUnderlyingType();
    kept_at_ = named.getLocation();
    if (types_->was_too_deep()) refuse_depth(compiler_, named.getLocation(), "GRAFT_INSTANCE(" + instance.tag + ", ...)");
    instance.packed = has_packed_words(named.getUnderlyingType(), *context_);
    instance.where = place(named.getLocation());
    if (kept_) kept_->prepare(named.getUnderlyingType(), instance);
    instance_places_.instances[static_cast<unsigned>(facts_.instances.size())] = named.getLocation();
    facts_.instances.push_back(std::move(instance));
  }

  /// The symbols in a table, as far as the AST can tell; the IR has the last word.
  std::vector<std::string> entries_of(const clang::VarDecl &table) {
    std::vector<std::string> entries;
    const clang::APValue *value = table.hasInit() && !table.getType()->isDependentType() ? table.evaluateValue() : nullptr;
    if (value == nullptr || !value->isStruct()) return entries;
    clang::ASTNameGenerator names(*context_);
    for (unsigned i = 0; i < value->getStructNumFields(); ++i) {
      const clang::APValue &entry = value->getStructField(i);
      const auto *target = entry.isLValue() ? entry.getLValueBase().dyn_cast<const clang::ValueDecl *>() : nullptr;
      entries.push_back(target ? names.getName(target) : std::string());
    }
    return entries;
  }

  void add_kept(const clang::VarDecl &variable) {
    KeptFacts kept;
    kept.name = variable.getName().str();
    kept.symbol = clang::ASTNameGenerator(*context_).getName(&variable);
    kept.type = types_->add(variable.getType());
    kept_types_[kept.type] = variable.getType();
    if (types_->was_too_deep()) refuse_depth(compiler_, variable.getLocation(), "GRAFT_KEEP variable '" + kept.name + "'");
    kept_at_ = variable.getLocation();
    kept.where = place(variable.getLocation());
    kept.qualified = variable.getQualifiedNameAsString();
    kept.declaration = written(variable);
    if (!variable.getType()->isDependentType())
      kept.align = static_cast<std::uint32_t>(context_->getDeclAlign(&variable).getQuantity());
    kept.packed = has_packed_words(variable.getType(), *context_);
    auto known = std::ranges::find(facts_.kept, kept.symbol, &KeptFacts::symbol);
    if (known == facts_.kept.end()) known = facts_.kept.emplace(known);
    *known = std::move(kept); // a tentative definition may be repeated
    if (kept_) kept_->prepare(const_cast<clang::VarDecl &>(variable), static_cast<std::size_t>(known - facts_.kept.begin()));
  }

  void add_migration(const clang::FunctionDecl &function) {
    if (function.getNumParams() != 2 || !check_migration(compiler_, function)) return;
    MigrationFacts migration;
    migration.to = types_->add(function.getParamDecl(0)->getType()->getPointeeType());
    migration.from = types_->add(function.getParamDecl(1)->getType()->getPointeeType());
    if (kept_) kept_->add_layouts(function.getParamDecl(1)->getType()->getPointeeType());
    migration.symbol = clang::ASTNameGenerator(*context_).getName(&function);
    migration.where = place(function.getLocation());
    facts_.migrations.push_back(std::move(migration));
  }

  /// Whether the return type is spelled `graft_status`, through whatever aliases of the pointer type.
  static bool returns_status(const clang::FieldDecl &field) {
    const auto *pointer = field.getType()->getAs<clang::PointerType>();
    const auto *function = pointer->getPointeeType()->getAs<clang::FunctionType>();
    for (clang::QualType type = function->getReturnType();;) {
      const auto *alias = type->getAs<clang::TypedefType>();
      if (alias == nullptr) return false;
      if (alias->getDecl()->getName() == "graft_status") return true;
      type = alias->getDecl()->getUnderlyingType();
    }
  }

  /// The names of a function pointer's parameters. They are no part of its type, only of how it is written.
  static std::vector<std::string> parameter_names(const clang::FieldDecl &field) {
    clang::TypeLoc written = field.getTypeSourceInfo()->getTypeLoc();
    while (!written.isNull()) {
      if (const auto function = written.getAs<clang::FunctionProtoTypeLoc>()) {
        std::vector<std::string> names;
        for (const clang::ParmVarDecl *parameter : function.getParams())
          names.push_back(parameter != nullptr ? parameter->getName().str() : std::string());
        return names;
      }
      if (const auto alias = written.getAs<clang::TypedefTypeLoc>())
        written = alias.getTypePtr()->getDecl()->getTypeSourceInfo()->getTypeLoc();
      else
        written = written.getNextTypeLoc();
    }
    return {};
  }

  /// The declaration as it stands in the text, on one line.
  std::string written(const clang::DeclaratorDecl &field) {
    const clang::SourceRange range(sources().getExpansionLoc(field.getBeginLoc()),
                                   sources().getExpansionLoc(field.getEndLoc()));
    const clang::LangOptions &language = context_->getLangOpts();
    return on_one_line(clang::Lexer::getSourceText(clang::CharSourceRange::getTokenRange(range), sources(), language));
  }

  clang::CompilerInstance &compiler_;
  Facts &facts_;
  MacroUses macros_;
  InstancePlaces instance_places_;
  llvm::DenseMap<TypeIndex, clang::QualType> kept_types_; ///< of kept variables and instances
  clang::SourceLocation kept_at_;                        ///< of the last of them
  clang::ASTContext *context_ = nullptr;
  const clang::VarDecl *table_ = nullptr; ///< the table that GRAFT_PROVIDE defined last
  std::unique_ptr<TypeBuilder> types_;
  Kept keep_;
  std::unique_ptr<KeptAst> kept_; ///< while there is a Sema, and kept variables go outside
};

} // namespace

std::unique_ptr<clang::ASTConsumer> make_facts_consumer(clang::CompilerInstance &compiler, Facts &facts, Kept kept) {
  return std::make_unique<FactsConsumer>(compiler, facts, kept);
}

} // namespace graft::driver
