// SPDX-License-Identifier: Apache-2.0
// The hot path of intake: one pass over the segments, nothing translated that no fact needs.
#include "inspect.hpp"

#include "acknowledge.hpp"
#include "event_facts.hpp"
#include "reading.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

constexpr std::size_t values_max = 100'000;
constexpr std::size_t parties_max = 1000;

std::string message_code(const segment& msh) {
  const field type = msh[9];
  std::string code = value_of(type.component(1), type.first().by());
  const std::string_view trigger = trim(type.component(2));
  if (!trigger.empty()) code.append("^").append(trigger);
  return code;
}

facts::coding coding_of(const repetition& of) {
  const separators& by = of.by();
  facts::coding out;
  out.code = value_of(of.component(1), by);
  out.display = value_of(of.component(2), by);
  out.system = system_of_coding(of.component(3));
  return out;
}

void read_event(const message& of, const fact_options& options, facts::message_facts& into) {
  const segment msh = of.at(0);
  into.event.code = message_code(msh);
  into.event.message = value_of(msh[10].text(), of.by());
  into.event.sending_application =
      value_of(msh[3].component(1), of.by()) + "|" + value_of(msh[4].component(1), of.by());
  event_time when = time_of_event(of, options.zone, options.now);
  into.event.time = std::move(when.fhir);
  if (trim(msh[9].component(1)) == "ADT" && when.from) into.event.time_from = location(when.from, {when.field});
}

void read_visit(const message& of, facts::message_facts& into) {
  const segment pv1 = of.find("PV1");
  if (!pv1 || into.patients.empty()) return;
  const repetition visit = pv1[19].first();
  const std::string number = value_of(visit.component(1), visit.by());
  if (number.empty()) return;
  into.patients.front().identifiers.push_back({authority_of(visit, 4).system, number, facts::identifier_kind::stay});
}

/// Médecin traitant of an admission: ROL-3 ODRP in France, PP elsewhere, PD1-4 in older messages.
void read_general_practitioner(const message& of, facts::message_facts& into) {
  for (segment rol = of.find("ROL"); rol; rol = of.find("ROL", rol.position() + 1)) {
    const std::string_view role = trim(rol[3].component(1));
    if (role != "ODRP" && role != "PP") continue;
    facts::party doctor = party_of_person(rol[4].first());
    if (doctor.name.empty() && doctor.identifiers.empty()) continue;
    doctor.role = "general-practitioner";
    into.recipients.push_back(std::move(doctor));
    return;
  }
}

void read_participants(const message& of, reading_result& into) {
  for (segment prt = of.find("PRT"); prt && into.participants.size() < parties_max;
       prt = of.find("PRT", prt.position() + 1)) {
    into.participants.push_back(read_participant(prt));
    into.participant_segments.push_back(prt);
  }
  for (const participant& who : into.participants) {
    if (who.role == participation::send_by) {
      into.facts.sender = who.party;
    } else if (who.role == participation::result_copies_to || who.role == participation::reply_to) {
      into.facts.recipients.push_back(who.party);
      into.facts.recipients.back().role = who.role == participation::reply_to ? "reply" : "primary";
    }
  }
}

/// Orderer and copies of a result that names no participations: OBR-16 and OBR-28, or ORC-12.
void read_order_recipients(const message& of, facts::message_facts& into) {
  const segment obr = of.find("OBR"), orc = of.find("ORC");
  const auto add = [&](const field& people, const char* role) {
    for (const auto piece : people.repetitions()) {
      facts::party person = party_of_person(people.as_repetition(piece));
      if ((person.name.empty() && person.identifiers.empty()) || into.recipients.size() >= parties_max) continue;
      person.role = role;
      into.recipients.push_back(std::move(person));
    }
  };
  if (obr && !obr[16].empty()) {
    add(obr[16], "primary");
  } else if (orc) {
    add(orc[12], "primary");
  }
  if (obr) add(obr[28], "copy");
}

void read_document_of_files(const message& of, const reading_result& read, facts::document& into,
                            std::string_view zone) {
  const segment txa = of.find("TXA"), orc = of.find("ORC"), obr = of.find("OBR");
  segment obx;
  for (const file& each : read.files) {
    if (each.kind == obx_kind::document) {
      obx = each.obx;
      break;
    }
  }
  if (!obx) return;
  into.type = coding_of(obr && !obr[4].empty() ? obr[4].first() : obx[3].first());
  into.title = into.type.display;
  if (txa) {
    into.id = id_of(txa[12].first());
    if (trim(of.at(0)[9].component(2)) == "T10") into.replaces = id_of(txa[13].first());
    if (into.type.code.empty()) into.type = coding_of(txa[2].first());
    for (const unsigned stamp : {7U, 6U, 4U}) {
      if (into.created.empty()) into.created = fhir_from_hl7(txa[stamp].component(1), zone).value_or(std::string{});
    }
  }
  into.status = document_status_of_result(obx[11].component(1));
  if (into.status.empty() && orc) into.status = document_status_of_order(orc[1].text());
  if (into.status == "deleted") into.replaces = into.id;
  into.masks = masks_of(read.flags);
}

