// SPDX-License-Identifier: Apache-2.0
// HL7 Europe laboratory report: one Composition and one DiagnosticReport that name each other, results as Observations
// with category, subject, time and performer, units by UCUM. Several reports of the pivot become panels of one.
#include "profile_writers.hpp"
#include "tree_edit.hpp"

#include <liaison/common/pivot.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace liaison::fhir {
namespace {

constexpr std::size_t members_max = 200;  ///< of a panel that are asked for their time
constexpr std::string_view lab = "http://hl7.eu/fhir/laboratory/StructureDefinition/";

std::string_view observation_status(std::string_view of_report) {
  if (of_report == "partial") return "preliminary";
  if (of_report == "appended") return "amended";
  return of_report;
}

std::string_view report_status(std::string_view of_composition) {
  return of_composition == "entered-in-error" || of_composition == "preliminary" || of_composition == "amended"
             ? of_composition
             : "final";
}

class laboratory_report {
 public:
  explicit laboratory_report(const profile_context& in) : in_(in), tree_(in.pivot), bundle_(in.pivot) {}

  bool run() {
    composition_ = bundle_.first("Composition");
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none) continue;
      if (tree_.type_of(entry.resource) == "DiagnosticReport") reports_.push_back(entry.resource);
      if (tree_.type_of(entry.resource) == "Observation") results_.push_back(entry.resource);
    }
    if (composition_ == none || (reports_.empty() && results_.empty())) {
      in_.request.report(severity::error, "fhir-eu-lab-no-report", "Bundle", "there is no laboratory report to write");
      return false;
    }
    subject_ = tree_.child(composition_, "subject");
    report_ = reports_.size() == 1 ? reports_.front() : one_report();
    files();
    sections(composition_, 0);
    link();
    performer_ = find_performer();
    for (const node_id result : results_) observation(result);
    people();
    claim_profile(tree_, 0, std::string(lab) + "Bundle-eu-lab");
    claim_profile(tree_, composition_, std::string(lab) + "Composition-eu-lab");
    claim_profile(tree_, report_, std::string(lab) + "DiagnosticReport-eu-lab");
    return true;
  }

 private:
  void added(node_id at, std::string_view value, std::string_view reason) {
    in_.ledger.added(tree_.pointer(at), value, reason);
  }

  node_id resolved(node_id reference) const { return bundle_.resolve(reference); }

  /// None or several: a report about the whole document, the others become panels of it.
  node_id one_report() {
    std::vector<std::string> panels;
    for (const node_id report : reports_) {
      panel(report);
      panels.emplace_back(full_url_of(tree_, report));
      results_.push_back(report);
    }
    if (panels.empty()) {
      for (const node_id result : results_) panels.emplace_back(full_url_of(tree_, result));
    }
    const std::string url = "urn:uuid:" + uuid_v5(in_.seed + "/report");
    const node_id made = add_entry(tree_, url, "DiagnosticReport");
    add_text(tree_, made, "status", report_status(tree_.text(composition_, "status")));
    if (const node_id type = tree_.child(composition_, "type"); type != none) copy_node(tree_, type, made, "code");
    if (const node_id date = tree_.child(composition_, "date"); date != none)
      copy_node(tree_, date, made, "effectiveDateTime");
    const node_id list = tree_.add(made, "result", kind::array);
    for (const std::string& panel_url : panels) add_reference(tree_, list, {}, panel_url);
    in_.ledger.added(tree_.pointer(made), "DiagnosticReport",
                     "an EU laboratory report has exactly one DiagnosticReport");
    return made;
  }

  void panel(node_id report) {
    tree_.at(tree_.child(report, "resourceType")).text = "Observation";
    const node_id status = tree_.child(report, "status");
    if (status != none) tree_.at(status).text = observation_status(tree_[status].text);
    for (node_id id = tree_[report].first; id != none;) {
      const node_id next = tree_[id].next;
      const std::string_view name = tree_[id].name;
      if (name == "result") {
        tree_.at(id).name = "hasMember";
      } else if (name == "conclusion") {
        const node_id note = tree_.add(ensure(tree_, report, "note", kind::array), {}, kind::object);
        add_text(tree_, note, "text", tree_[id].text);
        in_.where.copied(id, tree_.pointer(note) + "/text");
        tree_.detach(id);
      } else if (name == "specimen" && !tree_.is_array(id)) {
        break;  // the one made below: nothing of the report follows it
      } else if (name == "specimen" && tree_.child_count(id) == 1) {
        const node_id only = tree_[id].first;
        copy_node(tree_, only, report, "specimen");
        tree_.detach(id);
      } else if (name == "specimen" || name == "resultsInterpreter" || name == "imagingStudy" || name == "media" ||
                 name == "conclusionCode" || name == "presentedForm") {
        in_.drop(id, "a panel of an EU laboratory report has no place for it");
      }
      id = next;
    }
  }

  /// A PDF copy goes into the report (presentedForm); the section that showed it goes.
  void files() {
    std::vector<node_id> gone;
    tree_.each(tree_.child(composition_, "section"), [&](node_id section) {
      tree_.each(tree_.child(section, "entry"), [&](node_id entry) {
        const node_id file = resolved(entry);
        if (tree_.type_of(file) != "DocumentReference") return;
        const node_id attachment = tree_.find(file, "content/0/attachment");
        const node_id binary = bundle_.resolve_url(tree_.text(attachment, "url"));
        if (attachment == none || binary == none) return;
        const node_id form = tree_.add(ensure(tree_, report_, "presentedForm", kind::array), {}, kind::object);
        for (const std::string_view name : {"contentType", "language", "size", "hash", "title", "creation"}) {
          if (const node_id value = tree_.child(attachment, name); value != none) {
            copy_node(tree_, value, form, name);
            in_.where.copied(value, tree_.pointer(form) + "/" + std::string(name));
          }
        }
        const node_id data = tree_.child(binary, "data");
        if (data != none) {
          copy_node(tree_, data, form, "data");
          in_.where.copied(data, tree_.pointer(form) + "/data");
        }
        gone.push_back(tree_[file].parent);
        gone.push_back(tree_[binary].parent);
        gone.push_back(entry);
      });
    });
    for (const node_id id : gone) in_.drop(id, "the file stands in DiagnosticReport.presentedForm");
  }

  /// Every section has title and code; results or subsections, not both; entries are results.
  void sections(node_id holder, unsigned depth) {
    const node_id list = tree_.child(holder, "section");
    for (node_id id = list == none ? none : tree_[list].first; id != none;) {
      const node_id next = tree_[id].next;
      entries(id);
      if (const node_id inner = tree_.child(id, "section"); inner != none && depth < 2) {
        if (tree_.child(id, "text") != none || tree_.child(id, "entry") != none) own_content_below(id, inner);
        sections(id, depth + 1);
      }
      if (tree_.child(id, "text") == none && tree_.child(id, "entry") == none && tree_.child(id, "section") == none) {
        in_.drop(id, "a section without content");
      } else {
        name_section(id);
        if (tree_.child(id, "entry") == none && tree_.child(id, "section") == none) annotation(id);
      }
      id = next;
    }
    if (list != none && tree_[list].first == none) tree_.detach(list);
    if (depth == 0 && tree_.child(holder, "section") == none) section_of_all(holder);
  }

  void entries(node_id section) {
    const node_id list = tree_.child(section, "entry");
    if (list == none) return;
    for (node_id id = tree_[list].first; id != none;) {
      const node_id next = tree_[id].next;
      const node_id target = resolved(id);
      if (target == report_) {
        tree_.detach(id);
        tree_.each(tree_.child(report_, "result"), [&](node_id result) { copy_node(tree_, result, list, {}); });
      } else if (tree_.type_of(target) != "Observation") {
        in_.drop(id, "a section of an EU laboratory report shows results only");
      }
      id = next;
    }
    if (tree_[list].first == none) tree_.detach(list);
  }

  void own_content_below(node_id section, node_id inner) {
    const node_id made = tree_.add(inner, {}, kind::object);
    for (const std::string_view name : {"title", "code"}) {
      if (const node_id id = tree_.child(section, name); id != none) copy_node(tree_, id, made, name);
    }
    for (const std::string_view name : {"text", "entry"}) {
      const node_id id = tree_.child(section, name);
      if (id == none) continue;
      copy_node(tree_, id, made, name);
      in_.where.copied(id, tree_.pointer(made) + "/" + std::string(name));
      tree_.detach(id);
    }
  }

  void name_section(node_id section) {
    const node_id code = tree_.child(section, "code");
    if (code == none) {
      added(add_concept(tree_, section, "code", "http://loinc.org", "26436-6", "Laboratory studies (set)"), "26436-6",
            "a section of an EU laboratory report has a code");
    }
    if (!tree_.text(section, "title").empty()) return;
    std::string_view title = tree_.text(code, "text");
    if (title.empty()) title = tree_.text(code, "coding/0/display");
    if (title.empty()) title = "Résultats";
    added(add_text(tree_, section, "title", title), title, "a section of an EU laboratory report has a title");
  }

  /// Text without results is an annotation; its own code stays beside.
  void annotation(node_id section) {
    const node_id code = tree_.child(section, "code");
    bool there = false;
    tree_.each(tree_.child(code, "coding"),
               [&](node_id one) { there = there || tree_.text(one, "code") == "48767-8"; });
    if (there) return;
    const node_id coding = tree_.add(ensure(tree_, code, "coding", kind::array), {}, kind::object);
    add_text(tree_, coding, "system", "http://loinc.org");
    added(add_text(tree_, coding, "code", "48767-8"), "48767-8", "text without results is an annotation");
  }

  void section_of_all(node_id holder) {
    const node_id section = tree_.add(tree_.add(holder, "section", kind::array), {}, kind::object);
    const node_id list = tree_.add(section, "entry", kind::array);
    tree_.each(tree_.child(report_, "result"), [&](node_id result) { copy_node(tree_, result, list, {}); });
    name_section(section);
  }

  /// dr-comp-identifier, -type, -category, -subj, -enc: whole elements are compared, so the very same are copied.
  void link() {
    const auto mirror = [&](std::string_view name) {
      const node_id theirs = tree_.child(report_, name), ours = tree_.child(composition_, name);
      if (ours != none && theirs != none && same_content(tree_, ours, theirs)) return;
      if (ours != none) {
        if (theirs != none) tree_.detach(theirs);
        copy_node(tree_, ours, report_, name);
      } else if (theirs != none) {
        copy_node(tree_, theirs, composition_, name);
      }
    };
    mirror("subject");
    mirror("encounter");
    subject_ = tree_.child(composition_, "subject");
    identifiers();
    codings(tree_.child(composition_, "type"), ensure(tree_, report_, "code", kind::object));
    categories();
    const node_id to_report =
        add_extension(tree_, composition_, std::string(lab) + "composition-diagnosticReportReference");
    add_reference(tree_, to_report, "valueReference", full_url_of(tree_, report_));
    const node_id back = add_extension(
        tree_, report_, "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition");
    add_reference(tree_, back, "valueReference", full_url_of(tree_, composition_));
  }

  void identifiers() {
    const node_id ours = tree_.child(composition_, "identifier");
    const node_id theirs = tree_.child(report_, "identifier");
    if (ours == none) {
      if (theirs != none && tree_[theirs].first != none)
        copy_node(tree_, tree_[theirs].first, composition_, "identifier");
      return;
    }
    if (theirs != none && share_element(tree_, ours, theirs)) return;
    copy_node(tree_, ours, ensure(tree_, report_, "identifier", kind::array), {});
  }

  void codings(node_id ours, node_id theirs) {
    if (ours == none) return;
    const node_id from = tree_.child(ours, "coding");
    if (from == none) {
      added(add_concept(tree_, ours, "x", "http://loinc.org", "11502-2"), "11502-2",
            "an EU laboratory report has a type");
      const node_id made = tree_.child(ours, "x");
      tree_.detach(made);
      copy_node(tree_, tree_.child(made, "coding"), ours, "coding");
    }
    const node_id list = ensure(tree_, theirs, "coding", kind::array);
    if (share_element(tree_, tree_.child(ours, "coding"), list)) return;
    std::vector<node_id> copied;
    tree_.each(tree_.child(ours, "coding"), [&](node_id one) { copied.push_back(one); });
    for (const node_id one : copied) copy_node(tree_, one, list, {});
  }

  void categories() {
    const node_id ours = tree_.child(composition_, "category"), theirs = tree_.child(report_, "category");
    if (ours == none && theirs == none) return;
    const node_id from = ours != none ? ours : theirs;
    const node_id into = ours != none ? report_ : composition_;
    std::vector<node_id> concepts;
    tree_.each(from, [&](node_id one) { concepts.push_back(one); });
    const node_id list = ensure(tree_, into, "category", kind::array);
    for (const node_id one : concepts) copy_node(tree_, one, list, {});
  }

  std::string find_performer() const {
    std::string found;
    const auto take = [&](node_id reference) {
      constexpr std::array allowed = {"Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson"};
      const std::string_view type = tree_.type_of(resolved(reference));
      if (found.empty() && std::ranges::find(allowed, type) != allowed.end())
        found = tree_.text(reference, "reference");
    };
    tree_.each(tree_.child(report_, "performer"), take);
    tree_.each(tree_.child(composition_, "author"), take);
    tree_.each(tree_.child(composition_, "custodian"), take);
    return found;
  }

  void observation(node_id id) {
    bool laboratory = false;
    tree_.each(tree_.child(id, "category"),
               [&](node_id one) { laboratory = laboratory || tree_.text(one, "coding/0/code") == "laboratory"; });
    if (!laboratory)
      add_concept(tree_, ensure(tree_, id, "category", kind::array), {},
                  "http://terminology.hl7.org/CodeSystem/observation-category", "laboratory");
    if (tree_.text(id, "subject/reference").empty() && subject_ != none) {
      if (const node_id old = tree_.child(id, "subject"); old != none) tree_.detach(old);
      copy_node(tree_, subject_, id, "subject");
    }
    if (!has_value_of(tree_, id, "effective")) time(id);
    if (tree_.child(id, "performer") == none) {
      const node_id list = tree_.add(id, "performer", kind::array);
      if (!performer_.empty()) {
        add_reference(tree_, list, {}, performer_);
      } else {
        add_absent(tree_, list, {});
      }
    }
    const std::string_view status = tree_.text(id, "status");
    const bool says = has_value_of(tree_, id, "value") || tree_.child(id, "hasMember") != none ||
                      tree_.child(id, "component") != none || tree_.child(id, "dataAbsentReason") != none;
    if (!says && status != "registered" && status != "cancelled")
      add_concept(tree_, id, "dataAbsentReason", "http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown");
    unit(tree_.child(id, "valueQuantity"));
    tree_.each(tree_.child(id, "component"), [&](node_id part) {
      if (!has_value_of(tree_, part, "value") && tree_.child(part, "dataAbsentReason") == none)
        add_concept(tree_, part, "dataAbsentReason", "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                    "unknown");
      unit(tree_.child(part, "valueQuantity"));
    });
    claim_profile(tree_, id, std::string(lab) + "Observation-resultslab-eu-lab");
  }

  /// When the result speaks of: when its specimen was taken, else what its members, then the report say.
  void time(node_id result) {
    const auto take = [&](node_id from, std::string_view prefix) {
      for (node_id id = from == none ? none : tree_[from].first; id != none; id = tree_[id].next) {
        const std::string_view name = tree_[id].name;
        if (name != std::string(prefix) + "DateTime" && name != std::string(prefix) + "Period") continue;
        const std::string_view as = name.ends_with("Period") ? "effectivePeriod" : "effectiveDateTime";
        added(copy_node(tree_, id, result, as), tree_[id].text,
              "an EU laboratory report says when; from the specimen or the report");
        return true;
      }
      return false;
    };
    if (take(tree_.child(bundle_.resolve(tree_.child(result, "specimen")), "collection"), "collected")) return;
    std::vector<node_id> members;
    tree_.each(tree_.child(result, "hasMember"), [&](node_id member) { members.push_back(bundle_.resolve(member)); });
    for (std::size_t i = 0; i < members.size() && i < members_max; ++i) {
      if (members[i] == none) continue;
      if (take(members[i], "effective")) return;
      if (take(tree_.child(bundle_.resolve(tree_.child(members[i], "specimen")), "collection"), "collected")) return;
      tree_.each(tree_.child(members[i], "hasMember"),
                 [&](node_id member) { members.push_back(bundle_.resolve(member)); });
    }
    if (take(report_, "effective")) return;
    add_absent(tree_, result, "_effectiveDateTime");
  }

  /// Quantity-eu-lab: UCUM always. A unit that is no code of it is an annotation in braces, none is the unity "1" (UCUM
  /// 6).
  void unit(node_id quantity) {
    if (quantity == none || tree_.text(quantity, "system") == "http://unitsofmeasure.org") return;
    std::string code = "1";
    if (const std::string_view text = tree_.text(quantity, "unit"); !text.empty()) {
      code = "{";
      for (const char c : text) code += c > 0x20 && c < 0x7F && c != '{' && c != '}' ? c : '_';
      code += '}';
    }
    for (const std::string_view name : {"system", "code"}) {
      if (const node_id old = tree_.child(quantity, name); old != none) in_.drop(old, "a quantity is coded in UCUM");
    }
    add_text(tree_, quantity, "system", "http://unitsofmeasure.org");
    added(add_text(tree_, quantity, "code", code), code, "an EU laboratory report codes its units in UCUM");
  }

  void people() {
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none) continue;
      const std::string_view type = tree_.type_of(entry.resource);
      if ((type == "Patient" || type == "Practitioner") && tree_.child(entry.resource, "name") == none)
        add_absent(tree_, tree_.add(entry.resource, "name", kind::array), {});
      if (type == "Patient" && !has_value_of(tree_, entry.resource, "birthDate"))
        add_absent(tree_, entry.resource, "_birthDate");
      if (type != "Specimen") continue;
      tree_.each(tree_.child(entry.resource, "container"), [&](node_id container) {
        for (const std::string_view name : {"additiveCodeableConcept", "additiveReference"}) {
          if (const node_id id = tree_.child(container, name); id != none)
            in_.drop(id, "an EU laboratory report has no additive of a container");
        }
      });
    }
  }

  const profile_context& in_;
  tree& tree_;
  const bundle_view bundle_;  ///< of the pivot as it came; what is added is named by its url only
  node_id composition_ = none, report_ = none, subject_ = none;
  std::vector<node_id> reports_, results_;
  std::string performer_;
};

}  // namespace

bool write_eu_laboratory(const profile_context& in) { return laboratory_report(in).run(); }

}  // namespace liaison::fhir
