// SPDX-License-Identifier: Apache-2.0
// A message as a person reads it: who, what, from whom, and the results in columns.
#include "render.hpp"

#include "inspect.hpp"
#include "reading.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

constexpr std::size_t label_width_max = 40;

/// Number of characters that a UTF-8 text shows.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void append_line(std::string& out, std::string_view label, std::string_view value) {
  if (value.empty()) return;
  out.append(label).append(" : ").append(value) += '\n';
}

void append_cell(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  const std::size_t shown = width_of(text);
  out.append(shown < width ? width - shown : 1, ' ');
}

std::string date_of(std::string_view fhir) {
  std::string out = french_from_iso_date(fhir);
  if (fhir.size() >= 16 && fhir[10] == 'T') out.append(" ").append(fhir.substr(11, 5));
  return out;
}

void append_patient(std::string& out, const facts::patient& patient) {
  std::string name = patient.family;
  for (const auto& given : patient.given) name += " " + given;
  append_line(out, "Patient", name);
  if (!patient.birth_family.empty() && patient.birth_family != patient.family)
    append_line(out, "Nom de naissance", patient.birth_family);
  append_line(out, "Né(e) le", french_from_iso_date(patient.birth_date));
  append_line(out, "Sexe", patient.sex == facts::sex::male ? "M" : patient.sex == facts::sex::female ? "F" : "");
  for (const auto& identifier : patient.identifiers) {
    append_line(out,
                identifier.kind == facts::identifier_kind::ipp     ? "IPP"
                : identifier.kind == facts::identifier_kind::stay  ? "Séjour"
                : identifier.kind == facts::identifier_kind::other ? "Identifiant"
                                                                   : "Matricule",
                identifier.value);
  }
}

void append_party(std::string& out, std::string_view label, const facts::party& party) {
  std::string text = party.name;
  if (!party.organization.empty()) text += text.empty() ? party.organization : ", " + party.organization;
  if (!party.address.empty()) text += text.empty() ? party.address : " <" + party.address + ">";
  append_line(out, label, text);
}

void append_result(std::string& out, const facts::value& value) {
  const std::string& label = value.label.empty() ? value.code : value.label;
  if (value.value.find('\n') != std::string::npos || value.value.size() > 60) {
    out += "  " + label + "\n";
    for (const auto line : split(value.value, '\n')) out.append("    ").append(line) += '\n';
    return;
  }
  out += "  ";
  append_cell(out, label, label_width_max);
  append_cell(out, value.value, 14);
  append_cell(out, value.unit, 12);
  std::string range;
  if (!value.low.empty() || !value.high.empty()) range = "[" + value.low + " - " + value.high + "]";
  append_cell(out, range, 20);
  out += value.flag;
  while (out.ends_with(' ')) out.pop_back();
  out += '\n';
}

void append_body(std::string& out, const message& of) {
  std::string title;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const segment each = of.at(i);
    const std::string_view name = each.name();
    if (name == "OBR") {
      title = value_of(each[4].component(2), of.by());
      out += "\n" + (title.empty() ? value_of(each[4].component(1), of.by()) : title) + "\n";
    } else if (name == "OBX" && kind_of(each) == obx_kind::observation) {
      append_result(out, read_value(each));
    } else if (name == "NTE") {
      const field comment = each[3];
      for (const auto piece : comment.repetitions()) {
        const std::string text = value_of(piece, of.by());
        for (const auto line : split(text, '\n')) out.append("    ").append(line) += '\n';
      }
    }
  }
}

}  // namespace

liaison_status render_message(const call& request) {
  opened message_read(request);
  if (message_read.stopped()) return *message_read.stopped();
  const call_options& options = request.options();
  const message& of = message_read.parsed();
  // A message that would be refused can still be shown: its reader is the one who has to decide.
  findings quiet(strictness::tolerant);
  const reading_result read =
      read_facts(of, {value_list::leave_out, volet_options_of(options.endpoint), options.zone, options.now}, quiet);
  std::string out;
  append_line(out, "Message",
              read.facts.event.code + (read.facts.event.message.empty() ? "" : " n° " + read.facts.event.message));
  append_line(out, "Date", date_of(read.facts.event.time));
  append_party(out, "Émetteur", read.facts.sender);
  for (const auto& recipient : read.facts.recipients)
    append_party(out, recipient.role == "reply" ? "Réponse à" : "Destinataire", recipient);
  out += '\n';
  for (const auto& patient : read.facts.patients) append_patient(out, patient);
  append_line(out, "Document", read.facts.document.title);
  for (const auto& mask : read.facts.document.masks) append_line(out, "Masquage", mask);
  append_body(out, of);
  for (const file& each : read.files) {
    append_line(out, "\nPièce jointe", each.content_type + ", " + std::to_string(each.bytes.size()) + " octets");
  }
  request.emit(LIAISON_PART_TEXT, out, "text/plain; charset=utf-8");
  message_read.found().report(request);
  return LIAISON_OK;
}

}  // namespace liaison::hl7v2
