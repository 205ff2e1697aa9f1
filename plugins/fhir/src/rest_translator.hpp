// SPDX-License-Identifier: Apache-2.0
// The translator `fhir-rest`: bodies of FHIR's REST interface, for the gateway's /fhir and for what it posts to FHIR
// servers. It recognises nothing: a message is `fhir`.
//   inspect  body → FACTS, here the outline (rest_outline.hpp)
//   decode   body → DOCUMENT, the part that the endpoint's options name (rest_resource.hpp)
//   encode   a resource in either syntax → DOCUMENT in the syntax that the profile names
#pragma once

#include "message.hpp"
#include "rest_outline.hpp"
#include "rest_resource.hpp"
#include "xml_write.hpp"

namespace liaison::fhir {

struct rest_translator final : translator {
  static constexpr const char* format = "fhir-rest";
  static constexpr const char* const profiles[] = {"json", "xml", nullptr};

  int recognise(bytes_view) override { return 0; }

  liaison_status inspect(const call& of) override {
    message read;
    if (const auto status = open(of, read); status != LIAISON_OK) return status;
    if (top_entries(read.resource).size() > rest_entries_max) {
      of.report(severity::error, "fhir-too-many-entries", "Bundle.entry", "the Bundle has more entries than are taken");
      return LIAISON_REJECT;
    }
    of.emit(LIAISON_PART_FACTS, outline_of(read.resource), "application/json");
    return LIAISON_OK;
  }

  liaison_status decode(const call& of) override {
    message read;
    if (const auto status = open(of, read); status != LIAISON_OK) return status;
    const part_found part = extract_part(read.resource, part_request_of(of.options().endpoint));
    if (!part.found) {
      of.report(severity::error, "fhir-no-such-part", "", "the body has no such part");
      return LIAISON_REJECT;
    }
    of.emit(LIAISON_PART_DOCUMENT, part.bytes, part.content_type.c_str());
    return LIAISON_OK;
  }

  liaison_status encode(const call& of) override {
    message read;
    if (const auto status = open(of, read); status != LIAISON_OK) return status;
    if (of.options().profile == "xml") {
      of.emit(LIAISON_PART_DOCUMENT, write_fhir_xml(read.resource), "application/fhir+xml");
      return LIAISON_OK;
    }
    std::string text;
    write_json(read.resource, 0, text);
    of.emit(LIAISON_PART_DOCUMENT, text, "application/fhir+json");
    return LIAISON_OK;
  }

 private:
  static liaison_status open(const call& of, message& read) {
    if (!read_message(of.input(), read)) {
      of.report(severity::error, "fhir-not-fhir", "line 1", "neither FHIR JSON nor FHIR XML");
      return LIAISON_REJECT;
    }
    const liaison_status status = report_defects(of, read);
    if (status != LIAISON_OK) return status;
    return read.resource.empty() ? LIAISON_REJECT : LIAISON_OK;
  }
};

}  // namespace liaison::fhir
