// SPDX-License-Identifier: Apache-2.0
// decode of hprim-xml: an event as a message Bundle with Patient, Encounter, Procedures and Conditions; every other
// text and attribute of the source is kept as a source-field of the MessageHeader, with its path.
#include "hxml_message.hpp"
#include "hxml_translator.hpp"
#include "pivot_terms.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <unordered_map>
#include <vector>

namespace liaison::hprim {
namespace {

struct code_row {
  std::string_view sent, pivot;
};

constexpr code_row sexes[] = {{"M", "male"}, {"F", "female"}, {"I", "unknown"}};
constexpr code_row stay_states[] = {{"preadmission", "planned"}, {"encours", "in-progress"}, {"cloturee", "finished"}};
constexpr code_row stay_events[] = {{"preadmission", "A05"}, {"encours", "A01"}, {"cloturee", "A03"}};
constexpr code_row stay_kinds[] = {{"hsp", "IMP"},  {"cslt", "AMB"}, {"sc", "AMB"}, {"ambu", "AMB"},
                                   {"urg", "EMER"}, {"exte", "AMB"}, {"ext", "AMB"}};
constexpr code_row patient_events[] = {{"fusionPatient", "A40"}, {"fusionVenue", "A42"}, {"mouvementPatient", "A02"}};
constexpr code_row diagnosis_kinds[] = {
    {"diagnosticPrincipal", "dp"}, {"diagnosticRelie", "dr"}, {"diagnosticSignificatif", "ds"}};
constexpr std::string_view system_ccam = "urn:oid:1.2.250.1.213.2.5";
constexpr std::string_view system_cim10 = "http://hl7.org/fhir/sid/icd-10";
constexpr std::string_view system_events = "http://terminology.hl7.org/CodeSystem/v2-0003";

template <class Table>
std::string_view find_code(const Table& table, std::string_view sent) {
  for (const code_row& row : table) {
    if (row.sent == sent) return row.pivot;
  }
  return {};
}

class hxml_decoder {
 public:
  hxml_decoder(const hxml_message& message, pivot_writer& pivot, account& ledger, const call_options& options)
      : message_(message),
        pivot_(pivot),
        ledger_(ledger),
        rows_(message.parsed.document.get(), &ledger),
        options_(options) {}

  void write() {
    if (message_.is_acknowledgement || message_.events.empty()) {
      begin_header("");
      if (message_.is_acknowledgement) write_outcome();
    }
    for (const hxml_event& event : message_.events) write_event(event);
    keep_rest();
  }

 private:
  sourced text(const xmlNode* node) const { return node == nullptr ? sourced{} : rows_.text(node); }
  sourced attribute(const xmlNode* node, const char* name) const {
    return node == nullptr ? sourced{} : rows_.attribute(node, name);
  }

  std::string local_time(std::string_view moment) const {
    if (moment.size() < 16) return std::string(moment.substr(0, 10));
    const auto stamp = hl7_from_fhir(moment, hl7_zone::drop);
    const auto out = stamp ? fhir_from_hl7(*stamp, options_.zone) : std::nullopt;
    return out ? *out : std::string{};
  }

  /// Date and hour of an element, carried to `path` together.
  void set_moment(const resource_ref& of, std::string_view path, const xmlNode* node) {
    if (node == nullptr) return;
    const std::string when = local_time(moment_of(node));
    if (when.empty()) return;
    of.set(path, when);
    if (const xmlNode* inner = child(node, "dateHeureOptionnelle")) node = inner;
    for (const char* part : {"date", "heure"}) of.carry(path, text(child(node, part)));
    if (child(node, "date") == nullptr) of.carry(path, text(node));
  }

