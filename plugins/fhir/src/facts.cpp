// SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"

#include "identity.hpp"
#include "people.hpp"
#include "results.hpp"

#include <liaison/common/digest.hpp>

#include <charconv>
#include <unordered_set>

namespace liaison::fhir {
namespace {

constexpr std::string_view own_recipient = "https://liaison.example/fhir/StructureDefinition/recipient";
constexpr std::string_view own_sender = "https://liaison.example/fhir/StructureDefinition/sender";

facts::coding coding_facts(const tree& of, node_id concept_node) {
  if (of.is_array(concept_node)) concept_node = of[concept_node].first;
  facts::coding found{std::string(of.text(concept_node, "coding/0/system")),
                      std::string(of.text(concept_node, "coding/0/code")),
                      std::string(of.text(concept_node, "coding/0/display"))};
  if (found.display.empty()) found.display = of.text(concept_node, "text");
  return found;
}

/// Confidentiality levels and masks lie in the same list of codes.
void read_security(const tree& of, node_id coding, facts::document& into) {
  const std::string_view code = of.text(coding, "code");
  if (code.empty()) return;
  const bool level = code == "N" || code == "R" || code == "V" || code == "U" || code == "L" || code == "M";
  if (level && into.confidentiality.empty()) {
    into.confidentiality = code;
  } else if (!level) {
    into.masks.emplace_back(code);
  }
}

std::string_view composition_status(std::string_view status) {
  if (status == "final") return "final";
  if (status == "preliminary") return "partial";
  if (status == "amended") return "amended";
  return status == "entered-in-error" ? "cancelled" : "";
}

std::string_view reference_status(std::string_view status, std::string_view document_status) {
  if (status == "entered-in-error" || document_status == "entered-in-error") return "cancelled";
  if (document_status == "preliminary") return "partial";
  if (document_status == "amended") return "amended";
  return document_status == "final" || status == "current" ? "final" : "";
}

void read_replaced(const tree& of, node_id relations, const bundle_view& bundle, std::string& into) {
  of.each(relations, [&](node_id relation) {
    if (of.text(relation, "code") != "replaces" || !into.empty()) return;
    node_id identifier = of.child(relation, "targetIdentifier");
    node_id reference = of.child(relation, "targetReference");
    if (reference == none) reference = of.child(relation, "target");
    if (identifier == none) identifier = of.child(reference, "identifier");
    const node_id target = identifier == none ? bundle.resolve(reference) : none;
    if (target != none) identifier = of.child(target, "masterIdentifier");
    into = identifier != none ? document_id(of, identifier) : std::string(of.text(reference, "reference"));
  });
}

void read_version(const tree& of, node_id resource, facts::document& into) {
  of.each(of.child(resource, "extension"), [&](node_id extension) {
    const std::string_view url = of.text(extension, "url");
    if (!url.ends_with("/composition-clinicaldocument-versionNumber") &&
        !url.ends_with("/composition-clinicaldocument-versionNumber-r4"))
      return;
    const std::string_view text = of.text(extension, "valueString");
    std::uint32_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc{} && read.ptr == text.data() + text.size()) into.version = number;
  });
}

void read_composition(const bundle_view& of, node_id composition, facts::message_facts& into) {
  const tree& source = of.source();
  facts::document& document = into.document;
  document.id = document_id(source, source.child(0, "identifier"));
  document.set_id = document_id(source, source.child(composition, "identifier"));
  if (document.id.empty()) document.id = document.set_id;
  read_version(source, composition, document);
  read_replaced(source, source.child(composition, "relatesTo"), of, document.replaces);
  document.type = coding_facts(source, source.child(composition, "type"));
  document.title = source.text(composition, "title");
  document.created = source.text(composition, "date");
  document.language = source.text(composition, "language");
  if (document.language.empty()) document.language = source.text(0, "language");
  document.status = composition_status(source.text(composition, "status"));
  document.confidentiality = source.text(composition, "confidentiality");
  for (const node_id resource : {composition, node_id{0}}) {
    if (resource == 0 && composition == 0) break;
    source.each(source.find(resource, "meta/security"),
                [&](node_id coding) { read_security(source, coding, document); });
  }
  source.each(source.child(composition, "author"), [&](node_id author) {
    if (auto party = party_facts(of, author); !is_empty(party)) into.authors.push_back(std::move(party));
  });
}

void read_document_reference(const bundle_view& of, node_id reference, facts::message_facts& into) {
  const tree& source = of.source();
  facts::document& document = into.document;
  document.id = document_id(source, source.child(reference, "masterIdentifier"));
  document.set_id = document_id(source, source.child(reference, "identifier"));
  if (document.id.empty()) document.id = document.set_id;
  read_replaced(source, source.child(reference, "relatesTo"), of, document.replaces);
  document.type = coding_facts(source, source.child(reference, "type"));
  document.title = source.text(reference, "content/0/attachment/title");
  if (document.title.empty()) document.title = source.text(reference, "description");
  document.created = source.text(reference, "content/0/attachment/creation");
  if (document.created.empty()) document.created = source.text(reference, "date");
  document.language = source.text(reference, "content/0/attachment/language");
  document.status = reference_status(source.text(reference, "status"), source.text(reference, "docStatus"));
  source.each(source.child(reference, "securityLabel"), [&](node_id label) {
    source.each(source.child(label, "coding"), [&](node_id coding) { read_security(source, coding, document); });
  });
  source.each(source.child(reference, "author"), [&](node_id author) {
    if (auto party = party_facts(of, author); !is_empty(party)) into.authors.push_back(std::move(party));
  });
}

void read_report(const bundle_view& of, node_id report, facts::message_facts& into) {
  const tree& source = of.source();
  facts::document& document = into.document;
  document.id = document_id(source, source.child(report, "identifier"));
  document.type = coding_facts(source, source.child(report, "code"));
  document.created = source.text(report, "issued");
  if (document.created.empty()) document.created = source.text(report, "effectiveDateTime");
  const std::string_view status = source.text(report, "status");
  if (status == "final") document.status = "final";
  if (status == "preliminary" || status == "partial" || status == "registered") document.status = "partial";
  if (status == "amended" || status == "corrected" || status == "appended") document.status = "amended";
  if (status == "cancelled" || status == "entered-in-error") document.status = "cancelled";
  const node_id authors = source.child(report, "resultsInterpreter") != none
                              ? source.child(report, "resultsInterpreter")
                              : source.child(report, "performer");
  source.each(authors, [&](node_id author) {
    if (auto party = party_facts(of, author); !is_empty(party)) into.authors.push_back(std::move(party));
  });
}

void read_routing_extensions(const bundle_view& of, node_id resource, facts::message_facts& into) {
  const tree& source = of.source();
  source.each(source.child(resource, "extension"), [&](node_id extension) {
    const std::string_view url = source.text(extension, "url");
    const bool recipient = url == own_recipient || url.ends_with("/pdsm-ext-intended-recipient") ||
                           url.ends_with("/ihe-intendedRecipient") ||
                           url.ends_with("/composition-information-recipient") ||
                           url.ends_with("/information-recipient");
    if (!recipient && url != own_sender) return;
    const node_id reference = source.child(extension, "valueReference");
    facts::party party = party_facts(of, reference);
    source.each(source.child(reference, "extension"), [&](node_id inner) {
      if (source.text(inner, "url").ends_with("/recipient-role")) party.role = source.text(inner, "valueCode");
    });
    if (is_empty(party)) return;
    if (recipient) {
      into.recipients.push_back(std::move(party));
    } else {
      into.sender = std::move(party);
    }
  });
}

/// The message type that carries an event of HL7 table 0003, so that routes see one name for one event.
std::string event_name(std::string_view code) {
  struct family {
    std::string_view prefix, type;
  };
  constexpr family families[] = {{"A", "ADT"}, {"R", "ORU"}, {"T", "MDM"}, {"S", "SIU"}, {"O", "ORM"}};
  for (const family& of : families) {
    if (code.size() == 3 && code.starts_with(of.prefix) && code[1] >= '0' && code[1] <= '9')
      return std::string(of.type).append("^").append(code);
  }
  return std::string(code);
}

void read_header(const bundle_view& of, node_id header, facts::message_facts& into) {
  const tree& source = of.source();
  const std::string_view system = source.text(header, "eventCoding/system");
  const std::string_view code = source.text(header, "eventCoding/code");
  into.event.code = system.ends_with("v2-0003") ? event_name(code) : std::string(code);
  if (into.event.code.empty()) into.event.code = source.text(header, "eventUri");
  into.event.sending_application = source.text(header, "source/endpoint");
  if (into.event.sending_application.empty()) into.event.sending_application = source.text(header, "source/name");
  if (const node_id sender = source.child(header, "sender"); sender != none) into.sender = party_facts(of, sender);
  source.each(source.child(header, "destination"), [&](node_id destination) {
    facts::party party = party_facts(of, source.child(destination, "receiver"));
    if (party.name.empty()) party.name = source.text(destination, "name");
    if (party.address.empty()) party.address = source.text(destination, "endpoint");
    if (!is_empty(party)) into.recipients.push_back(std::move(party));
  });
  source.each(source.child(header, "author"), [&](node_id author) {
    if (auto party = party_facts(of, author); !is_empty(party)) into.authors.push_back(std::move(party));
  });
}

void read_event(const bundle_view& of, facts::message_facts& into) {
  const tree& source = of.source();
  if (const node_id header = of.first("MessageHeader"); header != none) read_header(of, header, into);
  if (const node_id encounter = of.first("Encounter"); encounter != none) {
    const bool over = source.text(encounter, "status") == "finished";
    const std::string_view time = source.text(encounter, over ? "period/end" : "period/start");
    into.event.time = !time.empty() ? time : source.text(encounter, "period/start");
  }
  if (into.event.time.empty() && !into.event.code.empty()) into.event.time = source.text(0, "timestamp");
  if (!of.is_bundle()) return;
  into.event.message = document_id(source, source.child(0, "identifier"));
  if (into.event.message.empty()) into.event.message = source.text(0, "id");
}

std::string_view format_of(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4096);
  if (head.find("ClinicalDocument") != std::string_view::npos && head.find("urn:hl7-org:v3") != std::string_view::npos)
    return "cda";
  if (head.starts_with("MSH|")) return "hl7v2";
  return {};
}

