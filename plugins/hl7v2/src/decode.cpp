// SPDX-License-Identifier: Apache-2.0
// Which shape of Bundle a message becomes, and what is left when all parts have been written.
#include "decode.hpp"

#include "codes.hpp"
#include "reading.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

struct field_name {
  std::string_view segment;
  unsigned field;
};

/// Values that the shape of a Bundle says by itself: separators, sequence numbers, types of values.
constexpr field_name envelope_fields[] = {
    {"MSH", 1}, {"MSH", 2}, {"MSH", 9}, {"FHS", 1},  {"FHS", 2},  {"BHS", 1},  {"BHS", 2}, {"PID", 1},  {"PV1", 1},
    {"OBR", 1}, {"OBX", 1}, {"OBX", 2}, {"NTE", 1},  {"NTE", 2},  {"TXA", 1},  {"TXA", 3}, {"TXA", 17}, {"SPM", 1},
    {"ROL", 1}, {"NK1", 1}, {"EVN", 1}, {"MSH", 21}, {"MSH", 12}, {"MSH", 18}, {"BTS", 1}, {"FTS", 1}};

bool is_envelope(std::string_view name, unsigned number) {
  return std::any_of(std::begin(envelope_fields), std::end(envelope_fields),
                     [&](const field_name& row) { return row.segment == name && row.field == number; });
}

constexpr std::string_view transport = "said of the transport of the message, not of its content";
constexpr std::string_view no_place = "no place in the pivot";

/// Segments of a patient that no resource was made for: their values stay with the Patient.
bool belongs_to_patient(std::string_view name) {
  static constexpr std::string_view names[] = {"PD1", "NK1", "AL1", "IAM", "ARV", "DB1",
                                               "MRG", "GT1", "IN1", "IN2", "IN3", "ACC"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names) || name.starts_with('Z');
}

