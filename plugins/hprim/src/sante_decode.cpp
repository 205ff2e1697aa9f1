// SPDX-License-Identifier: Apache-2.0
// decode of hprim-sante: the walk over the segments, header, patients, stays and insurance.
#include "sante_decode.hpp"

#include "sante_translator.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

struct event_row {
  std::string_view context, admission, code;
};

// The event of v2-0003 that stands for a context, and for an admission status (8.25).
constexpr event_row events[] = {{"ADM", "IP", "A01"}, {"ADM", "IO", "A01"}, {"ADM", "OP", "A03"}, {"ADM", "ER", "A04"},
                                {"ADM", "PA", "A05"}, {"ADM", "MP", "A08"}, {"ADM", "", "A08"},   {"ORM", "", "O01"},
                                {"ORA", "", "O01"},   {"FAC", "", "P03"},   {"REG", "", "P03"}};

std::string_view event_of(std::string_view context, std::string_view admission) {
  std::string_view fallback;
  for (const event_row& row : events) {
    if (row.context != context) continue;
    if (row.admission == admission) return row.code;
    if (row.admission.empty()) fallback = row.code;
  }
  return fallback;
}

struct code_row {
  std::string_view sent, pivot;
};

constexpr code_row sexes[] = {{"M", "male"}, {"F", "female"}, {"U", "unknown"}};
constexpr code_row encounter_statuses[] = {{"IP", "in-progress"}, {"OP", "finished"}, {"IO", "finished"},
                                           {"ER", "in-progress"}, {"PA", "planned"},  {"MP", "in-progress"}};
constexpr code_row encounter_classes[] = {{"IP", "IMP"},  {"OP", "IMP"},   {"IO", "AMB"},
                                          {"ER", "EMER"}, {"PA", "PRENC"}, {"MP", "IMP"}};

template <class Table>
std::string_view pivot_code(const Table& table, std::string_view sent) {
  for (const code_row& row : table) {
    if (row.sent == sent) return row.pivot;
  }
  return {};
}

}  // namespace

sante_decoder::sante_decoder(const sante_file& file, pivot_writer& pivot, account* ledger, const call_options& options,
                             findings& found)
    : file_(file),
      marks_(file.marks),
      pivot_(pivot),
      ledger_(ledger),
      options_(options),
      found_(found),
      codes_(chosen_code_map(options.endpoint, found)) {}

void sante_decoder::write() {
  header_.emplace(file_.segments.front(), marks_, ledger_);
  sender_code_ = header_->text(4, 1);
  for (std::size_t i = 1; i < file_.segments.size(); ++i) take(file_.segments[i]);
  finish_main();
  if (!first_main_) begin_main({});
  finish_main();
}

void sante_decoder::take(const sante_segment& segment) {
  if (segment.name == "P") {
    begin_patient(segment);
  } else if (segment.name == "AP" || segment.name == "AC") {
    write_coverage(segment);
  } else if (segment.name == "OBR") {
    begin_request(segment);
  } else if (segment.name == "OBX") {
    write_result(segment);
  } else if (segment.name == "C") {
    write_comment(segment);
  } else if (segment.name == "FAC") {
    write_invoice(segment);
  } else if (segment.name == "ACT") {
    write_charge(segment);
  } else if (segment.name == "REG") {
    write_payment(segment);
  } else if (segment.name == "ERR") {
    write_error(segment);
  } else if (segment.name == "L") {
    segment_grid grid(segment, marks_, ledger_);
    for (const std::uint16_t counted : {std::uint16_t{1}, std::uint16_t{3}, std::uint16_t{4}}) grid.envelope(counted);
    if (!first_main_) begin_main({});
    grid.keep_rest(first_main_);
  } else {
    attach(segment);
  }
}

sourced sante_decoder::date(segment_grid& grid, std::uint16_t field, const resource_ref& of, std::string_view path,
                            std::uint16_t repetition) {
  const sourced raw = grid.take(field, 1, repetition);
  if (raw.empty()) return raw;
  const std::string iso = date_time(raw.text, options_.zone);
  if (!iso.empty()) {
    of.set(path, iso);
    of.carry(path, raw);
  }
  const auto back = iso.empty() ? std::nullopt : hl7_from_fhir(iso, hl7_zone::drop);
  if (!back || *back != raw.text) grid.keep(of, {field, repetition, 1, 1});
  return raw;
}

