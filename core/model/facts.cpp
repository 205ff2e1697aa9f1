// SPDX-License-Identifier: Apache-2.0
// Reads the facts that a translator wrote. The writer is a sandboxed process that may have been taken over by
// what it parsed, so this is hostile input too: depth, length and types are checked, nothing recurses.
#include "core/model/facts.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>

namespace liaison::model {

namespace {

using json = rapidjson::Value;
using liaison::facts::identifier_kind;
using liaison::facts::identity_status;

constexpr std::size_t text_size_bytes_max = 16U << 20;
constexpr int depth_max = 32;

struct kind_name {
  identifier_kind kind;
  const char* name;
};
constexpr std::array<kind_name, 8> kind_names{{{identifier_kind::other, "other"},
                                               {identifier_kind::ins_nir, "ins-nir"},
                                               {identifier_kind::ins_nia, "ins-nia"},
                                               {identifier_kind::ins_test, "ins-test"},
                                               {identifier_kind::ins_demo, "ins-demo"},
                                               {identifier_kind::ipp, "ipp"},
                                               {identifier_kind::nir, "nir"},
                                               {identifier_kind::stay, "stay"}}};

struct status_name {
  identity_status status;
  const char* name;
};
constexpr std::array<status_name, 5> status_names{{{identity_status::unknown, "unknown"},
                                                   {identity_status::provisional, "provisional"},
                                                   {identity_status::retrieved, "retrieved"},
                                                   {identity_status::validated, "validated"},
                                                   {identity_status::qualified, "qualified"}}};

/// Nesting of brackets outside strings; cheap, and before anything is built.
bool is_deeper_than(std::string_view text, int limit) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

const json* member(const json& object, const char* key) {
  if (!object.IsObject()) return nullptr;
  auto at = object.FindMember(key);
  return at == object.MemberEnd() ? nullptr : &at->value;
}

void read(const json& object, const char* key, std::string& into) {
  if (const json* value = member(object, key); value && value->IsString())
    into.assign(value->GetString(), value->GetStringLength());
}

void read(const json& object, const char* key, std::uint64_t& into) {
  if (const json* value = member(object, key); value && value->IsUint64()) into = value->GetUint64();
}

void read(const json& object, const char* key, std::uint32_t& into) {
  if (const json* value = member(object, key); value && value->IsUint()) into = value->GetUint();
}

void read(const json& object, const char* key, std::vector<std::string>& into) {
  const json* value = member(object, key);
  if (!value || !value->IsArray()) return;
  for (const json& item : value->GetArray())
    if (item.IsString()) into.emplace_back(item.GetString(), item.GetStringLength());
}

template <class Item, class Reader>
void read_each(const json& object, const char* key, std::vector<Item>& into, Reader reader) {
  const json* value = member(object, key);
  if (!value || !value->IsArray()) return;
  into.reserve(value->Size());
  for (const json& item : value->GetArray())
    if (item.IsObject()) into.push_back(reader(item));
}

facts::identifier identifier_from(const json& object) {
  facts::identifier found;
  read(object, "system", found.system);
  read(object, "value", found.value);
  std::string kind;
  read(object, "kind", kind);
  for (const auto& k : kind_names)
    if (kind == k.name) found.kind = k.kind;
  return found;
}

facts::patient patient_from(const json& object) {
  facts::patient found;
  read(object, "family", found.family);
  read(object, "birth_family", found.birth_family);
  read(object, "given", found.given);
  read(object, "birth_date", found.birth_date);
  std::string sex, status;
  read(object, "sex", sex);
  if (sex == "male") found.sex = facts::sex::male;
  if (sex == "female") found.sex = facts::sex::female;
  if (sex == "unknown") found.sex = facts::sex::unknown;
  read(object, "birth_place_code", found.birth_place_code);
  read(object, "postal_code", found.postal_code);
  read_each(object, "identifiers", found.identifiers, identifier_from);
  read(object, "identity_status", status);
  for (const auto& s : status_names)
    if (status == s.name) found.identity_status = s.status;
  read(object, "identity_flags", found.identity_flags);
  return found;
}

facts::party party_from(const json& object) {
  facts::party found;
  read(object, "name", found.name);
  read(object, "organization", found.organization);
  read(object, "speciality", found.speciality);
  read_each(object, "identifiers", found.identifiers, identifier_from);
  read(object, "address", found.address);
  read(object, "role", found.role);
  return found;
}

facts::document document_from(const json& object) {
  facts::document found;
  read(object, "id", found.id);
  read(object, "set_id", found.set_id);
  if (const json* version = member(object, "version"); version && version->IsUint()) found.version = version->GetUint();
  read(object, "replaces", found.replaces);
  if (const json* type = member(object, "type"); type && type->IsObject()) {
    read(*type, "system", found.type.system);
    read(*type, "code", found.type.code);
    read(*type, "display", found.type.display);
  }
  read(object, "title", found.title);
  read(object, "created", found.created);
  read(object, "language", found.language);
  read(object, "confidentiality", found.confidentiality);
  read(object, "masks", found.masks);
  read(object, "status", found.status);
  return found;
}

facts::attachment attachment_from(const json& object) {
  liaison::facts::attachment found;
  read(object, "content_type", found.content_type);
  read(object, "size_bytes", found.size_bytes);
  read(object, "sha256", found.sha256);
  return found;
}

facts::event event_from(const json& object) {
  facts::event found;
  read(object, "code", found.code);
  read(object, "time", found.time);
  read(object, "message", found.message);
  read(object, "sending_application", found.sending_application);
  read(object, "time_from", found.time_from);
  read(object, "action", found.action);
  read(object, "of", found.of);
  return found;
}

facts::encounter encounter_from(const json& object) {
  facts::encounter found;
  read(object, "patient_class", found.patient_class);
  read(object, "start", found.start);
  read(object, "end", found.end);
  read(object, "end_from", found.end_from);
  read(object, "expected_end", found.expected_end);
  read(object, "movement", found.movement);
  read(object, "medical_unit", found.medical_unit);
  read(object, "care_unit", found.care_unit);
  read(object, "discharge_to", found.discharge_to);
  return found;
}

facts::consent consent_from(const json& object) {
  facts::consent found;
  read(object, "patient", found.patient);
  read(object, "kind", found.kind);
  read(object, "value", found.value);
  read(object, "date", found.date);
  read(object, "source", found.source);
  return found;
}

facts::merge merge_from(const json& object) {
  facts::merge found;
  read(object, "patient", found.patient);
  if (const json* prior = member(object, "prior_patient"); prior && prior->IsUint())
    found.prior_patient = prior->GetUint();
  read(object, "action", found.action);
  read_each(object, "prior", found.prior, identifier_from);
  read_each(object, "prior_stays", found.prior_stays, identifier_from);
  return found;
}

facts::answer_error answer_error_from(const json& object) {
  facts::answer_error found;
  read(object, "condition", found.condition);
  read(object, "severity", found.severity);
  read(object, "code", found.code);
  read(object, "system", found.system);
  read(object, "location", found.location);
  return found;
}

facts::answer answer_from(const json& object) {
  facts::answer found;
  read(object, "kind", found.kind);
  read(object, "message", found.message);
  read(object, "outcome", found.outcome);
  read(object, "address", found.address);
  read(object, "recipient", found.recipient);
  read_each(object, "errors", found.errors, answer_error_from);
  return found;
}

/// Indices that a translator wrote are used by others: what points outside of the patients is left out.
void drop_dangling(message_facts& found) {
  const std::size_t count = found.patients.size();
  std::erase_if(found.consents, [&](const auto& consent) { return consent.patient >= count; });
  std::erase_if(found.merges, [&](const auto& merge) { return merge.patient >= count; });
  for (auto& merge : found.merges)
    if (merge.prior_patient && *merge.prior_patient >= count) merge.prior_patient.reset();
}

void take_if_empty(std::string& into, const std::string& from) {
  if (into.empty()) into = from;
}

facts::patient merged(facts::patient envelope, const facts::patient& document) {
  take_if_empty(envelope.family, document.family);
  take_if_empty(envelope.birth_family, document.birth_family);
  if (envelope.given.empty()) envelope.given = document.given;
  take_if_empty(envelope.birth_date, document.birth_date);
  if (envelope.sex == facts::sex::unstated) envelope.sex = document.sex;
  take_if_empty(envelope.birth_place_code, document.birth_place_code);
  take_if_empty(envelope.postal_code, document.postal_code);
  for (const auto& id : document.identifiers) {
    const bool known = std::any_of(envelope.identifiers.begin(), envelope.identifiers.end(), [&](const auto& other) {
      return other.system == id.system && other.value == id.value;
    });
    if (!known) envelope.identifiers.push_back(id);
  }
  return envelope;
}

}  // namespace

const char* name_of(identifier_kind kind) {
  for (const auto& k : kind_names)
    if (k.kind == kind) return k.name;
  return "other";
}

const char* name_of(identity_status status) {
  for (const auto& s : status_names)
    if (s.status == status) return s.name;
  return "unknown";
}

result<message_facts> facts_from_json(std::string_view text) {
  if (text.size() > text_size_bytes_max) return failure{"facts-malformed", "the facts are longer than 16 MiB"};
  if (is_deeper_than(text, depth_max)) return failure{"facts-malformed", "the facts are nested too deep"};
  char scratch[32 * 1024];
  rapidjson::MemoryPoolAllocator<> allocator(scratch, sizeof scratch);
  rapidjson::GenericDocument<rapidjson::UTF8<>> root(&allocator);
  root.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (root.HasParseError() || !root.IsObject()) return failure{"facts-malformed", "the facts are no JSON object"};
  message_facts found;
  read(root, "format", found.format);
  read(root, "profile", found.profile);
  read(root, "charset", found.charset);
  read_each(root, "patients", found.patients, patient_from);
  if (const json* document = member(root, "document")) found.document = document_from(*document);
  read_each(root, "authors", found.authors, party_from);
  if (const json* sender = member(root, "sender"); sender && sender->IsObject()) found.sender = party_from(*sender);
  read_each(root, "recipients", found.recipients, party_from);
  if (const json* event = member(root, "event")) found.event = event_from(*event);
  if (const json* encounter = member(root, "encounter")) found.encounter = encounter_from(*encounter);
  read_each(root, "consents", found.consents, consent_from);
  read_each(root, "merges", found.merges, merge_from);
  if (const json* answer = member(root, "answer"); answer && answer->IsObject()) found.answer = answer_from(*answer);
  read(root, "instructions", found.instructions);
  read(root, "results", found.results);
  read_each(root, "attachments", found.attachments, attachment_from);
  drop_dangling(found);
  return found;
}

message_facts merged(message_facts envelope, const message_facts& document) {
  for (std::size_t i = 0; i < document.patients.size(); ++i) {
    if (i < envelope.patients.size()) envelope.patients[i] = merged(std::move(envelope.patients[i]), document.patients[i]);
    else envelope.patients.push_back(document.patients[i]);
  }
  const std::string status = envelope.document.status;
  const std::vector<std::string> masks = envelope.document.masks;
  const facts::document said = envelope.document;
  envelope.document = document.document;
  take_if_empty(envelope.document.id, said.id);
  take_if_empty(envelope.document.set_id, said.set_id);
  take_if_empty(envelope.document.replaces, said.replaces);
  take_if_empty(envelope.document.title, said.title);
  take_if_empty(envelope.document.created, said.created);
  take_if_empty(envelope.document.confidentiality, said.confidentiality);
  if (envelope.document.type.code.empty()) envelope.document.type = said.type;
  // The envelope knows best whether this is a replacement, a deletion or a masking.
  if (!status.empty()) envelope.document.status = status;
  if (!masks.empty()) envelope.document.masks = masks;
  if (!document.authors.empty()) envelope.authors = document.authors;
  // Recipients come from the envelope only: the document's list tells whom the author had in mind, not where it is sent.
  if (envelope.recipients.empty()) envelope.recipients = document.recipients;
  envelope.results += document.results;
  envelope.attachments.insert(envelope.attachments.end(), document.attachments.begin(), document.attachments.end());
  for (const auto& v : document.values) envelope.values.push_back(v);
  return envelope;
}

}  // namespace liaison::model
