// SPDX-License-Identifier: Apache-2.0
// The narrative of entries: a table for a section that comes without text, and the labels that entries refer to.
#include "datatypes.hpp"
#include "encode_entries.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

constexpr unsigned label_depth_max = 8;

/// "2019-12-03T10:15:00+01:00" → "03/12/2019 10:15"; a year or a month as it is.
std::string printed_date(std::string_view iso) {
  if (iso.size() < 10) {
    return std::string(iso);
  }
  std::string out =
      std::string(iso.substr(8, 2)) + '/' + std::string(iso.substr(5, 2)) + '/' + std::string(iso.substr(0, 4));
  return iso.size() >= 16 ? out + ' ' + std::string(iso.substr(11, 5)) : out;
}

/// "du 03/12/2019 au 02/02/2020", one of them, or a moment.
std::string printed_time(const json_value* resource) {
  for (const char* name : {"onset", "performed", "effective", "occurrence", "timing"}) {
    const std::string moment = printed_date(writing::text(resource, std::string(name) + "DateTime"));
    const std::string end = printed_date(writing::text(resource, "abatementDateTime"));
    if (!moment.empty()) {
      return end.empty() ? moment : "du " + moment + " au " + end;
    }
    const json_value* period = writing::find(resource, std::string(name) + "Period");
    const std::string from = printed_date(writing::text(period, "start"));
    const std::string until = printed_date(writing::text(period, "end"));
    if (!from.empty() || !until.empty()) {
      return until.empty() ? "depuis le " + from : from.empty() ? "jusqu'au " + until : "du " + from + " au " + until;
    }
  }
  return printed_date(writing::text(resource, "period/start"));
}

std::string french(std::string_view code) {
  struct word {
    std::string_view code, french;
  };
  static constexpr std::array<word, 21> words{
      {{"active", "en cours"},     {"inactive", "inactif"},         {"resolved", "résolu"},
       {"recurrence", "récidive"}, {"relapse", "rechute"},          {"remission", "rémission"},
       {"refuted", "exclu"},       {"unconfirmed", "non confirmé"}, {"provisional", "provisoire"},
       {"mild", "léger"},          {"moderate", "modéré"},          {"severe", "sévère"},
       {"low", "risque faible"},   {"high", "risque élevé"},        {"completed", "terminé"},
       {"stopped", "arrêté"},      {"on-hold", "suspendu"},         {"not-done", "non réalisé"},
       {"not-taken", "non pris"},  {"intolerance", "intolérance"},  {"allergy", "allergie"}}};
  for (const word& row : words) {
    if (row.code == code) {
      return std::string(row.french);
    }
  }
  return {};
}

void append(std::string& out, std::string_view more) {
  if (!more.empty()) {
    out.append(out.empty() ? "" : ", ").append(more);
  }
}

std::string concept_text(const json_value* node) {
  for (const char* path : {"text", "coding/0/display", "coding/0/code"}) {
    const std::string text = writing::text(node, path);
    if (!text.empty()) {
      return text;
    }
  }
  return {};
}

std::string printed_quantity(const json_value* quantity) {
  const std::string value = writing::text(quantity, "value");
  const std::string unit = writing::text(quantity, "unit");
  return value.empty() || unit.empty() ? value : value + ' ' + unit;
}

/// "1 comprimé, 3 par 1 d": only when the source printed no posology.
std::string printed_dosage(const json_value* dosage) {
  const std::string text = writing::text(dosage, "text");
  if (!text.empty()) {
    return text;
  }
  std::string out = printed_quantity(writing::find(dosage, "doseAndRate/0/doseQuantity"));
  if (out.empty()) {
    out = printed_quantity(writing::find(dosage, "doseAndRate/0/doseRange/low"));
  }
  const json_value* repeat = writing::find(dosage, "timing/repeat");
  const std::string period = writing::text(repeat, "period");
  if (!period.empty()) {
    const std::string frequency = writing::text(repeat, "frequency");
    append(out, (frequency.empty() ? "1" : frequency) + " fois par " + (period == "1" ? "" : period + ' ') +
                    writing::text(repeat, "periodUnit"));
  }
  append(out, concept_text(writing::find(dosage, "route")));
  return out;
}

