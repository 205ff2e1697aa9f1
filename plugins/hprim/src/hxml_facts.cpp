// SPDX-License-Identifier: Apache-2.0
// inspect, validate and render of hprim-xml.
#include "hxml_message.hpp"
#include "hxml_translator.hpp"
#include "hxml_writing.hpp"
#include "pivot_terms.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

void report_parse_defects(const hxml_message& message, const call& host) {
  for (const xml_defect& defect : message.parsed.defects)
    host.report(severity::error, defect.code, defect.location, defect.diagnostics);
}

/// Wall-clock time of the message as a FHIR dateTime.
std::string fhir_time(std::string_view moment, std::string_view zone) {
  if (moment.size() <= 10) return std::string(moment);
  const bool zoned = moment.find_first_of("+Z", 19) != std::string_view::npos ||
                     (moment.size() > 19 && moment.find('-', 19) != std::string_view::npos);
  if (zoned) return std::string(moment);
  const auto stamp = hl7_from_fhir(moment, hl7_zone::drop);
  const auto out = stamp ? fhir_from_hl7(*stamp, zone) : std::nullopt;
  return out ? *out : std::string(moment);
}

void add_numbers(facts::patient& to, const xmlNode* identified, facts::identifier_kind kind) {
  const std::string own = text_of(number_node(identified, "emetteur")),
                    theirs = text_of(number_node(identified, "recepteur"));
  if (!own.empty()) to.identifiers.push_back({"", own, kind});
  const bool extra = !own.empty() && kind == facts::identifier_kind::ipp;
  if (!theirs.empty() && theirs != own)
    to.identifiers.push_back({"", theirs, extra ? facts::identifier_kind::other : kind});
}

void add_health_number(facts::patient& to, const xmlNode* patient, findings& found) {
  const xmlNode* number = child(patient, "numeroIdentifiantSante");
  if (number == nullptr) number = child(child(patient, "personnePhysique"), "numeroIdentifiantSante");
  if (number == nullptr) return;
  found.add(finding::ins_obsolete, "/patient/numeroIdentifiantSante");
  for (const char* name : {"identifiant", "insC", "insA"}) {
    const xmlNode* one = child(number, name);
    const xmlNode* value = child(one, "valeur");
    if (const std::string text = text_of(value != nullptr ? value : one); !text.empty())
      to.identifiers.push_back({"", text, facts::identifier_kind::other});
  }
}

facts::patient patient_of(const hxml_event& event, findings& found) {
  facts::patient out;
  const xmlNode* person = child(event.patient, "personnePhysique");
  out.family = text_of(child(person, "nomUsuel"));
  out.birth_family = text_of(child(person, "nomNaissance"));
  if (out.family.empty()) out.family = out.birth_family;
  for (const xmlNode* given = child(child(person, "prenoms"), "prenom"); given != nullptr;
       given = next(given, "prenom")) {
    if (std::string text = text_of(given); !text.empty()) out.given.push_back(std::move(text));
  }
  const xmlNode* birth = child(person, "dateNaissance");
  const std::string day = text_of(child(birth, "date")).substr(0, 10);
  out.birth_date =
      !day.empty() ? day : (child(birth, "dateLunaire") == nullptr ? text_of(birth).substr(0, 10) : std::string{});
  const std::string sex = attribute_text(person, "sexe");
  out.sex = sex == "M" ? facts::sex::male
                       : (sex == "F" ? facts::sex::female : (sex == "I" ? facts::sex::unknown : facts::sex::unstated));
  out.postal_code = text_of(descend(person, {"adresses", "adresse", "codePostal"}));
  add_numbers(out, event.patient, facts::identifier_kind::ipp);
  add_numbers(out, event.venue, facts::identifier_kind::stay);
  add_health_number(out, event.patient, found);
  const std::string insured =
      text_of(descend(event.node, {"debiteurs", "debiteur", "assurance", "assure", "immatriculation"}));
  if (!insured.empty()) out.identifiers.push_back({std::string(system_nir), insured, facts::identifier_kind::nir});
  return out;
}

facts::party party_of(const xmlNode* side) {
  facts::party out;
  const hxml_agent agent = best_agent(side);
  out.name = agent.name;
  if (!agent.code.empty()) out.identifiers.push_back({"", agent.code, facts::identifier_kind::other});
  return out;
}

