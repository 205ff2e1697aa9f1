// SPDX-License-Identifier: Apache-2.0
// JSON, as FHIR comes: depth, keys, numbers and strings that programs read differently, Bundles that go in circles.
#include "cases.hpp"

namespace liaison::test {
namespace {

std::string bundle(const std::string& entries) {
  static int number = 0;
  return R"({"resourceType":"Bundle","type":"document","identifier":{"system":"urn:x","value":")" + std::to_string(++number) + R"("},"timestamp":"2026-03-02T10:15:01Z","entry":[)" + entries + "]}";
}
std::string patient(const std::string& members) {
  return R"({"resourceType":"Patient","name":[{"family":")" + std::string(marker) + "\"}]" + (members.empty() ? "" : ",") + members + "}";
}
std::string entry(const std::string& resource) { return R"({"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":)" + resource + "}"; }

}  // namespace

const std::vector<hostile_message>& json_cases() {
  static const std::vector<hostile_message> list{
      {"a_patient_alone", [] { return patient(""); }, "201"},
      {"three_hundred_levels", [] { return patient("\"extension\":" + times("[{\"extension\":", 150) + "1" + times("}]", 150)); }, "422 fhir-too-deep"},
      {"a_million_brackets", [] { return "{\"resourceType\":\"Patient\",\"x\":" + times("[", 1'000'000); }, "422 fhir-too-deep"},
      {"the_same_key_twice", [] { return raw("{\"resourceType\":\"Patient\",\"id\":\"a\",\"id\":\"b\"}"); }, "422 fhir-json-duplicate-name"},
      {"two_types", [] { return raw("{\"resourceType\":\"Patient\",\"resourceType\":\"Bundle\"}"); }, "422 fhir-json-duplicate-name"},
      {"the_type_at_the_end", [] { return "{\"x\":\"" + times("a", 100'000) + "\",\"resourceType\":\"Patient\"}"; }, "201"},
      {"a_type_that_is_a_number", [] { return raw("{\"resourceType\":1}"); }, "201"},
      {"a_number_without_end", [] { return patient("\"multipleBirthInteger\":" + times("9", 1U << 20)); }, "422 fhir-json-number"},
      {"a_number_beyond_all", [] { return patient("\"multipleBirthInteger\":1e999999999"); }, "422 fhir-json-number"},
      {"minus_nothing", [] { return patient("\"multipleBirthInteger\":-"); }, "422 fhir-json-syntax"},
      {"a_leading_zero", [] { return patient("\"multipleBirthInteger\":007"); }, "422 fhir-json-syntax"},
      {"nan", [] { return patient("\"multipleBirthInteger\":NaN"); }, "422 fhir-json-syntax"},
      {"infinity", [] { return patient("\"multipleBirthInteger\":-Infinity"); }, "422 fhir-json-syntax"},
      {"half_a_surrogate", [] { return patient("\"id\":\"\\ud800\""); }, "422 fhir-json-not-utf-8"},
      {"surrogates_turned_around", [] { return patient("\"id\":\"\\udc00\\ud800\""); }, "422 fhir-json-not-utf-8"},
      {"an_escaped_nul", [] { return patient("\"id\":\"a\\u0000b\""); }, "201"},
      {"a_raw_nul", [] { return patient("\"id\":\"a" + std::string(1, '\0') + "b\""); }, "422 fhir-json-syntax"},
      {"a_raw_line_end_in_a_text", [] { return patient("\"id\":\"a\nb\""); }, "422 fhir-json-syntax"},
      {"half_an_escape", [] { return patient("\"id\":\"\\u12\""); }, "422 fhir-json-syntax"},
      {"an_escape_that_does_not_exist", [] { return patient("\"id\":\"\\x41\""); }, "422 fhir-json-syntax"},
      {"bytes_that_are_no_utf_8", [] { return patient("\"id\":\"\xC0\xAF\xED\xA0\x80\xFF\""); }, "422 fhir-json-not-utf-8"},
      {"a_byte_order_mark", [] { return "\xEF\xBB\xBF" + patient(""); }, "201 fhir-json-byte-order-mark"},
      {"utf_16", [] { std::string out = "\xFF\xFE"; for (const char c : patient("")) out += std::string{c, '\0'}; return out; }, "422 format-unknown"},
      {"comments", [] { return "/* x */" + patient("") + "// y"; }, "422 format-unknown"},
      {"a_comma_too_many", [] { return patient("\"active\":true,"); }, "422 fhir-json-syntax"},
      {"single_quotes", [] { return raw("{'resourceType':'Patient'}"); }, "422 fhir-json-syntax"},
      {"two_values", [] { return patient("") + patient(""); }, "422 fhir-json-trailing"},
      {"a_text_of_20_mb", [] { return patient("\"id\":\"" + times("x", 20U << 20) + "\""); }, "201"},
      {"a_key_of_1_mb", [] { return patient("\"" + times("k", 1U << 20) + "\":1"); }, "201"},
      {"a_million_keys", [] { std::string all; for (int i = 0; i < 1'000'000; ++i) all += "\"k" + std::to_string(i) + "\":1,"; return "{" + all + "\"resourceType\":\"Patient\"}"; }, "201"},
      {"a_million_names", [] { return patient("\"contact\":[" + times("{},", 1'000'000) + "{}]"); }, "201 fhir-json-empty-object"},
      {"names_of_prototypes", [] { return patient("\"__proto__\":{\"x\":1},\"constructor\":{}"); }, "201 fhir-json-empty-object"},
      {"ten_thousand_empty_entries", [] { return bundle(times("{},", 10'000) + "{}"); }, "201 fhir-json-empty-object"},
      {"a_hundred_bundles_in_each_other", [] { return times("{\"resourceType\":\"Bundle\",\"type\":\"document\",\"entry\":[{\"resource\":", 100) + patient("") + times("}]}", 100); }, "422 fhir-too-deep"},
      {"a_resource_that_refers_to_itself", [] { return bundle(entry(patient("\"link\":[{\"other\":{\"reference\":\"urn:uuid:11111111-1111-4111-8111-111111111111\"},\"type\":\"seealso\"}]"))); }, "201"},
      {"contained_resources_in_a_circle", [] { return patient(R"("contained":[{"resourceType":"Organization","id":"a","partOf":{"reference":"#b"}},{"resourceType":"Organization","id":"b","partOf":{"reference":"#a"}}],"managingOrganization":{"reference":"#a"})"); }, "201"},
      {"the_same_address_for_all", [] { return bundle(times(entry(patient("")) + ",", 50) + entry(patient(""))); }, "201"},
      {"an_attachment_that_is_elsewhere", [] { return bundle(entry(R"({"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"contentType":"application/pdf","url":"file:///etc/passwd"}}]})")); }, "201"},
      {"an_attachment_that_is_no_base64", [] { return bundle(entry(R"({"resourceType":"Binary","contentType":"application/pdf","data":"!!!!"})")); }, "201"},
      {"an_attachment_of_20_mb", [] { return bundle(entry(R"({"resourceType":"Binary","contentType":"application/pdf","data":")" + times("AAAA", 5U << 20) + "\"}")); }, "201"},
      {"a_narrative_with_a_script", [] { return patient(R"("text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script><p onclick=\"x\">a</p></div>"})"); }, "201"},
      {"a_narrative_with_an_entity", [] { return patient(R"("text":{"status":"generated","div":"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><div>&b;</div>"})"); }, "201"},
      {"an_expression_that_never_ends", [] { return patient(R"x("extension":[{"url":"u","valueExpression":{"language":"text/fhirpath","expression":"repeat(children())"}}])x"); }, "201"},
  };
  return list;
}

}  // namespace liaison::test
