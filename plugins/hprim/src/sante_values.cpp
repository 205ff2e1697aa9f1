// SPDX-License-Identifier: Apache-2.0
// The meaning of fields of HPRIM Santé.
#include "sante_values.hpp"

#include "medecin_message.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

struct kind_row {
  std::string_view type;
  value_kind kind;
};

constexpr kind_row kinds[] = {
    {"NM", value_kind::number}, {"ST", value_kind::string}, {"TX", value_kind::text},   {"FT", value_kind::text},
    {"CE", value_kind::coded},  {"DT", value_kind::date},   {"TS", value_kind::date},   {"FIC", value_kind::file},
    {"PDF", value_kind::file},  {"TIF", value_kind::file},  {"TN", value_kind::other},  {"PN", value_kind::other},
    {"AD", value_kind::other},  {"CK", value_kind::other},  {"CNA", value_kind::other}, {"GC", value_kind::other},
    {"GB", value_kind::other},  {"GN", value_kind::other},  {"CQ", value_kind::other}};

struct signature_row {
  std::string_view bytes, content_type;
};

constexpr signature_row signatures[] = {
    {"%PDF", "application/pdf"}, {"\xFF\xD8\xFF", "image/jpeg"}, {"\x89PNG", "image/png"}, {"II*", "image/tiff"},
    {"MM", "image/tiff"},        {"GIF8", "image/gif"},          {"{\\rtf", "text/rtf"}};

std::string content_type_of(std::string_view bytes) {
  for (const signature_row& row : signatures) {
    if (bytes.starts_with(row.bytes)) return std::string(row.content_type);
  }
  return {};
}

void append_line(std::string& out, std::string line) {
  if (!out.empty()) out += '\n';
  out += line;
}

/// All components as lines (TX) or words (other types); repetitions are lines.
std::string joined(const field_view& field, const separators& marks, std::string_view between) {
  std::string out;
  for (const std::string_view repetition : field.repetitions()) {
    std::string line;
    for (const std::string_view component : split_marks(repetition, marks.component, marks.escape)) {
      std::string part;
      for (const std::string_view sub : split_marks(component, marks.sub, marks.escape)) {
        const std::string text = unescaped(sub, marks);
        if (!part.empty() && !trim(text).empty()) part += ' ';
        part += text;
      }
      if (between == "\n") {
        if (!line.empty()) line += '\n';
        line += part;
      } else if (!trim(part).empty()) {
        if (!line.empty()) line += between;
        line += part;
      }
    }
    append_line(out, line);
  }
  return std::string(trim(out));
}

std::string coded_text(const field_view& field, const separators& marks) {
  std::string out;
  for (const std::string_view repetition : field.repetitions()) {
    const field_view one(repetition, marks);
    const std::string label = one.component(1).text();
    append_line(out, label.empty() ? one.component(0).text() : label);
  }
  return out;
}

}  // namespace

value_kind kind_of_value(std::string_view type) {
  for (const kind_row& row : kinds) {
    if (row.type == type) return row.kind;
  }
  return value_kind::other;
}

std::string date_time(std::string_view stamp, std::string_view zone) {
  stamp = trim(stamp);
  if (const auto out = fhir_from_hl7(stamp, zone)) return *out;
  // "17/05/1985" is no date of this format, but no other date either.
  const auto day = find_date(stamp, {});
  return day && day->exact && !day->two_digits ? day->iso : std::string{};
}

