// SPDX-License-Identifier: Apache-2.0
#include "compose.hpp"

#include "bundle_writer.hpp"

#include <algorithm>
#include <set>

namespace liaison::fhir {
namespace {

constexpr std::string_view here = "/entry/0/resource";
constexpr std::string_view nobody =
    R"([{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}])";

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

class composer {
 public:
  composer(const bundle_view& of, std::string_view now, const std::function<std::string(node_id)>& url_of,
           placements& where, account* ledger)
      : bundle_(of),
        tree_(of.source()),
        now_(now),
        url_of_(url_of),
        where_(where),
        ledger_(ledger),
        out_(of.source(), std::string(here), where, [this](node_id id) { return full_url_instead(id); }) {}

  composed from_document_reference(node_id reference);
  composed from_reports(const std::vector<node_id>& reports);
  composed from_observations(const std::vector<node_id>& observations);

 private:
  /// The Composition has a fullUrl of its own, from which "Patient/1" would lead elsewhere.
  std::optional<std::string> full_url_instead(node_id id) const {
    if (tree_[id].name != "reference" || tree_[id].text.starts_with('#')) return std::nullopt;
    const node_id target = bundle_.resolve(tree_[id].parent);
    if (target == none) return std::nullopt;
    return url_of_(target);
  }
  void write(node_id from, std::string& into, std::string_view prefix = {}) const {
    write_json(tree_, from, into, [&](node_id id) -> std::optional<std::string> {
      const bool local = tree_[id].name == "reference" && tree_[id].text.starts_with('#');
      if (!prefix.empty() && local) return "#" + std::string(prefix) + std::string(tree_[id].text.substr(1));
      if (!prefix.empty() && tree_[id].name == "id" && tree_[id].parent == from)
        return std::string(prefix) + std::string(tree_[id].text);
      return full_url_instead(id);
    });
  }
  void type(node_id concept_node, std::string_view otherwise);
  void date(std::initializer_list<node_id> candidates);
  void author(node_id authors);
  void title(std::initializer_list<node_id> candidates, std::string_view otherwise);
  void confidentiality(node_id labels);
  void contained(node_id holder);
  void promote(node_id holder, std::vector<node_id> queue, std::string_view prefix);
  void routing();
  void close_contained() {
    if (contained_count_ > 0) out_.raw("contained", "[" + contained_ + "]");
  }
  void sections(std::string_view code, const std::vector<node_id>& entries);
  void status(std::string_view status, node_id from);
  void added(std::string_view path, std::string_view value, std::string_view reason) {
    if (ledger_ != nullptr) ledger_->added(out_.pointer(path), value, reason);
  }
  node_id pick(std::initializer_list<node_id> candidates) const {
    for (const node_id id : candidates) {
      if (id != none && !tree_[id].text.empty()) return id;
    }
    return none;
  }

