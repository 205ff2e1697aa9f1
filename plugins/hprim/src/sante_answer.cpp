// SPDX-License-Identifier: Apache-2.0
// acknowledge of hprim-sante.
#include "sante_answer.hpp"

#include "sante_builder.hpp"
#include "sante_encode.hpp"
#include "sante_translator.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

struct chapter_row {
  std::string_view segment, chapter;
};

// The specification numbers fields by chapter: X.n is chapter.(n + 1).
constexpr chapter_row chapters[] = {{"H", "7"},  {"P", "8"},  {"OBR", "9"},  {"OBX", "10"},
                                    {"C", "12"}, {"L", "14"}, {"REG", "22"}, {"ERR", "25"}};

/// "OBX[2]-5" → segment OBX, rank 2, field 10.6.
void set_location(segment_builder& err, std::string_view location) {
  const std::size_t name = std::min(location.find_first_of("[-"), location.size());
  const std::string_view segment = location.substr(0, name);
  const auto* row = std::find_if(std::begin(chapters), std::end(chapters),
                                 [&](const chapter_row& r) { return r.segment == segment; });
  if (row == std::end(chapters)) return;
  err.set(6, 1, sourced(std::string(segment)));
  std::string_view rest = location.substr(name);
  if (rest.starts_with("[")) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return;
    if (is_digits(rest.substr(1, end - 1))) err.set(6, 2, sourced(std::string(rest.substr(1, end - 1))));
    rest = rest.substr(end + 1);
  }
  if (!rest.starts_with("-")) return;
  rest.remove_prefix(1);
  const std::string_view field = rest.substr(0, rest.find_first_not_of("0123456789"));
  if (field.empty() || field.size() > 3) return;
  err.set(7, std::string(row->chapter) + "." + std::to_string(std::stoi(std::string(field)) + 1));
}

std::string stamp(std::string_view now) {
  const auto out = hl7_from_fhir(now, hl7_zone::drop);
  return out ? out->substr(0, 14) : std::string{};
}

std::string answer_name(const sante_file& file, const call_options& options, std::string_view answered) {
  if (!options.control_id.empty()) return options.control_id;
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string out = "E";
  const auto hash = sha1(std::string(answered) + options.now + std::string(file.segments.front().text));
  for (std::size_t i = 0; i < 7; ++i) out += digits[hash[i] % digits.size()];
  return out + ".HPR";
}

}  // namespace

std::string answer_to(const sante_file& file, const call_options& options,
                      const std::vector<sante_complaint>& complaints) {
  const charset to = file.source.from == charset::utf_8 ? charset::utf_8 : charset::iso_8859_1;
  safe_text safe(to);
  sante_lines lines(to, escape_rule::blank, safe);
  const auto field = [&](std::size_t index) { return field_of(file.segments.front(), index, file.marks); };
  const auto set_party = [&](segment_builder& h, std::uint16_t at, const field_view& from) {
    h.set(at, 1, sourced(from.component(0).text()));
    h.set(at, 2, sourced(from.component(1).text()));
  };
  const std::string answered = field(2).text();
  segment_builder h("H", nullptr);
  h.set(2, answer_name(file, options, answered));
  set_party(h, 4, field(9));
  h.set(6, "ERR");
  set_party(h, 9, field(4));
  h.set(11, field(11).text() == "T" ? "T" : "P");
  h.set(12, 1, sourced(file.version.empty() ? "H2.5" : std::string(file.version)));
  h.set(12, 2, sourced(file.link_type.empty() ? "C" : std::string(file.link_type)));
  h.set(13, stamp(options.now));
  lines.add(h);
  std::size_t rank = 0;
  for (const sante_complaint& one : complaints) {
    segment_builder err("ERR", nullptr);
    err.set(1, std::to_string(++rank));
    err.set(2, answered.empty() ? std::string_view("INCONNU") : std::string_view(answered));
    err.set(3, stamp(options.now));
    err.set(4, std::string(1, one.severity));
    set_location(err, one.about.location);
    err.set(9, one.about.code.find("missing") != std::string::npos ? "A" : "I");
    std::string words = one.about.code + " : " + one.about.diagnostics;
    if (words.size() > 255) words.resize(255);
    err.set(10, words);
    lines.add(err);
  }
  return lines.finish(segment_builder("L", nullptr));
}

liaison_status sante_translator::acknowledge(const call& host) {
  const call_options& options = host.options();
  if (options.outcome == "retry") return LIAISON_UNSUPPORTED;  // the format cannot say "later"
  findings found;
  sante_file file;
  if (!read_sante(host.input(), options.charset, file, found)) {
    found.report_to(host);
    return LIAISON_NOT_MINE;
  }
  if (file.context == "ERR") return LIAISON_UNSUPPORTED;  // an answer is not answered
  const bool reject = options.outcome == "reject";
  std::vector<sante_complaint> complaints;
  for (const issue& one : options.issues)
    complaints.push_back({one, reject && one.severity == severity::error ? 'T' : 'I'});
  const bool told =
      std::any_of(complaints.begin(), complaints.end(), [](const sante_complaint& c) { return c.severity == 'T'; });
  if (reject && !told)
    complaints.push_back({{severity::error, "rejected", "", "the message cannot be processed"}, 'T'});
  host.emit(LIAISON_PART_ACKNOWLEDGEMENT, answer_to(file, options, complaints), "text/plain", nullptr, format);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
