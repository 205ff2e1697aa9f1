// SPDX-License-Identifier: Apache-2.0
#include "observations.hpp"

#include "people.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

bool is_metadata(const segment& obx) {
  const repetition code = obx[3].first();
  const std::string_view system = trim(code.component(3));
  if (system == "MetaDMPMSS" || system.starts_with("AckM")) return true;  // AckMetierZAM, with or without its accent
  // Older senders leave the coding system out: the codes themselves are told apart from any other.
  const std::string_view name = trim(code.component(1));
  return system.empty() && !name.empty() && (flag_named(name) || is_obsolete_metadata(name));
}

std::optional<std::string> decode_hexadecimal(std::string_view text) {
  std::string out;
  int held = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\r' || c == '\n') continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    if (held < 0) {
      held = digit;
    } else {
      out += static_cast<char>(held * 16 + digit);
      held = -1;
    }
  }
  if (held >= 0) return std::nullopt;
  return out;
}

bool is_announced_as_xml(const repetition& data) {
  const std::string_view subtype = trim(data.component(3));
  return equals_ignoring_case(subtype, "XML") || subtype.ends_with("+xml") || subtype.ends_with("+XML") ||
         equals_ignoring_case(trim(data.component(2)), "text/xml") ||
         equals_ignoring_case(subtype, "x-hl7-cda-level-one");
}

}  // namespace

bool looks_like_xml(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    return true;  // UTF-16: the CDA translator decides
  return trim(bytes.substr(0, 256)).starts_with('<');
}

bool looks_like_cda(std::string_view bytes) {
  return looks_like_xml(bytes) && bytes.substr(0, 65536).find("ClinicalDocument") != std::string_view::npos;
}

obx_kind kind_of(const segment& obx) {
  if (is_metadata(obx)) return obx_kind::metadata;
  const std::string_view type = trim(obx[2].text());
  if (type != "ED" && type != "RP") return obx_kind::observation;
  return type == "ED" && is_announced_as_xml(obx[5].first()) ? obx_kind::document : obx_kind::attachment;
}

file read_file(const segment& obx, findings& found) {
  file out;
  out.obx = obx;
  out.kind = kind_of(obx);
  const repetition data = obx[5].first();
  const std::string_view encoding = trim(data.component(4));
  const std::string_view raw = data.component(5);
  const std::string where = location(obx, {5, 5});
  const auto broken = [&](std::string_view text) {
    if (out.kind == obx_kind::document) {
      found.refuse("hl7v2-base64", where, text);
    } else {
      found.error("hl7v2-base64", where, text);
    }
  };
  std::optional<std::string> decoded;
  if (equals_ignoring_case(encoding, "Base64") || encoding.empty()) {
    base64_defects defects;
    decoded = base64_decode(raw, &defects);
    if (!decoded) {
      broken(defects.impossible_length ? "the base64 has an impossible length"
                                       : "there is a character that is not base64");
    } else if (defects.padding_missing) {
      found.warning("hl7v2-pfi-t04", where, "the base64 has no padding at its end");
    }
  } else if (equals_ignoring_case(encoding, "Hex")) {
    decoded = decode_hexadecimal(raw);
    if (!decoded) broken("the hexadecimal data has a character that is none, or an odd length");
  } else if (equals_ignoring_case(encoding, "A")) {
    decoded = unescape(raw, data.by());
  } else {
    broken("the encoding of the data is none of A, Hex and Base64");
  }
  out.is_readable = decoded.has_value();
  if (decoded) out.bytes = std::move(*decoded);
  if (out.kind == obx_kind::document && out.is_readable && !looks_like_xml(out.bytes)) {
    found.refuse("hl7v2-document-not-xml", where, "the document is announced as XML and is none");
  }
  out.content_type = media_type_of(data.component(2), data.component(3), out.bytes);
  if (out.content_type == "text/xml" && !looks_like_xml(out.bytes)) out.content_type = "text/plain";
  return out;
}

