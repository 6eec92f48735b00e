// See providers.hpp. A thunk has its target's type, calling convention and parameter attributes:
//
//     ret thunk(args...) {
//       if (the stack is spent) return graft_thunk_caught(null, &description), or zero
//       result = invoke target(args...)          unwind: landing pad, catch all
//       return result
//     landing pad:
//       if (graft_thunk_is_forced(exception)) resume
//       status = graft_thunk_caught(exception, &description)
//       return status, or zero when the function returns something else
//     }
//
// The question is asked for targets that may run out of stack. No thunk for a target that cannot throw, which one that may
// run out of stack can, nor for a variadic one, whose arguments cannot be passed on: the table then holds
// the target itself.
#include "providers.hpp"

#include "stack_checks.hpp"
#include "throws.hpp"

#include <graft/base/thunk.hpp>

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include <algorithm>

namespace graft::driver {
namespace {

constexpr llvm::StringLiteral kProviderSection("graft_providers");
constexpr llvm::StringLiteral kProviderPrefix("graft_provider_");

const llvm::ConstantStruct *initialiser(const llvm::Constant *pointer) {
  const auto *variable = llvm::dyn_cast_or_null<llvm::GlobalVariable>(pointer ? pointer->stripPointerCasts() : nullptr);
  if (!variable || !variable->hasInitializer()) return nullptr;
  return llvm::dyn_cast<llvm::ConstantStruct>(variable->getInitializer());
}

std::uint16_t number(const llvm::Constant *constant) {
  const auto *integer = llvm::dyn_cast<llvm::ConstantInt>(constant);
  return integer ? static_cast<std::uint16_t>(integer->getZExtValue()) : 0;
}

std::string text(const llvm::Constant *pointer) {
  const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(pointer->stripPointerCasts());
  const auto *data = variable && variable->hasInitializer()
                         ? llvm::dyn_cast<llvm::ConstantDataSequential>(variable->getInitializer())
                         : nullptr;
  return data && data->isCString() ? data->getAsCString().str() : std::string();
}

/// What debug information knows of a function whose AST was not seen.
bool debug_info_says_status(const llvm::Function &function) {
  const llvm::DISubprogram *subprogram = function.getSubprogram();
  if (!subprogram || !subprogram->getType() || subprogram->getType()->getTypeArray().size() == 0) return false;
  const llvm::DIType *result = subprogram->getType()->getTypeArray()[0];
  return result && result->getTag() == llvm::dwarf::DW_TAG_typedef && result->getName() == "graft_status";
}

/// Makes the thunks of one module.
class ThunkMaker {
 public:
  ThunkMaker(llvm::Module &module, Unit &unit) : module_(module), unit_(unit), context_(module.getContext()) {}

  void provide(const llvm::GlobalVariable &record);
  const std::string &wrong() const { return wrong_; }

 private:
  struct Entry {
    std::string function;
    bool returns_status = false;
  };

  ProviderFacts &facts_of(const llvm::GlobalVariable &record, const llvm::Constant *contract);
  Entry describe(const ProviderFacts &facts, unsigned index, const llvm::Function &target) const;
  llvm::Constant *entry(ProviderFacts &facts, unsigned index, llvm::Constant *initial);
  llvm::Function *make_thunk(const std::string &name, llvm::Function &target, llvm::Constant *description,
                             bool returns_status);
  llvm::Constant *describe_in_memory(const ProviderFacts &facts, const Entry &entry);

