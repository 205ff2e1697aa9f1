// SPDX-License-Identifier: Apache-2.0
// inspect, validate and render of hprim-sante.
#include "medecin_result.hpp"
#include "pivot_terms.hpp"
#include "sante_answer.hpp"
#include "sante_translator.hpp"
#include "sante_values.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

void add_identifier(facts::patient& to, std::string system, std::string value, facts::identifier_kind kind) {
  if (!value.empty()) to.identifiers.push_back({std::move(system), std::move(value), kind});
}

facts::identifier_kind kind_of_ins(std::string_view system) {
  if (system.ends_with("1.4.8")) return facts::identifier_kind::ins_nir;
  if (system.ends_with("1.4.9")) return facts::identifier_kind::ins_nia;
  return system.ends_with("1.4.10") ? facts::identifier_kind::ins_test : facts::identifier_kind::ins_demo;
}

facts::patient patient_of(const sante_segment& segment, const separators& marks) {
  const auto field = [&](std::size_t index) { return field_of(segment, index, marks); };
  facts::patient out;
  out.family = field(5).component(0).text();
  for (const std::size_t component : {std::size_t{1}, std::size_t{2}}) {
    if (std::string given = field(5).component(component).text(); !given.empty()) out.given.push_back(std::move(given));
  }
  out.birth_family = field(6).component(0).text();
  if (out.family.empty()) out.family = out.birth_family;
  out.birth_date = date_time(field(7).text(), "").substr(0, 10);
  const std::string sex = field(8).text();
  out.sex = sex == "M" ? facts::sex::male
                       : (sex == "F" ? facts::sex::female : (sex == "U" ? facts::sex::unknown : facts::sex::unstated));
  out.birth_place_code = field(34).component(1).text();
  out.postal_code = field(10).component(4).text();
  if (const std::string fourth = field(10).component(3).text();
      out.postal_code.empty() && fourth.size() == 5 && is_digits(fourth))
    out.postal_code = fourth;  // an address of four parts ends with the postcode
  add_identifier(out, "", field(2).component(0).text(), facts::identifier_kind::ipp);
  add_identifier(out, "", field(3).component(0).text(), facts::identifier_kind::other);
  add_identifier(out, "", field(4).component(0).text(), facts::identifier_kind::stay);
  for (const std::string_view one : field(11).repetitions()) {
    const ins_text ins = read_ins(field_view(one, marks));
    add_identifier(out, ins.system, ins.value, ins.is_ins ? kind_of_ins(ins.system) : facts::identifier_kind::other);
  }
  out.identity_status = identity_status_of(segment, marks);
  return out;
}

void check_identity(const sante_segment& segment, const separators& marks, findings& found) {
  std::string first;
  for (const std::string_view one : field_of(segment, 11, marks).repetitions()) {
    const ins_text ins = read_ins(field_view(one, marks));
    if (ins.obsolete) found.add(finding::ins_obsolete, segment.location() + "-11");
    if (!ins.is_ins) continue;
    if (!ins.key_right) found.add(finding::ins_key_invalid, segment.location() + "-11");
    if (!first.empty() && first != ins.value) found.add(finding::several_identities, segment.location() + "-11");
    first = ins.value;
  }
}

facts::party party_of(const field_view& field) {
  facts::party out;
  out.name = field.component(1).text();
  if (std::string code = field.component(0).text(); !code.empty()) {
    if (out.name.empty()) out.name = code;
    out.identifiers.push_back({"", std::move(code), facts::identifier_kind::other});
  }
  return out;
}

/// Walks the segments once and fills the facts.
class facts_reader {
 public:
  facts_reader(const sante_file& file, const call& host, findings& found) : file_(file), host_(host), found_(found) {}

  facts::message_facts read() {
    out_.format = sante_translator::format;
    out_.profile =
        "hprim-sante" + (file_.version.size() > 1 ? "-" + std::string(file_.version.substr(1)) : std::string{});
    out_.charset = name_of(file_.source.from);
    const sante_segment& header = file_.segments.front();
    const auto field = [&](std::size_t index) { return field_of(header, index, file_.marks); };
    out_.sender = party_of(field(4));
    out_.authors.push_back(out_.sender);
    if (facts::party recipient = party_of(field(9)); !recipient.name.empty()) {
      recipient.role = "primary";
      out_.recipients.push_back(std::move(recipient));
    }
    out_.event.code = std::string(file_.context);
    out_.event.message = field(2).text();
    out_.event.sending_application = field(4).component(0).text();
    out_.event.time = date_time(field(13).text(), host_.options().zone);
    out_.document.created = out_.event.time;
    for (const sante_segment& segment : file_.segments) take(segment);
    out_.document.status = status();
    if (file_.context == "ORU") {
      const bool imaging = file_.link_type == "R";
      out_.document.type = {std::string(system_loinc), imaging ? "18748-4" : std::string(code_lab_report),
                            imaging ? "CR d'imagerie médicale" : "CR d'examens biologiques"};
    } else {
      out_.document = {};
    }
    return std::move(out_);
  }