void sante_decoder::write_header() {
  segment_grid& grid = *header_;
  pivot_.bundle().set("identifier/system", local_system(sender_code_));
  pivot_.bundle().set("identifier/value", grid.take(2));
  const auto party = [&](std::uint16_t field) {
    party_text out;
    out.code = grid.take(field, 1);
    out.identity = grid.take(field, 2);
    if (out.identity.empty() && !out.code.empty()) out.identity = sourced(out.code.text);
    return out;
  };
  const party_text sender = party(4), receiver = party(9);
  if (!sender.identity.empty()) sender_ = add_party(pivot_, sender, party_kind::organization);
  if (!receiver.identity.empty()) receiver_ = add_party(pivot_, receiver, party_kind::organization);
  pivot_.bundle().carry("type", grid.take(6));
  if (const sourced stamp = grid.take(13); !stamp.empty()) {
    const std::string iso = date_time(stamp.text, options_.zone);
    if (iso.size() > 19) {
      pivot_.bundle().set("timestamp", iso);
      pivot_.bundle().carry("timestamp", stamp);
    }
    const auto back = iso.empty() ? std::nullopt : hl7_from_fhir(iso, hl7_zone::drop);
    if (!back || *back != stamp.text || iso.size() <= 19) grid.keep(first_main_, {13, 1, 1, 1});
  } else {
    pivot_.bundle().set("timestamp", options_.now);
  }
  add_source_field(first_main_, "hprim-sante.H-6", sourced(std::string(file_.context)));
  grid.keep_rest(first_main_);
}

void sante_decoder::begin_main(const resource_ref&) {
  finish_main();
  main_ = pivot_.add(is_document() ? "Composition" : "MessageHeader");
  if (!first_main_) {
    first_main_ = main_;
    write_header();
  }
  if (is_document()) {
    const bool imaging = file_.link_type == "R";
    main_.set("status", "final");
    main_.set("type/coding/0/system", system_loinc);
    main_.set("type/coding/0/code", imaging ? std::string_view("18748-4") : code_lab_report);
    main_.set("type/coding/0/display", imaging ? "CR d'imagerie médicale" : "CR d'examens biologiques");
    main_.set("title", imaging ? "Compte rendu d'imagerie" : "Compte rendu d'examens biologiques");
    main_.set("confidentiality", "N");
    const std::string sent = date_time(field_of(file_.segments.front(), 13, marks_).text(), options_.zone);
    main_.set("date", sent.empty() ? options_.now : sent);
    if (sender_) main_.set_reference("author/0", sender_);
    if (receiver_) {
      const std::string at = "extension/" + std::to_string(main_.size_of("extension"));
      main_.set(at + "/url", extension_recipient);
      main_.set_reference(at + "/valueReference", receiver_);
    }
  } else {
    main_.set("source/name", sender_code_.empty() ? std::string_view("inconnu") : std::string_view(sender_code_));
    main_.set("source/endpoint", local_system(sender_code_));
    if (sender_) main_.set_reference("sender", sender_);
    if (receiver_) {
      main_.set_reference("destination/0/receiver", receiver_);
      main_.set("destination/0/endpoint", "urn:liaison:receiver");
    }
    const std::string_view code = event_of(file_.context, "");
    if (code.empty()) {
      main_.set("eventUri", "urn:liaison:hprim-sante:" + std::string(file_.context));
    } else {
      main_.set("eventCoding/system", "http://terminology.hl7.org/CodeSystem/v2-0003");
      main_.set("eventCoding/code", code);
    }
  }
  attached_.clear();
  last_ = main_;
}

void sante_decoder::finish_main() {
  flush_section();
  request_ = invoice_ = encounter_ = resource_ref{};
  last_is_observation_ = false;
}

void sante_decoder::begin_patient(const sante_segment& segment) {
  begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  patient_ = pivot_.add("Patient");
  main_.set_reference(is_document() ? "subject" : "focus/0", patient_);
  grid.envelope(1);
  patient_status_ = identity_status_of(segment, marks_);
  write_identifiers(grid);
  write_names(grid);
  write_traits(grid);
  write_address(grid);
  write_birth_place(grid);
  write_contacts(grid);
  write_stay(grid);
  if (merges_ && !is_document()) main_.set("eventCoding/code", "A40");
  grid.keep_rest(patient_);
  last_ = patient_;
  last_is_observation_ = false;
}

