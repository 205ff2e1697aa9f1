// SPDX-License-Identifier: Apache-2.0
#include "hxml_message.hpp"

#include <liaison/common/text.hpp>

#include <algorithm>

namespace liaison::hprim {
namespace {

constexpr std::string_view roots[] = {"evenementsPatients",
                                      "evenementsServeurActes",
                                      "evenementsPMSI",
                                      "evenementsFraisDivers",
                                      "evenementsServeurEtatsPatient",
                                      "evenementsServeurIntervention",
                                      "evenementsMvtStock",
                                      "acquittementsPatients",
                                      "acquittementsServeurActes",
                                      "acquittementsPMSI",
                                      "acquittementsFraisDivers",
                                      "acquittementsServeurEtatsPatient",
                                      "acquittementsServeurIntervention",
                                      "acquittementsMvtStock"};

constexpr std::string_view patient_events[] = {"enregistrementPatient", "fusionPatient",    "venuePatient",
                                               "fusionVenue",           "mouvementPatient", "debiteursVenue"};
constexpr std::size_t event_count_max = 10000;

template <class Table>
bool contains(const Table& table, std::string_view key) {
  return std::find(std::begin(table), std::end(table), key) != std::end(table);
}

std::string_view declared_encoding(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (!bytes.starts_with("<?xml")) return {};
  const std::string_view prologue = bytes.substr(0, std::min(bytes.find("?>"), std::size_t{256}));
  const std::size_t name = prologue.find("encoding");
  if (name == std::string_view::npos) return {};
  const std::size_t open = prologue.find_first_of("\"'", name);
  if (open == std::string_view::npos) return {};
  return prologue.substr(open + 1, prologue.find(prologue[open], open + 1) - open - 1);
}

/// Parses, by what the bytes are when the prologue says something else.
xml_parsed parse_truthfully(std::string_view bytes, charset& from, findings& found) {
  const bool marked = bytes.starts_with("\xEF\xBB\xBF");
  const bool wide = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") ||
                    (bytes.size() > 1 && (bytes[0] == 0 || bytes[1] == 0));
  if (wide) {
    from = bytes.starts_with("\xFE\xFF") || bytes.starts_with(std::string_view("\0<", 2)) ? charset::utf_16be
                                                                                          : charset::utf_16le;
    return parse_xml(bytes);
  }
  const auto declared = charset_named(declared_encoding(bytes));
  from = declared.value_or(charset::utf_8);
  if (marked) from = charset::utf_8;
  const bool said_utf_8 = from == charset::utf_8 || from == charset::us_ascii;
  const bool utf_8 = is_utf_8(bytes);
  const bool ascii =
      std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii || marked || said_utf_8 == utf_8) return parse_xml(bytes);
  found.add(finding::encoding_mismatch);
  const decoded text = detect_and_decode(bytes);
  from = text.from;
  return parse_xml("\xEF\xBB\xBF" + text.text);
}

bool is_header(const xmlNode* node) {
  const std::string_view name = local_name(node);
  return name == "enteteMessage" || name == "enteteMessageAcquittement";
}

const xmlNode* first_element(const xmlNode* of) {
  const xmlNode* node = of == nullptr ? nullptr : of->children;
  while (node != nullptr && node->type != XML_ELEMENT_NODE) node = node->next;
  return node;
}

const xmlNode* next_element(const xmlNode* node) {
  do {
    node = node->next;
  } while (node != nullptr && node->type != XML_ELEMENT_NODE);
  return node;
}

void add_event(hxml_message& message, const xmlNode* node) {
  if (message.events.size() >= event_count_max) return;
  message.events.push_back({node, child(node, "patient"), child(node, "venue")});
}

void read_events(hxml_message& message, findings& found) {
  for (const xmlNode* node = first_element(message.root); node != nullptr; node = next_element(node)) {
    if (is_header(node)) continue;
    const std::string_view name = local_name(node);
    if (name == "evenementPatient") {
      for (const xmlNode* inner = first_element(node); inner != nullptr; inner = next_element(inner)) {
        if (!contains(patient_events, local_name(inner)))
          found.add(finding::unknown_event, "line " + std::to_string(xmlGetLineNo(inner)));
        add_event(message, inner);
      }
    } else if (name.starts_with("evenement")) {
      add_event(message, node);
    }
  }
  if (message.events.empty() && child(message.root, "patient") != nullptr) add_event(message, message.root);
}

void check_namespaces(const hxml_message& message, findings& found) {
  const xmlNs* space = message.root->ns;
  if (space == nullptr || space->href == nullptr) {
    found.add(finding::namespace_missing, "/" + message.name);
  } else if (reinterpret_cast<const char*>(space->href) != hprim_namespace) {
    found.add(finding::namespace_other, "/" + message.name);
  }
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (c == '\xC3' && i + 1 < text.size()) {
      constexpr std::string_view plain = "aaaaaaaceeeeiiiidnooooo*ouuuuyts";
      out += plain[static_cast<unsigned char>(text[++i]) & 0x1F];
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_of(const xmlNode* node) { return node == nullptr ? std::string{} : std::string(trim(all_text(node))); }

hxml_agent best_agent(const xmlNode* party) {
  hxml_agent best;
  int best_rank = 99;
  for (const xmlNode* agent = child(child(party, "agents"), "agent"); agent != nullptr; agent = next(agent, "agent")) {
    const std::string kind = folded(attribute_text(agent, "categorie"));
    const int rank = kind == "systeme" ? 0 : (kind == "application" ? 1 : (kind == "acteur" ? 2 : 3));
    if (rank >= best_rank) continue;
    best_rank = rank;
    best.node = agent;
    best.code = text_of(child(agent, "code"));
    best.name = text_of(child(agent, "libelle"));
    if (best.name.empty()) best.name = best.code;
  }
  return best;
}

const xmlNode* number_node(const xmlNode* identified, std::string_view side) {
  const xmlNode* number = child(child(identified, "identifiant"), side);
  const xmlNode* value = child(number, "valeur");
  return value != nullptr ? value : number;
}

std::string moment_of(const xmlNode* node) {
  if (node == nullptr) return {};
  if (const xmlNode* inner = child(node, "dateHeureOptionnelle")) node = inner;
  const std::string day = text_of(child(node, "date")), hour = text_of(child(node, "heure"));
  if (!day.empty()) return hour.empty() ? day : day + "T" + hour;
  const bool plain = first_element(node) == nullptr;
  return plain ? text_of(node) : std::string{};
}

std::string time_of(const hxml_event& event) {
  if (const xmlNode* movement = descend(event.node, {"mouvements", "mouvement", "debut"})) return moment_of(movement);
  const bool closed = folded(attribute_text(event.venue, "etat")) == "cloturee";
  if (const xmlNode* leaving = child(event.venue, "sortie"); leaving != nullptr && closed) return moment_of(leaving);
  if (const xmlNode* entry = child(event.venue, "entree")) return moment_of(entry);
  return text_of(child(event.node, "dateAction"));
}

hxml_outcome read_hxml(std::string_view bytes, hxml_message& message, findings& found) {
  message.parsed = parse_truthfully(bytes, message.from, found);
  if (!message.parsed.document) return hxml_outcome::broken;
  message.root = xmlDocGetRootElement(message.parsed.document.get());
  message.name = std::string(local_name(message.root));
  if (!contains(roots, message.name)) {
    found.add(finding::unknown_root, "/");
    return hxml_outcome::not_mine;
  }
  message.is_acknowledgement = message.name.starts_with("acquittements");
  message.header = child(message.root, "enteteMessage");
  if (message.header == nullptr) message.header = child(message.root, "enteteMessageAcquittement");
  message.version = attribute_text(message.root, "version");
  message.wants_acknowledgement = folded(attribute_text(message.root, "acquittementAttendu")) == "oui";
  message.id = text_of(child(message.header, "identifiantMessage"));
  message.produced = text_of(child(message.header, "dateHeureProduction"));
  check_namespaces(message, found);
  if (!message.is_acknowledgement) read_events(message, found);
  return hxml_outcome::read;
}

int recognise_hxml(std::string_view head) {
  head = head.substr(0, 8192);
  std::string widened;
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF") ||
      (head.size() > 1 && (head[0] == 0 || head[1] == 0))) {
    widened = detect_and_decode(head).text;
    head = widened;
  }
  std::size_t at = head.find('<');
  while (at != std::string_view::npos && at + 1 < head.size() && (head[at + 1] == '?' || head[at + 1] == '!')) {
    const std::string_view mark = head.substr(at, 4) == "<!--" ? "-->" : ">";
    const std::size_t end = head.find(mark, at);
    if (end == std::string_view::npos) return 0;
    at = head.find('<', end);
  }
  if (at == std::string_view::npos) return 0;
  std::string_view name = head.substr(at + 1, head.find_first_of(" \t\r\n/>", at + 1) - at - 1);
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) name = name.substr(colon + 1);
  if (contains(roots, name)) return 99;
  if (name.starts_with("evenements") || name.starts_with("acquittements")) return 70;
  return head.find(hprim_namespace) != std::string_view::npos ? 50 : 0;
}

}  // namespace liaison::hprim
