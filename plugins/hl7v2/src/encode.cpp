// SPDX-License-Identifier: Apache-2.0
// Which message a Bundle becomes, its header, and what comes back from source-fields.
#include "encode.hpp"

#include "inspect.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/plugin.hpp>
#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <algorithm>

namespace liaison::hl7v2 {
namespace {

constexpr std::string_view no_place = "no place in this message";
constexpr std::string_view in_the_document = "left to the document that the message carries";

/// Strings of the Bundle that its structure says: types, references, urls of extensions.
void mark_structure(encoding& e) {
  std::vector<const json_value*> open = {&e.in.bundle()};
  while (!open.empty()) {
    const json_value* node = open.back();
    open.pop_back();
    if (node->IsArray()) {
      for (const auto& child : node->GetArray()) open.push_back(&child);
      continue;
    }
    if (!node->IsObject()) continue;
    for (const auto& member : node->GetObject()) {
      const std::string_view name(member.name.GetString(), member.name.GetStringLength());
      if (name == "resourceType" || name == "fullUrl" || name == "reference") e.in.envelope(node, name);
      if (name == "url" && node->HasMember("url") && (*node)["url"].IsString() &&
          std::string_view((*node)["url"].GetString()).find("StructureDefinition") != std::string_view::npos) {
        e.in.envelope(node, name);
      }
      open.push_back(&member.value);
    }
  }
  e.in.envelope(&e.in.bundle(), "type");
}

struct field_place {
  std::string segment;
  unsigned ordinal = 1;
  place where;
};

/// "hl7v2.PID-3[2].4.1" as a place; nothing when it is no location of ours.
std::optional<field_place> place_of(std::string_view location) {
  if (!location.starts_with("hl7v2.")) return std::nullopt;
  location.remove_prefix(6);
  if (location.size() < 5 || location.size() > 40) return std::nullopt;
  field_place out;
  out.segment = location.substr(0, 3);
  for (const char c : out.segment) {
    if ((c < 'A' || c > 'Z') && (c < '0' || c > '9')) return std::nullopt;
  }
  std::size_t at = 3;
  const auto number = [&](char mark, unsigned& into) {
    if (at >= location.size() || location[at] != mark) return true;
    const std::size_t end = std::min(location.find_first_not_of("0123456789", at + 1), location.size());
    if (end == at + 1 || end - at > 5) return false;
    into = static_cast<unsigned>(std::stoul(std::string(location.substr(at + 1, end - at - 1))));
    at = end;
    if (mark == '[') {
      if (at >= location.size() || location[at] != ']') return false;
      ++at;
    }
    return into > 0 && into <= 999;
  };
  if (!number('[', out.ordinal) || !number('-', out.where.field) || !number('[', out.where.repetition) ||
      !number('.', out.where.component) || !number('.', out.where.subcomponent) || at != location.size() ||
      out.where.field == 0) {
    return std::nullopt;
  }
  return out;
}

unsigned rank_of(std::string_view name) {
  static constexpr std::pair<std::string_view, unsigned> ranks[] = {
      {"EVN", rank_event},        {"PD1", rank_patient_more}, {"MRG", rank_kin},
      {"ARV", rank_patient_more}, {"ROL", rank_role},         {"NK1", rank_kin},
      {"PV2", rank_visit_more},   {"ZBE", rank_visit_more},   {"DB1", rank_visit_more}};
  for (const auto& [known, at] : ranks) {
    if (known == name) return at;
  }
  return rank_z;
}

/// Segments whose fields return only while their own resource is written.
bool is_written_in_place(std::string_view name) {
  return name == "OBX" || name == "OBR" || name == "ORC" || name == "NTE" || name == "PRT" || name == "SPM" ||
         name == "MSH" || name == "TXA";
}

void put_back(const encoding& e, const json_value* extension, const field_place& at, out_segment& to) {
  const json_value* value = pivot_reader::find(extension, "extension/1");
  if (to.has(at.where)) {
    if (to.written(at.where) == escape(pivot_reader::text(value, "valueString"), {})) {
      e.in.carry(extension, "extension", to.location(at.where));
    } else {
      e.in.drop(extension, "", "the place holds a value of this message");
    }
    return;
  }
  // One value may come back as a whole component or as a part of it: the location says which.
  e.put(value, "valueString", to, at.where);
  e.in.envelope(extension, "extension/0");
  e.in.envelope(value, "url");
}

bool is_source_field(const json_value* extension) {
  return pivot_reader::text(extension, "url").ends_with("/source-field");
}

void put_event_segment(encoding& e, std::string_view trigger) {
  out_segment& evn = e.add("EVN", rank_event);
  if (!trigger.empty()) evn.set({1}, trigger);
  const auto stamp = hl7_from_fhir(pivot_reader::text(&e.in.bundle(), "timestamp"), hl7_zone::drop);
  evn.set({2}, stamp.value_or(hl7_from_fhir(e.now, hl7_zone::drop).value_or("")));
  e.in.carry(&e.in.bundle(), "timestamp", evn.location({2}));
}

void find_resources(encoding& e) {
  e.composition = e.in.find_first("Composition");
  const json_value* subject = e.in.resolve(pivot_reader::find(e.composition, "subject"));
  e.patient = subject != nullptr && pivot_reader::text(subject, "resourceType") == "Patient"
                  ? subject
                  : e.in.find_first("Patient");
  const json_value* stay = e.in.resolve(pivot_reader::find(e.composition, "encounter"));
  e.encounter = stay != nullptr ? stay : e.in.find_first("Encounter");
}

std::size_t count_of(const pivot_reader& in, std::string_view type) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < in.entry_count(); ++i)
    count += pivot_reader::text(&in.resource(i), "resourceType") == type ? 1U : 0U;
  return count;
}