void sante_decoder::write_identifiers(segment_grid& grid) {
  std::size_t next = 0;
  const auto add = [&](const sourced& value, std::string_view type, std::string_view text) {
    if (value.empty()) return;
    const std::string at = "identifier/" + std::to_string(next++);
    if (!type.empty()) {
      patient_.set(at + "/type/coding/0/system", system_identifier_type);
      patient_.set(at + "/type/coding/0/code", type);
    }
    patient_.set(at + "/type/text", text);
    patient_.set(at + "/value", value);
  };
  add(grid.take(2, 1), "PI", "");
  add(grid.take(3, 1), "", "executor");
  write_merged(grid);
  const bool qualified = patient_status_ == facts::identity_status::qualified;
  for (std::uint16_t repetition = 1, last = grid.repetitions(11); repetition <= last; ++repetition) {
    const std::string oid = grid.text(11, 6, repetition), type = grid.text(11, 2, repetition);
    const bool is_ins = is_ins_system(oid) && (type == "INS-NIR" || type == "INS-NIA") && qualified;
    if (!is_ins) continue;  // stays a source-field: a matricule without qualified identity is nobody's INS
    const std::string at = "identifier/" + std::to_string(next++);
    patient_.set(at + "/use", "official");
    patient_.set(at + "/type/coding/0/system", system_identifier_type_fr);
    const bool test = oid.ends_with(".10"), demo = oid.ends_with(".11");
    patient_.set(at + "/type/coding/0/code", test ? "INS-NIR-TEST" : (demo ? "INS-NIR-DEMO" : type.c_str()));
    patient_.carry(at + "/type/coding/0/code", grid.take(11, 2, repetition));
    patient_.set(at + "/system", "urn:oid:" + oid);
    patient_.carry(at + "/system", grid.take(11, 6, repetition));
    patient_.set(at + "/value", grid.take(11, 1, repetition));
    if (test || demo) grid.keep(patient_, {11, repetition, 2, 1});
  }
  const std::string status = grid.text(38);
  if (status != "VL" && status != "PR") return;
  const std::string at = "extension/" + std::to_string(patient_.size_of("extension"));
  patient_.set(at + "/url", extension_identity_reliability);
  patient_.set(at + "/extension/0/url", "identityStatus");
  patient_.set(at + "/extension/0/valueCoding/system", system_identity_reliability);
  patient_.set(at + "/extension/0/valueCoding/code", status == "VL" ? "VALI" : "PROV");
  patient_.carry(at + "/extension/0/valueCoding/code", grid.take(38));
}

/// 8.3 `number ~ number to merge ~ FU`: the second number's patient has become this one.
void sante_decoder::write_merged(segment_grid& grid) {
  merges_ = grid.text(2, 3) == "FU" && !grid.text(2, 2).empty();
  if (!merges_) return;
  const resource_ref old = pivot_.add("Patient");
  old.set("identifier/0/type/coding/0/system", system_identifier_type);
  old.set("identifier/0/type/coding/0/code", "PI");
  old.set("identifier/0/value", grid.take(2, 2));
  old.set("link/0/type", "replaced-by");
  old.carry("link/0/type", grid.take(2, 3));
  old.set_reference("link/0/other", patient_);
}

void sante_decoder::write_names(segment_grid& grid) {
  std::size_t next = 0;
  if (!grid.text(5, 1).empty() || !grid.text(5, 2).empty()) {
    const std::string at = "name/" + std::to_string(next++);
    patient_.set(at + "/use", "usual");
    patient_.set(at + "/family", grid.take(5, 1));
    patient_.set(at + "/given/0", grid.take(5, 2));
    if (!grid.text(5, 2).empty()) patient_.set(at + "/given/1", grid.take(5, 3));
    patient_.set(at + "/prefix/0", grid.take(5, 5));
    patient_.set(at + "/suffix/0", grid.take(5, 6));
  }
  if (!grid.text(6, 1).empty()) {
    const std::string at = "name/" + std::to_string(next);
    patient_.set(at + "/use", "official");
    patient_.set(at + "/family", grid.take(6, 1));
    patient_.set(at + "/given/0", grid.take(6, 2));
  }
  if (!grid.text(6, 3).empty()) {
    const std::string at = "extension/" + std::to_string(patient_.size_of("extension"));
    patient_.set(at + "/url", extension_birth_list_given);
    patient_.set(at + "/valueString", grid.take(6, 3));
  }
}

