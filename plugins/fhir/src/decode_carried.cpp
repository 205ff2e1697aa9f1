// SPDX-License-Identifier: Apache-2.0
#include "decode_carried.hpp"

#include "facts.hpp"
#include "identity.hpp"
#include "json_parser.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/pivot.hpp>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace liaison::fhir {
namespace {

constexpr std::string_view own = "https://liaison.example/fhir/StructureDefinition/";

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

/// One document of the submission that came with its pivot.
struct carried_pivot {
  node_id data = none;       ///< the base64 text
  node_id reference = none;  ///< the DocumentReference that speaks of it
  bytes_view pivot;
  std::size_t first_entry = 0;  ///< in the pivot being written
};

class merger {
 public:
  merger(const call& of, const bundle_view& source, placements& where)
      : call_(of),
        bundle_(source),
        tree_(source.source()),
        where_(where),
        seed_(!of.options().id_seed.empty() ? of.options().id_seed : sha256_hex(of.input())),
        pivot_("document", seed_, nullptr) {}

  std::optional<std::string> run() {
    find_documents();
    if (documents_.empty() || !pivot_.load(documents_.front().pivot)) return std::nullopt;
    for (std::size_t i = 1; i < documents_.size(); ++i) {
      const auto at = pivot_.append(documents_[i].pivot);
      if (!at) continue;
      documents_[i].first_entry = *at;
      pivot_.bundle().set("type", "collection");
    }
    find_references();
    for (const carried_pivot& one : documents_) {
      composition_ = pivot_.at(one.first_entry);
      reference_ = one.reference;
      routing();
      masks();
      replaced();
      identity(one);
    }
    files();
    std::string made = pivot_.to_json();
    place_leaves(made);
    return made;
  }

 private:
  void find_documents() {
    std::vector<std::string> locations;
    (void)extract_facts(bundle_, result_values::counted,
                        [&](embedded_file&& file) { locations.push_back(std::move(file.location)); });
    std::size_t next = 0;
    // The locations come in the order of the nodes they name, or nearly so: each is looked up once.
    std::set<std::string> wanted(locations.begin(), locations.end());
    for (node_id id = 0; id < tree_.size() && next < wanted.size(); ++id) {
      if (tree_[id].name != "data" || tree_[id].kind != kind::string) continue;
      const std::string at = tree_.location(id);
      if (!wanted.contains(at)) continue;
      ++next;
      if (const bytes_view pivot = call_.embedded_pivot(at); !pivot.empty()) documents_.push_back({id, none, pivot, 0});
    }
  }

