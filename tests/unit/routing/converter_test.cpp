// SPDX-License-Identifier: Apache-2.0
// Formats that wrap documents: which bytes go inside.
#include "broker_fixture.hpp"

namespace liaison::test {
namespace {

using routing::conversion;
using routing::conversion_request;

conversion convert(conversion_request what) {
  simulated_time time;
  scripted_translators translators(time);
  routing::converter converter(translators);
  conversion made;
  converter.convert(std::move(what), [&](conversion c) { made = std::move(c); });
  time.settle();
  return made;
}

conversion_request to_envelope(const std::string& message, const std::string& profile, const std::string& carry) {
  conversion_request what;
  what.bytes = share(message);
  what.from.format = "plain";
  what.to.format = "envelope";
  what.to.profile = profile;
  what.to.carry = carry;
  return what;
}

TEST(wrapping, a_message_of_the_format_to_carry_goes_inside_as_it_came) {
  const conversion made = convert(to_envelope("id=1", "sealed", "plain"));
  ASSERT_EQ(made.status, LIAISON_OK);
  EXPECT_EQ(*made.document, "written:id=1[plain:id=1]");
  EXPECT_EQ(made.account.carried, made.account.source_leaves);
}

TEST(wrapping, a_document_inside_the_message_goes_inside_as_it_came) {
  const conversion made = convert(to_envelope("id=1;inner=id:2", "sealed", "inner"));
  ASSERT_EQ(made.status, LIAISON_OK);
  EXPECT_EQ(*made.document, "written:id=1;inner=id:2[inner:id=2]");
}

TEST(wrapping, otherwise_the_pivot_is_written_in_the_format_to_carry) {
  const conversion made = convert(to_envelope("id=1", "sealed", "other/n1"));
  ASSERT_EQ(made.status, LIAISON_OK);
  EXPECT_EQ(*made.document, "written:id=1[other:written:id=1]");
}

TEST(wrapping, a_profile_asked_for_is_written_even_when_the_format_came) {
  const conversion made = convert(to_envelope("id=1", "sealed", "plain/n1"));
  EXPECT_EQ(*made.document, "written:id=1[plain:written:id=1]");
}

TEST(wrapping, only_the_profiles_that_say_so_wrap) {
  EXPECT_EQ(*convert(to_envelope("id=1", "open", "plain")).document, "written:id=1");
  EXPECT_EQ(*convert(to_envelope("id=1", "", "plain")).document, "written:id=1") << "the first profile is the default";
}

TEST(wrapping, bytes_that_came_in_do_not_take_an_unqualified_ins_out_of_the_house) {
  conversion_request what = to_envelope("id=1;ins=1", "sealed", "plain");
  EXPECT_EQ(convert(what).status, LIAISON_OK);
  what.purpose = routing::purpose::deliver;
  const conversion refused = convert(what);
  EXPECT_EQ(refused.status, LIAISON_QUARANTINE);
  EXPECT_EQ(refused.document, nullptr);
  what.to.carry = "other";
  EXPECT_EQ(convert(what).status, LIAISON_OK) << "what is written anew is up to its translator";
}

TEST(short_accounts, an_encoder_that_knows_none_gets_whole_ones_from_both) {
  simulated_time time;
  scripted_translators translators(time);
  translators.decodes_in_short = true;
  routing::converter converter(translators);
  conversion_request what;
  what.bytes = share(std::string("id=1"));
  what.from.format = "plain";
  what.to.format = "other";
  what.purpose = routing::purpose::deliver;
  conversion made;
  converter.convert(std::move(what), [&](conversion c) { made = std::move(c); });
  time.settle();
  ASSERT_EQ(made.status, LIAISON_OK);
  EXPECT_EQ(*made.document, "written:id=1");
  EXPECT_EQ(made.account.source_leaves, 1U);
  EXPECT_EQ(made.translators, "test 1 → test 1");
  EXPECT_EQ(std::count(translators.calls.begin(), translators.calls.end(), plugin::operation::decode), 2);
}

TEST(examination, of_several_documents_the_first_is_the_messages) {
  simulated_time time;
  scripted_translators translators(time);
  routing::examiner examiner(translators);
  routing::examination found;
  routing::examination_request what;
  what.bytes = share("id=0;inner=id:1,set:s;second=id:2,set:t");
  what.how.format = "plain";
  examiner.examine(std::move(what), found, [] {});
  time.settle();
  ASSERT_EQ(found.status, LIAISON_OK);
  EXPECT_EQ(found.inside.size(), 2U);
  EXPECT_EQ(found.facts.document.id, "1");
  EXPECT_EQ(found.facts.document.set_id, "s");
}

}  // namespace
}  // namespace liaison::test