struct charset_name {
  charset set;
  const char* hl7;
};
constexpr charset_name charset_names[] = {{charset::utf_8, "UNICODE UTF-8"},
                                          {charset::iso_8859_1, "8859/1"},
                                          {charset::iso_8859_15, "8859/15"},
                                          {charset::us_ascii, "ASCII"}};

std::string assemble(encoding& e) {
  std::stable_sort(e.segments.begin(), e.segments.end(),
                   [](const auto& a, const auto& b) { return a->rank() < b->rank(); });
  std::string out;
  for (const auto& segment : e.segments) segment->append_to(out);
  return out;
}

/// MSH-9.3 of an ADT: events share structures (HL7 0354).
std::string structure_of(std::string_view trigger) {
  static constexpr std::pair<std::string_view, std::string_view> shared[] = {
      {"A04", "A01"}, {"A08", "A01"}, {"A13", "A01"}, {"A14", "A05"}, {"A28", "A05"}, {"A31", "A05"}, {"A07", "A06"},
      {"A10", "A09"}, {"A11", "A09"}, {"A12", "A09"}, {"A21", "A21"}, {"A22", "A21"}, {"A23", "A21"}, {"A25", "A21"},
      {"A26", "A21"}, {"A27", "A21"}, {"A29", "A21"}, {"A32", "A21"}, {"A33", "A21"}, {"A34", "A30"}, {"A35", "A30"},
      {"A36", "A30"}, {"A46", "A30"}, {"A47", "A30"}, {"A48", "A30"}, {"A49", "A30"}, {"A40", "A39"}, {"A41", "A39"},
      {"A42", "A39"}, {"A44", "A43"}, {"A51", "A50"}, {"A53", "A52"}, {"A55", "A54"}};
  for (const auto& [event, structure] : shared) {
    if (event == trigger) return "ADT_" + std::string(structure);
  }
  return trigger.starts_with('Z') ? "ADT_A01" : "ADT_" + std::string(trigger);
}

/// ADT or SIU for the event of the MessageHeader; UNSUPPORTED, reported, for any other.
liaison_status put_event(encoding& e, const call& request, std::string_view control_id, std::string_view charset_name) {
  const json_value* header = e.in.find_first("MessageHeader");
  const std::string trigger = pivot_reader::text(header, "eventCoding/code");
  const bool is_appointment = trigger.size() == 3 && trigger[0] == 'S';
  if (trigger.size() != 3 || (trigger[0] != 'A' && trigger[0] != 'Z' && !is_appointment)) {
    request.report(severity::error, "hl7v2-event", {}, "only events of admissions and of appointments are written");
    return LIAISON_UNSUPPORTED;
  }
  if (is_appointment) {
    put_header(e, "SIU", trigger, "SIU_S12", "2.5", control_id, charset_name);
    put_appointment(e, trigger);
  } else {
    put_header(e, "ADT", trigger, structure_of(trigger), "2.5^FRA^2.11", control_id, charset_name);
    put_event_segment(e, {});
    put_source_fields_of(e, header, *e.segments.back());
  }
  put_patient(e);
  if (e.encounter != nullptr || !is_appointment) put_visit(e);
  put_consents(e);
  return LIAISON_OK;
}

