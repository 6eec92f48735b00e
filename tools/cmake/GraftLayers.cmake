# The house rule, checked at configure time: arrows run one way.
#
#   abi <- base <- {compiler_driver | jit} <- runtime <- tools
#
# graft_library(NAME LAYER layer SOURCES ... USES targets... LIBRARIES external...) makes an object library (so that tests link
# the pieces and hosts link one shared library), and refuses a USES that points up or sideways.
set(GRAFT_RANK_abi 0)
set(GRAFT_RANK_base 1)
set(GRAFT_RANK_compiler_driver 2)
set(GRAFT_RANK_jit 2)
set(GRAFT_RANK_runtime 3)
set(GRAFT_RANK_tools 4)

function(graft_check_edge name layer used)
  get_target_property(used_layer ${used} GRAFT_LAYER)
  if(NOT used_layer)
    message(FATAL_ERROR "${name} uses ${used}, which has no layer: make it with graft_library()")
  endif()
  if(used_layer STREQUAL layer)
    return()
  endif()
  if(NOT GRAFT_RANK_${used_layer} LESS GRAFT_RANK_${layer})
    message(FATAL_ERROR "${name} (${layer}) must not use ${used} (${used_layer}): the arrow runs the wrong way; see "
                        "runtime/doc/architecture.md")
  endif()
endfunction()

# LLVM and Clang headers belong to two folders; a source elsewhere that includes them is refused by name.
function(graft_check_includes name layer)
  if(layer STREQUAL "jit" OR layer STREQUAL "compiler_driver")
    return()
  endif()
  foreach(source IN LISTS ARGN)
    file(STRINGS ${source} hits REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"](llvm|clang|clang-c|llvm-c)/")
    if(hits)
      message(FATAL_ERROR "${name}: ${source} includes LLVM or Clang; only jit/ and compiler_driver/ may")
    endif()
  endforeach()
endfunction()

function(graft_library name)
  cmake_parse_arguments(arg "" "LAYER" "SOURCES;USES;LIBRARIES" ${ARGN})
  list(TRANSFORM arg_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  graft_check_includes(${name} ${arg_LAYER} ${arg_SOURCES})
  add_library(${name} OBJECT ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES GRAFT_LAYER ${arg_LAYER})
  target_compile_options(${name} PRIVATE ${GRAFT_WARNINGS} -ffunction-sections) # each has its place: libgraft.order
  foreach(used IN LISTS arg_USES)
    graft_check_edge(${name} ${arg_LAYER} ${used})
    target_link_libraries(${name} PUBLIC ${used})
  endforeach()
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
endfunction()
