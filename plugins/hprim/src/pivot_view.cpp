// SPDX-License-Identifier: Apache-2.0
// Walking a pivot: from Compositions to people, texts, results and files. No recursion; a reference that leads in
// circles or nowhere is left alone.
#include "pivot_view.hpp"

#include "result_text.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace liaison::hprim {
namespace {

constexpr std::size_t section_count_max = 4096;
constexpr std::size_t result_count_max = 200'000;

const json_value* find(const json_value* node, std::string_view path) { return pivot_reader::find(node, path); }
std::string text(const json_value* node, std::string_view path) { return pivot_reader::text(node, path); }
std::string type_of(const json_value* node) { return text(node, "resourceType"); }

std::size_t size_of(const json_value* list) { return list != nullptr && list->IsArray() ? list->Size() : 0; }
const json_value* at(const json_value* list, std::size_t i) { return &(*list)[static_cast<rapidjson::SizeType>(i)]; }

template <class Visit>
void each(const json_value* node, std::string_view path, Visit visit) {
  const json_value* list = find(node, path);
  for (std::size_t i = 0; i < size_of(list); ++i) visit(at(list, i));
}

const json_value* extension(const json_value* node, std::string_view url) {
  const json_value* found = nullptr;
  each(node, "extension", [&](const json_value* one) {
    if (found == nullptr && text(one, "url") == url) found = one;
  });
  return found;
}

std::vector<view_identifier> read_identifiers(const pivot_reader& pivot, const json_value* node) {
  std::vector<view_identifier> out;
  each(node, "identifier", [&](const json_value* one) {
    view_identifier made;
    made.value = pivot.get(one, "value");
    made.system = text(one, "system");
    made.type = text(one, "type/coding/0/code");
    if (!made.value.empty()) out.push_back(std::move(made));
  });
  return out;
}

/// Name of the wanted use; else null.
const json_value* name_with_use(const json_value* person, std::string_view use) {
  const json_value* found = nullptr;
  each(person, "name", [&](const json_value* one) {
    if (found == nullptr && text(one, "use") == use) found = one;
  });
  return found;
}

void read_names(const pivot_reader& pivot, const json_value* patient, view_person& out) {
  const json_value* official = name_with_use(patient, "official");
  const json_value* usual = name_with_use(patient, "usual");
  const json_value* first = find(patient, "name/0");
  const json_value* shown = usual != nullptr ? usual : (official != nullptr ? official : first);
  out.family = pivot.get(shown, "family");
  if (out.family.empty() && official != nullptr) out.family = pivot.get(official, "family");
  if (out.family.empty()) out.family = pivot.get(shown, "text");
  each(shown, "given", [&](const json_value* one) { out.given.push_back(pivot.get(one, "")); });
  out.prefix = pivot.get(shown, "prefix/0");
  if (official == nullptr) return;
  out.birth_family = pivot.get(official, "family");
  each(official, "given", [&](const json_value* one) { out.birth_given.push_back(pivot.get(one, "")); });
  if (out.given.empty()) out.given = out.birth_given;
}

}  // namespace

std::string view_party::text() const {
  std::string out;
  for (const sourced& word : name) {
    if (!out.empty() && !word.empty()) out += ' ';
    out += word.text;
  }
  if (!organization.empty() && organization.text != out)
    out += out.empty() ? organization.text : " - " + organization.text;
  return out;
}

