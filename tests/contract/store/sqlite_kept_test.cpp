// SPDX-License-Identifier: Apache-2.0
// What the journal goes on holding: the bytes and facts of messages that were kept, until retention removes them.
#include "tests/contract/store/sqlite_fixture.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using ::testing::HasSubstr;

class sqlite_kept : public sqlite_case {
 protected:
  static constexpr int large_every = 10;
  static std::string text_of(int number) {
    const bool is_large = number % large_every == 3;
    return "MSH|^~\\&|" + std::to_string(number) + '|' + std::string(is_large ? 200'000 : 900, static_cast<char>('a' + number % 26));
  }
  static std::string facts_of(int number) { return R"({"format":"hl7v2","number":)" + std::to_string(number) + '}'; }
  void keep(open_store& store, int number) {
    auto what = message_of(text_of(number), {"gp"}, "SIH^" + std::to_string(number));
    what.message.facts_json = facts_of(number);
    const auto kept = wait_for<result<done>>(runs_, [&](auto then) { store->keep(std::move(what), std::move(then)); });
    ASSERT_TRUE(kept) << kept.error().text;
  }
  void keep_all(open_store& store, int count) {
    for (int number = 1; number <= count; ++number) keep(store, number);
    wait_until_filed(store);
  }
  void wait_until_filed(open_store& store) {
    EXPECT_TRUE(wait_for<result<done>>(
        runs_, [&](auto then) { store->change_patients([](identity::patient_table&) {}, std::move(then)); }));
  }
  /// The numbers in SIH^…, each with its own bytes and facts.
  std::vector<int> whole(open_store& store) {
    message_filter everything;
    everything.limit = 1000;
    std::vector<int> numbers;
    for (const auto& found : store.messages(everything)) {
      const int number = std::stoi(found.control_id.substr(4));
      numbers.push_back(number);
      EXPECT_EQ(found.facts_json, facts_of(number));
      const auto raw = store.raw(found.id);
      EXPECT_TRUE(raw && *raw.value() == text_of(number)) << number;
    }
    std::ranges::sort(numbers);
    return numbers;
  }
  static std::vector<int> from_to(int first, int last) {
    std::vector<int> all;
    for (int number = first; number <= last; ++number) all.push_back(number);
    return all;
  }
  void deliver(open_store& store, const std::function<bool(int)>& which) {
    for (const auto& one : store.ready_work("gp", due_by{9'000'000})) {
      if (which(static_cast<int>(one.delivery.message))) store.ended(one.delivery.id, model::delivery_state::delivered);
    }
  }
  std::uint32_t purge(open_store& store) {
    retention policy;
    policy.finished_after_ms = 1;
    return store.purge(policy, 99'000'000);
  }
  std::vector<std::filesystem::path> files(std::string_view suffix) const {
    std::vector<std::filesystem::path> found;
    for (const auto& each : std::filesystem::directory_iterator(folder_.path() / "journal")) {
      if (each.path().extension() == suffix) found.push_back(each.path());
    }
    return found;
  }
  void flip_in(const std::filesystem::path& path, const std::string& what) {
    auto bytes = bytes_of_file(path);
    const auto at = bytes.find(what);
    ASSERT_NE(at, std::string::npos);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write_file(path, bytes);
  }
};

TEST_F(sqlite_kept, is_not_written_into_the_database_again) {
  {
    auto store = open();
    keep_all(store, 40);
    EXPECT_EQ(whole(store), from_to(1, 40));
  }
  EXPECT_THAT(bytes_of_file(database()), Not(HasSubstr("MSH|^~\\&|")));
  auto store = open();
  EXPECT_EQ(whole(store), from_to(1, 40));
  EXPECT_EQ(payload_files().size(), 0U);
  EXPECT_EQ(files(".raw").size(), 1U) << "large ones, one after the other";
}

TEST_F(sqlite_kept, gives_the_disk_back_when_no_message_needs_it) {
  auto store = open();
  keep_all(store, 200);
  const auto before = store->take_statistics().size_bytes;
  EXPECT_GT(before, 200'000U * 20);
  deliver(store, [](int) { return true; });
  store.reset();
  store.reset(opening(quick_options(folder_.path())).value());  // closes the file that large ones are written to
  EXPECT_GT(files(".rec").size(), 4U);
  EXPECT_EQ(purge(store), 200U);
  EXPECT_EQ(whole(store), std::vector<int>());
  EXPECT_EQ(files(".rec").size(), 0U);
  EXPECT_EQ(files(".raw").size(), 0U);
  EXPECT_LT(store->take_statistics().size_bytes, 2'000'000U);
}

TEST_F(sqlite_kept, what_few_messages_need_is_moved_and_the_rest_goes) {
  auto store = open();
  keep_all(store, 200);
  const auto stays = [](int number) { return number == 20 || number == 33 || number == 150; };  // 33 is large
  deliver(store, [&](int number) { return !stays(number); });
  store.reset();
  store.reset(opening(quick_options(folder_.path())).value());
  EXPECT_EQ(purge(store), 197U);
  EXPECT_EQ(whole(store), (std::vector<int>{20, 33, 150}));
  EXPECT_EQ(files(".rec").size(), 0U);
  EXPECT_EQ(files(".raw").size(), 0U);
  EXPECT_EQ(payload_files().size(), 1U);
  store.reset();
  store.reset(opening(quick_options(folder_.path())).value());
  EXPECT_EQ(whole(store), (std::vector<int>{20, 33, 150}));
  deliver(store, [](int) { return true; });
  EXPECT_EQ(purge(store), 3U);
  EXPECT_EQ(payload_files().size(), 0U);
}

TEST_F(sqlite_kept, what_many_messages_need_stays_where_it_is) {
  auto store = open();
  keep_all(store, 200);
  deliver(store, [](int number) { return number % 2 == 0; });
  const auto before = files(".rec");
  EXPECT_EQ(purge(store), 100U);
  EXPECT_EQ(whole(store).size(), 100U);
  EXPECT_EQ(files(".rec"), before);
}

TEST_F(sqlite_kept, a_flipped_bit_is_named_and_never_served) {
  model::message_id small = 0, large = 0;
  {
    auto store = open();
    keep_all(store, 60);
    message_filter one;
    one.control_id = "SIH^1";
    small = store.messages(one).at(0).id;
    one.control_id = "SIH^3";
    large = store.messages(one).at(0).id;
  }
  for (const auto& segment : files(".rec")) {
    if (bytes_of_file(segment).find("|1|bbbb") != std::string::npos) flip_in(segment, "|1|bbbb");
  }
  flip_in(files(".raw").at(0), "|3|dddd");
  auto store = open();
  for (const auto id : {small, large}) {
    const auto raw = store.raw(id);
    ASSERT_FALSE(raw);
    EXPECT_EQ(raw.error().code, "store-corrupt");
    EXPECT_THAT(raw.error().text, HasSubstr("message " + std::to_string(id)));
  }
  const auto shown = store.traced(small).value().message;
  EXPECT_EQ(shown.facts_json, "{}") << "facts stand in the same record";
  ASSERT_EQ(shown.issues.size(), 1U);
  EXPECT_EQ(shown.issues[0].code, "store-corrupt");
  // The others can be read, and retention is not held up.
  EXPECT_TRUE(store.raw(small + 1));
  deliver(store, [&](int number) { return number != small; });
  EXPECT_EQ(purge(store), 59U);
  EXPECT_EQ(purge(store), 0U);
  EXPECT_EQ(files(".rec").size(), 1U) << "with the bytes that may still be saved";
}

TEST_F(sqlite_kept, a_list_that_is_read_while_retention_works_tells_of_no_damage) {
  auto store = open();
  keep_all(store, 900);
  deliver(store, [](int) { return true; });
  retention policy;
  policy.finished_after_ms = 1;
  bool is_over = false;
  int lists = 0;
  store->purge(policy, 99'000'000, [&](const result<std::uint32_t>& gone) {
    EXPECT_TRUE(gone && gone.value() > 0);
    is_over = true;
  });
  std::function<void()> list = [&] {
    message_filter all;
    all.limit = 1000;
    store->list_messages(all, [&](const result<std::vector<model::message>>& found) {
      ++lists;
      ASSERT_TRUE(found);
      for (const auto& each : found.value()) EXPECT_TRUE(each.issues.empty()) << each.id << ": " << each.issues.front().code;
      if (!is_over) list();
    });
  };
  list();
  list();
  EXPECT_TRUE(runs_.run_until([&] { return is_over && lists >= 2; }));
  wait_until_filed(store);
}

TEST_F(sqlite_kept, large_payloads_that_no_record_tells_of_go_at_the_next_start) {
  {
    auto store = open();
    keep_all(store, 3);
  }
  write_file(folder_.path() / "journal" / "7.raw", "written when the power failed");
  auto store = open();
  EXPECT_EQ(files(".raw").size(), 1U);
  keep(store, 13);
  wait_until_filed(store);
  EXPECT_EQ(whole(store), (std::vector<int>{1, 2, 3, 13}));
}

}  // namespace
}  // namespace liaison::store::testing
