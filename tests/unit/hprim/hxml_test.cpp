// SPDX-License-Identifier: Apache-2.0
// HPRIM XML: wrong prologues, schemas of our own, acknowledgements, and what a hostile document cannot do.
#include "account_check.hpp"
#include "corpus.hpp"
#include "hxml_schema.hpp"

#include <gtest/gtest.h>

namespace liaison::hprim {
namespace {

using namespace testing;

std::string message(const std::string& encoding, const std::string& name, const std::string& extra = {}) {
  return "<?xml version=\"1.0\" encoding=\"" + encoding +
         "\"?>\n<evenementsPatients xmlns=\"http://www.hprim.org/hprimXML\" version=\"1.07\" "
         "acquittementAttendu=\"oui\"><enteteMessage>"
         "<identifiantMessage>M42</identifiantMessage><dateHeureProduction>2025-03-10T14:30:00</dateHeureProduction>"
         "<emetteur><agents><agent categorie=\"système\"><code>CHF</code><libelle>CH "
         "FICTIF</libelle></agent></agents></emetteur>"
         "<destinataire><agents><agent "
         "categorie=\"application\"><code>SIL</code></agent></agents></destinataire></enteteMessage>"
         "<evenementPatient><enregistrementPatient "
         "action=\"création\"><patient><identifiant><emetteur><valeur>IPP42</valeur></emetteur></identifiant>"
         "<personnePhysique sexe=\"F\"><nomUsuel>" +
         name + "</nomUsuel>" + extra +
         "<dateNaissance><date>1985-05-17</date></dateNaissance></personnePhysique></patient></enregistrementPatient></"
         "evenementPatient></evenementsPatients>";
}

const liaison_translator& hxml() { return translator_of("hprim-xml"); }

void load_schema() {
  std::string why;
  ASSERT_TRUE(load_hxml_schema(std::string(LIAISON_SOURCE_DIRECTORY) + "/schemas/hprim", why)) << why;
}

TEST(hxml, reads_utf_8_under_a_latin_prologue_and_says_so) {
  const reply out = run(hxml().inspect, message("ISO-8859-1", "LÉVÊQUE"), now_and_account);
  EXPECT_NE(out.bytes(LIAISON_PART_FACTS).find("LÉVÊQUE"), std::string::npos);
  EXPECT_TRUE(out.has_issue("encoding-mismatch"));
  EXPECT_EQ(parse(out.bytes(LIAISON_PART_FACTS))["charset"], "utf-8");
}

TEST(hxml, reads_latin_bytes_under_a_utf_8_prologue) {
  std::string text = message("UTF-8", "LEVEQUE");
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"è", "\xE8"}, {"é", "\xE9"}, {"LEVEQUE", "L\xC9V\xCAQUE"}}) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  const reply out = run(hxml().inspect, text, now_and_account);
  EXPECT_NE(out.bytes(LIAISON_PART_FACTS).find("LÉVÊQUE"), std::string::npos);
  EXPECT_TRUE(out.has_issue("encoding-mismatch"));
}

TEST(hxml, validates_by_its_own_schema) {
  load_schema();
  const reply good = run(hxml().validate, message("UTF-8", "LÉVÊQUE"));
  EXPECT_EQ(good.status, LIAISON_OK);
  EXPECT_TRUE(good.issues.empty()) << good.diagnostics.front();
  const reply misplaced =
      run(hxml().validate,
          message("UTF-8", "LÉVÊQUE", "<prenoms><prenom>A</prenom></prenoms><nomNaissance>B</nomNaissance>"));
  const reply bad_date =
      run(hxml().validate, message("UTF-8", "LÉVÊQUE", "<dateNaissance><date>17/05/1985</date></dateNaissance>"));
  EXPECT_TRUE(bad_date.has_issue("schema-violation"));
  const reply too_long = run(hxml().validate, message("UTF-8", std::string(36, 'X')));
  EXPECT_TRUE(too_long.has_issue("schema-violation"));
  for (const std::string& text : too_long.diagnostics) EXPECT_EQ(text.find("XXX"), std::string::npos) << text;
  EXPECT_EQ(misplaced.status, LIAISON_OK);
}