  /// The DocumentReference whose attachment the data are.
  void find_references() {
    std::unordered_map<node_id, carried_pivot*> by_data;
    for (carried_pivot& one : documents_) by_data.emplace(one.data, &one);
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none || tree_.type_of(entry.resource) != "DocumentReference") continue;
      const node_id attachment = tree_.find(entry.resource, "content/0/attachment");
      const node_id binary = bundle_.resolve_url(tree_.text(attachment, "url"));
      for (const node_id data :
           {tree_.child(attachment, "data"), binary == none ? none : tree_.child(binary, "data")}) {
        const auto found = by_data.find(data);
        if (data == none || found == by_data.end() || found->second->reference != none) continue;
        found->second->reference = entry.resource;
        described_.insert(entry.resource);
      }
    }
  }

  /// An entry of the pivot for a resource of the envelope, with what it refers to.
  resource_ref adopt(node_id resource) {
    std::vector<node_id> taken{resource};
    std::unordered_set<node_id> seen{resource};
    std::string entries;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const auto url = [&](node_id id) { return "urn:uuid:" + uuid_v5(seed_ + "/adopted/" + std::to_string(id)); };
      entries += (i == 0 ? "{\"fullUrl\":\"" : ",{\"fullUrl\":\"") + url(taken[i]) + "\",\"resource\":";
      write_json(tree_, taken[i], entries, [&](node_id id) -> std::optional<std::string> {
        if (tree_[id].name != "reference") return std::nullopt;
        const node_id target = bundle_.resolve(tree_[id].parent);
        if (target == none) return std::nullopt;
        if (seen.insert(target).second) taken.push_back(target);
        return url(target);
      });
      entries += '}';
    }
    const auto at = pivot_.append(R"({"resourceType":"Bundle","type":"collection","entry":[)" + entries + "]}");
    if (!at) return {};
    for (std::size_t i = 0; i < taken.size(); ++i)
      where_.copied(taken[i], "/entry/" + std::to_string(*at + i) + "/resource");
    return pivot_.at(*at);
  }

  void add_party(std::string_view extension, node_id reference) {
    const node_id target = bundle_.resolve(reference);
    if (target == none) return;
    const resource_ref who = adopt(target);
    if (!who) return;
    const std::string at = "extension/" + std::to_string(composition_.size_of("extension"));
    composition_.set(at + "/url", std::string(own) + std::string(extension));
    composition_.set_reference(at + "/valueReference", who);
    where_.copied(tree_.child(reference, "reference"), composition_.pointer(at + "/valueReference/reference"));
  }

  void routing() {
    const node_id set = bundle_.first("List");
    tree_.each(tree_.child(set, "extension"), [&](node_id extension) {
      if (ends_with_any(tree_.text(extension, "url"), {"/pdsm-ext-intended-recipient", "/ihe-intendedRecipient"}))
        add_party("recipient", tree_.child(extension, "valueReference"));
    });
    if (set != none) add_party("sender", tree_.child(set, "source"));
  }

  void masks() {
    tree_.each(tree_.child(reference_, "securityLabel"), [&](node_id label) {
      tree_.each(tree_.child(label, "coding"), [&](node_id coding) {
        const std::string_view code = tree_.text(coding, "code");
        if (code.empty() || tree_.text(coding, "system").ends_with("Confidentiality") || code.size() == 1) return;
        const std::string at = "meta/security/" + std::to_string(composition_.size_of("meta/security"));
        std::string text;
        write_json(tree_, coding, text);
        composition_.set_json(at, text);
        where_.copied(coding, composition_.pointer(at));
      });
    });
  }

  void replaced() {
    if (composition_.has("relatesTo")) return;
    tree_.each(tree_.child(reference_, "relatesTo"), [&](node_id relation) {
      const node_id code = tree_.child(relation, "code");
      const node_id target = tree_.child(relation, "target");
      node_id identifier = tree_.child(target, "identifier");
      if (const node_id known = bundle_.resolve(target); identifier == none && known != none)
        identifier = tree_.child(known, "masterIdentifier");
      if (tree_.text(code) != "replaces" || identifier == none) return;
      const std::string at = "relatesTo/" + std::to_string(composition_.size_of("relatesTo"));
      std::string text;
      write_json(tree_, identifier, text);
      composition_.set(at + "/code", "replaces");
      composition_.set_json(at + "/targetIdentifier", text);
      where_.copied(code, composition_.pointer(at + "/code"));
      where_.copied(identifier, composition_.pointer(at + "/targetIdentifier"));
    });
  }

  /// A document's header has no identity status; a submission's patient may have one. It counts when birth date and
  /// INS speak of the same person: then the matricule is an identifier again.
  void identity(const carried_pivot& of) {
    node_id patient = bundle_.resolve(tree_.child(reference_, "subject"));
    if (status_of(tree_, patient) != facts::identity_status::qualified)
      patient = bundle_.resolve(tree_.find(reference_, "context/sourcePatientInfo"));
    if (patient == none || status_of(tree_, patient) != facts::identity_status::qualified) return;
    tree inner;
    if (!parse_json(of.pivot, inner).good) return;
    const bundle_view document(inner);
    const node_id theirs = document.first("Patient");
    if (theirs == none || status_of(inner, theirs) == facts::identity_status::qualified) return;
    const std::string_view born = inner.text(theirs, "birthDate");
    if (born.empty() || born != tree_.text(patient, "birthDate")) return;
    const auto entry = std::ranges::find(document.entries(), theirs, &bundle_view::entry::resource);
    const resource_ref to = pivot_.at(of.first_entry + static_cast<std::size_t>(entry - document.entries().begin()));
    if (!ins_of(inner, theirs).empty()) return;
    tree_.each(tree_.child(patient, "identifier"), [&](node_id identifier) {
      if (!is_ins(kind_of(tree_, identifier))) return;
      put(to, "identifier/" + std::to_string(to.size_of("identifier")), identifier);
    });
    tree_.each(tree_.child(patient, "extension"), [&](node_id extension) {
      if (!tree_.text(extension, "url").ends_with("/fr-core-identity-reliability")) return;
      put(to, "extension/" + std::to_string(status_slot(inner, theirs, to)), extension);
    });
  }

  static std::size_t status_slot(const tree& inner, node_id patient, const resource_ref& to) {
    std::size_t at = 0, found = to.size_of("extension");
    inner.each(inner.child(patient, "extension"), [&](node_id known) {
      if (inner.text(known, "url").ends_with("/fr-core-identity-reliability")) found = at;
      ++at;
    });
    return found;
  }

  void put(const resource_ref& to, const std::string& path, node_id from) {
    std::string text;
    write_json(tree_, from, text);
    to.set_json(path, text);
    where_.copied(from, to.pointer(path));
  }

  /// What else the submission holds goes beside the first document.
  void files() {
    composition_ = pivot_.at(0);
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none || tree_.type_of(entry.resource) != "DocumentReference") continue;
      if (described_.contains(entry.resource)) continue;
      const resource_ref file = adopt(entry.resource);
      if (!file) continue;
      const std::string at = "section/" + std::to_string(composition_.size_of("section"));
      composition_.set(at + "/code/coding/0/system", "http://loinc.org");
      composition_.set(at + "/code/coding/0/code", "55107-7");
      composition_.set_reference(at + "/entry/0", file);
      const node_id binary = bundle_.resolve_url(tree_.text(entry.resource, "content/0/attachment/url"));
      if (binary == none) continue;
      const resource_ref data = adopt(binary);
      file.set("content/0/attachment/url", data.full_url());
    }
  }

  /// What the document says too counts as carried where it says it; the rest was said for the exchange.
  void place_leaves(const std::string& made) {
    for (const carried_pivot& one : documents_) where_.copied(one.data, "/entry");
    if (!call_.options().account) return;
    tree result;
    if (!parse_json(made, result).good) return;
    std::unordered_map<std::string, node_id> said;
    const auto key = [](const node& of, const tree& in) {
      const bool element = of.parent != none && in[of.parent].kind == kind::array;
      return std::string(element ? in[of.parent].name : of.name) + "\n" + std::string(of.text);
    };
    const auto is_leaf = [](const node& of) {
      return of.kind == kind::string || of.kind == kind::number || of.kind == kind::boolean;
    };
    for (node_id id = 0; id < result.size(); ++id) {
      if (is_leaf(result[id]) && result[id].text.size() < 4096) said.emplace(key(result[id], result), id);
    }
    for (node_id id = 0; id < tree_.size(); ++id) {
      if (!is_leaf(tree_[id]) || tree_[id].text.size() >= 4096) continue;
      const auto found = said.find(key(tree_[id], tree_));
      if (found != said.end()) where_.copied(id, result.pointer(found->second));
    }
  }

  const call& call_;
  const bundle_view& bundle_;
  const tree& tree_;
  placements& where_;
  std::string seed_;
  pivot_writer pivot_;
  std::vector<carried_pivot> documents_;
  std::unordered_set<node_id> described_;  ///< DocumentReferences of `documents_`
  resource_ref composition_;
  node_id reference_ = none;  ///< DocumentReference of the document in hand
};

}  // namespace

std::optional<std::string> decode_carried(const call& of, const bundle_view& source, placements& where) {
  return merger(of, source, where).run();
}

}  // namespace liaison::fhir
