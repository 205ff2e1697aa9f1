// SPDX-License-Identifier: Apache-2.0
// encode of hprim-medecin: twelve lines, a body that a person can read, RES lines with what the pivot knows, the end
// marks, and the files of the document beside it. Values pass through safe_text, so that none can break the frame.
#include "document_files.hpp"
#include "medecin_result.hpp"
#include "medecin_translator.hpp"
#include "pivot_view.hpp"
#include "safe_text.hpp"
#include "text_layout.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr std::size_t code_columns = 10;

struct medecin_options {
  charset written_in = charset::windows_1252;
  bool with_tex = false;
  std::string sender_code, recipient_code, recipient_name;
};

/// Options of the call and of the endpoint; nothing when the character set is not known.
std::optional<medecin_options> options_of(const call_options& options) {
  medecin_options out;
  if (!options.charset.empty()) {
    const auto named = charset_named(options.charset);
    if (!named || *named == charset::utf_16le || *named == charset::utf_16be) return std::nullopt;
    out.written_in = *named;
  }
  rapidjson::Document endpoint;
  endpoint.Parse<rapidjson::kParseIterativeFlag>(options.endpoint.data(), options.endpoint.size());
  if (endpoint.HasParseError() || !endpoint.IsObject()) return out;
  const auto text = [&](const char* name) {
    const auto found = endpoint.FindMember(name);
    return found != endpoint.MemberEnd() && found->value.IsString() ? std::string(found->value.GetString())
                                                                    : std::string{};
  };
  const auto tex = endpoint.FindMember("tex");
  out.with_tex = tex != endpoint.MemberEnd() && tex->value.IsBool() && tex->value.GetBool();
  out.sender_code = text("sender_code");
  out.recipient_code = text("recipient_code");
  out.recipient_name = text("recipient_name");
  return out;
}

struct code_row {
  std::string_view pivot, written;
};

constexpr code_row flag_codes[] = {{"L", "L"}, {"LL", "LL"}, {"H", "H"},  {"HH", "HH"},
                                   {"N", "N"}, {"LU", "LL"}, {"HU", "HH"}};
constexpr code_row status_codes[] = {
    {"final", "F"}, {"amended", "C"}, {"corrected", "C"}, {"preliminary", "R"}, {"registered", "R"}};

template <class Table>
std::string_view written_code(const Table& table, std::string_view pivot) {
  for (const code_row& row : table) {
    if (row.pivot == pivot) return row.written;
  }
  return {};
}

bool is_cancelled(std::string_view status) { return status == "cancelled" || status == "entered-in-error"; }

/// Writes one document; the lines go to `out`, parted by "\n" and safe for the frame.
class message_encoder {
 public:
  message_encoder(pivot_reader& pivot, account* ledger, const medecin_options& options, safe_text& safe,
                  findings& found)
      : pivot_(pivot), ledger_(ledger), options_(options), safe_(safe), found_(found) {}

  void write(const view_document& document, const std::vector<std::string>& file_notes, std::string& out) {
    out_ = &out;
    const bool fragment = document.patient.node == nullptr;
    if (fragment) {  // text in front of LAB would be read as a header: it becomes TEX
      std::string body;
      out_ = &body;
      write_body(document, file_notes);
      out_ = &out;
      line("****LAB****");
      for (const std::string_view one : split(body, '\n')) {
        if (!trim(one).empty()) line("TEX|" + safe_.medecin_field(one));
      }
    } else {
      write_header(document);
      line("");
      write_body(document, file_notes);
    }
    write_results(document, fragment);
    line("****FIN****");
  }

 private:
  void line(std::string_view text) { out_->append(text).append("\n"); }

  void carried(const sourced& value, std::string_view place) {
    if (ledger_ != nullptr && value.has_leaf && !value.empty()) ledger_->carry(value.leaf, std::string(place));
  }

  void dropped(const sourced& value, std::string_view reason) {
    if (ledger_ != nullptr && value.has_leaf && !value.empty()) ledger_->drop(value.leaf, reason);
  }

  /// Writes the first of the values that is there as header line `number`.
  void header(std::size_t number, const std::vector<sourced>& words) {
    std::string text;
    for (const sourced& word : words) {
      if (word.empty()) continue;
      if (!text.empty()) text += ' ';
      text += word.text;
      carried(word, "line " + std::to_string(number));
    }
    line(safe_.medecin_header(text));
  }

  sourced kept(const json_value* node, std::string_view location) { return source_field(pivot_, node, location); }

