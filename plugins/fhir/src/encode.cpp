// SPDX-License-Identifier: Apache-2.0
// The pivot is R4 already; what is left to do is what a recipient may expect and a decoder may have missed: no INS of
// an identity that is not qualified, the rules of document Bundles, nothing empty. A pivot that needs none of this
// leaves with the bytes it came with.
#include "encode.hpp"

#include "bundle.hpp"
#include "conform.hpp"
#include "identity.hpp"
#include "pivot_account.hpp"
#include "prune.hpp"
#include "xml_write.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/pivot.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <utility>

namespace liaison::fhir {
namespace {

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

/// The INS that may leave: of Patients whose identity is qualified.
std::vector<std::string_view> qualified_ins(const tree& of) {
  std::vector<std::string_view> found;
  for (node_id id = 0; id < of.size(); ++id) {
    if (of[id].kind != kind::object || of.type_of(id) != "Patient") continue;
    if (status_of(of, id) != facts::identity_status::qualified) continue;
    for (const auto value : ins_of(of, id)) found.push_back(value);
  }
  return found;
}

/// Identifiers anywhere (of a Patient, of a logical reference) that hold an INS which may not leave.
std::vector<node_id> withheld_ins(const tree& of) {
  const auto allowed = qualified_ins(of);
  std::vector<node_id> found;
  for (node_id id = 0; id < of.size(); ++id) {
    if (of[id].kind != kind::object || !is_ins(kind_of(of, id))) continue;
    const std::string_view value = of.text(id, "value");
    if (!value.empty() && std::ranges::find(allowed, value) == allowed.end()) found.push_back(id);
  }
  return found;
}

class encoder {
 public:
  encoder(const call& of, message& read) : call_(of), tree_(read.resource) {
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
    complete(bundle);
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
    const auto unwanted = withheld_ins(tree_);
    for (const node_id id : unwanted) {
      call_.report(severity::warning, "fhir-ins-withheld", tree_.location(id),
                   "the INS stays behind: the identity is not qualified");
      where_.dropped.emplace(id, "an INS leaves with a qualified identity only");
    }
    if (call_.options().account) {
      place_entries();
      write_account(tree_, where_, ledger_);
    }
    changed_ = prune(tree_, unwanted) > 0;
    if (conform(tree_, ledger_) > 0) changed_ = true;
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

  /// The entry of a document's Composition when it is not the first.
  node_id late_composition() const {
    const node_id list = tree_.child(0, "entry");
    if (tree_.text(0, "type") != "document" || !tree_.is_array(list)) return none;
    for (node_id id = tree_[list].first; id != none; id = tree_[id].next) {
      if (tree_.type_of(tree_.child(id, "resource")) == "Composition") return id == tree_[list].first ? none : id;
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
    if (bundle.type() != "document") return;
    if (tree_.child(0, "identifier") == none) {
      const node_id made = tree_.add(0, "identifier", kind::object);
      const std::string value = "urn:uuid:" + uuid_v5(seed_ + "/identifier");
      tree_.add(made, "system", kind::string, "urn:ietf:rfc:3986");
      tree_.add(made, "value", kind::string, tree_.keep(value));
      ledger_.added("/identifier/value", value, "a document Bundle must have an identifier");
      changed_ = true;
    }
    if (tree_.child(0, "timestamp") == none && !call_.options().now.empty())
      add("timestamp", kind::string, call_.options().now, "a document Bundle must have a timestamp");
    if (bundle.first("Composition") == none)
      call_.report(severity::warning, "fhir-no-composition", "Bundle.entry", "a document Bundle without Composition");
    if (const node_id late = late_composition(); late != none) {
      const node_id list = tree_.child(0, "entry");
      tree_.detach(late);
      tree_.prepend(list, late);
      changed_ = true;
    }
  }

  bool wants_xml() const {
    rapidjson::Document options;
    options.Parse<rapidjson::kParseIterativeFlag>(call_.options().endpoint.data(), call_.options().endpoint.size());
    if (!options.IsObject()) return false;
    const rapidjson::Value::ConstMemberIterator found = std::as_const(options).FindMember("syntax");
    return found != std::as_const(options).MemberEnd() && found->value.IsString() &&
           std::string_view(found->value.GetString()) == "xml";
  }

  void write() {
    if (wants_xml()) {
      call_.emit(LIAISON_PART_DOCUMENT, write_fhir_xml(tree_), "application/fhir+xml", nullptr, "fhir");
    } else if (!changed_) {
      call_.emit(LIAISON_PART_DOCUMENT, call_.input(), "application/fhir+json", nullptr, "fhir");
    } else {
      std::string text;
      write_json(tree_, 0, text);
      call_.emit(LIAISON_PART_DOCUMENT, text, "application/fhir+json", nullptr, "fhir");
    }
    if (call_.options().account) call_.emit(LIAISON_PART_ACCOUNT, ledger_.to_json(), "application/json");
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