sante_result read_obx(const sante_segment& segment, const separators& marks, findings* found) {
  const auto fields = split_marks(segment.text, marks.field, marks.escape);
  const auto field = [&](std::size_t index) {
    return field_view(index < fields.size() ? fields[index] : std::string_view{}, marks);
  };
  sante_result out;
  out.type = field(2).text();
  out.kind = kind_of_value(out.type);
  const field_view test = field(3);
  out.code = std::string(trim(unescaped(test.component(0).raw(), marks)));
  out.label = std::string(trim(unescaped(test.component(1).raw(), marks)));
  out.table = test.component(2).text();
  const field_view value = field(5);
  switch (out.kind) {
    case value_kind::text:
      out.text = joined(value, marks, "\n");
      break;
    case value_kind::coded:
      out.text = coded_text(value, marks);
      break;
    default:
      out.text = joined(value, marks, " ");
      break;
  }
  if (out.kind == value_kind::number || out.kind == value_kind::string) {
    out.quantity = read_quantity(out.text);
    const std::string beside = field(8).text();
    if (!out.quantity.number.empty() && out.quantity.comparator.empty() && (beside == "<" || beside == ">"))
      out.quantity.comparator = beside;
    out.text = out.quantity.understood(out.text);
  } else if (out.kind == value_kind::date) {
    if (const std::string iso = date_time(out.text, ""); !iso.empty()) out.text = iso;
  }
  out.unit = field(6).text();
  if (out.unit.empty()) out.unit = out.quantity.unit;
  out.norm = std::string(trim(unescaped(field(7).raw(), marks)));
  out.range = read_range(out.norm);
  out.flag = field(8).text();
  out.status = field(11).text();
  out.date = field(14).text();
  if (found == nullptr) return out;
  if (out.kind == value_kind::other &&
      std::none_of(std::begin(kinds), std::end(kinds), [&](const kind_row& r) { return r.type == out.type; }))
    found->add(finding::value_type_unknown, segment.location() + "-2");
  if (out.kind == value_kind::number && out.quantity.number.empty() && !out.text.empty())
    found->add(finding::value_type_mismatch, segment.location() + "-5");
  if (out.quantity.decimal_comma || out.range.decimal_comma) found->add(finding::decimal_comma, segment.location());
  if (!out.norm.empty() && !out.range.understood) found->add(finding::norm_not_understood, segment.location() + "-7");
  return out;
}

bool is_file(const sante_segment& segment, const separators& marks) {
  return kind_of_value(field_of(segment, 2, marks).text()) == value_kind::file;
}

inline_file read_file_value(const sante_segment& segment, const separators& marks) {
  inline_file out;
  const field_view value = field_of(segment, 5, marks);
  std::string_view longest;
  for (const std::string_view component : value.repetition(0).components()) {
    if (component.size() > longest.size()) longest = component;
    const std::string text = unescaped(component, marks);
    if (text.find('.') != std::string::npos && text.size() < 256) out.name = std::string(trim(text));
  }
  // A file name holds a dot or is short; anything longer that decodes to a known kind of file is the file.
  if (longest.size() < 64) return out;
  base64_defects defects;
  auto bytes = base64_decode(longest, &defects);
  if (!bytes) {
    out.is_damaged = longest.find('.') == std::string_view::npos;
    return out;
  }
  out.bytes = std::move(*bytes);
  out.content_type = content_type_of(out.bytes);
  out.is_inside = true;
  if (out.content_type.empty())
    out.content_type = field_of(segment, 2, marks).text() == "PDF" ? "application/pdf" : "application/octet-stream";
  return out;
}

std::string comment_text(const sante_segment& segment, const separators& marks) {
  return joined(field_of(segment, 3, marks), marks, "\n");
}

ins_text read_ins(const field_view& repetition) {
  ins_text out;
  out.value = repetition.component(0).text();
  out.type = repetition.component(1).text();
  const std::string oid = repetition.component(5).text();
  if (!oid.empty()) out.system = "urn:oid:" + oid;
  out.obsolete = out.type == "INS-C" || out.type == "INS-A";
  const bool known = oid == "1.2.250.1.213.1.4.8" || oid == "1.2.250.1.213.1.4.9" || oid == "1.2.250.1.213.1.4.10" ||
                     oid == "1.2.250.1.213.1.4.11";
  out.is_ins = known && !out.obsolete && out.value.size() == 15;
  out.key_right = nir_key_is_right(out.value);
  return out;
}

facts::identity_status identity_status_of(const sante_segment& patient, const separators& marks) {
  const std::string status = field_of(patient, 38, marks).text(), obtained = field_of(patient, 35, marks).text();
  if (status == "PR") return facts::identity_status::provisional;
  if (status != "VL") return facts::identity_status::unknown;
  for (const std::string_view one : field_of(patient, 11, marks).repetitions()) {
    const ins_text ins = read_ins(field_view(one, marks));
    if (ins.is_ins && ins.key_right && obtained == "INSI") return facts::identity_status::qualified;
  }
  return facts::identity_status::validated;
}

}  // namespace liaison::hprim
