// SPDX-License-Identifier: Apache-2.0
// decode of hprim-sante: requests, as reports or as orders, with their samples and people.
#include "sante_decode.hpp"
#include "sante_status.hpp"

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr status_row report_statuses[] = {
    {"F", "final", true},        {"M", "partial", true},    {"P", "preliminary", true},
    {"R", "preliminary", false}, {"I", "registered", true}, {"O", "registered", false},
    {"C", "corrected", true},    {"X", "cancelled", true},  {"D", "cancelled", false}};

}  // namespace

void sante_decoder::begin_request(const sante_segment& segment) {
  if (!first_main_) begin_main({});
  flush_section();
  segment_grid grid(segment, marks_, ledger_);
  grid.envelope(1);
  position_ = 0;
  request_open_ = true;
  if (is_document()) {
    write_report(grid);
  } else {
    write_order(grid);
  }
  grid.keep_rest(request_);
  last_ = request_;
  last_is_observation_ = false;
}

void sante_decoder::write_report(segment_grid& grid) {
  request_ = pivot_.add("DiagnosticReport");
  auto identifier = [&, next = std::size_t{0}](std::uint16_t field, std::string_view type) mutable {
    if (grid.text(field, 2).empty()) return;
    const std::string at = "identifier/" + std::to_string(next++);
    request_.set(at + "/type/coding/0/system", system_identifier_type);
    request_.set(at + "/type/coding/0/code", type);
    request_.set(at + "/value", grid.take(field, 2));
  };
  identifier(3, "FILL");
  identifier(2, "PLAC");
  const status_row* status = find_status(report_statuses, grid.text(25));
  request_.set("status", status == nullptr ? "unknown" : status->pivot);
  if (status != nullptr) {
    const sourced sent = grid.take(25);
    request_.carry("status", sent);
    if (!status->exact) {
      request_.set("_status/extension/0/url", extension_source_code);
      request_.set("_status/extension/0/valueString", sent.text);
    }
    if (main_.has("status") && status->pivot != std::string_view("final")) {
      const std::string_view composed =
          status->pivot == std::string_view("corrected")
              ? "amended"
              : (status->pivot == std::string_view("cancelled") ? "entered-in-error" : "preliminary");
      main_.set("status", composed);
    }
  }
  write_set(grid.text(3, 2));
  set_coding(request_, "code/coding/0", grid, 4, 1);
  for (std::uint16_t repetition = 1, last = std::max<std::uint16_t>(grid.repetitions(4), 1); repetition <= last;
       ++repetition) {
    const std::string label = grid.text(4, 2, repetition), code = grid.text(4, 1, repetition);
    const std::string& name = label.empty() ? code : label;
    if (!name.empty()) section_title_ += (section_title_.empty() ? "" : ", ") + name;
  }
  if (request_.has("code")) request_.set("code/coding/0/display", grid.take(4, 2));
  request_.set("code/text", section_title_.empty() ? std::string_view("Examens") : std::string_view(section_title_));
  if (patient_) request_.set_reference("subject", patient_);
  if (encounter_) request_.set_reference("encounter", encounter_);
  if (sender_) request_.set_reference("performer/0", sender_);
  if (!grid.text(7).empty()) (void)date(grid, 7, request_, "effectiveDateTime");
  if (!grid.text(22).empty()) {
    const std::string iso = date_time(grid.text(22), options_.zone);
    if (iso.size() > 19) {
      if (!main_.has("section")) main_.set("date", iso);
      (void)date(grid, 22, request_, "issued");
    }
  }
  write_people(grid);
  write_specimen(grid);
  if (const std::string clinical = grid.text(13); !clinical.empty())
    section_text_ += "Renseignements cliniques : " + clinical + "\n";
  if (const std::string prescriber = grid.text(16, 2); !prescriber.empty())
    section_text_ += "Prescripteur : " + prescriber + "\n";
}

