// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite/schema.hpp"

#include <string>

namespace liaison::store::sqlite {

result<done> bring_up_to_date(connection& database, std::uint32_t page_size_bytes) {
  const auto steps = schema_steps();
  const auto newest = static_cast<std::int64_t>(steps.size());
  const auto version = database.number("PRAGMA user_version");
  const auto owner = database.number("PRAGMA application_id");
  const bool is_empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (!is_empty && owner != application_id) {
    return failure{"store-corrupt", "the database in the store's directory is not one of liaison's"};
  }
  if (version > newest) {
    return failure{"store-newer", "the store has schema version " + std::to_string(version) + ", this program knows " +
                                      std::to_string(newest) + ": it was used with a later version of the program"};
  }
  if (is_empty) {
    // Both are fixed once the first page is written, and the page size by WAL mode.
    database.execute("PRAGMA page_size=" + std::to_string(page_size_bytes));
    database.execute("PRAGMA auto_vacuum=INCREMENTAL");
  }
  database.execute("PRAGMA journal_mode=WAL");
  if (version == newest) return done{};
  database.execute("BEGIN IMMEDIATE");
  try {
    for (auto step = version; step < newest; ++step) database.execute(steps[static_cast<std::size_t>(step)]);
    database.execute("PRAGMA application_id=" + std::to_string(application_id));
    database.execute("PRAGMA user_version=" + std::to_string(newest));
    database.execute("COMMIT");
  } catch (...) {
    database.roll_back();
    throw;
  }
  return done{};
}

}  // namespace liaison::store::sqlite