  void begin_header(std::string_view event_code) {
    header_ = pivot_.add("MessageHeader");
    if (event_code.empty()) {
      header_.set("eventUri", "urn:liaison:hprim-xml:" + message_.name);
    } else {
      header_.set("eventCoding/system", system_events);
      header_.set("eventCoding/code", event_code);
    }
    if (first_header_) {
      header_.set("source/name", "hprim-xml");
      header_.set("source/endpoint", "urn:liaison:hprim-xml");
      return;
    }
    first_header_ = header_;
    const xmlNode* from = child(message_.header, "emetteur");
    const hxml_agent sender = best_agent(from), receiver = best_agent(child(message_.header, "destinataire"));
    pivot_.bundle().set("identifier/system", local_system(sender.code));
    pivot_.bundle().set("identifier/value", text(child(message_.header, "identifiantMessage")));
    const sourced produced = text(child(message_.header, "dateHeureProduction"));
    const std::string when = local_time(produced.text);
    pivot_.bundle().set("timestamp", when.size() > 19 ? std::string_view(when) : std::string_view(options_.now));
    if (when.size() > 19) pivot_.bundle().carry("timestamp", produced);
    header_.set("source/name", sender.name.empty() ? std::string_view("inconnu") : std::string_view(sender.name));
    header_.set("source/endpoint", local_system(sender.code));
    if (sender.node != nullptr) {
      sender_code_ = sender.code;
      header_.set_reference("sender", organization(sender.node));
    }
    if (receiver.node != nullptr) {
      header_.set("destination/0/endpoint", local_system(receiver.code));
      header_.set_reference("destination/0/receiver", organization(receiver.node));
    }
  }

  resource_ref organization(const xmlNode* agent) {
    const resource_ref made = pivot_.add("Organization");
    made.set("identifier/0/value", text(child(agent, "code")));
    made.set("name", text(child(agent, "libelle")));
    if (!made.has("name")) made.set("name", text_of(child(agent, "code")));
    return made;
  }

  std::string_view event_code(const hxml_event& event) const {
    const std::string_view name = local_name(event.node);
    const std::string action = folded(attribute_text(event.node, "action"));
    if (name == "enregistrementPatient") return action == "creation" ? "A28" : "A31";
    if (const std::string_view code = find_code(patient_events, name); !code.empty()) return code;
    if (name == "venuePatient") {
      if (action == "suppression") return "A11";
      const std::string_view code = find_code(stay_events, folded(attribute_text(event.venue, "etat")));
      return code.empty() ? "A01" : code;
    }
    if (name == "debiteursVenue") return "A08";
    return message_.name == "evenementsServeurActes" || message_.name == "evenementsFraisDivers" ? "P03" : "";
  }

  void write_event(const hxml_event& event) {
    begin_header(event_code(event));
    patient_ = encounter_ = resource_ref{};
    focus_ = 0;
    if (event.patient != nullptr) {
      patient_ = write_patient(event.patient);
      add_focus(patient_);
    }
    if (event.venue != nullptr) write_stay(event.venue);
    if (const xmlNode* gone = child(event.node, "patientElimine")) {
      const resource_ref old = write_patient(gone);
      old.set("link/0/type", "replaced-by");
      old.set_reference("link/0/other", patient_);
    }
    for (const xmlNode* act = child(child(event.node, "actesCCAM"), "acteCCAM"); act != nullptr;
         act = next(act, "acteCCAM"))
      write_ccam(act);
    for (const xmlNode* act = child(child(event.node, "actesNGAP"), "acteNGAP"); act != nullptr;
         act = next(act, "acteNGAP"))
      write_charge(act);
    for (const xmlNode* fee = child(event.node, "FraisDivers"); fee != nullptr; fee = next(fee, "FraisDivers"))
      write_charge(fee);
    if (const xmlNode* intervention = child(event.node, "intervention")) write_intervention(intervention);
    write_diagnoses(event.node);
  }

  void add_focus(const resource_ref& target) { header_.set_reference("focus/" + std::to_string(focus_++), target); }

