// SPDX-License-Identifier: Apache-2.0
// The pivot is R4 already. Whatever the profile, identities are guarded (french_patient.hpp) and nothing empty leaves;
// then the pivot leaves as it is with the rules of document Bundles (fr-core: with the bytes it came with when it needs
// none of this), or its documents leave wrapped (submission.hpp).
#include "encode.hpp"

#include "bundle.hpp"
#include "conform.hpp"
#include "findings.hpp"
#include "french_patient.hpp"
#include "identity.hpp"
#include "pivot_account.hpp"
#include "profile_writers.hpp"
#include "prune.hpp"
#include "structure_check.hpp"
#include "submission.hpp"
#include "tree_edit.hpp"
#include "xml_write.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/pivot.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <utility>

namespace liaison::fhir {
namespace {

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

class encoder {
 public:
  encoder(const call& of, message& read) : call_(of), tree_(read.resource), ledger_(of.options().form_of_pivot()) {
    seed_ = !of.options().id_seed.empty() ? of.options().id_seed : sha256_hex(of.input());
  }

  liaison_status run() {
    const bundle_view bundle(tree_);
    if (const auto conflict = find_conflict(bundle)) {
      call_.report(
          severity::error, "fhir-two-identities", tree_.location(conflict->second),
          "the message names two different INS for one subject (the other at " + tree_.location(conflict->first) + ")");
      return LIAISON_REJECT;
    }
    check_ids(bundle);
    withhold();
    if (wants_more() && !is_well_formed()) return LIAISON_REJECT;
    if (call_.options().profile == "pdsm-iti65") return wrap(write_submission);
    if (call_.options().profile == "pdsm-iti105") return wrap(write_simplified_publish);
    if (!follow_profile()) return LIAISON_REJECT;
    place_entries();
    complete(bundle_view(tree_));
    write();
    return LIAISON_OK;
  }

 private:
  void check_ids(const bundle_view& bundle) {
    for (const auto& entry : bundle.entries()) {
      const node_id id = tree_.child(entry.resource, "id");
      if (id != none && !is_id(tree_[id].text))
        call_.report(severity::error, "fhir-bad-id", tree_.location(id),
                     "this is no FHIR id ([A-Za-z0-9.-], at most 64)");
    }
  }

  void withhold() {
    const guarded found = guard_identities(tree_, ledger_);
    changed_ = found.changed;
    std::vector<node_id> unwanted;
    for (const withheld_value& one : found.withheld) {
      if (!one.code.empty()) call_.report(severity::warning, one.code, tree_.location(one.where), one.reason);
      where_.dropped.emplace(one.where, one.reason);
      unwanted.push_back(one.where);
    }
    if (prune(tree_, unwanted) > 0) changed_ = true;
    if (conform(tree_, ledger_) > 0) changed_ = true;
  }

  bool wants_more() const { return !call_.options().profile.empty() && call_.options().profile != "fr-core"; }

  /// Profiles are written from elements of the types that R4 gives them; what passes through otherwise stops here.
  bool is_well_formed() const {
    constexpr std::array shapes = {"fhir-wrong-type", "fhir-not-an-array", "fhir-unexpected-array", "fhir-json-null",
                                   "fhir-unknown-resource"};
    findings found(tree_);
    check_structure(bundle_view(tree_), found, [](const invariant_site&) {});
    for (const issue& one : found.list()) {
      if (!found.full() && std::ranges::find(shapes, one.code) == shapes.end()) continue;
      call_.report(severity::error, "fhir-pivot-malformed", one.location,
                   "the profile cannot be written from this: " + one.diagnostics);
      return false;
    }
    return true;
  }

  /// What else the profile asks for; the default asks for nothing more.
  bool follow_profile() {
    const std::string& profile = call_.options().profile;
    bool (*const change)(const profile_context&) = profile == "eu-lab"    ? write_eu_laboratory
                                                   : profile == "eu-hdr"  ? write_eu_discharge
                                                   : profile == "message" ? write_message
                                                                          : nullptr;
    if (change == nullptr) return true;
    changed_ = true;
    if (!change({call_, tree_, where_, ledger_, seed_})) return false;
    (void)prune(tree_);  // lists that lost their last element
    return true;
  }

  using wrapping = std::optional<std::string>(const call&, const bundle_view&, placements&, account&);
  liaison_status wrap(wrapping* how) {
    const bundle_view bundle(tree_);
    const auto made = how(call_, bundle, where_, ledger_);
    if (!made) return LIAISON_REJECT;
    emit(*made);
    tell_account("stands in the document that is carried, not beside it");
    return LIAISON_OK;
  }

  /// Of the pivot as it came in: the tree has lost what was taken out.
  void tell_account(std::string_view otherwise) {
    if (!call_.options().account) return;
    message original;
    if (changed_) (void)read_message(call_.input(), original);
    write_account(changed_ ? original.resource : tree_, where_, ledger_, otherwise);
    call_.emit(ledger_);
  }

