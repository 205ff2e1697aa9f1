// SPDX-License-Identifier: Apache-2.0
// XML: entities, external files, trees without end, names and namespaces by the thousand, encodings that lie.
#include "cases.hpp"

namespace liaison::test {
namespace {

constexpr const char* open = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">";
constexpr const char* end = "</ClinicalDocument>";

std::string document(const std::string& content) { return std::string("<?xml version=\"1.0\" encoding=\"UTF-8\"?>") + open + content + end; }
std::string with_dtd(const std::string& subset, const std::string& content) {
  return "<?xml version=\"1.0\"?><!DOCTYPE ClinicalDocument [" + subset + "]>" + open + content + end;
}
std::string utf_16(std::string_view ascii, bool little) {
  std::string out;
  for (const char c : ascii) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

std::string laughs() {
  std::string subset = "<!ENTITY l0 \"lol\">";
  for (int i = 1; i < 12; ++i) {
    subset += "<!ENTITY l" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) subset += "&l" + std::to_string(i - 1) + ";";
    subset += "\">";
  }
  return with_dtd(subset, "<title>&l11;</title>");
}

std::string many(std::size_t count, const std::function<std::string(std::size_t)>& one) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += one(i);
  return all;
}

}  // namespace

const std::vector<hostile_message>& xml_cases() {
  static const std::vector<hostile_message> list{
      // Entities and external files.
      {"billion_laughs", [] { return laughs(); }, "422 cda-dtd"},
      {"quadratic_blowup", [] { return with_dtd("<!ENTITY a \"" + times("a", 100'000) + "\">", times("&a;", 100'000)); }, "422 format-unknown"},
      {"a_file_as_entity", [] { return with_dtd("<!ENTITY e SYSTEM \"file:///etc/passwd\">", "<title>&e;</title>"); }, "422 cda-dtd"},
      {"an_address_as_entity", [] { return with_dtd("<!ENTITY e SYSTEM \"http://127.0.0.1:1/\">", "<title>&e;</title>"); }, "422 cda-dtd"},
      {"parameter_entities", [] { return with_dtd("<!ENTITY % d SYSTEM \"http://127.0.0.1:1/x.dtd\">%d;", ""); }, "422 cda-dtd"},
      {"an_external_dtd", [] { return "<!DOCTYPE ClinicalDocument SYSTEM \"http://127.0.0.1:1/x.dtd\">" + document("").substr(38); }, "422 cda-dtd"},
      {"a_public_dtd", [] { return "<!DOCTYPE ClinicalDocument PUBLIC \"-//X//Y\" \"file:///dev/zero\">" + document("").substr(38); }, "422 cda-dtd"},
      {"an_entity_that_is_itself", [] { return with_dtd("<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">", "&a;"); }, "422 cda-dtd"},
      {"a_default_attribute", [] { return with_dtd("<!ATTLIST title x CDATA \"y\">", "<title/>"); }, "422 cda-dtd"},
      {"an_entity_without_a_declaration", [] { return document("<title>&nowhere;</title>"); }, "422 cda-not-well-formed"},
      {"xinclude", [] { return document("<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\" parse=\"text\"/>"); }, "201"},
      {"a_style_sheet", [] { return std::string("<?xml-stylesheet type=\"text/xsl\" href=\"http://127.0.0.1:1/x.xsl\"?>") + document("<title>x</title>").substr(38); }, "201"},
      {"a_schema_location", [] { return document("<id xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:hl7-org:v3 http://127.0.0.1:1/x.xsd\"/>"); }, "201"},
      // Trees and names.
      {"three_hundred_levels", [] { return document(times("<a>", 300) + times("</a>", 300)); }, "422 cda-too-deep"},
      {"a_hundred_thousand_levels", [] { return document(times("<a>", 100'000) + times("</a>", 100'000)); }, "422 cda-too-deep"},
      {"three_million_elements", [] { return document(times("<a/>", 3'000'000)); }, "422 cda-too-many-nodes"},
      {"an_attribute_of_10_mb", [] { return document("<id root=\"" + times("1", 10U << 20) + "\"/>"); }, "201"},
      {"a_text_of_20_mb", [] { return document("<title>" + times("x", 20U << 20) + "</title>"); }, "422 facts-malformed"},
      {"a_cdata_of_20_mb", [] { return document("<title><![CDATA[" + times("]", 20U << 20) + "]]></title>"); }, "422 facts-malformed"},
      {"a_comment_of_20_mb", [] { return document("<!--" + times("x", 20U << 20) + "-->"); }, "201"},
      {"a_hundred_thousand_instructions", [] { return document(times("<?p i?>", 100'000)); }, "201"},
      {"twenty_thousand_attributes", [] { return document("<id " + many(20'000, [](std::size_t i) { return "a" + std::to_string(i) + "=\"\" "; }) + "/>"); }, "422 cda-too-many-attributes"},
      {"two_hundred_thousand_names", [] { return document(many(200'000, [](std::size_t i) { return "<n" + std::to_string(i) + "/>"; })); }, "422 cda-too-many-names"},
      {"ten_thousand_namespaces", [] { return document("<id " + many(10'000, [](std::size_t i) { return "xmlns:n" + std::to_string(i) + "=\"u" + std::to_string(i) + "\" "; }) + "/>"); }, "422 cda-too-many-attributes"},
      {"namespaces_at_every_level", [] { return document(many(200, [](std::size_t i) { return "<a xmlns:n" + std::to_string(i) + "=\"u\">"; }) + times("</a>", 200)); }, "201"},
      {"a_name_of_1_mb", [] { return document("<" + times("n", 1U << 20) + "/>"); }, "201"},
      {"the_same_attribute_twice", [] { return document("<id root=\"1\" root=\"2\"/>"); }, "422 cda-not-well-formed"},
      {"the_same_attribute_under_two_prefixes", [] { return document("<id xmlns:a=\"u\" xmlns:b=\"u\" a:x=\"1\" b:x=\"2\"/>"); }, "201"},
      {"a_prefix_that_stands_for_nothing", [] { return document("<a:b/>"); }, "201"},
      {"the_prefix_xml_for_something_else", [] { return document("<id xmlns:xml=\"urn:x\"/>"); }, "201"},
      {"the_root_in_another_namespace", [] { return raw("<ClinicalDocument xmlns=\"urn:hl7-org:v2\"><title>x</title></ClinicalDocument>"); }, "201"},
      {"a_prefix_for_the_root", [] { return raw("<x:ClinicalDocument xmlns:x=\"urn:hl7-org:v3\"><x:title>x</x:title></x:ClinicalDocument>"); }, "201"},
      // Characters and encodings.
      {"a_character_that_is_nul", [] { return document("<title>&#0;</title>"); }, "422 cda-not-well-formed"},
      {"a_character_that_is_half", [] { return document("<title>&#xD800;</title>"); }, "422 cda-not-well-formed"},
      {"a_character_beyond_unicode", [] { return document("<title>&#x110000;&#99999999999999;</title>"); }, "422 cda-not-well-formed"},
      {"a_raw_nul", [] { return document("<title>a" + std::string(1, '\0') + "b</title>"); }, "422 cda-not-well-formed"},
      {"control_characters", [] { return document("<title>\x01\x1b[31m\x7f</title>"); }, "422 cda-not-well-formed"},
      {"utf_8_that_is_latin_1", [] { return document("<title>caf\xE9</title>"); }, "422 cda-wrong-charset"},
      {"overlong_utf_8", [] { return document("<title>\xC0\xBCscript\xC0\xBE</title>"); }, "422 cda-wrong-charset"},
      {"utf_7_by_name", [] { return std::string("<?xml version=\"1.0\" encoding=\"UTF-7\"?>") + open + "<title>+ADw-x+AD4-</title>" + end; }, "422 cda-encoding-unknown"},
      {"ebcdic_by_name", [] { return std::string("<?xml version=\"1.0\" encoding=\"IBM037\"?>") + open + end; }, "422 cda-encoding-unknown"},
      {"utf_16_by_name_only", [] { return std::string("<?xml version=\"1.0\" encoding=\"UTF-16\"?>") + open + end; }, "201"},
      {"utf_16_with_its_mark", [] { return raw("\xFF\xFE") + utf_16(std::string("<?xml version=\"1.0\" encoding=\"UTF-16\"?>") + open + end, true); }, "201"},
      {"utf_16_without_its_mark", [] { return utf_16(std::string("<?xml version=\"1.0\" encoding=\"UTF-16\"?>") + open + end, false); }, "201"},
      {"utf_16_that_says_utf_8", [] { return raw("\xFF\xFE") + utf_16(document(""), true); }, "201"},
      {"utf_32", [] { return raw("\xFF\xFE\0\0<\0\0\0a\0\0\0/\0\0\0>\0\0\0"); }, "422 format-unknown"},
      {"two_byte_order_marks", [] { return "\xEF\xBB\xBF\xEF\xBB\xBF" + document(""); }, "422 format-unknown"},
      {"blanks_before_the_declaration", [] { return "\n\n  " + document(""); }, "201"},
      {"two_declarations", [] { return document("").substr(0, 38) + document(""); }, "422 cda-not-well-formed"},
      {"version_1_1", [] { return std::string("<?xml version=\"1.1\"?>") + open + "<title>&#1;</title>" + end; }, "422 cda-not-well-formed"},
      // Endings.
      {"two_roots", [] { return document("") + open + end; }, "422 cda-not-well-formed"},
      {"text_behind_the_root", [] { return document("") + std::string(marker); }, "422 cda-not-well-formed"},
      {"nothing_but_a_declaration", [] { return raw("<?xml version=\"1.0\"?>"); }, "422 format-unknown"},
      {"nothing_but_a_comment", [] { return raw("<!-- ClinicalDocument -->"); }, "422 format-unknown"},
      {"ends_inside_a_name", [] { return document("<title>x</title>").substr(0, 70); }, "422 cda-not-well-formed"},
      {"tags_that_cross", [] { return document("<a><b></a></b>"); }, "422 cda-not-well-formed"},
      // Other readers of XML.
      {"fhir_with_entities", [] { return raw("<!DOCTYPE Patient [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"&e;\"/></Patient>"); }, "422 fhir-xml-dtd"},
      {"fhir_of_a_thousand_levels", [] { return "<Patient xmlns=\"http://hl7.org/fhir\">" + times("<extension url=\"u\">", 1000) + times("</extension>", 1000) + "</Patient>"; }, "422 fhir-xml-too-deep"},
      {"hprim_xml_with_entities", [] { return raw("<!DOCTYPE evenementsServeurActes [<!ENTITY e \"x\">]><evenementsServeurActes xmlns=\"http://www.hprim.org/hprimXML\">&e;</evenementsServeurActes>"); }, "422 xml-dtd"},
  };
  return list;
}

}  // namespace liaison::test
