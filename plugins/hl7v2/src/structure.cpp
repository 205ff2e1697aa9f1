// SPDX-License-Identifier: Apache-2.0
#include "structure.hpp"

#include "field_rules.hpp"
#include "grammar.hpp"
#include "inspect.hpp"
#include "reading.hpp"

#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {

void check_structure(const message& of, std::string_view profile, findings& found) {
  const segment msh = of.at(0);
  if (trim(msh[9].component(2)).empty() && trim(msh[9].component(1)) != "ACK")
    found.error("hl7v2-event", "MSH-9.2", "the trigger event is missing");
  check_order(of, found);
  const std::string_view version = trim(msh[12].component(1));
  if (!version.empty() && !is_code_of("0104", version))
    found.error("hl7v2-version", "MSH-12", "the version is none of HL7 2.1 to 2.9.1");
  for (std::size_t i = 0; i < of.size(); ++i) check_fields(of.at(i), profile, version, found);
  const bool is_movement = profile == profile_of(contract::pam_fr) && trim(msh[9].component(1)) == "ADT" &&
                           is_code_of("PAM-ZBE", trim(msh[9].component(2)));
  if (is_movement && !of.find("ZBE"))
    found.error("hl7v2-segment-missing", "ZBE", "PAM.FR asks for the movement of this event");
}

liaison_status validate_message(const call& request) {
  opened message_read(request);
  if (message_read.stopped()) return *message_read.stopped();
  findings& found = message_read.found();
  const call_options& options = request.options();
  const reading_result read =
      read_facts(message_read.parsed(),
                 {value_list::leave_out, volet_options_of(options.endpoint), options.zone, options.now}, found);
  check_structure(message_read.parsed(), options.profile.empty() ? profile_of(read.which) : options.profile, found);
  found.report(request);
  return LIAISON_OK;
}

}  // namespace liaison::hl7v2
