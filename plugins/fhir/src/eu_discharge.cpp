// SPDX-License-Identifier: Apache-2.0
// HL7 Europe hospital discharge report: LOINC 34105-7 beside the national type, a stay, the sections by the codes of
// the guide beside those of CI-SIS, and the hospital course always.
#include "profile_writers.hpp"
#include "tree_edit.hpp"

#include <liaison/common/pivot.hpp>

#include <array>

namespace liaison::fhir {
namespace {

constexpr std::string_view hdr = "http://hl7.eu/fhir/hdr/StructureDefinition/";
constexpr std::string_view hospital_course = "8648-8";

struct section_row {
  std::string_view french, european, display;
};
constexpr std::array section_rows = {
    section_row{"42349-1", "46239-0", "Chief complaint and reason for visit Narrative"},
    section_row{"42545-4", hospital_course, "Hospital course note"},
    section_row{"18610-6", "87232-5", "Medication administration.brief"},
    section_row{"10183-2", "75311-1", "Discharge medications Narrative"},
    section_row{"55108-5", "77599-9", "Additional documentation"}};

bool has_code(const tree& of, node_id concept_node, std::string_view code) {
  bool found = false;
  of.each(of.child(concept_node, "coding"), [&](node_id one) { found = found || of.text(one, "code") == code; });
  return found;
}

/// Beside the national code, which stays.
void put_coding(tree& in, node_id concept_node, std::string_view code, std::string_view display) {
  const node_id list = ensure(in, concept_node, "coding", kind::array);
  const node_id coding = in.add(list, {}, kind::object);
  add_text(in, coding, "system", "http://loinc.org");
  add_text(in, coding, "code", code);
  add_text(in, coding, "display", display);
}

class discharge_report {
 public:
  explicit discharge_report(const profile_context& in) : in_(in), tree_(in.pivot) {}

  bool run() {
    const bundle_view bundle(tree_);
    composition_ = bundle.first("Composition");
    if (composition_ == none) {
      in_.request.report(severity::error, "fhir-eu-hdr-no-document", "Bundle", "there is no discharge letter to write");
      return false;
    }
    const node_id type = ensure(tree_, composition_, "type", kind::object);
    if (!has_code(tree_, type, "34105-7")) {
      put_coding(tree_, type, "34105-7", "Hospital Discharge summary");
      in_.ledger.added(tree_.pointer(type) + "/coding", "34105-7", "the type of an EU hospital discharge report");
    }
    stay();
    sections();
    claim_profile(tree_, 0, std::string(hdr) + "bundle-eu-hdr");
    claim_profile(tree_, composition_, std::string(hdr) + "composition-eu-hdr");
    return true;
  }

 private:
  void stay() {
    if (tree_.child(composition_, "encounter") != none) return;
    const std::string url = "urn:uuid:" + uuid_v5(in_.seed + "/stay");
    const node_id made = add_entry(tree_, url, "Encounter");
    add_text(tree_, made, "status", "unknown");
    const node_id act = tree_.add(made, "class", kind::object);
    add_text(tree_, act, "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
    add_text(tree_, act, "code", "IMP");
    if (const node_id subject = tree_.child(composition_, "subject"); subject != none)
      copy_node(tree_, subject, made, "subject");
    add_reference(tree_, composition_, "encounter", url);
    in_.ledger.added(tree_.pointer(made), "Encounter", "an EU hospital discharge report names the stay");
  }

  void sections() {
    bool course = false;
    tree_.each(tree_.child(composition_, "section"), [&](node_id section) {
      const node_id code = tree_.child(section, "code");
      for (const section_row& row : section_rows) {
        if (code == none || !has_code(tree_, code, row.french) || has_code(tree_, code, row.european)) continue;
        if (row.european == hospital_course && course) continue;
        put_coding(tree_, code, row.european, row.display);
        in_.ledger.added(tree_.pointer(code) + "/coding", row.european,
                         "the section of an EU hospital discharge report");
      }
      course = course || (code != none && has_code(tree_, code, hospital_course));
    });
    if (!course) add_course();
  }

  /// The one section that the guide requires. A letter without parts says it as a whole.
  void add_course() {
    const node_id list = ensure(tree_, composition_, "section", kind::array);
    const node_id only = tree_[list].first;
    if (only != none && tree_[only].next == none && tree_.child(only, "text") != none) {
      put_coding(tree_, ensure(tree_, only, "code", kind::object), hospital_course, "Hospital course note");
      in_.ledger.added(tree_.pointer(only) + "/code", hospital_course, "the letter as a whole is its hospital course");
      return;
    }
    const node_id made = tree_.add(list, {}, kind::object);
    add_text(tree_, made, "title", "Hospital course");
    add_concept(tree_, made, "code", "http://loinc.org", hospital_course, "Hospital course note");
    const node_id text = tree_.add(made, "text", kind::object);
    add_text(tree_, text, "status", "empty");
    add_text(tree_, text, "div", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Non renseigné</p></div>");
    add_concept(tree_, made, "emptyReason", "http://terminology.hl7.org/CodeSystem/list-empty-reason", "unavailable");
    in_.ledger.added(tree_.pointer(made), hospital_course, "an EU hospital discharge report has this section");
  }

  const profile_context& in_;
  tree& tree_;
  node_id composition_ = none;
};

}  // namespace

bool write_eu_discharge(const profile_context& in) { return discharge_report(in).run(); }

}  // namespace liaison::fhir
