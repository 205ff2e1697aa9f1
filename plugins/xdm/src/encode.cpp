// SPDX-License-Identifier: Apache-2.0
// One submission set with the documents to carry, byte for byte; without any, the files of the pivot. The metadata of a
// CDA come from its own header; the pivot adds what only the message knew: whose identity is qualified, masks, sender,
// recipients, deletion.
#include "encode.hpp"

#include "cda_header.hpp"
#include "pages.hpp"
#include "tables.hpp"
#include "zip_writer.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/oids.hpp>
#include <liaison/common/pivot_terms.hpp>
#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <cstdio>
#include <deque>

namespace liaison::xdm {
namespace {

constexpr std::string_view folder = "IHE_XDM/SUBSET01/";
constexpr std::size_t documents_max = 16;

write_options options_of(const call& request) {
  write_options out;
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(request.options().endpoint.data(), request.options().endpoint.size());
  if (json.HasParseError() || !json.IsObject()) return out;
  const auto text = [](const rapidjson::Value& of, const char* name) {
    const auto found = of.FindMember(name);
    return found != of.MemberEnd() && found->value.IsString()
               ? std::string(found->value.GetString(), found->value.GetStringLength())
               : std::string();
  };
  const auto code = [&](const char* name) -> coded {
    const auto found = json.FindMember(name);
    if (found == json.MemberEnd() || !found->value.IsObject()) return {};
    return {sourced(text(found->value, "code")), sourced(text(found->value, "display")),
            sourced(text(found->value, "system"))};
  };
  out.source_id = text(json, "source_id");
  out.content_type = code("content_type");
  out.facility = code("healthcare_facility_type");
  out.practice = code("practice_setting");
  return out;
}

struct written_document {
  document_entry entry;
  std::vector<identifier> patient_ids;  ///< as its own header says
  std::string replaces, custodian;
  std::string_view bytes;
};

class archive_writer {
 public:
  archive_writer(const call& request, findings& found, account& ledger)
      : request_(request),
        found_(found),
        ledger_(ledger),
        options_(options_of(request)),
        pivot_(request.input(), &ledger),
        source_(pivot_),
        seed_(request.options().id_seed.empty() ? sha256_hex(request.input()) : request.options().id_seed),
        is_french_(request.options().profile != "ihe-xdm") {}

  /// Empty when nothing may be written: `found` says why.
  std::string write() {
    take_documents();
    if (documents_.empty() && !found_.stopped()) found_.add(finding::nothing_to_write, "/");
    if (documents_.size() > documents_max) found_.add(finding::too_many_documents, "/");
    if (found_.stopped()) return {};
    write_patient();
    for (std::size_t i = 0; i < documents_.size(); ++i) complete(i);
    write_set();
    for (written_document& document : documents_) out_.documents.push_back(document.entry);
    check_required(out_, 0, found_);
    if (found_.stopped()) return {};
    return pack();
  }

 private:
  std::string target(std::size_t document, std::string_view attribute) const {
    return "METADATA.XML/" + location_of_document(document) + "/" + std::string(attribute);
  }

  void take_documents() {
    const auto carried = request_.carried();
    for (const carried_document& each : carried) take_carried(each);
    if (!carried.empty()) return;
    for (std::size_t i = 0; i < pivot_.entry_count(); ++i)
      if (pivot_reader::text(&pivot_.resource(i), "resourceType") == "DocumentReference")
        take_file(&pivot_.resource(i));
  }