bool belongs_to_visit(std::string_view name) {
  static constexpr std::string_view names[] = {"DG1", "PR1", "DRG", "RF1", "PDA", "ROL"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// Whether a message is a document by content, results, or an event.
enum class shape : std::uint8_t { document, results, event };

shape shape_of(const message& of, const reading_result& read) {
  const bool has_document =
      std::any_of(read.files.begin(), read.files.end(), [](const file& f) { return f.kind == obx_kind::document; });
  const std::string_view type = trim(of.at(0)[9].component(1));
  if ((type == "MDM" || type == "ORU") && has_document) return shape::document;
  return type == "ORU" || type == "MDM" || type == "OUL" ? shape::results : shape::event;
}

void write_bundle(decoding& d, shape which) {
  const segment msh = d.of.at(0);
  const resource_ref bundle = d.pivot.bundle();
  if (which == shape::event || !bundle.has("identifier")) {
    const std::string sender = local_system(d.of, {});
    bundle.set("identifier/system", sender);
    bundle.set("identifier/value", d.values.get(msh[10].text()));
  }
  if (!bundle.has("timestamp") && !write_time(d, msh[7].component(1), {bundle, "timestamp"}, precision::instant) &&
      !d.now.empty()) {
    bundle.set("timestamp", d.now);
    d.added("/timestamp", d.now, "a Bundle of this type has a time, and the message gives none");
  }
}

/// Composition of results: what a document needs and a message says elsewhere.
void write_composition(decoding& d) {
  const segment msh = d.of.at(0), obr = d.of.find("OBR"), txa = d.of.find("TXA");
  d.composition = d.pivot.add("Composition");
  if (txa) d.owners[txa.position()] = d.composition;
  const spot to{d.composition, ""};
  const std::string_view status = d.read.facts.document.status;
  (to / "status")
      .set(status == "amended"                            ? "amended"
           : status == "partial"                          ? "preliminary"
           : status == "cancelled" || status == "deleted" ? "entered-in-error"
                                                          : "final");
  const repetition type = obr && !obr[4].empty() ? obr[4].first() : txa ? txa[2].first() : repetition{{}, &d.of.by()};
  if (!write_concept(d, type, to / "type")) (to / "type/text").set("Résultats");
  for (const field& number : {obr ? obr[3] : field{{}, &d.of.by()}, obr ? obr[2] : field{{}, &d.of.by()}}) {
    if (d.composition.has("identifier") || !write_entity_identifier(d, number.first(), to / "identifier")) continue;
    if (!d.composition.has("identifier/system"))
      (to / "identifier/system").set(local_system(d.of, number.component(2)));
  }
  const std::string& created = d.read.facts.document.created;
  if (obr && write_time(d, obr[22].component(1), to / "date")) {
    // the time at which the results were released
  } else if (!created.empty()) {
    (to / "date").set(created);
  } else if (!write_time(d, msh[7].component(1), to / "date") && !d.now.empty()) {
    (to / "date").set(d.now);
    d.added("/entry/0/resource/date", d.now, "a document has a date, and the message gives none");
  }
  const std::string title = d.read.facts.document.title;
  (to / "title").set(title.empty() ? "Résultats" : title);
}

void write_author(decoding& d) {
  const segment obr = d.of.find("OBR"), msh = d.of.at(0), txa = d.of.find("TXA");
  std::size_t authors = 0;
  const auto add = [&](const resource_ref& who) {
    if (who) d.composition.set_reference("author/" + std::to_string(authors++), who);
  };
  if (obr && !obr[32].empty()) add(write_packed_person(d, obr[32].first()));
  if (txa && authors == 0) {
    for (const unsigned number : {9U, 5U}) {
      if (authors == 0) add(write_person(d, txa[number].first()));
    }
  }
  const sourced place = d.values.get(msh[4].component(1)), application = d.values.get(msh[3].component(1));
  const resource_ref sender = d.pivot.add("Organization");
  sender.set("name", place.empty() ? application : place);
  if (!place.empty()) sender.set("alias/0", application);
  const std::string oid = system_of(msh[4].component(2), msh[4].component(3));
  if (!oid.empty()) {
    sender.set("identifier/0/system", "urn:ietf:rfc:3986");
    sender.set("identifier/0/value", d.values.as(msh[4].component(2), oid));
    sender.carry("identifier/0/value", d.values.get(msh[4].component(3)));
  }
  if (place.empty() && application.empty()) sender.set("name", "(sender not named)");
  if (authors == 0) add(sender);
  d.composition.set_reference("custodian", sender);
}

void write_results_document(decoding& d) {
  write_composition(d);
  if (const segment pid = d.of.find("PID")) {
    write_patient(d, pid);
    d.composition.set_reference("subject", d.patient);
  }
  write_encounter(d);
  if (d.encounter) d.composition.set_reference("encounter", d.encounter);
  write_author(d);
  write_recipients(d);
  write_results(d);
  write_masks(d);
}

}  // namespace

void write_source_field(const resource_ref& owner, const std::string& location, const sourced& value) {
  add_source_field({owner, {}}, "hl7v2." + location, value);
}

void write_rest(decoding& d) {
  if (!d.values.has_ledger()) return;
  const bool is_document = shape_of(d.of, d.read) == shape::document;
  d.values.each_open([&](leaves::row& row) {
    const segment in = d.of.at(row.segment);
    const std::string_view name = in.name();
    const sourced value = d.values.value_of_row(row);
    if (is_envelope(name, row.field)) {
      d.ledger->envelope(row.leaf);
      return;
    }
    row.is_dropped = true;
    if (value.text == "\"\"") {
      d.ledger->drop(row.leaf, "an explicit null deletes what a receiver knew: there is nothing to write");
      return;
    }
    if (name == "OBX" && kind_of(in) == obx_kind::metadata) {
      d.ledger->drop(row.leaf, "an instruction of the sender for the transport of the document");
      return;
    }
    if (is_document) {
      d.ledger->drop(row.leaf, name == "MSH" || name == "EVN"
                                   ? transport
                                   : "said of the message that carried the document, which has no place for it");
      return;
    }
    const auto owner = d.owners.find(row.segment);
    const resource_ref to = owner != d.owners.end() && owner->second             ? owner->second
                            : belongs_to_visit(name) && d.encounter              ? d.encounter
                            : belongs_to_visit(name) || belongs_to_patient(name) ? d.patient
                                                                                 : resource_ref{};
    if (!to || value.text.empty() || value.text.size() > 4096) {
      d.ledger->drop(row.leaf, name == "MSH" || name == "EVN" ? transport : no_place);
      return;
    }
    write_source_field(to, d.values.location_of(row), value);
    row.is_dropped = false;
  });
}

liaison_status decode_message(const call& request) {
  opened message_read(request);
  if (message_read.stopped()) return *message_read.stopped();
  const call_options& options = request.options();
  const message& of = message_read.parsed();
  findings& found = message_read.found();
  reading_result read =
      read_facts(of, {value_list::leave_out, volet_options_of(options.endpoint), options.zone, options.now}, found);
  // Intake decides what is taken; what a person asks to see is translated as far as it can be read. Two identities in
  // one message stop it here too.
  if (found.forbidden()) return found.report(request);
  account ledger(options.form_of_source());
  leaves values(of, &ledger);
  if (values.is_full()) {
    found.refuse("hl7v2-too-many-values", "MSH", "the message has more values than are translated");
    return found.report(request);
  }
  const shape which = shape_of(of, read);
  const std::string seed = options.id_seed.empty() ? sha256_hex(request.input()) : options.id_seed;
  pivot_writer pivot(which == shape::event ? "message" : "document", seed, &ledger);
  decoding d{of, values, pivot, read, &ledger, options.zone, options.now, false, {}, {}, {}, {}, {}, {}, {}, {}};
  d.is_french =
      read.which != contract::none || trim(of.at(0)[17].text()) == "FRA" ||
      std::any_of(read.facts.patients.begin(), read.facts.patients.end(), [](const facts::patient& p) {
        return std::any_of(p.identifiers.begin(), p.identifiers.end(), [](const auto& i) { return is_ins(i.kind); });
      });
  for (const file& each : read.files) d.files[each.obx.position()] = &each;
  segment document_obx;
  bytes_view embedded;
  for (file& each : read.files) {
    if (each.kind != obx_kind::document || !embedded.empty()) continue;
    embedded = request.embedded_pivot(location(each.obx, {5, 5}));
    document_obx = each.obx;
  }
  if (!embedded.empty() && pivot.load(embedded)) {
    for (file& each : read.files) each.bytes = {};  // the pivot stands for them
    write_envelope(d, embedded, document_obx);
  } else if (which == shape::event) {
    write_event(d);
  } else {
    if (which == shape::document)
      found.warning("hl7v2-document-as-file", location(document_obx, {5, 5}),
                    "the document inside was not translated and is carried as a file");
    write_results_document(d);
  }
  write_bundle(d, which);
  write_rest(d);
  request.emit(LIAISON_PART_DOCUMENT, pivot.to_json(), "application/fhir+json", nullptr, "fhir");
  if (options.account) request.emit(ledger, &pivot);
  found.report(request);
  return LIAISON_OK;
}

}  // namespace liaison::hl7v2