view_person read_person(const pivot_reader& pivot, const json_value* patient) {
  view_person out;
  out.node = patient;
  if (patient == nullptr) return out;
  read_names(pivot, patient, out);
  out.birth_date = pivot.get(patient, "birthDate");
  out.gender = pivot.get(patient, "gender");
  const json_value* address = find(patient, "address/0");
  each(address, "line", [&](const json_value* one) { out.address_lines.push_back(pivot.get(one, "")); });
  out.postal_code = pivot.get(address, "postalCode");
  out.city = pivot.get(address, "city");
  out.country = pivot.get(address, "country");
  each(patient, "telecom", [&](const json_value* one) {
    const std::string system = pivot_reader::text(one, "system");
    if (system == "phone") out.phones.push_back(pivot.get(one, "value"));
    if (system == "email") out.mails.push_back(pivot.get(one, "value"));
  });
  out.identifiers = read_identifiers(pivot, patient);
  if (const json_value* place = find(extension(patient, extension_birth_place), "valueAddress")) {
    out.birth_place_code = pivot.get(extension(place, extension_insee_code), "valueCoding/code");
    out.birth_place_town = pivot.get(place, "city");
    out.birth_place_postal_code = pivot.get(place, "postalCode");
  }
  each(extension(patient, extension_identity_reliability), "extension", [&](const json_value* one) {
    if (pivot_reader::text(one, "url") == "identityStatus") out.identity_status = pivot.get(one, "valueCoding/code");
  });
  return out;
}

namespace {

void read_person_name(const pivot_reader& pivot, const json_value* person, std::vector<sourced>& out) {
  const json_value* name = find(person, "name/0");
  if (sourced whole = pivot.get(name, "text"); !whole.empty()) {
    out.push_back(std::move(whole));
    return;
  }
  each(name, "prefix", [&](const json_value* one) { out.push_back(pivot.get(one, "")); });
  if (sourced family = pivot.get(name, "family"); !family.empty()) out.push_back(std::move(family));
  each(name, "given", [&](const json_value* one) { out.push_back(pivot.get(one, "")); });
}

}  // namespace

view_party read_party(const pivot_reader& pivot, const json_value* reference) {
  view_party out;
  out.node = pivot.resolve(reference);
  if (out.node == nullptr) return out;
  const std::string type = type_of(out.node);
  if (type == "PractitionerRole") {
    const json_value* person = pivot.resolve(find(out.node, "practitioner"));
    const json_value* organization = pivot.resolve(find(out.node, "organization"));
    if (person != nullptr) read_person_name(pivot, person, out.name);
    if (organization != nullptr) out.organization = pivot.get(organization, "name");
    out.identifiers = read_identifiers(pivot, person != nullptr ? person : organization);
    return out;
  }
  if (type == "Organization") {
    if (sourced name = pivot.get(out.node, "name"); !name.empty()) out.name.push_back(std::move(name));
  } else if (type == "Device") {
    if (sourced name = pivot.get(out.node, "deviceName/0/name"); !name.empty()) out.name.push_back(std::move(name));
  } else {
    read_person_name(pivot, out.node, out.name);
  }
  out.identifiers = read_identifiers(pivot, out.node);
  return out;
}

