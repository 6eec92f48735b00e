#include "thing.h"

#include <stdexcept>
#include <string>

namespace {

int32_t read_configuration() { throw std::runtime_error("no configuration for '" + std::string("thing") + "'"); }

const int32_t configured = read_configuration();

int32_t answer() { return configured; }

} // namespace

GRAFT_PROVIDE(thing, {.answer = answer});
