// SPDX-License-Identifier: Apache-2.0
#include "document_entry.hpp"

#include "json_parser.hpp"
#include "primitives.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/document_codes.hpp>
#include <liaison/common/pivot.hpp>

#include <algorithm>
#include <array>

namespace liaison::fhir {
namespace {

constexpr std::string_view own = "https://liaison.example/fhir/StructureDefinition/";
constexpr std::string_view nos = "https://mos.esante.gouv.fr/NOS/";
constexpr std::string_view ihe_formats = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode";
constexpr std::string_view mhd = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/";
constexpr std::string_view pdsm = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/";

std::string coding(std::string_view system, std::string_view code, std::string_view display) {
  std::string text = "{\"system\":" + json_text(system) + ",\"code\":" + json_text(code);
  if (!display.empty()) text += ",\"display\":" + json_text(display);
  return text + "}";
}

std::string concept_of(std::string_view system, std::string_view code, std::string_view display) {
  return "{\"coding\":[" + coding(system, code, display) + "]}";
}

/// Text of the attribute `name` of the element that begins at `from`; empty when it has none.
std::string_view attribute_near(std::string_view xml, std::size_t from, std::string_view name) {
  const std::string_view element = xml.substr(from, xml.substr(from).find('>'));
  std::size_t at = element.find(name);
  if (at == std::string_view::npos) return {};
  at = element.find_first_of("\"'", at);
  if (at == std::string_view::npos) return {};
  const std::size_t end = element.find(element[at], at + 1);
  return end == std::string_view::npos ? std::string_view{} : element.substr(at + 1, end - at - 1);
}

/// formatCode of a CDA by its last known template, or by the kind of its body at level 1. The document goes out as
/// it came: a look at its header is enough.
std::string_view format_code_of_cda(std::string_view xml) {
  if (const std::size_t body = xml.find("nonXMLBody"); body != std::string_view::npos) {
    const std::size_t text = xml.find("text", body);
    const std::string_view type =
        text == std::string_view::npos ? std::string_view{} : attribute_near(xml, text, "mediaType");
    if (type == "application/pdf") return "urn:ihe:iti:xds-sd:pdf:2008";
    if (type == "text/plain") return "urn:ihe:iti:xds-sd:text:2008";
    return {};
  }
  const std::string_view header = xml.substr(0, xml.find("recordTarget"));
  std::string_view found;
  for (std::size_t at = header.find("templateId"); at != std::string_view::npos;
       at = header.find("templateId", at + 1)) {
    const std::string_view known = documents::format_of_template(attribute_near(header, at, "root"));
    if (!known.empty()) found = known;
  }
  return found;
}

std::string_view system_of_format(std::string_view code) {
  return code.starts_with("urn:ihe:") ? ihe_formats
                                      : "https://mos.esante.gouv.fr/NOS/TRE_A06-FormatCodeComplementaire/FHIR/"
                                        "TRE-A06-FormatCodeComplementaire";
}

bool has_zone(std::string_view time) { return is_instant(time); }

class entry_writer {
 public:
  entry_writer(const entry_context& in, node_id composition, const document_content& content, entry_form form,
               const entry_place& place)
      : in_(in),
        bundle_(in.pivot),
        tree_(in.pivot.source()),
        composition_(composition),
        content_(content),
        form_(form),
        place_(place),
        inside_(in.pivot, in.where, place.pointer),
        out_(tree_, place.pointer, in.where, [this](node_id id) { return nos_system_instead(tree_, id); }) {}

  std::optional<std::string> run() {
    out_.text("resourceType", "DocumentReference");
    profiles();
    identifiers();
    out_.text("status", "current");
    if (const node_id status = tree_.child(composition_, "status"); tree_.text(status) == "final")
      out_.carries("status", status);
    types();
    patient();
    date();
    people();
    relations();
    security();
    content();
    context();
    if (const std::string all = inside_.json(); !all.empty()) out_.raw("contained", all);
    if (failed_) return std::nullopt;
    return out_.close();
  }