namespace {

/// Coding that a laboratory's reader knows best: the local one, then LOINC, then any.
const json_value* best_coding(const json_value* concept_node) {
  const json_value* loinc = nullptr;
  const json_value* local = nullptr;
  const json_value* any = nullptr;
  each(concept_node, "coding", [&](const json_value* one) {
    const std::string system = text(one, "system");
    if (local == nullptr && system.starts_with(local_code_prefix)) local = one;
    if (loinc == nullptr && system == system_loinc) loinc = one;
    if (any == nullptr) any = one;
  });
  return local != nullptr ? local : (loinc != nullptr ? loinc : any);
}

void add(std::vector<sourced>& to, const sourced& value) {
  if (!value.empty()) to.push_back(value);
}

void read_concept(const pivot_reader& pivot, const json_value* node, view_quantity& out) {
  for (const std::string_view path :
       {std::string_view("text"), std::string_view("coding/0/display"), std::string_view("coding/0/code")}) {
    const sourced found = pivot.get(node, path);
    if (found.empty()) continue;
    out.text = found.text;
    out.sources.push_back(found);
    return;
  }
}

void read_quantity_value(const pivot_reader& pivot, const json_value* node, view_quantity& out) {
  const sourced number = pivot.get(node, "value");
  const sourced comparator = pivot.get(node, "comparator");
  out.unit_source = pivot.get(node, "unit");
  if (out.unit_source.empty()) out.unit_source = pivot.get(node, "code");
  out.number = number.text;
  out.comparator = comparator.text;
  out.unit = out.unit_source.text;
  add(out.sources, number);
  add(out.sources, comparator);
}

view_quantity read_value(const pivot_reader& pivot, const json_value* node) {
  view_quantity out;
  if (const json_value* quantity = find(node, "valueQuantity")) {
    read_quantity_value(pivot, quantity, out);
  } else if (const json_value* coded = find(node, "valueCodeableConcept")) {
    read_concept(pivot, coded, out);
  } else if (const json_value* boolean = find(node, "valueBoolean")) {
    out.sources.push_back(pivot.get(boolean, ""));
    out.text = out.sources.back().text == "true" ? "Oui" : "Non";
  } else if (const json_value* range = find(node, "valueRange")) {
    const sourced low = pivot.get(range, "low/value"), high = pivot.get(range, "high/value");
    out.text = low.text + " - " + high.text;
    out.unit_source = pivot.get(range, "low/unit");
    out.unit = out.unit_source.text;
    add(out.sources, low);
    add(out.sources, high);
  } else if (const json_value* ratio = find(node, "valueRatio")) {
    const sourced numerator = pivot.get(ratio, "numerator/value"), denominator = pivot.get(ratio, "denominator/value");
    out.text = numerator.text + "/" + denominator.text;
    add(out.sources, numerator);
    add(out.sources, denominator);
  } else {
    for (const std::string_view path : {std::string_view("valueString"), std::string_view("valueDateTime"),
                                        std::string_view("valueTime"), std::string_view("valueInteger")}) {
      const sourced found = pivot.get(node, path);
      if (found.empty()) continue;
      out.text = found.text;
      out.sources.push_back(found);
      break;
    }
    if (out.sources.size() == 1 && find(node, "valueInteger") != nullptr) std::swap(out.text, out.number);
  }
  const json_value* range = find(node, "referenceRange/0");
  out.low = pivot.get(range, "low/value");
  out.high = pivot.get(range, "high/value");
  if (out.low.empty() && out.high.empty()) out.range_text = pivot.get(range, "text");
  if ((out.low.empty() || out.high.empty()) && out.range_text.empty()) out.range_text = pivot.get(range, "text");
  return out;
}

std::string code_key(const json_value* concept_node) {
  const json_value* coding = best_coding(concept_node);
  return coding == nullptr ? text(concept_node, "text") : text(coding, "system") + "|" + text(coding, "code");
}

}  // namespace

view_result read_observation(const pivot_reader& pivot, const json_value* observation) {
  view_result out;
  out.node = observation;
  const json_value* coding = best_coding(find(observation, "code"));
  out.label = pivot.get(observation, "code/text");
  if (out.label.empty()) out.label = pivot.get(coding, "display");
  out.code = pivot.get(coding, "code");
  out.code_system = pivot.get(coding, "system");
  out.status = pivot.get(observation, "status");
  out.flag = pivot.get(observation, "interpretation/0/coding/0/code");
  out.issued = pivot.get(observation, "issued");
  if (out.issued.empty()) out.issued = pivot.get(observation, "effectiveDateTime");
  out.first = read_value(pivot, observation);
  each(observation, "note", [&](const json_value* one) { add(out.notes, pivot.get(one, "text")); });
  const std::string own = code_key(find(observation, "code"));
  each(observation, "component", [&](const json_value* one) {
    if (!out.second.empty() || code_key(find(one, "code")) != own) return;
    out.second = read_value(pivot, one);
  });
  return out;
}

