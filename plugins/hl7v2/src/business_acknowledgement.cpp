// SPDX-License-Identifier: Apache-2.0
// ZAM: what became of a document at the DMP (Z01), in a mailbox (Z02), before a reader (Z03); one for each recipient.
#include "acknowledge.hpp"
#include "inspect.hpp"
#include "people.hpp"
#include "reading.hpp"
#include "segment_writer.hpp"

#include <liaison/common/datetime.hpp>
#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <optional>

namespace liaison::hl7v2 {
namespace {

struct kind_row {
  std::string_view kind, trigger, code, label, who, who_label, error_system, default_error;
};
constexpr kind_row kinds[] = {
    {"dmp-received", "Z01", "ACK_RECEPTION_DMP", "Accusé de réception DMP", {}, {}, "DMP_ERROR_CODE", {}},
    {"mail-received", "Z02", "ACK_RECEPTION_MSS", "Accusé de réception MSSanté", "DESTINATAIRE_MSS",
     "Destinataire MSSanté", "SMTPERRORCODE", "554"},
    {"mail-read", "Z03", "ACK_LECTURE_MSS", "Accusé de lecture", "LECTEUR_MSS", "Lecteur du courriel MSSanté",
     "applicationErrorCondition", "906"},
};

struct label_row {
  std::string_view code, label;
};
// pfi-hl7v2 11.2 and 11.3; the labels of the SMTP codes are short forms of our own.
constexpr label_row labels[] = {
    {"900", "Version du document incorrecte lors d'une demande de remplacement/suppression"},
    {"901", "Auteur non autorisé à remplacer ou supprimer un document"},
    {"902", "Identifiant patient inconnu"},
    {"903", "INS non présent dans le document"},
    {"904", "L'INS transmis ne correspond pas exactement à celui stocké"},
    {"905", "L'INS transmis n'est pas complet"},
    {"906", "Erreur « Autre »"},
    {"101", "Connexion impossible"},
    {"111", "Connexion refusée"},
    {"251", "Compte non local, message relayé"},
    {"252", "Utilisateur non vérifiable"},
    {"420", "Délai dépassé"},
    {"421", "Service indisponible"},
    {"422", "Boîte aux lettres pleine"},
    {"431", "Espace ou mémoire insuffisants"},
    {"432", "Mot de passe de transition"},
    {"441", "Serveur destinataire muet"},
    {"442", "Connexion interrompue"},
    {"450", "Boîte aux lettres indisponible"},
    {"451", "Erreur de traitement"},
    {"452", "Ressources insuffisantes"},
    {"500", "Commande non reconnue"},
    {"501", "Erreur de paramètre"},
    {"502", "Commande non implémentée"},
    {"503", "Mauvaise séquence de commandes"},
    {"504", "Paramètre non implémenté"},
    {"510", "Mauvaise adresse"},
    {"512", "Domaine introuvable"},
    {"513", "Type d'adresse incorrect"},
    {"523", "Taille dépassée"},
    {"530", "Authentification requise"},
    {"541", "Rejet par un filtre"},
    {"550", "Boîte aux lettres non disponible"},
    {"551", "Relais refusé"},
    {"552", "Quota dépassé"},
    {"553", "Nom de boîte aux lettres invalide"},
    {"554", "Échec définitif"},
};

std::string_view label_in_tables(std::string_view code) {
  for (const auto& row : labels) {
    if (row.code == code) return row.label;
  }
  return {};
}

struct asked_error {
  std::string severity = "E", code, text, system;
};

/// The option "answer": members of the facts' `answer`, with the time of what happened.
struct asked_answer {
  const kind_row* kind = nullptr;
  bool accepted = false;
  std::string time, address, recipient;
  std::optional<std::size_t> recipient_index;
  std::vector<asked_error> errors;
};

void read_text(const rapidjson::Value& of, const char* name, std::string& into) {
  const auto found = of.FindMember(name);
  if (found != of.MemberEnd() && found->value.IsString())
    into.assign(found->value.GetString(), found->value.GetStringLength());
}

std::optional<asked_answer> answer_from(std::string_view text) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (json.HasParseError() || !json.IsObject()) return std::nullopt;
  asked_answer out;
  std::string kind, outcome;
  read_text(json, "kind", kind);
  read_text(json, "outcome", outcome);
  const auto row =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& each) { return each.kind == kind; });
  if (row == std::end(kinds) || (outcome != "accept" && outcome != "reject")) return std::nullopt;
  out.kind = row;
  out.accepted = outcome == "accept";
  read_text(json, "time", out.time);
  read_text(json, "address", out.address);
  read_text(json, "recipient", out.recipient);
  if (const auto at = json.FindMember("recipient_index"); at != json.MemberEnd()) {
    // Numbers come as they are written or as their digits.
    if (at->value.IsUint()) out.recipient_index = at->value.GetUint();
    if (at->value.IsString() && is_digits(at->value.GetString()) && at->value.GetStringLength() < 6)
      out.recipient_index = std::stoul(at->value.GetString());
  }
  if (const auto at = json.FindMember("errors"); at != json.MemberEnd() && at->value.IsArray()) {
    for (const auto& item : at->value.GetArray()) {
      if (!item.IsObject() || out.errors.size() >= 10) continue;
      asked_error& made = out.errors.emplace_back();
      read_text(item, "severity", made.severity);
      read_text(item, "code", made.code);
      read_text(item, "text", made.text);
      read_text(item, "system", made.system);
    }
  }
  return out;
}

