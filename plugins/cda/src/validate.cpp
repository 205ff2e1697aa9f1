// SPDX-License-Identifier: Apache-2.0
// Issues only: the elements of the document, its times and its body, then what the configuration's official files say.
#include "validate.hpp"

#include "checks.hpp"
#include "document_types.hpp"
#include "facts_reader.hpp"
#include "official.hpp"
#include "oids.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

namespace liaison::cda {
namespace {

constexpr std::string_view template_hl7_france = "2.16.840.1.113883.2.8.2.1";
constexpr std::string_view template_ci_sis = "1.2.250.1.213.1.1.1.1";
constexpr std::string_view template_xds_sd = "1.3.6.1.4.1.19376.1.2.20";
constexpr std::string_view template_laboratory = "1.2.250.1.213.1.1.1.55";
constexpr std::string_view template_copy = "1.2.250.1.213.1.1.2.243";

void check_required(const checks& c) {
  struct required {
    const char* name;
    const char* attribute;  ///< null: text
  };
  static constexpr std::array<required, 10> needed{{{"id", "root"},
                                                    {"code", "code"},
                                                    {"code", "codeSystem"},
                                                    {"code", "displayName"},
                                                    {"title", nullptr},
                                                    {"effectiveTime", "value"},
                                                    {"confidentialityCode", "code"},
                                                    {"languageCode", "code"},
                                                    {"setId", "root"},
                                                    {"versionNumber", "value"}}};
  for (const required& one : needed) {
    const xmlNode* node = child(c.document, one.name);
    const std::string said =
        one.attribute == nullptr ? std::string(trim(all_text(node))) : attribute_text(node, one.attribute);
    if (said.empty()) {
      c.add(finding::element_missing, node,
            std::string(one.name) + (one.attribute == nullptr ? "" : std::string("/@") + one.attribute));
    }
  }
}

bool is_language(std::string_view code) {
  return code.size() == 5 && code[2] == '-' &&
         std::ranges::all_of(code.substr(0, 2), [](unsigned char x) { return std::islower(x) != 0; }) &&
         std::ranges::all_of(code.substr(3), [](unsigned char x) { return std::isupper(x) != 0; });
}

void check_related(const checks& c) {
  const xmlNode* first = child(c.document, "relatedDocument");
  for (const xmlNode* related = first; related != nullptr; related = next(related, "relatedDocument")) {
    if (related != first || attribute_text(related, "typeCode") != "RPLC" ||
        attribute_text(descend(related, {"parentDocument", "id"}), "root").empty()) {
      c.add(finding::related_document, related);
    }
  }
}

void check_document_elements(const checks& c) {
  const auto element = [&](const char* name) { return child(c.document, name); };
  const auto said = [&](const char* name, const char* attribute) { return attribute_text(element(name), attribute); };
  if (said("realmCode", "code") != "FR") {
    c.add(finding::realm_code, element("realmCode"));
  }
  if (said("typeId", "extension") != "POCD_HD000040" || said("typeId", "root") != "2.16.840.1.113883.1.3") {
    c.add(finding::type_id, element("typeId"));
  }
  if (!has_template(c.document, template_hl7_france) || !has_template(c.document, template_ci_sis)) {
    c.add(finding::template_missing, nullptr);
  }
  check_required(c);
  for (const char* name : {"id", "setId"}) {
    const std::string root = said(name, "root");
    if (!root.empty() && !is_oid(root) && !is_uuid(root)) {
      c.add(finding::document_id, element(name));
    }
  }
  const std::string type = said("code", "code");
  const document_type* known = find_document_type(type);
  if (!type.empty() && (known == nullptr || known->code != type)) {
    c.add(finding::type_foreign, element("code"));
  }
  const std::string level = said("confidentialityCode", "code");
  if (!level.empty() &&
      ((level != "N" && level != "R" && level != "V") || said("confidentialityCode", "displayName").empty())) {
    c.add(finding::confidentiality, element("confidentialityCode"));
  }
  const std::string language = said("languageCode", "code");
  if (!language.empty() && !is_language(language)) {
    c.add(finding::language, element("languageCode"));
  }
  const std::string version = said("versionNumber", "value");
  if (!version.empty() && !is_digits(version)) {
    c.add(finding::version_number, element("versionNumber"));
  }
  const std::string created = said("effectiveTime", "value");
  if (!created.empty() && created.size() <= 8) {
    c.add(finding::time_imprecise, element("effectiveTime"));
  }
  check_related(c);
}

/// The two digits at `at` as a number below `bound`, or too few digits to say.
bool two_digits_below(std::string_view digits, std::size_t at, int bound) {
  return digits.size() < at + 2 || (digits[at] - '0') * 10 + (digits[at + 1] - '0') < bound;
}

bool is_possible_day(std::string_view digits) {
  if (digits.size() < 6) {
    return true;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    unsigned value = 0;
    for (const char c : digits.substr(at, size)) {
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(4, 2)),
                                        std::chrono::day(digits.size() < 8 ? 1 : number(6, 2))};
  return day.ok();
}

/// TS of the CI-SIS: [0-9]{1,8}|([0-9]{9,14}|[0-9]{14}\.[0-9]+)([+-][0-9]{1,4})?
bool is_time(std::string_view value) {
  const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  std::string_view rest = value.substr(digits);
  if (digits == 0 || digits > 14 || (digits <= 8 && !rest.empty())) {
    return false;
  }
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_of("+-"), rest.size());
    if (digits != 14 || !is_digits(rest.substr(1, end - 1))) {
      return false;
    }
    rest.remove_prefix(end);
  }
  if (!rest.empty() && (rest.size() > 5 || (rest[0] != '+' && rest[0] != '-') || !is_digits(rest.substr(1)))) {
    return false;
  }
  return true;
}