  const bundle_view& bundle_;
  const tree& tree_;
  std::string_view now_;
  const std::function<std::string(node_id)>& url_of_;
  placements& where_;
  account* ledger_;
  object_text out_;
  std::string contained_;  ///< the resources that the Composition contains, parted by commas
  std::size_t contained_count_ = 0;
};

node_id first_of(const tree& of, node_id list) { return of.is_array(list) ? of[list].first : list; }

void composer::type(node_id concept_node, std::string_view otherwise) {
  if (concept_node != none) {
    out_.copy("type", concept_node);
  } else {
    out_.raw("type", "{\"text\":" + quoted(otherwise) + "}");
    added("type/text", otherwise, "a Composition must have a type");
  }
}

void composer::date(std::initializer_list<node_id> candidates) {
  const node_id found = pick(candidates);
  if (found != none) {
    out_.copy("date", found);
  } else if (!now_.empty()) {
    out_.text("date", now_);
    added("date", now_, "the source has no date; a Composition must have one");
  }
}

void composer::author(node_id authors) {
  if (authors != none && !(tree_.is_array(authors) && tree_[authors].first == none)) {
    out_.copy_as_list("author", authors);
    return;
  }
  out_.raw("author", nobody);
  added("author/0/extension/0/valueCode", "unknown", "the source has no author; a Composition must have one");
}

void composer::title(std::initializer_list<node_id> candidates, std::string_view otherwise) {
  const node_id found = pick(candidates);
  if (found != none) {
    out_.copy("title", found);
  } else {
    out_.text("title", otherwise);
    added("title", otherwise, "a Composition must have a title");
  }
}

void composer::confidentiality(node_id labels) {
  std::string masks;
  std::size_t count = 0;
  bool level_seen = false;
  tree_.each(labels, [&](node_id label) {
    tree_.each(tree_.child(label, "coding"), [&](node_id coding) {
      const node_id code = tree_.child(coding, "code");
      const std::string_view text = tree_.text(code);
      if (!level_seen && (text == "N" || text == "R" || text == "V")) {
        level_seen = true;
        out_.copy("confidentiality", code);
        return;
      }
      if (count > 0) masks += ',';
      write_json(tree_, coding, masks);
      where_.copied(coding, out_.pointer("meta/security/" + std::to_string(count++)));
    });
  });
  if (count > 0) out_.raw("meta", "{\"security\":[" + masks + "]}");
}

/// "#x" inside a copied part points into the resource it came from: what is needed comes along. `prefix` keeps the ids
/// of several resources apart.
void composer::promote(node_id holder, std::vector<node_id> queue, std::string_view prefix) {
  std::set<std::string_view> wanted;
  std::vector<node_id> taken;
  while (!queue.empty()) {
    const node_id at = queue.back();
    queue.pop_back();
    if (tree_[at].name == "reference" && tree_[at].text.starts_with('#') && wanted.insert(tree_[at].text).second) {
      tree_.each(tree_.child(holder, "contained"), [&](node_id candidate) {
        if (tree_.text(candidate, "id") != tree_[at].text.substr(1)) return;
        taken.push_back(candidate);
        queue.push_back(candidate);
      });
    }
    for (node_id id = tree_[at].first; id != none; id = tree_[id].next) queue.push_back(id);
  }
  for (const node_id resource : taken) {
    if (contained_count_ > 0) contained_ += ',';
    write(resource, contained_, prefix);
    where_.copied(resource, out_.pointer("contained/" + std::to_string(contained_count_++)));
  }
}

void composer::contained(node_id holder) {
  std::vector<node_id> parts;
  for (const std::string_view name :
       {"author", "authenticator", "custodian", "subject", "performer", "resultsInterpreter"}) {
    if (const node_id part = tree_.child(holder, name); part != none) parts.push_back(part);
  }
  promote(holder, std::move(parts), {});
}

/// Recipients and sender of the submission set (MHD, PDSm) in the place where the pivot has them.
void composer::routing() {
  const node_id list = bundle_.first("List");
  std::string text;
  std::size_t count = 0;
  const auto add = [&](std::string_view extension, node_id reference) {
    if (reference == none || bundle_.resolve(reference) == none) return;
    text += count > 0 ? "," : "";
    text.append("{\"url\":\"https://liaison.example/fhir/StructureDefinition/")
        .append(extension)
        .append("\",\"valueReference\":");
    write(reference, text, "set-");
    text += '}';
    where_.copied(reference, out_.pointer("extension/" + std::to_string(count++) + "/valueReference"));
    promote(list, {reference}, "set-");
  };
  tree_.each(tree_.child(list, "extension"), [&](node_id extension) {
    const std::string_view url = tree_.text(extension, "url");
    if (url.ends_with("/pdsm-ext-intended-recipient") || url.ends_with("/ihe-intendedRecipient"))
      add("recipient", tree_.child(extension, "valueReference"));
  });
  add("sender", tree_.child(list, "source"));
  if (count > 0) out_.raw("extension", "[" + text + "]");
}

void composer::sections(std::string_view code, const std::vector<node_id>& entries) {
  std::string list;
  for (const node_id entry : entries) {
    if (!list.empty()) list += ',';
    list += "{\"reference\":" + quoted(url_of_(entry)) + "}";
  }
  std::string section = "{";
  if (!code.empty()) section += R"("code":{"coding":[{"system":"http://loinc.org","code":)" + quoted(code) + "}]},";
  out_.raw("section", "[" + section + "\"entry\":[" + list + "]}]");
}

void composer::status(std::string_view status, node_id from) {
  out_.text("status", status);
  out_.carries("status", from);
}

composed composer::from_document_reference(node_id reference) {
  const node_id content = first_of(tree_, tree_.child(reference, "content"));
  const node_id attachment = tree_.child(content, "attachment");
  const std::string_view state = tree_.text(reference, "status");
  const std::string_view document_state = tree_.text(reference, "docStatus");
  out_.text("resourceType", "Composition");
  confidentiality(tree_.child(reference, "securityLabel"));
  if (const node_id language = tree_.child(attachment, "language"); language != none) out_.copy("language", language);
  contained(reference);
  routing();
  out_.copy("identifier", first_of(tree_, tree_.child(reference, "identifier")));
  if (state == "entered-in-error" || document_state == "entered-in-error") {
    status("entered-in-error", tree_.child(reference, "status"));
  } else if (document_state == "preliminary" || document_state == "amended") {
    status(document_state, tree_.child(reference, "docStatus"));
  } else {
    status("final", tree_.child(reference, "status"));
  }
  type(tree_.child(reference, "type"), "Document");
  out_.copy("category", tree_.child(reference, "category"));
  out_.copy("subject", tree_.child(reference, "subject"));
  date({tree_.child(attachment, "creation"), tree_.child(reference, "date")});
  author(tree_.child(reference, "author"));
  title({tree_.child(attachment, "title"), tree_.child(reference, "description"), tree_.find(reference, "type/text"),
         tree_.find(reference, "type/coding/0/display")},
        "Document");
  if (const node_id authenticator = tree_.child(reference, "authenticator"); authenticator != none) {
    std::string party;
    write(authenticator, party);
    out_.raw("attester", "[{\"mode\":\"legal\",\"party\":" + party + "}]");
    where_.copied(authenticator, out_.pointer("attester/0/party"));
  }
  out_.copy("custodian", tree_.child(reference, "custodian"));
  std::string relations;
  std::size_t count = 0;
  tree_.each(tree_.child(reference, "relatesTo"), [&](node_id relation) {
    const node_id code = tree_.child(relation, "code");
    const node_id target = tree_.child(relation, "target");
    const node_id identifier = tree_.child(target, "identifier");
    if (tree_.text(code) != "replaces" || target == none) return;
    const std::string at = "relatesTo/" + std::to_string(count++);
    if (count > 1) relations += ',';
    relations += R"({"code":"replaces",)";
    relations += identifier != none ? "\"targetIdentifier\":" : "\"targetReference\":";
    write_json(tree_, identifier != none ? identifier : target, relations);
    relations += '}';
    out_.carries(at + "/code", code);
    where_.copied(identifier != none ? identifier : target,
                  out_.pointer(at + (identifier != none ? "/targetIdentifier" : "/targetReference")));
  });
  if (count > 0) out_.raw("relatesTo", "[" + relations + "]");
  std::vector<node_id> references;
  for (const auto& entry : bundle_.entries()) {
    if (entry.resource != none && tree_.type_of(entry.resource) == "DocumentReference")
      references.push_back(entry.resource);
  }
  sections("55108-5", references);
  close_contained();
  return {out_.close(), tree_.child(reference, "masterIdentifier")};
}

composed composer::from_reports(const std::vector<node_id>& reports) {
  const node_id report = reports.front();
  const std::string_view state = tree_.text(report, "status");
  out_.text("resourceType", "Composition");
  contained(report);
  const node_id identifier = first_of(tree_, tree_.child(report, "identifier"));
  out_.copy("identifier", identifier);
  const bool preliminary = state == "registered" || state == "partial" || state == "preliminary";
  const bool amended = state == "amended" || state == "corrected" || state == "appended";
  const bool void_now = state == "cancelled" || state == "entered-in-error";
  status(preliminary ? "preliminary"
         : amended   ? "amended"
         : void_now  ? "entered-in-error"
                     : "final",
         tree_.child(report, "status"));
  type(tree_.child(report, "code"), "Report");
  out_.copy("subject", tree_.child(report, "subject"));
  out_.copy("encounter", tree_.child(report, "encounter"));
  date({tree_.child(report, "issued"), tree_.child(report, "effectiveDateTime")});
  const node_id interpreters = tree_.child(report, "resultsInterpreter");
  author(interpreters != none ? interpreters : tree_.child(report, "performer"));
  title({tree_.find(report, "code/text"), tree_.find(report, "code/coding/0/display")}, "Report");
  sections({}, reports);
  close_contained();
  return {out_.close(), identifier};
}

composed composer::from_observations(const std::vector<node_id>& observations) {
  const node_id first = observations.front();
  out_.text("resourceType", "Composition");
  const bool final = tree_.text(first, "status") == "final";
  out_.text("status", final ? "final" : "preliminary");
  type(none, "Results");
  out_.copy("subject", tree_.child(first, "subject"));
  date({tree_.child(first, "issued"), tree_.child(first, "effectiveDateTime")});
  const node_id performer = tree_.child(first, "performer");
  const bool local = tree_.text(performer, "0/reference").starts_with('#');
  author(local ? none : performer);
  title({}, "Results");
  sections({}, observations);
  return {out_.close(), none};
}

}  // namespace

composed compose(const bundle_view& of, std::string_view now, const std::function<std::string(node_id)>& url_of,
                 placements& where, account* ledger) {
  const tree& source = of.source();
  std::vector<node_id> reports, observations;
  std::set<node_id> grouped;
  for (const auto& entry : of.entries()) {
    if (entry.resource == none) continue;
    const std::string_view type = source.type_of(entry.resource);
    if (type == "DiagnosticReport") reports.push_back(entry.resource);
    if (type != "Observation") continue;
    observations.push_back(entry.resource);
    source.each(source.child(entry.resource, "hasMember"), [&](node_id member) { grouped.insert(of.resolve(member)); });
  }
  std::erase_if(observations, [&](node_id id) { return grouped.contains(id); });
  composer work(of, now, url_of, where, ledger);
  if (const node_id reference = of.first("DocumentReference"); reference != none)
    return work.from_document_reference(reference);
  if (!reports.empty()) return work.from_reports(reports);
  if (!observations.empty()) return work.from_observations(observations);
  return {};
}

}  // namespace liaison::fhir
