// SPDX-License-Identifier: Apache-2.0
// encode of hprim-sante: options, header, patients and stays, and the shape of the message. What a HPRIM Santé source
// left beside the pivot's elements goes back to where it stood.
#include "sante_encode.hpp"

#include "sante_translator.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <algorithm>
#include <map>

namespace liaison::hprim {
namespace {

struct code_row {
  std::string_view pivot, written;
};

constexpr code_row sexes[] = {{"male", "M"}, {"female", "F"}, {"unknown", "U"}, {"other", "U"}};
constexpr code_row admissions[] = {{"A01", "IP"}, {"A03", "OP"}, {"A04", "ER"},
                                   {"A05", "PA"}, {"A08", "MP"}, {"A02", "MP"}};

template <class Table>
std::string_view written_code(const Table& table, std::string_view pivot) {
  for (const code_row& row : table) {
    if (row.pivot == pivot) return row.written;
  }
  return {};
}

const json_value* find(const json_value* node, std::string_view path) { return pivot_reader::find(node, path); }
std::string text(const json_value* node, std::string_view path) { return pivot_reader::text(node, path); }

std::string base_36(std::string_view seed) {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string out = "L";
  const auto hash = sha1(seed);
  for (std::size_t i = 0; i < 7; ++i) out += digits[hash[i] % digits.size()];
  return out;
}

}  // namespace

std::optional<sante_options> sante_options_of(const call_options& options) {
  sante_options out;
  out.now = options.now;
  out.control_id = options.control_id;
  if (!options.charset.empty()) {
    const auto named = charset_named(options.charset);
    if (!named || *named == charset::utf_16le || *named == charset::utf_16be) return std::nullopt;
    out.written_in = *named;
  }
  if (constexpr std::string_view prefix = "hprim-sante-"; options.profile.starts_with(prefix))
    out.version = "H" + options.profile.substr(prefix.size(), 3);
  rapidjson::Document endpoint;
  endpoint.Parse<rapidjson::kParseIterativeFlag>(options.endpoint.data(), options.endpoint.size());
  if (endpoint.HasParseError() || !endpoint.IsObject()) return out;
  const auto take = [&](const char* name, std::string& into) {
    const auto found = endpoint.FindMember(name);
    if (found != endpoint.MemberEnd() && found->value.IsString()) into = found->value.GetString();
  };
  take("version", out.version);
  take("link_type", out.link_type);
  take("processing", out.processing);
  take("sender_code", out.sender_code);
  take("sender_name", out.sender_name);
  take("recipient_code", out.recipient_code);
  take("recipient_name", out.recipient_name);
  const auto escapes = endpoint.FindMember("escapes");
  if (escapes != endpoint.MemberEnd() && escapes->value.IsBool() && escapes->value.GetBool())
    out.escapes = escape_rule::escape;
  return out;
}

sante_encoder::sante_encoder(pivot_reader& pivot, account* ledger, const sante_options& options, safe_text& safe,
                             findings& found)
    : pivot_(pivot),
      ledger_(ledger),
      options_(options),
      safe_(safe),
      found_(found),
      lines_(options.written_in, options.escapes, safe) {
  const json_value* entries = find(&pivot.bundle(), "entry");
  for (rapidjson::SizeType i = 0; entries != nullptr && i < entries->Size(); ++i) {
    const std::string type = text(&(*entries)[i], "resource/resourceType");
    if (type == "Coverage")
      coverages_[pivot.resolve(find(&(*entries)[i], "resource/beneficiary"))].push_back(
          find(&(*entries)[i], "resource"));
    if (type == "Patient" && text(&(*entries)[i], "resource/link/0/type") == "replaced-by")
      merged_.emplace(pivot.resolve(find(&(*entries)[i], "resource/link/0/other")), find(&(*entries)[i], "resource"));
    if (type == "DocumentReference" || type == "Binary")
      files_by_url_.emplace(text(&(*entries)[i], "fullUrl"), find(&(*entries)[i], "resource"));
  }
}

std::string sante_encoder::stamp_of(std::string_view date_time) const {
  const auto out = hl7_from_fhir(date_time, hl7_zone::drop);
  return out ? *out : std::string{};
}

void sante_encoder::set_date(segment_builder& to, const place& at, const sourced& value) {
  if (value.empty()) return;
  sourced written = value;
  written.text = stamp_of(value.text);
  if (const std::size_t fraction = written.text.find('.'); fraction != std::string::npos) written.text.resize(fraction);
  if (written.text.size() == 4) written.text.clear();  // the format has no year alone
  to.set(at, written);
}

std::string sante_encoder::file_name(const json_value* main) const {
  if (!options_.control_id.empty()) return options_.control_id;
  const std::string own = text(&pivot_.bundle(), "identifier/value");
  const bool kept = !source_field(pivot_, main, "hprim-sante.H-6").empty();
  if (kept || (own.size() <= 12 && own.find_first_of("|~^\\&") == std::string::npos)) return own;
  return base_36(own.empty() ? std::string_view("hprim") : std::string_view(own)) + ".HPR";
}

void sante_encoder::write_header(std::string_view context, const json_value* main, const view_party& from,
                                 const view_party& to) {
  if (header_written_) return;
  header_written_ = true;
  context_ = std::string(context);
  main_kept_ = kept_values(pivot_, main);
  from_sante_ = std::any_of(main_kept_.begin(), main_kept_.end(),
                            [](const kept_value& k) { return k.segment == "H" && k.at.field == 6; });
  segment_builder h = begin("H");
  const std::string name = file_name(main);
  file_stem_ = name.substr(0, name.find('.'));
  sourced id = pivot_.get(&pivot_.bundle(), "identifier/value");
  id.text = name;
  h.set(2, id);
  const auto party = [&](std::uint16_t field, const view_party& who, const std::string& code_option,
                         const std::string& name_option) {
    sourced code = who.identifiers.empty() ? sourced{} : who.identifiers.front().value;
    if (!code_option.empty()) code = sourced(code_option);
    std::string label = name_option.empty() ? who.text() : name_option;
    if (code.empty() && !label.empty()) code = sourced(label.substr(0, std::min(label.find(' '), std::size_t{12})));
    h.set(field, 1, code);
    for (const sourced& word : who.name) h.set(field, 2, word);
    if (!label.empty()) h.set(field, 2, sourced(label));
  };
  party(4, from, options_.sender_code, options_.sender_name);
  party(9, to, options_.recipient_code, options_.recipient_name);
  h.set(6, context);
  h.set(11, options_.processing);
  h.set(12, 1, sourced(options_.version));
  h.set(12, 2, sourced(options_.link_type));
  set_date(h, {13, 1, 1, 1}, pivot_.get(&pivot_.bundle(), "timestamp"));
  // What the source's own header said about separators of roles, password or comments comes back; its context does not
  // change.
  h.apply(main_kept_, "H");
  lines_.add(h);
  write_attached(main_kept_);
}

/// Comments and unknown segments that stood behind another: in their order, comments first.
void sante_encoder::write_attached(const std::vector<kept_value>& kept, const std::vector<sourced>& notes) {
  std::map<std::pair<std::string, unsigned>, std::vector<kept_value>> present;
  unsigned comments = 0;
  for (const kept_value& one : kept) {
    if (one.ordinal == 0) continue;
    present[{one.segment, one.ordinal}].push_back(one);
    if (one.segment == "C") comments = std::max(comments, one.ordinal);
  }
  std::size_t note = 0;
  for (unsigned ordinal = 1; ordinal <= std::max<std::size_t>(comments, 0) || note < notes.size(); ++ordinal) {
    segment_builder c = begin("C");
    const auto own = present.find({"C", ordinal});
    const bool silent =
        own != present.end() && std::any_of(own->second.begin(), own->second.end(),
                                            [](const kept_value& k) { return k.is_clear && k.value.text == "none"; });
    if (!silent && note < notes.size()) {
      // A comment of several lines: one repetition for each.
      std::uint16_t repetition = 1;
      for (const std::string_view line : split(notes[note].text, '\n')) {
        sourced part = notes[note];
        part.text = std::string(line);
        c.set({3, repetition++, 1, 1}, part);
      }
      ++note;
      c.set(2, "L");
    } else if (own == present.end()) {
      continue;
    }
    c.set(1, std::to_string(ordinal));
    if (own != present.end()) {
      if (from_sante_) c.clear(2);
      c.apply(own->second, "C", ordinal);
    }
    lines_.add(c);
  }
  for (const auto& [key, values] : present) {
    if (key.first == "C" || key.first == "ERR") continue;
    segment_builder other = begin(key.first);
    other.apply(values, key.first, key.second);
    lines_.add(other);
  }
}

void sante_encoder::write_person_code(segment_builder& to, std::uint16_t field, std::uint16_t repetition,
                                      const json_value* person) {
  if (person == nullptr) return;
  if (text(person, "resourceType") == "PractitionerRole") {
    const json_value* inner = pivot_.resolve(find(person, "practitioner"));
    person = inner != nullptr ? inner : pivot_.resolve(find(person, "organization"));
  }
  const sourced code = pivot_.get(person, "identifier/0/value");
  to.set({field, repetition, 1, 1}, code);
  sourced name = pivot_.get(person, "name/0/text");
  if (name.empty()) {
    name = pivot_.get(person, "name/0/family");
    if (const std::string given = text(person, "name/0/given/0"); !given.empty() && !name.empty())
      name.text += " " + given;
  }
  if (name.empty()) name = pivot_.get(person, "name");
  to.set({field, repetition, 2, 1}, name);
  if (text(person, "identifier/0/system") == system_rpps && code.text.size() == 11)
    to.set({field, repetition, 3, 1}, sourced("R"));
}

void sante_encoder::write_identity(segment_builder& p, const view_person& patient) {
  const bool qualified = patient.identity_status.text == "VALI";
  const bool with_ins = options_.version >= "H2.5";
  std::uint16_t ins = 1;
  bool own = false;
  for (const view_identifier& one : patient.identifiers) {
    if (is_ins_system(one.system)) {
      if (!qualified || !with_ins) {
        if (ledger_ != nullptr && one.value.has_leaf)
          ledger_->drop(one.value.leaf, "an INS leaves only with a qualified identity, from H2.5 on");
        continue;
      }
      p.set({11, ins, 1, 1}, one.value);
      p.set({11, ins, 2, 1}, sourced(one.system.ends_with(".9") ? "INS-NIA" : "INS-NIR"));
      p.set({11, ins, 6, 1}, sourced(one.system.substr(one.system.rfind(':') + 1)));
      ++ins;
    } else if (one.system == system_nir || one.type == "NH") {
      continue;  // a social-security number has its place in AP
    } else if (!own && one.type != "" && one.type != "SS") {
      p.set({2, 1, 1, 1}, one.value);
      own = true;
    }
  }
  if (const auto old = merged_.find(patient.node); old != merged_.end()) {
    p.set({2, 1, 2, 1}, pivot_.get(old->second, "identifier/0/value"));
    p.set({2, 1, 3, 1}, sourced("FU"));
  }
  for (const view_identifier& one : patient.identifiers) {
    if (one.type.empty() && !is_ins_system(one.system) && one.system != system_nir) p.set({3, 1, 1, 1}, one.value);
  }
  // A source of this format that has a birth name only shall not get a used name from us; others must name the patient.
  if (!from_sante_ || text(patient.node, "name/0/use") == "usual") {
    p.set({5, 1, 1, 1}, patient.family);
    if (!patient.given.empty()) p.set({5, 1, 2, 1}, patient.given[0]);
    if (patient.given.size() > 1) p.set({5, 1, 3, 1}, patient.given[1]);
    p.set({5, 1, 5, 1}, patient.prefix);
  }
  p.set({5, 1, 6, 1}, pivot_.get(patient.node, "name/0/suffix/0"));
  p.set({6, 1, 1, 1}, patient.birth_family);
  if (!patient.birth_given.empty() && options_.version >= "H2.5") p.set({6, 1, 2, 1}, patient.birth_given[0]);
  const json_value* list = find(patient.node, "extension");
  for (rapidjson::SizeType i = 0; list != nullptr && list->IsArray() && i < list->Size(); ++i) {
    if (text(&(*list)[i], "url") == extension_birth_list_given && options_.version >= "H2.5")
      p.set({6, 1, 3, 1}, pivot_.get(&(*list)[i], "valueString"));
  }
  set_date(p, {7, 1, 1, 1}, patient.birth_date);
  sourced sex = patient.gender;
  sex.text = std::string(written_code(sexes, patient.gender.text));
  p.set(8, sex);
}

void sante_encoder::write_address(segment_builder& p, const view_person& patient) {
  for (std::size_t i = 0; i < std::min<std::size_t>(patient.address_lines.size(), 2); ++i)
    p.set({10, 1, static_cast<std::uint16_t>(i + 1), 1}, patient.address_lines[i]);
  p.set({10, 1, 3, 1}, patient.city);
  p.set({10, 1, 4, 1}, pivot_.get(patient.node, "address/0/district"));
  p.set({10, 1, 5, 1}, patient.postal_code);
  p.set({10, 1, 6, 1}, patient.country);
  std::uint16_t repetition = 1;
  for (const sourced& phone : patient.phones) p.set({12, repetition++, 1, 1}, phone);
  const json_value* doctors = find(patient.node, "generalPractitioner");
  for (rapidjson::SizeType i = 0; doctors != nullptr && doctors->IsArray() && i < doctors->Size() && i < 32; ++i)
    write_person_code(p, 13, static_cast<std::uint16_t>(i + 1), pivot_.resolve(&(*doctors)[i]));
  set_date(p, {33, 1, 1, 1}, pivot_.get(patient.node, "deceasedDateTime"));
  if (options_.version < "H2.5") return;
  p.set({34, 1, 1, 1}, patient.birth_place_town);
  p.set({34, 1, 2, 1}, patient.birth_place_code);
  p.set({34, 1, 4, 1}, patient.birth_place_postal_code);
  const json_value* list = find(patient.node, "extension");
  for (rapidjson::SizeType i = 0; list != nullptr && list->IsArray() && i < list->Size(); ++i) {
    if (text(&(*list)[i], "url") == extension_birth_place)
      p.set({34, 1, 3, 1}, pivot_.get(&(*list)[i], "valueAddress/country"));
  }
  sourced status = patient.identity_status;
  status.text = status.text == "VALI" ? "VL" : (status.text == "PROV" ? "PR" : "");
  p.set(38, status);
  if (!patient.mails.empty()) p.set(41, patient.mails[0]);
}

void sante_encoder::write_stay(segment_builder& p, const json_value* encounter, std::string_view event,
                               bool admission) {
  if (encounter == nullptr) return;
  p.set({4, 1, 1, 1}, pivot_.get(encounter, "identifier/0/value"));
  set_date(p, {23, 1, 1, 1}, pivot_.get(encounter, "period/start"));
  set_date(p, {23, 2, 1, 1}, pivot_.get(encounter, "period/end"));
  if (admission && !from_sante_) {
    p.set(24, written_code(admissions, event));
    if (const json_value* location = pivot_.resolve(find(encounter, "location/0/location")))
      p.set({25, 1, 3, 1}, pivot_.get(location, "name"));
  }
  pivot_.carry(encounter, "status", "P-24");
  pivot_.carry(encounter, "class/code", "P-24");
}

void sante_encoder::write_patient(const view_person& patient, const json_value* encounter, std::string_view event,
                                  const json_value* main) {
  segment_builder p = begin("P");
  p.set(1, std::to_string(++patient_rank_));
  if (patient.node != nullptr) {
    write_identity(p, patient);
    write_address(p, patient);
  }
  write_stay(p, encounter, event, context_ == "ADM" || context_ == "ORA");
  const std::vector<kept_value> kept = kept_values(pivot_, patient.node), stay_kept = kept_values(pivot_, encounter);
  p.apply(stay_kept, "P");
  p.apply(kept, "P");
  (void)main;
  lines_.add(p);
  write_attached(kept);
}

std::string sante_encoder::write() {
  const std::vector<view_document> documents = documents_of(pivot_);
  if (!documents.empty()) {
    for (const view_document& document : documents) {
      if (document.patient.node == nullptr && source_field(pivot_, document.composition, "hprim-sante.H-6").empty()) {
        found_.add(finding::no_patient, pivot_.pointer(document.composition, "subject"));
        return {};
      }
      write_document(document);
    }
  } else {
    for (std::size_t i = 0; i < pivot_.entry_count(); ++i) {
      const json_value& resource = pivot_.resource(i);
      if (text(&resource, "resourceType") == "MessageHeader") write_event(&resource);
    }
  }
  if (!header_written_) {
    found_.add(finding::no_document);
    return {};
  }
  segment_builder end = begin("L");
  end.apply(main_kept_, "L");
  for (const std::string& field : lines_.long_fields()) found_.add(finding::segment_cut, field, "written whole");
  return lines_.finish(end);
}

liaison_status sante_translator::encode(const call& host) {
  findings found;
  const auto options = sante_options_of(host.options());
  if (!options) {
    found.add(finding::charset_unknown);
    found.report_to(host);
    return LIAISON_UNSUPPORTED;
  }
  account ledger(host.options().form_of_pivot());
  account* const rows = host.options().account ? &ledger : nullptr;
  pivot_reader pivot(host.input(), rows);
  account_for_structure(pivot);
  safe_text safe(options->written_in);
  sante_encoder encoder(pivot, rows, *options, safe, found);
  const std::string bytes = encoder.write();
  safe.report_to(found);
  pivot.drop(&pivot.bundle(), "", "HPRIM Santé has no place for it");
  if (bytes.empty()) {
    found.report_to(host);
    return found.has(finding::no_patient) ? LIAISON_REJECT : LIAISON_UNSUPPORTED;
  }
  host.emit(LIAISON_PART_DOCUMENT, bytes, "text/plain", nullptr, format);
  for (const sante_encoder::file& one : encoder.files())
    host.emit(LIAISON_PART_ATTACHMENT, one.bytes, one.content_type.c_str(), one.name.c_str());
  if (rows != nullptr) host.emit(ledger);
  found.report_to(host);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
