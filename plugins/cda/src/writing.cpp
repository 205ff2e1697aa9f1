// SPDX-License-Identifier: Apache-2.0
// FHIR R4 data types → CDA R2 data types as the CI-SIS header wants them.
#include "writing.hpp"

#include "datatypes.hpp"
#include "lookup.hpp"
#include "oids.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

constexpr std::array<pair_row, 5> telecom_uses{
    {{"home", "H"}, {"work", "WP"}, {"mobile", "MC"}, {"temp", "H"}, {"old", ""}}};
constexpr std::array<pair_row, 4> address_uses{{{"home", "H"}, {"work", "WP"}, {"temp", "TMP"}, {"billing", ""}}};

/// "Mme." → "MME": codes of JDV_J245 (civility) and JDV_J246 (title).
std::string title_code(std::string_view printed) {
  std::string code;
  for (const char c : trim(printed)) {
    if (c != '.') {
      code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  static constexpr std::array<pair_row, 5> spellings{
      {{"MLLE", "MME"}, {"MR", "M"}, {"DOCTEUR", "DR"}, {"PROFESSEUR", "PR"}, {"MADAME", "MME"}}};
  const std::string_view known = look_up(spellings, code);
  return known.empty() ? code : std::string(known);
}

bool is_civility(std::string_view code) { return code == "M" || code == "MME"; }
bool is_title(std::string_view code) {
  return code == "DR" || code == "PR" || code == "MC" || code == "MG" || code == "PC" || code == "PG";
}

/// Root and extension of a FHIR identifier.
struct instance_id {
  std::string root, extension, authority;
};

instance_id instance_of(std::string_view system, std::string_view value) {
  if (system == "urn:ietf:rfc:3986" || (system.empty() && value.starts_with("urn:"))) {
    const std::string root = oid_of_system(value);
    return root.empty() ? instance_id{uuid_v5(value), "", ""} : instance_id{root, "", ""};
  }
  std::string extension(value);
  if (system == "https://rpps.esante.gouv.fr" && value.size() == 11) {
    extension = "8" + extension;
  } else if (system == "https://finess.esante.gouv.fr" && value.size() == 9) {
    extension = "1" + extension;
  }
  const std::string root = oid_of_system(system);
  // A system that is no OID gets a UUID of its own, always the same.
  return root.empty() ? instance_id{uuid_v5("system " + std::string(system)), extension, std::string(system)}
                      : instance_id{root, extension, ""};
}

bool is_ins_identifier(const json_value* identifier) {
  return is_ins(identifier_kind_of(oid_of_system(pivot_reader::text(identifier, "system"))));
}

}  // namespace

sourced with(std::string text, const sourced& of) {
  sourced made = of;
  made.text = std::move(text);
  return made;
}

const json_value* writing::extension(const json_value* node, std::string_view url, std::size_t nth) {
  for (std::size_t i = 0;; ++i) {
    const json_value* found = item(node, "extension", i);
    if (found == nullptr) {
      return nullptr;
    }
    if (text(found, "url") == url && nth-- == 0) {
      return found;
    }
  }
}

void writing::added(std::string_view value, std::string_view reason) const {
  if (book != nullptr) {
    book->added(out.location(), value, reason);
  }
}

void writing::assume(finding what) const { tell(of, what, out.location()); }

void write_id(const writing& w, const json_value* identifier, std::string_view name) {
  const sourced value = w.get(identifier, "value");
  if (value.empty()) {
    return;
  }
  const sourced system = w.get(identifier, "system");
  if (is_ins_identifier(identifier) && !w.ins_may_leave) {
    w.pivot.drop(identifier, "", reason_ins_stays);
    return;
  }
  const instance_id id = instance_of(system.text, trim(value.text));
  const xml_out::element element(w.out, name);
  if (id.extension.empty()) {
    w.out.attribute("root", with(cda_root(id.root), value));
    w.out.carry(system, "root");
  } else {
    w.out.attribute("root", with(cda_root(id.root), system));
    w.out.attribute("extension", with(id.extension, value));
    if (!id.authority.empty()) {
      w.out.attribute("assigningAuthorityName", id.authority);
    }
  }
  if (!w.text(identifier, "assigner/display").empty() && id.authority.empty()) {
    w.out.attribute("assigningAuthorityName", w.get(identifier, "assigner/display"));
  }
  w.pivot.envelope(identifier, "type");
  w.pivot.envelope(identifier, "use");
}

void write_ids(const writing& w, const json_value* resource, std::string_view required_root) {
  std::size_t written = 0;
  for (std::size_t i = 0; const json_value* identifier = writing::item(resource, "identifier", i); ++i) {
    const bool fits =
        required_root.empty() || instance_of(writing::text(identifier, "system"), "x").root == required_root;
    if (fits && !writing::text(identifier, "value").empty()) {
      write_id(w, identifier);
      ++written;
    }
  }
  for (std::size_t i = 0; written == 0; ++i) {  // none of the wanted kind: any
    const json_value* identifier = writing::item(resource, "identifier", i);
    if (identifier == nullptr) {
      break;
    }
    const std::string value = writing::text(identifier, "value");
    if (instance_of(writing::text(identifier, "system"), trim(value)).extension.empty()) {
      w.pivot.drop(identifier, "", "CI-SIS names a person by root and extension");
      continue;
    }
    write_id(w, identifier);
    ++written;
  }
  if (written == 0) {
    const std::string made = cda_root(uuid_v5("id of " + w.pivot.pointer(resource) + w.of.options().id_seed));
    w.out.leaf("id", {{"root", made}, {"extension", "1"}});
    w.added(made, "CI-SIS requires an id and the source has none");
  }
}

namespace {

void write_coding_attributes(const writing& w, const json_value* coding) {
  const sourced code = w.get(coding, "code");
  w.out.attribute("code", with(code_token(code.text), code));
  w.out.attribute("displayName", w.get(coding, "display"));
  const sourced system = w.get(coding, "system");
  const std::string oid = oid_of_system(system.text);
  w.out.attribute("codeSystem", with(oid, system));
  w.out.attribute("codeSystemName", name_of_oid(oid));
  w.out.attribute("codeSystemVersion", w.get(coding, "version"));
}

}  // namespace

std::string code_token(std::string_view code) {
  std::string token(trim(code));
  for (char& c : token) {
    c = c == ' ' || c == '\t' || c == '\n' || c == '\r' ? '_' : c;
  }
  return token;
}

std::string narrative_state::new_id() {
  std::string id;
  do {
    id = "t" + std::to_string(++made);
  } while (!used_ids.insert(id).second);
  return id;
}

void write_original_text(const writing& w, const sourced& text, when_not_shown otherwise) {
  if (text.empty()) {
    return;
  }
  const auto shown = w.narrative.id_of_text.find(text.text);
  if (shown != w.narrative.id_of_text.end()) {
    const xml_out::element original(w.out, "originalText");
    const xml_out::element reference(w.out, "reference");
    w.out.attribute("value", with("#" + shown->second, text));
  } else if (otherwise == when_not_shown::write_inline) {
    const xml_out::element original(w.out, "originalText");
    w.out.text(text);
  }
}

std::string ts_of(std::string_view date_time) { return hl7_from_fhir(date_time, hl7_zone::keep).value_or(""); }

bool write_code(const writing& w, const json_value* node, std::string_view name, std::string_view xsi_type,
                std::string_view label) {
  if (node == nullptr) {
    return false;
  }
  if (writing::find(node, "coding") == nullptr && writing::find(node, "code") != nullptr) {
    const xml_out::element element(w.out, name);
    w.out.attribute("xsi:type", xsi_type);
    write_coding_attributes(w, node);
    write_original_text(w, sourced(std::string(label)), when_not_shown::leave_out);
    return true;
  }
  const json_value* first = writing::item(node, "coding", 0);
  const sourced text = w.get(node, "text");
  if (first == nullptr && text.empty()) {
    return false;
  }
  const xml_out::element element(w.out, name);
  w.out.attribute("xsi:type", xsi_type);
  const bool coded = first != nullptr && !oid_of_system(writing::text(first, "system")).empty();
  if (coded) {
    write_coding_attributes(w, first);
  } else {
    w.out.attribute("nullFlavor", first == nullptr ? "UNK" : "OTH");
  }
  text.empty() ? write_original_text(w, sourced(std::string(label)), when_not_shown::leave_out)
               : write_original_text(w, text, when_not_shown::write_inline);
  const std::string qualifier_url = std::string(extension_base) + "qualifier";
  for (std::size_t i = 0; const json_value* extension = writing::extension(node, qualifier_url, i); ++i) {
    const xml_out::element qualifier(w.out, "qualifier");
    for (std::size_t n = 0; const json_value* part = writing::item(extension, "extension", n); ++n) {
      write_code(w, writing::find(part, "valueCoding"), writing::text(part, "url") == "name" ? "name" : "value");
      w.pivot.envelope(part, "url");
    }
  }
  for (std::size_t i = coded ? 1 : 0; const json_value* coding = writing::item(node, "coding", i); ++i) {
    if (writing::text(coding, "code").empty()) {
      continue;  // a name, which stands in an element of its own (write_product_name)
    }
    const xml_out::element translation(w.out, "translation");
    write_coding_attributes(w, coding);
    const sourced system = w.get(coding, "system");
    if (!system.empty() && oid_of_system(system.text).empty()) {
      w.out.attribute("codeSystem", with(cda_root(uuid_v5("system " + system.text)), system));
      w.out.attribute("codeSystemName", system.text);
    }
  }
  return true;
}

void write_translated_code(const writing& w, const json_value* node, std::string_view name) {
  const xml_out::element element(w.out, name);
  w.out.attribute("nullFlavor", "OTH");
  write_original_text(w, w.get(node, "text"), when_not_shown::write_inline);
  for (std::size_t i = 0; const json_value* coding = writing::item(node, "coding", i); ++i) {
    write_code(w, coding, "translation");
  }
}

bool write_code_of(const writing& w, const json_value* node, std::string_view name,
                   std::initializer_list<std::string_view> oids) {
  const std::string oid = oid_of_system(writing::text(node, "coding/0/system"));
  if (writing::find(node, "coding/0") == nullptr || std::find(oids.begin(), oids.end(), oid) != oids.end()) {
    return write_code(w, node, name);
  }
  write_translated_code(w, node, name);
  return true;
}

void write_foreign_code(const writing& w, const json_value* node, std::string_view name, std::string_view label) {
  const xml_out::element element(w.out, name);
  w.out.attribute("nullFlavor", "NA");
  const sourced text = w.get(node, "text");
  write_original_text(w, text.empty() ? sourced(std::string(label)) : text, when_not_shown::leave_out);
  for (std::size_t i = 0; const json_value* coding = writing::item(node, "coding", i); ++i) {
    if (!oid_of_system(writing::text(coding, "system")).empty() && !writing::text(coding, "code").empty()) {
      write_code(w, coding, "translation");
    }
  }
}

void write_function(const writing& w, const json_value* node, function_rule rule) {
  // The codes that all revisions of JDV_J47 have: later ones (HEBERG, ST-PS-PEC…) are refused by older receivers.
  static constexpr std::array<std::string_view, 10> codes{"CORRE",   "PRELV",   "ES-REF", "ES-PREF", "ADMPHYS",
                                                          "ATTPHYS", "DISPHYS", "PCP",    "330",     "353"};
  if (node == nullptr) {
    return;
  }
  if (std::find(codes.begin(), codes.end(), writing::text(node, "coding/0/code")) != codes.end()) {
    write_code(w, node, "functionCode");
  } else if (rule == function_rule::listed) {
    w.pivot.drop(node, "", "a function outside JDV_J47");
  } else {
    write_translated_code(w, node, "functionCode");
  }
}

void write_product_name(const writing& w, const json_value* concept_node, std::string_view name) {
  sourced said;
  for (std::size_t i = 0; const json_value* coding = writing::item(concept_node, "coding", i); ++i) {
    if (writing::text(coding, "code").empty()) {
      said = w.get(coding, "display");
    }
  }
  for (const char* path : {"text", "coding/0/display"}) {
    said = said.empty() ? sourced(writing::text(concept_node, path)) : said;
  }
  const xml_out::element element(w.out, name);
  said.empty() ? (void)w.out.attribute("nullFlavor", "NA") : w.out.text(said);
}

bool write_time(const writing& w, const json_value* node, std::string_view path, std::string_view name) {
  const sourced value = w.get(node, path);
  const auto stamp = hl7_from_fhir(value.text, hl7_zone::keep);
  if (value.empty() || !stamp) {
    return false;
  }
  const xml_out::element element(w.out, name);
  w.out.attribute("value", with(*stamp, value));
  return true;
}

void write_interval(const writing& w, const json_value* period, std::string_view name) {
  if (writing::text(period, "start").empty() && writing::text(period, "end").empty()) {
    return;
  }
  const xml_out::element element(w.out, name);
  write_time(w, period, "start", "low");
  write_time(w, period, "end", "high");
}

void write_telecoms(const writing& w, const json_value* resource, std::set<std::string>& written) {
  static constexpr std::array<pair_row, 6> schemes{
      {{"phone", "tel:"}, {"fax", "fax:"}, {"email", "mailto:"}, {"url", ""}, {"sms", "tel:"}, {"pager", "tel:"}}};
  for (std::size_t i = 0; const json_value* telecom = writing::item(resource, "telecom", i); ++i) {
    const sourced value = w.get(telecom, "value");
    if (value.empty()) {
      continue;
    }
    if (!w.ins_may_leave && lower(value.text).ends_with("@patient.mssante.fr")) {
      w.pivot.drop(telecom, "", reason_ins_stays);
      continue;
    }
    const sourced system = w.get(telecom, "system");
    std::string text = std::string(look_up(schemes, system.text)) + std::string(trim(value.text));
    if (text.find(':') == std::string::npos) {
      text.insert(0, "tel:");
    }
    for (char& c : text) {
      c = c == ' ' ? '-' : c;  // a URL holds no blanks
    }
    if (!written.insert(text).second) {
      w.pivot.carry(telecom, "", w.out.location());
      continue;
    }
    const xml_out::element element(w.out, "telecom");
    w.out.attribute("value", with(text, value));
    w.out.carry(system, "value");
    const sourced use = w.get(telecom, "use");
    const std::string_view mapped = look_up(telecom_uses, use.text);
    if (!mapped.empty()) {
      w.out.attribute("use", with(std::string(mapped), use));
    }
  }
}

void write_address(const writing& w, const json_value* address, std::string_view name) {
  const xml_out::element element(w.out, name);
  bool parsed = false;
  for (const char* part : {"city", "postalCode", "district", "state", "country"}) {
    parsed = parsed || !writing::text(address, part).empty();
  }
  if (!parsed && writing::find(address, "line/0") == nullptr && writing::text(address, "text").empty()) {
    w.out.attribute("nullFlavor", "UNK");
    return;
  }
  const sourced use = w.get(address, "use");
  const std::string_view mapped = look_up(address_uses, use.text);
  if (!mapped.empty()) {
    w.out.attribute("use", with(std::string(mapped), use));
  }
  if (!parsed) {
    // Lines only: the two forms are not mixed.
    for (std::size_t i = 0; i < 7; ++i) {
      const sourced line = w.get(address, "line/" + std::to_string(i));
      if (!line.empty()) {
        const xml_out::element part(w.out, "streetAddressLine");
        w.out.text(line);
      }
    }
    const sourced whole = w.get(address, "text");
    if (!whole.empty() && writing::find(address, "line") == nullptr) {
      const xml_out::element part(w.out, "streetAddressLine");
      w.out.text(whole);
    }
    return;
  }
  const auto part = [&](std::string_view path, std::string_view element_name) {
    const sourced value = w.get(address, path);
    if (!value.empty()) {
      const xml_out::element child_element(w.out, element_name);
      w.out.text(value);
    }
  };
  part("line/0", "streetName");
  part("line/1", "additionalLocator");
  part("line/2", "unitID");
  part("line/3", "precinct");
  part("postalCode", "postalCode");
  part("city", "city");
  part("district", "county");
  part("state", "state");
  part("country", "country");
}

void write_addresses(const writing& w, const json_value* resource) {
  for (std::size_t i = 0; const json_value* address = writing::item(resource, "address", i); ++i) {
    write_address(w, address);
  }
}

void write_name(const writing& w, const json_value* name) {
  const xml_out::element element(w.out, "name");
  std::string written_prefix;
  std::string written_suffix;
  const auto titles = [&](std::string_view path) {
    for (std::size_t i = 0; const json_value* node = writing::item(name, path, i); ++i) {
      const sourced printed = w.get(node, "");
      const std::string code = title_code(printed.text);
      const bool civility = is_civility(code) && written_prefix.empty();
      const bool title = is_title(code) && written_suffix.empty();
      if (civility || title) {
        (civility ? written_prefix : written_suffix) = code;
        const xml_out::element part(w.out, civility ? "prefix" : "suffix");
        w.out.text(with(code, printed));
      } else {
        w.pivot.drop(node, "", "a title outside the lists of the CI-SIS");
      }
    }
  };
  titles("prefix");
  titles("suffix");
  std::string given;
  for (std::size_t i = 0; const json_value* node = writing::item(name, "given", i); ++i) {
    given += (given.empty() ? "" : " ") + writing::text(node, "");
  }
  if (!given.empty()) {
    const xml_out::element part(w.out, "given");
    w.out.text(given);
    for (std::size_t i = 0; const json_value* node = writing::item(name, "given", i); ++i) {
      w.out.carry(w.get(node, ""));
    }
  }
  sourced family = w.get(name, "family");
  if (family.empty()) {
    family = w.get(name, "text");
  } else {
    w.pivot.carry(name, "text", w.out.location());
  }
  const xml_out::element part(w.out, "family");
  family.empty() ? w.out.text("INCONNU") : w.out.text(family);
}

std::string endpoint_option(const call& of, std::string_view name) {
  rapidjson::Document options;
  options.Parse(of.options().endpoint.data(), of.options().endpoint.size());
  return options.HasParseError() ? std::string() : pivot_reader::text(&options, name);
}

}  // namespace liaison::cda
