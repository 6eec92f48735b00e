// The format of System V with the long names of GNU: a header of 60 characters before each member, which begins at an even
// offset.
#include "archive_members.hpp"

#include "../bundle/text_parts.hpp"

namespace graft {
namespace {

constexpr std::string_view kMagic = "!<arch>\n";
constexpr std::size_t kHeaderBytes = 60;

/// A field of a header: characters, filled up with spaces.
std::string_view field(std::string_view header, std::size_t at, std::size_t width) {
  std::string_view text = header.substr(at, width);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// "name/", or "/17" for what stands at 17 in the table of long names.
std::string member_name(std::string_view written, std::string_view long_names) {
  std::size_t at = 0;
  if (written.starts_with('/') && parse_number(written.substr(1), at) && at < long_names.size()) {
    const std::string_view rest = long_names.substr(at);
    written = rest.substr(0, rest.find('\n'));
  }
  if (written.ends_with('/')) written.remove_suffix(1);
  return std::string(written);
}

} // namespace

Result<std::vector<ArchiveMember>> archive_members(std::string_view bytes, const std::string &file) {
  const auto damaged = [&](const char *what) {
    return error(Code::kInvalid, "archive '" + file + "' is damaged: " + what + "; build it again", {file, 0, 0});
  };
  if (bytes.starts_with("!<thin>\n"))
    return error(Code::kUnsupported,
                 "archive '" + file + "' is a thin one, whose members lie elsewhere; build it without 'T'", {file, 0, 0});
  if (!bytes.starts_with(kMagic)) return damaged("it does not begin as an archive does");
  std::vector<ArchiveMember> members;
  std::string_view long_names;
  for (std::size_t at = kMagic.size(); at < bytes.size(); at += at % 2) {
    const std::string_view header = bytes.substr(at, kHeaderBytes);
    std::size_t size = 0;
    if (header.size() < kHeaderBytes || !header.ends_with("`\n") || !parse_number(field(header, 48, 10), size))
      return damaged("a member has no header");
    at += kHeaderBytes;
    if (size > bytes.size() - at) return damaged("a member reaches beyond its end; it may be truncated");
    const std::string_view written = field(header, 0, 16);
    const std::string_view contents = bytes.substr(at, size);
    at += size;
    if (written == "//") long_names = contents;
    if (written == "/" || written == "//" || written == "/SYM64/") continue;
    members.push_back({member_name(written, long_names), contents});
  }
  if (members.empty()) return damaged("it has no members");
  return members;
}

} // namespace graft