void sante_decoder::write_traits(segment_grid& grid) {
  if (const sourced birth = grid.take(7); !birth.empty()) {
    const std::string iso = date_time(birth.text, options_.zone);
    patient_.set("birthDate", iso.substr(0, 10));
    if (!iso.empty()) patient_.carry("birthDate", birth);
    const auto back = iso.empty() ? std::nullopt : hl7_from_fhir(iso.substr(0, 10), hl7_zone::drop);
    if (!back || *back != birth.text) grid.keep(patient_, {7, 1, 1, 1});
  }
  if (const std::string_view sex = pivot_code(sexes, grid.text(8)); !sex.empty()) {
    patient_.set("gender", sex);
    patient_.carry("gender", grid.take(8));
  }
  if (!grid.text(33).empty()) (void)date(grid, 33, patient_, "deceasedDateTime");
}

void sante_decoder::write_address(segment_grid& grid) {
  std::size_t line = 0;
  if (!grid.text(10, 1).empty()) {
    patient_.set("address/0/line/" + std::to_string(line++), grid.take(10, 1));
    if (!grid.text(10, 2).empty()) patient_.set("address/0/line/" + std::to_string(line), grid.take(10, 2));
  }
  patient_.set("address/0/city", grid.take(10, 3));
  const std::string fourth = grid.text(10, 4);
  if (grid.text(10, 5).empty() && fourth.size() == 5 && is_digits(fourth)) {
    // A known sender writes four parts, the last being the postcode.
    patient_.set("address/0/postalCode", sourced(fourth));
    grid.keep_whole(patient_, 10);
  } else {
    patient_.set("address/0/district", grid.take(10, 4));
    patient_.set("address/0/postalCode", grid.take(10, 5));
  }
  patient_.set("address/0/country", grid.take(10, 6));
}

void sante_decoder::write_birth_place(segment_grid& grid) {
  if (grid.components(34) == 0) return;
  const std::string at = "extension/" + std::to_string(patient_.size_of("extension"));
  const std::string address = at + "/valueAddress";
  patient_.set(at + "/url", extension_birth_place);
  if (!grid.text(34, 2).empty()) {
    patient_.set(address + "/extension/0/url", extension_insee_code);
    patient_.set(address + "/extension/0/valueCoding/system",
                 "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM");
    patient_.set(address + "/extension/0/valueCoding/code", grid.take(34, 2));
  }
  patient_.set(address + "/city", grid.take(34, 1));
  patient_.set(address + "/country", grid.take(34, 3));
  patient_.set(address + "/postalCode", grid.take(34, 4));
}

void sante_decoder::write_contacts(segment_grid& grid) {
  std::size_t next = 0;
  for (std::uint16_t repetition = 1, last = grid.repetitions(12); repetition <= last; ++repetition) {
    if (grid.text(12, 1, repetition).empty()) break;  // a hole would close up on the way back
    const std::string at = "telecom/" + std::to_string(next++);
    patient_.set(at + "/system", "phone");
    patient_.set(at + "/value", grid.take(12, 1, repetition));
  }
  if (!grid.text(41).empty()) {
    const std::string at = "telecom/" + std::to_string(next);
    patient_.set(at + "/system", "email");
    patient_.set(at + "/value", grid.take(41));
  }
  for (std::uint16_t repetition = 1, last = grid.repetitions(13); repetition <= last; ++repetition) {
    if (grid.text(13, 1, repetition).empty() && grid.text(13, 2, repetition).empty()) break;
    patient_.set_reference("generalPractitioner/" + std::to_string(repetition - 1), practitioner(grid, 13, repetition));
  }
}

/// CNA: id ~ name ~ type, or id ~ name ~ first name …, or a nested name. Only id and a plain name are taken; the rest
/// stays as it is.
resource_ref sante_decoder::practitioner(segment_grid& grid, std::uint16_t field, std::uint16_t repetition) {
  const resource_ref made = pivot_.add("Practitioner");
  const std::string type = grid.text(field, 3, repetition);
  const sourced code = grid.take(field, 1, repetition);
  if (!code.empty()) {
    const bool rpps = type == "R" && code.text.size() == 11 && is_digits(code.text);
    made.set("identifier/0/system", rpps ? std::string(system_rpps) : local_system(sender_code_));
    made.set("identifier/0/value", code);
  }
  const sourced name = grid.take(field, 2, repetition);
  if (!name.empty()) set_person_name(made, "name/0", name);
  return made;
}

