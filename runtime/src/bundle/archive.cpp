// POSIX.1-2001, section "pax Interchange Format": records of 512 bytes, a header before each member.
#include "archive.hpp"

#include "text_parts.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <optional>

namespace graft {
namespace {

constexpr std::size_t kRecord = 512;

struct Header {
  char name[100], mode[8], user[8], group[8], size[12], time[12], checksum[8], type, link[100], magic[6], version[2],
      user_name[32], group_name[32], major[8], minor[8], prefix[155], padding[12];
};
static_assert(sizeof(Header) == kRecord);

template <std::size_t Size>
std::string_view text_of(const char (&field)[Size]) {
  return {field, ::strnlen(field, Size)};
}

template <std::size_t Size>
std::optional<std::uint64_t> octal(const char (&field)[Size]) {
  const std::string_view digits = trimmed(text_of(field));
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (failure != std::errc() || end != digits.data() + digits.size()) return {};
  return value;
}

bool is_checksum_right(const Header &header) {
  Header blank = header;
  std::ranges::fill(blank.checksum, ' ');
  const auto *bytes = reinterpret_cast<const unsigned char *>(&blank);
  return octal(header.checksum) == std::accumulate(bytes, bytes + kRecord, std::uint64_t{0});
}

/// Why a member's name is refused; empty for one that is fine. "./" in front is taken off.
std::string normalise(std::string &name) {
  while (name.starts_with("./")) name.erase(0, 2);
  if (name.find('\0') != name.npos) return "holds a zero byte";
  if (name.starts_with('/')) return "is absolute";
  for (std::string_view rest = name; !rest.empty();)
    if (take_until(rest, '/') == "..") return "leads out of the bundle";
  return {};
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string &archive) : rest_(bytes), archive_(archive) {}

  Result<std::vector<MemoryFile>> read() {
    if (rest_.starts_with("\x1f\x8b") ||
        rest_.starts_with("\xfd"
                          "7zXZ") ||
        rest_.starts_with("\x28\xb5\x2f\xfd"))
      return error(Code::kUnsupported, "archive '" + archive_ + "' is compressed; give it as a plain tar");
    std::vector<MemoryFile> files;
    while (!is_end()) GRAFT_TRY(read_member(files));
    if (files.empty()) return damaged("it holds no file");
    return files;
  }

 private:
  Error damaged(const std::string &what) const {
    return error(Code::kInvalid, "archive '" + archive_ + "' is no tar or is damaged: " + what);
  }
  bool is_end() const {
    return rest_.empty() || std::ranges::all_of(rest_.substr(0, kRecord), [](char byte) { return byte == 0; });
  }

  /// The next `size` bytes, with what fills their last record taken off too.
  Result<std::string_view> take(std::uint64_t size) {
    if (size > rest_.size()) return damaged("it ends in the middle of a member");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(std::min<std::size_t>(rest_.size(), (size + kRecord - 1) / kRecord * kRecord));
    return taken;
  }

  Result<void> read_member(std::vector<MemoryFile> &files) {
    GRAFT_TRY_ASSIGN(const std::string_view record, take(kRecord));
    Header header;
    std::memcpy(&header, record.data(), kRecord);
    if (!is_checksum_right(header)) return damaged("a header's checksum is wrong");
    const std::optional<std::uint64_t> written = octal(header.size);
    if (!written && !size_) return damaged("a member's size is no number");
    const bool is_about_next = header.type == 'x' || header.type == 'L';
    GRAFT_TRY_ASSIGN(const std::string_view contents,
                     take(is_about_next ? written.value_or(0) : size_.value_or(written.value_or(0))));
    if (header.type == 'x') return read_attributes(contents);
    if (header.type == 'L') { // GNU's long name
      name_ = contents.substr(0, contents.find('\0'));
      return {};
    }
    if (header.type == 'g') return {};
    std::string name = name_.value_or(std::string(text_of(header.name)));
    if (!name_ && text_of(header.magic).starts_with("ustar") && header.prefix[0] != 0)
      name = std::string(text_of(header.prefix)) + "/" + name;
    name_.reset();
    size_.reset();
    if (const std::string why = normalise(name); !why.empty())
      return error(Code::kRefused, "archive '" + archive_ + "': the name '" + one_line(name) + "' " + why);
    if (header.type == '5' || name.ends_with('/')) return {};
    if (header.type != '0' && header.type != '\0')
      return error(Code::kRefused, "archive '" + archive_ + "': '" + one_line(name) +
                                       "' is no regular file; only those and folders are taken");
    files.push_back({std::move(name), std::string(contents)});
    return {};
  }

  /// "LENGTH KEY=VALUE\n", of which the path and the size of the next member matter.
  Result<void> read_attributes(std::string_view text) {
    while (!text.empty()) {
      std::size_t length = 0;
      const std::string_view digits = text.substr(0, text.find(' '));
      if (!parse_number(digits, length) || length <= digits.size() + 1 || length > text.size() || text[length - 1] != '\n')
        return damaged("an extended header is malformed");
      std::string_view value = text.substr(digits.size() + 1, length - digits.size() - 2);
      const std::string_view key = take_until(value, '=');
      if (key == "path") name_ = value;
      if (std::uint64_t size = 0; key == "size") {
        if (!parse_number(value, size)) return damaged("an extended header's size is no number");
        size_ = size;
      }
      text.remove_prefix(length);
    }
    return {};
  }

  std::string_view rest_;
  const std::string &archive_;
  std::optional<std::string> name_;   // of the next member
  std::optional<std::uint64_t> size_; // of the next member
};

/// `tar -c greeter` puts everything under greeter/.
void strip_shared_folder(std::vector<MemoryFile> &files) {
  const std::size_t slash = files.front().name.find('/');
  if (slash == std::string::npos) return;
  const std::string folder = files.front().name.substr(0, slash + 1);
  if (!std::ranges::all_of(files, [&](const MemoryFile &file) { return file.name.starts_with(folder); })) return;
  for (MemoryFile &file : files) file.name.erase(0, folder.size());
}

} // namespace

Result<std::vector<MemoryFile>> read_tar(std::string_view bytes, const std::string &archive) {
  GRAFT_TRY_ASSIGN(std::vector<MemoryFile> files, Reader(bytes, archive).read());
  strip_shared_folder(files);
  return files;
}

} // namespace graft
