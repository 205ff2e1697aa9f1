// SPDX-License-Identifier: Apache-2.0
#include "acknowledge.hpp"

#include "codes.hpp"
#include "people.hpp"
#include "reading.hpp"
#include "segment_writer.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hl7v2 {
namespace {

constexpr std::size_t errors_max = 50;

std::string_view code_of(answer outcome) {
  switch (outcome) {
    case answer::accept:
      return "AA";
    case answer::reject:
      return "AE";
    case answer::retry:
      break;
  }
  return "AR";
}

/// "OBX[2]-5[3].1.4" as the ERL of ERR-2 (segment, sequence, field, repetition, component, sub-component);
/// empty when the text is no location of a segment.
std::string error_location(std::string_view text, const separators& by) {
  const auto number_at = [&text](std::size_t at) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    return std::string(text.substr(at, std::min<std::size_t>(end - at, 6)));
  };
  if (text.size() < 3 || text.size() > 64) return {};
  for (const char c : text.substr(0, 3)) {
    if ((c < 'A' || c > 'Z') && (c < '0' || c > '9')) return {};
  }
  std::string out(text.substr(0, 3));
  std::size_t at = 3;
  const auto next = [&](char mark, std::string& into) {
    if (at >= text.size() || text[at] != mark) return false;
    into = number_at(at + 1);
    at += 1 + into.size();
    if (mark == '[' && at < text.size() && text[at] == ']') ++at;
    return !into.empty();
  };
  std::string sequence = "1", field_number, repetition_number = "1", component, subcomponent;
  next('[', sequence);
  out += by.component + sequence;
  if (!next('-', field_number)) return out;
  out += by.component + field_number;
  const bool has_repetition = next('[', repetition_number);
  const bool has_component = next('.', component);
  if (!has_repetition && !has_component) return out;
  out += by.component + repetition_number;
  if (!has_component) return out;
  out += by.component + component;
  if (next('.', subcomponent)) out += by.component + subcomponent;
  return out;
}

std::string_view letter_of(severity level) {
  return level == severity::error ? "E" : level == severity::warning ? "W" : "I";
}

struct application_row {
  std::string_view issue, code;
};
constexpr application_row application_codes[] = {{"document-not-latest", "900"},
                                                 {"document-author-differs", "901"},
                                                 {"document-patient-differs", "904"}};

std::string_view application_code_of(std::string_view issue) {
  for (const auto& row : application_codes) {
    if (row.issue == issue) return row.code;
  }
  return {};
}

void write_errors(segment_writer& out, std::span<const issue> issues, const separators& by) {
  std::size_t written = 0;
  for (const issue& each : issues) {
    if (each.severity == severity::information || written == errors_max) continue;
    const error_condition condition = condition_of_issue(each.code);
    out.begin("ERR");
    out.empty(1);
    out.raw(error_location(each.location, by));
    out.components({condition.code, condition.text, "messageErrorCondition"});
    out.raw(letter_of(each.severity));
    // What the broker finds about the life of a document has a code of the volet, ERR-5.
    if (const std::string_view code = application_code_of(each.code); !code.empty())
      out.components({code, label_of_error(code), "applicationErrorCondition"});
    else out.empty(1);
    out.empty(1);
    out.text(each.code);         // ERR-7, diagnostic information
    out.text(each.diagnostics);  // ERR-8, user message: issues never hold patient data
    out.end();
    ++written;
  }
}

std::string encoding_characters(const separators& by) {
  std::string out;
  for (const char c : {by.component, by.repetition, by.escape, by.subcomponent}) {
    if (c != '\0') out += c;
  }
  return out;
}

/// ERR is as it stands since 2.5; older versions know another layout, and the text of MSA-3 for a reason.
bool has_modern_errors(std::string_view version) { return trim(version) >= "2.5" || trim(version).empty(); }

}  // namespace

std::string acknowledgement(const acknowledgement_request& request) {
  const segment msh = request.of.at(0);
  const separators& by = request.of.by();
  segment_writer out(by);
  const std::string stamp = hl7_from_fhir(request.now, hl7_zone::drop).value_or(std::string(trim(msh[7].component(1))));
  const std::string control_id = value_of(msh[10].text(), by);
  const std::string_view trigger = trim(msh[9].component(2)), version = msh[12].component(1);
  out.begin("MSH");
  out.raw(encoding_characters(by));
  for (const unsigned swapped : {5U, 6U, 3U, 4U}) out.raw(msh[swapped].text());
  out.raw(stamp.substr(0, stamp.find('.')));
  out.empty(1);
  if (trigger.empty()) {
    out.raw("ACK");
  } else if (trim(version) < "2.3.1" && !trim(version).empty()) {
    out.components({"ACK", trigger});
  } else {
    out.components({"ACK", trigger, "ACK"});
  }
  out.text(request.control_id.empty() ? "A" + control_id : std::string(request.control_id));
  out.raw(msh[11].empty() ? "P" : msh[11].text());
  out.raw(msh[12].text());
  if (!msh[17].empty() || !msh[18].empty()) {
    out.empty(4);
    out.raw(msh[17].text());
    if (!msh[18].empty()) out.raw(msh[18].first().text());
  }
  out.end();
  out.begin("MSA");
  out.raw(code_of(request.outcome));
  out.raw(msh[10].text());
  if (request.outcome != answer::accept && !has_modern_errors(version) && !request.issues.empty()) {
    out.text(request.issues.front().diagnostics);
  }
  out.end();
  if (request.outcome != answer::accept && has_modern_errors(version)) write_errors(out, request.issues, by);
  std::string text = out.take();
  if (request.from != charset::utf_8 && request.from != charset::us_ascii) {
    text = from_utf_8(text, request.from).bytes;
  }
  return text;
}

liaison_status acknowledge_message(const call& request) {
  const call_options& options = request.options();
  if (!options.answer.empty()) return acknowledge_business(request);
  findings quiet(strictness::tolerant);
  // Only the header is read: whatever is wrong further down must not keep the peer from its answer.
  const auto at = find_header(request.input());
  if (!at) {
    request.report(severity::error, "hl7v2-no-header", "MSH",
                   "without a readable MSH segment no acknowledgement can be written");
    return LIAISON_UNSUPPORTED;
  }
  std::string_view line = request.input().substr(*at, 65536);
  line = first_line(line);
  const auto read = read_bytes(line, options.charset, quiet);
  if (!read) return LIAISON_UNSUPPORTED;
  const message header(read->text());
  if (header.size() == 0) {
    request.report(severity::error, "hl7v2-bad-separators", "MSH",
                   "without usable separators no acknowledgement can be written");
    return LIAISON_UNSUPPORTED;
  }
  if (options.outcome != "accept" && options.outcome != "reject" && options.outcome != "retry") {
    request.report(severity::error, "hl7v2-outcome", {}, "the option \"outcome\" must be accept, reject or retry");
    return LIAISON_UNSUPPORTED;
  }
  const answer outcome = options.outcome == "accept"   ? answer::accept
                         : options.outcome == "reject" ? answer::reject
                                                       : answer::retry;
  request.emit(LIAISON_PART_ACKNOWLEDGEMENT,
               acknowledgement({header, read->from, outcome, options.now, options.control_id, options.issues}),
               "application/hl7-v2", nullptr, "hl7v2");
  return LIAISON_OK;
}

}  // namespace liaison::hl7v2
