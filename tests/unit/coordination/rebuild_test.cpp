// SPDX-License-Identifier: Apache-2.0
#include "coordination_fixture.hpp"

namespace liaison::test {
namespace {

using liaison::coordination::index_rebuild;
using liaison::coordination::rebuild_from;

class rebuild : public coordination {
 protected:
  std::optional<identity::patient_file> file(const std::string& value = "000003") {
    std::optional<identity::patient_file> found;
    store->look_at_patients(
        [&](identity::patient_table& t) { found = identity::patient_index(t).find("urn:oid:1.2.250.1.999.1", value, 1000); },
        [](auto) {});
    time.settle();
    return found;
  }
  void forget_all() {
    store->change_patients([](identity::patient_table& t) { t.clear(); }, [](auto) {});
    time.settle();
  }
  void run(rebuild_from from) {
    index_rebuild job(*store, time);
    EXPECT_TRUE(job.start(from, rule));
    EXPECT_FALSE(job.start(from, rule)) << "one at a time";
    time.settle();
    EXPECT_FALSE(job.state().is_running);
    EXPECT_EQ(job.state().error, "");
    messages = job.state().messages;
  }
  std::uint64_t messages = 0;
};

TEST_F(rebuild, gives_the_same_index_again) {
  tell(facts_of("ADT^A01"));
  tell(facts_of("ADT^A03"));
  const auto letter = tell(facts_of("MDM^T02", "11490-0"), {"gp"});
  delivered(letter);
  for (int i = 0; i < 450; ++i) tell(facts_of("ORU^R01", "11502-2"));
  const auto before = file();
  const auto stay_before = stay();
  ASSERT_TRUE(before);
  forget_all();
  EXPECT_FALSE(file());
  run(rebuild_from::what_is_there);
  EXPECT_EQ(messages, 453U);
  const auto after = file();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->messages.size(), before->messages.size());
  EXPECT_EQ(after->patient.person.family, "EXEMPLE");
  EXPECT_EQ(stay().clock, stay_before.clock);
  EXPECT_EQ(stay().letter_left_at, stay_before.letter_left_at);
  run(rebuild_from::what_is_there);
  EXPECT_EQ(file()->messages.size(), before->messages.size()) << "once more changes nothing";
  EXPECT_EQ(file()->identifiers.size(), before->identifiers.size());
}

TEST_F(rebuild, from_nothing_keeps_what_people_recorded) {
  tell(facts_of("ADT^A01"));
  identity::consent choice;
  choice.kind = "professionals";
  choice.answer = identity::consent_answer::deny;
  choice.since = 5;
  choice.source = "accueil";
  choice.system = "urn:oid:1.2.250.1.999.1";
  choice.value = "000003";
  store->change_patients(
      [&](identity::patient_table& t) {
        EXPECT_TRUE(identity::patient_index(t).record(choice));
        identity::identifier_row stray{{"urn:oid:1.2.250.1.999.1", "ERROR", facts::identifier_kind::ipp}, 1, false};
        t.put(stray);
      },
      [](auto) {});
  time.settle();
  run(rebuild_from::nothing);
  ASSERT_TRUE(file());
  EXPECT_EQ(identity::answer_of(file()->consents, "professionals"), identity::consent_answer::deny);
  EXPECT_EQ(file()->messages.size(), 1U);
  EXPECT_FALSE(file("ERROR")) << "what no message tells is gone";
}

TEST_F(rebuild, what_was_late_before_is_not_said_again) {
  tell(facts_of("ADT^A03"));
  time.advance(24LL * 3600 * 1000);
  run(rebuild_from::nothing);
  EXPECT_EQ(stay().clock, identity::letter_clock::overdue);
}

}  // namespace
}  // namespace liaison::test
