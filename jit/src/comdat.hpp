// Which sections of an object belong together: of the COMDAT groups of one signature, a static linker keeps the first.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft::jit {

/// What a group would bring. Views point into the object's bytes.
struct ComdatGroup {
  std::string_view signature;
  std::vector<std::string_view> symbols;  ///< global names that its sections define
  std::vector<std::string_view> contents; ///< of its sections, where they have any
};

/// The COMDAT groups of an object that passed check_object(). kInvalid when one names what is not there.
Result<std::vector<ComdatGroup>> comdat_groups(const ObjectFile &object);

} // namespace graft::jit