/// Fills address and id from the n-th recipient of the facts (PRT of role RCT or REPLY); false when there is none.
bool find_recipient(const message& of, asked_answer& into) {
  if (!into.recipient_index) return true;
  std::size_t left = *into.recipient_index;
  for (segment prt = of.find("PRT"); prt; prt = of.find("PRT", prt.position() + 1)) {
    const participant who = read_participant(prt);
    if (who.role != participation::result_copies_to && who.role != participation::reply_to) continue;
    if (left-- > 0) continue;
    if (into.address.empty()) into.address = who.party.address;
    if (into.recipient.empty() && !who.party.identifiers.empty()) into.recipient = who.party.identifiers.front().value;
    return true;
  }
  return false;
}

constexpr std::string_view answer_table = "AckMetierZAM";

void write_status(segment_writer& out, const asked_answer& what, const std::string& control_id) {
  out.begin("OBX");
  out.raw("1");
  out.raw("CWE");
  out.components({what.kind->code, what.kind->label, answer_table});
  out.text(control_id);
  out.components({what.accepted ? "Y" : "N", {}, "expandedYes-NoIndicator"});
  out.empty(5);
  out.raw("F");
  out.end();
}

void write_who(segment_writer& out, const asked_answer& what) {
  out.begin("OBX");
  out.raw("2");
  out.raw("XTN");
  out.components({what.kind->who, what.kind->who_label, answer_table});
  out.text(what.recipient);
  out.components({{}, {}, "X.400", what.address});
  out.empty(5);
  out.raw("F");
  out.end();
}

void write_error(segment_writer& out, const asked_error& error, const kind_row& kind) {
  const std::string_view code = error.code.empty() ? kind.default_error : std::string_view(error.code);
  out.begin("ERR");
  out.empty(2);
  out.components({"207", "Application error", "messageErrorCondition"});
  out.raw(error.severity == "F" || error.severity == "I" || error.severity == "W" ? error.severity : "E");
  if (!code.empty()) {
    out.components({code, error.text.empty() ? label_in_tables(code) : std::string_view(error.text),
                    error.system.empty() ? kind.error_system : std::string_view(error.system)});
  }
  out.end();
}

