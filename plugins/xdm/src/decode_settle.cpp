// SPDX-License-Identifier: Apache-2.0
// Values that the metadata and the document both say: carried to where the document says them. Where they differ, the
// document stands and the metadata's value is reported.
#include "decode.hpp"

#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::xdm {
namespace {

constexpr std::string_view says_otherwise = "the document says otherwise or nothing of it, and the document stands";
constexpr std::size_t indexed_text_max = 256, places_of_value_max = 32;
constexpr std::array<std::string_view, 8> indexed_types{"Composition",  "Patient", "Practitioner", "PractitionerRole",
                                                        "Organization", "Device",  "Encounter",    "Location"};

std::string folded(std::string_view text) {
  text = trim(text);
  for (const std::string_view prefix : {"urn:oid:", "urn:uuid:", "mailto:"})
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  std::string out;
  for (const char c : text) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool looks_like_time(std::string_view text) {
  return text.size() >= 10 && is_digits(text.substr(0, 4)) && text[4] == '-' && text[7] == '-';
}

}  // namespace

void spoken::add(std::string_view type, std::string_view text, const std::string& pointer) {
  const std::string key = std::string(type) + '\n';
  const auto note = [&](const std::string& value) {
    auto& known = places_[key + value];
    if (known.size() < places_of_value_max) known.push_back(pointer);
  };
  note(folded(text));
  if (looks_like_time(text)) note(utc_of_fhir(text));
}

spoken::spoken(const pivot_reader& document, std::size_t entry_offset) {
  if (entry_offset == 0)
    for (const char* path : {"identifier/value", "identifier/system"})
      if (const std::string text = pivot_reader::text(&document.bundle(), path); !text.empty())
        add("Bundle", text, std::string("/") + path);
  note_recipients(document, entry_offset);
  struct place {
    const json_value* node;
    std::string pointer;
  };
  for (std::size_t i = 0; i < document.entry_count(); ++i) {
    const json_value& resource = document.resource(i);
    const std::string type = pivot_reader::text(&resource, "resourceType");
    if (std::find(indexed_types.begin(), indexed_types.end(), type) == indexed_types.end()) continue;
    first_.emplace(type, entry_offset + i);
    std::vector<place> open{{&resource, "/entry/" + std::to_string(entry_offset + i) + "/resource"}};
    while (!open.empty()) {
      const place at = std::move(open.back());
      open.pop_back();
      if (at.node->IsObject()) {
        for (auto each = at.node->MemberEnd(); each-- != at.node->MemberBegin();)
          open.push_back({&each->value, at.pointer + "/" + each->name.GetString()});
      } else if (at.node->IsArray()) {
        for (rapidjson::SizeType n = at.node->Size(); n-- > 0;)
          open.push_back({&(*at.node)[n], at.pointer + "/" + std::to_string(n)});
      } else if (at.node->IsString() && at.node->GetStringLength() <= indexed_text_max) {
        add(type, {at.node->GetString(), at.node->GetStringLength()}, at.pointer);
      }
    }
  }
}

void spoken::note_recipients(const pivot_reader& document, std::size_t entry_offset) {
  const json_value* extensions = pivot_reader::find(document.find_first("Composition"), "extension");
  if (extensions == nullptr || !extensions->IsArray()) return;
  const std::string url = std::string(terms::extension_base) + "recipient";
  const auto note = [&](const json_value* resource) {
    for (std::size_t i = 0; resource != nullptr && i < document.entry_count(); ++i)
      if (&document.resource(i) == resource) recipients_.push_back("/entry/" + std::to_string(entry_offset + i) + "/");
  };
  for (const json_value& each : extensions->GetArray()) {
    if (pivot_reader::text(&each, "url") != url || recipients_.size() > places_of_value_max) continue;
    const json_value* who = document.resolve(pivot_reader::find(&each, "valueReference"));
    note(who);
    for (const char* part : {"practitioner", "organization"}) note(document.resolve(pivot_reader::find(who, part)));
  }
}

std::string spoken::find_recipient(std::string_view text) const {
  for (const std::string& recipient : recipients_)
    if (std::string place = find({"Practitioner", "PractitionerRole", "Organization"}, text, recipient); !place.empty())
      return place;
  return {};
}

std::string spoken::find(const std::vector<std::string_view>& types, std::string_view text,
                         std::string_view below) const {
  if (trim(text).empty()) return {};
  const std::string key = folded(text);
  for (const std::string_view type : types) {
    const auto at = places_.find(std::string(type) + '\n' + key);
    if (at == places_.end()) continue;
    for (const std::string& pointer : at->second)
      if ((pointer + '/').find(below) != std::string::npos) return pointer;
  }
  return {};
}

namespace {

using type_list = const std::vector<std::string_view>&;
const std::vector<std::string_view> people = {"Practitioner", "PractitionerRole", "Organization", "Device", "Patient"};

class settling {
 public:
  settling(decoding& d, const package_document& document, const spoken& said, const resource_ref& composition,
           const resource_ref& patient)
      : d_(d), document_(document), said_(said), composition_(composition), patient_(patient) {}