 private:
  void take(const sante_segment& segment) {
    if (segment.name == "P") {
      out_.patients.push_back(patient_of(segment, file_.marks));
      check_identity(segment, file_.marks, found_);
      take_movement(segment);
    } else if (segment.name == "AP") {
      take_insured(segment);
    } else if (segment.name == "OBR") {
      take_request(segment);
    } else if (segment.name == "OBX") {
      take_result(segment);
    }
  }

  void take_movement(const sante_segment& segment) {
    if (file_.context != "ADM") return;
    const field_view dates = field_of(segment, 23, file_.marks);
    const bool leaving = field_of(segment, 24, file_.marks).text() == "OP";
    const std::string when = date_time(trim(dates.repetition(leaving ? 1 : 0).raw()), host_.options().zone);
    if (!when.empty() && out_.patients.size() == 1) out_.event.time = when;
  }

  void take_insured(const sante_segment& segment) {
    std::string number = field_of(segment, 5, file_.marks).text();
    if (out_.patients.empty() || number.empty()) return;
    add_identifier(out_.patients.back(), std::string(system_nir), std::move(number), facts::identifier_kind::nir);
  }

  void take_request(const sante_segment& segment) {
    const std::string status = field_of(segment, 25, file_.marks).text();
    if (!status.empty()) statuses_ += status[0];
    if (request_seen_) return;
    request_seen_ = true;
    const std::string issued = date_time(field_of(segment, 22, file_.marks).text(), host_.options().zone);
    if (!issued.empty()) out_.document.created = issued;
    const std::string number = field_of(segment, 3, file_.marks).component(1).text();
    const std::string sender = out_.event.sending_application;
    if (!number.empty()) out_.document.set_id = sender.empty() ? number : sender + "^" + number;
    if (!out_.event.message.empty())
      out_.document.id = sender.empty() ? out_.event.message : sender + "^" + out_.event.message;
  }

  void take_result(const sante_segment& segment) {
    if (is_file(segment, file_.marks)) {
      const inline_file file = read_file_value(segment, file_.marks);
      if (file.is_damaged) found_.add(finding::attachment_invalid, segment.location() + "-5");
      if (!file.is_inside) {
        if (!file.is_damaged) found_.add(finding::attachment_external, segment.location() + "-5");
        return;
      }
      out_.attachments.push_back({file.content_type, file.bytes.size(), sha256_hex(file.bytes)});
      return;
    }
    ++out_.results;
    if (const std::string status = field_of(segment, 11, file_.marks).text(); !status.empty())
      result_statuses_ += status[0];
    const sante_result result = read_obx(segment, file_.marks, &found_);
    if (!host_.options().values) return;
    facts::value value;
    value.patient = out_.patients.empty() ? 0 : static_cast<std::uint32_t>(out_.patients.size() - 1);
    value.label = result.label;
    value.code = result.code;
    value.value = result.text;
    value.unit = result.unit;
    value.low = result.range.low;
    value.high = result.range.high;
    value.flag = result.flag;
    value.status = result.status;
    out_.values.push_back(std::move(value));
  }

  /// Status of the file from those of its requests, else of its results.
  std::string status() const {
    const std::string& all = statuses_.empty() ? result_statuses_ : statuses_;
    if (all.empty()) return {};
    if (all.find_first_not_of("DX") == std::string::npos) return "cancelled";
    if (all.find_first_of("PRIOM") != std::string::npos) return "partial";
    return all.find('C') != std::string::npos ? "amended" : "final";
  }

  const sante_file& file_;
  const call& host_;
  findings& found_;
  facts::message_facts out_;
  std::string statuses_, result_statuses_;
  bool request_seen_ = false;
};

struct date_place {
  std::string_view segment;
  std::size_t field;
};

constexpr date_place dates[] = {{"H", 13}, {"P", 7}, {"OBR", 7}, {"OBR", 22}, {"OBX", 14}};

void check_dates(const sante_segment& segment, const separators& marks, findings& found) {
  for (const date_place& place : dates) {
    if (place.segment != segment.name) continue;
    const std::string text = field_of(segment, place.field, marks).text();
    if (!text.empty() && date_time(text, "").empty())
      found.add(finding::date_not_understood, segment.location() + "-" + std::to_string(place.field));
  }
}

void check_values(const sante_file& file, findings& found) {
  for (const sante_segment& segment : file.segments) {
    check_dates(segment, file.marks, found);
    if (segment.name == "OBX" && !is_file(segment, file.marks)) (void)read_obx(segment, file.marks, &found);
  }
}