void sante_decoder::write_stay(segment_grid& grid) {
  const bool any =
      !grid.text(4, 1).empty() || !grid.text(23).empty() || !grid.text(24).empty() || grid.components(25) > 0;
  if (!any) return;
  encounter_ = pivot_.add("Encounter");
  const std::string admission = grid.text(24);
  const std::string_view status = pivot_code(encounter_statuses, admission);
  encounter_.set("status", status.empty() ? "unknown" : status);
  const std::string_view kind = pivot_code(encounter_classes, admission);
  encounter_.set("class/system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
  encounter_.set("class/code", kind.empty() ? "IMP" : kind);
  encounter_.set_reference("subject", patient_);
  if (!grid.text(4, 1).empty()) {
    encounter_.set("identifier/0/type/coding/0/system", system_identifier_type);
    encounter_.set("identifier/0/type/coding/0/code", "VN");
    encounter_.set("identifier/0/value", grid.take(4, 1));
  }
  if (!grid.text(24).empty()) {
    if (!status.empty()) encounter_.carry("status", grid.take(24));
    grid.keep(encounter_, {24, 1, 1, 1});
  }
  if (!grid.text(23).empty()) (void)date(grid, 23, encounter_, "period/start", 1);
  if (!grid.text(23, 1, 2).empty()) (void)date(grid, 23, encounter_, "period/end", 2);
  std::string location;
  for (std::uint16_t component = grid.components(25); component > 0; --component) {
    const std::string part = grid.text(25, component);
    if (!part.empty()) location += (location.empty() ? "" : " ") + part;
  }
  if (!location.empty()) {
    const resource_ref place_made = pivot_.add("Location");
    place_made.set("name", location);
    encounter_.set_reference("location/0/location", place_made);
    grid.keep_whole(encounter_, 25);
  }
  if (is_document()) {
    main_.set_reference("encounter", encounter_);
  } else {
    main_.set_reference("focus/" + std::to_string(main_.size_of("focus")), encounter_);
    if (const std::string_view code = event_of(file_.context, admission); !code.empty())
      main_.set("eventCoding/code", code);
  }
}

void sante_decoder::write_coverage(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  const bool obligatory = segment.name == "AP";
  const resource_ref coverage = pivot_.add("Coverage");
  coverage.set("status", "active");
  coverage.set("type/text", obligatory ? "Assurance obligatoire" : "Assurance complémentaire");
  if (patient_) coverage.set_reference("beneficiary", patient_);
  add_source_field(coverage, "hprim-sante.segment", sourced(std::string(segment.name)));
  grid.envelope(1);
  const resource_ref payor = pivot_.add("Organization");
  if (obligatory) {
    payor.set("name", "Caisse " + grid.text(8) + " " + grid.text(9) + " " + grid.text(10));
    coverage.set("subscriberId", grid.take(5));
    if (!grid.text(3).empty()) (void)date(grid, 3, coverage, "period/start");
    if (!grid.text(4).empty()) (void)date(grid, 4, coverage, "period/end");
  } else {
    payor.set("name", "Organisme complémentaire " + grid.text(2));
    coverage.set("subscriberId", grid.take(3));
    if (!grid.text(4).empty()) (void)date(grid, 4, coverage, "period/start");
    if (!grid.text(5).empty()) (void)date(grid, 5, coverage, "period/end");
  }
  coverage.set_reference("payor/0", payor);
  grid.keep_rest(coverage);
  if (!is_document()) main_.set_reference("focus/" + std::to_string(main_.size_of("focus")), coverage);
  last_ = coverage;
  last_is_observation_ = false;
}

unsigned sante_decoder::ordinal_of(const resource_ref& of, std::string_view segment) {
  return ++attached_[of.full_url() + " " + std::string(segment)];
}

/// A segment that has no place of its own: kept with the one before it.
void sante_decoder::attach(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  segment_grid grid(segment, marks_, ledger_);
  grid.keep_rest(last_, ordinal_of(last_, segment.name));
}

liaison_status sante_translator::decode(const call& host) {
  findings found;
  sante_file file;
  if (!read_sante(host.input(), host.options().charset, file, found)) {
    found.report_to(host);
    return LIAISON_NOT_MINE;
  }
  account ledger(host.options().form_of_source());
  account* const rows = host.options().account ? &ledger : nullptr;
  const auto patients =
      std::count_if(file.segments.begin(), file.segments.end(), [](const sante_segment& s) { return s.name == "P"; });
  const std::string seed = host.options().id_seed.empty() ? sha256_hex(host.input()) : host.options().id_seed;
  const bool document = file.context == "ORU";
  pivot_writer pivot(patients > 1 ? "collection" : (document ? "document" : "message"), seed, rows);
  sante_decoder(file, pivot, rows, host.options(), found).write();
  host.emit(LIAISON_PART_DOCUMENT, pivot.to_json(), "application/fhir+json");
  if (rows != nullptr) host.emit(ledger, &pivot);
  found.report_to(host);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