/// Of a TS: the month, the day and the hour exist.
bool is_possible(std::string_view value) {
  const std::string_view whole = value.substr(0, value.find_first_not_of("0123456789"));
  return is_possible_day(whole) && two_digits_below(whole, 8, 24) && two_digits_below(whole, 10, 60) &&
         two_digits_below(whole, 12, 61);
}

bool is_in_body(const xmlNode* node, const xmlNode* document) {
  while (node->parent != document) {
    node = node->parent;
  }
  return is_named(node, "component");
}

/// Header and body: an element of type TS, or an end of an interval of them.
bool holds_time(const xmlNode* node) {
  const auto is_stamp = [](const xmlNode* of) {
    return is_named(of, "effectiveTime") || is_named(of, "time") || is_named(of, "birthTime");
  };
  return is_stamp(node) || ((is_named(node, "low") || is_named(node, "high")) && is_stamp(node->parent));
}

void check_times(const checks& c) {
  for (const xmlNode* node = c.document; node != nullptr; node = following(node, c.document)) {
    if (!holds_time(node)) {
      continue;
    }
    const std::string value = attribute_text(node, "value");
    if (!value.empty() && !is_time(value)) {
      c.add(finding::time_format, node);
    } else if (!value.empty() && !is_possible(value)) {
      c.add(is_in_body(node, c.document) ? finding::time_impossible : finding::time_format, node);
    } else if (value.size() > 8 && value.find_first_of("+-") == std::string::npos) {
      c.add(finding::time_without_zone, node);
    }
  }
}

/// A level 1 document carries exactly three templates.
void check_level_1(const checks& c) {
  std::size_t count = 0;
  for (const xmlNode* node = child(c.document, "templateId"); node != nullptr; node = next(node, "templateId")) {
    ++count;
  }
  if (count != 3 || !has_template(c.document, template_xds_sd)) {
    c.add(finding::level_1_templates, child(c.document, "templateId"));
  }
}

/// The model of the document and its version; empty when the document names none.
struct model_name {
  std::string root, version;
};

model_name model_of_document(const checks& c) {
  model_name found;
  for (const xmlNode* node = child(c.document, "templateId"); node != nullptr; node = next(node, "templateId")) {
    const std::string root = attribute_text(node, "root");
    if (root.starts_with("1.2.250.1.213.1.1.1.") && root != template_ci_sis) {
      found = {root, attribute_text(node, "extension")};
    }
  }
  return found;
}

