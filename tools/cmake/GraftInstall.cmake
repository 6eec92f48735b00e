# `cmake --install` gives a relocatable tree: headers, libgraft.so, the graft command, its pages, and the package that
# find_package(graft) finds.
# A host sees no third-party header and links nothing but libgraft.so; what that needs at run time (libLLVM, libclang-cpp, TBB, fmt, hiredis,
# sodium, sqlite3) the system's loader finds where Debian puts it.
include(CMakePackageConfigHelpers)
set(package_directory lib/cmake/graft)

foreach(folder IN ITEMS abi runtime)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder}/include/ DESTINATION include
          FILES_MATCHING PATTERN "fault.hpp" EXCLUDE PATTERN "byte_stream.hpp" EXCLUDE PATTERN "*.h" PATTERN "*.hpp")
endforeach()

set(visible_symbols ${CMAKE_SOURCE_DIR}/tools/cmake/libgraft.map)
target_link_options(graft PRIVATE LINKER:--version-script=${visible_symbols})
if(NOT GRAFT_SANITIZE)
  target_link_options(graft PRIVATE LINKER:-z,defs) # what we forgot to define is an error here, not in a host
endif()
set(function_order ${CMAKE_SOURCE_DIR}/tools/cmake/libgraft.order) # of tools/function-order
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang") # with lld, which knows how
  target_link_options(graft PRIVATE LINKER:--symbol-ordering-file=${function_order} LINKER:--no-warn-symbol-ordering)
endif()
set_target_properties(graft PROPERTIES LINK_DEPENDS "${visible_symbols};${function_order}")
set_target_properties(graft graft_worker PROPERTIES INSTALL_RPATH "") # what they need is the system's
install(TARGETS graft EXPORT graftTargets LIBRARY DESTINATION lib)
install(TARGETS graft_worker RUNTIME DESTINATION lib/graft)
if(TARGET graft_command)
  install(TARGETS graft_command EXPORT graftTargets RUNTIME DESTINATION bin)
  if(NOT GRAFT_SANITIZE)
    install(FILES ${CMAKE_BINARY_DIR}/graft.1 DESTINATION share/man/man1)
    install(FILES ${CMAKE_BINARY_DIR}/graft.bash DESTINATION share/bash-completion/completions RENAME graft)
    install(FILES ${CMAKE_BINARY_DIR}/graft.zsh DESTINATION share/zsh/site-functions RENAME _graft)
    install(FILES ${CMAKE_BINARY_DIR}/graft.fish DESTINATION share/fish/vendor_completions.d)
  endif()
endif()

install(EXPORT graftTargets NAMESPACE graft:: DESTINATION ${package_directory})
file(WRITE ${CMAKE_BINARY_DIR}/graftConfig.cmake
     "# Finds graft where it was installed: targets graft::graft and graft::command, function graft_contracts.\n"
     "include(\${CMAKE_CURRENT_LIST_DIR}/graftTargets.cmake)\ninclude(\${CMAKE_CURRENT_LIST_DIR}/GraftContracts.cmake)\n")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/graftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/graftConfig.cmake ${CMAKE_BINARY_DIR}/graftConfigVersion.cmake
              ${CMAKE_SOURCE_DIR}/tools/cmake/GraftContracts.cmake
        DESTINATION ${package_directory})
install(CODE "set(graft_source \"${CMAKE_SOURCE_DIR}\")")
install(SCRIPT ${CMAKE_SOURCE_DIR}/tools/cmake/GraftInstallDocs.cmake)
