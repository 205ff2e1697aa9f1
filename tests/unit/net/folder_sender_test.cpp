// SPDX-License-Identifier: Apache-2.0
// Two-step delivery into a folder, and every place between the steps where a crash may fall.
#include "core/net/folder_sender.hpp"

#include "core/net/directory.hpp"
#include "support.hpp"

#include <sys/resource.h>

#include <csignal>

namespace liaison::net {
namespace {

using namespace testing_support;
using names = std::vector<std::string>;
using model::send_outcome;
using model::send_verdict;

class folder_delivery : public testing::Test {
 protected:
  folder_delivery() {
    settings.path = folder.path("gp/in");
    letter.name = "d-17";
    letter.format = "hprim-medecin";
    letter.document = share("letter");
    letter.attachments.push_back({".pdf", "application/pdf", "%PDF-1.7"});
  }
  folder_sender& sender() {
    if (!sender_) restart();
    return *sender_;
  }
  void restart() { sender_ = std::make_unique<folder_sender>(running.executor, settings); }
  send_outcome wait(std::function<void(std::function<void(send_outcome)>)> begin) {
    std::promise<send_outcome> promise;
    running.on([&] { begin([&](send_outcome outcome) { promise.set_value(std::move(outcome)); }); });
    return promise.get_future().get();
  }
  send_outcome prepare() {
    return wait([&](auto then) { sender().prepare(letter, then); });
  }
  send_outcome send() {
    letter.prepared = true;
    return wait([&](auto then) { sender().send(letter, then); });
  }