  void run() {
    const document_entry& entry = document_.entry;
    for (const sourced* value : {&entry.mime, &entry.hash, &entry.size, &entry.uri, &entry.repository_id})
      d_.envelope(*value);
    settle(entry.language, {"Composition"}, "/language/");
    settle(entry.title, {"Composition"}, "/title/");
    settle(entry.creation_time, {"Composition"}, "/date/");
    settle(entry.service_start, {"Composition", "Encounter"}, "/period/start/");
    settle(entry.service_stop, {"Composition", "Encounter"}, "/period/end/");
    settle_parts(entry.legal_authenticator, {1, 2, 3}, people);
    settle_identifier(entry.patient_id);
    settle_identifier(entry.source_patient_id);
    for (const info_line& line : lines_of(entry)) settle_info(line);
    settle_unique_id(entry.unique_id);
    settle_code(entry.type_code, {"Composition"}, "/type/");
    for (const coded& code : entry.event_codes) settle_code(code, {"Composition", "Encounter"}, "");
    for (const coded& code : entry.confidentiality)
      if (code.code.text.size() == 1) settle_code(code, {"Composition"}, "/confidentiality/");
    if (!settle_code(entry.facility_code, {"Location", "Organization", "Encounter"}, "/type/", or_else::keep))
      keep("healthcareFacilityTypeCode", entry.facility_code);
    if (!settle_code(entry.practice_code, {"Organization", "PractitionerRole"}, "", or_else::keep))
      keep("practiceSettingCode", entry.practice_code);
    keep("formatCode", entry.format_code);
    if (!settle_code(entry.class_code, {"Composition"}, "/category/", or_else::keep) && !entry.class_code.empty())
      write_code(entry.class_code, spot{composition_, "category"}.next() / "coding/0");
    for (const author& each : entry.authors) settle_author(each);
    terms::add_source_field({composition_, ""}, "xdm.DocumentEntry.comments", entry.comments);
  }

 private:
  enum class or_else : std::uint8_t { report, keep };

  bool settle(const sourced& value, type_list types, std::string_view below, or_else otherwise = or_else::report) {
    if (value.empty()) return false;
    const std::string place = said_.find(types, value.text, below);
    if (!place.empty())
      d_.carry(value, place);
    else if (otherwise == or_else::report)
      d_.drop(value, says_otherwise);
    return !place.empty();
  }

  /// A field is carried where its first component that the document says stands.
  bool settle_parts(const sourced& field, std::initializer_list<std::size_t> components, type_list types) {
    if (field.empty()) return false;
    const field_view parts(field.text);
    for (const std::size_t n : components) {
      const std::string place = said_.find(types, parts.component(n));
      if (place.empty()) continue;
      d_.carry(field, place);
      return true;
    }
    d_.drop(field, says_otherwise);
    return false;
  }