  void write_header(const view_document& document) {
    const view_person& patient = document.patient;
    header(1, {patient_number(document)});
    header(2, {patient.family});
    write_given(patient);
    write_address(patient);
    write_date(7, kept(patient.node, "hprim-medecin.line7"), patient.birth_date);
    write_nir(patient);
    header(9, {file_number(document)});
    const bool no_date = !kept(document.composition, "hprim-medecin.line10.absent").empty();
    write_date(10, kept(document.composition, "hprim-medecin.line10"), no_date ? sourced{} : document.date);
    const view_party& from = document.sender.node != nullptr ? document.sender : document.author;
    write_party(11, from, options_.sender_code, {});
    const view_party nobody;
    const view_party& to = document.recipients.empty() ? nobody : document.recipients.front();
    write_party(12, to, options_.recipient_code, options_.recipient_name);
  }

  sourced patient_number(const view_document& document) {
    if (sourced routing = kept(document.composition, "hprim-medecin.line1"); !routing.empty()) return routing;
    const view_identifier* best = nullptr;
    for (const view_identifier& one : document.patient.identifiers) {
      if (is_ins_system(one.system) || one.system == system_nir || one.type == "NH") continue;
      if (best == nullptr || (one.type == "PI" && best->type != "PI")) best = &one;
    }
    for (const view_identifier& one : document.patient.identifiers) {
      if (is_ins_system(one.system)) dropped(one.value, "the format has no place for an INS");
    }
    return best == nullptr ? sourced{} : best->value;
  }

  void write_given(const view_person& patient) { header(3, patient.given); }

  void write_address(const view_person& patient) {
    const sourced second_kept = kept(patient.node, "hprim-medecin.line5");
    const auto& lines = patient.address_lines;
    if (!second_kept.empty() && lines.size() == 1) {
      header(4, {});
      carried(lines[0], "line 5");
      header(5, {second_kept});
    } else {
      header(4, lines.empty() ? std::vector<sourced>{} : std::vector<sourced>{lines[0]});
      header(5, lines.size() > 1 ? std::vector<sourced>(lines.begin() + 1, lines.end()) : std::vector<sourced>{});
    }
    header(6, {patient.postal_code, patient.city});
  }

  void write_date(std::size_t number, const sourced& kept_text, const sourced& date) {
    if (!kept_text.empty()) {
      carried(date, "line " + std::to_string(number));
      header(number, {kept_text});
      return;
    }
    const std::string text = date.empty() ? std::string{} : french_from_iso_date(date.text);
    if (!text.empty()) carried(date, "line " + std::to_string(number));
    line(safe_.medecin_header(text));
  }

  void write_nir(const view_person& patient) {
    if (sourced raw = kept(patient.node, "hprim-medecin.line8"); !raw.empty()) {
      header(8, {raw});
      return;
    }
    for (const view_identifier& one : patient.identifiers) {
      if (one.system != system_nir) continue;
      std::string text = one.value.text;
      if (text.size() == 15) text.insert(13, " ");
      carried(one.value, "line 8");
      line(safe_.medecin_header(text));
      return;
    }
    line("");
  }

  sourced file_number(const view_document& document) {
    if (sourced own = kept(document.composition, "hprim-medecin.line9"); !own.empty()) return own;
    for (const json_value* report : document.reports) {
      if (sourced number = pivot_.get(report, "identifier/0/value"); !number.empty()) return number;
    }
    sourced own_id = pivot_.get(document.composition, "identifier/value");
    return own_id.text.starts_with("urn:") || own_id.text.size() > 30 ? sourced{}
                                                                      : own_id;  // an OID helps nobody in a file
  }

  /// Code of a party in ten columns: one that has no system or a short national one (FINESS, ADELI).
  sourced party_code(const view_party& party) {
    for (const view_identifier& one : party.identifiers) {
      const bool fits = width_of(one.value.text) <= code_columns && one.value.text.find(' ') == std::string::npos;
      if (fits && !is_ins_system(one.system)) return one.value;
    }
    return {};
  }

  void write_party(std::size_t number, const view_party& party, const std::string& code_option,
                   const std::string& name_option) {
    const std::string place = "line " + std::to_string(number);
    std::string name = party.text();
    if (!name_option.empty()) name = name_option;
    sourced code = party_code(party);
    if (!code_option.empty()) code = sourced(code_option);
    if (name.empty() && code.empty()) {
      line("");
      return;
    }
    carried(code, place);
    if (name_option.empty()) {
      for (const sourced& word : party.name) carried(word, place);
      carried(party.organization, place);
    }
    std::string column = code.empty() ? "." : safe_.medecin_header(code.text);
    column.resize(std::max(column.size(), code_columns), ' ');
    line(column + " " + safe_.medecin_header(name));
  }

