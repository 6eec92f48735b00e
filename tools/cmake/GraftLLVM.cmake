# LLVM 22 and Clang 22 as two interface targets, from llvm-config: shared libraries, headers as system headers.
find_program(GRAFT_LLVM_CONFIG NAMES llvm-config-22 REQUIRED)
function(graft_llvm_config variable)
  execute_process(COMMAND ${GRAFT_LLVM_CONFIG} ${ARGN} OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} ${output} PARENT_SCOPE)
endfunction()
graft_llvm_config(GRAFT_LLVM_INCLUDE --includedir)
graft_llvm_config(GRAFT_LLVM_LIBDIR --libdir)

add_library(graft_llvm INTERFACE)
target_include_directories(graft_llvm SYSTEM INTERFACE ${GRAFT_LLVM_INCLUDE})
target_compile_definitions(graft_llvm INTERFACE __STDC_CONSTANT_MACROS __STDC_FORMAT_MACROS __STDC_LIMIT_MACROS)
find_library(GRAFT_LIBLLVM NAMES LLVM-22 LLVM PATHS ${GRAFT_LLVM_LIBDIR} NO_DEFAULT_PATH REQUIRED)
target_link_libraries(graft_llvm INTERFACE ${GRAFT_LIBLLVM})

add_library(graft_clang INTERFACE)
find_library(GRAFT_LIBCLANG NAMES clang-cpp PATHS ${GRAFT_LLVM_LIBDIR} NO_DEFAULT_PATH REQUIRED)
target_link_libraries(graft_clang INTERFACE ${GRAFT_LIBCLANG} graft_llvm)
