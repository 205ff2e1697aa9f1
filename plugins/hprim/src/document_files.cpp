// SPDX-License-Identifier: Apache-2.0
#include "document_files.hpp"

#include <liaison/common/charset.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

namespace liaison::hprim {
namespace {

struct extension_row {
  std::string_view content_type, suffix;
};

constexpr extension_row suffixes[] = {
    {"application/pdf", ".pdf"}, {"image/jpeg", ".jpg"}, {"image/png", ".png"},       {"image/tiff", ".tif"},
    {"image/gif", ".gif"},       {"text/rtf", ".rtf"},   {"application/rtf", ".rtf"}, {"text/html", ".html"},
    {"text/plain", ".txt"},      {"text/xml", ".xml"},   {"application/xml", ".xml"}, {"application/dicom", ".dcm"}};

std::string suffix_of(std::string_view content_type) {
  content_type = trim(content_type.substr(0, content_type.find(';')));
  for (const extension_row& row : suffixes) {
    if (row.content_type == content_type) return std::string(row.suffix);
  }
  return ".bin";
}

}  // namespace

std::vector<std::string> document_files::take(const view_document& document) {
  std::vector<std::string> notes;
  for (const view_attachment& one : document.attachments) {
    if (one.binary == nullptr) {
      found_.add(finding::attachment_unreadable, pivot_.pointer(one.reference), "the pivot does not hold its bytes");
      continue;
    }
    auto bytes = base64_decode(pivot_reader::text(one.binary, "data"));
    if (!bytes) {
      found_.add(finding::attachment_unreadable, pivot_.pointer(one.binary), "its base64 is not valid");
      continue;
    }
    account_for(one);
    if (one.content_type.starts_with("text/plain")) {
      const decoded text = detect_and_decode(*bytes);
      for (const std::string_view line : split(text.text, '\n')) notes.emplace_back(line);
      continue;
    }
    const std::string name = name_for(suffix_of(one.content_type));
    notes.push_back("Document joint : " + (one.title.empty() ? std::string("sans titre") : one.title.text) + " (" +
                    name + ")");
    files_.push_back({name, one.content_type, std::move(*bytes)});
  }
  return notes;
}

std::string document_files::name_for(const std::string& suffix) {
  const std::size_t before = used_[suffix]++;
  return before == 0 ? suffix : "." + std::to_string(before + 1) + suffix;
}

void document_files::account_for(const view_attachment& one) {
  pivot_.carry(one.binary, "data", "attachment");
  pivot_.carry(one.binary, "contentType", "attachment");
  for (const std::string_view path :
       {std::string_view("content/0/attachment/title"), std::string_view("content/0/attachment/contentType"),
        std::string_view("content/0/attachment/size"), std::string_view("content/0/attachment/hash")}) {
    pivot_.carry(one.reference, path, "attachment");
  }
  pivot_.envelope(one.reference, "content/0/attachment/url");
}

}  // namespace liaison::hprim