  void write_body(const view_document& document, const std::vector<std::string>& file_notes) {
    const bool as_it_was =
        document.sections.size() == 1 && document.sections[0].preformatted && document.sections[0].title.empty();
    std::string all_text;
    if (!as_it_was && document.patient.node != nullptr && !document.title.empty()) {
      carried(document.title, "body");
      line(safe_.medecin_line(document.title.text));
      line("");
    }
    if (!as_it_was && document.patient.node != nullptr) write_traits(document.patient);
    for (const view_section& section : document.sections) {
      // A section that only holds the document's own file is told by the line about the file.
      const bool file_only = trim(section.text).empty() && pivot_reader::find(section.node, "entry") != nullptr &&
                             pivot_reader::find(section.node, "section") == nullptr && document.results.empty();
      if (!section.title.empty() && !file_only) {
        carried(section.title, "body");
        line(safe_.medecin_line(section.title.text));
      }
      pivot_.carry(section.node, "text/div", "body");
      pivot_.envelope(section.node, "text/status");
      write_text(section);
      all_text += section.text;
      all_text += '\n';
      if (!as_it_was && !file_only) line("");
    }
    write_missing_results(document, all_text);
    for (std::size_t i = 1; i < document.recipients.size(); ++i) {
      for (const sourced& word : document.recipients[i].name) carried(word, "body");
      carried(document.recipients[i].organization, "body");
      line(safe_.medecin_line("Copie : " + document.recipients[i].text()));
    }
    for (const std::string& note : file_notes) line(safe_.medecin_line(note));
  }

  /// What the header of twelve lines has no place for and a person needs to be sure of the patient; never a matricule.
  void write_traits(const view_person& patient) {
    std::string text;
    const auto add = [&](std::string_view lead, const sourced& value, std::string_view shown_value) {
      if (value.empty()) return;
      text.append(text.empty() ? "Patient : " : ", ").append(lead).append(shown_value);
      carried(value, "body");
    };
    if (patient.birth_family.text != patient.family.text)
      add("nom de naissance ", patient.birth_family, patient.birth_family.text);
    std::string given;
    for (const sourced& one : patient.birth_given) given += (given.empty() ? "" : " ") + one.text;
    for (const sourced& one : patient.birth_given) {
      add("prénoms de naissance ", one, given);
      break;
    }
    for (const sourced& one : patient.birth_given) carried(one, "body");
    const std::string_view sex =
        patient.gender.text == "female" ? "féminin" : (patient.gender.text == "male" ? "masculin" : "");
    if (!sex.empty()) add("sexe ", patient.gender, sex);
    add("né(e) à ", patient.birth_place_town, patient.birth_place_town.text);
    for (const sourced& phone : patient.phones) add("tél. ", phone, phone.text);
    if (text.empty()) return;
    write_wrapped(text);
    line("");
  }

  void write_text(const view_section& section) {
    std::string_view text = section.text;
    while (text.ends_with("\n")) text.remove_suffix(1);
    if (text.empty()) return;
    if (section.preformatted) {
      for (const std::string_view one : split(text, '\n')) line(safe_.medecin_line(one));
      return;
    }
    for (const std::string& one : in_columns(text)) write_wrapped(one);
  }

  void write_wrapped(std::string_view text) {
    for (const std::string& one : wrapped(safe_.line(text))) line(safe_.medecin_line(one));
  }

  static std::string status_note(std::string_view status) {
    if (status == "preliminary") return "non validé";
    if (status == "registered") return "en attente";
    if (status == "corrected" || status == "amended") return "corrigé";
    return is_cancelled(status) ? "annulé" : "";
  }

  static printed_result printed(const view_result& result) {
    return {result.label.empty() ? result.code.text : result.label.text,
            result.first.understood(),
            result.first.unit,
            result.first.low.text,
            result.first.high.text,
            result.first.range_text.text,
            result.flag.text,
            status_note(result.status.text),
            result.second.understood(),
            result.second.unit,
            result.second.low.text,
            result.second.high.text};
  }

