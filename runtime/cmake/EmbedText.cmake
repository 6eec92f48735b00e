# Writes OUTPUT: a C++ source in which `NAME` of namespace graft is the text of INPUT, a `const std::string_view`.
file(READ ${INPUT} contents)
file(WRITE ${OUTPUT} "#include <string_view>\n\nnamespace graft {\nextern const std::string_view ${NAME};\n"
                     "constinit const std::string_view ${NAME} = R\"graft_text(${contents})graft_text\";\n} // namespace graft\n")
