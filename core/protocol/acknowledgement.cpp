// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/acknowledgement.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>

namespace liaison::protocol {
namespace {

constexpr std::size_t read_size_bytes_max = 64U << 10;

struct separators {
  char field = '|';
  std::string_view encoding = "^~\\&";
  char component() const { return encoding[0]; }
};

bool is_delimiter(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code > 0x20 && code < 0x7f && std::isalnum(code) == 0;
}

// The text up to CR or LF; takes it and the line end off the front.
std::string_view next_segment(std::string_view& rest) {
  // Two searches that take many bytes at a time; `find_first_of` takes one.
  const std::size_t cr = rest.find('\r'), lf = rest.substr(0, cr).find('\n');
  const std::size_t end = lf == std::string_view::npos ? cr : lf;
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return segment;
}

// `position` counts separators: field n of an ordinary segment is at n, MSH-n at n-1.
std::string_view field_at(std::string_view segment, char separator, std::size_t position) {
  for (; position > 0; --position) {
    const std::size_t next = segment.find(separator);
    if (next == std::string_view::npos) return {};
    segment.remove_prefix(next + 1);
  }
  return segment.substr(0, segment.find(separator));
}

struct header {
  bool found = false;
  separators marks;
  std::string_view segment;
  std::string_view field(std::size_t number) const { return field_at(segment, marks.field, number - 1); }
};

header read_header(std::string_view& rest) {
  rest = rest.substr(0, read_size_bytes_max);
  rest.remove_prefix(std::min(rest.find_first_not_of("\r\n"), rest.size()));
  header read;
  std::string_view after = rest;
  const std::string_view segment = next_segment(after);
  if (segment.size() < 5 || segment.substr(0, 3) != "MSH" || !is_delimiter(segment[3])) return read;
  const std::string_view encoding = segment.substr(4, segment.substr(4).find(segment[3]));
  const bool sane =
      !encoding.empty() && encoding.size() <= 5 && std::all_of(encoding.begin(), encoding.end(), is_delimiter);
  rest = after;
  read.found = true;
  read.segment = segment;
  read.marks.field = segment[3];
  if (sane) read.marks.encoding = encoding;
  return read;
}

// A field as it may be repeated to its sender: bounded, and without bytes that would end a segment or a frame.
std::string reflected(std::string_view field, std::size_t size_bytes_max) {
  std::string out(field.substr(0, size_bytes_max));
  if (field.size() > size_bytes_max) {  // not half of a UTF-8 sequence
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0) out.pop_back();
  }
  std::erase_if(out, [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
  return out;
}

std::string only_code(std::string_view text) {
  constexpr std::size_t code_size_max = 20;
  std::string out(text.substr(0, code_size_max));
  std::erase_if(out, [](char byte) {
    return std::isalnum(static_cast<unsigned char>(byte)) == 0 && byte != '.' && byte != '-' && byte != '_';
  });
  return out;
}

// Codes of table 0357 are numbers; anything else there may be a text about the patient.
bool is_number(std::string_view text) {
  constexpr std::size_t digits_max = 6;
  return !text.empty() && text.size() <= digits_max &&
         std::all_of(text.begin(), text.end(), [](char byte) { return byte >= '0' && byte <= '9'; });
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// Volet "Transmission au LPS d'un document CDA", table applicationErrorCondition. None of them is mended by sending again.
struct application_reason {
  std::string_view code;
  const char* text;
};
constexpr std::array<application_reason, 7> application_reasons{
    {{"900", "the document that it replaces or removes is not the latest version there"},
     {"901", "its author may not replace or remove the document there"},
     {"902", "the patient is not known there"},
     {"903", "the document has no INS"},
     {"904", "the INS is not exactly the one that is known there"},
     {"905", "the INS is not complete"},
     {"906", "refused for another reason"}}};
const char* reason_of(std::string_view code) {
  const auto at = std::find_if(application_reasons.begin(), application_reasons.end(), [&](const auto& one) { return one.code == code; });
  return at == application_reasons.end() ? nullptr : at->text;
}

struct code_name {
  std::string_view text;
  acknowledgement_code code;
};
constexpr std::array<code_name, 6> code_names{{{"AA", acknowledgement_code::accept},
                                               {"CA", acknowledgement_code::accept},
                                               {"AE", acknowledgement_code::error},
                                               {"CE", acknowledgement_code::error},
                                               {"AR", acknowledgement_code::reject},
                                               {"CR", acknowledgement_code::reject}}};

std::string hl7_time(unix_ms now) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(now)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(floor<seconds>(at - day));
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d+0000", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

}  // namespace

result<acknowledgement> read_acknowledgement(std::string_view content) {
  const header head = read_header(content);
  if (!head.found) return failure{"acknowledgement-malformed", "the answer does not begin with an MSH segment"};
  acknowledgement read;
  bool has_code = false;
  while (!content.empty()) {
    const std::string_view segment = next_segment(content);
    if (segment.size() < 4 || segment[3] != head.marks.field) continue;
    const std::string_view name = segment.substr(0, 3);
    if (name == "MSA" && !has_code) {
      const std::string_view code = field_at(segment, head.marks.field, 1);
      const auto known = std::find_if(code_names.begin(), code_names.end(),
                                      [&](const code_name& candidate) { return candidate.text == code; });
      if (known == code_names.end())
        return failure{"acknowledgement-malformed", "MSA-1 of the answer is not of table 0008"};
      has_code = true;
      read.code = known->code;
      read.code_text = known->text;
      read.control_id = reflected(field_at(segment, head.marks.field, 2), 199);
    } else if (name == "ERR") {
      const auto code_in = [&](std::size_t position) {
        const std::string_view field = field_at(segment, head.marks.field, position);
        const std::string_view code = field.substr(0, field.find(head.marks.component()));
        return trimmed(code);
      };
      if (read.error_code.empty() && is_number(code_in(3))) read.error_code = code_in(3);
      // Some consumers write their own code where the condition belongs.
      for (const std::size_t position : {std::size_t{5}, std::size_t{3}})
        if (read.application_code.empty() && reason_of(code_in(position)) != nullptr)
          read.application_code = code_in(position);
    }
  }
  if (!has_code) return failure{"acknowledgement-malformed", "the answer has no MSA segment"};
  return read;
}

std::string control_id_of(std::string_view content) {
  const header head = read_header(content);
  return head.found ? reflected(head.field(10), 199) : std::string();
}

model::send_outcome outcome_of(const acknowledgement& answer, std::string_view sent_control_id) {
  model::send_outcome outcome;
  outcome.code = answer.code_text;
  if (!answer.control_id.empty() && !sent_control_id.empty() && answer.control_id != sent_control_id) {
    outcome.verdict = model::send_verdict::failed;
    outcome.code = "acknowledgement-mismatch";
    outcome.text = "the recipient's answer names another message in MSA-2";
    return outcome;
  }
  switch (answer.code) {
    case acknowledgement_code::accept:
      outcome.verdict = model::send_verdict::accepted;
      return outcome;
    case acknowledgement_code::error:
      outcome.verdict = model::send_verdict::refused;
      outcome.text = "the recipient cannot process the message";
      break;
    case acknowledgement_code::reject:
      outcome.verdict = model::send_verdict::failed;
      outcome.text = "the recipient does not take the message now";
      break;
  }
  if (answer.code == acknowledgement_code::error && !answer.application_code.empty()) {
    outcome.code = answer.application_code;
    outcome.text = reason_of(answer.application_code);
    return outcome;
  }
  if (!answer.error_code.empty()) outcome.text += " (ERR-3 " + answer.error_code + ")";
  return outcome;
}

std::string minimal_acknowledgement(std::string_view content, acknowledgement_code code, std::string_view reason,
                                    const acknowledgement_stamp& stamp) {
  const header head = read_header(content);
  const char bar = head.marks.field;
  const char component = head.marks.component();
  const auto from_header = [&](std::size_t number, std::size_t size_bytes_max) {
    return head.found ? reflected(head.field(number), size_bytes_max) : std::string();
  };
  const auto or_else = [](std::string value, std::string_view otherwise) {
    return value.empty() ? std::string(otherwise) : value;
  };
  const std::string_view type = head.found ? head.field(9) : std::string_view();
  const std::string event = only_code(field_at(type, component, 1));
  constexpr std::array<std::string_view, 3> names{"AA", "AE", "AR"};

  // HL7 2.5, 2.14: MSH-3 … MSH-6 swapped. MSH-18 is kept, so that what is reflected is read as it was written.
  std::string out = "MSH";
  const auto add = [&](std::string_view value) { (out += bar) += value; };
  add(head.marks.encoding);
  for (std::size_t number : {5, 6, 3, 4}) add(from_header(number, 227));
  add(hl7_time(stamp.now));
  add({});
  add(event.empty() ? std::string("ACK") : std::string("ACK") + component + event + component + "ACK");
  add(only_code(stamp.id));
  add(or_else(only_code(from_header(11, 3)), "P"));
  add(or_else(only_code(from_header(12, 5)), "2.5"));
  if (const std::string charset = from_header(18, 40); !charset.empty()) {
    for (int empty = 13; empty < 18; ++empty) add({});
    add(charset);
  }
  out += "\rMSA";
  add(names[static_cast<std::size_t>(code)]);
  add(from_header(10, 199));
  if (code != acknowledgement_code::accept) {
    // Table 0357: 207, application internal error. What it was stands in ERR-5.
    out += "\rERR";
    add({});
    add({});
    add(std::string("207") + component + "Application internal error" + component + "HL70357");
    add("E");
    add(only_code(reason));
  }
  out += '\r';
  return out;
}

}  // namespace liaison::protocol
