// SPDX-License-Identifier: Apache-2.0
// Archives that are written: read back with nothing missing, the documents byte for byte, and nobody's matricule
// without a qualified identity.
#include "archive.hpp"
#include "cda_header.hpp"
#include "package.hpp"

#include <gtest/gtest.h>

namespace liaison::xdm {
namespace {

/// A pivot as the decoder of CDA makes it of the letter, cut to what the archive asks for.
std::string pivot(std::string_view composition_more = "", bool qualified = true,
                  std::string_view ins = "179086322004286") {
  const std::string reliability =
      qualified
          ? R"("extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[
        {"url":"identityStatus","valueCoding":{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445","code":"VALI"}}]}],)"
          : "";
  return R"({"resourceType":"Bundle","type":"document","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.10.1.2"},"entry":[
    {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","status":"final","title":"Lettre",
      "type":{"coding":[{"system":"http://loinc.org","code":"11490-0","display":"Lettre"}]},"date":"2025-03-10T14:20:00+01:00",
      "language":"fr-FR","confidentiality":"N","subject":{"reference":"urn:uuid:2"},"author":[{"reference":"urn:uuid:3"}],
      "extension":[{"url":"https://liaison.example/fhir/StructureDefinition/recipient","valueReference":{"reference":"urn:uuid:4"}},
                   {"url":"https://liaison.example/fhir/StructureDefinition/sender","valueReference":{"reference":"urn:uuid:5"}}])" +
         std::string(composition_more) + R"(}},
    {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient",)" +
         reliability + R"("identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","value":")" + std::string(ins) + R"("},
        {"system":"urn:oid:2.999.20","value":"IPP-0042"}],"name":[{"use":"official","family":"ESSAI","given":["ZACHARIE"]}],
      "birthDate":"1979-08-17","gender":"male"}},
    {"fullUrl":"urn:uuid:3","resource":{"resourceType":"Practitioner","name":[{"family":"AUTEUR","given":["Test"]}],
      "identifier":[{"system":"https://rpps.esante.gouv.fr","value":"99900000001"}]}},
    {"fullUrl":"urn:uuid:4","resource":{"resourceType":"Practitioner","name":[{"family":"TRAITANTE","given":["Paule"]}],
      "telecom":[{"system":"email","value":"mailto:med@fictif.mssante.fr"}]}},
    {"fullUrl":"urn:uuid:5","resource":{"resourceType":"Organization","name":"HOPITAL EXPEDITEUR"}},
    {"fullUrl":"urn:uuid:6","resource":{"resourceType":"DocumentReference","status":"current",
      "content":[{"attachment":{"url":"urn:uuid:7","title":"Lettre en PDF"}}]}},
    {"fullUrl":"urn:uuid:7","resource":{"resourceType":"Binary","contentType":"application/pdf","data":"JVBERi0xLjQgZmljdGlm"}}]})";
}

liaison_part carried(const std::string& bytes, const char* format = "cda") {
  return {sizeof(liaison_part),
          LIAISON_PART_EMBEDDED,
          "",
          "text/xml",
          format,
          {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}};
}

outcome write(const std::string& from, const std::vector<liaison_part>& parts, std::string_view options = trusted) {
  return run(translator_table().encode, from, options, parts);
}

package opened(const std::string& archive, std::vector<issue>* issues = nullptr) {
  static std::string kept;
  kept = archive;
  findings found(finding_table, issues != nullptr);
  auto what = open_package(kept, found, nullptr, verify::yes);
  EXPECT_TRUE(what);
  if (issues != nullptr) *issues = found.list();
  return what ? std::move(*what) : package{};
}

