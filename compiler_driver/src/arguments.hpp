// What a set of flags comes to on the command line of `clang -cc1`, without Clang's headers.
#pragma once

#include <graft/base/result.hpp>
#include <graft/driver/compiler.hpp>

#include <string>
#include <vector>

namespace graft::driver {

/// Of a file in `language`, not kFromName; a stand-in's name is among them, as input and as main file. Fails: kInvalid for
/// flags that Clang does not know.
Result<std::vector<std::string>> arguments_for(const Options &options, Language language);

} // namespace graft::driver