 private:
  bool simplified() const { return form_ == entry_form::simplified; }
  void fail(std::string_view code, std::string_view what) {
    in_.request.report(severity::error, code, "Bundle", what);
    failed_ = true;
  }
  void added(std::string_view path, std::string_view value, std::string_view reason) {
    in_.ledger.added(out_.pointer(path), value, reason);
  }
  void assume(std::string_view path, std::string_view value, std::string_view code, std::string_view why) {
    in_.request.report(severity::warning, code, "Bundle", why);
    added(path, value, why);
  }

  void profiles() {
    const std::string ours =
        std::string(pdsm) + (simplified() ? "pdsm-simplified-publish" : "pdsm-comprehensive-document-reference");
    const std::string parent = std::string(mhd) + (simplified() ? "IHE.MHD.SimplifiedPublish.DocumentReference"
                                                                : "IHE.MHD.Comprehensive.DocumentReference");
    out_.raw("meta", "{\"profile\":[" + json_text(ours) + "," + json_text(parent) + "]}");
  }

  /// MHD 4.2.0 wants the use, 4.2.4 the type.
  void identifiers() {
    const document_identity id = identity_of(in_, content_);
    out_.raw(
        "masterIdentifier",
        R"({"use":"usual","type":{"coding":[{"system":"https://profiles.ihe.net/ITI/MHD/CodeSystem/IHE.MHD.MHDIdentifierType","code":"uniqueId"}]},"system":)" +
            json_text(id.system) + ",\"value\":" + json_text(id.value) + "}");
    if (content_.ordinal == 0 && tree_.text(0, "identifier/value") == id.value) {
      out_.carries("masterIdentifier/system", tree_.find(0, "identifier/system"));
      out_.carries("masterIdentifier/value", tree_.find(0, "identifier/value"));
    } else {
      added("masterIdentifier/value", id.value, "a shared document has an id of its own");
    }
    const node_id set = tree_.child(composition_, "identifier");
    if (set != none && !simplified()) out_.copy_as_list("identifier", set);
  }

  void types() {
    const node_id type = tree_.child(composition_, "type");
    if (tree_.text(type, "coding/0/code").empty() && !in_.options.text("document_type").empty()) {
      const std::string_view stated = in_.options.text("document_type");
      out_.raw("type", concept_of("http://loinc.org", stated, {}));
      added("type/coding/0/code", stated, "the option document_type states the type that the source leaves open");
    } else if (type != none) {
      out_.copy("type", type);
    } else {
      fail("fhir-pdsm-type", "PDSm requires the document's type; the option document_type can state it");
    }
    const class_code found = class_of(in_, composition_);
    if (found.code.empty())
      return fail("fhir-pdsm-class",
                  "no document class goes with the document's type; the option document_class can state it");
    out_.raw("category", "[" + class_concept(found) + "]");
    if (const node_id own_class = tree_.child(composition_, "category");
        tree_.text(own_class, "coding/0/code") == found.code) {
      in_.where.copied(own_class, out_.pointer("category"));
    } else {
      added("category/0/coding/0/code", found.code, "the class that goes with the document's type");
    }
  }

  void patient() {
    node_id person = bundle_.resolve(tree_.child(composition_, "subject"));
    if (person == none || tree_.type_of(person) != "Patient") person = bundle_.first("Patient");
    if (person == none) return fail("fhir-pdsm-patient", "PDSm requires the patient and the document names none");
    source_patient_ = inside_.reference(person);
    out_.raw("subject", simplified() ? source_patient_ : place_.subject);
    out_.carries("subject", tree_.find(composition_, "subject/reference"));
  }

  void date() {
    const node_id made = tree_.child(composition_, "date");
    if (has_zone(tree_.text(made))) {
      out_.copy("date", made);
    } else if (!in_.request.options().now.empty()) {
      out_.text("date", in_.request.options().now);
      added("date", in_.request.options().now, "the document's date is no instant; this is when it was indexed");
    } else {
      fail("fhir-pdsm-date", "PDSm requires a date");
    }
  }