class attachment_reader {
 public:
  attachment_reader(const bundle_view& of, facts::message_facts& into,
                    const std::function<void(embedded_file&&)>& on_file)
      : bundle_(of), tree_(of.source()), into_(into), on_file_(on_file) {}

  void read() {
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none) continue;
      const std::string_view type = tree_.type_of(entry.resource);
      if (type == "DocumentReference" || type == "Communication" || type == "CommunicationRequest") {
        tree_.each(tree_.child(entry.resource, type == "DocumentReference" ? "content" : "payload"),
                   [&](node_id content) {
                     node_id attachment = tree_.child(content, "attachment");
                     if (attachment == none) attachment = tree_.child(content, "contentAttachment");
                     read_attachment(attachment);
                   });
      }
      if (type == "DiagnosticReport")
        tree_.each(tree_.child(entry.resource, "presentedForm"), [&](node_id form) { read_attachment(form); });
      if (type == "Media") read_attachment(tree_.child(entry.resource, "content"));
    }
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource != none && tree_.type_of(entry.resource) == "Binary") read_binary(entry.resource, {});
    }
  }

 private:
  void read_attachment(node_id attachment) {
    if (attachment == none) return;
    const std::string_view type = tree_.text(attachment, "contentType");
    if (const node_id data = tree_.child(attachment, "data"); data != none) return add(data, type);
    const node_id target = bundle_.resolve_url(tree_.text(attachment, "url"));
    if (target != none && tree_.type_of(target) == "Binary") read_binary(target, type);
  }

  void read_binary(node_id binary, std::string_view type_of_reference) {
    if (!seen_.insert(binary).second) return;
    const std::string_view type = tree_.text(binary, "contentType");
    if (const node_id data = tree_.child(binary, "data"); data != none)
      add(data, type.empty() ? type_of_reference : type);
  }

  void add(node_id data, std::string_view type) {
    auto bytes = base64_decode(tree_[data].text);
    if (!bytes) return;
    into_.attachments.push_back({std::string(type), bytes->size(), sha256_hex(*bytes)});
    const std::string_view format = format_of(*bytes);
    if (on_file_ && !format.empty()) on_file_({tree_.location(data), std::string(type), format, std::move(*bytes)});
  }

  const bundle_view& bundle_;
  const tree& tree_;
  facts::message_facts& into_;
  const std::function<void(embedded_file&&)>& on_file_;
  std::unordered_set<node_id> seen_;
};