  bool settle_code(const coded& value, type_list types, std::string_view below, or_else otherwise = or_else::report) {
    if (value.empty()) return true;
    const std::string place = said_.find(types, value.code.text, below);
    if (place.empty()) {
      if (otherwise == or_else::report)
        for (const sourced* part : {&value.code, &value.display, &value.system}) d_.drop(*part, says_otherwise);
      return false;
    }
    d_.carry(value.code, place);
    d_.carry(value.system, place);
    if (!settle(value.display, types, below, or_else::keep))
      d_.drop(value.display, "another label of a code that the document has");
    return true;
  }

  void settle_identifier(const sourced& cx) {
    if (cx.empty()) return;
    const std::string place = said_.find({"Patient"}, identifier_of_cx(cx.text).value, "/identifier/");
    if (!place.empty())
      d_.carry(cx, place);
    else
      write_patient_identifier(d_, cx, patient_);
  }

  static std::string_view element_of(std::string_view field) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> elements{
        {{"PID-5", "/resource/name/"},
         {"PID-7", "/birthDate/"},
         {"PID-8", "/gender/"},
         {"PID-11", "/resource/address/"}}};
    for (const auto& [name, element] : elements)
      if (name == field) return element;
    return {};
  }

  void settle_info(const info_line& line) {
    const field_view field(line.value.text);
    const bool is_place = line.segment_field == "PID-11" && field.component(7) == "BDL";
    const std::string_view below = is_place ? "/valueAddress/" : element_of(line.segment_field);
    const auto carried = [&](std::initializer_list<std::size_t> components) {
      for (const std::size_t n : components) {
        std::string text = field.component(n);
        if (line.segment_field == "PID-7" && text.size() >= 8)
          text = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2);
        if (line.segment_field == "PID-8")
          text = text == "M" ? "male" : text == "F" ? "female" : text.empty() ? "" : "unknown";
        const std::string place = said_.find({"Patient"}, text, below);
        if (place.empty()) continue;
        d_.carry(line.value, place);
        return true;
      }
      return false;
    };
    if (line.segment_field == "PID-3") return settle_identifier(line.value);
    if (!carried(is_place ? std::initializer_list<std::size_t>{9, 3} : std::initializer_list<std::size_t>{1, 2, 3, 5}))
      d_.drop(line.value, says_otherwise);
  }

  /// The id of the version: root, or root and extension.
  void settle_unique_id(const sourced& id) {
    if (id.empty()) return;
    const std::size_t caret = id.text.find('^');
    const std::string place =
        said_.find({"Bundle"}, caret == std::string::npos ? id.text : std::string_view(id.text).substr(caret + 1));
    if (!place.empty())
      d_.carry(id, place);
    else
      terms::add_source_field({composition_, ""}, "xdm.DocumentEntry.uniqueId", id);
  }

  void settle_author(const author& from) {
    for (const sourced& value : from.persons) settle_parts(value, {1, 2, 3}, people);
    for (const sourced& value : from.institutions) settle_parts(value, {10, 1}, people);
    for (const sourced& value : from.specialties) settle_parts(value, {1, 2}, people);
    for (const sourced& value : from.roles) settle(value, {"Composition", "PractitionerRole"}, "");
    for (const sourced& value : from.telecoms) settle_parts(value, {4}, people);
  }

  void keep(const char* attribute, const coded& value) {
    if (value.empty()) return;
    const std::string name = std::string("xdm.DocumentEntry.") + attribute;
    terms::add_source_field({composition_, ""}, name, value.code);
    terms::add_source_field({composition_, ""}, name + ".displayName", value.display);
    terms::add_source_field({composition_, ""}, name + ".codingScheme", value.system);
  }

  decoding& d_;
  const package_document& document_;
  const spoken& said_;
  const resource_ref& composition_;
  const resource_ref& patient_;
};

}  // namespace

void settle_document(decoding& d, const package_document& document, const spoken& said, const resource_ref& composition,
                     const resource_ref& patient) {
  settling(d, document, said, composition, patient).run();
}

}  // namespace liaison::xdm