TEST(write, the_document_goes_in_byte_for_byte_and_strict_reading_finds_nothing) {
  const std::string bytes = letter();
  const outcome got = write(pivot(), {carried(bytes)});
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  std::vector<issue> issues;
  const package back = opened(got.part(LIAISON_PART_DOCUMENT), &issues);
  EXPECT_TRUE(issues.empty()) << issues.front().code << issues.front().location;
  ASSERT_EQ(back.documents.size(), 1U);
  EXPECT_EQ(back.documents[0].content.bytes(), bytes);
  const document_entry& entry = back.documents[0].entry;
  EXPECT_EQ(entry.unique_id.text, "2.999.10.1.2");
  EXPECT_EQ(entry.creation_time.text, "20250310132000");
  EXPECT_EQ(entry.service_start.text, "20250308080000");
  EXPECT_EQ(entry.service_stop.text, "20250310100000");
  EXPECT_EQ(entry.type_code.code.text, "11490-0");
  EXPECT_EQ(entry.class_code.code.text, "10");
  EXPECT_EQ(entry.format_code.code.text, "urn:ihe:iti:xds-sd:pdf:2008");
  EXPECT_EQ(entry.practice_code.code.text, "ETABLISSEMENT");
  EXPECT_EQ(entry.patient_id.text, "179086322004286^^^&1.2.250.1.213.1.4.10&ISO^NH");
  EXPECT_EQ(entry.source_patient_id.text, "IPP-0042^^^&2.999.20&ISO^PI");
  EXPECT_EQ(entry.source_patient_info.at(0).text, "PID-5|ESSAI^ZACHARIE^ZACHARIE LOUIS MARCEL^^^^L");
  EXPECT_EQ(entry.source_patient_info.at(1).text, "PID-5|ESSAI-DEMO^ZAC^^^^^D");
  EXPECT_EQ(entry.source_patient_info.at(4).text, "PID-11|^^^^^^BDL^^63220");
  EXPECT_EQ(entry.authors.at(0).persons.at(0).text,
            "899900000001^AUTEUR^Test^^DR^MME^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS");
  EXPECT_EQ(entry.action.text, "C");  // the letter replaces 2.999.10.1.1
  const submission_set& set = back.sets.at(0).metadata;
  EXPECT_EQ(set.submission_time.text, "20260302091501");
  EXPECT_EQ(set.recipients.at(0).text, "|^TRAITANTE^Paule^^^^^^^D|^^Internet^med@fictif.mssante.fr");
  EXPECT_EQ(set.authors.at(0).institutions.at(0).text, "HOPITAL EXPEDITEUR");
  EXPECT_EQ(set.content_type.system.text, "1.2.250.1.213.2.2");
}

TEST(write, the_same_call_gives_the_same_bytes) {
  const std::string bytes = letter();
  EXPECT_EQ(write(pivot(), {carried(bytes)}).part(LIAISON_PART_DOCUMENT),
            write(pivot(), {carried(bytes)}).part(LIAISON_PART_DOCUMENT));
}

TEST(write, pages_are_there_and_escaped) {
  std::string bytes = letter();
  const std::string title = "<title>Lettre de liaison fictive";
  bytes.replace(bytes.find(title), title.size(), "<title>&lt;script&gt;&quot;");
  const outcome got = write(pivot(), {carried(bytes)});
  findings found(finding_table, true);
  const std::string archive = got.part(LIAISON_PART_DOCUMENT);
  zip_reader zip(archive, found);
  ASSERT_EQ(zip.entries().size(), 4U);
  EXPECT_EQ(zip.entries()[0].name, "INDEX.HTM");
  EXPECT_EQ(zip.entries()[1].name, "README.TXT");
  EXPECT_EQ(zip.entries()[2].name, "IHE_XDM/SUBSET01/METADATA.XML");
  EXPECT_EQ(zip.entries()[3].name, "IHE_XDM/SUBSET01/DOC0001.XML");
  const std::string index(zip.read(zip.entries()[0], "")->bytes());
  EXPECT_EQ(index.find("<script>"), std::string::npos);
  EXPECT_NE(index.find("&lt;script&gt;&quot;"), std::string::npos);
  EXPECT_NE(index.find("href=\"IHE_XDM/SUBSET01/DOC0001.XML\""), std::string::npos);
  EXPECT_EQ(std::string(zip.read(zip.entries()[1], "")->bytes()).find("script"), std::string::npos);
}

TEST(write, an_unqualified_identity_leaves_without_its_matricule) {
  const std::string bytes = letter();
  const outcome got = write(pivot("", false), {carried(bytes)});
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  EXPECT_TRUE(got.has("xdm-ins-withheld"));
  const package back = opened(got.part(LIAISON_PART_DOCUMENT));
  EXPECT_EQ(back.documents.at(0).entry.patient_id.text, "IPP-0042^^^&2.999.20&ISO^PI");
  EXPECT_EQ(write_metadata({back.sets[0].metadata, {back.documents[0].entry}, {}}).find("179086322004286"),
            std::string::npos);
}