/// The subject as an identifier only (`subject.identifier`), when nobody sends a Patient.
void read_logical_subject(const bundle_view& of, facts::message_facts& into) {
  const tree& source = of.source();
  for (const auto& entry : of.entries()) {
    node_id reference = source.child(entry.resource, "subject");
    if (reference == none) reference = source.child(entry.resource, "patient");
    if (const named_ins named = ins_of_condition(source.text(reference, "reference")); !named.value.empty()) {
      into.patients.emplace_back().identifiers.push_back(
          {std::string(named.system), std::string(named.value), named.kind});
      return;
    }
    const node_id identifier = source.child(reference, "identifier");
    if (source.text(identifier, "value").empty()) continue;
    facts::patient& patient = into.patients.emplace_back();
    patient.identifiers.push_back({std::string(source.text(identifier, "system")),
                                   std::string(source.text(identifier, "value")), kind_of(source, identifier)});
    patient.family = source.text(reference, "display");
    return;
  }
}

std::vector<node_id> read_patients(const bundle_view& of, facts::message_facts& into) {
  const tree& source = of.source();
  std::vector<node_id> found;
  for (const auto& entry : of.entries()) {
    if (entry.resource != none && source.type_of(entry.resource) == "Patient") found.push_back(entry.resource);
  }
  if (found.empty()) {
    for (const auto& entry : of.entries()) {
      source.each(source.child(entry.resource, "contained"), [&](node_id contained) {
        if (found.empty() && source.type_of(contained) == "Patient") found.push_back(contained);
      });
    }
  }
  for (const node_id patient : found) into.patients.push_back(patient_facts(source, patient));
  if (found.empty()) read_logical_subject(of, into);
  if (into.patients.empty()) return found;
  for (const auto& entry : of.entries()) {
    if (entry.resource == none || source.type_of(entry.resource) != "Encounter") continue;
    const node_id subject = of.resolve(source.child(entry.resource, "subject"));
    std::size_t owner = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] == subject) owner = i;
    }
    source.each(source.child(entry.resource, "identifier"), [&](node_id identifier) {
      const std::string_view value = source.text(identifier, "value");
      const auto kind = kind_of(source, identifier);
      const bool untyped = source.text(identifier, "type/coding/0/code").empty();
      if (!value.empty() && (kind == facts::identifier_kind::stay || untyped))
        into.patients[owner].identifiers.push_back(
            {std::string(source.text(identifier, "system")), std::string(value), facts::identifier_kind::stay});
    });
  }
  return found;
}

}  // namespace

facts::message_facts extract_facts(const bundle_view& of, result_values values,
                                   const std::function<void(embedded_file&&)>& on_file) {
  const tree& source = of.source();
  facts::message_facts found;
  found.format = "fhir";
  found.charset = "utf-8";
  found.profile = source.text(0, "meta/profile/0");
  const auto patients = read_patients(of, found);
  if (const node_id composition = of.first("Composition"); composition != none) {
    read_composition(of, composition, found);
    read_routing_extensions(of, composition, found);
  } else if (const node_id reference = of.first("DocumentReference"); reference != none) {
    read_document_reference(of, reference, found);
    read_routing_extensions(of, reference, found);
  } else if (const node_id report = of.first("DiagnosticReport"); report != none) {
    read_report(of, report, found);
  }
  for (const std::string_view type : {"List", "MessageHeader"}) {
    const node_id resource = of.first(type);
    if (resource == none) continue;
    read_routing_extensions(of, resource, found);
    if (type == "List" && is_empty(found.sender)) found.sender = party_facts(of, source.child(resource, "source"));
  }
  read_event(of, found);
  read_results(of, patients, values, found);
  attachment_reader(of, found, on_file).read();
  return found;
}

}  // namespace liaison::fhir
