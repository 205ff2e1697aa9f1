// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <liaison/common/text.hpp>

#include <cstring>

namespace liaison::hl7v2 {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view small_tilde = "\xCB\x9C";  // U+02DC in UTF-8

bool is_ascii(std::string_view bytes) {
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t block;
    std::memcpy(&block, bytes.data() + at, 8);
    if ((block & 0x8080808080808080ULL) != 0) return false;
  }
  for (; at < bytes.size(); ++at) {
    if (static_cast<unsigned char>(bytes[at]) >= 0x80) return false;
  }
  return true;
}

bool has_controls_of_c1(std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte <= 0x9F) return true;
  }
  return false;
}

/// MSH-n of a header line whose separators are still raw bytes.
std::string_view header_field(std::string_view line, unsigned n) { return nth_piece(line, line[3], n); }

void take_converted(read_text& into, std::string_view bytes, charset from) {
  into.owned = to_utf_8(bytes, from).text;
  into.is_owned = true;
  into.from = from;
}

void choose_charset(read_text& into, std::string_view bytes, std::string_view override_charset, findings& found) {
  into.borrowed = bytes;
  const std::string_view line = first_line(bytes);
  const std::string_view field_18 = header_field(line, 18);
  const std::string_view announced = trim(field_18.substr(0, field_18.find_first_of("~^")));
  const std::string_view name = override_charset.empty() ? announced : override_charset;
  const auto declared = charset_named(name);
  if (!name.empty() && !declared) {
    found.tolerate("hl7v2-charset-unknown", "MSH-18", "the announced character set is not known");
  }
  if (is_ascii(bytes)) {
    into.from = declared.value_or(charset::us_ascii);
    // Two-byte sets of pure ASCII bytes would be another text altogether: they are read as they stand.
    if (into.from == charset::utf_16le || into.from == charset::utf_16be) into.from = charset::us_ascii;
    return;
  }
  const bool valid_utf_8 = is_utf_8(bytes);
  if (!override_charset.empty() && declared) {
    if (*declared == charset::utf_8 && valid_utf_8) return;
    return take_converted(into, bytes, *declared);
  }
  if (valid_utf_8) {
    if (!declared || *declared != charset::utf_8) {
      found.tolerate("hl7v2-charset-mismatch", "MSH-18", "the bytes are UTF-8 and MSH-18 does not say so");
    }
    return;
  }
  if (declared && (*declared == charset::iso_8859_1 || *declared == charset::iso_8859_15) &&
      !has_controls_of_c1(bytes)) {
    return take_converted(into, bytes, *declared);
  }
  if (declared && *declared != charset::utf_8 && *declared != charset::us_ascii && *declared != charset::iso_8859_1 &&
      *declared != charset::iso_8859_15) {
    return take_converted(into, bytes, *declared);
  }
  found.tolerate("hl7v2-charset-mismatch", "MSH-18",
                 "the bytes are not valid in the announced character set and were read as windows-1252");
  take_converted(into, bytes, charset::windows_1252);
}

/// Trap 3 of the official examples: U+02DC stands where "~" belongs, in MSH-2 and wherever it separates.
void mend_small_tilde(read_text& into, findings& found) {
  const std::string_view text = into.text();
  if (text.size() < 8 || text.substr(4, 8).find(small_tilde) == std::string_view::npos) return;
  const std::size_t end_of_characters = text.find(text[3], 4);
  const std::size_t at = text.find(small_tilde, 4);
  if (at > end_of_characters || text.substr(4, end_of_characters - 4).find('~') != std::string_view::npos) return;
  std::string mended;
  mended.reserve(text.size());
  std::size_t done = 0;
  for (std::size_t next = at; next != std::string_view::npos; next = text.find(small_tilde, done)) {
    mended.append(text, done, next - done).append(1, '~');
    done = next + small_tilde.size();
  }
  mended.append(text, done);
  into.owned = std::move(mended);
  into.is_owned = true;
  found.tolerate("hl7v2-pfi-t03", "MSH-2", "U+02DC stands where the repetition separator \"~\" belongs");
}