/// A result without a document inside: the order's own numbers stand for the set, so that corrections stay in order.
void read_document_of_results(const message& of, facts::message_facts& into, std::string_view zone) {
  const segment obr = of.find("OBR");
  if (!obr) return;
  into.document.type = coding_of(obr[4].first());
  into.document.title = into.document.type.display;
  const segment orc = of.find("ORC");
  for (const field& number : {obr[3], obr[2], orc ? orc[3] : obr[3]}) {
    if (into.document.set_id.empty()) into.document.set_id = id_of(number.first());
  }
  into.document.status = document_status_of_result(obr[25].component(1));
  for (const unsigned stamp : {22U, 7U}) {
    if (into.document.created.empty()) {
      into.document.created = fhir_from_hl7(obr[stamp].component(1), zone).value_or(std::string{});
    }
  }
  const repetition interpreter = obr[32].first();
  if (!interpreter.empty()) {
    facts::party author = party_of_person(interpreter);
    if (!author.name.empty() || !author.identifiers.empty()) into.authors.push_back(std::move(author));
  }
}

void read_observations(const message& of, const fact_options& options, reading_result& into, findings& found) {
  for (segment obx = of.find("OBX"); obx; obx = of.find("OBX", obx.position() + 1)) {
    switch (kind_of(obx)) {
      case obx_kind::observation:
        ++into.facts.results;
        if (options.values == value_list::include && into.facts.values.size() < values_max) {
          into.facts.values.push_back(read_value(obx));
        }
        break;
      case obx_kind::document:
      case obx_kind::attachment:
        if (trim(obx[2].text()) != "ED" || obx[5].component(5).empty()) break;
        into.files.push_back(read_file(obx, found));
        break;
      case obx_kind::metadata:
        break;
    }
  }
  for (const file& each : into.files) {
    if (each.kind == obx_kind::document || !each.is_readable) continue;
    // On the return path the text beside the document is the mail that brought it (pfi-hl7v2 13.2).
    if (into.which == contract::cda_lps && each.content_type == "text/plain") continue;
    into.facts.attachments.push_back({each.content_type, each.bytes.size(), sha256_hex(each.bytes)});
  }
}

struct subject {
  std::string_view type, segment;  // of the message
  unsigned field;
};
constexpr subject subjects[] = {{"ORM", "OBR", 4}, {"OML", "OBR", 4}, {"OMG", "OBR", 4},
                                {"SIU", "SCH", 8}, {"SIU", "AIS", 3}, {"MFN", "MFI", 1}};

/// What an order asks for, an appointment is about, a master file holds: routes ask for it as for a document's type.
void read_subject(const message& of, facts::document& into) {
  const std::string_view type = trim(of.at(0)[9].component(1));
  for (const subject& row : subjects) {
    const segment from = row.type == type ? of.find(row.segment) : segment{};
    if (!from || !into.type.code.empty()) continue;
    into.type = coding_of(from[row.field].first());
    into.title = into.type.display;
  }
}

/// One person in two PID segments: a number in common, and no other date of birth.
bool is_same(const facts::patient& a, const facts::patient& b) {
  if (!a.birth_date.empty() && !b.birth_date.empty() && a.birth_date != b.birth_date) return false;
  return std::any_of(a.identifiers.begin(), a.identifiers.end(), [&](const facts::identifier& id) {
    return std::any_of(b.identifiers.begin(), b.identifiers.end(),
                       [&](const facts::identifier& other) { return id.value == other.value && id.system == other.system; });
  });
}

/// ADT tells of several patients on purpose (merge, link, swap). Elsewhere what follows a second PID would be the first one's.
void require_one_patient(const message& of, const facts::message_facts& read, findings& found) {
  if (trim(of.at(0)[9].component(1)) == "ADT") return;
  for (std::size_t i = 1; i < read.patients.size(); ++i) {
    if (is_same(read.patients.front(), read.patients[i])) continue;
    found.refuse("hl7v2-several-patients", "PID[" + std::to_string(i + 1) + "]",
                 "the message speaks of several patients; send them one by one");
    return;
  }
}