TEST(hxml, validates_without_the_namespace_too) {
  load_schema();
  std::string text = message("UTF-8", "LÉVÊQUE");
  text.erase(text.find(" xmlns="), std::string(" xmlns=\"http://www.hprim.org/hprimXML\"").size());
  const reply out = run(hxml().validate, text);
  EXPECT_TRUE(out.has_issue("namespace-missing"));
  EXPECT_FALSE(out.has_issue("schema-violation"));
}

TEST(hxml, corpus_follows_the_schemas) {
  load_schema();
  std::size_t files = 0;
  for (const std::string& name : corpus_names()) {
    if (name[0] != 'x') continue;
    ++files;
    const reply out = run(hxml().validate, read_file(corpus_folder() + "/" + name));
    EXPECT_FALSE(out.has_issue("schema-violation")) << name << ": " << out.diagnostics.front();
  }
  if (files == 0) GTEST_SKIP() << "no corpus";
}

TEST(hxml, answers_who_asked_and_nobody_else) {
  const std::string text = message("UTF-8", "LÉVÊQUE");
  const reply yes =
      run(hxml().acknowledge, text, R"({"outcome":"accept","now":"2025-03-12T10:00:00+01:00","control_id":"A1"})");
  const std::string answer = yes.bytes(LIAISON_PART_ACKNOWLEDGEMENT);
  EXPECT_NE(answer.find("<enteteMessageAcquittement statut=\"OK\">"), std::string::npos) << answer;
  EXPECT_NE(answer.find("<identifiantMessageAcquitte>M42</identifiantMessageAcquitte>"), std::string::npos);
  EXPECT_NE(answer.find("<code>SIL</code>"), std::string::npos);
  EXPECT_EQ(answer.find("LÉVÊQUE"), std::string::npos);
  load_schema();
  EXPECT_TRUE(run(hxml().validate, answer).issues.empty());
  const reply no = run(
      hxml().acknowledge, text,
      R"({"outcome":"reject","now":"2025-03-12T10:00:00+01:00","issues":[{"severity":"error","code":"x","location":"/a","diagnostics":"non"}]})");
  EXPECT_NE(no.bytes(LIAISON_PART_ACKNOWLEDGEMENT).find("statut=\"erreur\""), std::string::npos);
  EXPECT_EQ(run(hxml().acknowledge, answer, R"({"outcome":"accept"})").status, LIAISON_UNSUPPORTED);
  std::string silent = text;
  silent.replace(silent.find("acquittementAttendu=\"oui\""), 25, "acquittementAttendu=\"non\"");
  EXPECT_EQ(run(hxml().acknowledge, silent, R"({"outcome":"accept"})").status, LIAISON_UNSUPPORTED);
}

TEST(hxml, identity_survives_fhir_and_back) {
  load_schema();
  const std::string text =
      message("UTF-8", "LÉVÊQUE",
              "<nomNaissance>B</nomNaissance><prenoms><prenom>Lila</prenom><prenom>Rose</prenom></prenoms>");
  const reply pivot = run(hxml().decode, text, now_and_account);
  const reply back = run(hxml().encode, pivot.document(), now_and_account);
  ASSERT_EQ(back.status, LIAISON_OK);
  EXPECT_TRUE(run(hxml().validate, back.document()).issues.empty()) << back.document();
  const auto first = parse(run(hxml().inspect, text).bytes(LIAISON_PART_FACTS)),
             second = parse(run(hxml().inspect, back.document()).bytes(LIAISON_PART_FACTS));
  EXPECT_EQ(first["patients"], second["patients"]);
  EXPECT_EQ(first["event"], second["event"]);
}

TEST(hxml, refuses_doctypes_depth_and_foreign_roots) {
  EXPECT_EQ(run(hxml().inspect, "<!DOCTYPE x [<!ENTITY a \"b\">]><evenementsPatients>&a;</evenementsPatients>").status,
            LIAISON_REJECT);
  std::string deep = "<evenementsPatients>";
  for (int i = 0; i < 5000; ++i) deep += "<a>";
  EXPECT_EQ(run(hxml().inspect, deep).status, LIAISON_REJECT);
  EXPECT_EQ(run(hxml().inspect, "<ClinicalDocument/>").status, LIAISON_NOT_MINE);
  EXPECT_EQ(run(hxml().inspect, "").status, LIAISON_REJECT);
}

}  // namespace
}  // namespace liaison::hprim