  void take_carried(const carried_document& from) {
    const std::size_t ordinal = documents_.size();
    written_document document;
    document.bytes = from.bytes;
    if (from.format == "cda") {
      auto header = read_cda_header(from.bytes, request_.options().zone);
      if (!header) {
        found_.add(finding::document_unreadable, location_of_document(ordinal));
        return;
      }
      document.entry = std::move(header->entry);
      document.patient_ids = std::move(header->patient_ids);
      document.replaces = std::move(header->replaces);
      document.custodian = xon_of(header->custodian);
      if (encounter_class_.empty()) encounter_class_ = header->encounter_class;
    } else {
      describe_by_pivot(document.entry, nullptr, ordinal);
      document.entry.mime =
          sourced(from.content_type.empty() ? "application/octet-stream" : std::string(from.content_type));
      if (from.format == "fhir" && from.content_type.empty()) document.entry.mime = sourced("application/fhir+json");
    }
    documents_.push_back(std::move(document));
  }

  void take_file(const json_value* reference) {
    const json_value* attachment = pivot_reader::find(reference, "content/0/attachment");
    const json_value* binary = find_binary(pivot_reader::text(attachment, "url"));
    const std::string data = pivot_reader::text(binary == nullptr ? attachment : binary, "data");
    auto bytes = base64_decode(data);
    if (data.empty() || !bytes) return;
    const std::size_t ordinal = documents_.size();
    files_.push_back(std::move(*bytes));
    written_document document;
    document.bytes = files_.back();
    pivot_.carry(binary == nullptr ? attachment : binary, "data", std::string(folder) + location_of_document(ordinal));
    describe_by_pivot(document.entry, reference, ordinal);
    document.entry.mime =
        sourced(source_.take(binary == nullptr ? attachment : binary, "contentType", target(ordinal, "mimeType")));
    if (document.entry.mime.empty())
      document.entry.mime = sourced(source_.take(attachment, "contentType", target(ordinal, "mimeType")));
    documents_.push_back(std::move(document));
  }

  const json_value* find_binary(const std::string& url) const {
    if (url.empty()) return nullptr;
    rapidjson::Document reference;
    reference.SetObject();
    reference.AddMember("reference", rapidjson::Value(url.c_str(), reference.GetAllocator()), reference.GetAllocator());
    return pivot_.resolve(&reference);
  }

  /// A document that does not speak for itself. `reference` may be null.
  void describe_by_pivot(document_entry& entry, const json_value* reference, std::size_t ordinal) {
    const json_value* composition = source_.composition(ordinal);
    const auto take = [&](std::string_view path, const char* attribute) {
      return sourced(source_.take(composition, path, target(ordinal, attribute)));
    };
    if (reference != nullptr) {
      entry.title = sourced(source_.take(reference, "content/0/attachment/title", target(ordinal, "title")));
      entry.type_code = source_.take_code(pivot_reader::find(reference, "type"), target(ordinal, "typeCode"));
      entry.facility_code = source_.take_code(pivot_reader::find(reference, "context/facilityType"),
                                              target(ordinal, "healthcareFacilityTypeCode"));
      entry.practice_code = source_.take_code(pivot_reader::find(reference, "context/practiceSetting"),
                                              target(ordinal, "practiceSettingCode"));
    }
    if (entry.title.empty()) entry.title = take("title", "title");
    if (entry.type_code.empty())
      entry.type_code = source_.take_code(pivot_reader::find(composition, "type"), target(ordinal, "typeCode"));
    if (const auto class_code = class_of_type(entry.type_code.code.text))
      entry.class_code = {sourced(class_code->code), sourced(class_code->display), sourced(class_code->system)};
    entry.language = take("language", "languageCode");
    entry.creation_time = sourced(utc_of_fhir(take("date", "creationTime").text));
    entry.service_start = sourced(utc_of_fhir(take("event/0/period/start", "serviceStartTime").text));
    entry.service_stop = sourced(utc_of_fhir(take("event/0/period/end", "serviceStopTime").text));
    const std::string level = take("confidentiality", "confidentialityCode").text;
    if (!level.empty()) entry.confidentiality.push_back({sourced(level), {}, sourced("2.16.840.1.113883.5.25")});
    entry.authors = source_.authors(composition, target(ordinal, "author"));
    entry.source_patient_info = source_.patient_info(target(ordinal, "sourcePatientInfo"));
    // The pivot's id is that of its one document.
    if (ordinal == 0 && source_.composition_count() <= 1) entry.unique_id = sourced(source_.document_id());
  }