  llvm::Module &module_;
  Unit &unit_;
  llvm::LLVMContext &context_;
  std::string wrong_; ///< the first thing
};

ProviderFacts &ThunkMaker::facts_of(const llvm::GlobalVariable &record, const llvm::Constant *contract) {
  const std::string tag = record.getName().drop_front(kProviderPrefix.size()).str();
  const auto known = std::ranges::find(unit_.facts.providers, tag, &ProviderFacts::tag);
  if (known != unit_.facts.providers.end()) return *known;
  ProviderFacts facts;
  facts.tag = tag;
  facts.where.file = unit_.source;
  if (const llvm::ConstantStruct *info = initialiser(contract); info && info->getNumOperands() == 4) {
    facts.major = number(info->getOperand(1));
    facts.minor = number(info->getOperand(2));
    facts.contract = text(info->getOperand(3));
  }
  return unit_.facts.providers.emplace_back(std::move(facts));
}

ThunkMaker::Entry ThunkMaker::describe(const ProviderFacts &facts, unsigned index, const llvm::Function &target) const {
  const auto contract = std::ranges::find(unit_.facts.contracts, facts.tag, &ContractFacts::tag);
  if (facts.checked && contract != unit_.facts.contracts.end() && index < contract->functions.size())
    return {contract->functions[index].name, contract->functions[index].returns_status};
  return {std::to_string(index), debug_info_says_status(target)};
}

llvm::Constant *ThunkMaker::describe_in_memory(const ProviderFacts &facts, const Entry &entry) {
  llvm::IRBuilder<> builder(context_);
  llvm::Type *pointer = builder.getPtrTy();
  auto *type = llvm::StructType::get(pointer, pointer, builder.getInt32Ty(), builder.getInt32Ty());
  llvm::Constant *value = llvm::ConstantStruct::get(
      type, builder.CreateGlobalString(facts.contract, "graft_contract_name", /*AddressSpace=*/0, &module_),
      builder.CreateGlobalString(entry.function, "graft_function_name", /*AddressSpace=*/0, &module_),
      builder.getInt32(entry.returns_status ? 1 : 0), builder.getInt32(0));
  auto *made = new llvm::GlobalVariable(module_, type, /*isConstant=*/true, llvm::GlobalValue::InternalLinkage, value,
                                        "graft_thunk_description");
  made->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global); // each image has its own
  return made;
}

llvm::Function *ThunkMaker::make_thunk(const std::string &name, llvm::Function &target, llvm::Constant *description,
                                       bool returns_status) {
  llvm::FunctionType *type = target.getFunctionType();
  auto *thunk = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module_);
  thunk->setCallingConv(target.getCallingConv());
  llvm::SmallVector<llvm::AttributeSet, 8> parameters;
  for (unsigned i = 0; i < type->getNumParams(); ++i) parameters.push_back(target.getAttributes().getParamAttrs(i));
  const auto attributes =
      llvm::AttributeList::get(context_, llvm::AttributeSet(), target.getAttributes().getRetAttrs(), parameters);
  thunk->setAttributes(attributes);
  thunk->setUWTableKind(llvm::UWTableKind::Async);
  for (llvm::StringRef kind : {"target-cpu", "target-features", "tune-cpu", "frame-pointer"})
    if (target.hasFnAttribute(kind)) thunk->addFnAttr(target.getFnAttribute(kind));
  llvm::IRBuilder<> builder(context_);
  llvm::Type *pointer = builder.getPtrTy();
  llvm::Type *status_type = builder.getInt32Ty();
  llvm::FunctionCallee personality =
      module_.getOrInsertFunction("__gxx_personality_v0", llvm::FunctionType::get(status_type, /*isVarArg=*/true));
  thunk->setPersonalityFn(llvm::cast<llvm::Constant>(personality.getCallee()));

  auto *entry = llvm::BasicBlock::Create(context_, "", thunk);
  auto *done = llvm::BasicBlock::Create(context_, "done", thunk);
  auto *landing = llvm::BasicBlock::Create(context_, "threw", thunk);
  auto *forced = llvm::BasicBlock::Create(context_, "forced", thunk);
  auto *caught = llvm::BasicBlock::Create(context_, "caught", thunk);

  const auto give_back = [&](llvm::Value *status) {
    if (type->getReturnType()->isVoidTy())
      builder.CreateRetVoid();
    else if (returns_status && type->getReturnType() == status_type)
      builder.CreateRet(status);
    else
      builder.CreateRet(llvm::Constant::getNullValue(type->getReturnType()));
  };
  const auto note = module_.getOrInsertFunction(
      kThunkCaught, llvm::FunctionType::get(status_type, {pointer, pointer}, /*isVarArg=*/false));
  const auto call_note = [&](llvm::Value *exception) {
    llvm::CallInst *status = builder.CreateCall(note, {exception, description});
    status->setDoesNotThrow();
    return status;
  };

  builder.SetInsertPoint(entry);
  if (may_overflow(target)) {
    auto *spent = llvm::BasicBlock::Create(context_, "spent", thunk);
    auto *enough = llvm::BasicBlock::Create(context_, "enough", thunk);
    builder.CreateCondBr(ask_for_stack(builder), spent, enough, llvm::MDBuilder(context_).createUnlikelyBranchWeights());
    builder.SetInsertPoint(spent);
    give_back(call_note(llvm::ConstantPointerNull::get(builder.getPtrTy())));
    builder.SetInsertPoint(enough);
  }
  llvm::SmallVector<llvm::Value *, 8> arguments;
  for (llvm::Argument &argument : thunk->args()) arguments.push_back(&argument);
  llvm::InvokeInst *result = builder.CreateInvoke(&target, done, landing, arguments);
  result->setCallingConv(target.getCallingConv());
  result->setAttributes(attributes);
  builder.SetInsertPoint(done);
  if (type->getReturnType()->isVoidTy())
    builder.CreateRetVoid();
  else
    builder.CreateRet(result);

