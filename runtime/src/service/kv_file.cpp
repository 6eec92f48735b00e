// Each write is a transaction of its own in a write-ahead log: after a kill the log is replayed, and what was half written
// is not there.
#include "kv_file.hpp"

#include <sqlite3.h>

#include <utility>

namespace graft {
namespace {

constexpr int kFormat = 1;

void bind(sqlite3_stmt *statement, int index, std::string_view bytes) {
  // An empty view may have no address, which would be SQL's null.
  sqlite3_bind_blob64(statement, index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
}

std::string_view column(sqlite3_stmt *statement, int index) {
  const void *data = sqlite3_column_blob(statement, index);
  const int size = sqlite3_column_bytes(statement, index);
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char *>(data), static_cast<std::size_t>(size));
}

Code code_of(int status) {
  switch (status & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return Code::kBusy;
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return Code::kInvalid;
  case SQLITE_FULL:
  case SQLITE_NOMEM:
    return Code::kExhausted;
  default:
    return Code::kEnvironment;
  }
}

} // namespace

Error KvFile::failed(const std::string &what, int status) const {
  return error(code_of(status), "the store in '" + path_ + "' " + what + ": " + sqlite3_errmsg(database_));
}

Result<void> KvFile::run(const char *sql) {
  if (const int status = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr); status != SQLITE_OK)
    return failed("cannot be opened", status);
  return {};
}

Result<void> KvFile::prepare(sqlite3_stmt *&statement, const char *sql) {
  if (const int status = sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr); status != SQLITE_OK)
    return failed("cannot be used", status);
  return {};
}

/// A new file gets the number of the format, and an older or newer one is left alone.
Result<void> KvFile::check_version() {
  sqlite3_stmt *asks = nullptr;
  GRAFT_TRY(prepare(asks, "PRAGMA user_version"));
  const int status = sqlite3_step(asks);
  const int version = status == SQLITE_ROW ? sqlite3_column_int(asks, 0) : -1;
  sqlite3_finalize(asks);
  if (version < 0) return failed("cannot be read", status);
  if (version != 0 && version != kFormat)
    return error(Code::kIncompatible, "the store in '" + path_ + "' has format " + std::to_string(version) +
                                          ", this graft reads format " + std::to_string(kFormat));
  return {};
}

Result<std::unique_ptr<KvFile>> KvFile::open(const std::filesystem::path &path, KvSync sync) {
  sqlite3 *database = nullptr;
  constexpr int kHow = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int status = sqlite3_open_v2(path.c_str(), &database, kHow, nullptr);
  if (database == nullptr) return error(Code::kExhausted, "no memory for the store in '" + path.string() + "'");
  std::unique_ptr<KvFile> file(new KvFile(path.string(), database));
  if (status != SQLITE_OK) {
    Error failure = file->failed("cannot be opened", status);
    std::error_code ignored;
    if (const auto real = std::filesystem::weakly_canonical(path, ignored);
        !ignored && real != std::filesystem::absolute(path, ignored))
      failure.message += "; a symbolic link on the way is not followed: name it as '" + real.string() + "'";
    return failure;
  }
  // Exclusive: the log's index is in memory, and a second process is refused instead of being a second truth.
  GRAFT_TRY(file->run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL"));
  GRAFT_TRY(file->run(sync == KvSync::kPower ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
  GRAFT_TRY(file->check_version());
  GRAFT_TRY(file->run("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS kv (space BLOB NOT NULL, key BLOB NOT NULL, value BLOB "
                      "NOT NULL, until_ns "
                      "INTEGER NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID; PRAGMA user_version = 1; COMMIT"));
  const MutexLock lock(file->mutex_);
  GRAFT_TRY(file->prepare(
      file->put_,
      "INSERT INTO kv VALUES (?1, ?2, ?3, ?4) ON CONFLICT (space, key) DO UPDATE SET value = ?3, until_ns = ?4"));
  GRAFT_TRY(file->prepare(file->remove_, "DELETE FROM kv WHERE space = ?1 AND key = ?2"));
  return file;
}

KvFile::~KvFile() {
  const MutexLock lock(mutex_);
  sqlite3_finalize(put_);
  sqlite3_finalize(remove_);
  sqlite3_close(database_);
}

Result<void> KvFile::read(const std::function<void(const Row &)> &take) {
  sqlite3_stmt *rows = nullptr;
  GRAFT_TRY(prepare(rows, "SELECT space, key, value, until_ns FROM kv"));
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(rows)) == SQLITE_ROW)
    take({column(rows, 0), column(rows, 1), column(rows, 2), sqlite3_column_int64(rows, 3)});
  sqlite3_finalize(rows);
  if (status != SQLITE_DONE) return failed("cannot be read", status);
  return {};
}

Result<void> KvFile::step(sqlite3_stmt *statement) {
  const int status = sqlite3_step(statement);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (status != SQLITE_DONE) return failed("cannot be written", status);
  return {};
}

Result<void> KvFile::put(const Row &row) {
  const MutexLock lock(mutex_);
  bind(put_, 1, row.space);
  bind(put_, 2, row.key);
  bind(put_, 3, row.value);
  sqlite3_bind_int64(put_, 4, row.until_ns);
  return step(put_);
}

Result<void> KvFile::remove(std::string_view space, std::string_view key) {
  const MutexLock lock(mutex_);
  bind(remove_, 1, space);
  bind(remove_, 2, key);
  return step(remove_);
}

} // namespace graft
