// SPDX-License-Identifier: Apache-2.0
#include <liaison/common/plugin.hpp>

#include <gtest/gtest.h>

namespace liaison {
namespace {

TEST(facts_json, leaves_out_what_is_not_known) {
  facts::message_facts found;
  found.format = "hprim-medecin";
  EXPECT_EQ(to_json(found), R"({"format":"hprim-medecin","results":0})");
}

TEST(facts_json, has_the_shape_of_inspect) {
  facts::message_facts found;
  found.format = "hl7v2";
  found.patients.push_back(
      {.family = "DUPONT",
       .birth_family = "MARTIN",
       .given = {"Anne", "Lise"},
       .birth_date = "1950-03-17",
       .sex = facts::sex::female,
       .birth_place_code = "51215",
       .postal_code = "",
       .identifiers = {{"urn:oid:1.2.250.1.213.1.4.10", "250035121500189", facts::identifier_kind::ins_test}},
       .identity_status = facts::identity_status::qualified});
  found.document.version = 2;
  found.document.type = {"http://loinc.org", "11502-2", "CR \"bio\""};
  found.recipients.push_back(
      {.name = "Dr B", .organization = "", .speciality = "", .identifiers = {}, .address = "b@x.fr", .role = "copy"});
  found.results = 27;
  found.attachments.push_back({"application/pdf", 1234, "ab"});
  found.values.push_back({.patient = 0,
                          .label = "Potassium",
                          .code = "K",
                          .value = "4.10",
                          .unit = "mmol/L",
                          .low = "3.5",
                          .high = "5.1",
                          .flag = "N",
                          .status = "F",
                          .second = facts::second_value{"160", "mg/L", "", ""}});
  EXPECT_EQ(
      to_json(found),
      R"({"format":"hl7v2","patients":[{"family":"DUPONT","birth_family":"MARTIN","given":["Anne","Lise"],)"
      R"("birth_date":"1950-03-17","sex":"female","birth_place_code":"51215","identifiers":[{"system":)"
      R"("urn:oid:1.2.250.1.213.1.4.10","value":"250035121500189","kind":"ins-test"}],"identity_status":"qualified"}],)"
      R"("document":{"version":2,"type":{"system":"http://loinc.org","code":"11502-2","display":"CR \"bio\""}},)"
      R"("recipients":[{"name":"Dr B","address":"b@x.fr","role":"copy"}],"results":27,)"
      R"("attachments":[{"content_type":"application/pdf","size_bytes":1234,"sha256":"ab"}],)"
      R"("values":[{"patient":0,"label":"Potassium","code":"K","value":"4.10","unit":"mmol/L","low":"3.5",)"
      R"("high":"5.1","flag":"N","status":"F","second":{"value":"160","unit":"mg/L"}}]})");
}

TEST(facts_json, says_that_the_status_is_unknown_only_where_a_format_could_tell) {
  facts::message_facts found;
  found.patients.push_back({});
  found.format = "fhir";
  EXPECT_EQ(to_json(found), R"({"format":"fhir","patients":[{"identity_status":"unknown"}],"results":0})");
  found.format = "hprim-medecin";
  EXPECT_EQ(to_json(found), R"({"format":"hprim-medecin","patients":[{}],"results":0})");
}

TEST(facts_json, stays_utf_8_whatever_comes) {
  facts::message_facts found;
  found.format = "x";
  found.charset = std::string("a\xFF\xC3 \xC3\xA9\n\x01\xED\xA0\x80", 11);
  EXPECT_EQ(to_json(found),
            "{\"format\":\"x\",\"charset\":\"a\xEF\xBF\xBD\xEF\xBF\xBD "
            "\xC3\xA9\\n\\u0001\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\",\"results\":0}");
}

}  // namespace
}  // namespace liaison