  temporary_folder folder;
  running_executor running;
  config::folder_destination settings;
  model::outgoing letter;
  std::unique_ptr<folder_sender> sender_;
};

TEST_F(folder_delivery, writes_under_temporary_names_then_renames) {
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.names("gp/in"), (names{".d-17.hpr.part", ".d-17.pdf.part"}));
  ASSERT_EQ(send().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.names("gp/in"), (names{"d-17.hpr", "d-17.pdf"}));
  EXPECT_EQ(folder.read("gp/in/d-17.hpr"), "letter");
  EXPECT_EQ(folder.read("gp/in/d-17.pdf"), "%PDF-1.7");
}

TEST_F(folder_delivery, may_do_both_steps_at_once) {
  const auto outcome = wait([&](auto then) { sender().send(letter, then); });
  EXPECT_EQ(outcome.verdict, send_verdict::accepted);
  EXPECT_EQ(folder.names("gp/in"), (names{"d-17.hpr", "d-17.pdf"}));
}

TEST_F(folder_delivery, writes_the_witness_last_and_empty) {
  settings.witness = ".ok";
  settings.suffix = ".txt";
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  ASSERT_EQ(send().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.names("gp/in"), (names{"d-17.ok", "d-17.pdf", "d-17.txt"}));
}

TEST_F(folder_delivery, finishes_after_a_crash_at_any_renaming) {
  settings.witness = ".ok";
  const names order{"d-17.pdf", "d-17.hpr", "d-17.ok"};
  for (std::size_t crashed_after = 0; crashed_after <= order.size(); ++crashed_after) {
    restart();
    ASSERT_EQ(prepare().verdict, send_verdict::accepted);
    for (std::size_t number = 0; number < crashed_after; ++number)
      std::filesystem::rename(folder.path("gp/in/." + order[number] + ".part"), folder.path("gp/in/" + order[number]));
    restart();
    EXPECT_EQ(send().verdict, send_verdict::accepted);
    EXPECT_EQ(folder.names("gp/in"), (names{"d-17.hpr", "d-17.ok", "d-17.pdf"})) << crashed_after;
    EXPECT_EQ(send().verdict, send_verdict::accepted) << "sent again";
    for (const std::string& name : order) std::filesystem::remove(folder.path("gp/in/" + name));
    EXPECT_EQ(send().verdict, send_verdict::accepted) << "the reader took it meanwhile";
    EXPECT_TRUE(folder.names("gp/in").empty());
  }
}

TEST_F(folder_delivery, prepares_anew_over_the_halves_of_a_crash) {
  std::filesystem::create_directories(folder.path("gp/in"));
  folder.write("gp/in/.d-17.hpr.part", "a longer text that a crash left behind");
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  ASSERT_EQ(send().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.read("gp/in/d-17.hpr"), "letter");
}

TEST_F(folder_delivery, writes_again_what_was_cleaned_away_before_the_renaming) {
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  std::filesystem::remove(folder.path("gp/in/.d-17.hpr.part"));
  ASSERT_EQ(send().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.read("gp/in/d-17.hpr"), "letter");
}

TEST_F(folder_delivery, does_not_call_a_folder_that_is_gone_delivered) {
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  std::filesystem::remove_all(folder.path("gp"));
  restart();
  EXPECT_EQ(send().verdict, send_verdict::unreachable);
}

TEST_F(folder_delivery, replaces_nothing) {
  std::filesystem::create_directories(folder.path("gp/in"));
  folder.write("gp/in/d-17.hpr", "not ours");
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  const auto outcome = send();
  EXPECT_EQ(outcome.verdict, send_verdict::failed);
  EXPECT_EQ(outcome.code, "file-exists");
  EXPECT_EQ(folder.read("gp/in/d-17.hpr"), "not ours");
  std::filesystem::remove(folder.path("gp/in/d-17.hpr"));
  EXPECT_EQ(send().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.read("gp/in/d-17.hpr"), "letter");
}

TEST_F(folder_delivery, the_same_bytes_under_the_final_names_were_delivered_before) {
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  ASSERT_EQ(send().verdict, send_verdict::accepted);
  const auto there = folder.names("gp/in");
  restart();  // with a store that was restored from before the delivery
  letter.prepared = false;
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  EXPECT_EQ(send().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.names("gp/in"), there);
  EXPECT_EQ(folder.read("gp/in/d-17.hpr"), "letter");
  letter.document = share("lettre");
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  EXPECT_EQ(send().code, "file-exists") << "as long, and not the same";
}

TEST_F(folder_delivery, follows_no_link_planted_under_the_temporary_name) {
  std::filesystem::create_directories(folder.path("gp/in"));
  folder.write("victim", "untouched");
  std::filesystem::create_symlink(folder.path("victim"), folder.path("gp/in/.d-17.hpr.part"));
  EXPECT_NE(prepare().verdict, send_verdict::accepted);
  EXPECT_EQ(folder.read("victim"), "untouched");
}

TEST_F(folder_delivery, leaves_no_name_outside_the_folder) {
  for (const char* suffix : {"/../../x", "/x", "", ".p df", ".pdf\n"}) {
    letter.attachments[0].suffix = suffix;
    if (*suffix == '\0') settings.suffix = "";
    const auto outcome = prepare();
    if (*suffix == '\0') {
      EXPECT_EQ(outcome.verdict, send_verdict::accepted);
      continue;
    }
    EXPECT_EQ(outcome.verdict, send_verdict::refused) << suffix;
  }
  letter.attachments[0].suffix = ".hpr";
  EXPECT_EQ(prepare().verdict, send_verdict::refused) << "the document's own name";
}

TEST_F(folder_delivery, says_what_is_wrong_with_the_folder) {
  folder.write("gp", "a file, no folder");
  EXPECT_EQ(prepare().verdict, send_verdict::unreachable);
  EXPECT_EQ(failure_of(ENOSPC, "x").code, "disk-full");
  EXPECT_EQ(failure_of(EDQUOT, "x").code, "disk-full");
  EXPECT_EQ(failure_of(EACCES, "x").code, "no-permission");
  EXPECT_EQ(failure_of(EROFS, "x").code, "no-permission");
  EXPECT_EQ(failure_of(EIO, "x").code, "io-error");
}

TEST_F(folder_delivery, a_write_that_fails_in_the_middle_leaves_no_halves) {
  // A limit on file sizes stands for the full disk.
  letter.document = share(std::string(200'000, 'x'));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 100'000;
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const auto outcome = prepare();
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_action);
  EXPECT_EQ(outcome.verdict, send_verdict::failed);
  EXPECT_TRUE(folder.names("gp/in").empty());
  ASSERT_EQ(prepare().verdict, send_verdict::accepted);
  EXPECT_EQ(send().verdict, send_verdict::accepted);
}

}  // namespace
}  // namespace liaison::net
