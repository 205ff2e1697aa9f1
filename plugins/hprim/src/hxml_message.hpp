// SPDX-License-Identifier: Apache-2.0
// A HPRIM XML message as a tree, read without regard to prefixes, namespaces, accents and versions.
#pragma once

#include "findings.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/xml.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::hprim {

inline constexpr std::string_view hprim_namespace = "http://www.hprim.org/hprimXML";

/// One event of a message: the element that says what happened, with the patient and stay it speaks of.
struct hxml_event {
  const xmlNode* node = nullptr;     ///< venuePatient, evenementServeurActe, …
  const xmlNode* patient = nullptr;  ///< null: none
  const xmlNode* venue = nullptr;
};

struct hxml_message {
  xml_parsed parsed;
  charset from = charset::utf_8;
  const xmlNode* root = nullptr;
  std::string name;                 ///< of the root, without prefix
  const xmlNode* header = nullptr;  ///< enteteMessage or enteteMessageAcquittement
  bool is_acknowledgement = false;
  bool wants_acknowledgement = false;
  std::vector<hxml_event> events;
  std::string id, version, produced;
};

struct hxml_agent {
  const xmlNode* node = nullptr;
  std::string code, name;
};

enum class hxml_outcome : std::uint8_t { read, not_mine, broken };
hxml_outcome read_hxml(std::string_view bytes, hxml_message& message, findings& found);

int recognise_hxml(std::string_view head);

/// Which of the agents of emetteur or destinataire speaks for it: the system, else the application, else any.
hxml_agent best_agent(const xmlNode* party);

/// The number in emetteur or recepteur, with or without `valeur`.
const xmlNode* number_node(const xmlNode* identified, std::string_view side);
std::string text_of(const xmlNode* node);  ///< all text, blanks at the ends removed

/// "création" → "creation": enumerations are compared without accents and case.
std::string folded(std::string_view text);

/// `dateHeureOptionnelle`, `execute`, `debut` …: date and heure below a node as wall-clock time, or its own text.
std::string moment_of(const xmlNode* node);

/// Day or time of the event, when the message tells one; empty otherwise.
std::string time_of(const hxml_event& event);

}  // namespace liaison::hprim
