// SPDX-License-Identifier: Apache-2.0
// The patient index as every backend keeps it: whose a message is, merges, choices, stays, letters.
#include "tests/contract/store/contract_fixture.hpp"

#include "core/identity/patient_index.hpp"

#include <gmock/gmock.h>

namespace liaison::store::testing {
namespace {

using namespace identity;
using facts::identifier_kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string hospital = "urn:oid:1.2.250.1.999.1";
const std::string clinic = "urn:oid:1.2.250.1.999.2";
const std::string stays = "urn:oid:1.2.250.1.999.9";
const std::string ins_system = "urn:oid:1.2.250.1.213.1.4.10";
const std::string zenobie = "279035121518989";
const std::string other_ins = "247035118500129";

facts::patient person(std::vector<facts::identifier> ids = {}) {
  facts::patient p;
  p.family = p.birth_family = "EXEMPLE";
  p.given = {"ZENOBIE", "MARIE"};
  p.birth_date = "1979-03-28";
  p.sex = facts::sex::female;
  p.birth_place_code = "63220";
  p.identity_status = facts::identity_status::qualified;
  p.identifiers = std::move(ids);
  return p;
}

facts::identifier ipp(const std::string& value, const std::string& system = hospital) {
  return {system, value, identifier_kind::ipp};
}
facts::identifier ins(const std::string& value = zenobie) { return {ins_system, value, identifier_kind::ins_test}; }

observation event_of(facts::patient who) {
  observation told;
  told.is_event = true;
  told.patients = {std::move(who)};
  told.at = 1'000'000;
  return told;
}

observation document_about(facts::patient who) {
  observation told = event_of(std::move(who));
  told.is_event = false;
  told.is_document = true;
  return told;
}

observation letter_about(facts::patient who) {
  observation told = document_about(std::move(who));
  told.is_letter = true;
  return told;
}

observation with_stay(observation told, stay_event event, unix_ms deadline = 0, const std::string& number = "S1") {
  told.stay.system = stays;
  told.stay.value = number;
  told.stay.event = event;
  told.stay.discharged_at = event == stay_event::discharge ? told.at : 0;
  told.stay.deadline = deadline;
  return told;
}

class store_patients : public store_contract {
 protected:
  model::message_id tell(observation what, std::vector<std::string> recipients = {}) {
    auto message = message_of("message " + std::to_string(++number_), std::move(recipients));
    message.subject = std::move(what);
    last_ = store_.take_in(std::move(message));
    EXPECT_EQ(last_.verdict, intake_verdict::stored);
    return last_.id;
  }
  template <class Value>
  Value look(std::function<Value(patient_table&)> at) {
    auto found = std::make_shared<Value>();
    const auto outcome = wait_for<result<done>>(runs_, [&](auto then) {
      store_->look_at_patients([found, at](patient_table& table) { *found = at(table); }, std::move(then));
    });
    EXPECT_TRUE(outcome);
    return std::move(*found);
  }
  void change(const std::function<void(patient_table&)>& how) {
    EXPECT_TRUE(wait_for<result<done>>(runs_, [&](auto then) { store_->change_patients(how, std::move(then)); }));
  }
  std::optional<patient_file> file(const facts::identifier& id) {
    return look<std::optional<patient_file>>([id](patient_table& t) { return patient_index(t).find(id.system, id.value, 100); });
  }
  std::vector<model::message_id> messages(const facts::identifier& id) {
    std::vector<model::message_id> ids;
    if (const auto found = file(id))
      for (const auto& subject : found->messages) ids.push_back(subject.message);
    return ids;
  }
  std::optional<stay_row> stay(const std::string& number = "S1") {
    return look<std::optional<stay_row>>([number](patient_table& t) { return t.find_stay(stays, number); });
  }
  consent_answer choice(const facts::identifier& id, const std::string& kind) {
    const auto found = file(id);
    return found ? answer_of(found->consents, kind) : consent_answer::not_collected;
  }
  void deliver(model::message_id message, bool leaves) {
    for (const auto id : store_.deliveries_of(message)) {
      delivery_update what;
      what.id = id;
      what.state = model::delivery_state::delivered;
      what.leaves_the_house = leaves;
      EXPECT_TRUE(store_.update(what));
    }
  }

