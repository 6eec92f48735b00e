# Writes OUTPUT: a C++ source in which `NAME` of namespace graft is the text of INPUT, a `const std::string_view`. The text's length is that of the
# array: counted at compile time, a long one takes more steps than compilers allow.
file(READ ${INPUT} contents)
file(WRITE ${OUTPUT} "#include <string_view>\n\nnamespace graft {\nextern const std::string_view ${NAME};\n"
                     "static constexpr char kText[] = R\"graft_text(${contents})graft_text\";\n"
                     "constinit const std::string_view ${NAME}(kText, sizeof kText - 1);\n} // namespace graft\n")
