// SPDX-License-Identifier: Apache-2.0
// Procedures, requests, goals, devices, visits and family history as acts.
#include "datatypes.hpp"
#include "encode_entries.hpp"
#include "oids.hpp"

#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

const json_value* our_extension(const json_value* resource, std::string_view name) {
  return writing::extension(resource, std::string(extension_base) + std::string(name));
}

}  // namespace

void write_procedure_act(const entry_scope& at, const json_value* resource) {
  static constexpr std::array<status_pair, 6> statuses{{{"completed", "completed"},
                                                        {"in-progress", "active"},
                                                        {"stopped", "aborted"},
                                                        {"not-done", "completed"},
                                                        {"on-hold", "suspended"},
                                                        {"preparation", "active"}}};
  const writing& w = at.w;
  const xml_out::element procedure(w.out, "procedure");
  w.out.attribute("classCode", "PROC").attribute("moodCode", "EVN");
  if (writing::text(resource, "status") == "not-done") {
    w.out.attribute("negationInd", "true");
  }
  write_templates(w, {"1.3.6.1.4.1.19376.1.5.3.1.4.19", "2.16.840.1.113883.10.20.1.29", "1.2.250.1.213.1.1.3.62"});
  write_act_ids(w, resource);
  if (!write_code(w, writing::find(resource, "code"), "code")) {
    w.out.leaf("code", {{"nullFlavor", "UNK"}});
  }
  write_label_reference(w, label_of(w, resource));
  write_mapped_status(w, resource, statuses, "completed");
  write_act_time(w, resource, "performed", "UNK");
  write_extension_code(w, resource, "priority-code", "priorityCode");
  write_extension_code(w, resource, "method", "methodCode");
  write_extension_code(w, resource, "approach-site", "approachSiteCode");
  for (std::size_t i = 0; const json_value* site = writing::item(resource, "bodySite", i); ++i) {
    write_code(w, site, "targetSiteCode");
  }
  write_act_performers(w, resource, "performer", "actor");
  write_people(w, resource);
  write_reasons(at, resource);
  write_act_links(at, resource);
}

namespace {

struct request_class {
  std::string_view kind, element, class_code;
  std::array<std::string_view, 3> templates;
};
/// By the extension `act-class`: what was asked for is a procedure when nothing says otherwise.
constexpr std::array<request_class, 4> request_classes{
    {{"OBS",
      "observation",
      "OBS",
      {"2.16.840.1.113883.10.20.1.25", "1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1", "1.2.250.1.213.1.1.3.27"}},
     {"SPLY", "supply", "SPLY", {"", "", ""}},
     {"ACT", "act", "ACT", {"", "", ""}},
     {"",
      "procedure",
      "PROC",
      {"1.3.6.1.4.1.19376.1.5.3.1.4.19", "2.16.840.1.113883.10.20.1.25", "1.2.250.1.213.1.1.3.62"}}}};

const request_class& class_of(std::string_view kind) {
  for (const request_class& row : request_classes) {
    if (row.kind == kind) {
      return row;
    }
  }
  return request_classes.back();
}

constexpr std::array<status_pair, 4> request_statuses{
    {{"completed", "completed"}, {"active", "active"}, {"revoked", "aborted"}, {"on-hold", "suspended"}}};

}  // namespace

void write_request_act(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  const sourced kind = w.get(our_extension(resource, "act-class"), "valueCode");
  const request_class& row = class_of(kind.text);
  const xml_out::element element(w.out, row.element);
  w.out.attribute("classCode",
                  kind.empty() ? sourced(std::string(row.class_code)) : with(std::string(row.class_code), kind));
  const sourced intent = w.get(resource, "intent");
  const sourced mood = w.get(our_extension(resource, "mood"), "valueCode");
  w.out.attribute("moodCode", !mood.empty()               ? mood
                              : intent.text == "proposal" ? with("PRP", intent)
                              : intent.text == "order"    ? with("RQO", intent)
                                                          : with("INT", intent));
  w.out.carry(intent, "moodCode");
  if (row.element == "procedure" && writing::text(resource, "doNotPerform") == "true") {
    w.out.attribute("negationInd", w.get(resource, "doNotPerform"));
  }
  write_templates(w, {row.templates[0], row.templates[1], row.templates[2]});
  write_act_ids(w, resource);
  if (!write_code(w, writing::find(resource, "code"), "code")) {
    w.out.leaf("code", {{"nullFlavor", "UNK"}});
  }
  write_label_reference(w, label_of(w, resource));
  write_mapped_status(w, resource, request_statuses, "active");
  write_act_time(w, resource, "occurrence", "UNK");
  write_extension_code(w, resource, "priority-code", "priorityCode");
  if (row.element == "supply") {
    write_bound(w, writing::find(resource, "quantityQuantity"), "quantity");
  }
  if (row.element == "observation") {
    const json_value* detail = writing::item(resource, "orderDetail", 0);
    const sourced text = w.get(detail, "text");
    if (detail != nullptr && writing::find(detail, "coding/0") == nullptr) {
      const xml_out::element value(w.out, "value");
      w.out.attribute("xsi:type", "ST");
      w.out.text(text);
    } else {
      write_code(w, detail, "value", "CD");
    }
  }
  if (row.element == "procedure" || row.element == "observation") {
    for (std::size_t i = 0; const json_value* site = writing::item(resource, "bodySite", i); ++i) {
      write_code(w, site, "targetSiteCode");
    }
  }
  write_act_performers(w, resource, "performer", "");
  write_act_author(w, writing::find(resource, "requester"), resource, "authoredOn");
  write_reasons(at, resource);
  write_act_links(at, resource);
}

