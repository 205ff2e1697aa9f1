// SPDX-License-Identifier: Apache-2.0
// Pivot → message: ORU^R01 for documents and results, ADT for admissions and discharges. The parts share one
// `encoding`; what a part writes, it carries in the account.
#pragma once

#include "codes.hpp"
#include "findings.hpp"
#include "volet.hpp"
#include "writing.hpp"

#include <liaison/common/pivot.hpp>
#include <liaison/common/plugin.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::hl7v2 {

/// The endpoint's options for writing: {"sending_application", "sending_facility", "receiving_application",
/// "receiving_facility", "processing"}; of the profiles that wrap a document also "message" (ORU or MDM),
/// "sender_address" (PRT-15 of the sender when the source gives none) and "flags" ({"DESTDMP": "Y"}).
struct peer_options {
  std::string sending_application = "LIAISON", sending_facility, receiving_application, receiving_facility, processing;
  std::string message, sender_address;
  std::map<flag, bool> flags;
};
peer_options peer_options_of(std::string_view endpoint_json);

/// Places of segments among each other; the order within one rank is that of writing.
enum rank : unsigned {
  rank_header,
  rank_event,
  rank_patient,
  rank_patient_more,
  rank_role,
  rank_kin,
  rank_visit,
  rank_visit_more,
  rank_body,
  rank_z
};

struct encoding {
  pivot_reader& in;
  account* ledger;
  findings& found;
  std::string now;
  peer_options peers;
  std::vector<std::unique_ptr<out_segment>> segments;
  std::map<std::string, unsigned> counts;
  std::map<std::pair<std::string, unsigned>, out_segment*> by_name;

  const json_value* patient = nullptr;
  const json_value* encounter = nullptr;
  const json_value* composition = nullptr;
  out_segment* pid = nullptr;
  out_segment* pv1 = nullptr;

  out_segment& add(const std::string& name, unsigned at_rank) {
    segments.push_back(std::make_unique<out_segment>(name, ++counts[name], at_rank));
    by_name[{name, counts[name]}] = segments.back().get();
    return *segments.back();
  }
  /// Writes the text at `path` of `node` and carries its leaf; false when there is none.
  bool put(const json_value* node, std::string_view path, out_segment& to, const place& where) const;
  /// Writes `text` for it (a code mapped, a date converted).
  void put_as(const json_value* node, std::string_view path, out_segment& to, const place& where,
              std::string_view text) const;
};

std::size_t size_of(const json_value* array);
const json_value* element(const json_value* array, std::size_t index);

// Data types into a repetition of a field. Each returns false when there was nothing to write.
bool put_identifier(const encoding& e, const json_value* identifier, out_segment& to, unsigned field_number);
bool put_person(const encoding& e, const json_value* practitioner, out_segment& to, unsigned field_number);
bool put_concept(const encoding& e, const json_value* concept_node, out_segment& to, unsigned field_number);
/// As `put_time`, into a component.
bool put_time_at(const encoding& e, const json_value* node, std::string_view path, out_segment& to, const place& where);
bool put_time(const encoding& e, const json_value* node, std::string_view path, out_segment& to, unsigned field_number);
void put_telecom(const encoding& e, const json_value* telecom, out_segment& to, unsigned field_number);
void put_address(const encoding& e, const json_value* address, out_segment& to, unsigned field_number);
std::string coding_system_name(std::string_view system);

// Parts of a message.
void put_header(encoding& e, std::string_view type, std::string_view trigger, std::string_view structure,
                std::string_view version, std::string_view control_id, std::string_view charset_name);
void put_identity(encoding& e);  ///< PID alone
void put_patient(encoding& e);   ///< PID with ROL and NK1
void put_visit(encoding& e);
void put_appointment(encoding& e, std::string_view trigger);  ///< SCH, RGS, AIS, AIP
void put_consents(encoding& e);                               ///< ZFA, ZFD-3
void put_results(encoding& e);
void put_recipients(encoding& e);
/// PRT for a Practitioner, PractitionerRole, Organization, Device or Patient; false when nothing can be said of it.
bool put_participant(encoding& e, const json_value* who, std::string_view code);
void put_source_fields(encoding& e);  ///< what a reader of HL7v2 wants back
/// Source-fields of one resource whose segment is the one at hand, whatever its number was.
void put_source_fields_of(const encoding& e, const json_value* resource, out_segment& to);

/// The messages of the volets around documents that the host hands in: ORU^R01 2.5, MDM 2.6. A status other than OK
/// when they cannot be written; its issue has been reported.
liaison_status put_documents(encoding& e, const call& request, contract which, std::string_view control_id,
                             std::string_view charset_name);

liaison_status encode_message(const call& request);

}  // namespace liaison::hl7v2
