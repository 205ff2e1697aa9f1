// SPDX-License-Identifier: Apache-2.0
// The documents in the order of the archive, and what stands around them.
#include "decode.hpp"

#include "inspect.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

namespace liaison::xdm {
namespace {

void write_masks(const package_document& document, const resource_ref& composition) {
  for (const coded& level : document.entry.confidentiality) {
    if (level.code.text.size() <= 1) continue;
    const spot to = spot{composition, "meta/security"}.next();
    write_code(level, to);
    if (level.system.empty()) (to / "system").set(terms::system_masks);
  }
}

void write_action(decoding& d, const package_document& document, const resource_ref& composition) {
  const action what = action_of(document);
  if (what == action::remove) composition.set("status", "entered-in-error");
  if (what == action::replace) composition.set("status", "amended");
  d.carry(document.entry.action, composition.pointer("status"));
  if (document.replaces.empty() || composition.has("relatesTo")) return;
  composition.set("relatesTo/0/code", "replaces");
  composition.set("relatesTo/0/targetIdentifier/system", terms::system_uri);
  composition.set("relatesTo/0/targetIdentifier/value", document_id(document.replaces));
}

/// A recipient of the set whom the document names as well is said there already.
bool is_known_recipient(decoding& d, const sourced& text, const spoken* said) {
  if (said == nullptr) return false;
  const recipient to = recipient_of(text.text);
  for (const std::string* name : {&to.mail, &to.who.id.value, &to.where.id.value}) {
    const std::string place = said->find_recipient(*name);
    if (place.empty()) continue;
    d.carry(text, place);
    return true;
  }
  return false;
}

void write_set(decoding& d, const submission_set& set, const spoken* said, const resource_ref& composition) {
  const spot to{composition, ""};
  for (const sourced& text : set.recipients) {
    if (is_known_recipient(d, text, said)) continue;
    const resource_ref who = write_recipient(d, text);
    if (!who) continue;
    const spot extension = (to / "extension").next();
    (extension / "url").set(std::string(terms::extension_base) + "recipient");
    (extension / "valueReference").refer(who);
    (extension / "valueReference/extension/0/url").set(std::string(terms::extension_base) + "recipient-role");
    (extension / "valueReference/extension/0/valueCode").set("primary");
  }
  if (!set.authors.empty()) {
    if (const resource_ref who = write_author(d, set.authors.front())) {
      const spot extension = (to / "extension").next();
      (extension / "url").set(std::string(terms::extension_base) + "sender");
      (extension / "valueReference").refer(who);
    }
  }
  const auto keep = [&](const char* name, const sourced& value) {
    terms::add_source_field(to, std::string("xdm.SubmissionSet.") + name, value);
  };
  keep("uniqueId", set.unique_id);
  keep("sourceId", set.source_id);
  keep("submissionTime", set.submission_time);
  keep("title", set.title);
  keep("comments", set.comments);
  keep("contentTypeCode", set.content_type.code);
  keep("contentTypeCode.displayName", set.content_type.display);
  keep("contentTypeCode.codingScheme", set.content_type.system);
}

resource_ref first_after(pivot_writer& pivot, const spoken& said, std::string_view type) {
  return said.has(type) ? pivot.at(said.entry_of(type)) : resource_ref{};
}

/// The document's own pivot, or nothing when its translator made none.
resource_ref take_pivot(decoding& d, const call& request, const package_document& document) {
  if (document.format == nullptr) return {};
  const bytes_view made = request.embedded_pivot(document.location);
  if (made.empty()) return {};
  std::size_t offset = 0;
  if (d.what.documents.size() == 1) {
    if (!d.pivot.load(made)) return {};
  } else {
    const auto at = d.pivot.append(made);
    if (!at) return {};
    offset = *at;
    d.ledger.moved(document.location, offset);
  }
  const pivot_reader reader(made, nullptr);
  const spoken said(reader, offset);
  const resource_ref composition = first_after(d.pivot, said, "Composition");
  if (!composition) return {};
  settle_document(d, document, said, composition, first_after(d.pivot, said, "Patient"));
  write_envelope(d, document, &said, composition);
  return composition;
}

void write_bundle(decoding& d) {
  const resource_ref bundle = d.pivot.bundle();
  const submission_set& set = d.what.sets.front().metadata;
  if (!bundle.has("identifier") && !set.unique_id.empty()) {
    bundle.set("identifier/system", terms::system_uri);
    bundle.set("identifier/value", document_id(set.unique_id.text));
  }
  if (bundle.has("timestamp")) return;
  const auto time = fhir_of_utc(set.submission_time.text);
  if (time && time->size() > 16)
    bundle.set("timestamp", part_of(set.submission_time, *time));
  else if (!d.now.empty())
    bundle.set("timestamp", d.now);
}

}  // namespace

void write_envelope(decoding& d, const package_document& document, const spoken* said,
                    const resource_ref& composition) {
  write_masks(document, composition);
  write_action(d, document, composition);
  write_set(d, d.what.sets[document.set].metadata, said, composition);
}

liaison_status decode_archive(const call& request) {
  const call_options& options = request.options();
  findings found(finding_table, options.strict);
  account ledger(options.form_of_source());
  auto what = open_package(request.input(), found, &ledger, verify::no);
  if (what) check_patient(*what, found);
  if (!what || found.stopped()) return status_of(found, request);
  const std::string seed = options.id_seed.empty() ? sha256_hex(request.input()) : options.id_seed;
  pivot_writer pivot(what->documents.size() == 1 ? "document" : "collection", seed, &ledger);
  const link from = link_of(request);
  decoding d{*what, pivot, ledger, options.now};
  d.is_qualified = patient_of(*what, from).identity_status == facts::identity_status::qualified;
  for (const package_document& document : what->documents) {
    if (!take_pivot(d, request, document)) write_envelope(d, document, nullptr, compose_document(d, document));
  }
  for (const package_set& set : what->sets) {
    // The set's patient is the documents' (check_patient), and is said there.
    if (set.metadata.patient_id.has_leaf) ledger.envelope(set.metadata.patient_id.leaf);
  }
  write_bundle(d);
  request.emit(LIAISON_PART_DOCUMENT, pivot.to_json(), "application/fhir+json", nullptr, "fhir");
  if (options.account) request.emit(ledger, &pivot);
  found.report(request);
  return LIAISON_OK;
}

}  // namespace liaison::xdm
