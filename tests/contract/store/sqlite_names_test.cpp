// SPDX-License-Identifier: Apache-2.0
// What messages are found by is made again from their rows: when the files of names are gone, changed, or never were.
#include "core/store/sqlite/schema.hpp"
#include "tests/contract/store/sqlite_fixture.hpp"

#include <gmock/gmock.h>

#include <sqlite3.h>

#include <span>

namespace liaison::store::testing {
namespace {

using ::testing::ElementsAre;

class sqlite_names : public sqlite_case {
 protected:
  static constexpr int count = 100;

  static intake numbered(int i) {
    const auto name = [](int n) { return "d" + std::to_string(n); };
    auto what = document_of({name(i), "", i > 50 ? name(i - 50) : ""});
    if (i % 2 == 0) what.sender_key = "SIH^" + std::to_string(i);
    what.marks = {{"document|" + name(i), i % 3}, {"patient|" + std::to_string(i % 10), 0}};
    return what;
  }
  void fill(open_store& store) {
    for (int i = 1; i <= count; ++i) ASSERT_EQ(store.stored(numbered(i)), i);
  }
  void expect_known(open_store& store) {
    for (int i = 1; i <= count; ++i) {
      const auto again = store.take_in(numbered(i));
      ASSERT_EQ(again.verdict, intake_verdict::duplicate) << i << ' ' << again.text;
      EXPECT_EQ(again.id, i);
      EXPECT_THAT(marks(store, "document|d" + std::to_string(i)), ElementsAre(marked{i, i % 3}));
    }
    EXPECT_EQ(marks(store, "patient|7").size(), 10U);
    EXPECT_EQ(line(store, "d7"), (std::vector<model::message_id>{7, 57}));
    auto other = message_of("other bytes", {}, "SIH^8");
    EXPECT_TRUE(store.take_in(other).control_id_seen);
    auto replacing = document_of({"d1000", "", "d60"});
    replacing.waits_until = 99'000'000;
    EXPECT_FALSE(store.take_in(replacing).waits) << "the document that it replaces came long ago";
  }
  /// Who finds that the disk changed something is told so once; the next writing mends it.
  std::vector<marked> marks(open_store& store, const std::string& text) {
    for (int tries = 0; tries < 20; ++tries) {
      auto found = wait_for<result<std::vector<marked>>>(
          runs_, [&](auto then) { store->find_marked(text, 0, 100, std::move(then)); });
      if (found) return std::move(found).value();
      EXPECT_EQ(found.error().code, "store-corrupt");
      store.take_in(numbered(1));
    }
    ADD_FAILURE() << "it is not mended";
    return {};
  }
  std::vector<model::message_id> line(open_store& store, const std::string& name) {
    const auto found = wait_for<result<std::vector<document_version>>>(
        runs_, [&](auto then) { store->document_line(name, 100, std::move(then)); });
    std::vector<model::message_id> ids;
    if (found)
      for (const auto& each : found.value()) ids.push_back(each.message.id);
    return ids;
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& each : std::filesystem::directory_iterator(folder_.path() / "names")) found.push_back(each.path());
    return found;
  }
  void execute(const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(database().c_str(), &raw), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(raw);
    sqlite3_close(raw);
  }
};

TEST_F(sqlite_names, are_made_again_when_their_files_are_gone) {
  {
    auto store = open();
    fill(store);
  }
  ASSERT_FALSE(files().empty());
  std::filesystem::remove_all(folder_.path() / "names");
  auto store = open();
  expect_known(store);
}

TEST_F(sqlite_names, are_made_again_when_one_of_their_files_is_gone) {
  {
    auto store = open();
    fill(store);
  }
  auto all = files();
  ASSERT_GT(all.size(), 1U);
  std::ranges::sort(all);
  std::filesystem::remove(all.front());
  auto store = open();
  expect_known(store);
}

TEST_F(sqlite_names, that_the_disk_changed_while_they_are_in_use_are_made_again) {
  auto store = open();
  fill(store);
  for (const auto& path : files()) {
    auto bytes = bytes_of_file(path);
    for (std::size_t at = 2 * 4096 + 100; at < bytes.size(); at += 4096) bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write_file(path, bytes);
  }
  expect_known(store);
}

TEST_F(sqlite_names, of_messages_of_an_earlier_version_are_found) {
  {
    auto store = open();
    fill(store);
  }
  // As the version before wrote it: names in tables, origins whose lowest bit says nothing, and no byte with the aliases that tells of all.
  const auto steps = sqlite::schema_steps();
  std::size_t names_step = 0;
  while (std::string_view(steps[names_step]).find("ADD COLUMN marks") == std::string_view::npos) ++names_step;
  execute("CREATE TABLE seen(origin INTEGER, content INTEGER, message INTEGER);"
          "CREATE TABLE alias(name INTEGER, key INTEGER, message INTEGER, came INTEGER);"
          "CREATE TABLE mark(name INTEGER NOT NULL, message INTEGER NOT NULL, part INTEGER NOT NULL, PRIMARY KEY(name, message, part)) WITHOUT ROWID;"
          "CREATE INDEX mark_message ON mark(message);");
  {
    // Marks go back to their table.
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(database().c_str(), &raw), SQLITE_OK);
    sqlite3_stmt* rows = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(raw, "SELECT id, marks FROM message", -1, &rows, nullptr), SQLITE_OK);
    std::string insert;
    while (sqlite3_step(rows) == SQLITE_ROW) {
      const std::string id = reinterpret_cast<const char*>(sqlite3_column_text(rows, 0));
      const std::string marks = reinterpret_cast<const char*>(sqlite3_column_text(rows, 1));
      for (std::size_t at = 0; at < marks.size(); at += 24) {
        const auto name = static_cast<std::int64_t>(std::stoull(marks.substr(at, 16), nullptr, 16));
        insert += "INSERT INTO mark VALUES(" + std::to_string(name) + ',' + id + ',' + std::to_string(std::stoul(marks.substr(at + 16, 8), nullptr, 16)) + ");";
      }
    }
    sqlite3_finalize(rows);
    sqlite3_close(raw);
    execute(insert);
  }
  execute("ALTER TABLE message DROP COLUMN marks; DELETE FROM fact WHERE name='older_rows'; INSERT INTO fact VALUES('names_written', 0);"
          "UPDATE message SET origin=origin & ~1 | (id/2 & 1), aliases=substr(aliases, 1, length(aliases)-1) || x'01';"
          "PRAGMA user_version=" + std::to_string(names_step));
  std::filesystem::remove_all(folder_.path() / "names");
  auto store = open();
  expect_known(store);
}

}  // namespace
}  // namespace liaison::store::testing