  void set_numbers(const resource_ref& of, const xmlNode* identified, std::string_view type) {
    std::size_t index = 0;
    for (const char* side : {"emetteur", "recepteur"}) {
      const sourced value = text(number_node(identified, side));
      if (value.empty()) continue;
      const std::string at = "identifier/" + std::to_string(index++);
      of.set(at + "/type/coding/0/system", system_identifier_type);
      of.set(at + "/type/coding/0/code", type);
      if (std::string_view(side) == "recepteur") of.set(at + "/type/text", "recepteur");
      of.set(at + "/value", value);
    }
  }

  resource_ref write_patient(const xmlNode* node) {
    const resource_ref made = pivot_.add("Patient");
    const xmlNode* person = child(node, "personnePhysique");
    set_numbers(made, node, "PI");
    write_names(made, person);
    const sourced sex = attribute(person, "sexe");
    if (const std::string_view gender = find_code(sexes, sex.text); !gender.empty()) {
      made.set("gender", gender);
      made.carry("gender", sex);
    }
    const xmlNode* birth = child(person, "dateNaissance");
    const xmlNode* day = child(birth, "date");
    const sourced date = text(day != nullptr ? day : birth);
    if (child(birth, "dateLunaire") == nullptr && date.text.size() >= 10) {
      made.set("birthDate", date.text.substr(0, 10));
      made.carry("birthDate", date);
    }
    write_address(made, person);
    return made;
  }

  void write_names(const resource_ref& made, const xmlNode* person) {
    std::size_t index = 0;
    if (child(person, "nomUsuel") != nullptr || child(person, "prenoms") != nullptr) {
      made.set("name/0/use", "usual");
      made.set("name/0/family", text(child(person, "nomUsuel")));
      std::size_t given = 0;
      for (const xmlNode* one = child(child(person, "prenoms"), "prenom"); one != nullptr; one = next(one, "prenom")) {
        const sourced name = text(one);
        if (!name.empty()) made.set("name/0/given/" + std::to_string(given++), name);
      }
      made.set("name/0/prefix/0", attribute(child(person, "civiliteHprim"), "valeur"));
      index = 1;
    }
    if (const sourced birth_name = text(child(person, "nomNaissance")); !birth_name.empty()) {
      const std::string at = "name/" + std::to_string(index);
      made.set(at + "/use", "official");
      made.set(at + "/family", birth_name);
    }
  }

  void write_address(const resource_ref& made, const xmlNode* person) {
    std::size_t addresses = 0;
    for (const xmlNode* one = child(child(person, "adresses"), "adresse"); one != nullptr; one = next(one, "adresse")) {
      const std::string at = "address/" + std::to_string(addresses++);
      std::size_t lines = 0;
      for (const xmlNode* line = child(one, "ligne"); line != nullptr; line = next(line, "ligne")) {
        const sourced words = text(line);
        if (!words.empty()) made.set(at + "/line/" + std::to_string(lines++), words);
      }
      made.set(at + "/city", text(child(one, "ville")));
      made.set(at + "/postalCode", text(child(one, "codePostal")));
      made.set(at + "/country", text(child(one, "pays")));
      if (!made.has(at)) --addresses;
    }
    std::size_t telecoms = 0;
    const auto add = [&](const sourced& value, std::string_view system, std::string_view use) {
      if (value.empty()) return;
      const std::string at = "telecom/" + std::to_string(telecoms++);
      made.set(at + "/system", system);
      made.set(at + "/value", value);
      made.set(at + "/use", use);
    };
    for (const xmlNode* one = child(child(person, "telephones"), "telephone"); one != nullptr;
         one = next(one, "telephone"))
      add(text(one), "phone", attribute_text(one, "categorie") == "mobile" ? "mobile" : "home");
    for (const xmlNode* one = child(child(person, "emails"), "email"); one != nullptr; one = next(one, "email"))
      add(text(one), "email", "");
    if (const xmlNode* place = child(person, "lieuNaissance")) {
      const std::string at = "extension/0";
      if (text_of(place).empty()) return;
      made.set(at + "/url", extension_birth_place);
      made.set(at + "/valueAddress/city", text(child(place, "ville")));
      made.set(at + "/valueAddress/postalCode", text(child(place, "codePostal")));
      made.set(at + "/valueAddress/country", text(child(place, "pays")));
    }
  }

