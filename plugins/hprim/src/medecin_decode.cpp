// SPDX-License-Identifier: Apache-2.0
// decode of hprim-medecin: one Composition for each message, its results as Observations, every value in the account. A
// value whose exact writing the pivot cannot give back is kept beside it as a source-field.
#include "code_map.hpp"
#include "medecin_observation.hpp"
#include "medecin_result.hpp"
#include "medecin_translator.hpp"
#include "pivot_terms.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <unordered_map>

namespace liaison::hprim {
namespace {

constexpr std::string_view no_place = "no place in the pivot";

/// Writes one message of the file into the pivot.
class message_decoder {
 public:
  message_decoder(const medecin_message& message, pivot_writer& pivot, account* ledger, const call_options& options,
                  findings& found)
      : message_(message), pivot_(pivot), ledger_(ledger), options_(options), found_(found) {}

  void write() {
    composition_ = pivot_.add("Composition");
    composition_.set("status", composition_status());
    write_kind();
    if (message_.has_header) {
      write_patient();
      write_parties();
    } else {
      add_source_field(composition_, "hprim-medecin.fragment", sourced("no header"));
    }
    write_date();
    write_numbers();
    write_text_and_results();
  }

 private:
  sourced leaf(const std::string& location, std::string_view raw, std::string text) {
    if (ledger_ == nullptr) return sourced(std::move(text));
    return {std::move(text), ledger_->add(location, raw)};
  }

  sourced header_leaf(std::size_t number) {
    const std::string_view raw = message_.header_text(number);
    if (raw.empty()) return {};
    return leaf(message_.location(number), raw, std::string(trim(shown(raw))));
  }

  std::string composition_status() const {
    bool provisional = false, corrected = false;
    for (const res_line& line : message_.results) {
      const std::string_view status = trim(line.field(10));
      provisional = provisional || status == "R";
      corrected = corrected || status == "C";
    }
    return provisional ? "preliminary" : (corrected ? "amended" : "final");
  }

  void write_kind() {
    const bool results = !message_.results.empty();
    if (results) {
      composition_.set("type/coding/0/system", system_loinc);
      composition_.set("type/coding/0/code", code_lab_report);
      composition_.set("type/coding/0/display", "CR d'examens biologiques");
    }
    composition_.set("type/text", results ? "Compte rendu d'examens biologiques" : "Courrier");
    composition_.set("title", results ? "Compte rendu d'examens biologiques" : "Courrier");
    composition_.set("confidentiality", "N");
    added("/type", results ? code_lab_report : "Courrier",
          "the format names no type; told from the presence of results");
    added("/title", results ? "Compte rendu d'examens biologiques" : "Courrier", "required by FHIR");
    added("/status", composition_status(), "required by FHIR");
    added("/confidentiality", "N", "required by the French profiles");
  }

  void added(std::string_view path, std::string_view value, std::string_view reason) {
    if (ledger_ != nullptr) ledger_->added(place_of_composition() + std::string(path), value, reason);
  }

  std::string place_of_composition() const { return "/entry/" + std::to_string(entry_) + "/resource"; }

  void write_patient() {
    patient_ = pivot_.add("Patient");
    composition_.set_reference("subject", patient_);
    write_patient_numbers();
    patient_.set("name/0/use", message_.header_text(2).empty() && message_.header_text(3).empty() ? "" : "usual");
    patient_.set("name/0/family", header_leaf(2));
    patient_.set("name/0/given/0", header_leaf(3));
    write_address();
    if (const sourced birth = header_leaf(7); !birth.empty()) {
      const auto date = find_date(birth.text, options_.now);
      if (date) {
        patient_.set("birthDate", date->iso);
        patient_.carry("birthDate", birth);
      }
      if (!date || date->approximate || !date->exact) add_source_field(patient_, "hprim-medecin.line7", birth);
    }
  }

  void write_patient_numbers() {
    const sourced code = header_leaf(1);
    const sourced number = header_leaf(8);
    std::size_t next = 0;
    if (!code.empty()) {
      if (is_routing_record(code.text)) {
        add_source_field(composition_, "hprim-medecin.line1", code);
      } else {
        patient_.set("identifier/0/type/coding/0/system", system_identifier_type);
        patient_.set("identifier/0/type/coding/0/code", "PI");
        patient_.set("identifier/0/value", code);
        next = 1;
      }
    }
    if (number.empty()) return;
    const nir_text nir = read_nir(number.text);
    if (!nir.well_formed) {
      add_source_field(patient_, "hprim-medecin.line8", number);
      return;
    }
    const std::string at = "identifier/" + std::to_string(next);
    patient_.set(at + "/type/coding/0/system", system_identifier_type);
    patient_.set(at + "/type/coding/0/code", "NH");
    patient_.set(at + "/system", system_nir);
    patient_.set(at + "/value", nir.value);
    patient_.carry(at + "/value", number);
  }

