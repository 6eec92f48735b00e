// What the command prints: diagnostics as clang shows them, errors as one line, colour only for a person's eyes.
#pragma once

#include <graft/base/result.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace graft::tool {

enum class Ink { kBold, kRed, kMagenta, kCyan, kGreen, kDim };

/// `text` in colour when `stream` is a terminal and neither NO_COLOR nor a dumb terminal forbids it; as it is otherwise.
std::string paint(std::FILE *stream, Ink ink, std::string_view text);

/// A path under the working directory relative to it, any other as it is; headers of graft's as they are on disk.
std::string shorten(const std::string &path);

/// To stderr, with snippets and carets, notes behind what they belong to.
void print_diagnostics(const std::vector<Diagnostic> &diagnostics);
/// To stderr: the diagnostics, then `graft: error: ...`, or `file:line:column: error: ...` for one about a place.
void print_error(const Error &error);
/// To stderr: `graft: error: ...`.
void print_error(std::string_view sentence);

/// "1.52 ms", "840 us".
std::string duration(std::uint64_t nanoseconds);
/// "12 kB".
std::string bytes_text(std::uint64_t bytes);
/// "1 contract", "2 contracts".
std::string counted(std::size_t count, std::string_view word);

} // namespace graft::tool
