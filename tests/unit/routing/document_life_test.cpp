// SPDX-License-Identifier: Apache-2.0
#include "core/routing/document_life.hpp"

#include <gtest/gtest.h>

namespace liaison::routing {
namespace {

struct written {
  std::string id, replaces, status, author = "a1", patient = "248053599810704", birth = "1948-05-12";
};

std::string facts_of(const written& what) {
  return R"({"format":"hl7v2","document":{"id":"urn:oid:)" + what.id + R"(","status":")" + what.status + "\"" +
         (what.replaces.empty() ? "" : R"(,"replaces":"urn:oid:)" + what.replaces + "\"") +
         R"(},"authors":[{"identifiers":[{"system":"s","value":")" + what.author +
         R"("}]}],"patients":[{"family":"MARTIN-ESSAI","given":["JEANNE"],"birth_date":")" + what.birth +
         R"(","identifiers":[{"kind":"ins-test","system":"urn:oid:1.2.250.1.213.1.4.10","value":")" + what.patient +
         "\"}]}]}";
}

store::document_version version(model::message_id id, const written& what, unix_ms awaits_until = 0) {
  store::document_version made;
  made.message.id = id;
  made.message.source = "hospital";
  made.message.facts_json = facts_of(what);
  made.awaits_until = awaits_until;
  return made;
}

model::message_facts incoming(const written& what) { return model::facts_from_json(facts_of(what)).value(); }

std::vector<std::string> codes(const std::vector<model::issue>& issues) {
  std::vector<std::string> found;
  for (const auto& one : issues) found.push_back(one.code);
  return found;
}

using all = std::vector<std::string>;

TEST(document_life, versions_replace_one_another_until_the_last_is_removed) {
  const auto life =
      life_of({version(1, {"1", "", "final"}), version(2, {"2", "1", "amended"}), version(3, {"2", "1", "deleted"})});
  ASSERT_EQ(life.size(), 3U);
  EXPECT_EQ(life[0].state, version_state::replaced);
  EXPECT_EQ(life[0].changed_by, 2);
  EXPECT_EQ(life[1].state, version_state::deleted);
  EXPECT_EQ(life[1].changed_by, 3);
  EXPECT_EQ(life[2].state, version_state::removal);
  EXPECT_STREQ(state_of(life), "deleted");
}

TEST(document_life, what_waits_changes_nothing_yet) {
  const auto life = life_of({version(1, {"1", "", "final"}), version(2, {"3", "2", "amended"}, 99)});
  EXPECT_EQ(life[0].state, version_state::current);
  EXPECT_EQ(life[1].state, version_state::waiting);
  EXPECT_STREQ(state_of(life), "current");
  EXPECT_STREQ(state_of(life_of({version(2, {"3", "2", "amended"}, 99)})), "waiting");
  EXPECT_STREQ(state_of({}), "unknown");
  const auto behind = life_of({version(1, {"3", "2", "amended"}), version(2, {"2", "1", "amended"}, 99)});
  EXPECT_EQ(behind[0].state, version_state::waiting) << "what it refers to waits itself";
}

TEST(document_life, a_change_of_masking_is_a_replacement_that_says_so) {
  auto facts = incoming({"2", "1", "amended"});
  EXPECT_EQ(change_of(facts), document_change::replacement);
  facts.instructions = {"masking-change"};
  EXPECT_EQ(change_of(facts), document_change::masking);
  EXPECT_EQ(change_of(incoming({"1", "", "final"})), document_change::initial);
}

TEST(document_life, a_good_replacement_has_no_findings) {
  EXPECT_EQ(codes(judge(incoming({"2", "1", "amended"}), "hospital", {version(1, {"1", "", "final"})}, "strict")),
            all{});
  EXPECT_EQ(codes(judge(incoming({"1", "", "deleted"}), "hospital", {version(1, {"1", "", "final"})}, "strict")),
            all{});
  EXPECT_EQ(codes(judge(incoming({"1", "", "final"}), "hospital", {}, "strict")), all{}) << "refers to nothing";
}

TEST(document_life, an_original_that_has_not_come_is_told) {
  const auto found = judge(incoming({"2", "1", "amended"}), "hospital", {}, "strict");
  EXPECT_EQ(codes(found), all{"document-original-unknown"});
  EXPECT_FALSE(model::has_error(found));
}

TEST(document_life, what_is_not_the_latest_is_900) {
  const std::vector<store::document_version> line{version(1, {"1", "", "final"}), version(2, {"2", "1", "amended"})};
  const auto tolerant = judge(incoming({"3", "1", "amended"}), "hospital", line, "tolerant");
  EXPECT_EQ(codes(tolerant), all{"document-not-latest"});
  EXPECT_FALSE(model::has_error(tolerant));
  EXPECT_TRUE(model::has_error(judge(incoming({"3", "1", "amended"}), "hospital", line, "strict")));
  EXPECT_EQ(codes(judge(incoming({"2", "1", "amended"}), "hospital", line, "strict")), all{})
      << "the same version again";
  EXPECT_EQ(codes(judge(incoming({"1", "", "deleted"}), "hospital", line, "strict")), all{"document-not-latest"});
}

TEST(document_life, another_author_is_901) {
  const std::vector<store::document_version> line{version(1, {"1", "", "final"})};
  written other{"2", "1", "amended"};
  other.author = "a2";
  EXPECT_EQ(codes(judge(incoming(other), "hospital", line, "tolerant")), all{"document-author-differs"});
  EXPECT_TRUE(model::has_error(judge(incoming(other), "hospital", line, "strict")));
  auto nobody = incoming(other);
  nobody.authors.clear();
  EXPECT_EQ(codes(judge(nobody, "hospital", line, "strict")), all{}) << "what is not known is not compared";
}

TEST(document_life, another_patient_stops_it_always) {
  written other{"2", "1", "amended"};
  other.patient = "279035121518989";
  const auto found = judge(incoming(other), "hospital", {version(1, {"1", "", "final"})}, "tolerant");
  EXPECT_EQ(codes(found), all{"document-patient-differs"});
  EXPECT_TRUE(model::has_error(found));
}

}  // namespace
}  // namespace liaison::routing
