// SPDX-License-Identifier: Apache-2.0
// Identifiers, names and participants as the facts show them: CX, HD, XPN, XCN, XON, XTN.
#pragma once

#include "findings.hpp"
#include "message.hpp"

#include <liaison/facts.hpp>

#include <string>
#include <string_view>

namespace liaison::hl7v2 {

/// Text of a raw component: unescaped, without blanks at both ends; `""` (explicit null) is empty.
std::string value_of(std::string_view raw, const separators& by);

/// Assigning authority of a CX, XCN or XON at `component`: universal id of the HD as a URI; the bare OID that some
/// senders write as its first sub-component counts too.
struct authority {
  std::string_view universal_id;
  std::string system;
  bool is_misplaced = false;  ///< the OID stands in sub-component 1 (PFI-T13)
};
authority authority_of(const repetition& of, unsigned component);

/// EI: "urn:oid:root" for a bare OID, "root^extension" for both, else the entity with its namespace.
std::string id_of(const repetition& ei);

facts::identifier patient_identifier(const repetition& cx);

/// A date of HL7 in the precision that is known: lunar zeros ("19790000") are cut off.
std::string partial_date(std::string_view stamp);

/// PID, with its names, birth place, home and identity status; reports what is wrong with the identity.
facts::patient read_patient(const segment& pid, findings& found);

facts::party party_of_person(const repetition& xcn);
facts::party party_of_organization(const repetition& xon);
facts::party party_of_application(const field& application, const field& facility);

enum class participation : std::uint8_t { send_by, result_copies_to, reply_to, other };
struct participant {
  participation role = participation::other;
  facts::party party;
  bool is_patient = false;
};
participant read_participant(const segment& prt);

}  // namespace liaison::hl7v2
