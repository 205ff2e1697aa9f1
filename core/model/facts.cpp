// SPDX-License-Identifier: Apache-2.0
// Reads the facts that a translator wrote. The writer is a sandboxed process that may have been taken over by
// what it parsed, so this is hostile input too: depth, length and types are checked, nothing recurses.
#include "core/model/facts.hpp"

#include <liaison/json_reader.hpp>

#include <algorithm>
#include <array>
#include <type_traits>

namespace liaison::model {

namespace {

using liaison::facts::identifier_kind;
using liaison::facts::identity_status;

constexpr std::size_t text_size_bytes_max = 16U << 20;
constexpr std::size_t identifiers_usual = 4;

struct kind_name {
  identifier_kind kind;
  std::string_view name;
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
  std::string_view name;
};
constexpr std::array<status_name, 5> status_names{{{identity_status::unknown, "unknown"},
                                                   {identity_status::provisional, "provisional"},
                                                   {identity_status::retrieved, "retrieved"},
                                                   {identity_status::validated, "validated"},
                                                   {identity_status::qualified, "qualified"}}};

struct sex_name {
  facts::sex sex;
  std::string_view name;
};
constexpr std::array<sex_name, 3> sex_names{
    {{facts::sex::male, "male"}, {facts::sex::female, "female"}, {facts::sex::unknown, "unknown"}}};

using reader = liaison::detail::json_reader;

template <class Owner>
struct text_member {
  std::string_view name;
  std::string Owner::*at;
};

/// An object's members: texts by the table, everything else by `other`, which takes one value or answers no. Of two members
/// of one name the later counts. Translators write in the order of the tables, so the search begins where the last ended.
template <class Owner, std::size_t Count, class Other>
void read_members(reader& in, Owner& into, const std::array<text_member<Owner>, Count>& texts, Other other) {
  if (!in.enter_object()) return;
  std::size_t likely = 0;
  for (std::string_view name; in.next_member(name);) {
    std::size_t tried = 0;
    for (; tried < Count && texts[likely].name != name; ++tried) likely = (likely + 1) % Count;
    if (tried < Count) in.text(into.*texts[likely].at);
    else if (!other(name)) in.skip();
  }
}

template <class Owner, std::size_t Count>
void read_members(reader& in, Owner& into, const std::array<text_member<Owner>, Count>& texts) {
  read_members(in, into, texts, [](std::string_view) { return false; });
}

bool read(reader& in, std::uint64_t& into) {
  in.number(into);
  return true;
}

template <class Into>  // std::uint32_t, or an optional one
bool read_short(reader& in, Into& into) {
  if (std::uint64_t value = 0; in.number(value) && value <= UINT32_MAX) into = static_cast<std::uint32_t>(value);
  return true;
}

bool read(reader& in, std::vector<std::string>& into) {
  into.clear();
  if (!in.enter_array()) return true;
  while (in.next_element())
    if (!in.text(into.emplace_back())) into.pop_back();
  return true;
}

template <class Item, class Read>
bool read_each(reader& in, std::vector<Item>& into, Read read_item) {
  into.clear();
  if (!in.enter_array()) return true;
  if constexpr (std::is_same_v<Item, facts::identifier>) into.reserve(identifiers_usual);
  while (in.next_element()) {
    if (in.peek() == '{') read_item(in, into.emplace_back());
    else in.skip();
  }
  return true;
}

/// One object in place of what is there.
template <class Item, class Read>
bool read_one(reader& in, Item& into, Read read_item) {
  into = Item();
  read_item(in, into);
  return true;
}

/// The value whose name stands in a table; `into` stays for other names.
template <class Value, class Table>
bool read_named(reader& in, Value& into, const Table& table) {
  std::string name;
  in.text(name);
  for (const auto& [value, known] : table)
    if (name == known) into = value;
  return true;
}

void read_identifier(reader& in, facts::identifier& into) {
  using of = facts::identifier;
  static constexpr std::array<text_member<of>, 2> texts{{{"system", &of::system}, {"value", &of::value}}};
  read_members(in, into, texts, [&](std::string_view name) { return name == "kind" && read_named(in, into.kind, kind_names); });
}

void read_patient(reader& in, facts::patient& into) {
  using of = facts::patient;
  static constexpr std::array<text_member<of>, 5> texts{{{"family", &of::family},
                                                         {"birth_family", &of::birth_family},
                                                         {"birth_date", &of::birth_date},
                                                         {"birth_place_code", &of::birth_place_code},
                                                         {"postal_code", &of::postal_code}}};
  read_members(in, into, texts, [&](std::string_view name) {
    if (name == "given") return read(in, into.given);
    if (name == "sex") return read_named(in, into.sex, sex_names);
    if (name == "identifiers") return read_each(in, into.identifiers, read_identifier);
    if (name == "identity_status") return read_named(in, into.identity_status, status_names);
    return name == "identity_flags" && read(in, into.identity_flags);
  });
}

void read_party(reader& in, facts::party& into) {
  using of = facts::party;
  static constexpr std::array<text_member<of>, 5> texts{{{"name", &of::name},
                                                         {"organization", &of::organization},
                                                         {"speciality", &of::speciality},
                                                         {"address", &of::address},
                                                         {"role", &of::role}}};
  read_members(in, into, texts, [&](std::string_view name) {
    return name == "identifiers" && read_each(in, into.identifiers, read_identifier);
  });
}

void read_coding(reader& in, facts::coding& into) {
  using of = facts::coding;
  static constexpr std::array<text_member<of>, 3> texts{
      {{"system", &of::system}, {"code", &of::code}, {"display", &of::display}}};
  read_members(in, into, texts);
}

void read_document(reader& in, facts::document& into) {
  using of = facts::document;
  static constexpr std::array<text_member<of>, 8> texts{{{"id", &of::id},
                                                         {"set_id", &of::set_id},
                                                         {"replaces", &of::replaces},
                                                         {"title", &of::title},
                                                         {"created", &of::created},
                                                         {"language", &of::language},
                                                         {"confidentiality", &of::confidentiality},
                                                         {"status", &of::status}}};
  read_members(in, into, texts, [&](std::string_view name) {
    if (name == "version") return read_short(in, into.version);
    if (name == "type") return read_one(in, into.type, read_coding);
    return name == "masks" && read(in, into.masks);
  });
}

void read_document_for_sending(reader& in, facts::document& into) {
  using of = facts::document;
  static constexpr std::array<text_member<of>, 2> texts{
      {{"confidentiality", &of::confidentiality}, {"status", &of::status}}};
  read_members(in, into, texts, [&](std::string_view name) { return name == "masks" && read(in, into.masks); });
}

void read_attachment(reader& in, facts::attachment& into) {
  using of = facts::attachment;
  static constexpr std::array<text_member<of>, 2> texts{{{"content_type", &of::content_type}, {"sha256", &of::sha256}}};
  read_members(in, into, texts, [&](std::string_view name) { return name == "size_bytes" && read(in, into.size_bytes); });
}

void read_event(reader& in, facts::event& into) {
  using of = facts::event;
  static constexpr std::array<text_member<of>, 7> texts{{{"code", &of::code},
                                                         {"time", &of::time},
                                                         {"message", &of::message},
                                                         {"sending_application", &of::sending_application},
                                                         {"time_from", &of::time_from},
                                                         {"action", &of::action},
                                                         {"of", &of::of}}};
  read_members(in, into, texts);
}

void read_encounter(reader& in, facts::encounter& into) {
  using of = facts::encounter;
  static constexpr std::array<text_member<of>, 9> texts{{{"patient_class", &of::patient_class},
                                                         {"start", &of::start},
                                                         {"end", &of::end},
                                                         {"end_from", &of::end_from},
                                                         {"expected_end", &of::expected_end},
                                                         {"movement", &of::movement},
                                                         {"medical_unit", &of::medical_unit},
                                                         {"care_unit", &of::care_unit},
                                                         {"discharge_to", &of::discharge_to}}};
  read_members(in, into, texts);
}

void read_consent(reader& in, facts::consent& into) {
  using of = facts::consent;
  static constexpr std::array<text_member<of>, 4> texts{
      {{"kind", &of::kind}, {"value", &of::value}, {"date", &of::date}, {"source", &of::source}}};
  read_members(in, into, texts, [&](std::string_view name) { return name == "patient" && read_short(in, into.patient); });
}

void read_merge(reader& in, facts::merge& into) {
  using of = facts::merge;
  static constexpr std::array<text_member<of>, 1> texts{{{"action", &of::action}}};
  read_members(in, into, texts, [&](std::string_view name) {
    if (name == "patient") return read_short(in, into.patient);
    if (name == "prior_patient") return read_short(in, into.prior_patient);
    if (name == "prior") return read_each(in, into.prior, read_identifier);
    return name == "prior_stays" && read_each(in, into.prior_stays, read_identifier);
  });
}

void read_answer_error(reader& in, facts::answer_error& into) {
  using of = facts::answer_error;
  static constexpr std::array<text_member<of>, 5> texts{{{"condition", &of::condition},
                                                         {"severity", &of::severity},
                                                         {"code", &of::code},
                                                         {"system", &of::system},
                                                         {"location", &of::location}}};
  read_members(in, into, texts);
}

void read_answer(reader& in, facts::answer& into) {
  using of = facts::answer;
  static constexpr std::array<text_member<of>, 5> texts{{{"kind", &of::kind},
                                                         {"message", &of::message},
                                                         {"outcome", &of::outcome},
                                                         {"address", &of::address},
                                                         {"recipient", &of::recipient}}};
  read_members(in, into, texts,
               [&](std::string_view name) { return name == "errors" && read_each(in, into.errors, read_answer_error); });
}

void read_all(reader& in, message_facts& into, wanted_facts wanted) {
  using of = message_facts;
  static constexpr std::array<text_member<of>, 3> texts{
      {{"format", &of::format}, {"profile", &of::profile}, {"charset", &of::charset}}};
  read_members(in, into, texts, [&](std::string_view name) {
    if (name == "patients") return read_each(in, into.patients, read_patient);
    if (wanted == wanted_facts::for_sending)
      return name == "document" && read_one(in, into.document, read_document_for_sending);
    if (name == "document") return read_one(in, into.document, read_document);
    if (name == "authors") return read_each(in, into.authors, read_party);
    if (name == "sender") return read_one(in, into.sender, read_party);
    if (name == "recipients") return read_each(in, into.recipients, read_party);
    if (name == "event") return read_one(in, into.event, read_event);
    if (name == "encounter") return read_one(in, into.encounter, read_encounter);
    if (name == "consents") return read_each(in, into.consents, read_consent);
    if (name == "merges") return read_each(in, into.merges, read_merge);
    if (name == "answer" && in.peek() == '{') return read_one(in, into.answer.emplace(), read_answer);
    if (name == "instructions") return read(in, into.instructions);
    if (name == "results") return read(in, into.results);
    return name == "attachments" && read_each(in, into.attachments, read_attachment);
  });
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
    if (k.kind == kind) return k.name.data();
  return "other";
}

const char* name_of(identity_status status) {
  for (const auto& s : status_names)
    if (s.status == status) return s.name.data();
  return "unknown";
}

result<message_facts> facts_from_json(std::string_view text) {
  message_facts found;
  if (auto read = read_facts(text, found); !read) return read.error();
  return found;
}

result<done> read_facts(std::string_view text, message_facts& into, wanted_facts wanted) {
  if (text.size() > text_size_bytes_max) return failure{"facts-malformed", "the facts are longer than 16 MiB"};
  reader in(text);
  const bool is_object = in.peek() == '{';
  if (is_object) read_all(in, into, wanted);
  if (!is_object || !in.complete()) return failure{"facts-malformed", "the facts are no JSON object, or nested too deep"};
  drop_dangling(into);
  return done{};
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
