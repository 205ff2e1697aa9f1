// SPDX-License-Identifier: Apache-2.0
#include "render.hpp"

#include "facts.hpp"
#include "people.hpp"
#include "results.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <unordered_set>

namespace liaison::fhir {
namespace {

constexpr unsigned sections_depth_max = 16;

class renderer {
 public:
  explicit renderer(const bundle_view& of) : bundle_(of), tree_(of.source()) {}

  std::string run() {
    const facts::message_facts found = extract_facts(bundle_, result_values::counted, {});
    line(found.document.title.empty() ? found.document.type.display : found.document.title);
    if (!found.document.created.empty()) line("Date : " + french_from_iso_date(found.document.created));
    for (const auto& patient : found.patients) line("Patient : " + name_of(patient));
    for (const auto& author : found.authors)
      line("Auteur : " + author.name +
           (author.organization.empty() || author.organization == author.name ? "" : ", " + author.organization));
    for (const auto& recipient : found.recipients) line("Destinataire : " + recipient.name);
    const node_id composition = bundle_.first("Composition");
    if (composition != none) {
      sections(tree_.child(composition, "section"), 0);
    } else {
      narrative_of_resources();
    }
    remaining_results();
    return std::move(out_);
  }

 private:
  static std::string name_of(const facts::patient& patient) {
    std::string text = patient.family;
    if (!patient.birth_family.empty() && patient.birth_family != patient.family)
      text += " (" + patient.birth_family + ")";
    for (const auto& given : patient.given) text += " " + given;
    if (!patient.birth_date.empty()) text += ", " + french_from_iso_date(patient.birth_date);
    return text;
  }

  void line(std::string_view text) {
    if (text.empty()) return;
    out_.append(text).append("\n");
  }

  void paragraph(std::string_view text) {
    const std::string_view content = trim(text);
    if (content.empty()) return;
    out_.append("\n").append(content).append("\n");
  }

  void sections(node_id list, unsigned depth) {
    if (depth > sections_depth_max) return;
    tree_.each(list, [&](node_id section) {
      paragraph(tree_.text(section, "title"));
      const std::string_view narrative = tree_.text(section, "text/div");
      if (!narrative.empty()) paragraph(xhtml_text(narrative));
      tree_.each(tree_.child(section, "entry"), [&](node_id entry) {
        const node_id target = bundle_.resolve(entry);
        // A section's narrative tells its results; without one the results speak for themselves.
        if (narrative.empty()) {
          show(target, 0);
        } else {
          mark(target, 0);
        }
      });
      sections(tree_.child(section, "section"), depth + 1);
    });
  }

  void mark(node_id resource, unsigned depth) {
    if (resource == none || depth > sections_depth_max || !shown_.insert(resource).second) return;
    for (const std::string_view name : {"result", "hasMember"})
      tree_.each(tree_.child(resource, name), [&](node_id member) { mark(bundle_.resolve(member), depth + 1); });
  }

  void show(node_id resource, unsigned depth) {
    if (resource == none || depth > sections_depth_max || !shown_.insert(resource).second) return;
    const std::string_view type = tree_.type_of(resource);
    if (type == "Observation") {
      if (is_result(tree_, resource)) {
        result(resource, depth);
      } else {
        line(std::string(depth * 2, ' ') + value_facts(tree_, resource).label);
      }
      tree_.each(tree_.child(resource, "hasMember"), [&](node_id member) { show(bundle_.resolve(member), depth + 1); });
    } else if (type == "DiagnosticReport") {
      paragraph(value_facts(tree_, resource).label);
      tree_.each(tree_.child(resource, "result"), [&](node_id member) { show(bundle_.resolve(member), depth); });
      line(tree_.text(resource, "conclusion"));
    } else if (type == "DocumentReference") {
      line("[" + std::string(tree_.text(resource, "content/0/attachment/title")) + " " +
           std::string(tree_.text(resource, "content/0/attachment/contentType")) + "]");
    } else if (const auto div = tree_.text(resource, "text/div"); !div.empty()) {
      paragraph(xhtml_text(div));
    }
  }

  void result(node_id observation, unsigned depth) {
    print(value_facts(tree_, observation), depth);
    tree_.each(tree_.child(observation, "component"),
               [&](node_id part) { print(value_facts(tree_, part), depth + 1); });
    tree_.each(tree_.child(observation, "note"), [&](node_id note) { line(tree_.text(note, "text")); });
  }

  void print(const facts::value& of, unsigned depth) {
    std::string text(depth * 2, ' ');
    text += of.label.empty() ? of.code : of.label;
    if (!of.value.empty()) text += " : " + of.value;
    if (!of.unit.empty()) text += " " + of.unit;
    if (!of.low.empty() || !of.high.empty()) text += " [" + of.low + " - " + of.high + "]";
    if (!of.flag.empty() && of.flag != "N") text += " " + of.flag;
    line(text);
  }

  void narrative_of_resources() {
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none) continue;
      if (const auto div = tree_.text(entry.resource, "text/div"); !div.empty()) paragraph(xhtml_text(div));
    }
  }

  void remaining_results() {
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource == none) continue;
      const std::string_view type = tree_.type_of(entry.resource);
      if (type == "DiagnosticReport") show(entry.resource, 0);
    }
    for (const auto& entry : bundle_.entries()) {
      if (entry.resource != none && tree_.type_of(entry.resource) == "Observation") show(entry.resource, 0);
    }
  }

  const bundle_view& bundle_;
  const tree& tree_;
  std::unordered_set<node_id> shown_;
  std::string out_;
};

}  // namespace

std::string render_text(const bundle_view& of) { return renderer(of).run(); }

}  // namespace liaison::fhir
