# What every target is compiled with: ccache and lld where they are, warnings as errors, the sanitizers of the preset.
find_program(GRAFT_CCACHE ccache)
if(GRAFT_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${GRAFT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GRAFT_CCACHE})
endif()

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# Programs find libgraft beside them, in the build as where it is installed; CMake's own words for the build end in an empty one, and
# libraries would be looked for in whatever folder a program is started in.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")

set(GRAFT_WARNINGS -Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND GRAFT_WARNINGS -Wthread-safety)
endif()

foreach(sanitizer IN LISTS GRAFT_SANITIZE)
  add_compile_options(-fsanitize=${sanitizer} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizer})
endforeach()
if("undefined" IN_LIST GRAFT_SANITIZE)
  # LLVM's own headers are not clean under vptr and function checks, and Debian's libLLVM is not built with them.
  add_compile_options(-fno-sanitize=vptr,function -fno-sanitize-recover=undefined)
endif()