  void people() {
    std::string authors;
    node_id organization = none;
    std::size_t ordinal = 0;
    tree_.each(tree_.child(composition_, "author"), [&](node_id author) {
      const std::string one = inside_.role_reference(author);
      if (one.empty()) return;
      authors += (authors.empty() ? "" : ",") + one;
      out_.carries("author/" + std::to_string(ordinal++) + "/reference", tree_.child(author, "reference"));
      if (organization == none) organization = organization_of(bundle_.resolve(author));
    });
    node_id custodian = bundle_.resolve(tree_.child(composition_, "custodian"));
    if (tree_.type_of(custodian) != "Organization") custodian = none;
    if (authors.empty() && custodian != none) {
      authors = inside_.role_reference(tree_.child(composition_, "custodian"));
      added("author/0", "", "the source names no author; its custodian stands for it");
    }
    if (authors.empty()) return fail("fhir-pdsm-author", "PDSm requires an author and the document names none");
    out_.raw("author", "[" + authors + "]");
    authenticator();
    keeper(custodian, organization);
  }

  void authenticator() {
    bool done = false;
    tree_.each(tree_.child(composition_, "attester"), [&](node_id attester) {
      if (done || tree_.text(attester, "mode") != "legal") return;
      const node_id party = tree_.child(attester, "party");
      const std::string_view type = tree_.type_of(bundle_.resolve(party));
      if (type == "Patient" || type == "Device") return;  // PDSm takes professionals and organizations only
      const std::string one = inside_.role_reference(party);
      if (one.empty()) return;
      out_.raw("authenticator", one);
      out_.carries("authenticator", tree_.child(attester, "mode"));
      out_.carries("authenticator/reference", tree_.child(party, "reference"));
      done = true;
    });
  }

