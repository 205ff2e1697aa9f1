// SPDX-License-Identifier: Apache-2.0
// Every value that is written is read back, in the place where it was; and the defects that are seen in the field.
#include "archive.hpp"

#include <gtest/gtest.h>

namespace liaison::xdm {
namespace {

struct read_result {
  std::optional<submission> what;
  std::vector<issue> issues;
};

read_result read(const std::string& xml) {
  const xml_parsed parsed = parse_xml(xml);
  EXPECT_NE(parsed.document, nullptr);
  findings found(finding_table, false);
  const xml_ledger ledger(parsed.document.get(), nullptr);
  read_result out;
  out.what = read_metadata(parsed.document.get(), ledger, found, "METADATA.XML");
  out.issues = found.list();
  return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(metadata, every_value_comes_back) {
  submission what = submission_of("bytes");
  document_entry& entry = what.documents[0];
  entry.action = sourced("C");
  entry.comments = sourced("a < b & \"c\"");
  entry.repository_id = sourced("2.999.7");
  entry.confidentiality.push_back(code("MASQUE_PS", "Masqué aux professionnels de santé", "1.2.250.1.213.1.1.4.13"));
  entry.authors[0].roles.emplace_back("Médecin traitant");
  entry.authors[0].telecoms.emplace_back("^^Internet^auteur@fictif.mssante.fr");
  entry.authors.push_back(entry.authors[0]);
  what.associations.push_back({association_type::replaces, entry.id, "urn:uuid:6b1d0f6e-1111-4222-8333-0000000000d0"});
  const std::string xml = write_metadata(what);
  const read_result got = read(xml);
  ASSERT_TRUE(got.what);
  EXPECT_TRUE(got.issues.empty());
  // Written again, it is the same text: nothing was lost, nothing moved.
  EXPECT_EQ(write_metadata(*got.what), xml);
  const document_entry& back = got.what->documents.at(0);
  EXPECT_EQ(back.comments.text, "a < b & \"c\"");
  EXPECT_EQ(back.source_patient_info.size(), 5U);
  EXPECT_EQ(back.confidentiality.at(1).code.text, "MASQUE_PS");
  EXPECT_EQ(back.authors.at(1).telecoms.at(0).text, "^^Internet^auteur@fictif.mssante.fr");
  EXPECT_EQ(got.what->associations.at(1).type, association_type::replaces);
  EXPECT_EQ(got.what->set.recipients.size(), 1U);
}

TEST(metadata, the_table_of_requirements_is_complete_for_a_good_entry_and_names_each_hole) {
  submission what = submission_of("bytes");
  findings none(finding_table, true);
  check_required(what, 0, none);
  EXPECT_TRUE(none.list().empty());
  what.documents[0].practice_code = {};
  what.documents[0].authors.clear();
  what.set.source_id = {};
  findings found(finding_table, true);
  check_required(what, 0, found);
  ASSERT_EQ(found.list().size(), 3U);
  EXPECT_EQ(found.list()[0].location, "SubmissionSet/sourceId");
  EXPECT_EQ(found.list()[1].location, "DocumentEntry[1]/practiceSettingCode");
  EXPECT_EQ(found.list()[2].location, "DocumentEntry[1]/author");
  EXPECT_TRUE(found.stopped());
}

TEST(metadata, an_ampersand_escaped_twice_is_read_as_it_was_meant) {
  const std::string xml = replaced(write_metadata(submission_of("b")), "<rim:Value>IPP-0042^^^&amp;2.999.20&amp;ISO^PI",
                                   "<rim:Value>IPP-0042^^^&amp;amp;2.999.20&amp;amp;ISO^PI");
  const read_result got = read(xml);
  ASSERT_TRUE(got.what);
  EXPECT_EQ(got.what->documents[0].source_patient_id.text, "IPP-0042^^^&2.999.20&ISO^PI");
  ASSERT_EQ(got.issues.size(), 1U);
  EXPECT_EQ(got.issues[0].code, "xdm-double-escaped");
}

TEST(metadata, prefixes_wrappers_and_wrong_references_do_not_matter) {
  std::string xml = write_metadata(submission_of("b"));
  for (std::size_t at = xml.find("rim:"); at != std::string::npos; at = xml.find("rim:", at)) xml.replace(at, 4, "q:");
  for (std::size_t at = xml.find("xmlns:rim"); at != std::string::npos; at = xml.find("xmlns:rim", at))
    xml.replace(at, 9, "xmlns:q");
  // classifiedObject of the document's author points at the set
  const std::size_t author_at = xml.find(document_author_scheme);
  const std::size_t object = xml.find("classifiedObject=\"", author_at) + 18;
  xml.replace(object, xml.find('"', object) - object, "SubmissionSet01");
  xml = replaced(xml, "<lcm:SubmitObjectsRequest", "<P xmlns:lcm=\"x\"><lcm:SubmitObjectsRequest") + "</P>";
  const read_result got = read(xml);
  ASSERT_TRUE(got.what);
  EXPECT_EQ(got.what->documents.at(0).authors.size(), 1U);
  EXPECT_EQ(got.what->set.unique_id.text, "2.999.40.1");
}

TEST(metadata, a_folder_is_no_submission_set) {
  const std::string folder =
      "<rim:RegistryPackage id=\"F\"><rim:Classification id=\"c\" "
      "classificationNode=\"urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2\" "
      "classifiedObject=\"F\"/></rim:RegistryPackage>";
  const std::string xml =
      replaced(write_metadata(submission_of("b")), "<rim:RegistryPackage", folder + "<rim:RegistryPackage");
  const read_result got = read(xml);
  ASSERT_TRUE(got.what);
  EXPECT_EQ(got.what->set.source_id.text, "2.999.40");
}

TEST(metadata, other_xml_is_none) { EXPECT_FALSE(read("<a><b c=\"d\"/></a>").what); }

}  // namespace
}  // namespace liaison::xdm