/// The profiles that wrap a document; the others write the pivot's own content.
contract contract_named(std::string_view profile) {
  for (const contract each : {contract::cda_hl7v2, contract::cda_lps}) {
    if (profile_of(each) == profile) return each;
  }
  return contract::none;
}

/// Reads what was written as a receiver would: what a tolerant reader refuses is not sent.
bool keeps_its_own_rules(std::string_view text, const call& request) {
  findings own(strictness::tolerant);
  read_facts(message(text), {value_list::leave_out, {}, request.options().zone, request.options().now}, own);
  if (!own.refused()) return true;
  for (const issue& each : own.all()) {
    if (each.severity == severity::error) request.report(each);
  }
  return false;
}

}  // namespace

peer_options peer_options_of(std::string_view endpoint_json) {
  peer_options out;
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(endpoint_json.data(), endpoint_json.size());
  if (json.HasParseError() || !json.IsObject()) return out;
  const std::pair<const char*, std::string*> known[] = {{"sending_application", &out.sending_application},
                                                        {"sending_facility", &out.sending_facility},
                                                        {"receiving_application", &out.receiving_application},
                                                        {"receiving_facility", &out.receiving_facility},
                                                        {"processing", &out.processing},
                                                        {"message", &out.message},
                                                        {"sender_address", &out.sender_address}};
  for (const auto& [name, into] : known) {
    if (json.HasMember(name) && json[name].IsString())
      into->assign(json[name].GetString(), json[name].GetStringLength());
  }
  if (!json.HasMember("flags") || !json["flags"].IsObject()) return out;
  for (const auto& each : json["flags"].GetObject()) {
    const auto name = flag_named({each.name.GetString(), each.name.GetStringLength()});
    if (name && each.value.IsString()) out.flags[name->which] = std::string_view(each.value.GetString()) == "Y";
  }
  return out;
}

void put_header(encoding& e, std::string_view type, std::string_view trigger, std::string_view structure,
                std::string_view version, std::string_view control_id, std::string_view charset_name) {
  out_segment& msh = e.add("MSH", rank_header);
  const json_value* header = e.in.find_first("MessageHeader");
  msh.set({3}, e.peers.sending_application);
  msh.set({4}, e.peers.sending_facility);
  msh.set({5}, e.peers.receiving_application);
  msh.set({6}, e.peers.receiving_facility);
  const std::string stamp = hl7_from_fhir(e.now, hl7_zone::drop).value_or("");
  msh.set({7}, stamp.substr(0, stamp.find('.')));
  msh.set({9, 1}, type);
  msh.set({9, 2}, trigger);
  msh.set({9, 3}, structure);
  msh.set({10}, control_id);
  const bool is_test = pivot_reader::text(header, "meta/tag/0/code") == "HTEST";
  msh.set({11}, !e.peers.processing.empty() ? e.peers.processing : is_test ? "T" : "P");
  const bool is_french = version.find('^') != std::string_view::npos;
  msh.set({12, 1}, version.substr(0, version.find('^')));
  if (is_french) {
    msh.set({12, 2}, "FRA");
    msh.set({12, 3}, "2.11");
  }
  msh.set({17}, "FRA");
  msh.set({18}, charset_name);
  if (header == nullptr) return;
  e.in.envelope(header, "eventCoding");
  if (is_test) e.in.carry(header, "meta", msh.location({11}));
  const std::string language = pivot_reader::text(header, "language");
  if (!language.empty()) e.put_as(header, "language", msh, {19}, language == "fr" ? "FR" : language);
  put_source_fields_of(e, header, msh);
  e.in.drop(header, "source", "the sender of this message is the gateway");
  e.in.drop(header, "destination", "the receiver of this message is its endpoint's");
}

void put_source_fields_of(const encoding& e, const json_value* resource, out_segment& to) {
  const json_value* extensions = pivot_reader::find(resource, "extension");
  for (std::size_t i = 0; i < size_of(extensions); ++i) {
    const json_value* extension = element(extensions, i);
    if (!is_source_field(extension)) continue;
    const auto at = place_of(pivot_reader::text(extension, "extension/0/valueString"));
    if (at && at->segment == to.name()) put_back(e, extension, *at, to);
  }
}

