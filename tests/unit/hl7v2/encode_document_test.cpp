// SPDX-License-Identifier: Apache-2.0
// The messages of the two volets around a document that the host hands in.
#include "samples.hpp"

#include <gtest/gtest.h>

namespace liaison::hl7v2::testing {
namespace {

struct cda {
  std::string id = R"(<id root="1.2.250.1.999.2.2"/>)";
  std::string parent;  // id of the replaced document
  std::string build() const {
    std::string out =
        R"(<?xml version="1.0"?><!-- <id root="9.9"/> --><h:ClinicalDocument xmlns:h="urn:hl7-org:v3"><h:typeId root="2.16"/>)" +
        id +
        R"(<code code="11490-0" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre de liaison &amp; sortie"/>
              <recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="247035118500129"/></patientRole></recordTarget>)";
    if (!parent.empty())
      out += R"(<relatedDocument typeCode='RPLC'><parentDocument><id root=')" + parent +
             "'/></parentDocument></relatedDocument>";
    return out + "<component><nonXMLBody/></component></h:ClinicalDocument>";
  }
};

std::string pivot(const std::string& status = "final", const std::string& more = "") {
  const std::string base = "https://liaison.example/fhir/StructureDefinition/";
  return R"({"resourceType":"Bundle","type":"document","identifier":{"value":"x"},"timestamp":"2026-03-02T10:00:00+01:00","entry":[
   {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition",)" +
         more + R"("status":")" + status +
         R"(","type":{"coding":[{"system":"http://loinc.org","code":"11490-0","display":"Lettre"}]},
     "extension":[{"url":")" +
         base + R"(sender","valueReference":{"reference":"urn:uuid:3"}},
       {"url":")" +
         base + R"(recipient","valueReference":{"reference":"urn:uuid:4","extension":[{"url":")" + base +
         R"(recipient-role","valueCode":"primary"}]}},
       {"url":")" +
         base + R"(recipient","valueReference":{"reference":"urn:uuid:5","extension":[{"url":")" + base +
         R"(recipient-role","valueCode":"copy"}]}},
       {"url":")" +
         base + R"(recipient","valueReference":{"reference":"urn:uuid:4","extension":[{"url":")" + base +
         R"(recipient-role","valueCode":"reply"}]}}],
     "subject":{"reference":"urn:uuid:2"},"date":"2026-03-02T10:00:00+01:00","title":"Lettre de sortie","author":[{"reference":"urn:uuid:3"}]}},
   {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient",
     "extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[{"url":"identityStatus",
        "valueCoding":{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445","code":"VALI"}}]},
       {"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"extension":[{
        "url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code","valueCoding":{"code":"51185"}}]}}],
     "identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","type":{"coding":[{"code":"INS-NIR-TEST"}]},"value":"247035118500129"}],
     "name":[{"use":"official","family":"EXEMPLE","given":["ODETTE"]}],"birthDate":"1947-03-05","gender":"female"}},
   {"fullUrl":"urn:uuid:3","resource":{"resourceType":"Practitioner","identifier":[{"system":"urn:oid:1.2.250.1.71.4.2.1","value":"810000000118"}],
     "name":[{"family":"SENIOR","given":["Luc"]}],"telecom":[{"system":"email","value":"luc.senior@hopital.mssante.fr"}]}},
   {"fullUrl":"urn:uuid:4","resource":{"resourceType":"Practitioner","identifier":[{"system":"https://rpps.esante.gouv.fr","value":"10000000126"}],
     "name":[{"family":"TRAITANT"}],"telecom":[{"system":"email","value":"alix.traitant@cabinet.mssante.fr"}]}},
   {"fullUrl":"urn:uuid:5","resource":{"resourceType":"Organization","name":"Service T","identifier":[{"system":"https://finess.esante.gouv.fr","value":"590000011"}],
     "telecom":[{"system":"email","value":"service@hopital.mssante.fr"}]}}]})";
}

