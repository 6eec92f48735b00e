// Objects for the linker's tests, made as a host's own compiler would make them: by clang, outside of this process.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/jit/linker.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace graft::test {

/// A source by name: `a.c`, `b.cpp`.
struct SourceText {
  std::string name;
  std::string text;
};

/// Compiles with `-fPIC -femulated-tls -O1` and `flags`. A source that does not compile fails the test.
ObjectFile compile(const SourceText &source, const std::string &flags = {});
Artifact artifact(std::initializer_list<SourceText> sources, const std::string &flags = {});

/// A linker, made once per test.
std::unique_ptr<jit::Linker> make_linker(jit::Config config = {});

/// Links or fails the test.
std::unique_ptr<jit::Image> link(jit::Linker &linker, const Artifact &artifact, std::vector<std::string> exports,
                                 std::vector<jit::Symbol> symbols = {});

/// The exported function `name` of an image, as a `Type`.
template <class Type>
Type *function(const jit::Image &image, const char *name) {
  return reinterpret_cast<Type *>(const_cast<void *>(image.address(name)));
}

} // namespace graft::test