void put_source_fields(encoding& e) {
  for (std::size_t i = 0; i < e.in.entry_count(); ++i) {
    const json_value* extensions = pivot_reader::find(&e.in.resource(i), "extension");
    for (std::size_t n = 0; n < size_of(extensions); ++n) {
      const json_value* extension = element(extensions, n);
      if (!is_source_field(extension)) continue;
      const auto at = place_of(pivot_reader::text(extension, "extension/0/valueString"));
      if (!at || is_written_in_place(at->segment) || (at->segment == "ROL" && e.counts["ROL"] >= at->ordinal)) continue;
      if (at->ordinal > 200) continue;
      const auto known = e.by_name.find({at->segment, at->ordinal});
      out_segment* to = known == e.by_name.end() ? nullptr : known->second;
      while (to == nullptr) {
        out_segment& made = e.add(at->segment, rank_of(at->segment));
        if (made.ordinal() == at->ordinal) to = &made;
      }
      put_back(e, extension, *at, *to);
    }
  }
}

liaison_status encode_message(const call& request) {
  const call_options& options = request.options();
  findings found(options.strict ? strictness::strict : strictness::tolerant);
  const auto refuse = [&](std::string_view code, std::string_view text) {
    request.report(severity::error, code, {}, text);
    return LIAISON_UNSUPPORTED;
  };
  const auto target = charset_named(options.charset.empty() ? "utf-8" : options.charset);
  const auto named = std::find_if(std::begin(charset_names), std::end(charset_names),
                                  [&](const auto& row) { return target && row.set == *target; });
  if (named == std::end(charset_names))
    return refuse("hl7v2-charset-unknown", "HL7v2 is written in UTF-8, 8859/1, 8859/15 or ASCII");
  if (!hl7_from_fhir(options.now, hl7_zone::drop))
    return refuse("hl7v2-now", "the option \"now\" is needed to write a message");
  account ledger(options.form_of_pivot());
  pivot_reader in(request.input(), &ledger);
  encoding e{in, &ledger, found, options.now, peer_options_of(options.endpoint), {}, {}, {}};
  find_resources(e);
  const std::string bundle_type = pivot_reader::text(&in.bundle(), "type");
  const bool is_event = bundle_type == "message";
  if (!is_event && count_of(in, "Composition") != 1) {
    return refuse("hl7v2-several-documents", "a message carries one document; this Bundle has none or several");
  }
  if (e.patient == nullptr) return refuse("hl7v2-no-patient", "the Bundle has no Patient");
  const contract wrapped = contract_named(options.profile);
  in.drop(&in.bundle(), "", wrapped == contract::none ? no_place : in_the_document);
  for (const char* own : {"identifier", "timestamp"})
    in.drop(&in.bundle(), own, "a message has a number and a time of its own");
  mark_structure(e);
  const std::string control_id = options.control_id.empty()
                                     ? sha256_hex(options.id_seed + std::string(request.input())).substr(0, 20)
                                     : options.control_id;
  if (wrapped != contract::none) {
    const liaison_status put = put_documents(e, request, wrapped, control_id, named->hl7);
    if (put != LIAISON_OK) return put;
  } else if (is_event) {
    const liaison_status put = put_event(e, request, control_id, named->hl7);
    if (put != LIAISON_OK) return put;
  } else {
    put_header(e, "ORU", "R01", "ORU_R01", "2.5", control_id, named->hl7);
    put_patient(e);
    put_visit(e);
    put_results(e);
    put_recipients(e);
  }
  if (wrapped == contract::none) put_source_fields(e);
  std::string text = assemble(e);
  if (wrapped != contract::none && !keeps_its_own_rules(text, request)) return LIAISON_REJECT;
  if (named->set != charset::utf_8) {
    auto bytes = from_utf_8_exactly(text, named->set);
    if (!bytes) {
      request.report(severity::error, "hl7v2-charset-cannot-write", "MSH-18",
                     "the message has a character that the link's character set lacks");
      return LIAISON_REJECT;
    }
    text = std::move(*bytes);
  }
  request.emit(LIAISON_PART_DOCUMENT, text, "application/hl7-v2", nullptr, "hl7v2");
  if (options.account) request.emit(ledger);
  return found.report(request);
}

}  // namespace liaison::hl7v2
