// SPDX-License-Identifier: Apache-2.0
// What $process-message takes: a message Bundle whose MessageHeader comes first. An event is one already; a document
// becomes the focus of a header that says who sends it to whom.
#include "document_entry.hpp"
#include "profile_writers.hpp"
#include "tree_edit.hpp"

#include <liaison/common/pivot.hpp>

namespace liaison::fhir {
namespace {

constexpr std::string_view own = "https://liaison.example/fhir/StructureDefinition/";
constexpr std::string_view events = "http://terminology.hl7.org/CodeSystem/v2-0003";

class message_bundle {
 public:
  explicit message_bundle(const profile_context& in)
      : in_(in), tree_(in.pivot), bundle_(in.pivot), options_(in.request) {}

  bool run() {
    if (tree_.text(0, "type") == "message") return true;
    const node_id composition = bundle_.first("Composition");
    if (composition == none) {
      in_.request.report(severity::error, "fhir-message-no-content", "Bundle",
                         "neither an event nor a document to send");
      return false;
    }
    const node_id type = ensure(tree_, 0, "type", kind::string);
    tree_.at(type).text = "message";
    const node_id header = add_entry(tree_, "urn:uuid:" + uuid_v5(in_.seed + "/header"), "MessageHeader");
    event(header, composition);
    destinations(header, composition);
    parties(header, composition);
    const node_id source = tree_.add(header, "source", kind::object);
    const auto endpoint = options_.text("source_endpoint");
    add_text(tree_, source, "endpoint", endpoint.empty() ? "urn:uuid:" + uuid_v5("message source") : endpoint);
    add_reference(tree_, tree_.add(header, "focus", kind::array), {}, full_url_of(tree_, composition));
    in_.ledger.added("/entry/0/resource", "MessageHeader", "a message has a header");
    return true;
  }

 private:
  /// T02 of HL7 table 0003, a document with its content, T10 when it replaces one; the option `event` states another.
  void event(node_id header, node_id composition) {
    std::string_view code = options_.text("event");
    if (code.empty()) code = tree_.child(composition, "relatesTo") != none ? "T10" : "T02";
    const node_id coding = tree_.add(header, "eventCoding", kind::object);
    add_text(tree_, coding, "system", events);
    add_text(tree_, coding, "code", code);
  }

  void destinations(node_id header, node_id composition) {
    std::vector<node_id> recipients;
    tree_.each(tree_.child(composition, "extension"), [&](node_id one) {
      if (tree_.text(one, "url") == std::string(own) + "recipient")
        recipients.push_back(tree_.child(one, "valueReference"));
    });
    for (const node_id recipient : recipients) {
      const node_id target = bundle_.resolve(recipient);
      const std::string_view type = tree_.type_of(target);
      std::string endpoint(options_.text("destination_endpoint"));
      tree_.each(tree_.child(target, "telecom"), [&](node_id telecom) {
        if (endpoint.empty() && tree_.text(telecom, "system") == "email")
          endpoint = "mailto:" + std::string(tree_.text(telecom, "value"));
      });
      if (endpoint.empty()) endpoint = full_url_of(tree_, target);
      if (endpoint.empty()) continue;
      const node_id made = tree_.add(ensure(tree_, header, "destination", kind::array), {}, kind::object);
      add_text(tree_, made, "endpoint", endpoint);
      if (type == "Practitioner" || type == "PractitionerRole" || type == "Organization")
        add_reference(tree_, made, "receiver", tree_.text(recipient, "reference"));
    }
  }

  void parties(node_id header, node_id composition) {
    const auto is_party = [&](node_id reference) {
      const std::string_view type = tree_.type_of(bundle_.resolve(reference));
      return type == "Practitioner" || type == "PractitionerRole" || type == "Organization";
    };
    const node_id author = tree_.find(composition, "author/0");
    if (author != none && is_party(author)) add_reference(tree_, header, "author", tree_.text(author, "reference"));
    node_id sender = none;
    tree_.each(tree_.child(composition, "extension"), [&](node_id one) {
      if (tree_.text(one, "url") == std::string(own) + "sender") sender = tree_.child(one, "valueReference");
    });
    if (sender == none || !is_party(sender)) sender = tree_.child(composition, "custodian");
    if (sender != none && is_party(sender)) add_reference(tree_, header, "sender", tree_.text(sender, "reference"));
  }

  const profile_context& in_;
  tree& tree_;
  const bundle_view bundle_;  ///< of the pivot as it came
  endpoint_options options_;
};

}  // namespace

bool write_message(const profile_context& in) { return message_bundle(in).run(); }

}  // namespace liaison::fhir