namespace {

/// Components of other codes (systolic, diastolic) are results of their own.
void add_components(const pivot_reader& pivot, const json_value* observation, const view_result& parent,
                    std::vector<view_result>& results) {
  const std::string own = code_key(find(observation, "code"));
  each(observation, "component", [&](const json_value* one) {
    if (code_key(find(one, "code")) == own || results.size() >= result_count_max) return;
    view_result made = read_observation(pivot, one);
    made.node = one;
    made.status = parent.status;
    made.issued = parent.issued;
    made.report = parent.report;
    results.push_back(std::move(made));
  });
}

}  // namespace

void read_results(const pivot_reader& pivot, const json_value* report, std::vector<view_result>& results) {
  std::vector<const json_value*> open;
  std::unordered_set<const json_value*> seen;
  const auto push_all = [&](const json_value* node, std::string_view path) {
    const json_value* list = find(node, path);
    for (std::size_t i = size_of(list); i-- > 0;) {
      if (const json_value* target = pivot.resolve(at(list, i))) open.push_back(target);
    }
  };
  if (type_of(report) == "Observation") {
    open.push_back(report);
  } else {
    push_all(report, "result");
  }
  while (!open.empty() && results.size() < result_count_max) {
    const json_value* node = open.back();
    open.pop_back();
    if (type_of(node) != "Observation" || !seen.insert(node).second) continue;
    view_result made = read_observation(pivot, node);
    made.report = type_of(report) == "DiagnosticReport" ? report : nullptr;
    const bool battery = size_of(find(node, "hasMember")) > 0;
    const bool has_parts = size_of(find(node, "component")) > 0 && made.second.empty();
    if (!made.first.empty() || (!battery && !has_parts)) results.push_back(made);
    add_components(pivot, node, made, results);
    push_all(node, "hasMember");
  }
}

namespace {

class document_reader {
 public:
  explicit document_reader(const pivot_reader& pivot) : pivot_(pivot) {}

  view_document read(const json_value* composition, std::size_t composition_count) {
    view_document out;
    out.composition = composition;
    const json_value* subject = pivot_.resolve(find(composition, "subject"));
    out.patient = read_person(pivot_, subject != nullptr && type_of(subject) == "Patient" ? subject : nullptr);
    out.title = pivot_.get(composition, "title");
    out.date = pivot_.get(composition, "date");
    each(composition, "author", [&](const json_value* one) {
      if (out.author.node == nullptr) out.author = read_party(pivot_, one);
    });
    each(composition, "extension", [&](const json_value* one) {
      const std::string url = text(one, "url");
      if (url == extension_recipient) out.recipients.push_back(read_party(pivot_, find(one, "valueReference")));
      if (url == extension_sender) out.sender = read_party(pivot_, find(one, "valueReference"));
    });
    read_sections(composition, out);
    if (composition_count == 1) read_loose_reports(out);
    for (const json_value* report : out.reports) read_results(pivot_, report, out.results);
    return out;
  }

 private:
  void read_sections(const json_value* composition, view_document& out) {
    std::vector<const json_value*> open;
    const auto push_all = [&](const json_value* node) {
      const json_value* list = find(node, "section");
      for (std::size_t i = size_of(list); i-- > 0;) open.push_back(at(list, i));
    };
    push_all(composition);
    while (!open.empty() && out.sections.size() < section_count_max) {
      const json_value* node = open.back();
      open.pop_back();
      view_section made;
      made.node = node;
      made.title = pivot_.get(node, "title");
      const std::string div = text(node, "text/div");
      made.preformatted = div.find("<pre") != std::string::npos;
      made.text = xhtml_text(div);
      out.sections.push_back(std::move(made));
      each(node, "entry", [&](const json_value* one) { take_entry(pivot_.resolve(one), out); });
      push_all(node);
    }
  }