void sante_decoder::write_order(segment_grid& grid) {
  request_ = pivot_.add("ServiceRequest");
  request_.set("status", "active");
  request_.set("intent", "order");
  if (patient_) request_.set_reference("subject", patient_);
  if (encounter_) request_.set_reference("encounter", encounter_);
  auto identifier = [&, next = std::size_t{0}](std::uint16_t field, std::string_view type) mutable {
    if (grid.text(field, 2).empty()) return;
    const std::string at = "identifier/" + std::to_string(next++);
    request_.set(at + "/type/coding/0/system", system_identifier_type);
    request_.set(at + "/type/coding/0/code", type);
    request_.set(at + "/value", grid.take(field, 2));
  };
  identifier(2, "PLAC");
  identifier(3, "FILL");
  if (const std::string priority = grid.text(5); priority == "R" || priority == "S") {
    request_.set("priority", priority == "S" ? "stat" : "routine");
    request_.carry("priority", grid.take(5));
  }
  for (std::uint16_t repetition = 1, last = grid.repetitions(4); repetition <= last; ++repetition) {
    const std::string path = repetition == 1 ? "code" : "orderDetail/" + std::to_string(repetition - 2);
    if (grid.text(4, 1, repetition).empty()) break;
    set_coding(request_, path + "/coding/0", grid, 4, repetition);
    request_.set(path + "/text", grid.take(4, 2, repetition));
  }
  if (!grid.text(6).empty()) (void)date(grid, 6, request_, "authoredOn");
  if (!grid.text(36).empty()) (void)date(grid, 36, request_, "occurrenceDateTime");
  request_.set("note/0/text", grid.take(13));
  if (!grid.text(16, 1).empty() || !grid.text(16, 2).empty())
    request_.set_reference("requester", practitioner(grid, 16, 1));
  main_.set_reference("focus/" + std::to_string(main_.size_of("focus")), request_);
  write_specimen(grid);
}

/// Additions and corrections are told by the executor's number of the request (9.4.2): the reports that share it are
/// versions of one. Which of them a corrected one replaces the format does not say, so no relatesTo is made up.
void sante_decoder::write_set(const std::string& number) {
  if (number.empty() || main_.has("identifier")) return;
  main_.set("identifier/system", local_system(sender_code_));
  main_.set("identifier/value", number);
}

/// A person whose values also stay where they were: the way back has no other place for them.
resource_ref sante_decoder::kept_practitioner(segment_grid& grid, std::uint16_t field, std::uint16_t repetition,
                                              const resource_ref& of) {
  const resource_ref made = practitioner(grid, field, repetition);
  for (const std::uint16_t component : {std::uint16_t{1}, std::uint16_t{2}})
    grid.keep(of, {field, repetition, component, 1});
  return made;
}

/// Who gets copies (9.29) and who interprets (9.33).
void sante_decoder::write_people(segment_grid& grid) {
  for (std::uint16_t repetition = 1, last = grid.repetitions(28); repetition <= last; ++repetition) {
    if (grid.text(28, 1, repetition).empty() && grid.text(28, 2, repetition).empty()) continue;
    const std::string at = "extension/" + std::to_string(main_.size_of("extension"));
    main_.set(at + "/url", extension_recipient);
    main_.set_reference(at + "/valueReference", kept_practitioner(grid, 28, repetition, request_));
    main_.set(at + "/valueReference/extension/0/url", extension_recipient_role);
    main_.set(at + "/valueReference/extension/0/valueCode", "copy");
  }
  if (!grid.text(32, 1).empty() || !grid.text(32, 2).empty())
    request_.set_reference("resultsInterpreter/0", kept_practitioner(grid, 32, 1, request_));
}

/// The sample: its numbers (9.3.1, 9.4.1), kind (9.16), and when it was taken (9.8) and received (9.15). Every value
/// stays beside the request as well.
void sante_decoder::write_specimen(segment_grid& grid) {
  specimen_ = resource_ref{};
  const bool any = !grid.text(2, 1).empty() || !grid.text(3, 1).empty() || grid.components(15) > 0;
  if (!any) return;
  specimen_ = pivot_.add("Specimen");
  const auto carry = [&](const place& at, const std::string& path) {
    const sourced value = grid.take(at.field, at.component, at.repetition, at.sub);
    if (value.empty()) return;
    specimen_.set(path, value);
    grid.keep(request_, at);
  };
  std::size_t next = 0;
  for (const std::uint16_t field : {std::uint16_t{3}, std::uint16_t{2}}) {
    if (grid.text(field, 1).empty()) continue;
    const std::string at = "identifier/" + std::to_string(next++);
    specimen_.set(at + "/type/coding/0/system", system_identifier_type);
    specimen_.set(at + "/type/coding/0/code", field == 3 ? "FILL" : "PLAC");
    carry({field, 1, 1, 1}, at + "/value");
  }
  if (!grid.text(15, 1, 1, 1).empty()) {
    const bool labelled = !grid.text(15, 1, 1, 2).empty();
    if (labelled) specimen_.set("type/coding/0/system", local_system(sender_code_));
    carry({15, 1, 1, 1}, labelled ? "type/coding/0/code" : "type/text");
    carry({15, 1, 1, 2}, "type/text");
  }
  if (patient_) specimen_.set_reference("subject", patient_);
  if (const std::string taken = date_time(grid.text(7), options_.zone); !taken.empty())
    specimen_.set("collection/collectedDateTime", taken);
  if (const std::string received = date_time(grid.text(14), options_.zone); received.size() > 10)
    specimen_.set("receivedTime", received);
  request_.set_reference("specimen/0", specimen_);
}

}  // namespace liaison::hprim
