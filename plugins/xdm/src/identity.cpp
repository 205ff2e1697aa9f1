// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include "cda_header.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <algorithm>

namespace liaison::xdm {
namespace {

template <class Visit>
void each_identifier(const package& what, Visit visit) {
  const auto cx = [&](const sourced& value, const std::string& location) {
    const identifier id = identifier_of_cx(value.text);
    if (!id.empty()) visit(id, location);
  };
  for (const package_set& set : what.sets) cx(set.metadata.patient_id, "SubmissionSet");
  for (const package_document& document : what.documents) {
    cx(document.entry.patient_id, document.location);
    cx(document.entry.source_patient_id, document.location);
    for (const info_line& line : lines_of(document.entry))
      if (line.segment_field == "PID-3")
        for (const std::string_view repetition : split(line.value.text, '~'))
          cx(sourced(std::string(repetition)), document.location);
  }
}

void read_line(const info_line& line, facts::patient& into) {
  const field_view field(line.value.text);
  const auto take = [](std::string& place, std::string value) {
    if (place.empty()) place = std::move(value);
  };
  if (line.segment_field == "PID-5") {
    if (field.component(7) == "D")
      take(into.family, field.component(1));
    else
      take(into.birth_family, field.component(1));
    if (!into.given.empty()) return;
    const std::string all = field.component(3).empty() ? field.component(2) : field.component(3);
    for (const std::string_view name : split(all, ' '))
      if (!trim(name).empty()) into.given.emplace_back(trim(name));
  } else if (line.segment_field == "PID-7") {
    take(into.birth_date, fhir_from_hl7(field.component(1).substr(0, 8)).value_or(""));
  } else if (line.segment_field == "PID-8") {
    const std::string code = field.component(1);
    into.sex = code == "M"    ? facts::sex::male
               : code == "F"  ? facts::sex::female
               : code.empty() ? into.sex
                              : facts::sex::unknown;
  } else if (line.segment_field == "PID-11") {
    if (field.component(7) == "BDL")
      take(into.birth_place_code, field.component(9));
    else
      take(into.postal_code, field.component(5));
  }
}

bool has_five_traits(const facts::patient& of) {
  return !of.birth_family.empty() && !of.given.empty() && !of.birth_date.empty() && of.sex != facts::sex::unstated &&
         !of.birth_place_code.empty();
}

/// Metadata without sourcePatientInfo: the document of the same matricule has the traits.
void read_traits_of_documents(const package& what, facts::patient& into) {
  for (const package_document& document : what.documents) {
    if (has_five_traits(into) || document.format == nullptr || std::string_view(document.format) != "cda") continue;
    const auto header = read_cda_header(document.content.bytes(), {});
    if (!header) continue;
    const bool same = std::any_of(header->patient_ids.begin(), header->patient_ids.end(), [&](const identifier& id) {
      return std::any_of(into.identifiers.begin(), into.identifiers.end(), [&](const facts::identifier& known) {
        return is_ins(known.kind) && known.value == id.value && known.system == "urn:oid:" + id.oid;
      });
    });
    if (!same) continue;
    for (const info_line& line : lines_of(header->entry)) read_line(line, into);
  }
}

}  // namespace

std::vector<info_line> lines_of(const document_entry& of) {
  std::vector<info_line> lines;
  for (const sourced& value : of.source_patient_info) {
    const std::size_t bar = value.text.find('|');
    if (bar == std::string::npos) continue;
    info_line line{std::string(trim(std::string_view(value.text).substr(0, bar))), value};
    line.value.text = value.text.substr(bar + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

facts::patient patient_of(const package& what, link from) {
  facts::patient patient;
  for (const package_document& document : what.documents)
    for (const info_line& line : lines_of(document.entry)) read_line(line, patient);
  if (patient.family.empty()) patient.family = patient.birth_family;
  bool has_ins = false;
  each_identifier(what, [&](const identifier& id, const std::string&) {
    facts::identifier found{id.oid.empty() ? "" : "urn:oid:" + id.oid, id.value, identifier_kind_of(id.oid)};
    const bool known = std::any_of(patient.identifiers.begin(), patient.identifiers.end(), [&](const auto& other) {
      return other.system == found.system && other.value == found.value;
    });
    if (known) return;
    has_ins = has_ins || is_ins(found.kind);
    patient.identifiers.push_back(std::move(found));
  });
  if (from == link::trusted && has_ins) read_traits_of_documents(what, patient);
  // As for a CDA: nothing carries a status, so an INS with its five traits is as good as the link that brought it.
  if (has_ins && has_five_traits(patient))
    patient.identity_status =
        from == link::trusted ? facts::identity_status::qualified : facts::identity_status::retrieved;
  return patient;
}

void check_patient(const package& what, findings& found) {
  std::vector<identifier> seen;
  each_identifier(what, [&](const identifier& id, const std::string& location) {
    const bool ins = is_ins(identifier_kind_of(id.oid));
    for (const identifier& other : seen) {
      const bool comparable = ins ? is_ins(identifier_kind_of(other.oid)) : other.oid == id.oid && !id.oid.empty();
      if (comparable && (other.value != id.value || other.oid != id.oid)) {
        found.add(finding::two_patients, location);
        return;
      }
    }
    seen.push_back(id);
  });
}

std::string document_id(std::string_view unique_id) {
  unique_id = trim(unique_id);
  if (is_oid(unique_id)) return "urn:oid:" + std::string(unique_id);
  if (is_uuid(unique_id)) return "urn:uuid:" + lower(unique_id);
  return std::string(unique_id);
}

link link_of(const call& request) {
  rapidjson::Document options;
  options.Parse<rapidjson::kParseIterativeFlag>(request.options().endpoint.data(), request.options().endpoint.size());
  if (options.HasParseError() || !options.IsObject()) return link::unknown;
  const auto found = options.FindMember("trusted");
  return found != options.MemberEnd() && found->value.IsTrue() ? link::trusted : link::unknown;
}

}  // namespace liaison::xdm