  void keeper(node_id custodian, node_id organization_of_author) {
    if (custodian != none) {
      out_.raw("custodian", inside_.reference(custodian));
      out_.carries("custodian/reference", tree_.find(composition_, "custodian/reference"));
    } else if (const auto id = in_.options.text("custodian_id"); !id.empty()) {
      const auto name = in_.options.text("custodian_name");
      std::string made =
          R"("resourceType":"Organization","identifier":[{"use":"official","type":{"coding":[{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203","code":"IDNST"}]},"system":"urn:oid:1.2.250.1.71.4.2.2","value":)" +
          json_text(id) + "}]";
      if (!name.empty()) made += ",\"name\":" + json_text(name);
      out_.raw("custodian", inside_.reference_to_made(made));
      added("custodian", id, "the option custodian_id states the custodian that the source leaves open");
    } else if (organization_of_author != none) {
      out_.raw("custodian", inside_.reference(organization_of_author));
      assume("custodian", "", "fhir-pdsm-custodian-assumed",
             "PDSm requires a custodian and the source has none: the author's organization; the option custodian_id "
             "can state it");
    } else {
      fail("fhir-pdsm-custodian", "PDSm requires a custodian; the option custodian_id can state it");
    }
  }

  node_id organization_of(node_id party) const {
    if (tree_.type_of(party) == "Organization") return party;
    node_id found = bundle_.resolve(tree_.child(party, "organization"));
    if (found == none) found = bundle_.resolve(tree_.child(party, "owner"));
    return tree_.type_of(found) == "Organization" ? found : none;
  }

  void relations() {
    std::string list;
    std::size_t ordinal = 0;
    tree_.each(tree_.child(composition_, "relatesTo"), [&](node_id relation) {
      const std::string query = replaced_query(tree_, relation);
      const node_id code = tree_.child(relation, "code");
      if (query.empty() || code == none || content_.ordinal > 0) return;
      node_id identifier = tree_.child(relation, "targetIdentifier");
      if (identifier == none) identifier = tree_.find(relation, "targetReference/identifier");
      const std::string at = "relatesTo/" + std::to_string(ordinal++);
      std::string target;
      if (!simplified()) target = "\"reference\":" + json_text(query) + ",";
      target += "\"type\":\"DocumentReference\",\"identifier\":";
      write_json(tree_, identifier, target);
      list +=
          (list.empty() ? "{\"code\":" : ",{\"code\":") + json_text(tree_[code].text) + ",\"target\":{" + target + "}}";
      out_.carries(at + "/code", code);
      in_.where.copied(identifier, out_.pointer(at + "/target/identifier"));
    });
    if (!list.empty()) out_.raw("relatesTo", "[" + list + "]");
  }

  void security() {
    const node_id level = tree_.child(composition_, "confidentiality");
    const std::string_view code = level == none ? "N" : tree_[level].text;
    const std::string_view display = code == "V"   ? "very restricted"
                                     : code == "R" ? "restricted"
                                     : code == "N" ? "normal"
                                                   : "";
    std::string labels = concept_of("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code, display);
    std::size_t ordinal = 0;
    if (level != none) {
      out_.carries("securityLabel/0/coding/0/code", level);
    } else {
      added("securityLabel/0/coding/0/code", code, "PDSm requires the level of confidentiality");
    }
    for (const node_id resource : {composition_, node_id{0}}) {
      tree_.each(tree_.find(resource, "meta/security"), [&](node_id mask) {
        if (tree_.text(mask, "system").ends_with("v3-Confidentiality")) return;
        labels += ",{\"coding\":[";
        write_json(tree_, mask, labels, [this](node_id id) { return nos_system_instead(tree_, id); });
        labels += "]}";
        in_.where.copied(mask, out_.pointer("securityLabel/" + std::to_string(++ordinal) + "/coding/0"));
      });
    }
    out_.raw("securityLabel", "[" + labels + "]");
  }

  void content() {
    std::string attachment = "{\"contentType\":" + json_text(content_.content_type);
    std::string_view language = tree_.text(composition_, "language");
    if (language.empty()) {
      language = "fr-FR";
      added("content/0/attachment/language", language, "the language of documents in this exchange");
    } else {
      out_.carries("content/0/attachment/language", tree_.child(composition_, "language"));
    }
    attachment += ",\"language\":" + json_text(language);
    if (simplified()) {
      attachment += ",\"data\":\"" + base64_encode(content_.bytes) + "\"";
    } else {
      attachment += ",\"url\":" + json_text(place_.attachment_url);
    }
    attachment +=
        ",\"size\":" + std::to_string(content_.bytes.size()) + ",\"hash\":\"" + sha1_base64(content_.bytes) + "\"";
    attachment += ",\"title\":" + json_text(title());
    if (const node_id made = tree_.child(composition_, "date"); made != none) {
      attachment += ",\"creation\":" + json_text(tree_[made].text);
      out_.carries("content/0/attachment/creation", made);
    }
    std::string_view format = content_.format == "cda" ? format_code_of_cda(content_.bytes) : std::string_view{};
    if (format.empty()) format = "urn:ihe:iti:xds:2017:mimeTypeSufficient";
    added("content/0/format/code", format, "the format of what is carried");
    out_.raw("content",
             "[{\"attachment\":" + attachment + "},\"format\":" + coding(system_of_format(format), format, {}) + "}]");
  }

  std::string_view title() {
    if (!content_.title.empty() && content_.ordinal > 0) return content_.title;
    for (const std::string_view path : {"title", "type/text", "type/coding/0/display"}) {
      const node_id found = tree_.find(composition_, path);
      if (tree_.text(found).empty()) continue;
      out_.carries("content/0/attachment/title", found);
      return tree_.text(found);
    }
    added("content/0/attachment/title", "Document", "PDSm requires a title");
    return "Document";
  }

  void context() {
    const node_id stay = bundle_.resolve(tree_.child(composition_, "encounter"));
    std::string text = "{\"period\":" + period(stay);
    text += ",\"facilityType\":" + facility(stay);
    text += ",\"practiceSetting\":" + setting();
    if (!source_patient_.empty()) text += ",\"sourcePatientInfo\":" + source_patient_;
    events(text);
    orders(text);
    out_.raw("context", text + "}");
  }

  std::string period(node_id stay) {
    for (const node_id of : {tree_.find(composition_, "event/0/period"), tree_.child(stay, "period")}) {
      if (tree_.text(of, "start").empty()) continue;
      std::string text;
      write_json(tree_, of, text);
      in_.where.copied(of, out_.pointer("context/period"));
      return text;
    }
    std::string_view start = tree_.text(composition_, "date");
    if (start.empty()) start = in_.request.options().now;
    added("context/period/start", start, "PDSm requires when the care began; the document's date");
    return "{\"start\":" + json_text(start) + "}";
  }

  std::string concept_copy(node_id concept_node, const char* path) {
    std::string text;
    write_json(tree_, concept_node, text, [this](node_id id) { return nos_system_instead(tree_, id); });
    in_.where.copied(concept_node, out_.pointer(path));
    return text;
  }

  std::string facility(node_id stay) {
    const node_id place = bundle_.resolve(tree_.find(stay, "location/0/location"));
    if (const node_id type = tree_.find(place, "type/0"); !tree_.text(type, "coding/0/code").empty())
      return concept_copy(type, "context/facilityType");
    std::string_view code = in_.options.text("facility_type");
    if (code.empty()) {
      code = tree_.text(composition_, "type/coding/0/code") == "11502-2" ? "SA25"
             : tree_.text(stay, "class/code") == "IMP"                   ? "SA01"
                                                                         : "SA07";
      assume("context/facilityType", code, "fhir-pdsm-facility-assumed",
             "PDSm requires the kind of facility; the option facility_type can state it");
    } else {
      added("context/facilityType", code, "the option facility_type states it");
    }
    const std::string_view label = code == "SA25"   ? "Laboratoire de biologie médicale"
                                   : code == "SA01" ? "Etablissement public de santé"
                                   : code == "SA07" ? "Cabinet individuel"
                                                    : "";
    return concept_of(std::string(nos) + "TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite", code, label);
  }

  /// The main act's performer says it (CI-SIS: standardIndustryClassCode), else the author's organization.
  std::string setting() {
    std::vector<node_id> parties;
    tree_.each(tree_.find(composition_, "event/0/extension"), [&](node_id participant) {
      if (tree_.text(participant, "url") != std::string(own) + "participant") return;
      tree_.each(tree_.child(participant, "extension"), [&](node_id part) {
        if (tree_.text(part, "url") == "actor") parties.push_back(bundle_.resolve(tree_.child(part, "valueReference")));
      });
    });
    tree_.each(tree_.child(composition_, "author"),
               [&](node_id author) { parties.push_back(bundle_.resolve(author)); });
    for (const node_id party : parties) {
      const node_id type = tree_.find(organization_of(party), "type/0");
      const std::string_view system = tree_.text(type, "coding/0/system");
      if (system.ends_with("1.2.250.1.213.1.1.4.9") || system.ends_with("1.2.250.1.213.1.1.4.6") ||
          system.find("TRE_A01") != std::string_view::npos)
        return concept_copy(type, "context/practiceSetting");
    }
    std::string_view code = in_.options.text("practice_setting");
    if (code.empty()) {
      code = "AMBULATOIRE";
      assume("context/practiceSetting", code, "fhir-pdsm-practice-setting-assumed",
             "PDSm requires the practice setting; the option practice_setting can state it");
    } else {
      added("context/practiceSetting", code, "the option practice_setting states it");
    }
    return concept_of(std::string(nos) + "TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice", code, {});
  }

  void events(std::string& text) {
    std::string list;
    std::size_t ordinal = 0;
    tree_.each(tree_.child(composition_, "event"), [&](node_id event) {
      tree_.each(tree_.child(event, "code"), [&](node_id code) {
        if (simplified() && ordinal > 0) return;  // pdsm-simplified-publish: one event
        list += (list.empty() ? "" : ",") + concept_copy(code, ("context/event/" + std::to_string(ordinal)).c_str());
        ++ordinal;
      });
    });
    if (!list.empty()) text += ",\"event\":[" + list + "]";
  }

  void orders(std::string& text) {
    std::string list;
    std::size_t ordinal = 0;
    tree_.each(tree_.child(composition_, "extension"), [&](node_id one) {
      if (tree_.text(one, "url") != std::string(own) + "order") return;
      const node_id order = bundle_.resolve(tree_.child(one, "valueReference"));
      tree_.each(tree_.child(order, "identifier"), [&](node_id identifier) {
        list += list.empty() ? "{\"identifier\":" : ",{\"identifier\":";
        write_json(tree_, identifier, list);
        list += '}';
        in_.where.copied(identifier, out_.pointer("context/related/" + std::to_string(ordinal++) + "/identifier"));
      });
    });
    if (!list.empty()) text += ",\"related\":[" + list + "]";
  }

  const entry_context& in_;
  const bundle_view& bundle_;
  const tree& tree_;
  node_id composition_;
  const document_content& content_;
  entry_form form_;
  const entry_place& place_;
  containment inside_;
  object_text out_;
  std::string source_patient_;
  bool failed_ = false;
};