  intake_outcome last_;
  int number_ = 0;
};
INSTANTIATE_TEST_SUITE_P(every_backend, store_patients, ::testing::ValuesIn(backends()), backend_name);

TEST_P(store_patients, finds_messages_by_every_identifier_and_keeps_all_that_was_told) {
  auto who = person({ipp("000003"), ins()});
  who.identity_flags = {"HOMD", "DOUT"};
  const auto first = tell(event_of(who));
  const auto second = tell(document_about(person({ipp("000003"), ins()})));
  EXPECT_THAT(messages(ipp("000003")), ElementsAre(second, first));
  EXPECT_THAT(messages(ins()), ElementsAre(second, first));
  EXPECT_THAT(messages(ipp("000003", clinic)), IsEmpty()) << "a number counts among those of its organisation";
  const auto found = file(ins());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->patient.person.birth_family, "EXEMPLE");
  EXPECT_THAT(found->patient.person.given, ElementsAre("ZENOBIE", "MARIE"));
  EXPECT_EQ(found->patient.person.birth_date, "1979-03-28");
  EXPECT_EQ(found->patient.person.sex, facts::sex::female);
  EXPECT_EQ(found->patient.person.birth_place_code, "63220");
  EXPECT_EQ(found->patient.person.identity_status, facts::identity_status::qualified);
  EXPECT_THAT(found->patient.person.identity_flags, ElementsAre("HOMD", "DOUT"));
  EXPECT_TRUE(found->patient.told_by_authority);
  EXPECT_EQ(found->identifiers.size(), 2U);
  EXPECT_EQ(last_.reconciliation, reconciliation::other) << "a homonym is never filed by itself";
  const auto traced = store_.traced(second);
  ASSERT_EQ(traced.value().message.issues.size(), 1U);
  EXPECT_EQ(traced.value().message.issues[0].code, "identity-doubtful");
}

TEST_P(store_patients, a_merged_patient_is_found_by_either_number) {
  const auto old_document = tell(document_about(person({ipp("OLD")})));
  tell(event_of(person({ipp("NEW"), ins()})));
  auto merge = event_of(person({ipp("NEW"), ins()}));
  facts::merge what;
  what.action = "merge";
  what.prior = {ipp("OLD"), ipp("NEVER-SEEN")};
  merge.merges = {what};
  tell(merge);
  const auto late = tell(document_about(person({ipp("OLD")})));
  const auto new_document = tell(document_about(person({ipp("NEW"), ins()})));
  const auto all = messages(ins());
  for (const auto id : {old_document, late, new_document}) EXPECT_THAT(all, ::testing::Contains(id));
  EXPECT_EQ(messages(ipp("OLD")), all);
  EXPECT_EQ(messages(ipp("NEVER-SEEN")), all) << "a document may still be on its way under it";
  const auto merged = file(ins());
  for (const auto& id : merged->identifiers) EXPECT_EQ(id.is_former, id.id.value == "OLD" || id.id.value == "NEVER-SEEN");
  tell(merge);
  EXPECT_EQ(file(ins())->messages.size(), 6U) << "a merge told again ends";
}

TEST_P(store_patients, a_link_can_be_taken_back_and_a_merge_cannot) {
  tell(event_of(person({ipp("A")})));
  auto other = person({ipp("B")});
  other.birth_date = "1950-01-01";
  tell(event_of(other));
  auto link = event_of(person({ipp("A")}));
  link.patients.push_back(other);
  facts::merge what;
  what.action = "link";
  what.prior_patient = 1;
  link.merges = {what};
  tell(link);
  EXPECT_EQ(messages(ipp("B")), messages(ipp("A")));
  link.merges[0].action = "unlink";
  tell(link);
  EXPECT_NE(messages(ipp("B")), messages(ipp("A")));
  EXPECT_EQ(file(ipp("B"))->patient.person.birth_date, "1950-01-01");
  link.merges[0].action = "merge";
  tell(link);
  link.merges[0].action = "unlink";
  tell(link);
  EXPECT_EQ(messages(ipp("B")), messages(ipp("A")));
}

TEST_P(store_patients, a_changed_number_and_a_changed_INS_still_find_the_patient) {
  const auto first = tell(event_of(person({ipp("1"), ins(other_ins)})));
  auto change_of_number = event_of(person({ipp("2"), ins(other_ins)}));
  facts::merge what;
  what.action = "change";
  what.prior = {ipp("1")};
  change_of_number.merges = {what};
  tell(change_of_number);
  tell(event_of(person({ipp("2"), ins()})));
  EXPECT_THAT(messages(ipp("1")), ::testing::Contains(first));
  EXPECT_EQ(messages(ins(other_ins)), messages(ins()));
  const auto found = file(ins());
  for (const auto& id : found->identifiers)
    EXPECT_EQ(id.is_former, id.id.value == "1" || id.id.value == other_ins) << id.id.value;
}

TEST_P(store_patients, two_organisations_meet_in_one_INS_only_when_all_traits_agree) {
  tell(event_of(person({ipp("H1"), ins()})));
  tell(event_of(person({ipp("C1", clinic), ins()})));
  EXPECT_EQ(messages(ipp("H1")), messages(ipp("C1", clinic)));
  auto near = person({ipp("C2", clinic), ins()});
  near.given = {"ZENOBIE"};
  tell(event_of(near));
  EXPECT_NE(messages(ipp("C2", clinic)), messages(ipp("H1"))) << "one organisation, two numbers, one INS: a person looks";
  tell(document_about(near));
  EXPECT_EQ(last_.reconciliation, reconciliation::other);
  auto third = person({ipp("X", "urn:oid:1.2.250.1.999.3"), ins()});
  third.birth_date = "1980-01-01";
  tell(document_about(third));
  EXPECT_EQ(last_.reconciliation, reconciliation::differs);
  EXPECT_NE(messages(ipp("X", "urn:oid:1.2.250.1.999.3")), messages(ipp("H1")));
}

TEST_P(store_patients, a_local_number_known_first_joins_by_its_INS_later) {
  const auto before = tell(document_about(person({ipp("H1")})));
  const auto elsewhere = tell(event_of(person({ipp("C1", clinic), ins()})));
  tell(event_of(person({ipp("H1"), ins()})));
  EXPECT_THAT(messages(ins()), ::testing::AllOf(::testing::Contains(before), ::testing::Contains(elsewhere)));
}

TEST_P(store_patients, an_identity_that_is_not_qualified_leads_nowhere_by_its_INS) {
  tell(event_of(person({ipp("H1"), ins()})));
  auto who = person({ins()});
  who.identity_status = facts::identity_status::retrieved;
  const auto document = tell(document_about(who));
  EXPECT_THAT(messages(ins()), ::testing::Not(::testing::Contains(document)));
}

TEST_P(store_patients, documents_change_nothing_that_the_identity_system_told) {
  tell(event_of(person({ipp("H1"), ins()})));
  auto wrong = person({ipp("H1"), ins(other_ins)});
  wrong.birth_family = "AUTRE";
  tell(document_about(wrong));
  EXPECT_EQ(last_.reconciliation, reconciliation::differs);
  EXPECT_EQ(file(ipp("H1"))->patient.person.birth_family, "EXEMPLE");
  EXPECT_FALSE(file(ins(other_ins))) << "no second INS by way of a document";
  auto corrected = person({ipp("H1"), ins()});
  corrected.birth_family = "EXEMPLE-NEUF";
  tell(event_of(corrected));
  EXPECT_EQ(file(ipp("H1"))->patient.person.birth_family, "EXEMPLE-NEUF");
}

TEST_P(store_patients, outcomes_of_documents) {
  tell(document_about(person({ins()})));
  EXPECT_EQ(last_.reconciliation, reconciliation::unknown);
  tell(document_about(person({ins()})));
  EXPECT_EQ(last_.reconciliation, reconciliation::exact);
  tell(document_about(person({ipp("H1")})));
  EXPECT_EQ(last_.reconciliation, reconciliation::no_ins);
  auto bare = person({ins()});
  bare.birth_place_code.clear();
  tell(document_about(bare));
  EXPECT_EQ(last_.reconciliation, reconciliation::incomplete);
  tell(observation{});
  EXPECT_EQ(last_.reconciliation, reconciliation::none);
}

consent consent_of(const char* kind, consent_answer answer, unix_ms since) {
  consent c;
  c.kind = kind;
  c.answer = answer;
  c.since = since;
  c.source = "ZFA-9";
  return c;
}

TEST_P(store_patients, choices_stay_with_the_person_through_merges) {
  auto told = event_of(person({ipp("OLD")}));
  told.consents = {consent_of("dmp-feeding", consent_answer::deny, 500), consent_of("sms", consent_answer::not_collected, 0)};
  tell(told);
  tell(told);
  EXPECT_EQ(file(ipp("OLD"))->consents.size(), 2U) << "told again: nothing new";
  auto merge = event_of(person({ipp("NEW")}));
  facts::merge what;
  what.action = "merge";
  what.prior = {ipp("OLD")};
  merge.merges = {what};
  tell(merge);
  const auto document = tell(document_about(person({ipp("NEW")})));
  EXPECT_EQ(choice(ipp("NEW"), "dmp-feeding"), consent_answer::deny);
  const auto asked = look<sending_facts>([document](patient_table& t) { return patient_index(t).facts_for_sending(document); });
  EXPECT_EQ(answer_of(asked.consents, "dmp-feeding"), consent_answer::deny);
  auto later = event_of(person({ipp("NEW")}));
  later.consents = {consent_of("dmp-feeding", consent_answer::permit, 900)};
  tell(later);
  EXPECT_EQ(choice(ipp("OLD"), "dmp-feeding"), consent_answer::permit);
}

TEST_P(store_patients, what_is_about_to_leave_sees_a_choice_that_was_kept_before) {
  const auto document = tell(document_about(person({ipp("H1")})));
  const auto keep = [this](observation what) {
    auto message = message_of("message " + std::to_string(++number_), {});
    message.subject = std::move(what);
    store_->keep(std::move(message), [](result<done> kept) { EXPECT_TRUE(kept); });
  };
  constexpr int kept_before = 500;  // so that it has no rows yet when it is asked after
  for (int i = 0; i < kept_before; ++i) keep(document_about(person({ipp("H" + std::to_string(2 + i))})));
  auto refusal = event_of(person({ipp("H1")}));
  refusal.consents = {consent_of("professionals", consent_answer::deny, 700)};
  keep(std::move(refusal));
  for (int i = 0; i < kept_before; ++i) keep(document_about(person({ipp("H1")})));
  auto said = std::make_shared<sending_facts>();
  const auto outcome = wait_for<result<done>>(runs_, [&](auto then) {
    store_->look_before_sending([=](patient_table& table) { *said = patient_index(table).facts_for_sending(document); }, std::move(then));
  });
  EXPECT_TRUE(outcome);
  EXPECT_EQ(answer_of(said->consents, "professionals"), consent_answer::deny);
}

TEST_P(store_patients, a_choice_told_by_a_person) {
  tell(event_of(person({ipp("H1"), ins()})));
  consent c = consent_of("professionals", consent_answer::deny, 700);
  c.system = ins_system;
  c.value = zenobie;
  c.source = "accueil";
  auto found = std::make_shared<bool>(false);
  change([=](patient_table& t) { *found = patient_index(t).record(c); });
  EXPECT_TRUE(*found);
  EXPECT_EQ(choice(ipp("H1"), "professionals"), consent_answer::deny);
  c.value = other_ins;
  change([=](patient_table& t) { *found = patient_index(t).record(c); });
  EXPECT_FALSE(*found) << "no such patient";
}

TEST_P(store_patients, the_letter_of_a_stay_stops_its_clock_when_it_has_left_the_house) {
  const auto who = person({ipp("H1")});
  tell(with_stay(event_of(who), stay_event::admission));
  tell(with_stay(event_of(who), stay_event::discharge, 2'000'000));
  EXPECT_EQ(stay()->clock, letter_clock::waiting);
  const auto report = tell(with_stay(document_about(who), stay_event::none), {"gp"});
  deliver(report, true);
  EXPECT_EQ(stay()->clock, letter_clock::waiting) << "another document is not the letter";
  const auto letter = tell(with_stay(letter_about(who), stay_event::none), {"archive"});
  EXPECT_EQ(stay()->letter, letter);
  deliver(letter, false);
  EXPECT_EQ(stay()->clock, letter_clock::waiting) << "in the house's own archive it has not left";
  const auto again = tell(with_stay(letter_about(who), stay_event::none), {"gp"});
  time_.set(1'500'000);
  deliver(again, true);
  EXPECT_EQ(stay()->clock, letter_clock::on_time);
  EXPECT_EQ(stay()->letter_left_at, 1'500'000);
  const auto subjects = look<std::vector<subject_row>>([id = stay()->id](patient_table& t) { return t.subjects_in(id, 10); });
  EXPECT_EQ(subjects.size(), 5U);
  EXPECT_EQ(subjects[0].message, again) << "newest first";
}

TEST_P(store_patients, stays_are_found_by_their_clock) {
  for (const auto& [number, deadline] : {std::pair("S1", 3'000), std::pair("S2", 1'000), std::pair("S3", 2'000)})
    tell(with_stay(event_of(person({ipp("H1")})), stay_event::discharge, deadline, number));
  const auto due = [&](letter_clock which, unix_ms until) {
    std::vector<std::string> numbers;
    for (const auto& row : look<std::vector<stay_row>>([=](patient_table& t) { return t.stays_by_clock(which, until, 10); }))
      numbers.push_back(row.value);
    return numbers;
  };
  EXPECT_THAT(due(letter_clock::waiting, 2'000), ElementsAre("S2", "S3"));
  change([](patient_table& t) {
    auto row = *t.find_stay(stays, "S2");
    row.clock = letter_clock::overdue;
    t.put(row);
  });
  EXPECT_THAT(due(letter_clock::waiting, 9'000), ElementsAre("S3", "S1"));
  EXPECT_THAT(due(letter_clock::overdue, 0), ElementsAre("S2"));
  const auto counts = look<clock_counts>([](patient_table& t) { return t.count_clocks(); });
  EXPECT_THAT(counts, ElementsAre(0, 2, 1, 0, 0));
}

TEST_P(store_patients, a_letter_that_names_no_stay_belongs_to_the_only_one_it_can_belong_to) {
  const auto who = person({ipp("H1")});
  tell(with_stay(event_of(who), stay_event::discharge, 2'000'000));
  auto letter = letter_about(who);
  letter.at = 1'000'000 + 3'600'000;
  EXPECT_EQ(stay()->letter, 0);
  const auto id = tell(letter);
  const auto subject = look<std::optional<subject_row>>([id](patient_table& t) { return t.subject_of(id); });
  EXPECT_EQ(subject->stay, stay()->id);
  letter.at = 1'000'000 + 40LL * 24 * 3'600'000;
  const auto far = tell(letter);
  EXPECT_EQ(look<std::optional<subject_row>>([far](patient_table& t) { return t.subject_of(far); })->stay, 0);
}

TEST_P(store_patients, what_is_purged_is_listed_no_more_and_its_patient_stays) {
  const auto id = tell(event_of(person({ipp("H1"), ins()})));
  retention policy;
  policy.unrouted_after_ms = 1;
  EXPECT_EQ(store_.purge(policy, 100'000'000), 1U);
  const auto found = file(ins());
  ASSERT_TRUE(found);
  EXPECT_THAT(found->messages, IsEmpty());
  EXPECT_FALSE(look<std::optional<subject_row>>([id](patient_table& t) { return t.subject_of(id); }));
}

TEST_P(store_patients, facts_are_read_in_the_order_of_arrival) {
  const auto first = tell(document_about(person({ipp("H1")})), {"gp"});
  const auto second = tell(document_about(person({ipp("H1")})));
  time_.set(1'234'567);
  deliver(first, true);
  const auto read = [&](model::message_id after, std::uint32_t limit) {
    return wait_for<result<std::vector<stored_facts>>>(runs_, [&](auto then) { store_->read_facts(after, limit, std::move(then)); }).value();
  };
  const auto all = read(0, 10);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, first);
  EXPECT_EQ(all[0].source, "hospital");
  EXPECT_EQ(all[0].delivered_at, 1'234'567);
  EXPECT_EQ(all[1].id, second);
  EXPECT_EQ(all[1].delivered_at, 0);
  EXPECT_NE(all[1].facts_json.find("11490-0"), std::string::npos);
  EXPECT_EQ(read(first, 10).size(), 1U);
  EXPECT_EQ(read(0, 1).size(), 1U);
}

}  // namespace
}  // namespace liaison::store::testing
