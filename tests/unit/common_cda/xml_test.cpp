// SPDX-License-Identifier: Apache-2.0
// The hardened XML reader: charsets, limits, what it refuses and where it says so; the account of a tree.
#include <liaison/common/xml.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <ctime>

namespace liaison {
namespace {

const xmlNode* root(const xml_parsed& parsed) { return xmlDocGetRootElement(parsed.document.get()); }

std::string defect_code(std::string_view bytes, const xml_limits& limits = {}) {
  const xml_parsed parsed = parse_xml(bytes, limits);
  EXPECT_EQ(parsed.document == nullptr, !parsed.defects.empty());
  return parsed.defects.empty() ? "" : parsed.defects.front().code;
}

std::string utf_16(std::string_view ascii, bool little) {
  std::string out = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : ascii) {
    out += little ? c : '\0';
    out += little ? '\0' : c;
  }
  return out;
}

TEST(parse_xml, reads_every_declared_charset) {
  EXPECT_EQ(all_text(root(parse_xml("<a>\xC3\xA9</a>"))), "é");
  EXPECT_EQ(all_text(root(parse_xml("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<a>\xC3\xA9</a>"))),
            "é");
  EXPECT_EQ(all_text(root(parse_xml("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>"))), "é");
  EXPECT_EQ(all_text(root(parse_xml("<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>"))), "€");
  EXPECT_EQ(all_text(root(parse_xml(utf_16("<?xml version='1.0' encoding='UTF-16'?><a>x</a>", true)))), "x");
  EXPECT_EQ(all_text(root(parse_xml(utf_16("<a>x</a>", false)))), "x");
}

TEST(parse_xml, says_where_a_byte_is_not_utf_8) {
  const xml_parsed parsed = parse_xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n<b>\xE9t\xE9</b></a>");
  ASSERT_EQ(parsed.defects.size(), 1U);
  EXPECT_EQ(parsed.defects[0].code, "xml-wrong-charset");
  EXPECT_EQ(parsed.defects[0].location, "line 3, column 4");
}

TEST(parse_xml, refuses_doctype_and_entities) {
  EXPECT_EQ(defect_code("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), "xml-dtd");
  EXPECT_EQ(defect_code("<?xml version='1.0'?><!-- <a> --><!DOCTYPE a SYSTEM 'http://127.0.0.1/x.dtd'><a/>"),
            "xml-dtd");
  EXPECT_EQ(defect_code("<a>&undefined;</a>"), "xml-not-well-formed");
}

TEST(parse_xml, a_doctype_inside_text_is_only_text) {
  EXPECT_EQ(all_text(root(parse_xml("<a x='<!DOCTYPE'/>"))), "");  // not well-formed: '<' in an attribute
  EXPECT_EQ(defect_code("<a x='<!DOCTYPE'/>"), "xml-not-well-formed");
  EXPECT_EQ(all_text(root(parse_xml("<a><![CDATA[<!DOCTYPE b>]]><!-- <!DOCTYPE c> --></a>"))), "<!DOCTYPE b>");
}

TEST(parse_xml, keeps_its_limits) {
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) {
    deep += "<a>";
  }
  EXPECT_EQ(defect_code(deep), "xml-too-deep");
  std::string wide = "<a>";
  for (int i = 0; i < 2'100'000; ++i) {
    wide += "<b/>";
  }
  EXPECT_EQ(defect_code(wide + "</a>"), "xml-too-many-nodes");
  std::string attributes = "<a";
  for (int i = 0; i < 300; ++i) {
    attributes += " a" + std::to_string(i) + "=''";
  }
  EXPECT_EQ(defect_code(attributes + "/>"), "xml-too-many-attributes");
  xml_limits small;
  small.size_bytes_max = 10;
  EXPECT_EQ(defect_code("<aaaaaaaaaaaaaa/>", small), "xml-too-large");
}

TEST(parse_xml, a_legal_depth_and_a_huge_text_pass) {
  std::string deep;
  for (int i = 0; i < 256; ++i) {
    deep += "<a>";
  }
  for (int i = 0; i < 256; ++i) {
    deep += "</a>";
  }
  EXPECT_EQ(defect_code(deep), "");
  const std::string body(12'000'000, 'A');
  EXPECT_EQ(all_text(root(parse_xml("<a>" + body + "</a>"))).size(), body.size());
}

TEST(parse_xml, reports_broken_documents_without_their_content) {
  for (const char* broken :
       {"", "   ", "<a><SECRET></a>", "<a", "<a>&SECRET</a>", "<a b='SECRET></a>", "<a/>SECRET", "<a>SECRET",
        "<!-- SECRET", "<![CDATA[SECRET", "</a>", "<a><![CDATA[SECRET</a>", "<a SECRET=1/>"}) {
    const xml_parsed parsed = parse_xml(broken);
    ASSERT_EQ(parsed.defects.size(), 1U) << broken;
    EXPECT_EQ(parsed.defects[0].code, "xml-not-well-formed") << broken;
    EXPECT_THAT(parsed.defects[0].location, testing::StartsWith("line ")) << broken;
    EXPECT_THAT(parsed.defects[0].diagnostics, testing::Not(testing::HasSubstr("SECRET"))) << broken;
  }
}

TEST(walking, finds_without_regard_to_prefixes) {
  const xml_parsed parsed =
      parse_xml("<c:a xmlns:c='urn:x' xmlns:t='urn:t'><c:b t:type='PQ'/><b>2</b><u:b>3</u:b></c:a>");
  const xmlNode* first = child(root(parsed), "b");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(attribute_text(first, "type"), "PQ");
  EXPECT_EQ(all_text(next(first, "b")), "2");
  EXPECT_EQ(all_text(next(next(first, "b"), "b")), "3");
  EXPECT_EQ(xml_location(next(first, "b"), "x"), "/a/b[2]/@x");
  EXPECT_EQ(descend(root(parsed), {"b", "none", "deeper"}), nullptr);
}

TEST(ledger, has_a_row_for_each_attribute_and_text) {
  const xml_parsed parsed = parse_xml(
      "<a xmlns='urn:x' x:schemaLocation='u v' xmlns:x='urn:i'>\n <b k='1' empty=''>t1<c/>t2</b><b>t3</b>  "
      "<d><![CDATA[t4]]></d><!-- no --></a>");
  account ledger;
  const xml_ledger reader(parsed.document.get(), &ledger);
  ASSERT_EQ(ledger.size(), 6U);
  const xmlNode* b = child(root(parsed), "b");
  const sourced k = reader.attribute(b, "k");
  EXPECT_EQ(k.text, "1");
  ASSERT_TRUE(k.has_leaf);
  ledger.carry(k.leaf, "/somewhere");
  reader.drop_all(root(parsed), "why not");
  rapidjson::Document rows;
  rows.Parse(ledger.to_json());
  ASSERT_FALSE(rows.HasParseError());
  std::vector<std::string> locations;
  for (const auto& row : rows["leaves"].GetArray()) {
    locations.emplace_back(row["location"].GetString());
  }
  EXPECT_THAT(locations, testing::ElementsAre("/a/@schemaLocation", "/a/b[1]/@k", "/a/b[1]/text()[1]",
                                              "/a/b[1]/text()[2]", "/a/b[2]", "/a/d"));
  EXPECT_TRUE(rows["leaves"][0].HasMember("envelope"));
  EXPECT_TRUE(rows["leaves"][1].HasMember("to"));
  EXPECT_STREQ(rows["leaves"][5]["reason"].GetString(), "why not");
}

TEST(ledger, many_siblings_cost_linear_time) {
  std::string wide = "<a>";
  for (int i = 0; i < 100'000; ++i) {
    wide += "<b>1</b>";
  }
  wide += "</a>";
  const std::clock_t began = std::clock();
  const xml_parsed parsed = parse_xml(wide);
  account ledger;
  const xml_ledger reader(parsed.document.get(), &ledger);
  EXPECT_EQ(ledger.size(), 100'000U);
  EXPECT_LT((std::clock() - began) / CLOCKS_PER_SEC, 5);  // of this process, not of a busy machine
}

}  // namespace
}  // namespace liaison
