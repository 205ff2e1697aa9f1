// SPDX-License-Identifier: Apache-2.0
// inspect, validate and render of hprim-medecin.
#include "medecin_result.hpp"
#include "medecin_translator.hpp"
#include "pivot_terms.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

/// Findings about the header lines that inspect, validate and decode share.
void check_header(const medecin_message& message, findings& found) {
  if (!message.has_header) return;
  if (message.header_text(2).empty() || message.header_text(3).empty())
    found.add(finding::name_missing, message.location(message.header_text(2).empty() ? 2 : 3));
  if (message.header_text(7).empty()) found.add(finding::birth_date_missing, message.location(7));
  for (const std::size_t number : {std::size_t{7}, std::size_t{10}}) {
    const std::string_view text = message.header_text(number);
    if (text.empty()) continue;
    const auto date = find_date(text, {});
    if (!date) {
      found.add(finding::date_not_understood, message.location(number));
      continue;
    }
    if (date->two_digits) found.add(finding::two_digit_year, message.location(number));
    if (date->approximate) found.add(finding::date_approximate, message.location(number));
  }
  const std::string_view number = message.header_text(8);
  if (number.empty()) return;
  const nir_text nir = read_nir(number);
  if (!nir.well_formed) {
    found.add(finding::nir_malformed, message.location(8));
  } else if (!nir.key_right) {
    found.add(finding::nir_key_invalid, message.location(8));
  }
}

std::string text_at(const medecin_message& message, std::size_t number) {
  return std::string(trim(shown(message.header_text(number))));
}

facts::patient patient_of(const medecin_message& message, std::string_view now) {
  facts::patient out;
  out.family = text_at(message, 2);
  if (std::string given = text_at(message, 3); !given.empty()) out.given.push_back(std::move(given));
  if (const auto date = find_date(message.header_text(7), now)) out.birth_date = date->iso;
  const std::string town = text_at(message, 6);
  if (town.size() >= 5 && is_digits(std::string_view(town).substr(2, 3)) && (town.size() == 5 || town[5] == ' '))
    out.postal_code = town.substr(0, 5);
  const std::string_view code = message.header_text(1);
  const nir_text nir = read_nir(message.header_text(8));
  if (!code.empty() && !is_routing_record(code)) {
    const nir_text code_as_nir = read_nir(code);
    const bool same = code_as_nir.well_formed && code_as_nir.value.substr(0, 13) == nir.value.substr(0, 13);
    const bool is_nir = code_as_nir.well_formed && code_as_nir.value.size() == 15 && code_as_nir.key_right;
    if (!same) {
      out.identifiers.push_back(
          is_nir ? facts::identifier{std::string(system_nir), code_as_nir.value, facts::identifier_kind::nir}
                 : facts::identifier{"", std::string(code), facts::identifier_kind::ipp});
    }
  }
  if (!nir.value.empty()) {
    const auto kind = nir.well_formed ? facts::identifier_kind::nir : facts::identifier_kind::other;
    out.identifiers.push_back({nir.well_formed ? std::string(system_nir) : std::string{}, nir.value, kind});
  }
  return out;
}

facts::party party_of(const medecin_message& message, std::size_t number) {
  facts::party out;
  const text_line* line = message.header[number - 1];
  if (line == nullptr) return out;
  const coded_identity both = split_identity(line->text);
  out.name = shown(both.identity);
  if (!both.code.empty()) out.identifiers.push_back({"", std::string(both.code), facts::identifier_kind::other});
  if (both.identity.find('@') != std::string_view::npos) out.address = std::string(both.identity);
  return out;
}

bool is_known(const facts::party& party) { return !party.name.empty() || !party.identifiers.empty(); }

facts::value value_of(const medecin_result& result, std::uint32_t patient) {
  facts::value out;
  out.patient = patient;
  out.label = result.label;
  out.code = result.code;
  out.value = result.first.text;
  out.unit = result.first.unit;
  out.low = result.first.bounds.low;
  out.high = result.first.bounds.high;
  out.flag = result.flag;
  out.status = result.status;
  if (!result.second.text.empty()) {
    out.second = facts::second_value{result.second.text, result.second.unit, result.second.bounds.low,
                                     result.second.bounds.high};
  }
  return out;
}

/// What the reports of one request have in common, so that a correction does not overtake what it corrects: sender,
/// file number (line 9), and who the patient is, since some senders write the same line 9 on every letter. No name in
/// clear: ids are shown in traces.
std::string set_of(const medecin_message& message, const facts::party& sender) {
  const std::string_view number = message.header_text(9);
  if (number.empty() || sender.name.empty()) return {};
  std::string patient;
  for (const std::size_t line : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}})
    patient.append(message.header_text(line)).append("\n");
  const std::string who = sender.identifiers.empty() ? sender.name : sender.identifiers.front().value;
  return who + "^" + std::string(number) + "^" + sha256_hex(patient).substr(0, 16);
}

/// Status of all results together; empty when nothing says one.
std::string_view status_of_results(const medecin_file& file) {
  bool provisional = false, corrected = false, validated = false;
  for (const medecin_message& message : file.messages) {
    for (const res_line& line : message.results) {
      const std::string_view status = trim(line.field(10));
      provisional = provisional || status == "R";
      corrected = corrected || status == "C";
      validated = validated || status == "F";
    }
  }
  if (provisional) return "partial";
  if (corrected) return "amended";
  return validated ? "final" : "";
}

