// A contract function's type as libffi wants it: the one place that knows how C values travel in registers.
#pragma once

#include <graft/base/result.hpp>
#include <graft/base/types.hpp>

#include <ffi.h>

#include <deque>
#include <vector>

namespace graft {

/// Owns: the descriptions that `cif` points at. Not movable, because they point at each other.
class FfiSignature {
 public:
  FfiSignature() = default;
  FfiSignature(const FfiSignature &) = delete;

  /// kUnsupported for what libffi cannot pass: variadic functions, unions, packed structs, 128-bit integers.
  Result<void> prepare(const TypeTable &table, TypeIndex function);
  /// `result` has room for 32 bytes at least; `arguments` point at one value a parameter.
  void call(const void *function, void *result, void **arguments) const;
  /// For libffi, which does not change it.
  ffi_cif &cif() const { return cif_; }

 private:
  Result<ffi_type *> describe(const TypeTable &table, TypeIndex type);
  Result<ffi_type *> describe_struct(const TypeTable &table, TypeIndex type);
  Result<void> append_fields(const TypeTable &table, TypeIndex type, std::uint64_t offset, std::uint64_t &covered,
                             std::vector<ffi_type *> &elements);

  std::deque<ffi_type> structs_;
  std::deque<std::vector<ffi_type *>> elements_; // of each struct, ending in null
  std::vector<ffi_type *> parameters_;
  mutable ffi_cif cif_{};
};

} // namespace graft
