// The texts of what `graft new` writes. They are complete: a person reads them to learn what a bundle is. `{name}`, `{tag}`,
// `{contract}`,
// `{guard}` and `{ending}` are filled in; braces of C are doubled.
#pragma once

#include "scaffold.hpp"

#include <span>

namespace graft::tool {

struct TemplateFile {
  const char *name;
  const char *text;
};

/// All but compile_flags.txt, which depends on the machine.
std::span<const TemplateFile> files_of(Flavour flavour);

} // namespace graft::tool
