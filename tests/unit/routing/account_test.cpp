// SPDX-License-Identifier: Apache-2.0
#include "core/routing/account.hpp"

#include <gtest/gtest.h>

namespace liaison::routing {
namespace {

const char* const decoded = R"({"leaves":[
  {"location":"PID-5.1","value":"A","to":["/entry/1/resource/name/0/family"]},
  {"location":"PID-7","value":"1950","to":["/entry/1/resource/birthDate"]},
  {"location":"PID-8","value":"F","to":["/entry/1/resource/gender","/entry/1/resource/extension/0"]},
  {"location":"MSH-1","value":"|","envelope":true},
  {"location":"PV1-9","value":"x","reason":"no place in the pivot"}],"added":[{"location":"/x","value":"1","reason":"required"}]})";

TEST(account, a_leaf_is_carried_when_one_of_its_places_is) {
  const auto account = join({{"", decoded}}, {R"({"leaves":[
    {"location":"/entry/1/resource/name/0/family","value":"A","to":["line 2"]},
    {"location":"/entry/1/resource/birthDate","value":"1950","reason":"too old"},
    {"location":"/entry/1/resource/extension/0/valueString","value":"F","to":["line 8"]}],"added":[]})"});
  EXPECT_EQ(account.source_leaves, 5U);
  EXPECT_EQ(account.carried, 3U);
  ASSERT_EQ(account.not_carried.size(), 2U);
  EXPECT_EQ(account.not_carried[0].location, "PID-7");
  EXPECT_EQ(account.not_carried[0].reason, "too old");
  EXPECT_EQ(account.not_carried[1].reason, "no place in the pivot");
  EXPECT_EQ(account.added.size(), 1U);
}

TEST(account, a_place_above_or_below_counts_and_a_longer_name_does_not) {
  const char* const one = R"({"leaves":[{"location":"a","value":"1","to":["/entry/1"]},{"location":"b","value":"2","to":["/entry/12/x"]}]})";
  const auto account = join({{"", one}}, {R"({"leaves":[{"location":"/entry/1/resource/id","value":"1","to":["y"]}]})"});
  EXPECT_EQ(account.carried, 1U);
  EXPECT_EQ(account.not_carried.at(0).location, "b");
}

TEST(account, what_is_passed_on_is_carried_whole) {
  const auto account = join({{"", decoded}}, {});
  EXPECT_EQ(account.carried, account.source_leaves);
  EXPECT_TRUE(account.not_carried.empty());
}

TEST(account, leaves_of_a_carried_document_are_counted_under_its_field) {
  const auto account = join({{"OBX[1]-5.5", R"({"leaves":[{"location":"/ClinicalDocument/title","value":"T","reason":"r"}]})"}, {"", decoded}}, {R"({"leaves":[]})"});
  EXPECT_EQ(account.source_leaves, 6U);
  EXPECT_EQ(account.not_carried.at(0).location, "OBX[1]-5.5/ClinicalDocument/title");
  EXPECT_EQ(account.carried + account.not_carried.size(), account.source_leaves);
}

TEST(account, an_account_that_is_no_json_counts_as_nothing) {
  EXPECT_EQ(join({{"", "{"}}, {"{}"}).source_leaves, 0U);
  EXPECT_EQ(join({{"", decoded}}, {"{"}).carried, 1U) << "only the envelope: nobody said where the rest went";
}

TEST(account, one_of_two_encoders_is_enough) {
  const auto account = join({{"", decoded}}, {R"({"leaves":[{"location":"/entry/1/resource/birthDate","value":"1950","to":["a"]}]})",
                                              R"({"leaves":[{"location":"/entry/1/resource/name","value":"A","to":["b"]}]})"});
  EXPECT_EQ(account.carried, 3U);
}

TEST(account, a_document_that_is_wrapped_whole_loses_nothing) {
  const auto account = join({{"OBX[1]-5.5", R"({"leaves":[{"location":"/ClinicalDocument/title","value":"T","reason":"r"}]})", true}, {"", decoded}},
                            {R"({"leaves":[]})"});
  EXPECT_EQ(account.source_leaves, 6U);
  EXPECT_EQ(account.carried, 2U);
}

TEST(account, the_second_document_of_a_message_is_looked_for_where_its_entries_went) {
  const char* const inner = R"({"leaves":[{"location":"/t","value":"T","to":["/entry/0/resource/title"]},{"location":"/i","value":"I","to":["/identifier/value"]}]})";
  const char* const envelope = R"({"leaves":[],"moved":[{"part":"D[1]","entries":0},{"part":"D[2]","entries":7}]})";
  const auto account = join({{"D[1]", inner}, {"D[2]", inner}, {"", envelope}},
                            {R"({"leaves":[{"location":"/entry/7/resource/title","value":"T","to":["a"]},{"location":"/identifier/value","value":"I","to":["b"]}]})"});
  EXPECT_EQ(account.source_leaves, 4U);
  ASSERT_EQ(account.not_carried.size(), 2U);
  EXPECT_EQ(account.not_carried[0].location, "D[1]/t");
  EXPECT_EQ(account.not_carried[1].location, "D[2]/i");
}

TEST(account_in_short, counts_by_the_numbers_of_the_pivots_values) {
  const char* const source = R"({"tally":{"values":9,"places":[[0,1],[2,3],[8,1,5,1],[7,1]],"envelope":2,"lost":1}})";
  const auto account = join_tallies({"", source}, {R"({"tally":{"values":9,"carried":[4,2]}})"});
  ASSERT_TRUE(account.has_value());
  EXPECT_EQ(account->source_leaves, 7U);
  EXPECT_EQ(account->carried, 4U) << "two said by the pivot itself, [2,3] by its last value, [8,1,5,1] by its second place";
  EXPECT_EQ(join_tallies({"", source}, {R"({"tally":{"values":9,"carried":[0,1]}})", R"({"tally":{"values":9,"carried":[7,1]}})"})->carried, 4U)
      << "one of two encoders is enough";
  EXPECT_EQ(join_tallies({"", source, true}, {R"({"tally":{"values":9,"carried":[]}})"})->carried, 7U) << "what goes out as it came";
}

TEST(account_in_short, of_two_pivots_or_of_none_is_not_counted) {
  const char* const source = R"({"tally":{"values":9,"places":[[0,1]],"envelope":0,"lost":0}})";
  EXPECT_FALSE(join_tallies({"", source}, {R"({"tally":{"values":8,"carried":[0,1]}})"}));
  EXPECT_FALSE(join_tallies({"", source}, {R"({"leaves":[]})"}));
  EXPECT_FALSE(join_tallies({"", source}, {R"({"tally":{"values":9,"carried":[0]}})"}));
  EXPECT_FALSE(join_tallies({"", decoded}, {R"({"tally":{"values":9,"carried":[0,1]}})"}));
  EXPECT_FALSE(join_tallies({"", "{"}, {"{}"}));
}

}  // namespace
}  // namespace liaison::routing
