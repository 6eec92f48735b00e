// All of graft's public C++ interface.
#pragma once

#include "bound.hpp"
#include "inspect.hpp"
#include "pin.hpp"
#include "program.hpp"
#include "runtime.hpp"
