// SPDX-License-Identifier: Apache-2.0
// Archives for the tests: made by the plugin's own writer, then bent; and a letter to put into them.
#pragma once

#include "../../support/plugin_calls.hpp"
#include "metadata.hpp"
#include "zip_writer.hpp"

#include <liaison/common/digest.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace liaison::xdm {

using namespace liaison::test;

using files = std::vector<std::pair<std::string, std::string>>;

inline std::string zip_of(const files& all) {
  zip_writer zip("2026-03-02T10:15:01+01:00");
  for (const auto& [name, bytes] : all) zip.add(name, bytes);
  return std::move(zip).finish();
}

inline std::string letter() {
  return read_file(std::string(LIAISON_SOURCE_DIRECTORY) + "/tests/golden/cda/letter-n1/input.xml");
}

inline std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const auto byte : sha1(bytes)) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

inline coded code(const char* value, const char* display, const char* system) {
  return {sourced(value), sourced(display), sourced(system)};
}

/// A DocumentEntry of the letter with every attribute that the French profile requires.
inline document_entry entry_of(std::string_view bytes) {
  document_entry entry;
  entry.id = "urn:uuid:6b1d0f6e-1111-4222-8333-0000000000d1";
  entry.mime = sourced("text/xml");
  entry.hash = sourced(hex_of(bytes));
  entry.size = sourced(std::to_string(bytes.size()));
  entry.uri = sourced("DOC0001.XML");
  entry.language = sourced("fr-FR");
  entry.creation_time = sourced("20250310132000");
  entry.service_start = sourced("20250308080000");
  entry.service_stop = sourced("20250310100000");
  entry.legal_authenticator = sourced("899900000001^AUTEUR^Test^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS");
  entry.source_patient_id = sourced("IPP-0042^^^&2.999.20&ISO^PI");
  for (const char* line : {"PID-5|ESSAI^ZACHARIE^ZACHARIE LOUIS MARCEL^^^^L", "PID-5|ESSAI-DEMO^ZAC^^^^^D",
                           "PID-7|19790817", "PID-8|M", "PID-11|^^^^^^BDL^^63220"})
    entry.source_patient_info.emplace_back(line);
  entry.title = sourced("Lettre de liaison fictive");
  author writer;
  writer.persons.emplace_back("899900000001^AUTEUR^Test^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS");
  writer.institutions.emplace_back("STRUCTURE FICTIVE^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1999999999");
  writer.specialties.emplace_back("G15_10/SM54^Médecin - Médecine Générale (SM)^1.2.250.1.213.1.1.4.5");
  entry.authors.push_back(writer);
  entry.class_code = code("10", "Compte rendu", "1.2.250.1.213.1.1.4.1");
  entry.type_code =
      code("11490-0", "Lettre de liaison à la sortie d'un établissement de soins", "2.16.840.1.113883.6.1");
  entry.format_code = code("urn:ihe:iti:xds-sd:pdf:2008", "PDF", "1.3.6.1.4.1.19376.1.2.3");
  entry.facility_code = code("SA01", "Etablissement public de santé", "1.2.250.1.71.4.2.4");
  entry.practice_code = code("ETABLISSEMENT", "Etablissement de santé", "1.2.250.1.213.1.1.4.9");
  entry.confidentiality = {code("N", "Normal", "2.16.840.1.113883.5.25")};
  entry.event_codes = {code("IMP", "Hospitalisation", "2.16.840.1.113883.5.4")};
  entry.patient_id = sourced("179086322004286^^^&1.2.250.1.213.1.4.10&ISO^NH");
  entry.unique_id = sourced("2.999.10.1.2");
  return entry;
}

inline submission submission_of(std::string_view bytes) {
  submission all;
  all.set.id = "urn:uuid:6b1d0f6e-1111-4222-8333-0000000000c1";
  all.set.submission_time = sourced("20250310132500");
  all.set.patient_id = sourced("179086322004286^^^&1.2.250.1.213.1.4.10&ISO^NH");
  all.set.source_id = sourced("2.999.40");
  all.set.unique_id = sourced("2.999.40.1");
  all.set.title = sourced("Envoi fictif");
  all.set.comments = sourced("Un commentaire");
  all.set.recipients.emplace_back(
      "|899900000002^TRAITANTE^Paule^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS|^^Internet^med.traitant@fictif.mssante.fr");
  author sender;
  sender.institutions.emplace_back("HOPITAL EXPEDITEUR^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1777777777");
  all.set.authors.push_back(sender);
  all.set.content_type = code("03", "Hospitalisation complète", "1.2.250.1.213.2.2");
  all.documents.push_back(entry_of(bytes));
  all.associations.push_back({association_type::has_member, all.set.id, all.documents[0].id});
  return all;
}

inline files files_of(const submission& what, std::string_view bytes) {
  return {{"INDEX.HTM", "<html/>"},
          {"README.TXT", "readme"},
          {"IHE_XDM/SUBSET01/METADATA.XML", write_metadata(what)},
          {"IHE_XDM/SUBSET01/DOC0001.XML", std::string(bytes)}};
}

inline std::string archive_of(const submission& what, std::string_view bytes) { return zip_of(files_of(what, bytes)); }

inline std::string good_archive() {
  const std::string bytes = letter();
  return archive_of(submission_of(bytes), bytes);
}

inline constexpr std::string_view trusted =
    R"({"now":"2026-03-02T10:15:01+01:00","account":true,"id_seed":"s","endpoint":{"trusted":true}})";

}  // namespace liaison::xdm
