// SPDX-License-Identifier: Apache-2.0
// acknowledge of hprim-xml: acquittementsPatients for patients, the server form for the other families.
#include "hxml_translator.hpp"
#include "hxml_writing.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <vector>

namespace liaison::hprim {
namespace {

struct status_row {
  bool patients;
  std::string_view outcome, written;
};

constexpr status_row statuses[] = {
    {true, "accept", "OK"}, {true, "reject", "erreur"}, {false, "accept", "ok"}, {false, "reject", "rj"}};

std::string_view status_for(bool patients, std::string_view outcome) {
  for (const status_row& row : statuses) {
    if (row.patients == patients && row.outcome == outcome) return row.written;
  }
  return patients ? "erreur" : "err";
}

std::string id_of(const hxml_message& message, const call_options& options) {
  return options.control_id.empty() ? "A" + sha256_hex(message.id + options.now).substr(0, 15)
                                    : cut(options.control_id, 17);
}

}  // namespace

void xml_text::open(std::string_view name, std::string_view attributes) {
  out_.append(2 * open_.size(), ' ').append("<").append(name).append(attributes).append(">\n");
  open_.emplace_back(name);
}

void xml_text::close() {
  const std::string name = open_.back();
  open_.pop_back();
  out_.append(2 * open_.size(), ' ').append("</").append(name).append(">\n");
}

void xml_text::leaf(std::string_view name, std::string_view text, std::string_view attributes) {
  if (trim(text).empty()) return;
  out_.append(2 * open_.size(), ' ').append("<").append(name).append(attributes).append(">");
  out_.append(escape_xml(trim(text))).append("</").append(name).append(">\n");
}

void xml_text::empty(std::string_view name, std::string_view attributes) {
  out_.append(2 * open_.size(), ' ').append("<").append(name).append(attributes).append("/>\n");
}

std::string attribute(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return " " + std::string(name) + "=\"" + escape_xml(value) + "\"";
}

std::string cut(std::string_view text, std::size_t length) {
  std::size_t characters = 0, i = 0;
  while (i < text.size()) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && characters++ == length) break;
    ++i;
  }
  return std::string(text.substr(0, i));
}

std::string wall_clock(std::string_view date_time) {
  // "2025-03-10T14:30:00+01:00" → without its zone; a day alone gets midnight, since xsd:dateTime asks for a time.
  if (date_time.size() < 19)
    return date_time.size() >= 10 ? std::string(date_time.substr(0, 10)) + "T00:00:00" : std::string{};
  return std::string(date_time.substr(0, 19));
}

void write_agents(xml_text& out, std::string_view side, std::string_view code, std::string_view name,
                  std::string_view version) {
  // The category lost its accent with 1.07.
  const bool accent = version.size() >= 4 && version.substr(0, 2) == "1." && version.substr(0, 4) < "1.07";
  out.open(side);
  out.open("agents");
  out.open("agent", attribute("categorie", accent ? "système" : "systeme"));
  out.leaf("code", code.empty() ? std::string_view("INCONNU") : code);
  out.leaf("libelle", name);
  out.close();
  out.close();
  out.close();
}