  void write_stay(const xmlNode* venue) {
    encounter_ = pivot_.add("Encounter");
    add_focus(encounter_);
    const sourced state = attribute(venue, "etat");
    const std::string_view status = find_code(stay_states, folded(state.text));
    encounter_.set("status", status.empty() ? "unknown" : status);
    if (!status.empty()) encounter_.carry("status", state);
    const sourced nature = attribute(child(venue, "natureVenueHprim"), "valeur");
    const std::string_view kind = find_code(stay_kinds, nature.text);
    encounter_.set("class/system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
    encounter_.set("class/code", kind.empty() ? "IMP" : kind);
    encounter_.set("type/0/coding/0/system", "urn:liaison:hprim-xml:natureVenueHprim");
    encounter_.set("type/0/coding/0/code", nature);
    if (nature.empty()) encounter_.set("type/0/coding/0/code", "hsp");
    if (patient_) encounter_.set_reference("subject", patient_);
    set_numbers(encounter_, venue, "VN");
    set_moment(encounter_, "period/start", child(venue, "entree"));
    set_moment(encounter_, "period/end", child(venue, "sortie"));
    std::size_t index = 0;
    for (const xmlNode* one = child(child(venue, "medecins"), "medecin"); one != nullptr; one = next(one, "medecin")) {
      const resource_ref doctor = write_doctor(one);
      const sourced link = attribute(one, "lien");
      if (link.text == "trt" && patient_) {
        patient_.set_reference("generalPractitioner/" + std::to_string(patient_.size_of("generalPractitioner")),
                               doctor);
        patient_.carry("generalPractitioner", link);
      } else {
        const std::string at = "participant/" + std::to_string(index++);
        encounter_.set(at + "/type/0/text", link);
        encounter_.set_reference(at + "/individual", doctor);
      }
    }
  }

  resource_ref write_doctor(const xmlNode* node) {
    const resource_ref made = pivot_.add("Practitioner");
    std::size_t index = 0;
    const auto add = [&](const sourced& value, std::string system) {
      if (value.empty()) return;
      const std::string at = "identifier/" + std::to_string(index++);
      made.set(at + "/system", system);
      made.set(at + "/value", value);
    };
    add(text(child(node, "noRPPS")), std::string(system_rpps));
    add(text(child(node, "numeroAdeli")), "urn:oid:1.2.250.1.71.4.2.1");
    add(text(descend(node, {"identification", "code"})), local_system(sender_code_));
    const sourced label = text(descend(node, {"identification", "libelle"}));
    if (!label.empty()) set_person_name(made, "name/0", label);
    const xmlNode* person = child(node, "personne");
    if (label.empty() && person != nullptr) {
      made.set("name/0/family", text(child(person, "nomUsuel")));
      made.set("name/0/given/0", text(descend(person, {"prenoms", "prenom"})));
    }
    return made;
  }

  void write_ccam(const xmlNode* act) {
    const resource_ref made = pivot_.add("Procedure");
    add_focus(made);
    made.set("status", folded(attribute_text(act, "action")) == "suppression" ? "entered-in-error" : "completed");
    made.set("identifier/0/value", text(number_node(act, "emetteur")));
    made.set("code/coding/0/system", system_ccam);
    made.set("code/coding/0/code", text(child(act, "codeActe")));
    if (patient_) made.set_reference("subject", patient_);
    if (encounter_) made.set_reference("encounter", encounter_);
    set_moment(made, "performedDateTime", child(act, "execute"));
    const xmlNode* doctor = descend(act, {"executant", "medecins", "medecinExecutant", "medecin"});
    if (doctor != nullptr) made.set_reference("performer/0/actor", write_doctor(doctor));
    for (const char* part : {"codeActivite", "codePhase", "codeAssociationNonPrevue", "codeExtensionDocumentaire"})
      add_source_field(made, std::string("hprim-xml.acteCCAM.") + part, text(child(act, part)));
    for (const xmlNode* one = child(child(act, "modificateurs"), "modificateur"); one != nullptr;
         one = next(one, "modificateur"))
      add_source_field(made, "hprim-xml.acteCCAM.modificateur", text(one));
    add_source_field(made, "hprim-xml.acteCCAM.action", attribute(act, "action"));
  }

  void write_charge(const xmlNode* act) {
    const resource_ref made = pivot_.add("ChargeItem");
    add_focus(made);
    made.set("status", folded(attribute_text(act, "action")) == "suppression" ? "entered-in-error" : "billable");
    made.set("identifier/0/value", text(number_node(act, "emetteur")));
    made.set("code/coding/0/system", "urn:liaison:hprim-xml:lettreCle");
    made.set("code/coding/0/code", text(child(act, "lettreCle")));
    if (!made.has("code")) made.set("code/coding/0/code", "?");
    if (patient_) made.set_reference("subject", patient_);
    const sourced quantity = text(child(act, "quantite"));
    if (is_json_number(quantity.text)) made.set_number("quantity/value", quantity);
    const sourced factor = text(child(act, "coefficient"));
    if (is_json_number(factor.text)) made.set_number("factorOverride", factor);
    set_moment(made, "occurrenceDateTime", child(act, "execute"));
    add_source_field(made, "hprim-xml.action", attribute(act, "action"));
  }

  void write_intervention(const xmlNode* node) {
    if (child(node, "libelle") == nullptr && child(node, "debut") == nullptr) return;
    const resource_ref made = pivot_.add("Procedure");
    add_focus(made);
    made.set("status", "unknown");
    made.set("identifier/0/value", text(number_node(node, "emetteur")));
    made.set("code/text", text(child(node, "libelle")));
    if (!made.has("code")) made.set("code/text", "Intervention");
    if (patient_) made.set_reference("subject", patient_);
    set_moment(made, "performedPeriod/start", child(node, "debut"));
    set_moment(made, "performedPeriod/end", child(node, "fin"));
    made.set("note/0/text", text(child(node, "commentaire")));
  }

  /// Diagnoses wherever they stand below the event: each codeCim10 is a Condition.
  void write_diagnoses(const xmlNode* event) {
    for (const xmlNode* at = event->children; at != nullptr; at = following(at, event)) {
      if (at->type != XML_ELEMENT_NODE || local_name(at) != "codeCim10" || !patient_) continue;
      const resource_ref made = pivot_.add("Condition");
      made.set("code/coding/0/system", system_cim10);
      made.set("code/coding/0/code", text(at));
      made.set_reference("subject", patient_);
      if (encounter_) made.set_reference("encounter", encounter_);
      const sourced kind = attribute(at->parent, "type");
      const std::string_view by_name = find_code(diagnosis_kinds, local_name(at->parent));
      if (!kind.empty() || !by_name.empty()) {
        made.set("category/0/coding/0/system", "urn:liaison:hprim-xml:diagnostic");
        made.set("category/0/coding/0/code", kind.empty() ? sourced(std::string(by_name)) : kind);
      }
      add_focus(made);
    }
  }

  static const xmlNode* following(const xmlNode* node, const xmlNode* root) {
    if (node->type == XML_ELEMENT_NODE && node->children != nullptr) return node->children;
    while (node != root && node->next == nullptr) node = node->parent;
    return node == root ? nullptr : node->next;
  }

  void write_outcome() {
    sourced status = attribute(message_.header, "statut");
    const std::string word = folded(status.text);
    const std::string_view code =
        word == "ok" ? "ok" : (word == "avertissement" || word == "avt" ? "ok" : "fatal-error");
    header_.set("response/identifier", text(child(message_.header, "identifiantMessageAcquitte")));
    header_.set("response/code", code);
    header_.carry("response/code", status);
    const resource_ref outcome = pivot_.add("OperationOutcome");
    header_.set_reference("response/details", outcome);
    std::size_t index = 0;
    for (const xmlNode* at = message_.root->children; at != nullptr; at = following(at, message_.root)) {
      const std::string_view name = local_name(at);
      if (at->type != XML_ELEMENT_NODE || (name != "observation" && name != "erreur")) continue;
      const std::string path = "issue/" + std::to_string(index++);
      outcome.set(path + "/severity", code == "ok" ? (word == "ok" ? "information" : "warning") : "error");
      outcome.set(path + "/code", code == "ok" ? "informational" : "processing");
      outcome.set(path + "/details/coding/0/code", text(child(at, "code")));
      outcome.set(path + "/details/text", text(child(at, "libelle")));
      outcome.set(path + "/diagnostics", text(child(at, "commentaire")));
    }
    if (index > 0) return;
    outcome.set("issue/0/severity", code == "ok" ? "information" : "error");
    outcome.set("issue/0/code", code == "ok" ? "informational" : "processing");
  }

  /// Texts and attributes that no element took. Paths are counted on the way down: asking each node for its place among
  /// its siblings would cost the square of their number.
  void keep_rest() {
    if (!first_header_) begin_header("");
    struct level {
      const xmlNode* node;
      std::size_t path_length;
      std::unordered_map<std::string_view, std::size_t> counts;
    };
    std::string path = "/" + message_.name;
    keep_values(message_.root, path);
    std::vector<level> open;
    open.push_back({message_.root->children, path.size(), {}});
    while (!open.empty()) {
      level& top = open.back();
      const xmlNode* node = top.node;
      path.resize(top.path_length);
      if (node == nullptr) {
        open.pop_back();
        continue;
      }
      top.node = node->next;
      if (node->type != XML_ELEMENT_NODE) continue;
      const std::size_t ordinal = ++top.counts[local_name(node)];
      path.append("/").append(local_name(node));
      if (ordinal > 1) path += "[" + std::to_string(ordinal) + "]";
      keep_values(node, path);
      if (node->children != nullptr) open.push_back({node->children, path.size(), {}});
    }
  }

  void keep_values(const xmlNode* node, const std::string& path) {
    for (const xmlAttr* one = node->properties; one != nullptr; one = one->next) {
      const char* name = reinterpret_cast<const char*>(one->name);
      keep(rows_.attribute(node, name), path + "/@" + name);
    }
    keep(rows_.text(node), path);
  }

  void keep(const sourced& value, const std::string& location) {
    if (value.empty() || !value.has_leaf || ledger_.is_carried(value.leaf)) return;
    add_source_field(first_header_, "hprim-xml:" + location, value);
  }

  const hxml_message& message_;
  pivot_writer& pivot_;
  account& ledger_;
  xml_ledger rows_;
  const call_options& options_;
  resource_ref header_, first_header_, patient_, encounter_;
  std::string sender_code_;
  std::size_t focus_ = 0;
};

}  // namespace

liaison_status hxml_translator::decode(const call& host) {
  findings found;
  hxml_message message;
  const hxml_outcome outcome = read_hxml(host.input(), message, found);
  for (const xml_defect& defect : message.parsed.defects)
    host.report(severity::error, defect.code, defect.location, defect.diagnostics);
  if (outcome != hxml_outcome::read) {
    found.report_to(host);
    return outcome == hxml_outcome::not_mine ? LIAISON_NOT_MINE : LIAISON_REJECT;
  }
  account ledger(host.options().form_of_source());  // always kept: it tells which texts still need a place
  const std::string seed = host.options().id_seed.empty() ? sha256_hex(host.input()) : host.options().id_seed;
  pivot_writer pivot(message.events.size() > 1 ? "collection" : "message", seed, &ledger);
  hxml_decoder(message, pivot, ledger, host.options()).write();
  host.emit(LIAISON_PART_DOCUMENT, pivot.to_json(), "application/fhir+json");
  if (host.options().account) host.emit(ledger, &pivot);
  found.report_to(host);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
