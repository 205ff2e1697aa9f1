// SPDX-License-Identifier: Apache-2.0
// Section "Copie du document": the PDF that a reader shows first.
#include "encode_entries.hpp"
#include "encode_parts_n3.hpp"
#include "encode_values.hpp"

#include "oids.hpp"

namespace liaison::cda {

namespace {

struct file_ids {
  std::string label;  ///< of the narrative that names the file; may be empty
  std::string media;
};

/// Organizer of an attached file (1.2.250.1.213.1.1.3.18): its type, then the file.
void write_file_entry(const writing& w, const json_value* file, const std::string& seed, const json_value* type,
                      const file_ids& ids) {
  const xml_out::element entry(w.out, "entry");
  const xml_out::element organizer(w.out, "organizer");
  w.out.attribute("classCode", "CLUSTER").attribute("moodCode", "EVN");
  w.out.leaf("templateId", {{"root", "1.2.250.1.213.1.1.3.18"}});
  if (writing::find(file, "identifier/0") != nullptr) {
    write_id(w, writing::item(file, "identifier", 0));
  } else {
    w.out.leaf("id", {{"root", cda_root(uuid_v5(seed + " organizer"))}});
  }
  w.out.leaf("code", {{"code", "55107-7"}, {"displayName", "Document attaché"}, {"codeSystem", oid_loinc}});
  w.out.leaf("statusCode", {{"code", "completed"}});
  {
    const xml_out::element part(w.out, "component");
    const xml_out::element observation(w.out, "observation");
    w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN");
    for (const char* root : {"1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48", "1.2.250.1.213.1.1.3.48.18"}) {
      w.out.leaf("templateId", {{"root", root}});
    }
    if (writing::find(file, "identifier/1") != nullptr) {
      write_id(w, writing::item(file, "identifier", 1));
    } else {
      w.out.leaf("id", {{"root", cda_root(uuid_v5(seed + " observation"))}});
    }
    w.out.leaf("code", {{"code", "69764-9"}, {"displayName", "Type de document"}, {"codeSystem", oid_loinc}});
    if (!ids.label.empty()) {
      const xml_out::element text(w.out, "text");
      w.out.leaf("reference", {{"value", "#" + ids.label}});
    }
    w.out.leaf("statusCode", {{"code", "completed"}});
    w.out.leaf("effectiveTime", {{"nullFlavor", "NA"}});
    if (!write_code(w, type, "value", "CD")) {
      w.out.leaf(
          "value",
          {{"xsi:type", "CD"}, {"code", "55108-5"}, {"displayName", "Copie du document"}, {"codeSystem", oid_loinc}});
    }
  }
  const xml_out::element part(w.out, "component");
  const xml_out::element media(w.out, "observationMedia");
  w.out.attribute("classCode", "OBS").attribute("moodCode", "EVN").attribute("ID", ids.media);
  const xml_out::element value(w.out, "value");
  const sourced media_type = w.get(file, "content/0/attachment/contentType");
  const sourced data = file_data(w, file);
  w.out.attribute("mediaType", media_type.empty() ? sourced("application/pdf") : media_type)
      .attribute("representation", "B64");
  w.out.text(data);
  for (const char* name : {"size", "hash", "url", "title"}) {
    w.pivot.envelope(file, std::string("content/0/attachment/") + name);
  }
  w.pivot.envelope(file, "status");
}

}  // namespace

void write_pdf_copy(const writing& w, const json_value* section, const json_value* file) {
  // The same document and file always give the same ids, wherever the file stands in the pivot.
  const std::string seed = "copy " + writing::text(&w.pivot.bundle(), "identifier/system") +
                           writing::text(&w.pivot.bundle(), "identifier/value") +
                           writing::text(file, "content/0/attachment/hash");
  const bool first = w.narrative.used_ids.insert("copie-titre").second;
  const file_ids ids =
      first ? file_ids{"copie-titre", "copie-fichier"} : file_ids{w.narrative.new_id(), w.narrative.new_id()};
  const xml_out::element component(w.out, "component");
  const xml_out::element element(w.out, "section");
  w.out.leaf("templateId", {{"root", "1.2.250.1.213.1.1.2.243"}});
  w.out.leaf("id", {{"root", cda_root(uuid_v5(seed + " section"))}});
  w.out.leaf("code", {{"code", "55108-5"}, {"displayName", "Copie du document"}, {"codeSystem", oid_loinc}});
  w.pivot.envelope(section, "code");
  {
    const xml_out::element title(w.out, "title");
    w.out.text("Copie du document");
    w.pivot.carry(section, "title", w.out.location());
  }
  {
    const xml_out::element text(w.out, "text");
    w.out.raw("<content ID=\"" + ids.label + "\">Copie du document</content><renderMultiMedia referencedObject=\"" +
              ids.media + "\"/>");
    w.pivot.carry(section, "text/div", w.out.location());
  }
  w.pivot.carry(file, "type", w.out.location());
  write_file_entry(w, file, seed, nullptr, ids);
}

void write_attached_file(const writing& w, const json_value* file) {
  const std::string seed = "file " + writing::text(&w.pivot.bundle(), "identifier/value") +
                           writing::text(file, "content/0/attachment/hash") + w.pivot.pointer(file);
  const auto shown = w.narrative.id_of_text.find(label_of(w, file));
  write_file_entry(w, file, seed, writing::find(file, "type"),
                   {shown == w.narrative.id_of_text.end() ? "" : shown->second, w.narrative.new_id()});
}

}  // namespace liaison::cda
