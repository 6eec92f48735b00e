// What of graft is visible outside its shared library: only what carries GRAFT_API.
#pragma once

#define GRAFT_API __attribute__((visibility("default")))
