// SPDX-License-Identifier: Apache-2.0
// One change to a document that CI-SIS allows, and the one code that it must bring.
#include "run.hpp"

#include <gtest/gtest.h>

namespace liaison::cda {
namespace {

struct change {
  const char* name;
  const char* from;
  const char* to;
  const char* code;
};

std::string golden(const char* name) {
  return read_file(LIAISON_SOURCE_DIRECTORY "/tests/golden/cda/" + std::string(name) + "/input.xml");
}

/// The unchanged document does not have the code, the changed one does.
void expect_change(const std::string& good, const change& of) {
  SCOPED_TRACE(of.name);
  ASSERT_FALSE(run(translator_table().validate, good).has(of.code)) << "told before the change";
  std::string changed = good;
  std::size_t at = changed.find(of.from);
  ASSERT_NE(at, std::string::npos);
  for (; at != std::string::npos; at = changed.find(of.from, at + std::string_view(of.to).size()))
    changed.replace(at, std::string_view(of.from).size(), of.to);
  const outcome got = run(translator_table().validate, changed);
  EXPECT_EQ(got.status, LIAISON_OK);
  EXPECT_TRUE(got.has(of.code)) << got.list();
}

TEST(validate, a_good_letter_has_no_error) {
  const outcome got = run(translator_table().validate, golden("letter-n1"));
  EXPECT_EQ(got.errors(), 0U) << got.list();
  EXPECT_TRUE(got.issues.empty()) << got.list();
}

constexpr change document_changes[] = {
    {"realm", R"(realmCode code="FR")", R"(realmCode code="fr")", "cda-realm-code"},
    {"type id", R"(extension="POCD_HD000040")", R"(extension="X")", "cda-type-id"},
    {"template", R"(<templateId root="1.2.250.1.213.1.1.1.1"/>)", "", "cda-template-missing"},
    {"fourth template", R"(<id root="2.999.10.1.2"/>)", R"(<templateId root="2.999.1"/><id root="2.999.10.1.2"/>)",
     "cda-level-1-templates"},
    {"title", "Lettre de liaison fictive", " ", "cda-element-missing"},
    {"set", R"(<setId root="2.999.10.1"/>)", "", "cda-element-missing"},
    {"name of the type", R"( displayName="Lettre de liaison à la sortie d'un établissement de soins")", "",
     "cda-element-missing"},
    {"no OID", R"(<id root="2.999.10.1.2"/>)", R"(<id root="LETTER-2"/>)", "cda-document-id"},
    {"foreign type", R"(<code code="11490-0")", R"(<code code="99999-9")", "cda-type-foreign"},
    {"masking", R"(confidentialityCode code="N")", R"(confidentialityCode code="MASQUE_PS")", "cda-confidentiality"},
    {"language", R"(languageCode code="fr-FR")", R"(languageCode code="FR-fr")", "cda-language"},
    {"version", R"(versionNumber value="2")", R"(versionNumber value="2a")", "cda-version-number"},
    {"addendum", R"(typeCode="RPLC")", R"(typeCode="APND")", "cda-related-document"},
    {"parent", R"(<parentDocument><id root="2.999.10.1.1"/>)", "<parentDocument>", "cda-related-document"},
    {"ISO time", R"(<effectiveTime value="20250310142000+0100"/>)", R"(<effectiveTime value="2025-03-10T14:20"/>)",
     "cda-time-format"},
    {"30 February", R"(<low value="20250308090000+0100"/>)", R"(<low value="20250230090000+0100"/>)",
     "cda-time-format"},
    {"hour 24", R"(<low value="20250308090000+0100"/>)", R"(<low value="20250308240000+0100"/>)", "cda-time-format"},
    {"no zone", R"(<effectiveTime value="20250310142000+0100"/>)", R"(<effectiveTime value="20250310142000"/>)",
     "cda-time-without-zone"},
    {"no zone of the signature", R"(<time value="20250310142000+0100"/>)", R"(<time value="20250310142000"/>)",
     "cda-time-without-zone"},
    {"a year", R"(<effectiveTime value="20250310142000+0100"/>)", R"(<effectiveTime value="2025"/>)",
     "cda-time-imprecise"},
};

constexpr change patient_changes[] = {
    {"two patients", "<recordTarget>", "<recordTarget/><recordTarget>", "cda-record-target"},
    {"half an id", R"(<id root="2.999.20" extension="IPP-0042"/>)", R"(<id root="2.999.20"/>)", "cda-patient-id"},
    {"no INS", R"(<id root="1.2.250.1.213.1.4.10" extension="179086322004286"/>)", "", "cda-ins-missing"},
    {"wrong key", "179086322004286", "179086322004287", "cda-ins-key"},
    {"short INS", "179086322004286", "1790863220042", "cda-ins-key"},
    {"two INS", R"(<id root="2.999.20" extension="IPP-0042"/>)",
     R"(<id root="1.2.250.1.213.1.4.8" extension="285059999900131"/>)", "cda-two-identities"},
    {"birth name", R"(<family qualifier="BR">ESSAI</family>)", "", "cda-ins-traits"},
    {"first given name", R"(<given qualifier="BR">ZACHARIE</given>)", "", "cda-ins-traits"},
    {"given names", "<given>ZACHARIE LOUIS MARCEL</given>", "", "cda-ins-traits"},
    {"birth place", "<county>63220</county>", "", "cda-ins-traits"},
    {"county", "<county>63220</county>", "<county>ABC</county>", "cda-birth-place"},
    {"spouse's name", R"(qualifier="CL">ESSAI-DEMO)", R"(qualifier="SP">ESSAI-DEMO)", "cda-name-qualifier"},
    {"unknown sex", R"(administrativeGenderCode code="M")", R"(administrativeGenderCode code="X")", "cda-sex"},
    {"no birth date", R"(<birthTime value="19790817"/>)", R"(<birthTime nullFlavor="UNK"/>)", "cda-birth-time"},
    {"guardian",
     "<guardianPerson><name><prefix>MME</prefix><family>TUTRICE</family><given>Anne</given></name>"
     "</guardianPerson>",
     "", "cda-guardian"},
};

constexpr change people_changes[] = {
    {"no author", "author>", "other>", "cda-author-missing"},
    {"author's time", R"(<time value="20250310141500+0100"/>)", R"(<time nullFlavor="UNK"/>)", "cda-author-time"},
    {"author's number", R"(<id root="1.2.250.1.71.4.2.1" extension="899900000001"/>)",
     R"(<id root="1.2.250.1.71.4.2.1"/>)", "cda-author-id"},
    {"author is nobody",
     "<assignedPerson><name><prefix>MME</prefix><given>Test</given><family>AUTEUR</family><suffix>DR</suffix></name>"
     "</assignedPerson>",
     "", "cda-author-kind"},
    {"half a device",
     "<assignedPerson><name><prefix>MME</prefix><given>Test</given><family>AUTEUR</family><suffix>DR</suffix></name>"
     "</assignedPerson>",
     "<assignedAuthoringDevice><softwareName>x</softwareName></assignedAuthoringDevice>", "cda-author-kind"},
    {"informant's class", R"(classCode="NOK")", R"(classCode="FRND")", "cda-informant"},
    {"custodian's number",
     "<representedCustodianOrganization>\n    <id root=\"1.2.250.1.71.4.2.2\" extension=\"1999999999\"/>",
     "<representedCustodianOrganization>\n    <id root=\"1.2.250.1.71.4.2.2\"/>", "cda-custodian"},
    {"custodian's root", "<representedCustodianOrganization>\n    <id root=\"1.2.250.1.71.4.2.2\"",
     "<representedCustodianOrganization>\n    <id root=\"2.999.5\"", "cda-custodian"},
    {"recipient's number", R"(<id root="1.2.250.1.71.4.2.1" extension="899900000002"/>)",
     R"(<id root="2.999.6" extension="1"/>)", "cda-recipient-id"},
    {"unsigned", R"(<signatureCode code="S"/>)", "", "cda-legal-authenticator"},
    {"no legal authenticator", "legalAuthenticator>", "dataEnterer>", "cda-legal-authenticator"},
    {"authenticator", "<legalAuthenticator>",
     "<authenticator><time value=\"20250310142000+0100\"/></authenticator><legalAuthenticator>", "cda-authenticator"},
    {"participant's time", R"(<time nullFlavor="NA"/>)", "", "cda-participant-time"},
    {"participant's kind", R"(<participant typeCode="INF">)", R"(<participant typeCode="ZZZ">)", "cda-participant"},
    {"organisation's number", R"(<id root="1.2.250.1.71.4.2.2" extension="1888888888"/>)",
     R"(<id root="1.2.250.1.71.4.2.2"/>)", "cda-organization-id"},
    {"no scheme", "tel:+33-4-99-00-00-01", "+33-4-99-00-00-01", "cda-telecom"},
    {"null telecom", R"(<telecom value="tel:+33-4-99-00-00-01" use="HP"/>)", R"(<telecom nullFlavor="UNK" use="HP"/>)",
     "cda-telecom"},
    {"mixed address", R"(<addr use="H">)", R"(<addr use="H"><streetAddressLine>3 rue</streetAddressLine>)",
     "cda-address-forms"},
    {"act's beginning", "<serviceEvent>\n    <effectiveTime><low value=\"20250308090000+0100\"/>",
     "<serviceEvent>\n    <effectiveTime>", "cda-main-act"},
    {"act's performer", R"(<performer typeCode="PRF">)", R"(<performer typeCode="SPRF">)", "cda-main-act"},
    {"practice setting", R"(standardIndustryClassCode code="ETABLISSEMENT")", "standardIndustryClassCode",
     "cda-main-act"},
    {"kind of facility", R"(<code code="SA01")", "<code", "cda-encounter"},
};

constexpr change body_changes[] = {
    {"no body", "nonXMLBody>", "other>", "cda-no-body"},
    {"no media type", R"( mediaType="application/pdf")", "", "cda-media-type-missing"},
    {"text that is a PDF", R"(mediaType="application/pdf")", R"(mediaType="text/plain")", "cda-media-type"},
    {"image that is a PDF", R"(mediaType="application/pdf")", R"(mediaType="image/jpeg")", "cda-media-type"},
    {"an image", R"(mediaType="application/pdf")", R"(mediaType="image/tiff")", "cda-media-type-foreign"},
    {"not said to be base64", R"( representation="B64")", "", "cda-representation"},
    {"no base64", "JVBERi0", "JVB*Ri0", "cda-bad-base64"},
};

TEST(validate, each_rule_of_the_document_is_told) {
  for (const change& of : document_changes) expect_change(golden("letter-n1"), of);
}

TEST(validate, each_rule_of_the_patient_is_told) {
  for (const change& of : patient_changes) expect_change(golden("letter-n1"), of);
}

TEST(validate, each_rule_of_people_and_acts_is_told) {
  for (const change& of : people_changes) expect_change(golden("letter-n1"), of);
}

TEST(validate, each_rule_of_a_level_1_body_is_told) {
  for (const change& of : body_changes) expect_change(golden("letter-n1"), of);
}

constexpr change section_changes[] = {
    {"no title", "<title>BIOCHIMIE</title>", "", "cda-section"},
    {"no narrative",
     R"(<text><content ID="pdf-t">Copie PDF</content><renderMultiMedia referencedObject="pdf1"/></text>)", "",
     "cda-section-text"},
    {"no PDF copy", "1.2.250.1.213.1.1.2.243", "2.999.7", "cda-copy-missing"},
    {"no version of the model", R"(root="1.2.250.1.213.1.1.1.55" extension="2024.01")",
     R"(root="1.2.250.1.213.1.1.1.55")", "cda-template-version"},
    {"no such id", R"(ID="com1")", R"(ID="com2")", "cda-reference-dangling"},
    {"month 20 in the body", "<statusCode code=\"completed\"/>",
     "<statusCode code=\"completed\"/><effectiveTime value=\"20092012\"/>", "cda-time-impossible"},
};

TEST(validate, each_rule_of_sections_is_told) {
  for (const change& of : section_changes) expect_change(golden("cr-bio"), of);
}

TEST(validate, a_time_of_the_body_that_cannot_be_is_no_error) {
  std::string report = golden("cr-bio");
  const std::string_view status = "<statusCode code=\"completed\"/>";
  report.insert(report.find(status) + status.size(), "<effectiveTime value=\"20092012\"/>");
  EXPECT_EQ(run(translator_table().validate, report).errors(), 0U);
}

TEST(validate, many_of_a_kind_are_counted) {
  std::string many = golden("letter-n1");
  for (int i = 0; i < 50; ++i)
    many.insert(many.find("<custodian>"),
                R"(<informant><assignedEntity><telecom value="none"/></assignedEntity></informant>)");
  const outcome got = run(translator_table().validate, many);
  EXPECT_EQ(std::ranges::count(got.issues, std::string("cda-telecom"), &issue_copy::code), 21) << got.list();
}

}  // namespace
}  // namespace liaison::cda