facts::message_facts facts_of(const medecin_file& file, const call& host) {
  const call_options& options = host.options();
  facts::message_facts out;
  out.format = medecin_translator::format;
  out.profile = medecin_translator::profiles[0];
  out.charset = name_of(file.source.from);
  for (const medecin_message& message : file.messages) {
    const auto patient = static_cast<std::uint32_t>(out.patients.size());
    if (message.has_header) out.patients.push_back(patient_of(message, options.now));
    out.results += message.results.size();
    if (!options.values) continue;
    for (std::size_t i = 0; i < message.results.size(); ++i) {
      facts::value value = value_of(read_result(message.results[i], nullptr), patient);
      if (i > 0 && is_second_unit_row(message.results[i - 1], message.results[i]))
        out.values.back().second = facts::second_value{value.value, value.unit, value.low, value.high};
      out.values.push_back(std::move(value));
    }
  }
  const medecin_message& first = file.messages.front();
  out.sender = party_of(first, 11);
  if (is_known(out.sender)) out.authors.push_back(out.sender);
  for (const medecin_message& message : file.messages) {
    facts::party recipient = party_of(message, 12);
    const bool repeated = std::any_of(out.recipients.begin(), out.recipients.end(),
                                      [&](const facts::party& known) { return known.name == recipient.name; });
    if (is_known(recipient) && !repeated && out.recipients.size() < 64) {
      recipient.role = "primary";
      out.recipients.push_back(std::move(recipient));
    }
  }
  if (const auto date = find_date(first.header_text(10), options.now)) out.document.created = date->iso;
  out.document.status = status_of_results(file);
  if (file.messages.size() == 1 && out.results > 0) out.document.set_id = set_of(first, out.sender);
  if (out.results > 0)
    out.document.type = {std::string(system_loinc), std::string(code_lab_report), "CR d'examens biologiques"};
  return out;
}

void check_results(const medecin_file& file, findings& found) {
  for (const medecin_message& message : file.messages) {
    for (std::size_t i = 0; i < message.results.size(); ++i) {
      (void)read_result(message.results[i], &found);
      if (i > 0 && is_second_unit_row(message.results[i - 1], message.results[i]))
        found.add(finding::second_unit_row, message.results[i].line->location());
    }
    for (const text_line* line : message.body) {
      if (has_markup(line->text)) {
        found.add(finding::entities_decoded, line->location());
        break;
      }
    }
  }
}

void check_all(const medecin_file& file, findings& found) {
  for (const medecin_message& message : file.messages) check_header(message, found);
  check_results(file, found);
}

}  // namespace

liaison_status status_of(const medecin_file& file, const findings& found) {
  if (!file.messages.empty()) return LIAISON_OK;
  return found.has(finding::pdf_in_disguise) ? LIAISON_NOT_MINE : LIAISON_REJECT;
}

std::string text_of(const medecin_message& message) {
  std::string out;
  for (const text_line* line : message.body) out.append(shown(line->text)).append("\n");
  std::string_view kept = out;
  while (kept.ends_with("\n\n")) kept.remove_suffix(1);
  out.resize(kept.size());
  if (trim(out).empty()) out.clear();
  for (const lab_item* item : texts_missing_in_body(message)) out.append(shown(item->text)).append("\n");
  return out;
}

liaison_status medecin_translator::inspect(const call& host) {
  findings found;
  medecin_file file;
  read_medecin(host.input(), host.options().charset, file, found);
  if (!file.messages.empty()) {
    check_all(file, found);
    host.emit(facts_of(file, host));
  }
  found.report_to(host);
  return status_of(file, found);
}

liaison_status medecin_translator::validate(const call& host) {
  findings found;
  medecin_file file;
  read_medecin(host.input(), host.options().charset, file, found);
  check_all(file, found);
  found.report_to(host);
  return status_of(file, found);
}

liaison_status medecin_translator::render(const call& host) {
  findings found;
  medecin_file file;
  read_medecin(host.input(), host.options().charset, file, found);
  std::string out;
  for (const medecin_message& message : file.messages) {
    if (!out.empty()) out += "\n" + std::string(72, '-') + "\n\n";
    if (message.has_header) {
      out += text_at(message, 2) + " " + text_at(message, 3);
      if (const auto date = find_date(message.header_text(7), host.options().now)) out += "  (" + date->iso + ")";
      out += "\n";
      const facts::party from = party_of(message, 11), to = party_of(message, 12);
      if (!from.name.empty()) out += "De : " + from.name + "\n";
      if (!to.name.empty()) out += "À  : " + to.name + "\n";
      if (!message.header_text(10).empty()) out += "Date : " + std::string(message.header_text(10)) + "\n";
      out += "\n";
    }
    const std::string text = text_of(message);
    out += text;
    shown_results shown_in_text(message.results.empty() ? std::string_view{} : std::string_view(text));
    for (const res_line& line : message.results) {
      const medecin_result result = read_result(line, nullptr);
      if (shown_in_text.shows(result.label,
                              result.first.quantity.number.empty() ? result.first.text : result.first.quantity.number))
        continue;
      out +=
          print_result({result.label, result.first.text, result.first.unit, result.first.bounds.low,
                        result.first.bounds.high, result.first.bounds.text, result.flag,
                        result.status == "R" ? "non validé" : (result.status == "C" ? "corrigé" : ""),
                        result.second.text, result.second.unit, result.second.bounds.low, result.second.bounds.high}) +
          "\n";
    }
  }
  if (!file.messages.empty()) host.emit(LIAISON_PART_TEXT, out, "text/plain; charset=utf-8");
  found.report_to(host);
  return status_of(file, found);
}

}  // namespace liaison::hprim