std::vector<std::string> masks_of(const metadata& of) {
  std::vector<std::string> masks;
  if (of.is_set(flag::masque_ps)) masks.emplace_back("MASQUE_PS");
  if (of.is_set(flag::invisible_patient)) masks.emplace_back("INVISIBLE_PATIENT");
  if (of.is_set(flag::invisible_rep_legaux)) masks.emplace_back("INVISIBLE_REPRESENTANTS_LEGAUX");
  return masks;
}

std::vector<std::string> instructions_of(const metadata& of) {
  static constexpr struct {
    flag which;
    const char* name;
  } names[] = {{flag::dest_dmp, "dmp"},
               {flag::dest_mssante_ps, "professionals"},
               {flag::dest_mssante_pat, "patient"},
               {flag::ack_reception, "acknowledge-reception"},
               {flag::ack_lecture_mss, "acknowledge-reading"},
               {flag::connexion_secrete, "secret-connection"},
               {flag::modif_conf_code, "masking-change"}};
  std::vector<std::string> out;
  for (const auto& row : names) {
    if (of.is_set(row.which)) out.emplace_back(row.name);
  }
  return out;
}

std::string decimal_of(std::string_view text) {
  std::string out(trim(text));
  if (out.starts_with('+')) out.erase(0, 1);
  const std::size_t comma = out.find(',');
  if (comma != std::string::npos && out.find('.') == std::string::npos) out[comma] = '.';
  if (out.starts_with('.')) out.insert(0, 1, '0');
  if (out.starts_with("-.")) out.insert(1, 1, '0');
  if (out.ends_with('.')) out.pop_back();
  // Leading zeros are no JSON; the value is the same without them ("007" stays no number: it is more likely a code).
  return is_json_number(out) && out.size() <= 64 ? out : std::string{};
}

range read_range(std::string_view text) {
  text = trim(text);
  range out;
  for (const std::string_view sign : {"<=", "<", "\xE2\x89\xA4"}) {
    if (text.starts_with(sign)) {
      out.high = decimal_of(text.substr(sign.size()));
      return out;
    }
  }
  for (const std::string_view sign : {">=", ">", "\xE2\x89\xA5"}) {
    if (text.starts_with(sign)) {
      out.low = decimal_of(text.substr(sign.size()));
      return out;
    }
  }
  for (std::size_t at = text.find('-', 1); at != std::string_view::npos && at < 64; at = text.find('-', at + 1)) {
    const std::string low = decimal_of(text.substr(0, at)), high = decimal_of(text.substr(at + 1));
    if (!low.empty() && !high.empty()) return {low, high};
  }
  return out;
}

facts::value read_value(const segment& obx) {
  facts::value out;
  const separators& by = obx[3].first().by();
  const repetition code = obx[3].first();
  out.code = value_of(code.component(1), by);
  out.label = value_of(code.component(2), by);
  if (out.label.empty()) out.label = value_of(code.component(5), by);
  const std::string_view type = trim(obx[2].text());
  const field content = obx[5];
  std::size_t listed = 0;
  for (const auto piece : content.repetitions()) {
    if (++listed > 1000) break;
    const repetition one = content.as_repetition(piece);
    std::string text;
    if (type == "SN") {
      for (const unsigned n : {1U, 2U, 3U, 4U}) text += value_of(one.component(n), by);
    } else if (type == "CE" || type == "CWE" || type == "CNE" || type == "CF") {
      text = value_of(one.component(2), by);
      if (text.empty()) text = value_of(one.component(1), by);
    } else if (type == "NM") {
      const std::string number = decimal_of(one.component(1));
      text = number.empty() ? value_of(one.component(1), by) : number;
    } else {
      text = value_of(piece, by);
    }
    if (text.empty()) continue;
    if (!out.value.empty()) out.value += type == "TX" || type == "FT" || type == "ST" ? "\n" : ", ";
    out.value += text;
  }
  const repetition unit = obx[6].first();
  out.unit = value_of(unit.component(1), by);
  if (out.unit.empty()) out.unit = value_of(unit.component(2), by);
  range limits = read_range(value_of(obx[7].component(1), by));
  out.low = std::move(limits.low);
  out.high = std::move(limits.high);
  out.flag = value_of(obx[8].component(1), by);
  out.status = value_of(obx[11].component(1), by);
  return out;
}

}  // namespace liaison::hl7v2