  void take_entry(const json_value* target, view_document& out) {
    if (target == nullptr || !taken_.insert(target).second) return;
    const std::string type = type_of(target);
    if (type == "DiagnosticReport") {
      out.reports.push_back(target);
      each(target, "presentedForm", [&](const json_value* one) { take_file(target, one, out); });
    } else if (type == "Observation") {
      out.reports.push_back(target);
    } else if (type == "DocumentReference") {
      each(target, "content", [&](const json_value* one) { take_file(target, find(one, "attachment"), out); });
    } else if (type == "Binary") {
      out.attachments.push_back({target, target, text(target, "contentType"), {}});
    }
  }

  void take_file(const json_value* owner, const json_value* attachment, view_document& out) {
    if (attachment == nullptr) return;
    const std::string url = text(attachment, "url");
    const json_value* binary = find(attachment, "data") != nullptr ? attachment : nullptr;
    if (binary == nullptr && !url.empty()) {
      if (const auto found = binaries().find(url); found != binaries_.end()) binary = found->second;
    }
    sourced title = pivot_.get(attachment, "title");
    if (title.empty()) title = pivot_.get(owner, "description");
    out.attachments.push_back({owner, binary, text(attachment, "contentType"), title});
  }

  /// Reports that no section shows still belong to the only document.
  void read_loose_reports(view_document& out) {
    for (std::size_t i = 0; i < pivot_.entry_count(); ++i) {
      const json_value& resource = pivot_.resource(i);
      const std::string type = type_of(&resource);
      if (type == "DiagnosticReport" || type == "DocumentReference") take_entry(&resource, out);
    }
  }

  /// Binary entries by their fullUrl.
  const std::unordered_map<std::string, const json_value*>& binaries() {
    if (!binaries_known_) {
      each(&pivot_.bundle(), "entry", [&](const json_value* one) {
        const json_value* resource = find(one, "resource");
        if (type_of(resource) == "Binary") binaries_.emplace(text(one, "fullUrl"), resource);
      });
      binaries_known_ = true;
    }
    return binaries_;
  }

  const pivot_reader& pivot_;
  std::unordered_set<const json_value*> taken_;
  std::unordered_map<std::string, const json_value*> binaries_;
  bool binaries_known_ = false;
};

}  // namespace

std::vector<view_document> documents_of(const pivot_reader& pivot) {
  std::vector<const json_value*> compositions;
  for (std::size_t i = 0; i < pivot.entry_count(); ++i) {
    if (type_of(&pivot.resource(i)) == "Composition") compositions.push_back(&pivot.resource(i));
  }
  std::vector<view_document> out;
  for (const json_value* composition : compositions) {
    out.push_back(document_reader(pivot).read(composition, compositions.size()));
  }
  return out;
}

void account_for_structure(pivot_reader& pivot) {
  const json_value& bundle = pivot.bundle();
  pivot.envelope(&bundle, "resourceType");
  pivot.envelope(&bundle, "type");
  std::vector<const json_value*> open;
  each(&bundle, "entry", [&](const json_value* one) {
    pivot.envelope(one, "fullUrl");
    pivot.envelope(one, "resource/resourceType");
    if (const json_value* resource = find(one, "resource")) open.push_back(resource);
  });
  while (!open.empty()) {
    const json_value* node = open.back();
    open.pop_back();
    if (node->IsArray()) {
      for (const auto& one : node->GetArray()) open.push_back(&one);
      continue;
    }
    if (!node->IsObject()) continue;
    pivot.envelope(node, "reference");
    if (find(node, "url") != nullptr && (find(node, "valueString") != nullptr || find(node, "extension") != nullptr ||
                                         find(node, "valueReference") != nullptr))
      pivot.envelope(node, "url");
    if (text(node, "url") == "location") pivot.envelope(node, "valueString");
    for (const auto& member : node->GetObject()) {
      if (member.value.IsObject() || member.value.IsArray()) open.push_back(&member.value);
    }
  }
}

}  // namespace liaison::hprim