void write_goal_act(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  const xml_out::element element(w.out, "observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "GOL");
  write_templates(w, {"2.16.840.1.113883.10.20.1.25", "1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1", "1.2.250.1.213.1.1.3.27"});
  write_act_ids(w, resource);
  write_code(w, writing::find(resource, "description"), "code");
  write_label_reference(w, label_of(w, resource));
  const sourced status = w.get(resource, "lifecycleStatus");
  {
    const xml_out::element code(w.out, "statusCode");
    w.out.attribute("code", with(status.text == "completed" ? "completed" : "active", status));
  }
  const bool due = !writing::text(resource, "target/0/dueDate").empty();
  if (!writing::text(resource, "startDate").empty() && due) {
    const xml_out::element time(w.out, "effectiveTime");
    w.out.attribute("xsi:type", "IVL_TS");
    write_time(w, resource, "startDate", "low");
    write_time(w, resource, "target/0/dueDate", "high");
  } else if (!write_time(w, resource, due ? "target/0/dueDate" : "startDate", "effectiveTime")) {
    w.out.leaf("effectiveTime", {{"nullFlavor", "UNK"}});
  }
  const json_value* target = writing::item(resource, "target", 0);
  if (writing::find(target, "detailQuantity/value") != nullptr) {
    const xml_out::element value(w.out, "value");
    w.out.attribute("xsi:type", "PQ");
    quantity_attributes(w, writing::find(target, "detailQuantity"));
  } else if (!write_code(w, writing::find(target, "detailCodeableConcept"), "value", "CD")) {
    const sourced text = w.get(target, "detailString");
    if (!text.empty()) {
      const xml_out::element value(w.out, "value");
      w.out.attribute("xsi:type", "ST");
      w.out.text(text);
    }
  }
  w.pivot.carry(target, "measure", w.out.location());
  write_act_links(at, resource);
}

void write_device_act(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  const json_value* device = w.resolve(resource, "device");
  const xml_out::element supply(w.out, "supply");
  w.out.attribute("classCode", "SPLY").attribute("moodCode", "EVN");
  write_templates(w, {"2.16.840.1.113883.10.20.1.34", "1.2.250.1.213.1.1.3.20"});
  write_act_ids(w, resource);
  write_label_reference(w, label_of(w, resource));
  {
    const sourced status = w.get(resource, "status");
    if (status.text != "active") {
      const xml_out::element element(w.out, "statusCode");
      w.out.attribute("code", with(status.text == "stopped" ? "aborted" : "completed", status));
    } else {
      w.out.carry(status);
    }
  }
  {
    const xml_out::element time(w.out, "effectiveTime");
    w.out.attribute("xsi:type", "IVL_TS");
    const bool from =
        write_time(w, resource, "timingPeriod/start", "low") || write_time(w, resource, "timingDateTime", "low");
    if (!from) {
      w.out.leaf("low", {{"nullFlavor", "UNK"}});
    }
    write_time(w, resource, "timingPeriod/end", "high");
  }
  write_act_author(w, writing::find(resource, "source"), resource, "recordedOn");
  {
    const xml_out::element participant(w.out, "participant");
    w.out.attribute("typeCode", "DEV");
    const xml_out::element role(w.out, "participantRole");
    w.out.attribute("classCode", "MANU");
    write_all_ids(w, device);
    const xml_out::element played(w.out, "playingDevice");
    w.out.attribute("classCode", "DEV").attribute("determinerCode", "INSTANCE");
    write_code(w, writing::find(device, "type"), "code");
    const sourced name = w.get(device, "deviceName/0/name");
    w.pivot.envelope(device, "deviceName/0/type");
    if (!name.empty()) {
      const xml_out::element model(w.out, "manufacturerModelName");
      w.out.text(name);
    }
  }
  write_reasons(at, resource);
  write_act_links(at, resource);
}

void write_visit_act(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  const xml_out::element encounter(w.out, "encounter");
  const sourced status = w.get(resource, "status");
  const sourced mood = w.get(our_extension(resource, "mood"), "valueCode");
  const bool past = status.text == "finished" || status.text == "in-progress";
  w.out.attribute("classCode", "ENC").attribute("moodCode", !mood.empty() ? mood : with(past ? "EVN" : "INT", status));
  w.out.carry(status, "moodCode");
  write_templates(w, {past ? "2.16.840.1.113883.10.20.1.21" : "2.16.840.1.113883.10.20.1.25",
                      "1.3.6.1.4.1.19376.1.5.3.1.4.14", "1.2.250.1.213.1.1.3.58"});
  write_act_ids(w, resource);
  if (writing::text(resource, "class/code").empty()) {
    write_code(w, writing::item(resource, "type", 0), "code");
  } else {
    write_code(w, writing::find(resource, "class"), "code");
  }
  write_label_reference(w, label_of(w, resource));
  if (const json_value* period = writing::find(resource, "period")) {
    write_interval(w, period, "effectiveTime");
  } else {
    w.out.leaf("effectiveTime", {{"nullFlavor", "UNK"}});
  }
  write_code(w, writing::find(resource, "priority"), "priorityCode");
  write_act_performers(w, resource, "participant", "individual");
  write_people(w, resource);
  write_act_links(at, resource);
}

void write_family_act(const entry_scope& at, const json_value* resource) {
  const writing& w = at.w;
  const xml_out::element organizer(w.out, "organizer");
  w.out.attribute("classCode", "CLUSTER").attribute("moodCode", "EVN");
  write_templates(w, {"2.16.840.1.113883.10.20.1.23", "1.3.6.1.4.1.19376.1.5.3.1.4.15", "1.2.250.1.213.1.1.3.59"});
  write_act_ids(w, resource);
  write_mapped_status(w, resource, std::array<status_pair, 1>{{{"completed", "completed"}}}, "active");
  {
    const xml_out::element subject(w.out, "subject");
    w.out.attribute("typeCode", "SBJ");
    write_templates(w, {"1.3.6.1.4.1.19376.1.5.3.1.4.15.2", "1.2.250.1.213.1.1.3.60"});
    const xml_out::element relative(w.out, "relatedSubject");
    w.out.attribute("classCode", "PRS");
    write_code(w, writing::find(resource, "relationship"), "code");
    const sourced name = w.get(resource, "name");
    const xml_out::element person(w.out, "subject");
    if (!name.empty()) {
      const xml_out::element element(w.out, "name");
      w.out.text(name);
    }
    if (!write_code(w, writing::find(resource, "sex"), "administrativeGenderCode")) {
      w.out.leaf("administrativeGenderCode", {{"nullFlavor", "UNK"}});
    }
    write_time(w, resource, "bornDate", "birthTime");
  }
  for (std::size_t i = 0; const json_value* condition = writing::item(resource, "condition", i); ++i) {
    const xml_out::element component(w.out, "component");
    w.out.attribute("typeCode", "COMP");
    const xml_out::element observation(w.out, "observation");
    w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
    write_templates(w, {"2.16.840.1.113883.10.20.1.22", "1.3.6.1.4.1.19376.1.5.3.1.4.13",
                        "1.3.6.1.4.1.19376.1.5.3.1.4.13.3", "1.2.250.1.213.1.1.3.51"});
    w.out.leaf("id", {{"root", cda_root(uuid_v5("id of " + w.pivot.pointer(condition) + w.of.options().id_seed))}});
    w.out.leaf("code",
               {{"code", "282291009"}, {"displayName", "Diagnostic"}, {"codeSystem", "2.16.840.1.113883.6.96"}});
    write_label_reference(w, writing::text(condition, "code/text"));
    w.out.leaf("statusCode", {{"code", "completed"}});
    const sourced onset = w.get(condition, "onsetString");
    if (ts_of(onset.text).empty() && !is_digits(onset.text)) {
      w.out.leaf("effectiveTime", {{"nullFlavor", "UNK"}});
    } else {
      const xml_out::element time(w.out, "effectiveTime");
      w.out.attribute("value", with(is_digits(onset.text) ? onset.text : ts_of(onset.text), onset));
    }
    write_code(w, writing::find(condition, "code"), "value", "CD");
  }
}

}  // namespace liaison::cda