/// References from entries into the narrative: the official rules do not look at them.
void check_references(const checks& c) {
  const id_index ids(c.document);
  for (const xmlNode* node = c.document; node != nullptr; node = following(node, c.document)) {
    if (!is_named(node, "reference") || is_named(node->parent, "renderMultiMedia")) {
      continue;
    }
    const std::string target = attribute_text(node, "value");
    if (!target.empty() && target.find("://") == std::string::npos && !target.starts_with("urn:") &&
        ids.find(target) == nullptr) {
      c.add(finding::reference_dangling, node);
    }
  }
}

void check_sections(const checks& c, const xmlNode* body) {
  bool copy = false;
  for (const xmlNode* node = body; node != nullptr; node = following(node, body)) {
    if (!is_named(node, "section")) {
      continue;
    }
    copy = copy || has_template(node, template_copy);
    for (const char* part : {"templateId", "code", "title"}) {
      if (child(node, part) == nullptr) {
        c.add(finding::section, node, part);
      }
    }
    if (child(node, "text") == nullptr && child(node, "component") == nullptr) {
      c.add(finding::section_text, node);
    }
  }
  const model_name model = model_of_document(c);
  if (model.version.empty()) {
    c.add(finding::template_version, nullptr);
  }
  if (!copy && model.root == template_laboratory && model.version >= "2024.01") {
    c.add(finding::copy_missing, nullptr);
  }
}

/// What files of a media type begin with.
struct magic {
  std::string_view type, bytes;
};
constexpr std::array<magic, 8> magics{{{"application/pdf", "%PDF"},
                                       {"image/jpeg", "\xFF\xD8\xFF"},
                                       {"image/png", "\x89PNG"},
                                       {"image/gif", "GIF8"},
                                       {"image/tiff", {"II*\0", 4}},
                                       {"image/tiff", {"MM\0*", 4}},
                                       {"text/rtf", "{\\rtf"},
                                       {"application/rtf", "{\\rtf"}}};

bool is_of_type(std::string_view bytes, std::string_view type) {
  if (type.starts_with("text/plain")) {
    return bytes.find('\0') == std::string_view::npos &&
           std::ranges::none_of(magics, [&](const magic& one) { return bytes.starts_with(one.bytes); });
  }
  bool listed = false;
  for (const magic& one : magics) {
    if (one.type == type) {
      listed = true;
      if (bytes.starts_with(one.bytes)) {
        return true;
      }
    }
  }
  return !listed && !bytes.starts_with("%PDF");
}

void check_media(const checks& c, bool level_1) {
  for (const media& part : find_media(c.document)) {
    if (attribute_text(part.value, "mediaType").empty()) {
      c.add(finding::media_type_missing, part.value);
    }
    if (attribute_text(part.value, "representation") != "B64") {
      c.add(finding::representation, part.value);
    }
    if (level_1 && part.content_type != "application/pdf" && part.content_type != "text/plain") {
      c.add(finding::media_type_foreign, part.value);
    }
    const auto bytes = media_bytes(c.of, part);  // says itself what is wrong with the base64
    if (bytes && !bytes->empty() && !is_of_type(*bytes, part.content_type)) {
      c.add(finding::media_type, part.value);
    }
  }
}

void check_body(const checks& c) {
  const xmlNode* component = child(c.document, "component");
  const bool level_1 = child(component, "nonXMLBody") != nullptr;
  const xmlNode* structured = child(component, "structuredBody");
  check_media(c, level_1);
  if (level_1) {
    check_level_1(c);
  } else if (structured != nullptr) {
    check_references(c);
    check_sections(c, structured);
  } else {
    c.add(finding::no_body, component);
  }
}

}  // namespace

liaison_status validate_document(const call& of, const opened& file) {
  findings found(finding_table, false);
  const checks c{of, file.document, found};
  check_document_elements(c);
  check_header(c);
  check_times(c);
  check_body(c);
  (void)found.report(of);  // issues are the answer: a document with errors was still validated
  check_official(of, file);
  return LIAISON_OK;
}

}  // namespace liaison::cda