TEST(write, another_patients_document_is_not_packed) {
  const std::string bytes = letter();
  const outcome got = write(pivot("", true, "248053599810704"), {carried(bytes)});
  EXPECT_EQ(got.status, LIAISON_REJECT);
  EXPECT_TRUE(got.has("xdm-two-identities"));
  EXPECT_EQ(got.part(LIAISON_PART_DOCUMENT), "");
  std::string other = bytes;
  other.replace(other.find("179086322004286"), 15, "248053599810704");
  EXPECT_TRUE(write(pivot(), {carried(bytes), carried(other)}).has("xdm-two-identities"));
}

TEST(write, a_deletion_and_masks_come_from_the_message) {
  const std::string bytes = letter();
  std::string from = pivot(R"(,"meta":{"security":[{"system":"urn:oid:1.2.250.1.213.1.1.4.13","code":"MASQUE_PS"}]})");
  from.replace(from.find("\"status\":\"final\""), 16, "\"status\":\"entered-in-error\"");
  const package back = opened(write(from, {carried(bytes)}).part(LIAISON_PART_DOCUMENT));
  EXPECT_EQ(back.documents.at(0).entry.action.text, "D");
  EXPECT_EQ(back.documents[0].entry.confidentiality.at(1).code.text, "MASQUE_PS");
  const std::string ihe = R"({"now":"2026-03-02T10:15:01Z","profile":"ihe-xdm"})";
  const outcome refused = write(from, {carried(bytes)}, ihe);
  EXPECT_EQ(refused.status, LIAISON_REJECT);
  EXPECT_TRUE(refused.has("xdm-no-deletion"));
}

TEST(write, elsewhere_a_replacement_is_an_association_to_the_originals_entry) {
  const std::string bytes = letter();
  const std::string ihe = R"({"now":"2026-03-02T10:15:01Z","profile":"ihe-xdm"})";
  std::string original = bytes;
  original.replace(original.find("2.999.10.1.2"), 12, "2.999.10.1.1");
  original.erase(original.find("<relatedDocument"),
                 original.find("</relatedDocument>") + 18 - original.find("<relatedDocument"));
  const outcome first = write(pivot(), {carried(original)}, ihe), second = write(pivot(), {carried(bytes)}, ihe);
  const std::string id = opened(first.part(LIAISON_PART_DOCUMENT)).documents.at(0).entry.id;
  const package replacement = opened(second.part(LIAISON_PART_DOCUMENT));
  EXPECT_EQ(replacement.documents.at(0).entry.action.text, "");
  EXPECT_EQ(replacement.documents[0].replaces, id);
}

TEST(write, without_documents_the_files_of_the_pivot_go) {
  const outcome got = write(pivot(), {});
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  const package back = opened(got.part(LIAISON_PART_DOCUMENT));
  ASSERT_EQ(back.documents.size(), 1U);
  EXPECT_EQ(back.documents[0].content.bytes(), "%PDF-1.4 fictif");
  EXPECT_EQ(back.documents[0].entry.uri.text, "DOC0001.PDF");
  EXPECT_EQ(back.documents[0].entry.authors.at(0).persons.at(0).text,
            "899900000001^AUTEUR^Test^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS");
}

TEST(write, what_the_document_does_not_say_comes_from_the_options_and_is_told) {
  const std::string bytes = letter();
  const outcome got = write(pivot(), {carried(bytes)},
                            R"({"now":"2026-03-02T10:15:01Z","endpoint":{"source_id":"2.999.77","content_type":
                               {"code":"26","display":"Analyses médicales biologiques","system":"1.2.250.1.213.2.2"}}})");
  const submission_set set = opened(got.part(LIAISON_PART_DOCUMENT)).sets.at(0).metadata;
  EXPECT_EQ(set.source_id.text, "2.999.77");
  EXPECT_EQ(set.content_type.code.text, "26");
  EXPECT_FALSE(got.has("xdm-attribute-added"));
  EXPECT_TRUE(write(pivot(), {carried(bytes)}, R"({"now":"2026-03-02T10:15:01Z"})").has("xdm-attribute-added"));
}

TEST(write, a_document_that_cannot_be_read_or_is_not_there_stops) {
  EXPECT_TRUE(write(pivot(), {carried("<ClinicalDocument>")}).has("xdm-document-unreadable"));
  EXPECT_TRUE(write(R"({"resourceType":"Bundle","type":"document","entry":[]})", {}).has("xdm-nothing-to-write"));
}

}  // namespace
}  // namespace liaison::xdm
