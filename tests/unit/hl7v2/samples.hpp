// SPDX-License-Identifier: Apache-2.0
// Synthetic messages of this test program: invented people, matricules computed under the test OID.
#pragma once

#include "run.hpp"

#include <liaison/common/digest.hpp>

#include <string>
#include <utility>
#include <vector>

namespace liaison::hl7v2::testing {

/// A laboratory result with values of every kind.
inline std::string laboratory_result() {
  return with_cr(R"(
MSH|^~\&|SIL-T|LABO-T|LIAISON|HOPITAL-T|20260302101500||ORU^R01^ORU_R01|L20260302-77|P|2.5|||||FRA|UNICODE UTF-8
PID|1||247035118500129^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS~55512^^^HOPITAL-T&1.2.250.1.999.1&ISO^PI||EXEMPLE^LÉONIE^LÉONIE ODETTE^^^^L~MODÈLE^LÉONIE^^^^^D||19470305|F|||4 rue des Tilleuls^^LILLE^^59000^FRA^H~^^^^^^BDL^^51185||0320000000|||||26001^^^HOPITAL-T&1.2.250.1.999.1&ISO^AN|||||||||||||N|VALI
PV1|1|O|CONS^12^A||||||||||||||||V26-0001^^^HOPITAL-T&1.2.250.1.999.1&ISO^VN|||||||||||||||||||||||||20260302080000
ORC|RE|P-100^DPI|F-200^SIL-T|||||||||81000000011^ORDONNE^Paul^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS
OBR|1|P-100^DPI|F-200^SIL-T|58410-2^Hémogramme^LN|||20260302074500|||||||||81000000011^ORDONNE^Paul^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS||||||20260302100000||LAB|F|||81000000029^COPIE^Anne^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS||||81000000037&BIO&Jeanne
OBX|1|NM|718-7^Hémoglobine^LN^HB^Hb^L||13.20|g/dL|12.0-16.0||||F|||20260302074500
OBX|2|NM|6690-2^Leucocytes^LN||11.5|10*3/uL|4.0-10.0|H|||F|||20260302074500
NTE|1||Contrôlé sur lame
OBX|3|SN|777-3^Plaquettes^LN||>^150|10*3/uL|>150||||F|||20260302074500
OBX|4|CE|883-9^Groupe ABO^LN||A^Groupe A^L||||||F
OBX|5|ST|CONCL^Conclusion^L||Hémogramme sans anomalie \T\ stable\.br\à revoir||||||F
OBX|6|NM|2345-7^Glucose^LN||5,1|mmol/L|3.9-6.1||||P
)");
}

inline std::string synthetic_cda(std::string_view matricule = "247035118500129") {
  std::string cda = R"(<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.250.1.999.2.1"/><recordTarget><patientRole><id extension=")";
  cda += matricule;
  cda += R"(" root="1.2.250.1.213.1.4.10"/></patientRole></recordTarget></ClinicalDocument>
)";
  return cda;
}

struct document_message {
  std::string event = "ORU^R01^ORU_R01", version = "2.5";
  std::string order = "NW", status = "F";
  std::string data;  // OBX-5.5; empty: the synthetic CDA
  std::string flags = "NNNNNYYNYY";
  std::string participations =
      "PRT||UC||SB^^participation|801000000118^ENVOI^Luc^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS|||Service "
      "T^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^FINEG^^^590000011\r"
      "PRT||UC||RCT^^participation|801000000126^TRAITANT^Alix^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS||||||"
      "||||^^X.400^alix.traitant@cabinet.mssante.fr\r"
      "PRT||UC||REPLY^^participation|||||||||||^^X.400^secretariat@hopital.mssante.fr\r";
  std::string txa;
  std::string environment = "D";
  std::string extra;  // segments at the end

  std::string build() const {
    static const char* names[] = {"MASQUE_PS",       "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE",
                                  "MODIF_CONF_CODE", "DESTDMP",           "DESTMSSANTEPS",        "DESTMSSANTEPAT",
                                  "ACK_RECEPTION",   "ACK_LECTURE_MSS"};
    const bool is_mdm = event.starts_with("MDM");
    std::string out = "MSH|^~\\&|DPI-T|HOPITAL-T|LIAISON|PFI-T|20260302101500||" + event + "|D20260302-1|" +
                      environment + "|" + version + "|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2\r";
    if (is_mdm) out += "EVN||20260302101500||||20260302101400\r";
    out +=
        "PID|||247035118500129^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||EXEMPLE^LÉONIE^LÉONIE "
        "ODETTE^^^^L||19470305|F|||"
        "4 rue des "
        "Tilleuls^^LILLE^^59000^FRA^H~^^^^^^BDL^^51185|||||||26001^^^HOPITAL-T&1.2.250.1.999.1&ISO^AN|||||||||||||N|"
        "VALI\r"
        "PV1|1|I|CARDIO||||||||||||||||V26-0001^^^HOPITAL-T&1.2.250.1.999.1&ISO^VN\r";
    if (!order.empty()) out += "ORC|" + order + "\r";
    out += "OBR|1|||11490-0^Lettre de liaison à la sortie^LN\r" + txa;
    const std::string content = data.empty() ? base64_encode(synthetic_cda()) : data;
    out += std::string("OBX|1|ED|11490-0^Lettre de liaison à la sortie^LN||^") + (is_mdm ? "text" : "TEXT") +
           "^XML^Base64^" + content + "||||||" + status + "\r" + participations;
    for (std::size_t i = 0; i < flags.size(); ++i) {
      out += "OBX|" + std::to_string(i + 2) + (is_mdm ? "|CWE|" : "|CE|") + names[i] + "^x^MetaDMPMSS||" + flags[i] +
             "^^expandedYes-NoIndicator||||||F\r";
    }
    return out + extra;
  }
};

}  // namespace liaison::hl7v2::testing
