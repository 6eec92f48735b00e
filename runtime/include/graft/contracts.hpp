// The host's own view of its contracts: what a header declares, as data, and how it gets into a host.
//
// `graft_contracts(TARGET header.h)` of the CMake package runs `graft contracts --embed` at build time: what the header
// declares goes into the target as one more source, which also asserts every size and offset with the target's own compiler.
// `Runtime::bind` then holds each provider against it. A host that is built another way hands its headers over with
// `Runtime::read_contracts`.
#pragma once

#include <graft/base/export.hpp>
#include <graft/base/facts.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace graft {

/// A contract with all its types, for callers that know it by name only.
struct ContractDescription {
  ContractFacts contract;
  TypeTable types;
};

struct HeaderOptions {
  std::vector<std::string> include_dirs{};
  std::vector<std::string> flags{}; ///< a compiler's: "-DWIDE=1"
};

/// What a header tells when it is compiled: C, unless its name ends as those of C++ do.
struct HeaderFile {
  std::string path;                           ///< absolute
  std::vector<ContractDescription> contracts; ///< also those of headers that it includes
  std::vector<std::string> read;              ///< the files behind it, the system's aside
};

/// kNotFound, kInvalid with diagnostics, or kInvalid for a header that declares no contract.
GRAFT_API Result<HeaderFile> read_header(const std::filesystem::path &header, const HeaderOptions &options = {});
/// The same for one that is in memory; `name` is what messages call it.
GRAFT_API Result<HeaderFile> read_header_text(const std::string &name, std::string text, const HeaderOptions &options = {});

/// The C++ source that carries the views of `header` into a host.
GRAFT_API std::string embedding_of(const HeaderFile &header);

/// A contract's view inside a host's program, made by `embedding_of`. Static data.
struct EmbeddedView {
  std::uint32_t struct_size;
  std::uint16_t major;
  std::uint16_t minor;
  const char *name;
  const char *text;
  std::uint64_t text_size;
};

namespace detail {

/// The views of the program or shared library that this header is compiled into: the linker gathers them in a section, and
/// where there are none both are null. Nothing runs before `main`.
extern const EmbeddedView *const first_view[] __asm__("__start_graft_views") __attribute__((weak, visibility("hidden")));
extern const EmbeddedView *const last_view[] __asm__("__stop_graft_views") __attribute__((weak, visibility("hidden")));

// How a generated source reaches a type that has no name: by its way there from the contract.
template <class T>
using PointedAt = std::remove_cv_t<std::remove_pointer_t<std::remove_cv_t<T>>>;
template <class T>
using Element = std::remove_cv_t<std::remove_extent_t<T>>;

template <class Function>
struct FunctionParts;
template <class R, class... Parameters>
struct FunctionParts<R(Parameters...)> {
  using Result = std::remove_cv_t<R>;
  template <std::size_t Index>
  using Parameter = std::remove_cv_t<std::tuple_element_t<Index, std::tuple<Parameters...>>>;
};
template <class R, class... Parameters>
struct FunctionParts<R(Parameters...) noexcept> : FunctionParts<R(Parameters...)> {};

} // namespace detail
} // namespace graft