std::string printed_detail(const json_value* resource) {
  const std::string type = writing::text(resource, "resourceType");
  std::string out;
  if (type == "MedicationStatement" || type == "MedicationRequest") {
    const char* name = type == "MedicationRequest" ? "dosageInstruction" : "dosage";
    for (std::size_t i = 0; const json_value* dosage = writing::item(resource, name, i); ++i) {
      append(out, printed_dosage(dosage));
    }
    append(out,
           french(writing::text(resource, "status")) == "en cours" ? "" : french(writing::text(resource, "status")));
  } else if (type == "Condition" || type == "AllergyIntolerance") {
    append(out, french(writing::text(resource, "type")));
    append(out, french(writing::text(resource, "clinicalStatus/coding/0/code")));
    append(out, concept_text(writing::find(resource, "severity")));
    append(out, french(writing::text(resource, "criticality")));
    append(out, french(writing::text(resource, "verificationStatus/coding/0/code")));
    for (std::size_t i = 0; const json_value* reaction = writing::item(resource, "reaction", i); ++i) {
      append(out, concept_text(writing::find(reaction, "manifestation/0")));
      append(out, french(writing::text(reaction, "severity")));
    }
  } else if (type == "Observation") {
    out = printed_value(resource);
    const std::string range = printed_range(resource);
    out += range.empty() ? "" : " (" + range + ")";
    const std::string flag = writing::text(resource, "interpretation/0/coding/0/code");
    out += flag.empty() || flag == "N" ? "" : ' ' + flag;
    for (std::size_t i = 0; const json_value* component = writing::item(resource, "component", i); ++i) {
      append(out, concept_text(writing::find(component, "code")) + " : " + printed_value(component));
    }
  } else if (type == "FamilyMemberHistory") {
    for (std::size_t i = 0; const json_value* condition = writing::item(resource, "condition", i); ++i) {
      append(out, concept_text(writing::find(condition, "code")));
    }
  } else {
    append(out,
           french(writing::text(resource, "status")) == "en cours" ? "" : french(writing::text(resource, "status")));
    append(out, concept_text(writing::find(resource, "bodySite/0")));
  }
  append(out, concept_text(writing::find(resource, "reasonCode/0")));
  return out;
}

/// Acts, and the files that a section holds.
bool is_shown(const json_value* resource) {
  return has_act(resource) || writing::text(resource, "resourceType") == "DocumentReference";
}

void collect(const writing& w, const json_value* resource, std::vector<std::string>& labels,
             std::set<const json_value*>& seen, unsigned depth) {
  if (resource == nullptr || depth > label_depth_max || !seen.insert(resource).second) {
    return;
  }
  const auto keep = [&labels](std::string text) {
    if (!text.empty() && std::find(labels.begin(), labels.end(), text) == labels.end()) {
      labels.push_back(std::move(text));
    }
  };
  if (is_shown(resource)) {
    keep(label_of(w, resource));
  }
  for (std::size_t i = 0; const json_value* note = writing::item(resource, "note", i); ++i) {
    keep(writing::text(note, "text"));
  }
  for (std::size_t i = 0; const json_value* member = writing::item(resource, "hasMember", i); ++i) {
    collect(w, w.pivot.resolve(member), labels, seen, depth + 1);
  }
  const std::string related = std::string(extension_base) + "related";
  for (std::size_t i = 0; const json_value* extension = writing::extension(resource, related, i); ++i) {
    for (std::size_t n = 0; const json_value* part = writing::item(extension, "extension", n); ++n) {
      collect(w, w.resolve(part, "valueReference"), labels, seen, depth + 1);
    }
  }
}

void table_row(const writing& w, const json_value* resource, std::string& out, unsigned depth) {
  if (resource == nullptr || !is_shown(resource) || depth > label_depth_max) {
    return;
  }
  std::string notes;
  for (std::size_t i = 0; const json_value* note = writing::item(resource, "note", i); ++i) {
    notes += (notes.empty() ? "" : "<br/>") + shown_text(w, writing::text(note, "text"));
  }
  out += "<tr><td>" + shown_text(w, label_of(w, resource)) + "</td><td>" + shown_text(w, printed_detail(resource)) +
         "</td><td>" + escape_xml(printed_time(resource)) + "</td><td>" + notes + "</td></tr>";
  for (std::size_t i = 0; const json_value* member = writing::item(resource, "hasMember", i); ++i) {
    table_row(w, w.pivot.resolve(member), out, depth + 1);
  }
}

}  // namespace

std::vector<std::string> entry_labels(const writing& w, const json_value* section) {
  std::vector<std::string> labels;
  std::set<const json_value*> seen;
  for (std::size_t i = 0; const json_value* reference = writing::item(section, "entry", i); ++i) {
    collect(w, w.pivot.resolve(reference), labels, seen, 0);
  }
  return labels;
}

bool write_entry_table(const writing& w, const json_value* section) {
  std::string rows;
  w.narrative.id_of_text.clear();
  for (std::size_t i = 0; const json_value* reference = writing::item(section, "entry", i); ++i) {
    table_row(w, w.pivot.resolve(reference), rows, 0);
  }
  if (rows.empty()) {
    return false;
  }
  w.out.raw(
      "<table border=\"0\"><thead><tr><th>Élément</th><th>Détail</th><th>Date</th><th>Commentaire</th></tr></thead>"
      "<tbody>" +
      rows + "</tbody></table>");
  return true;
}

}  // namespace liaison::cda
