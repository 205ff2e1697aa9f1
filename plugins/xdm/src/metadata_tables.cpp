// SPDX-License-Identifier: Apache-2.0
// The attributes of XDS that the French profile uses, and where they stand in ebRIM.
#include "metadata.hpp"

#include <array>

namespace liaison::xdm {
namespace {

using entry = document_entry;

constexpr std::array<attribute_row<entry, sourced>, 11> slots{{
    {"creationTime", nullptr, &entry::creation_time, needed::yes},
    {"hash", nullptr, &entry::hash, needed::yes},
    {"languageCode", nullptr, &entry::language, needed::yes},
    {"legalAuthenticator", nullptr, &entry::legal_authenticator, needed::yes},
    {"repositoryUniqueId", nullptr, &entry::repository_id, needed::no},
    {"serviceStartTime", nullptr, &entry::service_start, needed::yes},
    {"serviceStopTime", nullptr, &entry::service_stop, needed::no},
    {"size", nullptr, &entry::size, needed::yes},
    {"sourcePatientId", nullptr, &entry::source_patient_id, needed::yes},
    {"URI", nullptr, &entry::uri, needed::yes},
    {action_slot, nullptr, &entry::action, needed::no},
}};

constexpr std::array<attribute_row<entry, coded>, 5> codes{{
    {"classCode", "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a", &entry::class_code, needed::yes},
    {"formatCode", "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d", &entry::format_code, needed::yes},
    {"healthcareFacilityTypeCode", "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", &entry::facility_code, needed::yes},
    {"practiceSettingCode", "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead", &entry::practice_code, needed::yes},
    {"typeCode", "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983", &entry::type_code, needed::yes},
}};

constexpr std::array<attribute_row<entry, std::vector<coded>>, 2> code_lists{{
    {"confidentialityCode", "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f", &entry::confidentiality, needed::yes},
    {"eventCodeList", "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4", &entry::event_codes, needed::no},
}};

constexpr std::array<attribute_row<entry, sourced>, 2> identifiers{{
    {"patientId", "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427", &entry::patient_id, needed::yes},
    {"uniqueId", "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab", &entry::unique_id, needed::yes},
}};

constexpr std::array<attribute_row<submission_set, sourced>, 3> identifiers_of_set{{
    {"patientId", "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446", &submission_set::patient_id, needed::yes},
    {"sourceId", "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832", &submission_set::source_id, needed::yes},
    {"uniqueId", "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8", &submission_set::unique_id, needed::yes},
}};

bool has_author(const std::vector<author>& authors) {
  for (const author& one : authors)
    if (!one.persons.empty() || !one.institutions.empty()) return true;
  return false;
}

}  // namespace

std::span<const attribute_row<document_entry, sourced>> document_slots() { return slots; }
std::span<const attribute_row<document_entry, coded>> document_codes() { return codes; }
std::span<const attribute_row<document_entry, std::vector<coded>>> document_code_lists() { return code_lists; }
std::span<const attribute_row<document_entry, sourced>> document_identifiers() { return identifiers; }
std::span<const attribute_row<submission_set, sourced>> set_identifiers() { return identifiers_of_set; }

std::string location_of_document(std::size_t ordinal) { return "DocumentEntry[" + std::to_string(ordinal + 1) + "]"; }

void check_required(const submission& what, std::size_t first_ordinal, findings& found) {
  const auto need = [&](bool there, const std::string& of, const char* name) {
    if (!there) found.add(finding::attribute_missing, of + "/" + name);
  };
  for (const auto& row : identifiers_of_set) need(!(what.set.*row.place).empty(), "SubmissionSet", row.name);
  need(!what.set.submission_time.empty(), "SubmissionSet", "submissionTime");
  need(!what.set.content_type.empty(), "SubmissionSet", "contentTypeCode");
  need(has_author(what.set.authors), "SubmissionSet", "author");
  for (std::size_t i = 0; i < what.documents.size(); ++i) {
    const document_entry& document = what.documents[i];
    const std::string of = location_of_document(first_ordinal + i);
    const auto need_all = [&](const auto& rows) {
      for (const auto& row : rows)
        if (row.by_cisis == needed::yes) need(!(document.*row.place).empty(), of, row.name);
    };
    need_all(slots);
    need_all(codes);
    need_all(code_lists);
    need_all(identifiers);
    need(!document.mime.empty(), of, "mimeType");
    need(has_author(document.authors), of, "author");
  }
}

}  // namespace liaison::xdm
