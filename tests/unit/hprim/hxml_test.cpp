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

std::string server_message(const std::string& root, const std::string& event) {
  std::string text = message("UTF-8", "LEVEQUE");
  for (std::size_t at = text.find("evenementsPatients"); at != std::string::npos;
       at = text.find("evenementsPatients", at + 1))
    text.replace(at, std::string("evenementsPatients").size(), root);
  const std::size_t first = text.find("<evenementPatient>"), last = text.find("</" + root + ">");
  return text.substr(0, first) + event + text.substr(last);
}

const std::string acted =
    "<patient><identifiant><emetteur><valeur>IPP42</valeur></emetteur></identifiant></patient>"
    "<venue><identifiant><emetteur><valeur>NDA7</valeur></emetteur></identifiant></venue>";

struct family_row {
  const char* root;
  std::string event;
  const char* told;  // what the answer names
};

TEST(hxml, answers_every_family_by_its_own_form) {
  load_schema();
  const family_row families[] = {
      {"evenementsServeurActes",
       "<evenementServeurActe>" + acted +
           "<actesCCAM><acteCCAM><identifiant><emetteur>A1</emetteur></identifiant><codeActe>HHFA001</"
           "codeActe><codeActivite>1"
           "</codeActivite></acteCCAM></actesCCAM></evenementServeurActe>",
       "<acteCCAM>"},
      {"evenementsServeurIntervention",
       "<evenementServeurIntervention>" + acted +
           "<intervention><identifiant><emetteur>O1</emetteur></identifiant></intervention></"
           "evenementServeurIntervention>",
       "<intervention>"},
      {"evenementsPMSI",
       "<evenementPMSI>" + acted +
           "<saisieDelocalisee><diagnosticsRum><diagnosticPrincipal><codeCim10>J189</codeCim10></diagnosticPrincipal></"
           "diagnosticsRum></saisieDelocalisee></evenementPMSI>",
       "NDA7"},
      {"evenementsFraisDivers",
       "<evenementFraisDivers>" + acted +
           "<FraisDivers><lettreCle>FTN</lettreCle><quantite>1</quantite></FraisDivers></evenementFraisDivers>",
       "NDA7"},
      {"evenementsServeurEtatsPatient",
       acted + "<Diagnostics><diagnostic type=\"dp\"><codeCim10>J189</codeCim10></diagnostic></Diagnostics>", "NDA7"}};
  for (const family_row& family : families) {
    const std::string text = server_message(family.root, family.event);
    const reply checked = run(hxml().validate, text);
    EXPECT_TRUE(checked.issues.empty()) << family.root << ": "
                                        << (checked.diagnostics.empty() ? "" : checked.diagnostics.front());
    for (const auto& [outcome, status] : {std::pair<std::string, std::string>{"accept", "ok"}, {"reject", "rj"}}) {
      const reply answer = run(
          hxml().acknowledge, text,
          R"({"outcome":")" + outcome +
              R"(","now":"2025-03-12T10:00:00+01:00","issues":[{"severity":"error","code":"x","location":"/a","diagnostics":"non"}]})");
      const std::string bytes = answer.bytes(LIAISON_PART_ACKNOWLEDGEMENT);
      EXPECT_NE(bytes.find("statut=\"" + status + "\""), std::string::npos) << bytes;
      EXPECT_NE(bytes.find("<reponse statut=\"" + std::string(outcome == "accept" ? "ok" : "err")), std::string::npos)
          << bytes;
      EXPECT_NE(bytes.find(family.told), std::string::npos) << bytes;
      const reply valid = run(hxml().validate, bytes);
      EXPECT_TRUE(valid.issues.empty()) << bytes << valid.diagnostics.front();
    }
  }
  const reply bad =
      run(hxml().validate,
          server_message("evenementsPMSI",
                         "<evenementPMSI>" + acted +
                             "<saisieDelocalisee><diagnosticsRum><diagnosticPrincipal><codeCim10>grippe</codeCim10></"
                             "diagnosticPrincipal></diagnosticsRum></saisieDelocalisee></evenementPMSI>"));
  EXPECT_TRUE(bad.has_issue("schema-violation"));
}

TEST(hxml, a_refused_patient_message_names_each_event) {
  load_schema();
  const reply no = run(
      hxml().acknowledge, message("UTF-8", "LEVEQUE"),
      R"({"outcome":"reject","now":"2025-03-12T10:00:00+01:00","issues":[{"severity":"error","code":"x","location":"/a","diagnostics":"non"}]})");
  const std::string bytes = no.bytes(LIAISON_PART_ACKNOWLEDGEMENT);
  EXPECT_NE(bytes.find("<erreurAvertissement statut=\"erreur\">"), std::string::npos) << bytes;
  EXPECT_NE(bytes.find("<enregistrementPatient>"), std::string::npos);
  EXPECT_NE(bytes.find("IPP42"), std::string::npos);
  EXPECT_TRUE(run(hxml().validate, bytes).issues.empty());
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
