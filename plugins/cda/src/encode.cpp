// SPDX-License-Identifier: Apache-2.0
// Which model the document follows, then header and body. The order of a CDA's elements is that of its schema.
#include "encode.hpp"

#include "datatypes.hpp"
#include "encode_parts.hpp"
#include "oids.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

struct display_row {
  std::string_view code, display;
};
constexpr std::array<display_row, 8> displays{{
    {"11502-2", "CR d'examens biologiques"},
    {"11490-0", "Lettre de liaison à la sortie d'un établissement de soins"},
    {"34112-3", "CR hospitalier (séjour)"},
    {"11488-4", "CR ou fiche de consultation ou de visite"},
    {"34874-8", "CR opératoire"},
    {"18748-4", "CR d'imagerie médicale"},
    {"15507-7", "CR de passage aux urgences"},
    {"60591-5", "Synthèse médicale"},
}};

bool has_results(const writing& w) { return w.pivot.find_first("DiagnosticReport") != nullptr; }

document_model model_of(const writing& w) {
  document_model model;
  const std::string type = writing::text(w.composition, "type/coding/0/code");
  const std::string& profile = w.of.options().profile;
  const bool laboratory = type == "11502-2" && has_results(w);
  const bool discharge =
      (type == "11490-0" || type == "34105-7") && writing::find(w.composition, "section/1") != nullptr;
  if (profile != "ci-sis-n1" && (laboratory || discharge || profile == "ci-sis-n3")) {
    model.is_level_1 = false;
    if (laboratory) {
      // The PDF copy is mandatory since 2024.01: without one, the model before it.
      model.templates = {{"1.3.6.1.4.1.19376.1.3.3", ""},
                         {"1.2.250.1.213.1.1.1.55", main_file(w) != nullptr ? "2024.01" : "2023.01"}};
      model.fixed_title = "Compte rendu d'examens biologiques";
      model.act_code = "26436-6";
      model.act_display = "Examens de laboratoire";
      model.act_system = oid_loinc;
      model.is_laboratory = true;
    } else if (discharge) {
      model.templates = {{"1.2.250.1.213.1.1.1.29", "2022.01"}};
      model.act_code = "IMP";
      model.act_display = "Hospitalisation";
      model.act_system = "2.16.840.1.113883.5.4";
    }
    return model;
  }
  model.templates = {{"1.3.6.1.4.1.19376.1.2.20", ""}};
  return model;
}

/// References, ids of entries and the names of extensions are said by where things stand in a CDA.
void mark_structure(pivot_reader& pivot) {
  std::vector<const json_value*> open{&pivot.bundle()};
  while (!open.empty()) {
    const json_value* node = open.back();
    open.pop_back();
    if (node->IsObject()) {
      for (const auto& member : node->GetObject()) {
        const std::string_view name(member.name.GetString(), member.name.GetStringLength());
        if (member.value.IsObject() || member.value.IsArray()) {
          open.push_back(&member.value);
        } else if (name == "resourceType" || name == "fullUrl" || name == "reference") {
          pivot.envelope(&member.value, "");
        } else if (name == "url" && member.value.IsString() &&
                   std::string_view(member.value.GetString(), member.value.GetStringLength()).starts_with("http")) {
          pivot.envelope(&member.value, "");
        }
      }
    } else if (node->IsArray()) {
      for (const auto& element : node->GetArray()) {
        open.push_back(&element);
      }
    }
  }
  pivot.envelope(&pivot.bundle(), "type");
}

}  // namespace

std::string_view type_display(std::string_view code) {
  for (const display_row& row : displays) {
    if (row.code == code) {
      return row.display;
    }
  }
  return {};
}

liaison_status encode_document(const call& of) {
  account book;
  account* ledger = of.options().account ? &book : nullptr;
  if (const auto wrong = pivot_writer::check_bundle(of.input())) {
    of.report(severity::error, "cda-pivot-unreadable", "/", *wrong);
    return LIAISON_REJECT;
  }
  pivot_reader pivot(of.input(), ledger);
  xml_out out(ledger);
  narrative_state narrative;
  writing w{of, pivot, ledger, out, narrative, pivot.find_first("Composition"), nullptr, {}, false, false};
  if (w.composition == nullptr) {
    of.report(severity::error, "cda-no-document", "/entry",
              "only a document can be written as CDA, and this is an event");
    return LIAISON_UNSUPPORTED;
  }
  std::size_t compositions = 0;
  for (std::size_t i = 0; i < pivot.entry_count(); ++i) {
    compositions += writing::text(&pivot.resource(i), "resourceType") == "Composition" ? 1U : 0U;
  }
  if (compositions > 1) {
    of.report(severity::error, "cda-several-documents", "/entry", "a CDA holds one document, and this holds several");
    return LIAISON_UNSUPPORTED;
  }
  w.patient = w.resolve(w.composition, "subject");
  if (w.patient == nullptr) {
    of.report(severity::error, "cda-patient-missing", "/entry/0/resource/subject", "the document names no patient");
    return LIAISON_REJECT;
  }
  std::string date = writing::text(w.composition, "date");
  date = date.empty() ? of.options().now : date;
  w.created = hl7_from_fhir(date, hl7_zone::keep).value_or("");
  if (w.created.empty()) {
    of.report(severity::error, "cda-date-missing", "/entry/0/resource/date",
              "neither the document nor the call states a date");
    return LIAISON_REJECT;
  }
  mark_structure(pivot);
  const document_model model = model_of(w);
  w.laboratory = model.is_laboratory;
  out.open("ClinicalDocument");
  out.attribute("xmlns", "urn:hl7-org:v3").attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
  out.attribute("xmlns:sdtc", "urn:hl7-org:sdtc");
  if (model.is_laboratory) {
    out.attribute("xmlns:lab", "urn:oid:1.3.6.1.4.1.19376.1.3.2");
  }
  write_document_header(w, model);
  if (model.is_level_1) {
    const liaison_status status = write_level_1_body(w);
    if (status != LIAISON_OK) {
      return status;
    }
  } else {
    write_level_3_body(w, model);
  }
  out.close();
  of.emit(LIAISON_PART_DOCUMENT, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + out.take() + "\n", "application/xml",
          nullptr, "cda");
  if (ledger != nullptr) {
    of.emit(LIAISON_PART_ACCOUNT, book.to_json(), "application/json");
  }
  return LIAISON_OK;
}

}  // namespace liaison::cda