  /// Results and their comments that the text does not show; RES lines are for programs, the body is for people.
  void write_missing_results(const view_document& document, const std::string& all_text) {
    shown_results shown(all_text);
    for (const view_result& result : document.results) {
      const printed_result print = printed(result);
      const std::string_view number =
          result.first.is_number() ? std::string_view(result.first.number) : std::string_view(result.first.text);
      const bool is_shown =
          is_long_text_in(all_text, print.value) || shown.shows(print.label, number.substr(0, number.find('\n')));
      if (!is_shown) {
        write_printed(print);
        carried(result.label, "body");
        for (const sourced& source : result.first.sources) carried(source, "body");
      }
      for (const sourced& note : result.notes) {
        carried(note, "body");
        if (is_in(all_text, note.text)) continue;
        const std::string lead = is_shown ? print.label + " : " : "    ";
        for (const std::string_view one : split(note.text, '\n')) line(safe_.medecin_line(lead + std::string(one)));
      }
    }
  }

  /// Prose stands below its label or within a paragraph: it is shown when each of its lines is there.
  bool is_long_text_in(const std::string& all_text, const std::string& value) {
    if (value.size() < 30 && value.find('\n') == std::string::npos) return false;
    for (const std::string_view one : split(value, '\n')) {
      if (!is_in(all_text, trim(one))) return false;
    }
    return true;
  }

  /// Search with a budget: a hostile pivot must not make results times text out of it. "Not there" only prints twice.
  bool is_in(const std::string& all_text, std::string_view wanted) {
    if (searchable_bytes_ < all_text.size()) return false;
    searchable_bytes_ -= all_text.size();
    return all_text.find(wanted) != std::string::npos;
  }

  /// A text of several lines stands below its label; anything else is a row in columns.
  void write_printed(const printed_result& print) {
    if (print.value.find('\n') == std::string::npos) {
      line(safe_.medecin_line(print_result(print)));
      return;
    }
    line(safe_.medecin_line(print.label + " :" + (print.status_note.empty() ? "" : "  [" + print.status_note + "]")));
    for (const std::string_view one : split(print.value, '\n')) line(safe_.medecin_line("  " + std::string(one)));
  }

  void write_results(const view_document& document, bool fragment) {
    const bool any = std::any_of(document.results.begin(), document.results.end(),
                                 [](const view_result& r) { return !is_cancelled(r.status.text); });
    if (any && !fragment) line("****LAB****");
    for (const view_result& result : document.results) {
      if (is_cancelled(result.status.text)) {
        found_.add(finding::result_cancelled);
        dropped(result.status, "the format has no status for a cancelled result; said in the text");
        continue;
      }
      if (options_.with_tex) line("TEX|" + safe_.medecin_field(print_result(printed(result))));
      write_res(result);
    }
  }

  /// Field of RES: as it was sent when the source was this format, else as the pivot says it.
  std::string res_field(const view_result& result, std::size_t number, const sourced& value, std::string_view written) {
    const std::string place = "RES-" + std::to_string(number);
    carried(value, place);
    const sourced own = kept(result.node, "hprim-medecin.RES." + std::to_string(number));
    carried(own, place);
    return safe_.medecin_field(own.empty() ? written : std::string_view(own.text));
  }

  void write_res(const view_result& result) {
    const view_quantity& first = result.first;
    const view_quantity& second = result.second;
    const auto low_of = [](const view_quantity& q) {
      return q.low.empty() && q.high.empty() ? q.range_text : (q.low.empty() ? q.range_text : q.low);
    };
    for (const sourced& source : first.sources) carried(source, "RES-5");
    for (const sourced& source : second.sources) carried(source, "RES-11");
    const bool plain_number = first.is_number() && first.comparator.empty();
    const std::string label = result.label.text == "(sans libellé)" ? std::string{} : result.label.text;
    const sourced low = low_of(first), second_low = low_of(second);
    std::string res = "RES|" + res_field(result, 2, result.label, label);
    res += "|" + res_field(result, 3, result.code, result.code.text);
    res += "|" + res_field(result, 4, {}, first.empty() ? "" : (plain_number ? "N" : "A"));
    res += "|" + res_field(result, 5, {}, on_one_line(first.understood()));
    res += "|" + res_field(result, 6, first.unit_source, first.unit);
    res += "|" + res_field(result, 7, low, low.text);
    res += "|" + res_field(result, 8, first.high, first.high.text);
    res += "|" + flag_field(result);
    res += "|" + status_field(result);
    const bool kept_second =
        !kept(result.node, "hprim-medecin.RES.11").empty() || !kept(result.node, "hprim-medecin.RES.12").empty() ||
        !kept(result.node, "hprim-medecin.RES.13").empty() || !kept(result.node, "hprim-medecin.RES.14").empty();
    const sourced excess = kept(result.node, "hprim-medecin.RES.15");
    if (!second.empty() || !second.low.empty() || !second.high.empty() || kept_second || !excess.empty()) {
      res += "|" + res_field(result, 11, {}, on_one_line(second.understood()));
      res += "|" + res_field(result, 12, second.unit_source, second.unit);
      res += "|" + res_field(result, 13, second_low, second_low.text);
      res += "|" + res_field(result, 14, second.high, second.high.text);
    }
    if (!excess.empty()) {
      carried(excess, "RES-15");
      for (const std::string_view one : split(excess.text, '|')) res += "|" + safe_.medecin_field(one);
    }
    line(res);
  }

