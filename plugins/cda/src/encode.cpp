// SPDX-License-Identifier: Apache-2.0
// Which model the document follows, then header and body. The order of a CDA's elements is that of its schema.
#include "encode.hpp"

#include "cda_findings.hpp"
#include "datatypes.hpp"
#include "document_types.hpp"
#include "encode_parts.hpp"
#include "oids.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::cda {
namespace {

bool has_results(const writing& w) {
  for (std::size_t i = 0; i < w.pivot.entry_count(); ++i) {
    const json_value& report = w.pivot.resource(i);
    if (writing::text(&report, "resourceType") == "DiagnosticReport" && writing::find(&report, "result/0") != nullptr) {
      return true;
    }
  }
  return false;
}

/// Models with sections, by the type of the document.
struct model_row {
  std::string_view type;
  std::vector<document_model::model_template> templates;
  std::string_view act_code, act_display, act_system;
  std::vector<document_model::required_section> sections;
  std::vector<std::string_view> optional_sections;
};

const std::vector<model_row>& models() {
  static const std::vector<model_row> rows{
      {"11490-0",
       {{"1.2.250.1.213.1.1.1.29", "2022.01"}},
       "IMP",
       "Hospitalisation",
       "2.16.840.1.113883.5.4",
       {{"33557-0", "Statut du document"},
        {"42349-1", "Motif d'hospitalisation"},
        {"42545-4", "Synthèse médicale du séjour"},
        {"10183-2", "Traitements à la sortie"}},
       {"18610-6", "30954-2", "18776-5", "46264-8", "48765-2"}},
      {"60591-5",
       {{"2.16.840.1.113883.10.22.1.1", ""}, {"1.2.250.1.213.1.1.1.51", "2024.01"}},
       "",
       "",
       "",
       {{"10160-0", "Traitements"},
        {"48765-2", "Allergies et hypersensibilités"},
        {"11450-4", "Problèmes actifs"},
        {"47519-4", "Historique des actes"},
        {"46264-8", "Dispositifs médicaux"}},
       {"11348-0", "44939-7", "44944-7", "47420-5", "8716-3", "29762-2", "10161-8", "10157-6", "11369-6", "10162-6",
        "18776-5", "42348-3", "30954-2", "55107-7"}}};
  return rows;
}

/// Whether a section has a code of the model: a document of other sections is no instance of it.
bool follows(const writing& w, const model_row& row) {
  std::size_t sections = 0;
  for (; writing::item(w.composition, "section", sections) != nullptr; ++sections) {
    const std::string code = writing::text(writing::item(w.composition, "section", sections), "code/coding/0/code");
    for (const auto& required : row.sections) {
      if (required.code == code) {
        return true;
      }
    }
  }
  return sections > 1;
}

document_model model_of(const writing& w) {
  document_model model;
  const document_type* type = find_document_type(writing::text(w.composition, "type/coding/0/code"));
  const std::string& profile = w.of.options().profile;
  if (profile != "ci-sis-n1") {
    const bool laboratory = type == nullptr || type->code == "11502-2";
    if (laboratory && has_results(w)) {
      // The PDF copy is mandatory since 2024.01: without one, the model before it.
      model.templates = {{"1.3.6.1.4.1.19376.1.3.3", ""},
                         {"1.2.250.1.213.1.1.1.55", main_file(w) != nullptr ? "2024.01" : "2023.01"}};
      model.fixed_title = "Compte rendu d'examens biologiques";
      model.act_code = "26436-6";
      model.act_display = "Examens de laboratoire";
      model.act_system = oid_loinc;
      model.is_laboratory = true;
      model.optional_sections = {"42349-1", "11369-6"};
      model.is_level_1 = false;
      return model;
    }
    for (const model_row& row : models()) {
      if (type != nullptr && row.type == type->code && (profile == "ci-sis-n3" || follows(w, row))) {
        model.templates = row.templates;
        model.act_code = row.act_code;
        model.act_display = row.act_display;
        model.act_system = row.act_system;
        model.sections = row.sections;
        model.optional_sections = row.optional_sections;
        model.is_level_1 = false;
        return model;
      }
    }
    if (profile == "ci-sis-n3") {  // sections without a model
      model.is_level_1 = false;
      return model;
    }
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

bool document_model::has_section(std::string_view code) const {
  for (const required_section& required : sections) {
    if (required.code == code) {
      return true;
    }
  }
  return std::find(optional_sections.begin(), optional_sections.end(), code) != optional_sections.end();
}

liaison_status encode_document(const call& of) {
  account book(of.options().form_of_pivot());
  account* ledger = of.options().account ? &book : nullptr;
  if (const auto wrong = pivot_writer::check_bundle(of.input())) {
    tell(of, finding::pivot_unreadable, "/", *wrong);
    return LIAISON_REJECT;
  }
  pivot_reader pivot(of.input(), ledger);
  xml_out out(ledger);
  narrative_state narrative;
  writing w{of, pivot, ledger, out, narrative, pivot.find_first("Composition"), nullptr, {}};
  if (w.composition == nullptr) {
    tell(of, finding::no_document, "/entry");
    return LIAISON_UNSUPPORTED;
  }
  std::size_t compositions = 0;
  for (std::size_t i = 0; i < pivot.entry_count(); ++i) {
    compositions += writing::text(&pivot.resource(i), "resourceType") == "Composition" ? 1U : 0U;
  }
  if (compositions > 1) {
    tell(of, finding::several_documents, "/entry");
    return LIAISON_UNSUPPORTED;
  }
  w.patient = w.resolve(w.composition, "subject");
  if (w.patient == nullptr) {
    tell(of, finding::patient_missing, "/entry/0/resource/subject");
    return LIAISON_REJECT;
  }
  std::string date = writing::text(w.composition, "date");
  date = date.empty() ? of.options().now : date;
  w.created = hl7_from_fhir(date, hl7_zone::keep).value_or("");
  if (w.created.empty()) {
    tell(of, finding::date_missing, "/entry/0/resource/date");
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
  } else if (!model.is_level_1) {
    out.attribute("xmlns:pharm", "urn:ihe:pharm:medication");
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
    of.emit(book);
  }
  return LIAISON_OK;
}

}  // namespace liaison::cda
