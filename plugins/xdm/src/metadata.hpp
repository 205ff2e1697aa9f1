// SPDX-License-Identifier: Apache-2.0
// METADATA.XML as values: one submission set, its documents, the associations between them (ITI TF-3 4.2, ebRIM 3.0).
// One table of attributes serves reader, writer and checks.
#pragma once

#include "xdm_findings.hpp"

#include <liaison/common/pivot.hpp>
#include <liaison/common/xml.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::xdm {

struct coded {
  sourced code, display, system;  ///< `system`: an OID
  bool empty() const { return code.empty(); }
};

struct author {
  std::vector<sourced> persons, institutions, roles, specialties, telecoms;
};

struct document_entry {
  std::string id;  ///< entryUUID, "urn:uuid:…"
  sourced mime;
  sourced hash, size, uri, language, creation_time, service_start, service_stop, legal_authenticator, source_patient_id,
      repository_id, action;
  std::vector<sourced> source_patient_info;
  sourced title, comments;
  std::vector<author> authors;
  coded class_code, type_code, format_code, facility_code, practice_code;
  std::vector<coded> confidentiality, event_codes;
  sourced patient_id, unique_id;
};

struct submission_set {
  std::string id;
  sourced submission_time, title, comments, patient_id, source_id, unique_id;
  std::vector<sourced> recipients;
  std::vector<author> authors;
  coded content_type;
};

enum class association_type : std::uint8_t { has_member, replaces, other };
struct association {
  association_type type = association_type::other;
  std::string source, target;
};

struct submission {
  submission_set set;
  std::vector<document_entry> documents;
  std::vector<association> associations;
};

// ---- the tables. An attribute is a Slot, a Classification or an ExternalIdentifier; required: by CI-SIS.

enum class needed : std::uint8_t { no, yes };

template <class Object, class Member>
struct attribute_row {
  const char* name;    ///< of the XDS attribute
  const char* scheme;  ///< of the classification or identifier; null for a slot, whose name is the attribute's
  Member Object::*place;
  needed by_cisis;
};

std::span<const attribute_row<document_entry, sourced>> document_slots();
std::span<const attribute_row<document_entry, coded>> document_codes();
std::span<const attribute_row<document_entry, std::vector<coded>>> document_code_lists();
std::span<const attribute_row<document_entry, sourced>> document_identifiers();
std::span<const attribute_row<submission_set, sourced>> set_identifiers();

inline constexpr const char* action_slot = "urn:action:extraMetadataSlot";
inline constexpr const char* document_author_scheme = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d";
inline constexpr const char* set_author_scheme = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d";
inline constexpr const char* content_type_scheme = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500";
inline constexpr const char* set_node = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
inline constexpr const char* folder_node = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2";
inline constexpr const char* document_object_type = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1";

/// "DocumentEntry[2]" of the whole archive.
std::string location_of_document(std::size_t ordinal);

/// Reads what it knows, in whatever order and with the defects that are seen in the field; everything else stays in the
/// ledger as not carried. Nothing when the tree holds no registry object.
std::optional<submission> read_metadata(const xmlDoc* tree, const xml_ledger& ledger, findings& found,
                                        std::string_view location);

/// As strict as the schema of ebRIM 3.0 is about order. The same values give the same bytes.
std::string write_metadata(const submission& what);

/// Attributes that CI-SIS requires and that are not there, as warnings or refusals.
void check_required(const submission& what, std::size_t first_ordinal, findings& found);

}  // namespace liaison::xdm