result write(const std::string& profile, const std::vector<std::string>& documents, const std::string& from = pivot(),
             const std::string& more = "") {
  std::vector<part> parts;
  for (const auto& each : documents) parts.push_back({LIAISON_PART_EMBEDDED, "", "", "cda", each});
  return run(operation::encode, from,
             R"({"profile":")" + profile + R"(","account":true,"now":"2026-03-06T12:00:00+01:00","control_id":"G1")" +
                 more + "}",
             parts);
}

TEST(return_path, is_the_message_of_the_volet) {
  const std::string document = cda{}.build();
  const result made = write("cisis-cda-hl7-lps", {document});
  ASSERT_EQ(made.status, LIAISON_OK) << made.list_issues();
  const std::string flag = "^^expandedYes-NoIndicator||||||F\r";
  EXPECT_EQ(
      made.bytes_of(LIAISON_PART_DOCUMENT),
      "MSH|^~\\&|LIAISON||||20260306120000||MDM^T02^MDM_T02|G1|P|2.6|||||FRA|UNICODE UTF-8|||1.1^CISIS_CDA_HL7_LPS\r"
      "EVN||20260306120000||||20260306120000\r"
      "PID|1||247035118500129^^^&1.2.250.1.213.1.4.10&ISO^INS||EXEMPLE^ODETTE^^^^^L||19470305|F|||^^^^^^BDL^^51185||"
      "|||||||||||||||||||VALI\r"
      "PV1|1|N\r"
      "ORC|NW\r"
      "OBR|1|||11490-0^Lettre de liaison \\T\\ sortie^LN\r"
      "TXA|1|11490-0^Lettre de liaison \\T\\ sortie^LN|TEXT|20260302100000||||||||1.2.250.1.999.2.2|||||AU\r"
      "OBX|1|ED|11490-0^Lettre de liaison \\T\\ sortie^LN||^text^XML^Base64^" +
          base64_encode(document) +
          "||||||F\r"
          "PRT||UC||SB^^participation|810000000118^SENIOR^Luc^^^^^^&1.2.250.1.71.4.2.1&ISO^^^^IDNPS||||||||||^NET^X."
          "400^luc.senior@hopital.mssante.fr\r"
          "PRT||UC||RCT^^participation|10000000126^TRAITANT^^^^^^^&1.2.250.1.71.4.2.1&ISO^^^^RPPS||||||||||^NET^X.400^"
          "alix.traitant@cabinet.mssante.fr\r"
          "PRT||UC||REPLY^^participation|10000000126^TRAITANT^^^^^^^&1.2.250.1.71.4.2.1&ISO^^^^RPPS||||||||||^NET^X."
          "400^alix.traitant@cabinet.mssante.fr\r"
          "OBX|2|ED|G1^Lettre de sortie||^text^^Base64^" +
          base64_encode("Document transmis : Lettre de sortie") +
          "||||||F\r"
          "OBX|3|CWE|MASQUE_PS^Masqué aux professionnels de Santé^MetaDMPMSS||N" +
          flag + "OBX|4|CWE|INVISIBLE_PATIENT^Document Non Visible par le patient^MetaDMPMSS||N" + flag +
          "OBX|5|CWE|INVISIBLE_REP_LEGAUX^Non visible par les représentants Légaux du patient^MetaDMPMSS||N" + flag +
          "OBX|6|CWE|MODIF_CONF_CODE^Modification Confidentiality Code^MetaDMPMSS||N" + flag);
}

TEST(return_path, is_taken_by_a_strict_reader) {
  for (const char* message : {R"({})", R"({"message":"MDM"})"}) {
    for (const char* profile : {"cisis-cda-hl7-lps", "cisis-cda-hl7v2"}) {
      const result made = write(profile, {cda{}.build()}, pivot(), std::string(R"(,"endpoint":)") + message);
      ASSERT_EQ(made.status, LIAISON_OK) << made.list_issues();
      for (const operation with : {operation::inspect, operation::validate}) {
        const result read = run(with, made.bytes_of(LIAISON_PART_DOCUMENT), R"({"strictness":"strict"})");
        std::string unexpected;
        for (const auto& each : read.issues) {
          // A production message with a test INS, a stay without number, and flags that the published matrix leaves
          // out: what this pivot says, not how it is written.
          if (each.code == "hl7v2-pfi-t33" || each.code == "hl7v2-pfi-t24") continue;
          unexpected += each.code + " " + each.location + "\n";
        }
        EXPECT_EQ(unexpected, "") << profile << message;
      }
    }
  }
}

