// SPDX-License-Identifier: Apache-2.0
// The tables themselves. A code system that FHIR terminology names by a URI must be named by it; all
// others go by their OID.
#include <liaison/common/oids.hpp>

#include <array>

namespace liaison {
namespace {

struct system_row {
  std::string_view oid;
  std::string_view uri;
  std::string_view name;
};

// The first row of an OID or of a URI is the one that is written.
constexpr std::array<system_row, 25> systems{{
    {oid_loinc, "http://loinc.org", "LOINC"},
    {"2.16.840.1.113883.6.96", "http://snomed.info/sct", "SNOMED CT"},
    {"2.16.840.1.113883.6.3", "http://hl7.org/fhir/sid/icd-10", "CIM-10"},
    {"2.16.840.1.113883.6.8", "http://unitsofmeasure.org", "UCUM"},
    {"2.16.840.1.113883.6.73", "http://www.whocc.no/atc", "ATC"},
    {"2.16.840.1.113883.5.1", "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender", ""},
    {"2.16.840.1.113883.5.2", "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", ""},
    {"2.16.840.1.113883.5.4", "http://terminology.hl7.org/CodeSystem/v3-ActCode", ""},
    {"2.16.840.1.113883.5.7", "http://terminology.hl7.org/CodeSystem/v3-ActPriority", ""},
    {"2.16.840.1.113883.5.8", "http://terminology.hl7.org/CodeSystem/v3-ActReason", ""},
    {"2.16.840.1.113883.5.25", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", ""},
    {oid_interpretation, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", ""},
    {"2.16.840.1.113883.5.84", "http://terminology.hl7.org/CodeSystem/v3-ObservationMethod", ""},
    {"2.16.840.1.113883.5.88", "http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction", ""},
    {"2.16.840.1.113883.5.90", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", ""},
    {"2.16.840.1.113883.5.110", "http://terminology.hl7.org/CodeSystem/v3-RoleClass", ""},
    {"2.16.840.1.113883.5.111", "http://terminology.hl7.org/CodeSystem/v3-RoleCode", ""},
    {"2.16.840.1.113883.5.112", "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", ""},
    {"2.16.840.1.113883.5.129", "http://terminology.hl7.org/CodeSystem/v3-SpecimenType", ""},
    {"2.16.840.1.113883.5.139", "http://terminology.hl7.org/CodeSystem/v3-TimingEvent", ""},
    {"2.16.840.1.113883.5.1063", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", ""},
    {"2.16.840.1.113883.18.311", "http://terminology.hl7.org/CodeSystem/v2-0487", ""},
    {"2.16.840.1.113883.5.1150.1", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", ""},
    {"1.2.840.10008.2.16.4", "http://dicom.nema.org/resources/ontology/DCM", "DCM"},
    {"0.4.0.127.0.16.1.1.2.1", "http://standardterms.edqm.eu", "EDQM"},
}};

struct kind_row {
  std::string_view root;
  facts::identifier_kind kind;
};

constexpr std::array<kind_row, 10> kinds{{
    {"1.2.250.1.213.1.4.8", facts::identifier_kind::ins_nir},
    {"1.2.250.1.213.1.4.9", facts::identifier_kind::ins_nia},
    {"1.2.250.1.213.1.4.10", facts::identifier_kind::ins_test},
    {"1.2.250.1.213.1.4.11", facts::identifier_kind::ins_demo},
    {"1.2.250.1.213.1.4.13", facts::identifier_kind::nir},
    {"1.2.250.1.213.1.4.14", facts::identifier_kind::nir},
    {"1.2.250.1.213.1.4.2", facts::identifier_kind::other},  // INS-C, obsolete: production, test, demonstration
    {"1.2.250.1.213.1.4.6", facts::identifier_kind::other},
    {"1.2.250.1.213.1.4.7", facts::identifier_kind::other},
    {"1.2.250.1.213.1.4.12", facts::identifier_kind::other},  // SI-SAMU
}};

}  // namespace

std::string system_of_oid(std::string_view oid) {
  for (const system_row& row : systems) {
    if (row.oid == oid) {
      return std::string(row.uri);
    }
  }
  if (oid.empty()) {
    return {};
  }
  if (is_uuid(oid)) {
    return "urn:uuid:" + lower(oid);
  }
  if (is_oid(oid)) {
    return "urn:oid:" + std::string(oid);
  }
  std::string name;  // neither: the name of a system that only its sender knows
  for (const char c : oid) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
    name += plain ? c : '_';
  }
  return "urn:liaison:local:" + name;
}

std::string oid_of_system(std::string_view uri) {
  for (const system_row& row : systems) {
    if (row.uri == uri) {
      return std::string(row.oid);
    }
  }
  if (uri == "https://rpps.esante.gouv.fr") {
    return std::string(oid_ps_idnat);
  }
  if (uri == "https://finess.esante.gouv.fr") {
    return std::string(oid_struct_idnat);
  }
  for (const std::string_view prefix : {"urn:oid:", "urn:uuid:"}) {
    if (uri.starts_with(prefix)) {
      return std::string(uri.substr(prefix.size()));
    }
  }
  return {};
}

std::string_view name_of_oid(std::string_view oid) {
  for (const system_row& row : systems) {
    if (row.oid == oid) {
      return row.name;
    }
  }
  return {};
}

facts::identifier_kind identifier_kind_of(std::string_view root) {
  for (const kind_row& row : kinds) {
    if (row.root == root) {
      return row.kind;
    }
  }
  return facts::identifier_kind::ipp;
}

bool is_ins(facts::identifier_kind kind) {
  using enum facts::identifier_kind;
  return kind == ins_nir || kind == ins_nia || kind == ins_test || kind == ins_demo;
}

bool is_oid(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '2' || text.find('.') == std::string_view::npos) {
    return false;
  }
  char before = '.';
  for (const char c : text) {
    if ((c < '0' || c > '9') && (c != '.' || before == '.')) {
      return false;
    }
    before = c;
  }
  return before != '.';
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (hyphen ? c != '-' : !digit) {
      return false;
    }
  }
  return true;
}

std::string cda_root(std::string_view root) {
  std::string out(root);
  if (is_uuid(root)) {
    for (char& c : out) {
      c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return out;
}

std::string lower(std::string_view ascii) {
  std::string out(ascii);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return out;
}

}  // namespace liaison