  static std::string on_one_line(std::string_view text) {
    std::string out;
    for (const std::string_view part : split(text, '\n')) {
      if (trim(part).empty()) continue;
      if (!out.empty()) out += " / ";
      out += trim(part);
    }
    return out;
  }

  std::string flag_field(const view_result& result) {
    const std::string_view flag = written_code(flag_codes, result.flag.text);
    if (flag.empty()) {
      dropped(result.flag, "the format has no such abnormality code");
      return res_field(result, 9, {}, "");
    }
    return res_field(result, 9, result.flag, flag);
  }

  std::string status_field(const view_result& result) {
    const std::string_view status = written_code(status_codes, result.status.text);
    if (status.empty() && result.status.text != "unknown") dropped(result.status, "the format has no such status");
    return res_field(result, 10, result.status, status);
  }

  pivot_reader& pivot_;
  account* ledger_;
  const medecin_options& options_;
  safe_text& safe_;
  findings& found_;
  std::string* out_ = nullptr;
  std::size_t searchable_bytes_ = 512U << 20;
};

std::string with_crlf(std::string_view lines) {
  std::string out;
  out.reserve(lines.size() + lines.size() / 32);
  for (const char c : lines) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

/// Why a pivot cannot be written; OK when it can.
liaison_status check(const std::vector<view_document>& documents, const pivot_reader& pivot, findings& found) {
  if (documents.empty()) {
    found.add(finding::no_document, "/type");
    return LIAISON_UNSUPPORTED;
  }
  for (const view_document& document : documents) {
    const bool fragment = !source_field(pivot, document.composition, "hprim-medecin.fragment").empty();
    if (document.patient.node == nullptr && !fragment) {
      found.add(finding::no_patient, pivot.pointer(document.composition, "subject"));
      return LIAISON_REJECT;
    }
    if (document.patient.node == nullptr) found.add_raised(finding::no_header, severity::warning);
    if (document.sections.empty() && document.results.empty() && document.attachments.empty())
      found.add(finding::nothing_to_write);
  }
  return LIAISON_OK;
}

}  // namespace

liaison_status medecin_translator::encode(const call& host) {
  findings found;
  const auto options = options_of(host.options());
  if (!options) {
    found.add(finding::charset_unknown);
    found.report_to(host);
    return LIAISON_UNSUPPORTED;
  }
  account ledger;
  account* const rows = host.options().account ? &ledger : nullptr;
  pivot_reader pivot(host.input(), rows);
  const std::vector<view_document> documents = documents_of(pivot);
  if (const liaison_status status = check(documents, pivot, found); status != LIAISON_OK) {
    found.report_to(host);
    return status;
  }
  account_for_structure(pivot);
  safe_text safe(options->written_in);
  document_files files(pivot, found);
  std::string lines;
  for (const view_document& document : documents) {
    const std::vector<std::string> notes = files.take(document);
    message_encoder(pivot, rows, *options, safe, found).write(document, notes, lines);
  }
  lines += "****FINFICHIER****\n";
  pivot.drop(&pivot.bundle(), "", "HPRIM Médecin has no place for it");
  safe.report_to(found);
  host.emit(LIAISON_PART_DOCUMENT, safe.bytes(with_crlf(lines)), "text/plain", nullptr, format);
  for (const document_files::file& file : files.files()) {
    host.emit(LIAISON_PART_ATTACHMENT, file.bytes, file.content_type.c_str(), file.name.c_str());
  }
  if (rows != nullptr) host.emit(LIAISON_PART_ACCOUNT, ledger.to_json(), "application/json");
  found.report_to(host);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
