// See secret.hpp. The key file is written aside and linked into place, which fails if another process was first: then its
// key is the one.
#include "secret.hpp"

#include "small_file.hpp"

#include <graft/base/fault.hpp>

#include <llvm-c/blake3.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace graft::driver {
namespace {

constexpr std::size_t kShortest = 32;
constexpr const char *kHowToMakeOne = "make one with: head -c 32 /dev/urandom | base64 > FILE; chmod 600 FILE; export "
                                      "GRAFT_CACHE_KEY=/path/to/FILE";

/// A secret that others can read is none.
Result<void> refuse_open(const std::string &path, const struct ::stat &status) {
  if (status.st_uid != ::geteuid())
    return error(Code::kRefused, "key file '" + path + "' belongs to user " + std::to_string(status.st_uid) +
                                     ", not to user " + std::to_string(::geteuid()));
  if ((status.st_mode & 077) != 0) return error(Code::kRefused, "key file '" + path + "' is open to others: chmod 600 it");
  return {};
}

Result<std::vector<char>> read_secret(const std::string &path) {
  struct ::stat status{};
  GRAFT_TRY_ASSIGN(std::vector<char> bytes, read_small_file(path, &status));
  GRAFT_TRY(refuse_open(path, status));
  return bytes;
}

Result<void> make_key_file(const std::string &folder, const std::string &path) {
  Secret fresh{};
  if (fault::at("random bytes", EAGAIN) || ::getrandom(fresh.data(), fresh.size(), 0) != static_cast<ssize_t>(fresh.size()))
    return error(Code::kEnvironment, "no random bytes for key file '" + path + "': " + std::strerror(errno));
  GRAFT_TRY_ASSIGN(const TemporaryFile file,
                   TemporaryFile::create(folder, {reinterpret_cast<const char *>(fresh.data()), fresh.size()}));
  if (::link(file.path().c_str(), path.c_str()) != 0 && errno != EEXIST)
    return error(Code::kEnvironment, "cannot make key file '" + path + "': " + std::strerror(errno));
  return {};
}

} // namespace

Result<Secret> folder_secret(const std::string &folder) {
  const std::string path = folder + "/key";
  auto bytes = read_secret(path);
  if (bytes.code() == Code::kNotFound) {
    GRAFT_TRY(make_key_file(folder, path));
    bytes = read_secret(path);
  }
  if (!bytes) return std::move(bytes).error();
  Secret secret{};
  if ((*bytes).size() != secret.size())
    return error(Code::kInvalid, "key file '" + path + "' has " + std::to_string((*bytes).size()) + " bytes, not " +
                                     std::to_string(secret.size()) + "; remove it, and what was cached is compiled again");
  std::memcpy(secret.data(), (*bytes).data(), secret.size());
  return secret;
}

Result<Secret> shared_secret(const std::string &given) {
  if (given.empty())
    return error(Code::kInvalid, std::string("a remote cache needs a secret that its users share; ") + kHowToMakeOne);
  std::string text = given;
  if (given.front() == '/') {
    GRAFT_TRY_ASSIGN(const std::vector<char> bytes, read_secret(given));
    text.assign(bytes.begin(), bytes.end());
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.size() < kShortest)
    return error(Code::kInvalid, "the remote cache's secret has " + std::to_string(text.size()) + " characters, not " +
                                     std::to_string(kShortest) + " or more; " + kHowToMakeOne);
  llvm_blake3_hasher hasher;
  llvm_blake3_hasher_init_derive_key(&hasher, "graft 2026 entries of a shared cache");
  llvm_blake3_hasher_update(&hasher, text.data(), text.size());
  Secret secret{};
  llvm_blake3_hasher_finalize(&hasher, secret.data(), secret.size());
  return secret;
}

} // namespace graft::driver