TEST(wrapped_document, comes_back_byte_for_byte) {
  std::string document = cda{}.build() + "<!-- \xE9 \xFF\r\n -->";
  const result made = write("cisis-cda-hl7v2", {document});
  ASSERT_EQ(made.status, LIAISON_OK) << made.list_issues();
  EXPECT_EQ(run(operation::inspect, made.bytes_of(LIAISON_PART_DOCUMENT)).bytes_of(LIAISON_PART_EMBEDDED), document);
}

TEST(wrapped_document, replacement_and_deletion_agree_in_event_order_and_status) {
  cda replacing;
  replacing.id = R"(<id root="1.2.250.1.999.2" extension="A|7"/>)";
  replacing.parent = "1.2.250.1.999.2.1";
  const std::string replaced = write("cisis-cda-hl7-lps", {replacing.build()}).bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_NE(replaced.find("|MDM^T10^MDM_T02|"), std::string::npos);
  EXPECT_NE(replaced.find("ORC|RO\r"), std::string::npos);
  EXPECT_NE(replaced.find("|A\\F\\7^^1.2.250.1.999.2^ISO|1.2.250.1.999.2.1||||AU\r"), std::string::npos) << replaced;
  EXPECT_NE(replaced.find("||||||C\r"), std::string::npos);
  const std::string deleted =
      write("cisis-cda-hl7-lps", {cda{}.build()}, pivot("entered-in-error")).bytes_of(LIAISON_PART_DOCUMENT);
  EXPECT_NE(deleted.find("|MDM^T04^MDM_T02|"), std::string::npos);
  EXPECT_NE(deleted.find("ORC|CA\r"), std::string::npos);
  EXPECT_NE(deleted.find("||||||D\r"), std::string::npos);
}

TEST(wrapped_document, masks_are_flags_and_configuration_adds_the_rest) {
  const std::string masked = pivot(
      "final", R"("meta":{"security":[{"system":"urn:oid:1.2.250.1.213.1.1.4.13","code":"INVISIBLE_PATIENT"}]},)");
  const result made = write("cisis-cda-hl7v2", {cda{}.build()}, masked,
                            R"(,"endpoint":{"flags":{"DESTDMP":"Y","ACK_RECEPTION":"Y","INVISIBLE_PATIENT":"N"}})");
  ASSERT_EQ(made.status, LIAISON_OK) << made.list_issues();
  const auto facts = run(operation::inspect, made.bytes_of(LIAISON_PART_DOCUMENT)).json_of(LIAISON_PART_FACTS);
  EXPECT_EQ(at(facts, "/document/masks"), R"(["INVISIBLE_PATIENT"])");
  EXPECT_EQ(at(facts, "/instructions"), R"(["dmp","professionals","acknowledge-reception"])");
  EXPECT_EQ(at(facts, "/recipients/1/identifiers/0/value"), "590000011");
}

TEST(wrapped_document, what_a_receiver_would_refuse_is_not_sent) {
  std::string nobody = pivot();
  for (std::size_t at_ = 0; (at_ = nobody.find("/recipient\"", at_)) != std::string::npos;)
    nobody.replace(at_, 11, "/rcpt\"");
  const result made = write("cisis-cda-hl7v2", {cda{}.build()}, nobody);
  EXPECT_EQ(made.status, LIAISON_REJECT);
  EXPECT_TRUE(made.has_issue("hl7v2-pfi-destinations")) << made.list_issues();
  EXPECT_EQ(made.bytes_of(LIAISON_PART_DOCUMENT), "");
  EXPECT_EQ(write("cisis-cda-hl7v2", {cda{}.build()}, nobody, R"(,"endpoint":{"flags":{"DESTDMP":"Y"}})").status,
            LIAISON_OK);
}

