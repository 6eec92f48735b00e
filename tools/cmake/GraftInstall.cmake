# `cmake --install` gives a relocatable tree: headers, libgraft.so, the graft command, and the package that find_package(graft) finds.
