// The file behind a KvStore: one SQLite table, written through. Memory is what is read; the file is read once, at the start.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/kv.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace graft {

/// Owns: the connection, which no other process shares. Threads: any, one at a time.
class KvFile {
 public:
  struct Row {
    std::string_view space, key, value;
    std::int64_t until_ns = 0; ///< of the wall clock; 0: for ever
  };

  static Result<std::unique_ptr<KvFile>> open(const std::filesystem::path &path, KvSync sync);
  ~KvFile();

  /// Calls `take` for every row; what is borrowed by it is borrowed until it returns.
  Result<void> read(const std::function<void(const Row &)> &take);
  Result<void> put(const Row &row);
  Result<void> remove(std::string_view space, std::string_view key);

 private:
  KvFile(std::string path, sqlite3 *database) : path_(std::move(path)), database_(database) {}
  Result<void> prepare(sqlite3_stmt *&statement, const char *sql);
  Result<void> run(const char *sql);
  Result<void> check_version();
  Error failed(const std::string &what, int status) const;
  Result<void> step(sqlite3_stmt *statement) GRAFT_REQUIRES(mutex_);

  const std::string path_;
  sqlite3 *const database_;
  Mutex mutex_;
  sqlite3_stmt *put_ GRAFT_GUARDED_BY(mutex_) = nullptr;
  sqlite3_stmt *remove_ GRAFT_GUARDED_BY(mutex_) = nullptr;
};

} // namespace graft