  /// One patient in all of it: the matricule with a qualified identity only, else a number of the sender's.
  void write_patient() {
    std::vector<identifier> known = source_.patient_ids("METADATA.XML/patientId");
    const auto ins_in = [](const std::vector<identifier>& ids) {
      return std::find_if(ids.begin(), ids.end(),
                          [](const identifier& id) { return is_ins(identifier_kind_of(id.oid)); });
    };
    const auto ins = ins_in(known);
    const identifier* first = ins == known.end() ? nullptr : &*ins;
    bool withheld = false;
    for (std::size_t i = 0; i < documents_.size(); ++i) {
      const auto& ids = documents_[i].patient_ids;
      const auto own = ins_in(ids);
      if (own == ids.end()) continue;
      if (first != nullptr && (own->value != first->value || own->oid != first->oid))
        found_.add(finding::two_identities, location_of_document(i));
      if (first == nullptr) first = &*own;
      withheld = withheld || ins == known.end();
    }
    if (withheld) found_.add(finding::ins_withheld, "/Patient");
    const auto is_local = [](const identifier& id) { return !is_ins(identifier_kind_of(id.oid)); };
    auto local = std::find_if(known.begin(), known.end(), is_local);
    identifier number = local == known.end() ? identifier{} : *local;
    for (const written_document& document : documents_) {
      if (!number.empty()) break;
      const auto own = std::find_if(document.patient_ids.begin(), document.patient_ids.end(), is_local);
      if (own != document.patient_ids.end()) number = *own;
    }
    patient_id_ = ins != known.end() ? cx_of(*ins) : cx_of(number);
    source_patient_id_ = !number.empty() ? cx_of(number) : patient_id_;
    if (patient_id_.empty()) found_.add(finding::no_patient, "/Patient");
  }

  void complete(std::size_t ordinal) {
    written_document& document = documents_[ordinal];
    document_entry& entry = document.entry;
    const json_value* composition = source_.composition(ordinal);
    if (entry.unique_id.empty())
      entry.unique_id = sourced(oid_of_uuid(uuid_v5(seed_ + "/document/" + std::to_string(ordinal))));
    entry.id = entry_uuid(entry.unique_id.text);
    entry.patient_id = sourced(patient_id_);
    entry.source_patient_id = sourced(source_patient_id_);
    entry.hash = sourced(sha1_hex(document.bytes));
    entry.size = sourced(std::to_string(document.bytes.size()));
    const std::string_view suffix = suffix_of_media(entry.mime.text);
    char name[16];
    std::snprintf(name, sizeof name, "DOC%04u.%.3s", static_cast<unsigned>(ordinal + 1), std::string(suffix).c_str());
    entry.uri = sourced(name);
    if (entry.format_code.empty())
      if (const auto format = format_of_media(entry.mime.text))
        entry.format_code = {sourced(format->code), sourced(format->display), sourced(format->system)};
    const auto fall_back = [&](coded& value, const coded& option, const char* attribute) {
      if (!value.empty() || option.empty()) return;
      value = option;
      add(target(ordinal, attribute), option.code.text);
    };
    fall_back(entry.facility_code, options_.facility, "healthcareFacilityTypeCode");
    fall_back(entry.practice_code, options_.practice, "practiceSettingCode");
    for (coded& mask : source_.masks(composition, target(ordinal, "confidentialityCode")))
      entry.confidentiality.push_back(std::move(mask));
    write_action(document, composition, ordinal);
  }