TEST(wrapped_document, must_be_a_cda_and_the_right_number_of_them) {
  cda second;
  second.id = R"(<id root="1.2.250.1.999.2.3"/>)";
  const std::string one = cda{}.build(), two = second.build();
  EXPECT_TRUE(write("cisis-cda-hl7-lps", {}).has_issue("hl7v2-no-document"));
  EXPECT_TRUE(write("cisis-cda-hl7-lps", {"<html/>"}).has_issue("hl7v2-document-not-cda"));
  EXPECT_TRUE(write("cisis-cda-hl7-lps", {one, two}).has_issue("hl7v2-several-documents"));
  EXPECT_EQ(write("cisis-cda-hl7v2", {one, two}).status, LIAISON_OK);
  // The same document twice is what the volet forbids.
  EXPECT_TRUE(write("cisis-cda-hl7v2", {one, one}).has_issue("hl7v2-pfi-same-id"));
  EXPECT_TRUE(write("cisis-cda-hl7-lps", {one}, pivot(), R"(,"charset":"ASCII")").has_issue("hl7v2-charset-unknown"));
}

TEST(wrapped_document, identity_that_is_not_qualified_keeps_its_matricule) {
  std::string doubtful = pivot();
  doubtful.replace(doubtful.find("VALI"), 4, "PROV");
  const result made = write("cisis-cda-hl7-lps", {cda{}.build()}, doubtful);
  EXPECT_TRUE(made.has_issue("hl7v2-ins-withheld")) << made.list_issues();
  EXPECT_EQ(made.bytes_of(LIAISON_PART_DOCUMENT).find("247035118500129"), std::string::npos);
}

TEST(document_in_its_message, is_held_against_what_the_message_says) {
  cda replacing;
  replacing.parent = "1.2.250.1.999.2.1";
  const auto message = [](const cda& inside, const std::string& order, const std::string& status,
                          const std::string& event, const std::string& txa) {
    document_message out;
    out.event = event;
    out.version = event.starts_with("MDM") ? "2.6" : "2.5";
    out.order = order;
    out.status = status;
    out.flags = "NYNNNYYNYY";
    out.data = base64_encode(inside.build());
    out.txa = txa;
    return out.build();
  };
  const std::string txa = "TXA|1|11490-0|TEXT|||||||||";
  const auto codes = [](const std::string& text) {
    std::string out;
    for (const auto& each : run(operation::inspect, text).issues) out += each.code + " " + each.location + ";";
    return out;
  };
  EXPECT_EQ(codes(message({}, "NW", "F", "MDM^T02^MDM_T02", txa + "1.2.250.1.999.2.2|||||AU\r")), "");
  EXPECT_EQ(codes(message({}, "NW", "F", "MDM^T02^MDM_T02", txa + "1.2.250.1.999.2.9|||||AU\r")),
            "hl7v2-pfi-id-differs TXA-12;");
  EXPECT_EQ(
      codes(message(replacing, "RO", "C", "MDM^T10^MDM_T02", txa + "1.2.250.1.999.2.2|1.2.250.1.999.2.1||||AU\r")), "");
  EXPECT_EQ(
      codes(message(replacing, "RO", "C", "MDM^T10^MDM_T02", txa + "1.2.250.1.999.2.2|1.2.250.1.999.2.7||||AU\r")),
      "hl7v2-pfi-parent-differs TXA-13;");
  EXPECT_EQ(codes(message({}, "RO", "C", "ORU^R01^ORU_R01", "")), "hl7v2-pfi-parent-missing OBX[1]-5.5;");
  std::string other_type = message({}, "NW", "F", "ORU^R01^ORU_R01", "");
  for (std::size_t at_ = 0; (at_ = other_type.find("11490-0", at_)) != std::string::npos;)
    other_type.replace(at_, 7, "34112-3");
  EXPECT_EQ(codes(other_type), "hl7v2-pfi-type-differs OBX[1]-3.1;");
}

}  // namespace
}  // namespace liaison::hl7v2::testing