  builder.SetInsertPoint(landing);
  llvm::LandingPadInst *pad = builder.CreateLandingPad(llvm::StructType::get(pointer, status_type), /*NumClauses=*/1);
  pad->addClause(llvm::ConstantPointerNull::get(llvm::PointerType::getUnqual(context_)));
  llvm::Value *exception = builder.CreateExtractValue(pad, 0);
  const auto ask =
      module_.getOrInsertFunction(kThunkIsForced, llvm::FunctionType::get(status_type, pointer, /*isVarArg=*/false));
  llvm::CallInst *is_forced = builder.CreateCall(ask, exception);
  is_forced->setDoesNotThrow();
  builder.CreateCondBr(builder.CreateICmpNE(is_forced, builder.getInt32(0)), forced, caught);
  builder.SetInsertPoint(forced);
  builder.CreateResume(pad);

  builder.SetInsertPoint(caught);
  give_back(call_note(exception));
  return thunk;
}

llvm::Constant *ThunkMaker::entry(ProviderFacts &facts, unsigned index, llvm::Constant *initial) {
  if (initial->isNullValue()) {
    facts.entries.emplace_back();
    return initial;
  }
  auto *target = llvm::dyn_cast<llvm::Function>(initial->stripPointerCastsAndAliases());
  if (target == nullptr && !llvm::isa<llvm::GlobalIFunc>(initial->stripPointerCasts()) && wrong_.empty())
    wrong_ = "entry " + std::to_string(index + 1) + " of the provider of '" + facts.contract +
             "' is no function: a table holds functions and nulls";
  if (target == nullptr) {
    facts.entries.push_back(initial->stripPointerCasts()->getName().str());
    return initial;
  }
  facts.entries.push_back(target->getName().str());
  if (target->isVarArg() || (!may_throw(*target) && !may_overflow(*target))) return initial;

  const Entry entry = describe(facts, index, *target);
  const std::string name = "graft_thunk_" + facts.tag + "_" + entry.function;
  llvm::Constant *description = describe_in_memory(facts, entry);
  llvm::Function *thunk = make_thunk(name, *target, description, entry.returns_status);
  unit_.thunks.push_back({thunk->getName().str(), target->getName().str(), facts.contract, entry.function});
  return thunk;
}

void ThunkMaker::provide(const llvm::GlobalVariable &record) {
  const llvm::ConstantStruct *provider = initialiser(&record);
  if (!provider || provider->getNumOperands() != 4) return;
  ProviderFacts &facts = facts_of(record, provider->getOperand(2));
  const auto *table = llvm::dyn_cast<llvm::GlobalVariable>(provider->getOperand(3)->stripPointerCasts());
  if (!table || !table->hasInitializer()) return;

  facts.entries.clear();
  llvm::Constant *initial = const_cast<llvm::GlobalVariable *>(table)->getInitializer();
  std::vector<llvm::Constant *> entries;
  for (unsigned i = 0; llvm::Constant *value = initial->getAggregateElement(i); ++i) {
    if (!value->getType()->isPointerTy()) return;
    entries.push_back(entry(facts, i, value));
  }
  auto *type = llvm::ArrayType::get(llvm::PointerType::getUnqual(context_), entries.size());
  facts.table_symbol = "graft_entries_" + facts.tag;
  auto *array = new llvm::GlobalVariable(module_, type, /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
                                         llvm::ConstantArray::get(type, entries), facts.table_symbol);
  array->setAlignment(llvm::Align(8));
}

} // namespace

std::string add_thunks(llvm::Module &module, Unit &unit) {
  std::vector<const llvm::GlobalVariable *> records;
  for (const llvm::GlobalVariable &variable : module.globals())
    if (variable.getSection() == kProviderSection && variable.getName().starts_with(kProviderPrefix))
      records.push_back(&variable);
  ThunkMaker maker(module, unit);
  for (const llvm::GlobalVariable *record : records) maker.provide(*record);
  return maker.wrong();
}

} // namespace graft::driver
