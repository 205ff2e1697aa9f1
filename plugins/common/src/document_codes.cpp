// SPDX-License-Identifier: Apache-2.0
// Association tables of the Agence du numérique en santé (CI-SIS): document types by class (ASS_X04, February 2024, and
// older types that are no longer in JDV_J07), format codes by template (ASS_A11, January 2024).
#include <liaison/common/document_codes.hpp>

#include <array>

namespace liaison::documents {
namespace {

struct document_class {
  std::string_view code, display;
  std::string_view types;  ///< parted and enclosed by blanks
};
constexpr std::array classes = {
    document_class{"10", "Compte rendu",
                   " BIL_AUTO DOCPAT03 DOCPAT05 DOCPAT06 11488-4 11490-0 34112-3 11502-2 11505-5 11506-3 15507-7 "
                   "15508-5 28617-9 28653-4 29274-8 34120-6 34749-2 34794-8 34874-8 34875-5 47420-5 51969-4 "
                   "59283-2 60568-3 67851-6 70004-7 75482-0 75492-9 75496-0 77436-4 78513-9 78601-2 83981-1 "
                   "85208-7 93024-8 96349-6 89233-1 10213-7 11493-4 11526-1 11528-7 24611-6 27899-4 29554-3 "
                   "39256-3 46241-6 75497-8 "},
    document_class{"11", "Synthèse",
                   " SYNTH DOCPAT01 DOCPAT08 EXPORT_DUI 18761-7 34133-9 34842-5 56445-0 60280-5 60591-5 68599-0 "
                   "68817-6 78341-5 74207-2 80820-4 83836-7 83901-9 88348-8 57055-6 57057-2 57075-4 89235-6 "
                   "78489-2 "},
    document_class{"31", "Imagerie médicale", " IMG-KOS DOCPAT04 18748-4 52040-3 "},
    document_class{"42", "Prescription",
                   " DOCPAT02 PRESC-AAT PRESC-BIO PRESC-KINE PRESC-INF PRESC-PEDI PRESC-ORTHOPHO PRESC-ORTHOPTIE "
                   "55115-0 57828-6 57832-8 57833-6 61357-0 75468-9 29551-9 52063-5 52521-2 "},
    document_class{"43", "Dispensation", " DISP_AUT 60593-1 29550-1 "},
    document_class{"44", "Plan de soins, protocole", " PROT_ALD 18776-5 77604-7 80771-9 80788-3 83869-8 "},
    document_class{"45", "Traitement administré", " 80565-5 "},
    document_class{"52", "Certificat, déclaration", " CERT_DECL DOCPAT07 11369-6 87273-9 89601-9 96874-3 96173-0 "},
    document_class{"60", "Données de remboursement", " REMB "},
    document_class{"90", "Autres documents du patient", " EXPPAT_1 EXPPAT_2 EXPPAT_3 74465-6 DOCPAT10 "},
    document_class{"95", "Document de gestion",
                   " ATTEST-ASS-COMPL ATTEST-RESID ATTEST-HEBGT ATTEST-DROITS-AM AUTORIS-SOINS DOCPAT09 "
                   "PIECE-IDENTITE FICHE-CONTACTS 51851-4 56446-8 59284-0 86531-1 CONTACTS-URGENCE "},
    document_class{"99", "Document technique", " FEUILLE-DE-STYLE "},
};

struct template_format {
  std::string_view last_arcs, format;
};
constexpr std::string_view template_arc = "1.2.250.1.213.1.1.1.";
constexpr std::array formats = {
    template_format{"2.1.1", "urn:asip:ci-sis:avk:2009"},
    template_format{"2.1.2", "urn:asip:ci-sis:tap:2009"},
    template_format{"2.1.3", "urn:asip:ci-sis:dci:2009"},
    template_format{"2.1.4", "urn:asip:ci-sis:psc:2009"},
    template_format{"2.1.5", "urn:asip:ci-sis:ppv:2009"},
    template_format{"5.1", "urn:asip:ci-sis:cse-cs8:2017"},
    template_format{"5.2", "urn:asip:ci-sis:cse-cs9:2017"},
    template_format{"5.3", "urn:asip:ci-sis:cse-cs24:2017"},
    template_format{"5.4", "urn:ans:ci-sis:cse-mde:2023"},
    template_format{"8", "urn:asip:ci-sis:frcp:2011"},
    template_format{"9", "urn:asip:ci-sis:idap:2011"},
    template_format{"10", "urn:asip:ci-sis:cva:2017"},
    template_format{"12.1", "urn:asip:ci-sis:obp-sap:2023"},
    template_format{"12.2", "urn:asip:ci-sis:obp-snm:2023"},
    template_format{"12.3", "urn:asip:ci-sis:obp-sne:2023"},
    template_format{"12.4", "urn:asip:ci-sis:obp-scm:2023"},
    template_format{"12.5", "urn:asip:ci-sis:obp-sem:2023"},
    template_format{"13", "urn:asip:ci-sis:vsm:2012"},
    template_format{"15", "urn:asip:ci-sis:aunv:2013"},
    template_format{"16", "urn:asip:ci-sis:eunv:2013"},
    template_format{"17", "urn:asip:ci-sis:sunv:2013"},
    template_format{"18", "urn:asip:ci-sis:crrtn:2013"},
    template_format{"20", "urn:asip:ci-sis:pps-paerpa:2017"},
    template_format{"21", "urn:asip:ci-sis:ldl-ees:2017"},
    template_format{"22", "urn:asip:ci-sis:dlu:2015"},
    template_format{"23", "urn:asip:ci-sis:fludt:2017"},
    template_format{"24", "urn:asip:ci-sis:fludr:2017"},
    template_format{"25", "urn:asip:ci-sis:pavc:2016"},
    template_format{"26", "urn:asip:ci-sis:pps-cancer:2017"},
    template_format{"27", "urn:asip:ci-sis:d2lm-fin:2017"},
    template_format{"28", "urn:asip:ci-sis:d2lm-fidd:2017"},
    template_format{"29", "urn:asip:ci-sis:ldl-ses:2017"},
    template_format{"30", "urn:asip:ci-sis:sdm-mr:2017"},
    template_format{"32", "urn:asip:ci-sis:crgm:2018"},
    template_format{"36", "urn:asip:ci-sis:hr:2019"},
    template_format{"37", "urn:asip:ci-sis:vac:2019"},
    template_format{"38", "urn:asip:ci-sis:tlm-da:2020"},
    template_format{"39", "urn:ihe:pharm:pre:2010"},
    template_format{"40", "urn:asip:ci-sis:cr-anest:2020"},
    template_format{"41", "urn:asip:ci-sis:cr-cpa:2020"},
    template_format{"42", "urn:ihe:eyecare:geneyeevalcn:2014"},
    template_format{"43", "urn:ihe:eyecare:geneyeevalcn:2014"},
    template_format{"44", "urn:ihe:eyecare:geneyeevalcn:2014"},
    template_format{"45", "urn:ihe:rad:CDA:ImagingReportStructuredHeadings:2013"},
    template_format{"46", "urn:asip:ci-sis:vac-note:2021"},
    template_format{"47", "urn:ans:ci-sis:img-da:2022"},
    template_format{"48", "urn:asip:ci-sis:dlu-dlu-dom:2022"},
    template_format{"49", "urn:asip:ci-sis:dlu-fludt-dom:2022"},
    template_format{"50", "urn:asip:ci-sis:dlu-fludr-dom:2022"},
    template_format{"51", "urn:ihe:pcc:ips:2020"},
    template_format{"52", "urn:ans:ci-sis:bio-ep-bio:2022"},
    template_format{"54", "urn:ihe:pharm:dis:2010"},
    template_format{"55", "urn:ihe:lab:xd-lab:2008"},
    template_format{"56", "urn:asip:ci-sis:ppp:2023"},
    template_format{"57", "urn:ihe:palm:apsr:2016"},
    template_format{"58", "urn:asip:ci-sis:export-dui:2023"},
};

bool lists(std::string_view types, std::string_view code) {
  for (std::size_t at = types.find(code); at != std::string_view::npos; at = types.find(code, at + 1)) {
    if (types[at - 1] == ' ' && types[at + code.size()] == ' ') return true;
  }
  return false;
}

}  // namespace

std::string_view class_of_type(std::string_view type_code) {
  if (type_code.empty() || type_code.find(' ') != std::string_view::npos) return {};
  for (const document_class& one : classes) {
    if (lists(one.types, type_code)) return one.code;
  }
  return {};
}

std::string_view class_display(std::string_view class_code) {
  for (const document_class& one : classes) {
    if (one.code == class_code) return one.display;
  }
  return {};
}

std::string_view format_of_template(std::string_view template_root) {
  if (!template_root.starts_with(template_arc)) return {};
  template_root.remove_prefix(template_arc.size());
  for (const template_format& one : formats) {
    if (one.last_arcs == template_root) return one.format;
  }
  return {};
}

}  // namespace liaison::documents
