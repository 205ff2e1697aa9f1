// SPDX-License-Identifier: Apache-2.0
// encode of hprim-medecin: twelve lines, a body that a person can read, RES lines with what the pivot knows, the end
// marks, and the files of the document beside it. Values pass through safe_text, so that none can break the frame.
#include "medecin_encode.hpp"

#include "document_files.hpp"
#include "medecin_translator.hpp"

#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <optional>

namespace liaison::hprim {

void message_encoder::write(const view_document& document, const std::vector<std::string>& file_notes,
                            std::string& out) {
  out_ = &out;
  const bool fragment = document.patient.node == nullptr;
  if (fragment) {  // text in front of LAB would be read as a header: it becomes TEX
    std::string body;
    out_ = &body;
    write_body(document, file_notes);
    out_ = &out;
    line("****LAB****");
    for (const std::string_view one : split(body, '\n')) {
      if (!trim(one).empty()) line("TEX|" + safe_.medecin_field(one));
    }
  } else {
    write_header(document);
    line("");
    write_body(document, file_notes);
  }
  write_results(document, fragment);
  line("****FIN****");
}

void message_encoder::line(std::string_view text) { out_->append(text).append("\n"); }

void message_encoder::carried(const sourced& value, std::string_view place) {
  if (ledger_ != nullptr && value.has_leaf && !value.empty()) ledger_->carry(value.leaf, std::string(place));
}

void message_encoder::dropped(const sourced& value, std::string_view reason) {
  if (ledger_ != nullptr && value.has_leaf && !value.empty()) ledger_->drop(value.leaf, reason);
}

sourced message_encoder::kept(const json_value* node, std::string_view location) {
  return source_field(pivot_, node, location);
}

namespace {

/// Options of the call and of the endpoint; nothing when the character set is not known.
std::optional<medecin_options> options_of(const call_options& options) {
  medecin_options out;
  if (!options.charset.empty()) {
    const auto named = charset_named(options.charset);
    if (!named || *named == charset::utf_16le || *named == charset::utf_16be) return std::nullopt;
    out.written_in = *named;
  }
  rapidjson::Document endpoint;
  endpoint.Parse<rapidjson::kParseIterativeFlag>(options.endpoint.data(), options.endpoint.size());
  if (endpoint.HasParseError() || !endpoint.IsObject()) return out;
  const auto text = [&](const char* name) {
    const auto found = endpoint.FindMember(name);
    return found != endpoint.MemberEnd() && found->value.IsString() ? std::string(found->value.GetString())
                                                                    : std::string{};
  };
  const auto flag = [&](const char* name) {
    const auto found = endpoint.FindMember(name);
    return found != endpoint.MemberEnd() && found->value.IsBool() && found->value.GetBool();
  };
  out.with_tex = flag("tex");
  out.strict_header = flag("strict_header");
  out.sender_code = text("sender_code");
  out.recipient_code = text("recipient_code");
  out.recipient_name = text("recipient_name");
  return out;
}

std::string with_crlf(std::string_view lines) {
  std::string out;
  out.reserve(lines.size() + lines.size() / 32);
  for (const std::string_view line : split(lines, '\n')) out.append(line).append("\r\n");
  out.resize(out.size() - 2);  // every line ended: behind the last end stands nothing
  return out;
}

/// Why a pivot cannot be written; OK when it can.
liaison_status check(const std::vector<view_document>& documents, const pivot_reader& pivot, findings& found) {
  if (documents.empty()) {
    found.add(finding::no_document, "/type");
    return LIAISON_UNSUPPORTED;
  }
  for (const view_document& document : documents) {
    const bool fragment = !source_field(pivot, document.composition, "hprim-medecin.fragment").empty();
    if (document.patient.node == nullptr && !fragment) {
      found.add(finding::no_patient, pivot.pointer(document.composition, "subject"));
      return LIAISON_REJECT;
    }
    if (document.patient.node == nullptr) found.add_raised(finding::no_header, severity::warning);
    if (document.sections.empty() && document.results.empty() && document.attachments.empty())
      found.add(finding::nothing_to_write);
  }
  return LIAISON_OK;
}

}  // namespace

liaison_status medecin_translator::encode(const call& host) {
  findings found;
  const auto options = options_of(host.options());
  if (!options) {
    found.add(finding::charset_unknown);
    found.report_to(host);
    return LIAISON_UNSUPPORTED;
  }
  account ledger(host.options().form_of_pivot());
  account* const rows = host.options().account ? &ledger : nullptr;
  pivot_reader pivot(host.input(), rows);
  const std::vector<view_document> documents = documents_of(pivot);
  if (const liaison_status status = check(documents, pivot, found); status != LIAISON_OK) {
    found.report_to(host);
    return status;
  }
  account_for_structure(pivot);
  safe_text safe(options->written_in);
  document_files files(pivot, found);
  std::string lines;
  for (const view_document& document : documents) {
    const std::vector<std::string> notes = files.take(document);
    message_encoder(pivot, rows, *options, safe, found).write(document, notes, lines);
  }
  lines += "****FINFICHIER****\n";
  pivot.drop(&pivot.bundle(), "", "HPRIM Médecin has no place for it");
  safe.report_to(found);
  host.emit(LIAISON_PART_DOCUMENT, safe.bytes(with_crlf(lines)), "text/plain", nullptr, format);
  for (const document_files::file& file : files.files()) {
    host.emit(LIAISON_PART_ATTACHMENT, file.bytes, file.content_type.c_str(), file.name.c_str());
  }
  if (rows != nullptr) host.emit(ledger);
  found.report_to(host);
  return LIAISON_OK;
}

}  // namespace liaison::hprim