/// What a search parameter's value may not hold as it is (R4, search.html#escaping; RFC 3986).
std::string escaped(std::string_view text) {
  constexpr std::string_view plain = "-._~:/";
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          plain.find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
      continue;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    (out += '%') += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

endpoint_options::endpoint_options(const call& of) { (void)parse_json(of.options().endpoint, tree_); }

node_id described_by(const bundle_view& pivot, std::size_t ordinal) {
  node_id found = none;
  std::size_t seen = 0;
  for (const auto& entry : pivot.entries()) {
    if (entry.resource == none || pivot.source().type_of(entry.resource) != "Composition") continue;
    if (found == none || seen == ordinal) found = entry.resource;
    ++seen;
  }
  return found;
}

document_identity identity_of(const entry_context& in, const document_content& content) {
  const tree& of = in.pivot.source();
  const std::string_view system = of.text(0, "identifier/system"), value = of.text(0, "identifier/value");
  if (content.ordinal == 0 && !system.empty() && !value.empty()) return {std::string(system), std::string(value)};
  return {"urn:ietf:rfc:3986", "urn:uuid:" + uuid_v5(in.seed + "/document/" + std::to_string(content.ordinal))};
}

class_code class_of(const entry_context& in, node_id composition) {
  const tree& of = in.pivot.source();
  class_code found{std::string(in.options.text("document_class")), {}};
  if (found.code.empty()) {
    of.each(of.child(composition, "category"), [&](node_id one) {
      const std::string_view code = of.text(one, "coding/0/code");
      if (found.code.empty() && !documents::class_display(code).empty()) found.code = code;
    });
  }
  of.each(of.find(composition, "type/coding"), [&](node_id one) {
    if (found.code.empty()) found.code = documents::class_of_type(of.text(one, "code"));
  });
  if (found.code.empty()) found.code = documents::class_of_type(in.options.text("document_type"));
  found.display = documents::class_display(found.code);
  return found;
}

std::string class_concept(const class_code& of) {
  return concept_of(std::string(nos) + "TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument", of.code, of.display);
}

std::string replaced_query(const tree& of, node_id relation) {
  node_id identifier = of.child(relation, "targetIdentifier");
  if (identifier == none) identifier = of.find(relation, "targetReference/identifier");
  const std::string_view value = of.text(identifier, "value");
  if (value.empty()) return {};
  return "DocumentReference?identifier=" + escaped(of.text(identifier, "system")) + "|" + escaped(value);
}

std::optional<std::string> write_document_entry(const entry_context& in, node_id composition,
                                                const document_content& content, entry_form form,
                                                const entry_place& place) {
  return entry_writer(in, composition, content, form, place).run();
}

}  // namespace liaison::fhir