namespace {

/// What went wrong, as the format says it: a code, a sentence, and where.
struct observed {
  std::string code, label, comment;
};

std::vector<observed> observations_of(const call_options& options, bool accepted) {
  if (accepted) return {{"I001", "Message enregistre", "Message enregistre"}};
  std::vector<observed> out;
  for (const issue& one : options.issues) {
    if (one.severity != severity::error) continue;
    const std::string where = one.location.empty() ? std::string{} : one.location + " : ";
    out.push_back({cut(one.code, 17), cut(one.diagnostics, 80), cut(where + one.diagnostics, 4000)});
  }
  if (out.empty()) out.push_back({"E001", "Le message ne peut pas etre traite", "Le message ne peut pas etre traite"});
  return out;
}

void write_observed(xml_text& out, std::string_view name, const observed& one) {
  out.open(name);
  out.leaf("code", one.code);
  out.leaf("libelle", one.label);
  out.leaf("commentaire", one.comment);
  out.close();
}

/// The number by which the other side knows what it sent: its own, which is the receiver's in an answer.
void write_number(xml_text& out, std::string_view name, const xmlNode* identified) {
  std::string number = text_of(number_node(identified, "emetteur"));
  if (number.empty()) number = text_of(number_node(identified, "recepteur"));
  if (number.empty()) return;
  out.open(name);
  out.open("recepteur");
  out.leaf("valeur", number);
  out.close();
  out.close();
}

/// acquittementsPatients of what was refused: every event with its patient and stay.
void write_refused_events(xml_text& out, const hxml_message& message, const std::vector<observed>& why) {
  out.open("erreursAvertissements");
  for (const hxml_event& event : message.events) {
    out.open("erreurAvertissement", attribute("statut", "erreur"));
    out.leaf("dateHeureEvenementConcerne", wall_clock(message.produced));
    out.open(local_name(event.node));
    write_number(out, "identifiantPatient", event.patient);
    write_number(out, "identifiantVenue", event.venue);
    out.close();
    out.open("observations");
    for (const observed& one : why) write_observed(out, "observation", one);
    out.close();
    out.close();
  }
  out.close();
}

void write_identified(xml_text& out, std::string_view name, const xmlNode* of) {
  if (of == nullptr) return;
  out.open(name);
  write_number(out, "identifiant", of);
  out.close();
}

void write_reply(xml_text& out, std::string_view name, const xmlNode* about, const std::vector<observed>& why,
                 bool accepted) {
  out.open("reponse", attribute("statut", accepted ? "ok" : "err") +
                          attribute("codeErreur", accepted ? std::string{} : why.front().code));
  if (about != nullptr) write_identified(out, name, about);
  for (const observed& one : why) {
    if (!accepted) write_observed(out, "erreur", one);
  }
  out.close();
}

/// The server families answer for each act, else for the intervention, else for the event.
void write_replies(xml_text& out, const hxml_message& message, const std::vector<observed>& why, bool accepted) {
  for (const hxml_event& event : message.events) {
    out.open("reponses");
    write_identified(out, "patient", event.patient);
    write_identified(out, "venue", event.venue);
    std::size_t acts = 0;
    for (const auto& [list, name] :
         {std::pair<const char*, const char*>{"actesCCAM", "acteCCAM"}, {"actesNGAP", "acteNGAP"}}) {
      for (const xmlNode* act = child(child(event.node, list), name); act != nullptr; act = next(act, name), ++acts)
        write_reply(out, name, act, why, accepted);
    }
    if (acts == 0) write_reply(out, "intervention", child(event.node, "intervention"), why, accepted);
    out.close();
  }
}

}  // namespace

std::string answer_to(const hxml_message& message, const call_options& options, std::string_view outcome) {
  const bool patients = message.name == "evenementsPatients", accepted = outcome == "accept";
  const std::string root = "acquittements" + message.name.substr(std::string_view("evenements").size());
  const hxml_agent from = best_agent(child(message.header, "emetteur")),
                   to = best_agent(child(message.header, "destinataire"));
  const std::vector<observed> why = observations_of(options, accepted);
  xml_text out;
  out.open(root, attribute("xmlns", hprim_namespace) + attribute("version", message.version));
  out.open("enteteMessageAcquittement", attribute("statut", status_for(patients, outcome)));
  out.leaf("identifiantMessage", id_of(message, options));
  out.leaf("dateHeureProduction", wall_clock(options.now));
  write_agents(out, "emetteur", to.code, to.name, message.version);
  write_agents(out, "destinataire", from.code, from.name, message.version);
  out.leaf("identifiantMessageAcquitte", message.id.empty() ? std::string_view("-") : std::string_view(message.id));
  const bool told_by_event = !message.events.empty() && !(patients && accepted);
  for (const observed& one : why) {
    if (!told_by_event) write_observed(out, "observation", one);
  }
  out.close();
  if (told_by_event && patients) write_refused_events(out, message, why);
  if (told_by_event && !patients) write_replies(out, message, why, accepted);
  out.close();
  return out.text();
}

liaison_status hxml_translator::acknowledge(const call& host) {
  findings found;
  hxml_message message;
  const hxml_outcome outcome = read_hxml(host.input(), message, found);
  if (outcome != hxml_outcome::read) {
    for (const xml_defect& defect : message.parsed.defects)
      host.report(severity::error, defect.code, defect.location, defect.diagnostics);
    found.report_to(host);
    return outcome == hxml_outcome::not_mine ? LIAISON_NOT_MINE : LIAISON_REJECT;
  }
  const std::string& asked = host.options().outcome;
  // An answer is not answered, and "later" is no word of this format.
  if (message.is_acknowledgement || !message.wants_acknowledgement || asked == "retry") return LIAISON_UNSUPPORTED;
  host.emit(LIAISON_PART_ACKNOWLEDGEMENT, answer_to(message, host.options(), asked == "reject" ? "reject" : "accept"),
            "application/xml", nullptr, format);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