void write_header(segment_writer& out, const message& of, const call_options& options, const asked_answer& what,
                  std::string_view charset_name) {
  const segment msh = of.at(0);
  const auto system = [&](unsigned number) {
    const repetition hd = msh[number].first();
    out.components(
        {value_of(hd.component(1), hd.by()), value_of(hd.component(2), hd.by()), value_of(hd.component(3), hd.by())});
  };
  const std::string stamp = hl7_from_fhir(options.now, hl7_zone::drop).value_or(std::string{});
  out.begin("MSH");
  out.raw("^~\\&");
  for (const unsigned swapped : {5U, 6U, 3U, 4U}) system(swapped);
  out.raw(stamp.substr(0, stamp.find('.')));
  out.empty(1);
  out.components({"ZAM", what.kind->trigger, "ZAM_Z01"});
  out.text(options.control_id.empty() ? sha256_hex(options.answer + std::string(msh.text())).substr(0, 20)
                                      : options.control_id);
  const std::string processing = value_of(msh[11].component(1), of.by());
  out.text(processing.empty() ? "P" : processing);
  out.raw("2.6");
  out.empty(4);
  out.raw("FRA");
  out.raw(charset_name);
  out.empty(2);
  out.components({"2.1", "CISIS_CDA_HL7_V2"});
  out.end();
  const std::string happened = hl7_from_fhir(what.time, hl7_zone::drop).value_or(stamp);
  out.begin("EVN");
  out.empty(1);
  out.raw(happened.substr(0, happened.find('.')));
  out.end();
}

}  // namespace

std::string_view label_of_error(std::string_view code) { return label_in_tables(code); }

liaison_status acknowledge_business(const call& request) {
  const call_options& options = request.options();
  const auto refuse = [&](std::string_view code, std::string_view text) {
    request.report(severity::error, code, {}, text);
    return LIAISON_UNSUPPORTED;
  };
  opened original(request);
  if (original.stopped()) return *original.stopped();
  const message& of = original.parsed();
  auto what = answer_from(options.answer);
  if (!what) {
    return refuse("hl7v2-answer",
                  "the option \"answer\" needs a kind (dmp-received, mail-received, mail-read) and an "
                  "outcome (accept, reject)");
  }
  if (!hl7_from_fhir(options.now, hl7_zone::drop))
    return refuse("hl7v2-now", "the option \"now\" is needed to write a message");
  const std::string control_id = value_of(of.at(0)[10].text(), of.by());
  if (control_id.empty()) return refuse("hl7v2-field-missing", "a message without control id cannot be answered");
  if (!find_recipient(of, *what)) return refuse("hl7v2-answer", "the message has no recipient of that number");
  if (!what->kind->who.empty() && what->address.empty())
    return refuse("hl7v2-answer", "an acknowledgement about a mailbox needs its address");
  // MSH-18 of the volet is UTF-8 or 8859/15; the labels are the same bytes in 8859/1 and windows-1252.
  const charset from = original.from();
  const bool is_latin = from == charset::iso_8859_15 || from == charset::iso_8859_1 || from == charset::windows_1252;
  static constexpr separators usual;
  segment_writer out(usual);
  write_header(out, of, options, *what, is_latin ? "8859/15" : "UNICODE UTF-8");
  write_status(out, *what, control_id);
  if (!what->kind->who.empty()) write_who(out, *what);
  if (!what->accepted) {
    if (what->errors.empty()) what->errors.emplace_back();
    write_error(out, what->errors.front(), *what->kind);  // ERR is 0..1 in ZAM_Z01
  }
  std::string text = out.take();
  if (is_latin) {
    auto bytes = from_utf_8_exactly(text, charset::iso_8859_15);
    if (!bytes) {
      request.report(severity::error, "hl7v2-charset-cannot-write", "MSH-18",
                     "the message has a character that the link's character set lacks");
      return LIAISON_REJECT;
    }
    text = std::move(*bytes);
  }
  request.emit(LIAISON_PART_ACKNOWLEDGEMENT, text, "application/hl7-v2", nullptr, "hl7v2");
  return LIAISON_OK;
}

}  // namespace liaison::hl7v2