facts::message_facts facts_of(const hxml_message& message, const call& host, findings& found) {
  facts::message_facts out;
  out.format = hxml_translator::format;
  out.profile = "hprim-xml" + (message.version.empty() ? std::string{} : "-" + message.version.substr(0, 8));
  out.charset = name_of(message.from);
  for (const hxml_event& event : message.events) {
    if (event.patient == nullptr) continue;
    facts::patient patient = patient_of(event, found);
    // Many acts of one patient in one message are one patient.
    const bool known =
        !out.patients.empty() && out.patients.back().family == patient.family &&
        out.patients.back().birth_date == patient.birth_date && out.patients.back().given == patient.given &&
        out.patients.back().identifiers.size() == patient.identifiers.size() &&
        std::equal(patient.identifiers.begin(), patient.identifiers.end(), out.patients.back().identifiers.begin(),
                   [](const facts::identifier& a, const facts::identifier& b) { return a.value == b.value; });
    if (!known) out.patients.push_back(std::move(patient));
  }
  out.sender = party_of(child(message.header, "emetteur"));
  if (facts::party recipient = party_of(child(message.header, "destinataire")); !recipient.name.empty()) {
    recipient.role = "primary";
    out.recipients.push_back(std::move(recipient));
  }
  out.event.code = message.name;
  if (!message.events.empty() && message.events.front().node != message.root)
    out.event.code = std::string(local_name(message.events.front().node));
  if (!message.events.empty()) out.event.time = fhir_time(time_of(message.events.front()), host.options().zone);
  out.event.message = message.id;
  if (!out.sender.identifiers.empty()) out.event.sending_application = out.sender.identifiers.front().value;
  return out;
}

}  // namespace

int hxml_translator::recognise(bytes_view head) { return recognise_hxml(head); }

liaison_status hxml_translator::inspect(const call& host) {
  findings found;
  hxml_message message;
  const hxml_outcome outcome = read_hxml(host.input(), message, found);
  report_parse_defects(message, host);
  if (outcome == hxml_outcome::read) {
    host.emit(facts_of(message, host, found));
    if (host.options().acknowledge && message.wants_acknowledgement && !message.is_acknowledgement)
      host.emit(LIAISON_PART_ACKNOWLEDGEMENT, answer_to(message, host.options(), "accept"), "application/xml", nullptr,
                format);
  }
  found.report_to(host);
  return outcome == hxml_outcome::read ? LIAISON_OK
                                       : (outcome == hxml_outcome::not_mine ? LIAISON_NOT_MINE : LIAISON_REJECT);
}

liaison_status hxml_translator::render(const call& host) {
  findings found;
  hxml_message message;
  const hxml_outcome outcome = read_hxml(host.input(), message, found);
  report_parse_defects(message, host);
  if (outcome == hxml_outcome::read) {
    // Every text of the message with the name of its element: an administrative message has no better layout.
    std::string out = message.name + "\n";
    std::vector<std::pair<const xmlNode*, std::size_t>> open;
    const auto push_children = [&](const xmlNode* of, std::size_t depth) {
      for (const xmlNode* node = of->last; node != nullptr; node = node->prev) open.emplace_back(node, depth);
    };
    push_children(message.root, 1);
    while (!open.empty()) {
      const auto [node, depth] = open.back();
      open.pop_back();
      if (node->type != XML_ELEMENT_NODE) {
        const std::string_view text =
            node->content == nullptr ? std::string_view{} : trim(reinterpret_cast<const char*>(node->content));
        if (!text.empty()) out.append(" ").append(text);
        continue;
      }
      if (!out.ends_with("\n")) out += '\n';
      out.append(2 * depth, ' ').append(local_name(node)).append(" :");
      push_children(node, depth + 1);
    }
    host.emit(LIAISON_PART_TEXT, out + "\n", "text/plain; charset=utf-8");
  }
  found.report_to(host);
  return outcome == hxml_outcome::read ? LIAISON_OK
                                       : (outcome == hxml_outcome::not_mine ? LIAISON_NOT_MINE : LIAISON_REJECT);
}

}  // namespace liaison::hprim
