// SPDX-License-Identifier: Apache-2.0
// Reading archives as they come: lenient about form, firm about whose they are and what is to be done with them.
#include "archive.hpp"

#include <gtest/gtest.h>

namespace liaison::xdm {
namespace {

outcome inspect(std::string_view archive, std::string_view options = trusted) {
  return run(translator_table().inspect, archive, options);
}

rapidjson::Document json_of(const std::string& text) {
  rapidjson::Document json;
  json.Parse(text.c_str());
  return json;
}

std::string with_file(const char* metadata_name, const char* document_name) {
  const std::string bytes = letter();
  return zip_of({{metadata_name, write_metadata(submission_of(bytes))}, {document_name, bytes}});
}

TEST(read, an_archive_is_recognised_by_its_names) {
  const auto score = [](std::string_view of) {
    return translator_table().recognise(nullptr, {reinterpret_cast<const std::uint8_t*>(of.data()), of.size()});
  };
  EXPECT_EQ(score(good_archive()), 100);
  EXPECT_EQ(score(zip_of({{"ihe_xdm/subset01/metadata.xml", "x"}})), 100);
  EXPECT_EQ(score(zip_of({{"A.TXT", "x"}})), 20);
  EXPECT_EQ(score("MSH|^~\\&"), 0);
  EXPECT_EQ(score(""), 0);
}

TEST(read, facts_of_a_good_archive) {
  const outcome got = inspect(good_archive());
  EXPECT_EQ(got.status, LIAISON_OK);
  EXPECT_EQ(got.list(), "");
  const auto facts = json_of(got.part(LIAISON_PART_FACTS));
  EXPECT_EQ(at_pointer(facts, "/patients/0/birth_family"), "ESSAI");
  EXPECT_EQ(at_pointer(facts, "/patients/0/birth_date"), "1979-08-17");
  EXPECT_EQ(at_pointer(facts, "/patients/0/birth_place_code"), "63220");
  EXPECT_EQ(at_pointer(facts, "/patients/0/identity_status"), "qualified");
  EXPECT_EQ(at_pointer(facts, "/patients/0/identifiers/0/kind"), "ins-test");
  EXPECT_EQ(at_pointer(facts, "/document/id"), "urn:oid:2.999.10.1.2");
  EXPECT_EQ(at_pointer(facts, "/document/type/system"), "http://loinc.org");
  EXPECT_EQ(at_pointer(facts, "/document/created"), "2025-03-10T13:20:00+00:00");
  EXPECT_EQ(at_pointer(facts, "/recipients/0/address"), "med.traitant@fictif.mssante.fr");
  EXPECT_EQ(at_pointer(facts, "/sender/organization"), "HOPITAL EXPEDITEUR");
  EXPECT_EQ(at_pointer(facts, "/event/message"), "2.999.40.1");
  EXPECT_EQ(got.part(LIAISON_PART_EMBEDDED), letter());
  EXPECT_EQ(got.parts.back().format, "cda");
  EXPECT_EQ(got.parts.back().name, "DocumentEntry[1]");
}

TEST(read, an_untrusted_link_qualifies_nobody) {
  const auto facts = json_of(inspect(good_archive(), R"({"now":"2026-03-02T10:15:01Z"})").part(LIAISON_PART_FACTS));
  EXPECT_EQ(at_pointer(facts, "/patients/0/identity_status"), "retrieved");
}

TEST(read, case_backslashes_and_places_do_not_matter) {
  for (const auto& [metadata, document] :
       {std::pair{"ihe_xdm/subset01/metadata.xml", "ihe_xdm/subset01/doc0001.xml"},
        std::pair{"IHE_XDM\\SUBSET01\\METADATA.XML", "IHE_XDM\\SUBSET01\\DOC0001.XML"},
        std::pair{"METADATA.XML", "DOC0001.XML"}, std::pair{"IHE_XDM/SUBSET01/METADATA.XML", "AUTRE/DOC0001.XML"}}) {
    const outcome got = inspect(with_file(metadata, document));
    EXPECT_EQ(got.status, LIAISON_OK) << metadata << got.list();
    EXPECT_EQ(got.part(LIAISON_PART_EMBEDDED), letter()) << metadata;
  }
}

TEST(read, wrong_metadata_are_told_and_the_document_is_read) {
  const std::string bytes = letter();
  submission what = submission_of(bytes);
  what.documents[0].hash = sourced(std::string(40, '0'));
  what.documents[0].size = sourced("1");
  what.documents[0].class_code = code("11", "Synthèse", "1.2.250.1.213.1.1.4.1");
  what.documents[0].practice_code = {};
  what.associations.clear();
  const std::string archive = archive_of(what, bytes);
  const outcome got = inspect(archive);
  EXPECT_EQ(got.status, LIAISON_OK);
  for (const char* expected : {"xdm-hash-mismatch", "xdm-size-mismatch", "xdm-class-mismatch", "xdm-attribute-missing",
                               "xdm-association-missing"})
    EXPECT_TRUE(got.has(expected)) << expected;
  EXPECT_EQ(got.part(LIAISON_PART_EMBEDDED), bytes);
  EXPECT_EQ(inspect(archive, R"({"now":"2026-03-02T10:15:01Z","strictness":"strict"})").status, LIAISON_REJECT);
}

TEST(read, without_metadata_documents_are_found_by_content) {
  const outcome got = inspect(zip_of({{"IHE_XDM/SUBSET01/DOC0001.XML", letter()}}));
  EXPECT_EQ(got.status, LIAISON_OK);
  EXPECT_TRUE(got.has("xdm-metadata-missing"));
  EXPECT_EQ(got.part(LIAISON_PART_EMBEDDED), letter());
}

TEST(read, an_extra_file_is_told_and_not_read) {
  const std::string bytes = letter();
  files all = files_of(submission_of(bytes), bytes);
  all.emplace_back("IHE_XDM/SUBSET01/DOC0002.XML", bytes);
  const outcome got = inspect(zip_of(all));
  EXPECT_EQ(got.status, LIAISON_OK);
  EXPECT_TRUE(got.has("xdm-extra-file"));
  EXPECT_EQ(std::ranges::count(got.parts, LIAISON_PART_EMBEDDED, &part_copy::role), 1);
}

TEST(read, what_is_missing_or_empty_is_refused_with_a_reason) {
  const std::string bytes = letter();
  const submission what = submission_of(bytes);
  for (const auto& [archive, expected] :
       {std::pair{zip_of({{"IHE_XDM/SUBSET01/METADATA.XML", write_metadata(what)}}), "xdm-document-missing"},
        std::pair{zip_of({{"IHE_XDM/SUBSET01/METADATA.XML", "<a"}}), "xdm-metadata-unreadable"},
        std::pair{zip_of({{"IHE_XDM/SUBSET01/METADATA.XML", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"}}),
                  "xdm-metadata-unreadable"},
        std::pair{zip_of({{"IHE_XDM/README.TXT", "x"}}), "xdm-no-document"}}) {
    const outcome got = inspect(archive);
    EXPECT_EQ(got.status, LIAISON_REJECT) << expected;
    EXPECT_TRUE(got.has(expected)) << expected << got.list();
  }
  EXPECT_EQ(inspect("no archive").status, LIAISON_NOT_MINE);
}

TEST(read, two_patients_stop_the_message) {
  const std::string bytes = letter();
  submission what = submission_of(bytes);
  what.documents[0].patient_id = sourced("248053599810704^^^&1.2.250.1.213.1.4.10&ISO^NH");
  outcome got = inspect(archive_of(what, bytes));
  EXPECT_EQ(got.status, LIAISON_REJECT);
  EXPECT_TRUE(got.has("xdm-two-patients"));
  got = run(translator_table().decode, archive_of(what, bytes), trusted);
  EXPECT_EQ(got.status, LIAISON_REJECT);
  EXPECT_EQ(got.part(LIAISON_PART_DOCUMENT), "");
  what = submission_of(bytes);
  what.documents[0].source_patient_info.emplace_back("PID-3|IPP-0043^^^&2.999.20&ISO^PI");
  EXPECT_TRUE(inspect(archive_of(what, bytes)).has("xdm-two-patients"));
}

TEST(read, actions_become_statuses) {
  const std::string bytes = letter();
  submission what = submission_of(bytes);
  what.documents[0].action = sourced("C");
  EXPECT_EQ(at_pointer(json_of(inspect(archive_of(what, bytes)).part(LIAISON_PART_FACTS)), "/document/status"),
            "amended");
  what.documents[0].action = sourced("D");
  const auto deleted = json_of(inspect(archive_of(what, bytes)).part(LIAISON_PART_FACTS));
  EXPECT_EQ(at_pointer(deleted, "/document/status"), "deleted");
  EXPECT_EQ(at_pointer(deleted, "/document/replaces"), "urn:oid:2.999.10.1.2");
  // One to delete and one to keep: nobody can tell from the message's one status.
  what.documents.push_back(entry_of(bytes));
  what.documents[1].id += "2";
  what.documents[1].uri = sourced("DOC0002.XML");
  files all = files_of(what, bytes);
  all.emplace_back("IHE_XDM/SUBSET01/DOC0002.XML", bytes);
  const outcome mixed = inspect(zip_of(all));
  EXPECT_EQ(mixed.status, LIAISON_QUARANTINE);
  EXPECT_TRUE(mixed.has("xdm-mixed-actions"));
}

TEST(read, no_issue_holds_a_name_of_a_file_or_a_value) {
  const std::string bytes = letter();
  submission what = submission_of(bytes);
  what.documents[0].uri = sourced("SECRET.XML");
  files all = files_of(what, bytes);
  all.emplace_back("IHE_XDM/SECRET NOM/lettre secret.pdf", "%PDF-1.4");
  const outcome got = inspect(zip_of(all));
  EXPECT_FALSE(got.issues.empty());
  for (const issue_copy& issue : got.issues) {
    EXPECT_EQ((issue.location + issue.diagnostics).find("SECRET"), std::string::npos);
    EXPECT_EQ((issue.location + issue.diagnostics).find("secret"), std::string::npos);
  }
}

std::string pdf_archive() {
  const std::string pdf = "%PDF-1.4 fictif";
  submission what = submission_of(pdf);
  what.documents[0].mime = sourced("application/pdf");
  what.documents[0].uri = sourced("DOC0001.PDF");
  return zip_of({{"IHE_XDM/SUBSET01/METADATA.XML", write_metadata(what)}, {"IHE_XDM/SUBSET01/DOC0001.PDF", pdf}});
}

TEST(read, a_pdf_becomes_a_document_of_its_metadata) {
  const outcome seen = inspect(pdf_archive());
  EXPECT_EQ(at_pointer(json_of(seen.part(LIAISON_PART_FACTS)), "/attachments/0/content_type"), "application/pdf");
  const outcome got = run(translator_table().decode, pdf_archive(), trusted);
  ASSERT_EQ(got.status, LIAISON_OK) << got.list();
  const auto pivot = json_of(got.part(LIAISON_PART_DOCUMENT));
  EXPECT_EQ(at_pointer(pivot, "/type"), "document");
  EXPECT_EQ(at_pointer(pivot, "/identifier/value"), "urn:oid:2.999.10.1.2");
  EXPECT_EQ(at_pointer(pivot, "/entry/0/resource/type/coding/0/code"), "11490-0");
  EXPECT_EQ(at_pointer(pivot, "/entry/0/resource/section/0/code/coding/0/code"), "55108-5");
  EXPECT_EQ(at_pointer(pivot, "/entry/1/resource/name/0/family"), "ESSAI");
  EXPECT_EQ(at_pointer(pivot, "/entry/1/resource/identifier/0/value"), "179086322004286");
  EXPECT_NE(got.part(LIAISON_PART_DOCUMENT).find(base64_encode("%PDF-1.4 fictif")), std::string::npos);
  // Every value of the metadata has a fate, and none is lost here.
  const std::string account = got.part(LIAISON_PART_ACCOUNT);
  EXPECT_EQ(account.find("not read by this translator"), std::string::npos) << account;
}

TEST(read, a_matricule_of_an_unqualified_identity_is_no_identifier) {
  const outcome got = run(translator_table().decode, pdf_archive(), R"({"now":"2026-03-02T10:15:01Z","id_seed":"s"})");
  const std::string pivot = got.part(LIAISON_PART_DOCUMENT);
  EXPECT_EQ(pivot.find("\"value\":\"179086322004286\""), std::string::npos);
  EXPECT_NE(pivot.find("IPP-0042"), std::string::npos);
}

TEST(read, the_text_names_the_documents) {
  const std::string text = run(translator_table().render, good_archive()).part(LIAISON_PART_TEXT);
  EXPECT_NE(text.find("Lettre de liaison fictive"), std::string::npos);
  EXPECT_NE(text.find("Test AUTEUR"), std::string::npos);
}

}  // namespace
}  // namespace liaison::xdm