void require_patient(const message& of, const facts::message_facts& read, findings& found) {
  const std::string_view type = trim(of.at(0)[9].component(1));
  const bool needs_patient = type == "ORU" || type == "MDM" || type == "ADT";
  if (type.empty()) {
    found.refuse("hl7v2-message-type", "MSH-9", "the message type is missing");
  } else if (needs_patient && read.patients.empty()) {
    found.refuse("hl7v2-segment-missing", "PID", "the message needs a PID segment");
  }
}

void check_volet_of(const message& of, const fact_options& options, reading_result& into, findings& found) {
  const bool has_document = std::any_of(into.files.begin(), into.files.end(),
                                        [](const file& each) { return each.kind == obx_kind::document; });
  const std::string_view type = trim(of.at(0)[9].component(1));
  const bool is_request = type == "MDM" || type == "ORU";
  const bool announced = into.which == contract::cda_hl7v2 || into.which == contract::cda_lps;
  if (!is_request || (!announced && !has_document)) return;
  if (!announced) {
    const segment obx = of.find("OBX");
    bool has_metadata = false;
    for (segment each = obx; each && !has_metadata; each = of.find("OBX", each.position() + 1)) {
      has_metadata = kind_of(each) == obx_kind::metadata;
    }
    if (!has_metadata) return;  // another sender's way to carry a CDA: not this contract
    into.which = contract::cda_hl7v2;
  }
  if (!has_document) {
    found.refuse("hl7v2-segment-missing", "OBX", "the message carries no document");
  }
  into.flags = read_metadata(of, into.which, found);
  static const facts::patient nobody;
  const volet_view view{of,
                        into.which,
                        options.volet,
                        into.flags,
                        into.participants,
                        into.participant_segments,
                        into.facts.patients.empty() ? nobody : into.facts.patients.front()};
  check_volet(view, found);
  check_documents(view, into.files, found);
}

}  // namespace

reading_result read_facts(const message& of, const fact_options& options, findings& found) {
  reading_result out;
  out.which = contract_of(of);
  facts::message_facts& into = out.facts;
  into.format = "hl7v2";
  for (segment pid = of.find("PID"); pid && into.patients.size() < parties_max;
       pid = of.find("PID", pid.position() + 1)) {
    into.patients.push_back(read_patient(pid, found));
  }
  require_patient(of, into, found);
  require_one_patient(of, into, found);
  read_event(of, options, into);
  read_visit(of, into);
  into.sender = party_of_application(of.at(0)[3], of.at(0)[4]);
  read_participants(of, out);
  read_observations(of, options, out, found);
  check_volet_of(of, options, out, found);
  into.profile = profile_of(out.which);
  read_document_of_files(of, out, into.document, options.zone);
  const std::string_view type = trim(of.at(0)[9].component(1));
  if (type == "ORU" && into.document.type.code.empty() && into.document.status.empty()) {
    read_document_of_results(of, into, options.zone);
  }
  read_subject(of, into.document);
  if (type == "ORU" && out.participants.empty()) read_order_recipients(of, into);
  if (type == "ADT") read_general_practitioner(of, into);
  read_stay(of, options.zone, options.now, into, found);
  read_consents(of, options.zone, into, found);
  read_merges(of, into);
  read_answer(of, into, found);
  into.instructions = instructions_of(out.flags);
  return out;
}

liaison_status inspect_message(const call& request) {
  opened message_read(request);
  if (message_read.stopped()) return *message_read.stopped();
  const call_options& options = request.options();
  findings& found = message_read.found();
  const fact_options asked = {options.values ? value_list::include : value_list::leave_out,
                              volet_options_of(options.endpoint), options.zone, options.now};
  reading_result read = read_facts(message_read.parsed(), asked, found);
  read.facts.charset = name_of(message_read.from());
  request.emit(read.facts);
  for (const file& each : read.files) {
    if (each.kind != obx_kind::document || !each.is_readable || !looks_like_xml(each.bytes)) continue;
    request.emit(LIAISON_PART_EMBEDDED, each.bytes, each.content_type.c_str(), location(each.obx, {5, 5}).c_str(),
                 looks_like_cda(each.bytes) ? "cda" : nullptr);
  }
  const liaison_status status = found.report(request);
  // An acknowledgement is never acknowledged: two gateways would answer each other for ever.
  const bool is_answer = trim(message_read.parsed().at(0)[9].component(1)) == "ACK";
  if (status == LIAISON_OK && options.acknowledge && !is_answer) {
    request.emit(LIAISON_PART_ACKNOWLEDGEMENT,
                 acknowledgement(
                     {message_read.parsed(), message_read.from(), answer::accept, options.now, options.control_id, {}}),
                 "application/hl7-v2", nullptr, "hl7v2");
  }
  return status;
}

}  // namespace liaison::hl7v2
