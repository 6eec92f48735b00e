// Building tables, and the sentence behind a stub.
#include "table.hpp"

#include "threads.hpp"

#include <graft/base/fault.hpp>
#include <graft/bound.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace graft {

TableShape make_shape(const ContractFacts *facts, std::string contract, std::string bundle) {
  TableShape shape{std::move(contract), std::move(bundle), {}, {}};
  if (facts == nullptr) return shape;
  for (const ContractFunction &function : facts->functions) {
    shape.functions.push_back(function.name);
    shape.results.push_back(function.returns_status ? StubResult::kStatus : StubResult::kZero);
  }
  return shape;
}

void Table::FreeBlock::operator()(Block *block) const noexcept { std::free(block); }

Table::Table(Generation *generation, std::shared_ptr<const TableShape> shape, std::size_t provided, std::size_t width)
    : generation_(generation), shape_(std::move(shape)), provided_(provided), width_(std::max(provided, width)) {
  const std::size_t bytes = (sizeof(Block) + width_ * sizeof(void *) + 63) / 64 * 64;
  if (!fault::at(kMemoryPoint)) block_.reset(static_cast<Block *>(std::aligned_alloc(64, bytes)));
  if (block_ == nullptr) return;
  block_->owner = this;
  block_->reserved = 0;
}

std::unique_ptr<Table> Table::create(Generation &generation, std::shared_ptr<const TableShape> shape,
                                     const std::vector<const void *> &provided, std::size_t width) {
  std::unique_ptr<Table> table(new Table(&generation, std::move(shape), provided.size(), width));
  if (table->block_ == nullptr) return nullptr;
  for (std::size_t index = 0; index < table->width_; ++index) {
    const bool has = index < provided.size() && provided[index] != nullptr;
    table->block_->entries()[index] = has ? provided[index] : stub(StubReason::kMissing, table->shape_->result(index), index);
  }
  return table;
}

std::unique_ptr<Table> Table::create_stale(std::shared_ptr<const TableShape> shape, std::size_t width) {
  std::unique_ptr<Table> table(new Table(nullptr, std::move(shape), 0, width));
  if (table->block_ == nullptr) return nullptr;
  for (std::size_t index = 0; index < table->width_; ++index)
    table->block_->entries()[index] = stub(StubReason::kStale, table->shape_->result(index), index);
  return table;
}

std::unique_ptr<Table> Table::create_gate(std::shared_ptr<Gate> gate, const Table &behind) {
  std::unique_ptr<Table> table(new Table(nullptr, behind.shape_, behind.provided_, behind.width_));
  if (table->block_ == nullptr) return nullptr;
  table->gate_ = std::move(gate);
  table->behind_ = &behind;
  const void **entries = table->block_->entries();
  table->gate_code_ = GateCode::create(*table, table->width_);
  if (table->gate_code_ == nullptr) return nullptr;
  for (std::size_t index = 0; index < table->width_; ++index) {
    const void *old = behind.block_->entries()[index];
    entries[index] = is_stub_address(old) ? old : table->gate_code_->entry(index);
  }
  return table;
}

const Table &Table::settled() const noexcept {
  if (gate_ == nullptr) return *this;
  return gate_->await() ? target_->settled() : behind_->settled();
}

const void *Table::target_of(const GateCall &call) noexcept { return call.table->settled().block_->entries()[call.index]; }

bool Table::fits(const TableShape &shape, std::size_t width) const {
  if (width_ < width) return false;
  for (std::size_t index = 0; index < width; ++index)
    if (shape_->result(index) != shape.result(index)) return false;
  return true;
}

const Table &Table::of(const void *entries) noexcept { return *(static_cast<const Head *>(entries) - 1)->owner; }

std::vector<const void *> Table::provided() const {
  std::vector<const void *> functions(block_->entries(), block_->entries() + provided_);
  for (const void *&function : functions)
    if (is_stub_address(function)) function = nullptr;
  return functions;
}

graft_status report_stub(std::size_t index, StubReason reason) noexcept {
  const graft_status code = reason == StubReason::kMissing ? GRAFT_MISSING : GRAFT_STALE;
  const void *entries = innermost_pin();
  char text[512];
  int size = 0;
  if (entries == nullptr) {
    size = std::snprintf(text, sizeof text, "function %zu of a contract was called without a pin", index);
  } else {
    const TableShape &shape = Table::of(entries).shape();
    const std::string function =
        index < shape.functions.size() ? "'" + shape.functions[index] + "'" : "number " + std::to_string(index + 1);
    if (reason == StubReason::kMissing)
      size = std::snprintf(text, sizeof text, "bundle '%s' provides %s without function %s", shape.bundle.c_str(),
                           shape.contract.c_str(), function.c_str());
    else if (reason == StubReason::kEnded)
      size = std::snprintf(text, sizeof text, "%s of %s was called on an instance that ended, or on none; create one",
                           function.c_str(), shape.contract.c_str());
    else
      size = std::snprintf(text, sizeof text, "%s was called after its bundle was unloaded; find a provider again",
                           shape.contract.c_str());
  }
  set_call_error(code, {text, std::min(static_cast<std::size_t>(size), sizeof text - 1)});
  return code;
}

namespace detail {

bool is_stub(const void *function) noexcept { return is_stub_address(function); }

void clear_last_error() noexcept { set_last_error(GRAFT_OK, {}); }

Error last_error(const void *table, const void *entry, graft_status status) {
  const auto index = static_cast<std::size_t>(static_cast<const char *>(entry) - static_cast<const char *>(table)) / sizeof(void *);
  const TableShape &shape = Table::of(table).shape();
  const bool is_status = shape.result(index) == StubResult::kStatus;
  // What a function met on its way and got over is not its failure.
  if (is_status ? status == GRAFT_OK : !has_call_failed()) return error(Code::kOk, {});
  const graft_status known = last_error_status();
  if (!is_status || known == status) return error(static_cast<Code>(known), std::string(last_error_text()));
  return error(static_cast<Code>(status), "'" + shape.functions[index] + "' of " + shape.contract + " in bundle '" + shape.bundle +
                                              "' returned status " + std::to_string(status));
}

} // namespace detail

} // namespace graft
