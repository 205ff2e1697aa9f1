// SPDX-License-Identifier: Apache-2.0
// What inspect tells of a document, and the parts of it that decode needs too (identity, media bodies).
#pragma once

#include "reading.hpp"

#include <liaison/facts.hpp>

#include <functional>

namespace liaison::cda {

/// A body inside the document: nonXMLBody/text, or the value of an observationMedia.
struct media {
  const xmlNode* holder = nullptr;  ///< nonXMLBody or observationMedia
  const xmlNode* value = nullptr;   ///< the element with the bytes
  std::string content_type;
};

/// All bodies, in document order.
std::vector<media> find_media(const xmlNode* document);

/// Decoded bytes of a body; nothing (and an issue) when its base64 is no base64.
std::optional<std::string> media_bytes(const call& of, const media& body);

/// Traits, identifiers and status of the patient. Reports a second INS (`two_ins` is set then).
struct identity_result {
  facts::patient patient;
  bool two_ins = false;
};
identity_result read_identity(const call& of, const xmlNode* patient_role);

facts::message_facts read_facts(const call& of, const opened& file, bool& two_ins);

/// Visits every result observation with a value in document order; previous results are not visited.
void for_each_result(const xmlNode* document, const std::function<void(const xmlNode* observation)>& visit);

/// The label of an observation as printed: its originalText, unless that points at the value, else the display name.
std::string result_label(const id_index& ids, const xmlNode* observation);

/// id as one string: root, or root^extension; "urn:oid:" / "urn:uuid:" before a root alone.
std::string id_text(const xmlNode* id);

std::string person_name(const xmlNode* name);  ///< "DR Test AUTEUR"

}  // namespace liaison::cda
