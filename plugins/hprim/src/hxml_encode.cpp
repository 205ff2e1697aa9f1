// SPDX-License-Identifier: Apache-2.0
// encode of hprim-xml: evenementsPatients from an event of the pivot (identity, stay, merge). Other families are read
// only.
#include "hxml_translator.hpp"
#include "hxml_writing.hpp"
#include "pivot_view.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

const json_value* find(const json_value* node, std::string_view path) { return pivot_reader::find(node, path); }
std::string text(const json_value* node, std::string_view path) { return pivot_reader::text(node, path); }

struct event_row {
  std::string_view code, element, action, state;
};

// The events of v2-0003 that this family can say.
constexpr event_row events[] = {
    {"A28", "enregistrementPatient", "creation", ""},     {"A31", "enregistrementPatient", "modification", ""},
    {"A08", "enregistrementPatient", "modification", ""}, {"A40", "fusionPatient", "fusion", ""},
    {"A01", "venuePatient", "creation", "encours"},       {"A04", "venuePatient", "creation", "encours"},
    {"A05", "venuePatient", "creation", "preadmission"},  {"A03", "venuePatient", "modification", "cloturee"},
    {"A11", "venuePatient", "suppression", "encours"},    {"A38", "venuePatient", "suppression", "preadmission"}};

const event_row* event_named(std::string_view code) {
  const auto* found =
      std::find_if(std::begin(events), std::end(events), [&](const event_row& row) { return row.code == code; });
  return found == std::end(events) ? nullptr : found;
}

std::string number_of(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool allowed =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == ',' || c == '_';
    if (allowed && out.size() < 17) out += c;
  }
  return out;
}

class patient_event_writer {
 public:
  patient_event_writer(pivot_reader& pivot, account* ledger, const call_options& options, findings& found)
      : pivot_(pivot), ledger_(ledger), options_(options), found_(found) {
    version_ = options.profile.starts_with("hprim-xml-") ? options.profile.substr(10) : "1.07";
  }

  /// Empty when the pivot holds no event of a patient.
  std::string write() {
    std::vector<const json_value*> headers;
    for (std::size_t i = 0; i < pivot_.entry_count(); ++i) {
      if (text(&pivot_.resource(i), "resourceType") == "MessageHeader") headers.push_back(&pivot_.resource(i));
    }
    const bool any = std::any_of(headers.begin(), headers.end(), [](const json_value* h) {
      return event_named(text(h, "eventCoding/code")) != nullptr;
    });
    if (!any) {
      found_.add(finding::no_document);
      return {};
    }
    out_.open("evenementsPatients", attribute("xmlns", hprim_namespace) + attribute("version", version_) +
                                        attribute("acquittementAttendu", "oui"));
    write_header(headers.front());
    for (const json_value* header : headers) {
      if (const event_row* row = event_named(text(header, "eventCoding/code"))) write_event(header, *row);
    }
    out_.close();
    return out_.text();
  }

 private:
  void carry(const sourced& value, std::string_view place) {
    if (ledger_ != nullptr && value.has_leaf && !value.empty()) ledger_->carry(value.leaf, std::string(place));
  }

  void leaf(std::string_view name, const sourced& value, std::size_t length = 35) {
    const std::string written = cut(value.text, length);
    if (written != value.text) found_.add(finding::segment_cut, std::string(name));
    out_.leaf(name, written);
    carry(value, name);
  }

  void write_header(const json_value* header) {
    out_.open("enteteMessage");
    const sourced id = pivot_.get(&pivot_.bundle(), "identifier/value");
    const std::string name = !options_.control_id.empty() ? options_.control_id : id.text;
    out_.leaf("identifiantMessage", name.empty() ? "M" + sha256_hex(options_.now).substr(0, 12) : name);
    carry(id, "identifiantMessage");
    const sourced produced = pivot_.get(&pivot_.bundle(), "timestamp");
    out_.leaf("dateHeureProduction", wall_clock(produced.empty() ? options_.now : produced.text));
    carry(produced, "dateHeureProduction");
    const auto agents = [&](std::string_view side, const view_party& party) {
      write_agents(out_, side,
                   party.identifiers.empty() ? std::string_view("LIAISON")
                                             : std::string_view(party.identifiers.front().value.text),
                   party.text(), version_);
      for (const sourced& word : party.name) carry(word, side);
      if (!party.identifiers.empty()) carry(party.identifiers.front().value, side);
    };
    agents("emetteur", read_party(pivot_, find(header, "sender")));
    agents("destinataire", read_party(pivot_, find(header, "destination/0/receiver")));
    out_.close();
  }

  void write_event(const json_value* header, const event_row& row) {
    const json_value* patient = nullptr;
    const json_value* stay = nullptr;
    const json_value* list = find(header, "focus");
    for (rapidjson::SizeType i = 0; list != nullptr && list->IsArray() && i < list->Size(); ++i) {
      const json_value* target = pivot_.resolve(&(*list)[i]);
      if (text(target, "resourceType") == "Patient" && patient == nullptr) patient = target;
      if (text(target, "resourceType") == "Encounter" && stay == nullptr) stay = target;
    }
    if (patient == nullptr && stay != nullptr) patient = pivot_.resolve(find(stay, "subject"));
    if (patient == nullptr) {
      found_.add(finding::no_patient, pivot_.pointer(header));
      return;
    }
    pivot_.carry(header, "eventCoding/code", row.element);
    out_.open("evenementPatient");
    out_.open(row.element, attribute("action", accented(row.action)));
    write_patient("patient", patient);
    // One merge names one old patient; more than a few merges in a message are nobody's intention.
    const bool merge = row.element == "fusionPatient" && ++merges_ <= 100;
    for (std::size_t i = 0; merge && i < pivot_.entry_count(); ++i) {
      const json_value& other = pivot_.resource(i);
      if (&other != patient && text(&other, "resourceType") == "Patient" &&
          text(&other, "link/0/type") == "replaced-by")
        write_patient("patientElimine", &other);
    }
    if (row.element == "venuePatient") write_stay(stay, row.state);
    out_.close();
    out_.close();
  }