  void write_address() {
    std::size_t line = 0;
    const bool hole = message_.header_text(4).empty() && !message_.header_text(5).empty();
    for (const std::size_t number : {std::size_t{4}, std::size_t{5}}) {
      const sourced text = header_leaf(number);
      if (!text.empty()) patient_.set("address/0/line/" + std::to_string(line++), text);
    }
    for (const text_line* more : message_.more_address) {
      const std::string_view raw = trim(more->text);
      if (!raw.empty())
        patient_.set("address/0/line/" + std::to_string(line++), leaf(more->location(), raw, shown(raw)));
    }
    if (hole) add_source_field(patient_, "hprim-medecin.line5", sourced(std::string(message_.header_text(5))));
    const std::string_view raw = message_.header_text(6);
    if (raw.empty()) return;
    const std::string town(trim(shown(raw)));
    const std::size_t blank = town.find(' ');
    const std::string_view first = std::string_view(town).substr(0, blank);
    const bool postcode =
        first.size() == 5 && is_digits(first.substr(1)) && first.find_first_of("0123456789AB") != std::string::npos;
    const bool corsica =
        first.size() == 5 && (first.starts_with("2A") || first.starts_with("2B")) && is_digits(first.substr(2));
    if (postcode || corsica) {
      patient_.set("address/0/postalCode", leaf(message_.location(6) + " postcode", first, std::string(first)));
      if (blank != std::string::npos) {
        const std::string_view rest = trim(std::string_view(town).substr(blank));
        patient_.set("address/0/city", leaf(message_.location(6) + " town", rest, std::string(rest)));
      }
    } else {
      patient_.set("address/0/city", leaf(message_.location(6), raw, town));
    }
  }

  party_text party_at(std::size_t number) {
    party_text out;
    const text_line* line = message_.header[number - 1];
    if (line == nullptr) return out;
    const coded_identity both = split_identity(line->text);
    if (!both.code.empty()) out.code = leaf(line->location() + " code", both.code, std::string(both.code));
    if (!both.identity.empty()) {
      out.identity = leaf(line->location() + " identity", both.identity, shown(both.identity));
    }
    return out;
  }

  void write_parties() {
    const party_text sender = party_at(11);
    sender_name_ = sender.code.empty() ? sender.identity.text : sender.code.text;
    if (!sender.identity.empty() || !sender.code.empty()) {
      author_ = add_party(pivot_, sender, kind_of_party(sender.identity.text, party_kind::organization));
      composition_.set_reference("author/0", author_);
    }
    const party_text recipient = party_at(12);
    if (recipient.identity.empty() && recipient.code.empty()) return;
    const resource_ref to = add_party(pivot_, recipient, kind_of_party(recipient.identity.text, party_kind::person));
    const std::string at = "extension/" + std::to_string(composition_.size_of("extension"));
    composition_.set(at + "/url", extension_recipient);
    composition_.set_reference(at + "/valueReference", to);
  }

  void write_date() {
    const sourced date_line = message_.has_header ? header_leaf(10) : sourced{};
    const auto date = date_line.empty() ? std::nullopt : find_date(date_line.text, options_.now);
    if (date) {
      date_ = date->iso;
      composition_.set("date", date->iso);
      composition_.carry("date", date_line);
    } else if (!options_.now.empty()) {
      composition_.set("date", options_.now);
      added("/date", options_.now, "the message has no date; FHIR requires one");
      add_source_field(composition_, "hprim-medecin.line10.absent", sourced("added"));
    }
    if (!date_line.empty() && (!date || date->approximate || !date->exact))
      add_source_field(composition_, "hprim-medecin.line10", date_line);
  }

