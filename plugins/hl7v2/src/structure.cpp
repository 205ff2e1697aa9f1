// SPDX-License-Identifier: Apache-2.0
#include "structure.hpp"

#include "inspect.hpp"
#include "reading.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <set>

namespace liaison::hl7v2 {
namespace {

constexpr std::string_view versions[] = {"2.1", "2.2",   "2.3", "2.3.1", "2.4",   "2.5", "2.5.1", "2.6",
                                         "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9", "2.9.1"};

struct required_segment {
  std::string_view type;  // MSH-9.1
  std::string_view segment;
};
constexpr required_segment required_segments[] = {{"ORU", "PID"}, {"ORU", "OBR"}, {"ADT", "EVN"}, {"ADT", "PID"},
                                                  {"MDM", "EVN"}, {"MDM", "PID"}, {"MDM", "PV1"}, {"MDM", "TXA"},
                                                  {"SIU", "SCH"}, {"ACK", "MSA"}, {"ZAM", "EVN"}, {"ZAM", "OBX"},
                                                  {"ORM", "ORC"}, {"OML", "ORC"}, {"MFN", "MFI"}};

struct field_rule {
  std::string_view segment;
  unsigned field;
  std::string_view name;
};
constexpr field_rule required_fields[] = {
    {"MSH", 7, "date and time"}, {"MSH", 9, "message type"}, {"MSH", 10, "control id"},  {"MSH", 11, "processing id"},
    {"MSH", 12, "version"},      {"PID", 3, "identifiers"},  {"PID", 5, "name"},         {"PV1", 2, "patient class"},
    {"OBR", 4, "service"},       {"OBX", 3, "observation"},  {"OBX", 11, "status"},      {"EVN", 2, "recorded time"},
    {"MSA", 1, "code"},          {"MSA", 2, "control id"},   {"TXA", 2, "document type"}};
constexpr field_rule times[] = {{"MSH", 7, {}},  {"EVN", 2, {}},  {"EVN", 6, {}},  {"PID", 7, {}},  {"PID", 29, {}},
                                {"PID", 33, {}}, {"PV1", 44, {}}, {"PV1", 45, {}}, {"PV2", 8, {}},  {"PV2", 9, {}},
                                {"ORC", 9, {}},  {"OBR", 7, {}},  {"OBR", 8, {}},  {"OBR", 22, {}}, {"OBX", 14, {}},
                                {"OBX", 19, {}}, {"TXA", 4, {}},  {"TXA", 6, {}},  {"ZBE", 2, {}},  {"ZBE", 3, {}},
                                {"ZFA", 2, {}},  {"ZFA", 10, {}}, {"ZFA", 12, {}}, {"SPM", 18, {}}};

struct table_rule {
  std::string_view segment;
  unsigned field;
  std::string_view codes;  // parted by blanks
};
constexpr table_rule tables[] = {{"MSH", 11, "P T D"},
                                 {"PID", 8, "F M O U A N"},
                                 {"PV1", 2, "B C E I N O P R U"},
                                 {"OBX", 2,
                                  "AD CE CF CK CN CNE CP CWE CX DR DT DTM ED FT ID IS MA MO NA NM NR PN RP SI SN ST TM "
                                  "TN TS TX XAD XCN XON XPN XTN VR"},
                                 {"OBX", 11, "C D F I N O P R S U W X A B V"},
                                 {"OBR", 25, "O I S A P C R F X Y Z N M"},
                                 {"MSA", 1, "AA AE AR CA CE CR"}};

/// Segments in the order that the group of a patient has in every structure used here.
constexpr std::string_view order[] = {"MSH", "SFT", "UAC", "EVN", "PID", "PD1"};

bool is_one_of(std::string_view code, std::string_view codes) {
  for (const auto each : pieces(codes, ' ')) {
    if (each == code) return true;
  }
  return false;
}

void check_header(const segment& msh, findings& found) {
  const std::string_view version = trim(msh[12].component(1));
  if (!version.empty() && std::find(std::begin(versions), std::end(versions), version) == std::end(versions)) {
    found.error("hl7v2-version", "MSH-12", "the version is none of HL7 2.1 to 2.9.1");
  }
  if (trim(msh[9].component(2)).empty() && trim(msh[9].component(1)) != "ACK") {
    found.error("hl7v2-event", "MSH-9.2", "the trigger event is missing");
  }
}

void check_segments(const message& of, findings& found) {
  const std::string_view type = trim(of.at(0)[9].component(1));
  for (const auto& rule : required_segments) {
    if (rule.type == type && !of.find(rule.segment)) {
      found.error("hl7v2-segment-missing", std::string(rule.segment), "the message needs this segment");
    }
  }
  std::size_t last = 0;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const auto at = std::find(std::begin(order), std::end(order), of.at(i).name());
    if (at == std::end(order)) {
      last = std::size(order);
      continue;
    }
    const auto rank = static_cast<std::size_t>(at - std::begin(order));
    // A second patient (A24, A40, several orders) starts again at PID.
    if (rank < last && of.at(i).name() != "PID" && of.at(i).name() != "PD1") {
      found.error("hl7v2-segment-order", location(of.at(i)),
                  "the segment stands behind one that follows it in every structure");
    }
    last = std::max(last, rank);
  }
}

void check_fields(const segment& of, findings& found) {
  const std::string_view name = of.name();
  for (const auto& rule : required_fields) {
    if (rule.segment == name && trim(of[rule.field].text()).empty()) {
      // A status may be missing where the value is deleted or structural; it is told, not refused.
      found.error("hl7v2-field-missing", location(of, {rule.field}),
                  "the field is required: " + std::string(rule.name));
    }
  }
  for (const auto& rule : times) {
    if (rule.segment != name) continue;
    const std::string_view stamp = trim(of[rule.field].component(1));
    if (!stamp.empty() && stamp != "\"\"" && !fhir_from_hl7(stamp)) {
      found.error("hl7v2-date", location(of, {rule.field}), "the value is no possible date or time");
    }
  }
  for (const auto& rule : tables) {
    if (rule.segment != name) continue;
    const std::string_view code = trim(of[rule.field].component(1));
    if (!code.empty() && code != "\"\"" && !is_one_of(code, rule.codes)) {
      found.error("hl7v2-code", location(of, {rule.field}), "the code is not in the table of the field");
    }
  }
}

void check_value(const segment& obx, findings& found) {
  const std::string_view type = trim(obx[2].text());
  if (type.empty() && !trim(obx[5].text()).empty()) {
    found.error("hl7v2-field-missing", location(obx, {2}), "a value needs its type");
  }
  unsigned number = 0;
  for (const auto piece : obx[5].repetitions()) {
    ++number;
    const std::string_view value = trim(obx[5].as_repetition(piece).component(1));
    if (value.empty() || value == "\"\"") continue;
    if (type == "NM" && decimal_of(value).empty())
      found.error("hl7v2-number", location(obx, {5, 0, 0, number}), "the value is no number");
    if ((type == "DT" || type == "TS" || type == "DTM") && !fhir_from_hl7(value)) {
      found.error("hl7v2-date", location(obx, {5, 0, 0, number}), "the value is no possible date or time");
    }
    if (number >= 1000) break;
  }
}

}  // namespace

void check_structure(const message& of, findings& found) {
  check_header(of.at(0), found);
  check_segments(of, found);
  for (std::size_t i = 0; i < of.size(); ++i) {
    check_fields(of.at(i), found);
    if (of.at(i).name() == "OBX" && kind_of(of.at(i)) == obx_kind::observation) check_value(of.at(i), found);
  }
}

liaison_status validate_message(const call& request) {
  opened message_read(request);
  if (message_read.stopped()) return *message_read.stopped();
  findings& found = message_read.found();
  const call_options& options = request.options();
  read_facts(message_read.parsed(),
             {value_list::leave_out, volet_options_of(options.endpoint), options.zone, options.now}, found);
  check_structure(message_read.parsed(), found);
  found.report(request);
  return LIAISON_OK;
}

}  // namespace liaison::hl7v2
