// SPDX-License-Identifier: Apache-2.0
#include "codes.hpp"

#include "tables.hpp"

#include <liaison/common/text.hpp>

#include <unordered_map>

namespace liaison::hl7v2 {
namespace {

using facts::identifier_kind;

struct oid_kind {
  std::string_view oid;
  identifier_kind kind;
};
// identity-ins 4: the OID tells which kind of matricule it is; .13 and .14 are social security numbers, never an INS.
constexpr oid_kind oid_kinds[] = {
    {"1.2.250.1.213.1.4.8", identifier_kind::ins_nir},   {"1.2.250.1.213.1.4.9", identifier_kind::ins_nia},
    {"1.2.250.1.213.1.4.10", identifier_kind::ins_test}, {"1.2.250.1.213.1.4.11", identifier_kind::ins_demo},
    {"1.2.250.1.213.1.4.13", identifier_kind::nir},      {"1.2.250.1.213.1.4.14", identifier_kind::nir},
};

struct type_kind {
  std::string_view type;
  identifier_kind kind;
};
constexpr type_kind type_kinds[] = {
    {"PI", identifier_kind::ipp},  {"NH", identifier_kind::nir}, {"SS", identifier_kind::nir},
    {"VN", identifier_kind::stay}, {"MR", identifier_kind::ipp},
};

struct pair {
  std::string_view from, to;
};
constexpr pair coding_systems[] = {
    {"LN", "http://loinc.org"},
    {"LOINC", "http://loinc.org"},
    {"UCUM", "http://unitsofmeasure.org"},
    {"SCT", "http://snomed.info/sct"},
    {"SNM3", "http://snomed.info/sct"},
    {"SNOMED", "http://snomed.info/sct"},
    {"SNOMED-CT", "http://snomed.info/sct"},
    {"I10", "http://hl7.org/fhir/sid/icd-10"},
    {"CIM-10", "http://hl7.org/fhir/sid/icd-10"},
    {"TRE_A05", "https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire"},
};

constexpr pair result_statuses[] = {
    {"F", "final"},   {"C", "amended"},   {"D", "deleted"}, {"P", "partial"}, {"R", "partial"},
    {"A", "partial"}, {"X", "cancelled"}, {"W", "deleted"}, {"M", "amended"},
};

constexpr std::array<std::string_view, flag_count> flag_names = {
    "MASQUE_PS",       "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE",
    "MODIF_CONF_CODE", "DESTDMP",           "DESTMSSANTEPS",        "DESTMSSANTEPAT",
    "ACK_RECEPTION",   "ACK_LECTURE_MSS",   "CORPSMAIL_PS",         "CORPSMAIL_PATIENT"};

constexpr std::array<std::string_view, flag_count> flag_labels = {
    "Masqué aux professionnels de Santé",
    "Document Non Visible par le patient",
    "Non visible par les représentants Légaux du patient",
    "Connexion Secrete",
    "Modification Confidentiality Code",
    "Destinataire DMP",
    "Destinataire (Professionnel de Santé, organisation ou BAL applicative)",
    "Destinataire Patient",
    "Accusé de réception",
    "Accusé de lecture",
    "Corps du mail pour un PS",
    "Corps du mail pour le patient"};

struct flag_alias {
  std::string_view name;
  flag which;
};
constexpr flag_alias flag_aliases[] = {
    {"INVISIBLE_REPRESENTANTS_LEGAUX", flag::invisible_rep_legaux},
    {"MODIF_CONFIDENTIALITYCODE", flag::modif_conf_code},
    {"MODIF_CONFIDENTIALITY_CODE", flag::modif_conf_code},
    {"ACK_LECTURE", flag::ack_lecture_mss},
    {"ACK_RECEPTION_MSS", flag::ack_reception},
    {"CORPSMAILPS", flag::corpsmail_ps},
    {"CORPSMAILPATIENT", flag::corpsmail_patient},
};

struct condition_text {
  std::string_view code, text;
};
constexpr condition_text condition_texts[] = {
    {"100", "Segment sequence error"},   {"101", "Required field missing"},     {"102", "Data type error"},
    {"103", "Table value not found"},    {"198", "Non-conformant cardinality"}, {"199", "Other HL7 Error"},
    {"200", "Unsupported message type"}, {"201", "Unsupported event code"},     {"202", "Unsupported processing"},
    {"203", "Unsupported version"},      {"207", "Application error"},
};

/// Issue code → its code of HL7 0357, from the table of issues.
const std::unordered_map<std::string_view, std::string_view>& issue_conditions() {
  static const auto made = [] {
    std::unordered_map<std::string_view, std::string_view> out;
    tables::each_row(tables::issues(), [&](const std::vector<std::string_view>& columns) {
      if (columns.size() == 5) out.emplace(columns[0], columns[3]);
    });
    return out;
  }();
  return made;
}

struct media {
  std::string_view subtype;
  std::string_view type;
};
constexpr media media_types[] = {
    {"pdf", "application/pdf"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"png", "image/png"},
    {"gif", "image/gif"},
    {"tiff", "image/tiff"},
    {"tif", "image/tiff"},
    {"rtf", "application/rtf"},
    {"html", "text/html"},
    {"xml", "text/xml"},
    {"plain", "text/plain"},
    {"txt", "text/plain"},
    {"dicom", "application/dicom"},
    {"zip", "application/zip"},
    {"x-hl7-cda-level-one+xml", "text/xml"},
    {"x-hl7-cda-level-one", "text/xml"},
    {"hl7-sda+xml", "text/xml"},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

identifier_kind kind_of_patient_identifier(std::string_view oid, std::string_view type) {
  type = trim(type);
  identifier_kind by_type = identifier_kind::other;
  for (const auto& row : type_kinds) {
    if (equals_ignoring_case(row.type, type)) by_type = row.kind;
  }
  // FR Core gives the social security number the OID of the INS: its type tells them apart (identity-ins 4).
  if (by_type == identifier_kind::nir) return by_type;
  for (const auto& row : oid_kinds) {
    if (row.oid == oid) return row.kind;
  }
  return by_type;
}

bool is_ins(identifier_kind kind) {
  return kind == identifier_kind::ins_nir || kind == identifier_kind::ins_nia || is_test_ins(kind);
}

bool is_test_ins(identifier_kind kind) {
  return kind == identifier_kind::ins_test || kind == identifier_kind::ins_demo;
}

bool is_oid(std::string_view text) {
  if (text.size() < 3 || text[0] < '0' || text[0] > '2' || text[1] != '.' || text.back() == '.') return false;
  char before = '.';
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '.' && (c < '0' || c > '9')) return false;
    if (i > 1 && c == '.' && before == '.') return false;
    before = c;
  }
  return true;
}

std::string system_of(std::string_view universal_id, std::string_view universal_id_type) {
  universal_id = trim(universal_id);
  if (is_oid(universal_id)) return "urn:oid:" + std::string(universal_id);
  if (universal_id.size() == 36 && equals_ignoring_case(trim(universal_id_type), "UUID")) {
    return "urn:uuid:" + lower(universal_id);
  }
  return {};
}

std::string system_of_coding(std::string_view name) {
  name = trim(name);
  for (const auto& row : coding_systems) {
    if (equals_ignoring_case(row.from, name)) return std::string(row.to);
  }
  return is_oid(name) ? "urn:oid:" + std::string(name) : std::string{};
}

std::string_view document_status_of_result(std::string_view code) {
  for (const auto& row : result_statuses) {
    if (row.from == trim(code)) return row.to;
  }
  return {};
}

std::string_view name_of(flag which) { return flag_names[static_cast<std::size_t>(which)]; }

std::string_view label_of(flag which) { return flag_labels[static_cast<std::size_t>(which)]; }

std::optional<flag_name> flag_named(std::string_view code) {
  for (std::size_t i = 0; i < flag_count; ++i) {
    if (flag_names[i] == code) return flag_name{static_cast<flag>(i), true};
  }
  if (code.size() > 64) return std::nullopt;
  std::string bare;
  for (const char c : code) {
    if (c != ' ') bare += c;
  }
  for (std::size_t i = 0; i < flag_count; ++i) {
    if (flag_names[i] == bare) return flag_name{static_cast<flag>(i), false};
  }
  for (const auto& alias : flag_aliases) {
    if (alias.name == bare) return flag_name{alias.which, false};
  }
  return std::nullopt;
}

bool is_obsolete_metadata(std::string_view code) { return trim(code) == "COMP_LOT"; }

error_condition condition_of_issue(std::string_view issue_code) {
  const auto& known = issue_conditions();
  const auto found = known.find(issue_code);
  const std::string_view code = found == known.end() ? std::string_view("207") : found->second;
  for (const auto& row : condition_texts) {
    if (row.code == code) return {row.code, row.text};
  }
  return {"207", "Application error"};
}

std::string media_type_of(std::string_view type, std::string_view subtype, std::string_view bytes) {
  if (bytes.starts_with("%PDF-")) return "application/pdf";
  const std::string whole = lower(trim(type)), part = lower(trim(subtype));
  if (whole.find('/') != std::string::npos) return whole;
  for (const auto& row : media_types) {
    if (row.subtype == part) return std::string(row.type);
  }
  // TEXT and the like with no subtype are plain text; FT and TX come this way too.
  if (part.empty())
    return whole.empty() || whole == "text" || whole == "ft" || whole == "tx" ? "text/plain"
                                                                              : "application/octet-stream";
  if (whole == "application" || whole == "image" || whole == "text" || whole == "audio" || whole == "multipart" ||
      whole == "video") {
    return whole + "/" + part;
  }
  return "application/octet-stream";
}

}  // namespace liaison::hl7v2