  /// Accents were dropped from the enumeration of actions with version 2.
  std::string accented(std::string_view action) const {
    return action == "creation" && version_.starts_with("1.") ? "création" : std::string(action);
  }

  void write_number(const sourced& value) {
    out_.open("identifiant");
    out_.open("emetteur", attribute("etat", "permanent") + attribute("portee", "local") + attribute("referent", "non"));
    const std::string number = number_of(value.text);
    if (number != value.text) found_.add(finding::segment_cut, "identifiant");
    out_.leaf("valeur", number.empty() ? "-" : number);
    carry(value, "identifiant");
    out_.close();
    out_.close();
  }

  void write_patient(std::string_view element, const json_value* node) {
    const view_person patient = read_person(pivot_, node);
    out_.open(element);
    sourced number;
    for (const view_identifier& one : patient.identifiers) {
      if (is_ins_system(one.system) || one.system == system_nir) {
        if (ledger_ != nullptr && one.value.has_leaf)
          ledger_->drop(one.value.leaf, "the format knows the old INS-C only");
        continue;
      }
      if (number.empty() || one.type == "PI") number = one.value;
    }
    write_number(number);
    const std::string sex = patient.gender.text == "male"
                                ? "M"
                                : (patient.gender.text == "female" ? "F" : (patient.gender.empty() ? "" : "I"));
    carry(patient.gender, "@sexe");
    out_.open("personnePhysique", attribute("sexe", sex));
    leaf("nomUsuel", patient.family);
    leaf("nomNaissance", patient.birth_family);
    if (!patient.given.empty()) {
      out_.open("prenoms");
      for (std::size_t i = 0; i < std::min<std::size_t>(patient.given.size(), 3); ++i) leaf("prenom", patient.given[i]);
      out_.close();
    }
    write_contact(patient);
    if (patient.birth_date.text.size() == 10) {
      out_.open("dateNaissance");
      leaf("date", patient.birth_date);
      out_.close();
    }
    if (!patient.birth_place_town.empty() || !patient.birth_place_postal_code.empty()) {
      out_.open("lieuNaissance");
      leaf("ville", patient.birth_place_town);
      leaf("codePostal", patient.birth_place_postal_code);
      out_.close();
    }
    out_.close();
    out_.close();
  }

  void write_contact(const view_person& patient) {
    if (!patient.address_lines.empty() || !patient.city.empty() || !patient.postal_code.empty()) {
      out_.open("adresses");
      out_.open("adresse");
      for (const sourced& line : patient.address_lines) leaf("ligne", line);
      leaf("ville", patient.city);
      leaf("pays", patient.country);
      leaf("codePostal", patient.postal_code);
      out_.close();
      out_.close();
    }
    if (!patient.phones.empty()) {
      out_.open("telephones");
      for (const sourced& phone : patient.phones) leaf("telephone", phone, 40);
      out_.close();
    }
    if (patient.mails.empty()) return;
    out_.open("emails");
    for (const sourced& mail : patient.mails) leaf("email", mail, 199);
    out_.close();
  }

  void write_moment(std::string_view element, const sourced& when) {
    if (when.text.size() < 10) return;
    out_.open(element);
    out_.open("dateHeureOptionnelle");
    out_.leaf("date", when.text.substr(0, 10));
    if (when.text.size() >= 19) out_.leaf("heure", when.text.substr(11, 8));
    carry(when, element);
    out_.close();
    out_.close();
  }

  void write_stay(const json_value* stay, std::string_view state) {
    const std::string old_state =
        version_ < "1.07"
            ? (state == "preadmission" ? "préadmission" : (state == "cloturee" ? "clôturée" : std::string(state)))
            : std::string(state);
    out_.open("venue", attribute("etat", old_state));
    write_number(pivot_.get(stay, "identifier/0/value"));
    const std::string own = text(stay, "type/0/coding/0/system") == "urn:liaison:hprim-xml:natureVenueHprim"
                                ? text(stay, "type/0/coding/0/code")
                                : "";
    const std::string kind = text(stay, "class/code");
    out_.empty("natureVenueHprim", attribute("valeur", !own.empty() ? own : (kind == "AMB" ? "cslt" : "hsp")));
    pivot_.carry(stay, "class/code", "natureVenueHprim");
    pivot_.carry(stay, "status", "@etat");
    write_moment("entree", pivot_.get(stay, "period/start"));
    write_moment("sortie", pivot_.get(stay, "period/end"));
    out_.close();
  }

  pivot_reader& pivot_;
  account* ledger_;
  const call_options& options_;
  findings& found_;
  std::string version_;
  xml_text out_;
  std::size_t merges_ = 0;
};

}  // namespace

liaison_status hxml_translator::encode(const call& host) {
  findings found;
  account ledger(host.options().form_of_pivot());
  account* const rows = host.options().account ? &ledger : nullptr;
  pivot_reader pivot(host.input(), rows);
  account_for_structure(pivot);
  const std::string bytes = patient_event_writer(pivot, rows, host.options(), found).write();
  pivot.drop(&pivot.bundle(), "", "HPRIM XML has no place for it");
  found.report_to(host);
  if (bytes.empty()) return LIAISON_UNSUPPORTED;
  if (found.has(finding::no_patient)) return LIAISON_REJECT;
  host.emit(LIAISON_PART_DOCUMENT, bytes, "application/xml", nullptr, format);
  if (rows != nullptr) host.emit(ledger);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
