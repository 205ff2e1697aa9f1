// SPDX-License-Identifier: Apache-2.0
#include "pages.hpp"

#include "encodings.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/text.hpp>

namespace liaison::xdm {
namespace {

std::string day_of(std::string_view utc) {
  const auto time = fhir_of_utc(utc);
  return time ? french_from_iso_date(std::string_view(*time).substr(0, 10)) : std::string();
}

std::string name_of(const author& from) {
  std::string name;
  if (!from.persons.empty()) {
    const person who = person_of_xcn(from.persons.front().text);
    for (const std::string* part : {&who.prefix, &who.given, &who.family})
      if (!part->empty()) name += (name.empty() ? "" : " ") + *part;
  }
  if (from.institutions.empty()) return name;
  const std::string where = organization_of_xon(from.institutions.front().text).name;
  return name.empty() ? where : where.empty() ? name : name + ", " + where;
}

std::string row(const document_entry& of, std::string_view folder) {
  const auto cell = [](std::string_view text) { return "<td>" + escape_xml(text) + "</td>"; };
  const std::string& type = of.type_code.display.empty() ? of.type_code.code.text : of.type_code.display.text;
  const std::string_view action = of.action.text == "C"   ? "remplace un document"
                                  : of.action.text == "D" ? "à supprimer"
                                                          : "";
  return "<tr><td><a href=\"" + escape_xml(folder) + escape_xml(of.uri.text) + "\">" +
         escape_xml(of.title.empty() ? of.uri.text : of.title.text) + "</a></td>" + cell(type) +
         cell(day_of(of.creation_time.text)) + cell(of.authors.empty() ? "" : name_of(of.authors.front())) +
         cell(action) + "</tr>\n";
}

}  // namespace

std::string index_page(const submission& what, std::string_view folder) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML Basic 1.0//EN\" "
      "\"http://www.w3.org/TR/xhtml-basic/xhtml-basic10.dtd\">\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"fr\">\n<head><title>Documents de santé</title></head>\n"
      "<body>\n<h1>Documents de santé</h1>\n";
  if (!what.set.authors.empty()) out += "<p>Émetteur : " + escape_xml(name_of(what.set.authors.front())) + "</p>\n";
  out += "<p>Date d'envoi : " + escape_xml(day_of(what.set.submission_time.text)) + "</p>\n";
  out += "<table>\n<tr><th>Document</th><th>Type</th><th>Date</th><th>Auteur</th><th>Action</th></tr>\n";
  for (const document_entry& each : what.documents) out += row(each, folder);
  out += "</table>\n<p><a href=\"README.TXT\">README.TXT</a></p>\n</body>\n</html>\n";
  return out;
}

std::string readme_page(const submission& what, std::string_view folder) {
  std::string out =
      "Cette archive suit le profil IHE XDM (Cross-enterprise Document Media Interchange).\r\n"
      "Elle a ete produite par la passerelle liaison (https://liaison.example), format xdm.\r\n"
      "\r\n"
      "Ouvrir INDEX.HTM dans un navigateur pour lire les documents, ou importer l'archive\r\n"
      "dans un logiciel metier compatible. Aucun programme n'est lance automatiquement.\r\n"
      "\r\n"
      "INDEX.HTM\r\n"
      "README.TXT\r\n";
  out += std::string(folder) + "METADATA.XML\r\n";
  for (const document_entry& each : what.documents) out += std::string(folder) + each.uri.text + "\r\n";
  return out;
}

}  // namespace liaison::xdm
