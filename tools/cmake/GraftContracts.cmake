# graft_contracts(TARGET HEADER...): the target's own view of the contracts that these headers declare. At build time graft's compiler
# reads each header, with the target's include directories and definitions; the facts become one more source of the target, which also
# asserts every size, offset and value with the target's compiler. graft::Runtime holds every provider against them.
function(graft_contracts target)
  get_target_property(type ${target} TYPE)
  if(NOT type MATCHES "^(EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY)$")
    message(FATAL_ERROR "graft_contracts(${target}): a linker may leave the views of a ${type} out; name the program or shared library "
                        "that binds the contracts")
  endif()
  set(directories "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
  set(definitions "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>")
  foreach(header IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE OUTPUT_VARIABLE path)
    cmake_path(GET path STEM name)
    string(SHA256 place ${path})
    string(SUBSTRING ${place} 0 8 place)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/graft_contracts/${target}/${name}_${place}.cpp)
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/graft_contracts/${target})
    add_custom_command(
      OUTPUT ${output}
      COMMAND graft::command contracts ${header} --embed ${output} --depfile ${output}.d
              "$<$<BOOL:${directories}>:-I$<JOIN:${directories},;-I>>" "$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},;-D>>"
      DEPENDS ${path} graft::command
      DEPFILE ${output}.d
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
      COMMENT "Reading contracts of ${name}"
      COMMAND_EXPAND_LISTS VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endforeach()
endfunction()