std::string name_of_patient(const sante_segment& segment, const separators& marks) {
  const field_view name = field_of(segment, 5, marks);
  std::string out = name.component(0).text();
  if (const std::string given = name.component(1).text(); !given.empty()) out += " " + given;
  if (const std::string birth = date_time(field_of(segment, 7, marks).text(), ""); !birth.empty())
    out += "  (" + birth.substr(0, 10) + ")";
  return out;
}

/// A segment without a text of its own: its values in order.
std::string plain_text(const sante_segment& segment, const separators& marks) {
  std::string out(segment.name);
  out += " :";
  const auto fields = split_marks(segment.text, marks.field, marks.escape);
  for (std::size_t i = 1; i < fields.size(); ++i) {
    std::string text = unescaped(fields[i], marks);
    for (char& c : text) {
      if (c == marks.component || c == marks.repeat || c == marks.sub) c = ' ';
    }
    if (!trim(text).empty()) out.append(" ").append(trim(text));
  }
  return out;
}

std::string labels_of(const sante_segment& segment, const separators& marks) {
  std::string out;
  for (const std::string_view one : field_of(segment, 4, marks).repetitions()) {
    const field_view analysis(one, marks);
    const std::string label = analysis.component(1).text();
    if (!out.empty()) out += ", ";
    out += label.empty() ? analysis.component(0).text() : label;
  }
  return out;
}

void render_result(const sante_segment& segment, const separators& marks, std::string& out) {
  const sante_result result = read_obx(segment, marks, nullptr);
  const std::string label = result.label.empty() ? result.code : result.label;
  if (result.text.find('\n') != std::string::npos || width_of(result.text) > 60) {
    out += label + " :\n";
    for (const std::string_view line : split(result.text, '\n')) out.append("  ").append(line).append("\n");
    return;
  }
  const char* note = result.status == "P" || result.status == "R"
                         ? "non validé"
                         : (result.status == "C" ? "corrigé" : (result.status == "I" ? "en attente" : ""));
  out += print_result({label, result.text, result.unit, result.range.low, result.range.high,
                       result.range.understood ? "" : result.norm, result.flag, note, "", "", "", ""}) +
         "\n";
}

}  // namespace

liaison_status sante_translator::inspect(const call& host) {
  findings found;
  sante_file file;
  if (!read_sante(host.input(), host.options().charset, file, found)) {
    found.report_to(host);
    return found.has(finding::too_many_lines) ? LIAISON_REJECT : LIAISON_NOT_MINE;
  }
  const facts::message_facts facts = facts_reader(file, host, found).read();
  for (const sante_segment& segment : file.segments) check_dates(segment, file.marks, found);
  host.emit(facts);
  found.report_to(host);
  if (found.has(finding::several_identities)) return LIAISON_REJECT;
  if (host.options().acknowledge && file.context != "ERR")
    host.emit(LIAISON_PART_ACKNOWLEDGEMENT, answer_to(file, host.options(), {}), "text/plain", nullptr, format);
  return LIAISON_OK;
}

liaison_status sante_translator::validate(const call& host) {
  findings found;
  sante_file file;
  const bool mine = read_sante(host.input(), host.options().charset, file, found);
  if (mine) {
    for (const sante_segment& segment : file.segments) {
      if (segment.name == "P") check_identity(segment, file.marks, found);
    }
    check_values(file, found);
  }
  found.report_to(host);
  return mine ? LIAISON_OK : LIAISON_NOT_MINE;
}

liaison_status sante_translator::render(const call& host) {
  findings found;
  sante_file file;
  if (!read_sante(host.input(), host.options().charset, file, found)) {
    found.report_to(host);
    return LIAISON_NOT_MINE;
  }
  const separators& marks = file.marks;
  const sante_segment& header = file.segments.front();
  std::string out = "De : " + party_of(field_of(header, 4, marks)).name +
                    "\nÀ  : " + party_of(field_of(header, 9, marks)).name + "\n";
  for (const sante_segment& segment : file.segments) {
    if (segment.name == "H" || segment.name == "L") continue;
    if (segment.name == "P") {
      out += "\n" + name_of_patient(segment, marks) + "\n";
    } else if (segment.name == "OBR") {
      out += "\n" + labels_of(segment, marks) + "\n";
      if (const std::string clinical = unescaped(field_of(segment, 13, marks).raw(), marks); !clinical.empty())
        out += "Renseignements cliniques : " + clinical + "\n";
    } else if (segment.name == "OBX" && !is_file(segment, marks)) {
      render_result(segment, marks, out);
    } else if (segment.name == "C") {
      const std::string comment = comment_text(segment, marks);
      for (const std::string_view line : split(comment, '\n')) out.append("    ").append(line).append("\n");
    } else {
      out += plain_text(segment, marks) + "\n";
    }
  }
  host.emit(LIAISON_PART_TEXT, out, "text/plain; charset=utf-8");
  found.report_to(host);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
