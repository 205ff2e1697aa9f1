// SPDX-License-Identifier: Apache-2.0
#include "rest_outline.hpp"

#include <liaison/json_text.hpp>

#include <string_view>
#include <vector>

namespace liaison::fhir {
namespace {

using detail::append_json_string;
using detail::json_scope;

constexpr std::size_t listed_max = 50;         // values of one list; more say nothing to a search
constexpr std::size_t parameter_size_max = 4096;

using texts = std::vector<std::string>;

void write_list(json_scope& into, std::string_view name, const texts& values) {
  if (values.empty()) return;
  json_scope list(into.member(name), '[');
  for (std::size_t at = 0; at < values.size() && at < listed_max; ++at) append_json_string(list.element(), values[at]);
}

std::string token_of(const tree& of, node_id pair, std::string_view code) {
  const std::string_view value = of.text(pair, code);
  if (value.empty()) return {};
  return std::string(of.text(pair, "system")).append("|").append(value);
}

class outline {
 public:
  explicit outline(const tree& of) : tree_(of), bundle_(of) {}

  std::string write() {
    std::string text;
    {
      json_scope object(text, '{');
      object.text("type", tree_.type_of(0));
      object.text("id", tree_.text(0, "id"));
      if (bundle_.is_bundle()) {
        object.text("bundle_type", bundle_.type());
        object.text("total", tree_.text(0, "total"));
        write_list(object, "identifiers", identifiers(0, "identifier"));
      }
      write_list(object, "profiles", scalars(tree_.find(0, "meta/profile")));
      if (tree_.type_of(0) == "Parameters") write_parameters(object);
      if (tree_.type_of(0) == "OperationOutcome") write_issues(object, 0);
      if (const node_id header = bundle_.first("MessageHeader"); header != none) write_header(object, header);
      json_scope entries(object.member("entries"), '[');
      if (bundle_.is_bundle()) {
        for (const node_id entry : top_entries(tree_)) write_entry(entries, entry, tree_.child(entry, "resource"));
      } else {
        write_entry(entries, none, 0);
      }
    }
    return text;
  }

 private:
  texts scalars(node_id list) const {
    texts found;
    tree_.each(list, [&](node_id id) {
      if (!tree_[id].text.empty()) found.emplace_back(tree_[id].text);
    });
    return found;
  }

  texts identifiers(node_id resource, std::string_view member) const {
    texts found;
    tree_.each(tree_.child(resource, member), [&](node_id id) {
      if (auto token = token_of(tree_, id, "value"); !token.empty()) found.push_back(std::move(token));
    });
    return found;
  }

  void codes(node_id concepts, texts& into) const {
    tree_.each(concepts, [&](node_id one) {
      tree_.each(tree_.child(one, "coding"), [&](node_id coding) {
        if (auto token = token_of(tree_, coding, "code"); !token.empty()) into.push_back(std::move(token));
      });
    });
  }

  /// What an operation is given by value; resources and large ones are asked for by name (rest_resource.hpp).
  void write_parameters(json_scope& object) const {
    json_scope list(object.member("parameters"), '[');
    tree_.each(tree_.child(0, "parameter"), [&](node_id parameter) {
      json_scope one(list.element(), '{');
      one.text("name", tree_.text(parameter, "name"));
      if (const node_id resource = tree_.child(parameter, "resource"); resource != none)
        one.text("resource", tree_.type_of(resource));
      for (node_id id = tree_[parameter].first; id != none; id = tree_[id].next) {
        if (!tree_[id].name.starts_with("value")) continue;
        one.text("kind", tree_[id].name);
        if (tree_[id].text.size() <= parameter_size_max) one.text("value", tree_[id].text);
      }
    });
  }

  /// Codes only: what a server writes for people may speak of a patient.
  void write_issues(json_scope& object, node_id outcome) const {
    json_scope list(object.member("issues"), '[');
    std::size_t count = 0;
    tree_.each(tree_.child(outcome, "issue"), [&](node_id issue) {
      if (++count > listed_max) return;
      json_scope one(list.element(), '{');
      one.text("severity", tree_.text(issue, "severity"));
      one.text("code", tree_.text(issue, "code"));
      one.text("detail", tree_.text(issue, "details/coding/0/code"));
      one.text("location", tree_.text(issue, "expression/0"));
    });
  }

  void write_header(json_scope& object, node_id header) const {
    json_scope one(object.member("header"), '{');
    one.text("id", tree_.text(header, "id"));
    one.text("event_system", tree_.text(header, "eventCoding/system"));
    one.text("event_code", tree_.text(header, "eventCoding/code"));
    one.text("event_uri", tree_.text(header, "eventUri"));
    one.text("source", tree_.text(header, "source/endpoint"));
    one.text("response_code", tree_.text(header, "response/code"));
  }

  void write_entry(json_scope& entries, node_id entry, node_id resource) const {
    json_scope one(entries.element(), '{');
    one.text("full_url", tree_.text(entry, "fullUrl"));
    one.text("method", tree_.text(entry, "request/method"));
    one.text("url", tree_.text(entry, "request/url"));
    one.text("if_none_exist", tree_.text(entry, "request/ifNoneExist"));
    one.text("if_match", tree_.text(entry, "request/ifMatch"));
    one.text("status", tree_.text(entry, "response/status"));
    one.text("location", tree_.text(entry, "response/location"));
    if (const node_id outcome = tree_.find(entry, "response/outcome"); outcome != none) write_issues(one, outcome);
    if (resource == none) return;
    const std::string_view type = tree_.type_of(resource);
    one.text("type", type);
    one.text("id", tree_.text(resource, "id"));
    texts names = identifiers(resource, "masterIdentifier");
    for (auto& name : identifiers(resource, "identifier")) names.push_back(std::move(name));
    write_list(one, "identifiers", names);
    if (type == "DocumentReference") write_search(one, resource, std::move(names));
    if (type == "Parameters") write_patch(one, resource);
    if (type == "Binary") one.text("content_type", tree_.text(resource, "contentType"));
  }