std::string_view without_envelope(std::string_view bytes) {
  while (!bytes.empty() && (bytes.back() == '\x1C' || bytes.back() == '\r' || bytes.back() == '\n' ||
                            bytes.back() == ' ' || bytes.back() == '\0')) {
    bytes.remove_suffix(1);
  }
  return bytes;
}

struct parse_text {
  parse_defect defect;
  const char* code;
  const char* diagnostics;
};

constexpr parse_text parse_texts[] = {
    {parse_defect::no_header, "hl7v2-no-header", "there is no readable MSH segment"},
    {parse_defect::bad_separators, "hl7v2-bad-separators", "MSH-1 and MSH-2 do not define usable, distinct separators"},
    {parse_defect::too_large, "hl7v2-too-large", "the message is larger than what is read"},
    {parse_defect::too_many_segments, "hl7v2-too-many-segments", "the message has more segments than are read"},
    {parse_defect::too_many_fields, "hl7v2-too-many-fields", "the message has more fields than are read"},
};

}  // namespace

std::optional<std::size_t> find_header(std::string_view bytes) {
  std::size_t at = bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  const auto skip = [&](std::string_view characters) {
    at = std::min(bytes.find_first_not_of(characters, at), bytes.size());
  };
  skip(" \t\r\n\x0B");
  if (bytes.substr(at).starts_with(byte_order_mark)) at += byte_order_mark.size();
  // File and batch headers come before the first message: at most two, one line each.
  for (int headers = 0; headers < 2 && (bytes.substr(at, 3) == "FHS" || bytes.substr(at, 3) == "BHS"); ++headers) {
    at = std::min(bytes.find_first_of("\r\n", at), bytes.size());
    skip(" \r\n");
  }
  if (bytes.size() - at < 5 || bytes.substr(at, 3) != "MSH") return std::nullopt;
  const auto separator = static_cast<unsigned char>(bytes[at + 3]);
  const bool letter = (separator >= '0' && separator <= '9') || (separator >= 'A' && separator <= 'Z') ||
                      (separator >= 'a' && separator <= 'z') || separator <= 0x20;
  if (letter) return std::nullopt;
  return at;
}

std::optional<read_text> read_bytes(std::string_view bytes, std::string_view override_charset, findings& found) {
  const auto at = find_header(bytes);
  if (!at) return std::nullopt;
  read_text out;
  choose_charset(out, without_envelope(bytes.substr(*at)), override_charset, found);
  mend_small_tilde(out, found);
  return out;
}

opened::opened(const call& request, const parse_limits& limits)
    : found_(request.options().strict ? strictness::strict : strictness::tolerant) {
  if (request.input().size() > limits.size_bytes_max) {
    found_.refuse("hl7v2-too-large", "MSH", "the message is larger than what is read");
    stopped_ = found_.report(request);
    return;
  }
  auto read = read_bytes(request.input(), request.options().charset, found_);
  if (!read) {
    stopped_ = LIAISON_NOT_MINE;
    return;
  }
  text_ = std::move(*read);
  message_.emplace(text_.text(), limits);
  for (const auto& text : parse_texts) {
    if (message_->defect() == text.defect) found_.refuse(text.code, "MSH", text.diagnostics);
  }
  if (message_->header_count() > 1) {
    found_.refuse("hl7v2-batch-of-several", "MSH[2]", "a batch of several messages must be sent as single messages");
  }
  if (found_.refused()) {
    stopped_ = found_.report(request);
    return;
  }
  if (message_->has_line_feeds()) {
    found_.tolerate("hl7v2-pfi-t02", "MSH", "segments end in LF or CRLF instead of CR");
  }
  if (message_->stray_lines() > 0) {
    found_.warning("hl7v2-stray-line", "MSH", "line ends inside a field were kept as part of its value");
  }
}

}  // namespace liaison::hl7v2
