// SPDX-License-Identifier: Apache-2.0
// What a client wants, and the small texts of the interface: conditions, ids, identifiers.
#include "core/fhir_api/negotiation.hpp"
#include "core/fhir_api/outline.hpp"
#include "core/fhir_api/service.hpp"

#include <gtest/gtest.h>

namespace liaison::fhir_api {
namespace {

model::web_request with_header(const std::string& name, const std::string& value) {
  model::web_request what;
  what.headers.emplace_back(name, value);
  return what;
}

TEST(negotiation, chooses_the_syntax_by_quality) {
  const auto wanted = [](const std::string& accept) { return wanted_syntax(with_header("accept", accept)); };
  EXPECT_EQ(wanted_syntax({}), syntax::json);
  EXPECT_EQ(wanted("*/*"), syntax::json);
  EXPECT_EQ(wanted("application/fhir+xml"), syntax::xml);
  EXPECT_EQ(wanted("application/fhir+json;q=0.5, application/fhir+xml;q=0.9"), syntax::xml);
  EXPECT_EQ(wanted("application/fhir+xml, */*;q=0.1"), syntax::xml);
  EXPECT_EQ(wanted("*/*, application/fhir+xml"), syntax::xml) << "the particular before the general";
  EXPECT_EQ(wanted("text/html"), syntax::none);
  EXPECT_EQ(wanted("application/fhir+json;q=0"), syntax::none);
  model::web_request what = with_header("accept", "application/fhir+json");
  what.query["_format"] = "application/fhir xml";  // as '+' comes out of a query
  EXPECT_EQ(wanted_syntax(what), syntax::xml);
  what.query["_format"] = "turtle";
  EXPECT_EQ(wanted_syntax(what), syntax::none);
}

TEST(negotiation, knows_media_types_of_bodies) {
  EXPECT_EQ(syntax_of_media_type("application/fhir+json; charset=utf-8"), syntax::json);
  EXPECT_EQ(syntax_of_media_type("Application/FHIR+XML"), syntax::xml);
  EXPECT_EQ(syntax_of_media_type("text/plain"), syntax::none);
  EXPECT_EQ(syntax_of_media_type("json"), syntax::none) << "good for _format only";
}

TEST(negotiation, reads_preferences) {
  const auto found = preferences_of(with_header("prefer", "return=minimal; respond-async, handling=strict"));
  EXPECT_EQ(found.result, preferences::what::minimal);
  EXPECT_TRUE(found.asynchronous);
  EXPECT_TRUE(found.strict);
}

TEST(outline, reads_conditions) {
  EXPECT_EQ(identifier_condition("identifier=urn:oid:1.2|x"), "urn:oid:1.2|x");
  EXPECT_EQ(identifier_condition("?identifier=urn%3Aoid%3A1.2%7Cx"), "urn:oid:1.2|x");
  EXPECT_EQ(identifier_condition("identifier=a|b&status=final"), std::nullopt);
  EXPECT_EQ(identifier_condition("name=x"), std::nullopt);
  EXPECT_EQ(identifier_condition("identifier=%4"), std::nullopt);
  EXPECT_EQ(identifier_condition("identifier=system|"), std::nullopt) << "would match whatever has the system";
}

TEST(outline, reads_ids) {
  for (const char* good : {"1", "12-3"}) {
    const auto id = resource_id_of(good);
    ASSERT_TRUE(id) << good;
    EXPECT_EQ(text_of(*id), good);
  }
  for (const char* bad : {"", "0", "-1", "12-", "12-0", "a", "12-3-4", "012", "99999999999999999999", "1 "}) EXPECT_FALSE(resource_id_of(bad)) << bad;
}

TEST(outline, names_documents_as_the_facts_do) {
  EXPECT_EQ(document_id_of("urn:ietf:rfc:3986|urn:oid:1.2"), "urn:oid:1.2");
  EXPECT_EQ(document_id_of("urn:oid:1.2|x"), "1.2^x");
  EXPECT_EQ(document_id_of("DocumentReference/12-2"), "DocumentReference/12-2");
}

TEST(service, shows_a_message_to_its_sender_and_to_who_has_got_it) {
  store::trace message;
  message.message.source = "hospital";
  message.message.state = model::message_state::routed;
  model::delivery delivery;
  delivery.recipient = "gp";
  delivery.state = model::delivery_state::pending;
  message.deliveries.push_back(delivery);
  EXPECT_TRUE(may_see({false, "hospital"}, message));
  EXPECT_FALSE(may_see({false, "gp"}, message)) << "not delivered yet";
  message.deliveries[0].state = model::delivery_state::delivered;
  EXPECT_TRUE(may_see({false, "gp"}, message));
  EXPECT_FALSE(may_see({false, "other"}, message));
  EXPECT_FALSE(may_see({false, ""}, message));
  EXPECT_TRUE(may_see({true, ""}, message));
  message.message.state = model::message_state::quarantined;
  EXPECT_FALSE(may_see({false, "hospital"}, message));
}

}  // namespace
}  // namespace liaison::fhir_api
