// SPDX-License-Identifier: Apache-2.0
// The body that a person reads: the sections of the document, and results that none of them shows.
#include "medecin_encode.hpp"
#include "text_layout.hpp"

#include <liaison/common/text.hpp>

namespace liaison::hprim {

void message_encoder::write_body(const view_document& document, const std::vector<std::string>& file_notes) {
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
void message_encoder::write_traits(const view_person& patient) {
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

void message_encoder::write_text(const view_section& section) {
  std::string_view text = section.text;
  while (text.ends_with("\n")) text.remove_suffix(1);
  if (text.empty()) return;
  if (section.preformatted) {
    for (const std::string_view one : split(text, '\n')) line(safe_.medecin_line(one));
    return;
  }
  for (const std::string& one : in_columns(text)) write_wrapped(one);
}

void message_encoder::write_wrapped(std::string_view text) {
  for (const std::string& one : wrapped(safe_.line(text))) line(safe_.medecin_line(one));
}

std::string message_encoder::status_note(std::string_view status) {
  if (status == "preliminary") return "non validé";
  if (status == "registered") return "en attente";
  if (status == "corrected" || status == "amended") return "corrigé";
  return is_cancelled(status) ? "annulé" : "";
}

printed_result message_encoder::printed(const view_result& result) {
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
void message_encoder::write_missing_results(const view_document& document, const std::string& all_text) {
  if (document.results.empty()) return;
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
bool message_encoder::is_long_text_in(const std::string& all_text, const std::string& value) {
  if (value.size() < 30 && value.find('\n') == std::string::npos) return false;
  for (const std::string_view one : split(value, '\n')) {
    if (!is_in(all_text, trim(one))) return false;
  }
  return true;
}

/// Search with a budget: a hostile pivot must not make results times text out of it. "Not there" only prints twice.
bool message_encoder::is_in(const std::string& all_text, std::string_view wanted) {
  if (searchable_bytes_ < all_text.size()) return false;
  searchable_bytes_ -= all_text.size();
  return all_text.find(wanted) != std::string::npos;
}

/// A text of several lines stands below its label; anything else is a row in columns.
void message_encoder::write_printed(const printed_result& print) {
  if (print.value.find('\n') == std::string::npos) {
    line(safe_.medecin_line(print_result(print)));
    return;
  }
  line(safe_.medecin_line(print.label + " :" + (print.status_note.empty() ? "" : "  [" + print.status_note + "]")));
  for (const std::string_view one : split(print.value, '\n')) line(safe_.medecin_line("  " + std::string(one)));
}

}  // namespace liaison::hprim
