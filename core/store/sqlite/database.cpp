// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/database.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace liaison::store::sqlite {
namespace {

storage_error::cause cause_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return storage_error::cause::full;
    case EACCES:
    case EPERM:
    case EROFS:
      return storage_error::cause::not_permitted;
    default:
      return storage_error::cause::refused;
  }
}

struct code_meaning {
  int code;
  storage_error::cause why;
  storage_error::reach how_far;
};

constexpr code_meaning meanings[] = {
    {SQLITE_FULL, storage_error::cause::full, storage_error::reach::everything},
    {SQLITE_CORRUPT, storage_error::cause::corrupt, storage_error::reach::everything},
    {SQLITE_NOTADB, storage_error::cause::corrupt, storage_error::reach::everything},
    {SQLITE_PERM, storage_error::cause::not_permitted, storage_error::reach::everything},
    {SQLITE_READONLY, storage_error::cause::not_permitted, storage_error::reach::everything},
    {SQLITE_CANTOPEN, storage_error::cause::not_permitted, storage_error::reach::everything},
    {SQLITE_AUTH, storage_error::cause::not_permitted, storage_error::reach::everything},
    {SQLITE_CONSTRAINT, storage_error::cause::refused, storage_error::reach::operation},
    {SQLITE_TOOBIG, storage_error::cause::refused, storage_error::reach::operation},
    {SQLITE_MISMATCH, storage_error::cause::refused, storage_error::reach::operation},
};

}  // namespace

failure as_failure(const storage_error& error) {
  switch (error.why) {
    case storage_error::cause::full:
      return {"store-full", error.text};
    case storage_error::cause::corrupt:
      return {"store-corrupt", error.text};
    case storage_error::cause::not_permitted:
      return {"store-permission", error.text};
    case storage_error::cause::refused:
      break;
  }
  return {"store-failed", error.text};
}

storage_error error_of_file(int error_number, std::string_view doing, storage_error::reach how_far) {
  return {cause_of(error_number), how_far, std::string(doing) + ": " + std::strerror(error_number)};
}

void throw_error(sqlite3* database, int code) {
  storage_error error;
  error.text = std::string("database: ") + sqlite3_errstr(code);
  for (const auto& meaning : meanings) {
    if (meaning.code != (code & 0xff)) continue;
    error.why = meaning.why;
    error.how_far = meaning.how_far;
  }
  if ((code & 0xff) == SQLITE_IOERR && database != nullptr) {
    if (const int error_number = sqlite3_system_errno(database); error_number != 0) {
      error.why = cause_of(error_number);
      error.text += std::string(": ") + std::strerror(error_number);
    }
  }
  throw error;
}

cursor::~cursor() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool cursor::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw_error(sqlite3_db_handle(statement_), code);
  return false;
}

std::int64_t cursor::integer(int column) const { return sqlite3_column_int64(statement_, column); }

bool cursor::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view cursor::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  // A large value is read here; running out of memory or a bad page on the way gives no data.
  if (data == nullptr && size > 0) throw_error(sqlite3_db_handle(statement_), SQLITE_NOMEM);
  return data == nullptr ? std::string_view() : std::string_view(data, size);
}

statement::statement(connection& to, std::string_view sql) {
  const int code = sqlite3_prepare_v3(to.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement_, nullptr);
  if (code != SQLITE_OK) throw_error(to.get(), code);
}

statement::~statement() { sqlite3_finalize(statement_); }

void statement::bind(int at, std::int64_t value) { sqlite3_bind_int64(statement_, at, value); }

void statement::bind(int at, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) throw_error(sqlite3_db_handle(statement_), code);
}

void statement::bind(int at, blob value) {
  const char* data = value.bytes.data() == nullptr ? "" : value.bytes.data();
  const int code = sqlite3_bind_blob64(statement_, at, data, value.bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) throw_error(sqlite3_db_handle(statement_), code);
}

void statement::bind(int at, std::nullopt_t) { sqlite3_bind_null(statement_, at); }

connection::connection(const std::string& path) {
  const int code = sqlite3_open_v2(path.c_str(), &database_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (code != SQLITE_OK) throw_error(database_, code);
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_busy_timeout(database_, 2000);
    // Takes the place of SQLite's own checkpoints at commit; PRAGMA wal_autocheckpoint would take it away again.
    sqlite3_wal_hook(
        database_,
        [](void* to, sqlite3*, const char*, int pages) {
          *static_cast<int*>(to) = pages;
          return SQLITE_OK;
        },
        &log_pages_);
  } catch (...) {
    sqlite3_close_v2(database_);
    throw;
  }
}

connection::~connection() { sqlite3_close_v2(database_); }

void connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_error(database_, code);
}

std::int64_t connection::number(const std::string& sql) {
  statement asked(*this, sql);
  auto rows = asked.with();
  return rows.next() ? rows.integer(0) : 0;
}

std::int64_t connection::last_id() const { return sqlite3_last_insert_rowid(database_); }

std::int64_t connection::changes() const { return sqlite3_changes64(database_); }

void connection::roll_back() noexcept {
  if (sqlite3_get_autocommit(database_) == 0) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool connection::is_read_only() const { return sqlite3_db_readonly(database_, "main") != 0; }

bool connection::checkpoint() {
  int in_log = 0;
  int worked_off = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &worked_off);
  if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED) throw_error(database_, code);
  if (in_log != worked_off) return false;
  log_pages_ = 0;
  return true;
}

void connection::checkpoint_and_truncate() noexcept {
  if (sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) == SQLITE_OK) {
    log_pages_ = 0;
  }
}

}  // namespace liaison::store::sqlite