  /// A PATCH of a DocumentReference that MHD knows: the status of what was replaced.
  void write_patch(json_scope& one, node_id parameters) const {
    tree_.each(tree_.child(parameters, "parameter"), [&](node_id operation) {
      std::string_view path, value;
      tree_.each(tree_.child(operation, "part"), [&](node_id part) {
        if (tree_.text(part, "name") == "path") path = tree_.text(part, "valueString");
        if (tree_.text(part, "name") == "value") value = tree_.text(part, "valueCode");
      });
      if (path == "DocumentReference.status") one.text("patched_status", value);
    });
  }

  void write_search(json_scope& one, node_id document, texts names) const {
    json_scope search(one.member("search"), '{');
    const auto concepts = [&](std::string_view name, std::string_view path) {
      texts found;
      codes(tree_.find(document, path), found);
      write_list(search, name, found);
    };
    const auto text = [&](std::string_view name, std::string_view path) {
      if (const auto value = tree_.text(document, path); !value.empty()) write_list(search, name, {std::string(value)});
    };
    write_list(search, "identifier", names);
    text("status", "status");
    concepts("type", "type");
    concepts("category", "category");
    concepts("security-label", "securityLabel");
    concepts("facility", "context/facilityType");
    concepts("setting", "context/practiceSetting");
    concepts("event", "context/event");
    text("date", "date");
    text("creation", "content/0/attachment/creation");
    text("contenttype", "content/0/attachment/contentType");
    text("language", "content/0/attachment/language");
    text("description", "description");
    write_list(search, "period", period(tree_.find(document, "context/period")));
    texts formats;
    tree_.each(tree_.child(document, "content"), [&](node_id content) {
      if (auto token = token_of(tree_, tree_.child(content, "format"), "code"); !token.empty())
        formats.push_back(std::move(token));
    });
    write_list(search, "format", formats);
    write_people(search, document);
    write_relations(search, document);
  }

  texts period(node_id of) const {
    if (of == none) return {};
    return {std::string(tree_.text(of, "start")).append("/").append(tree_.text(of, "end"))};
  }

  void write_people(json_scope& search, node_id document) const {
    texts patients, references, family, given;
    const auto add_patient = [&](node_id reference) {
      if (reference == none) return;
      if (auto token = token_of(tree_, tree_.child(reference, "identifier"), "value"); !token.empty())
        patients.push_back(std::move(token));
      if (const node_id patient = bundle_.resolve(reference); patient != none) {
        for (auto& token : identifiers(patient, "identifier")) patients.push_back(std::move(token));
      } else if (const auto url = tree_.text(reference, "reference"); !url.empty()) {
        references.emplace_back(url);
      }
    };
    add_patient(tree_.child(document, "subject"));
    add_patient(tree_.find(document, "context/sourcePatientInfo"));
    tree_.each(tree_.child(document, "author"), [&](node_id author) { add_author(bundle_.resolve(author), family, given); });
    write_list(search, "patient.identifier", patients);
    write_list(search, "patient", references);
    write_list(search, "author.family", family);
    write_list(search, "author.given", given);
  }

  void add_author(node_id author, texts& family, texts& given) const {
    if (author == none) return;
    if (tree_.type_of(author) == "PractitionerRole") {
      author = bundle_.resolve(tree_.child(author, "practitioner"));
      if (author == none) return;
    }
    tree_.each(tree_.child(author, "name"), [&](node_id name) {
      if (!tree_.is_object(name)) return;
      if (const auto text = tree_.text(name, "family"); !text.empty()) family.emplace_back(text);
      for (auto& text : scalars(tree_.child(name, "given"))) given.push_back(std::move(text));
    });
  }

  void write_relations(json_scope& search, node_id document) const {
    texts replaced, related;
    tree_.each(tree_.child(document, "relatesTo"), [&](node_id relation) {
      if (tree_.text(relation, "code") != "replaces") return;
      const node_id target = tree_.child(relation, "target");
      if (auto token = token_of(tree_, tree_.child(target, "identifier"), "value"); !token.empty())
        replaced.push_back(std::move(token));
      if (const auto url = tree_.text(target, "reference"); !url.empty()) replaced.emplace_back(url);
    });
    tree_.each(tree_.find(document, "context/related"), [&](node_id reference) {
      if (auto token = token_of(tree_, tree_.child(reference, "identifier"), "value"); !token.empty())
        related.push_back(std::move(token));
    });
    write_list(search, "replaces", replaced);
    write_list(search, "related", related);
  }

  const tree& tree_;
  bundle_view bundle_;
};

}  // namespace

std::vector<node_id> top_entries(const tree& of) {
  std::vector<node_id> found;
  const node_id list = of.child(0, "entry");
  if (of.is_array(list)) of.each(list, [&](node_id entry) { found.push_back(entry); });
  return found;
}

std::string outline_of(const tree& of) { return outline(of).write(); }

}  // namespace liaison::fhir