  /// In France the action stands in a slot of the document; elsewhere a replacement is an association (ITI
  /// TF-3 4.2.2.2).
  void write_action(written_document& document, const json_value* composition, std::size_t ordinal) {
    const std::string by_pivot = source_.replaced(composition, target(ordinal, "action"));
    if (document.replaces.empty()) document.replaces = by_pivot;
    const bool deleted = source_.is_deleted(composition, target(ordinal, "action"));
    if (is_french_) {
      if (deleted)
        document.entry.action = sourced("D");
      else if (!document.replaces.empty())
        document.entry.action = sourced("C");
      return;
    }
    if (deleted) found_.add(finding::no_deletion, location_of_document(ordinal));
    if (!document.replaces.empty())
      out_.associations.push_back({association_type::replaces, document.entry.id, entry_uuid(document.replaces)});
  }

  /// The same for the same document in every archive of every gateway, so that a replacement finds its original.
  static std::string entry_uuid(const std::string& unique_id) { return "urn:uuid:" + uuid_v5("xdm/" + unique_id); }

  void write_set() {
    submission_set& set = out_.set;
    const json_value* composition = source_.composition(0);
    const std::string name = uuid_v5(seed_ + "/set");
    set.id = "urn:uuid:" + name;
    set.unique_id = sourced(oid_of_uuid(name));
    set.submission_time = sourced(utc_of_fhir(request_.options().now));
    set.patient_id = sourced(patient_id_);
    set.recipients = source_.recipients(composition, "METADATA.XML/SubmissionSet/intendedRecipient");
    set.authors = source_.sender(composition, "METADATA.XML/SubmissionSet/author");
    const document_entry& first = documents_.front().entry;
    if (set.authors.empty() && !first.authors.empty()) set.authors.push_back(first.authors.front());
    set.title = first.title;
    set.content_type = options_.content_type;
    if (set.content_type.empty()) {
      const code_value activity =
          activity_of_encounter(encounter_class_.empty() ? source_.encounter_class() : encounter_class_);
      set.content_type = {sourced(activity.code), sourced(activity.display), sourced(activity.system)};
    }
    set.source_id = sourced(options_.source_id);
    if (set.source_id.empty()) {
      const std::string& custodian = documents_.front().custodian;
      set.source_id = sourced(oid_of_uuid(uuid_v5("xdm-source/" + custodian)));
      add("METADATA.XML/SubmissionSet/sourceId", set.source_id.text);
    }
    std::vector<association> members;
    for (const written_document& document : documents_)
      members.push_back({association_type::has_member, set.id, document.entry.id});
    out_.associations.insert(out_.associations.begin(), members.begin(), members.end());
  }

  void add(const std::string& place, const std::string& value) {
    ledger_.added(place, value, "the metadata require it, and the document does not say it");
    found_.add(finding::attribute_added, place);
  }

  std::string pack() {
    zip_writer zip(request_.options().now);
    zip.add("INDEX.HTM", index_page(out_, folder));
    zip.add("README.TXT", readme_page(out_, folder));
    zip.add(std::string(folder) + "METADATA.XML", write_metadata(out_));
    for (const written_document& document : documents_)
      zip.add(std::string(folder) + document.entry.uri.text, document.bytes);
    return std::move(zip).finish();
  }

  const call& request_;
  findings& found_;
  account& ledger_;
  write_options options_;
  pivot_reader pivot_;
  pivot_source source_;
  std::string seed_;
  bool is_french_;
  std::deque<std::string> files_;  // bytes of files that came as base64
  std::vector<written_document> documents_;
  std::string encounter_class_, patient_id_, source_patient_id_;
  submission out_;
};

}  // namespace

liaison_status encode_archive(const call& request) {
  findings found(finding_table, request.options().strict);
  account ledger(request.options().form_of_pivot());
  const std::string archive = archive_writer(request, found, ledger).write();
  if (!found.stopped()) {
    request.emit(LIAISON_PART_DOCUMENT, archive, "application/zip", nullptr, "xdm");
    if (request.options().account) request.emit(ledger);
  }
  return found.report(request);
}

}  // namespace liaison::xdm