  /// Where each entry will stand once the Composition is first.
  void place_entries() {
    const node_id list = tree_.child(0, "entry");
    const node_id late = late_composition();
    if (late == none) return where_.copied(0, {});
    for (node_id id = tree_[0].first; id != none; id = tree_[id].next) {
      if (id != list) where_.copied(id, "/" + std::string(tree_[id].name));
    }
    std::size_t position = 1;
    for (node_id id = tree_[list].first; id != none; id = tree_[id].next)
      where_.copied(id, "/entry/" + std::to_string(id == late ? 0 : position++));
  }

  /// The entry that must be first (bdl-11, bdl-12) when it is not.
  node_id late_composition() const {
    const node_id list = tree_.child(0, "entry");
    const std::string_view type = tree_.text(0, "type");
    if ((type != "document" && type != "message") || !tree_.is_array(list)) return none;
    const std::string_view wanted = type == "document" ? "Composition" : "MessageHeader";
    for (node_id id = tree_[list].first; id != none; id = tree_[id].next) {
      if (tree_.type_of(tree_.child(id, "resource")) == wanted) return id == tree_[list].first ? none : id;
    }
    return none;
  }

  void add(std::string_view name, kind of, std::string_view text, std::string_view reason) {
    tree_.add(0, name, of, tree_.keep(text));
    ledger_.added("/" + std::string(name), text, reason);
    changed_ = true;
  }

  /// bdl-9, bdl-10 and bdl-11 of R4: a document has an identifier, a timestamp, and its Composition first.
  void complete(const bundle_view& bundle) {
    if (bundle.type() == "message") return put_first();
    if (bundle.type() != "document") return;
    if (tree_.text(0, "identifier/value").empty()) {
      const node_id made = ensure(tree_, 0, "identifier", kind::object);
      const std::string value = "urn:uuid:" + uuid_v5(seed_ + "/identifier");
      if (tree_.child(made, "system") == none) tree_.add(made, "system", kind::string, "urn:ietf:rfc:3986");
      tree_.add(made, "value", kind::string, tree_.keep(value));
      ledger_.added("/identifier/value", value, "a document Bundle must have an identifier");
      changed_ = true;
    }
    if (tree_.child(0, "timestamp") == none && !call_.options().now.empty())
      add("timestamp", kind::string, call_.options().now, "a document Bundle must have a timestamp");
    if (bundle.first("Composition") == none)
      call_.report(severity::warning, "fhir-no-composition", "Bundle.entry", "a document Bundle without Composition");
    put_first();
  }

  void put_first() {
    const node_id late = late_composition();
    if (late == none) return;
    const node_id list = tree_.child(0, "entry");
    tree_.detach(late);
    tree_.prepend(list, late);
    changed_ = true;
  }

  bool wants_xml() const {
    rapidjson::Document options;
    options.Parse<rapidjson::kParseIterativeFlag>(call_.options().endpoint.data(), call_.options().endpoint.size());
    if (!options.IsObject()) return false;
    const rapidjson::Value::ConstMemberIterator found = std::as_const(options).FindMember("syntax");
    return found != std::as_const(options).MemberEnd() && found->value.IsString() &&
           std::string_view(found->value.GetString()) == "xml";
  }

  void emit(std::string_view json) {
    if (!wants_xml()) return call_.emit(LIAISON_PART_DOCUMENT, json, "application/fhir+json", nullptr, "fhir");
    tree made;
    (void)parse_json(json, made);
    call_.emit(LIAISON_PART_DOCUMENT, write_fhir_xml(made), "application/fhir+xml", nullptr, "fhir");
  }

  void write() {
    if (wants_xml()) {
      call_.emit(LIAISON_PART_DOCUMENT, write_fhir_xml(tree_), "application/fhir+xml", nullptr, "fhir");
    } else if (!changed_) {
      call_.emit(LIAISON_PART_DOCUMENT, call_.input(), "application/fhir+json", nullptr, "fhir");
    } else {
      std::string text;
      write_json(tree_, 0, text);
      emit(text);
    }
    tell_account("has no place in the target");
  }

  const call& call_;
  tree& tree_;
  placements where_;
  account ledger_;
  std::string seed_;
  bool changed_ = false;
};

}  // namespace

liaison_status encode_pivot(const call& of) {
  message read;
  if (!read_message(of.input(), read) || read.resource.empty() || read.resource.type_of(0) != "Bundle") {
    of.report(severity::error, "fhir-pivot-unreadable", "line 1", "the pivot is no FHIR Bundle");
    return LIAISON_REJECT;
  }
  if (const liaison_status status = report_defects(of, read); status != LIAISON_OK) return status;
  return encoder(of, read).run();
}

}  // namespace liaison::fhir
