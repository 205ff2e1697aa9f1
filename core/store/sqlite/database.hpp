// SPDX-License-Identifier: Apache-2.0
// SQLite as this backend uses it: a connection, prepared statements, cursors that reset themselves. A disk or database
// that says no is thrown as `storage_error`: it unwinds a transaction and is caught where transactions begin, never
// outside of the backend.
#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace liaison::store::sqlite {

struct storage_error {
  enum class cause : std::uint8_t { full, refused, corrupt, not_permitted };
  enum class reach : std::uint8_t {
    operation,  ///< this one alone is to blame
    everything,
  };
  cause why = cause::refused;
  reach how_far = reach::everything;
  std::string text;
};

/// "store-full", "store-failed", "store-corrupt", "store-permission".
failure as_failure(const storage_error& error);

/// From an errno of a file operation.
storage_error error_of_file(int error_number, std::string_view doing, storage_error::reach how_far);

struct blob {
  std::string_view bytes;
};

/// The rows of one execution; resets the statement when it goes.
class cursor {
 public:
  explicit cursor(sqlite3_stmt* statement) : statement_(statement) {}
  cursor(cursor&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;
  ~cursor();

  bool next();  ///< false: no more rows
  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  std::string_view bytes(int column) const;  ///< until the next row
  std::string text(int column) const { return std::string(bytes(column)); }

 private:
  sqlite3_stmt* statement_;
};

class connection;

class statement {
 public:
  statement(connection& to, std::string_view sql);
  ~statement();
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  /// What is bound is borrowed for as long as the cursor lives.
  template <class... Values>
  cursor with(const Values&... values) {
    int at = 0;
    (bind(++at, values), ...);
    return cursor(statement_);
  }
  template <class... Values>
  void run(const Values&... values) {
    auto rows = with(values...);
    rows.next();
  }

 private:
  void bind(int at, std::int64_t value);
  void bind(int at, std::string_view text);
  void bind(int at, blob value);
  void bind(int at, std::nullopt_t);
  template <class Value>
  void bind(int at, const std::optional<Value>& value) {
    if (value) {
      bind(at, *value);
    } else {
      bind(at, std::nullopt);
    }
  }

  sqlite3_stmt* statement_ = nullptr;
};

/// One thread at a time.
class connection {
 public:
  explicit connection(const std::string& path);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void execute(const std::string& sql);
  std::int64_t number(const std::string& sql);  ///< of the first row's first column
  std::int64_t changes() const;                 ///< of the last statement
  std::int64_t last_id() const;                 ///< of the row that was inserted last (RETURNING makes a table each time)
  void roll_back() noexcept;                    ///< no effect outside of a transaction
  bool is_read_only() const;
  /// Pages in the log after the last commit.
  int log_pages() const { return log_pages_; }
  /// Works off the log as far as readers allow; false: not all of it.
  bool checkpoint();
  void checkpoint_and_truncate() noexcept;

  sqlite3* get() { return database_; }

 private:
  sqlite3* database_ = nullptr;
  int log_pages_ = 0;
};

[[noreturn]] void throw_error(sqlite3* database, int code);

}  // namespace liaison::store::sqlite