  void write_numbers() {
    if (message_.has_header) file_number_ = header_leaf(9);
    add_source_field(composition_, "hprim-medecin.line9", file_number_);
    if (!file_number_.empty() && !sender_name_.empty()) {
      composition_.set("identifier/system", local_system(sender_name_));
      composition_.set("identifier/value", file_number_.text);
    }
    if (!author_) {
      author_ = pivot_.add("Organization");
      author_.set("name", "inconnu");
      composition_.set_reference("author/0", author_);
      added("/author/0", "inconnu", "the message names no sender; FHIR requires an author");
    }
  }

  void write_text_and_results() {
    std::string text;
    std::vector<sourced> lines;
    collect_text(text, lines);
    if (text.empty() && message_.results.empty()) return;
    if (!text.empty()) {
      composition_.set("section/0/text/status", "generated");
      composition_.set("section/0/text/div",
                       "<div xmlns=\"http://www.w3.org/1999/xhtml\"><pre>" + escape_xml(text) + "</pre></div>");
      for (const sourced& line : lines) composition_.carry("section/0/text/div", line);
    }
    if (!message_.results.empty()) write_report();
  }

  /// Body lines and the TEX lines that it lacks; a TEX that repeats a body line is carried by that line.
  void collect_text(std::string& text, std::vector<sourced>& lines) {
    text = text_of(message_);
    if (ledger_ == nullptr) return;
    for (const text_line* line : message_.body) {
      const std::string_view raw = trim(line->text);
      if (!raw.empty()) lines.push_back(leaf(line->location(), raw, "-"));
    }
    for (const lab_item& item : message_.lab) {
      const std::string_view raw = trim(item.text);
      if (item.what == lab_item::kind::text && !raw.empty()) lines.push_back(leaf(item.line->location(), raw, "-"));
    }
  }

  void write_report() {
    const resource_ref report = pivot_.add("DiagnosticReport");
    composition_.set_reference("section/0/entry/0", report);
    const std::string status = composition_status();
    report.set("status", status == "amended" ? "corrected" : status);
    report.set("code/coding/0/system", system_loinc);
    report.set("code/coding/0/code", code_lab_report);
    if (patient_) report.set_reference("subject", patient_);
    report.set("effectiveDateTime", date_);
    report.set_reference("performer/0", author_);
    if (!file_number_.empty()) report.set("identifier/0/value", file_number_.text);
    observation_writer observations(pivot_, ledger_, found_, chosen_code_map(options_.endpoint, found_),
                                    {sender_name_, date_, patient_});
    const auto& results = message_.results;
    for (std::size_t i = 0, made = 0; i < results.size(); ++i, ++made) {
      const bool joined = i + 1 < results.size() && is_second_unit_row(results[i], results[i + 1]);
      const resource_ref observation = observations.write(results[i], joined ? &results[i + 1] : nullptr);
      report.set_reference("result/" + std::to_string(made), observation);
      i += joined ? 1 : 0;
    }
  }

  const medecin_message& message_;
  pivot_writer& pivot_;
  account* ledger_;
  const call_options& options_;
  findings& found_;
  resource_ref composition_, patient_, author_;
  sourced file_number_;
  std::string date_, sender_name_;
  std::size_t entry_ = pivot_.entry_count();
};

}  // namespace

liaison_status medecin_translator::decode(const call& host) {
  findings found;
  medecin_file file;
  read_medecin(host.input(), host.options().charset, file, found);
  if (const liaison_status status = status_of(file, found); status != LIAISON_OK) {
    found.report_to(host);
    return status;
  }
  account ledger(host.options().form_of_source());
  account* const rows = host.options().account ? &ledger : nullptr;
  const std::string seed = host.options().id_seed.empty() ? sha256_hex(host.input()) : host.options().id_seed;
  pivot_writer pivot(file.messages.size() > 1 ? "collection" : "document", seed, rows);
  pivot.bundle().set("identifier/system", "urn:ietf:rfc:3986");
  pivot.bundle().set("identifier/value", "urn:uuid:" + uuid_v5(seed));
  pivot.bundle().set("timestamp", host.options().now);
  if (rows != nullptr)
    rows->added("/identifier", "urn:uuid:" + uuid_v5(seed), "the format has no document id; derived from the content");
  for (const medecin_message& message : file.messages)
    message_decoder(message, pivot, rows, host.options(), found).write();
  host.emit(LIAISON_PART_DOCUMENT, pivot.to_json(), "application/fhir+json");
  if (rows != nullptr) host.emit(ledger, &pivot);
  found.report_to(host);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
