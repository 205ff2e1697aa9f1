// SPDX-License-Identifier: Apache-2.0
// Entries that say that nothing is known: sections that their template wants an entry in.
#include "encode_parts_n3.hpp"
#include "encode_values.hpp"

#include "oids.hpp"

#include <algorithm>
#include <array>

namespace liaison::cda {
namespace {

constexpr std::string_view pcc = "1.3.6.1.4.1.19376.1.5.3.1.4.13";
constexpr std::string_view cisis = "1.2.250.1.213.1.1.3.48";

void write_unknown_observation(const writing& w, std::string_view code, std::string_view display,
                               std::initializer_list<std::string_view> templates, std::string_view type,
                               const std::string& text_id) {
  const xml_out::element observation(w.out, "observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
  write_templates(w, templates);
  w.out.leaf("id", {{"root", cda_root(uuid_v5("absent " + w.out.location() + w.of.options().id_seed))}});
  w.out.leaf("code", {{"code", code}, {"displayName", display}, {"codeSystem", "1.2.250.1.213.1.1.4.322"}});
  {
    const xml_out::element text(w.out, "text");
    w.out.leaf("reference", {{"value", "#" + text_id}});
  }
  w.out.leaf("statusCode", {{"code", "completed"}});
  w.out.leaf("effectiveTime", {{"nullFlavor", "UNK"}});
  w.out.leaf("value", {{"xsi:type", type}, {"nullFlavor", "UNK"}});
}

void write_unknown_medication(const writing& w, const std::string& text_id) {
  const xml_out::element act(w.out, "substanceAdministration");
  w.out.attribute("classCode", "SBADM").attribute("moodCode", "EVN");
  write_templates(w, {"1.2.250.1.213.1.1.3.42", "2.16.840.1.113883.10.20.1.24", "1.3.6.1.4.1.19376.1.5.3.1.4.7",
                      "1.3.6.1.4.1.19376.1.5.3.1.4.7.1"});
  w.out.leaf("id", {{"root", cda_root(uuid_v5("absent " + w.out.location() + w.of.options().id_seed))}});
  w.out.leaf("code", {{"code", "DRUG"}, {"displayName", "Médicament"}, {"codeSystem", "2.16.840.1.113883.5.4"}});
  {
    const xml_out::element text(w.out, "text");
    w.out.leaf("reference", {{"value", "#" + text_id}});
  }
  w.out.leaf("statusCode", {{"code", "completed"}});
  const xml_out::element consumable(w.out, "consumable");
  w.out.attribute("typeCode", "CSM");
  const xml_out::element product(w.out, "manufacturedProduct");
  write_templates(w, {"2.16.840.1.113883.10.20.1.53", "1.3.6.1.4.1.19376.1.5.3.1.4.7.2"});
  const xml_out::element material(w.out, "manufacturedMaterial");
  w.out.leaf("code", {{"nullFlavor", "NA"}});
  w.out.leaf("name", {{"nullFlavor", "NA"}});
}

void write_unknown_procedure(const writing& w, const std::string& text_id) {
  const xml_out::element procedure(w.out, "procedure");
  w.out.attribute("classCode", "PROC").attribute("moodCode", "EVN");
  write_templates(w, {"1.3.6.1.4.1.19376.1.5.3.1.4.19", "2.16.840.1.113883.10.20.1.29", "1.2.250.1.213.1.1.3.62"});
  w.out.leaf("id", {{"root", cda_root(uuid_v5("absent " + w.out.location() + w.of.options().id_seed))}});
  w.out.leaf("code", {{"nullFlavor", "UNK"}});
  {
    const xml_out::element text(w.out, "text");
    w.out.leaf("reference", {{"value", "#" + text_id}});
  }
  w.out.leaf("statusCode", {{"code", "completed"}});
  w.out.leaf("effectiveTime", {{"nullFlavor", "UNK"}});
}

struct unknown_concern {
  std::string_view ihe, cisis, kind, kind_display;
  std::array<std::string_view, 5> templates;
};
constexpr unknown_concern unknown_problem{
    "1.3.6.1.4.1.19376.1.5.3.1.4.5.2",
    "1.2.250.1.213.1.1.3.39",
    "55607006",
    "Problème",
    {"2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37", "", ""}};
constexpr unknown_concern unknown_allergy{
    "1.3.6.1.4.1.19376.1.5.3.1.4.5.3",
    "1.2.250.1.213.1.1.3.40",
    "419199007",
    "allergie à une substance",
    {"2.16.840.1.113883.10.20.1.18", "2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5",
     "1.3.6.1.4.1.19376.1.5.3.1.4.6", "1.2.250.1.213.1.1.3.41"}};

void write_unknown_concern(const writing& w, const unknown_concern& of, const std::string& text_id) {
  const auto unknown_time = [&w] {
    const xml_out::element time(w.out, "effectiveTime");
    w.out.attribute("xsi:type", "IVL_TS");
    w.out.leaf("low", {{"nullFlavor", "UNK"}});
  };
  const xml_out::element act(w.out, "act");
  w.out.attribute("classCode", "ACT").attribute("moodCode", "EVN");
  write_templates(w, {"2.16.840.1.113883.10.20.1.27", "1.3.6.1.4.1.19376.1.5.3.1.4.5.1", of.ihe, of.cisis});
  w.out.leaf("id", {{"root", cda_root(uuid_v5("absent " + w.out.location() + w.of.options().id_seed))}});
  w.out.leaf("code", {{"nullFlavor", "NA"}});
  w.out.leaf("statusCode", {{"code", "active"}});
  unknown_time();
  const xml_out::element link(w.out, "entryRelationship");
  w.out.attribute("typeCode", "SUBJ").attribute("inversionInd", "false");
  const xml_out::element observation(w.out, "observation");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
  for (const std::string_view root : of.templates) {
    write_templates(w, {root});
  }
  w.out.leaf("id", {{"root", cda_root(uuid_v5("absent " + w.out.location() + w.of.options().id_seed))}});
  w.out.leaf("code", {{"code", of.kind}, {"displayName", of.kind_display}, {"codeSystem", "2.16.840.1.113883.6.96"}});
  {
    const xml_out::element text(w.out, "text");
    w.out.leaf("reference", {{"value", "#" + text_id}});
  }
  w.out.leaf("statusCode", {{"code", "completed"}});
  unknown_time();
  const xml_out::element value(w.out, "value");
  w.out.attribute("xsi:type", "CD").attribute("nullFlavor", "UNK");
  const xml_out::element original(w.out, "originalText");
  w.out.leaf("reference", {{"value", "#" + text_id}});
}

constexpr std::array<std::string_view, 7> wanting{"33557-0", "42545-4", "10183-2", "10160-0",
                                                  "47519-4", "11450-4", "48765-2"};

}  // namespace

bool wants_entry(std::string_view code) { return std::find(wanting.begin(), wanting.end(), code) != wanting.end(); }

void write_absent_entry(const writing& w, std::string_view code, const std::string& text_id) {
  if (!wants_entry(code)) {
    return;
  }
  const xml_out::element entry(w.out, "entry");
  if (code == "33557-0") {
    write_unknown_observation(w, "GEN-065", "Statut du document",
                              {pcc, cisis, "1.2.250.1.213.1.1.3.48.16", "1.2.250.1.213.1.1.3.48.16.1"}, "CD", text_id);
  } else if (code == "42545-4") {
    write_unknown_observation(w, "MED-142", "Synthèse médicale", {pcc, cisis, "1.2.250.1.213.1.1.3.48.9"}, "ST",
                              text_id);
  } else if (code == "47519-4") {
    write_unknown_procedure(w, text_id);
  } else if (code == "11450-4") {
    write_unknown_concern(w, unknown_problem, text_id);
  } else if (code == "48765-2") {
    write_unknown_concern(w, unknown_allergy, text_id);
  } else {
    write_unknown_medication(w, text_id);
  }
}

}  // namespace liaison::cda
