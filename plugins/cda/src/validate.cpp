// SPDX-License-Identifier: Apache-2.0
// Issues only. Errors are what CI-SIS requires of a document that leaves; value sets move, so a foreign code is a
// warning. Texts name elements, never their values.
#include "validate.hpp"

#include "facts_reader.hpp"
#include "official.hpp"
#include "oids.hpp"

#include <liaison/common/digest.hpp>
#include <liaison/common/text.hpp>

#include <array>

namespace liaison::cda {
namespace {

class checker {
 public:
  checker(const call& of, const xmlNode* document) : of_(of), document_(document) {}

  void run() {
    document_elements();
    patient();
    participants();
    acts_and_encounter();
    body();
  }

 private:
  void error(const char* code, const xmlNode* at, std::string_view text) const {
    of_.report(severity::error, code, xml_location(at == nullptr ? document_ : at), text);
  }
  void warn(const char* code, const xmlNode* at, std::string_view text) const {
    of_.report(severity::warning, code, xml_location(at == nullptr ? document_ : at), text);
  }

  void document_elements() const {
    if (attribute_text(child(document_, "realmCode"), "code") != "FR") {
      error("cda-realm-code", child(document_, "realmCode"), "realmCode must be FR");
    }
    if (attribute_text(child(document_, "typeId"), "extension") != "POCD_HD000040") {
      error("cda-type-id", child(document_, "typeId"), "typeId must be POCD_HD000040");
    }
    for (const char* root : {"2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1"}) {
      if (!has_template(document_, root)) {
        error("cda-template-missing", nullptr, "the templates of HL7 France and of the CI-SIS header are required");
      }
    }
    struct required {
      const char* name;
      const char* attribute;  ///< null: text
    };
    static constexpr std::array<required, 9> elements{{{"id", "root"},
                                                       {"code", "code"},
                                                       {"title", nullptr},
                                                       {"effectiveTime", "value"},
                                                       {"confidentialityCode", "code"},
                                                       {"languageCode", "code"},
                                                       {"setId", "root"},
                                                       {"versionNumber", "value"},
                                                       {"code", "displayName"}}};
    for (const required& element : elements) {
      const xmlNode* node = child(document_, element.name);
      const std::string said =
          element.attribute == nullptr ? std::string(trim(all_text(node))) : attribute_text(node, element.attribute);
      if (said.empty()) {
        error("cda-element-missing", node, std::string(element.name) + " is required in France");
      }
    }
    time_has_zone(child(document_, "effectiveTime"));
    const std::string level = attribute_text(child(document_, "confidentialityCode"), "code");
    if (!level.empty() && level != "N" && level != "R" && level != "V") {
      error("cda-confidentiality", child(document_, "confidentialityCode"), "only N, R or V belong here");
    }
    const std::string language = attribute_text(child(document_, "languageCode"), "code");
    if (!language.empty() && (language.size() != 5 || language[2] != '-')) {
      error("cda-language", child(document_, "languageCode"), "the language is written like fr-FR");
    }
    const std::string version = attribute_text(child(document_, "versionNumber"), "value");
    if (!version.empty() && !is_digits(version)) {
      error("cda-version-number", child(document_, "versionNumber"), "the version is a whole number");
    }
    for (const xmlNode* related = child(document_, "relatedDocument"); related != nullptr;
         related = next(related, "relatedDocument")) {
      if (attribute_text(related, "typeCode") != "RPLC") {
        error("cda-related-document", related, "only a replacement (RPLC) is allowed");
      }
    }
  }

  /// A level 1 document carries exactly three templates.
  void level_1_templates() const {
    std::size_t count = 0;
    for (const xmlNode* node = child(document_, "templateId"); node != nullptr; node = next(node, "templateId")) {
      ++count;
    }
    if (count != 3 || !has_template(document_, "1.3.6.1.4.1.19376.1.2.20")) {
      error("cda-level-1-templates", child(document_, "templateId"),
            "a level 1 document has the templates of HL7 France, CI-SIS and XDS-SD");
    }
  }

  /// References from entries into the narrative: the official rules do not look at them.
  void references(const id_index& ids) const {
    constexpr std::size_t reported_max = 20;
    std::size_t reported = 0;
    for (const xmlNode* node = document_; node != nullptr && reported < reported_max;
         node = following(node, document_)) {
      if (!is_named(node, "reference") || is_named(node->parent, "renderMultiMedia")) {
        continue;
      }
      const std::string target = attribute_text(node, "value");
      if (!target.empty() && target.find("://") == std::string::npos && !target.starts_with("urn:") &&
          ids.find(target) == nullptr) {
        warn("cda-reference-dangling", node, "the reference leads to no element of the narrative");
        ++reported;
      }
    }
  }

  void time_has_zone(const xmlNode* stamp) const {
    const std::string value = attribute_text(stamp, "value");
    if (value.size() > 8 && value.find_first_of("+-") == std::string::npos) {
      warn("cda-time-without-zone", stamp, "a time without its zone");
    }
  }

  void patient() const {
    const xmlNode* role = descend(document_, {"recordTarget", "patientRole"});
    if (role == nullptr) {
      error("cda-patient-missing", nullptr, "recordTarget/patientRole is required");
      return;
    }
    const facts::patient found = read_identity(of_, role).patient;
    bool has_ins = false;
    for (const xmlNode* id = child(role, "id"); id != nullptr; id = next(id, "id")) {
      const std::string extension = attribute_text(id, "extension");
      if (attribute_text(id, "root").empty() || extension.empty()) {
        error("cda-patient-id", id, "root and extension are required");
      } else if (is_ins(identifier_kind_of(attribute_text(id, "root")))) {
        has_ins = true;
        if (!nir_key_is_right(extension)) {
          error("cda-ins-key", id, "a matricule has 15 characters and the right key");
        }
      }
    }
    if (!has_ins) {
      warn("cda-ins-missing", role, "without an INS the recipient refuses the document (903)");
    }
    const xmlNode* person = child(role, "patient");
    for (const xmlNode* name = child(person, "name"); name != nullptr; name = next(name, "name")) {
      for (const xmlNode* family = child(name, "family"); family != nullptr; family = next(family, "family")) {
        const std::string qualifier = attribute_text(family, "qualifier");
        if (qualifier != "BR" && qualifier != "CL") {
          error("cda-name-qualifier", family, "a family name is qualified BR or CL");
        }
      }
    }
    struct trait {
      const char* name;
      bool missing;
    };
    const std::array<trait, 5> traits{{{"birth name", found.birth_family.empty()},
                                       {"given names", found.given.empty()},
                                       {"birth date", found.birth_date.empty()},
                                       {"sex", found.sex == facts::sex::unstated},
                                       {"birth place", found.birth_place_code.empty()}}};
    for (const trait& of : traits) {
      if (of.missing && has_ins) {
        error("cda-ins-traits", person, std::string("an INS goes with its five traits: missing ") + of.name);
      }
    }
    if (!found.birth_place_code.empty() && found.birth_place_code.size() != 5) {
      error("cda-birth-place", person, "the birth place is a COG code of 5 characters");
    }
  }

  void participants() const {
    const xmlNode* author = child(document_, "author");
    if (author == nullptr) {
      error("cda-author-missing", nullptr, "an author is required");
    }
    for (; author != nullptr; author = next(author, "author")) {
      if (attribute_text(child(author, "time"), "value").empty()) {
        error("cda-author-time", author, "the time of an author is required");
      }
      time_has_zone(child(author, "time"));
      if (child(child(author, "assignedAuthor"), "id") == nullptr) {
        error("cda-author-id", author, "the id of an author is required");
      }
    }
    const xmlNode* custodian =
        descend(document_, {"custodian", "assignedCustodian", "representedCustodianOrganization"});
    const xmlNode* custodian_id = child(custodian, "id");
    const std::string root = attribute_text(custodian_id, "root");
    if (root != oid_struct_idnat && root != "1.2.250.1.213.4.1") {
      error("cda-custodian", custodian, "the custodian is named by a Struct_IdNat");
    } else if (attribute_text(custodian_id, "extension").empty() && root == oid_struct_idnat) {
      error("cda-custodian", custodian_id, "the number of the custodian is missing");
    }
    const xmlNode* legal = child(document_, "legalAuthenticator");
    if (legal == nullptr) {
      error("cda-legal-authenticator", nullptr, "exactly one legal authenticator is required");
    } else if (next(legal, "legalAuthenticator") != nullptr) {
      error("cda-legal-authenticator", next(legal, "legalAuthenticator"), "exactly one legal authenticator is allowed");
    }
    for (const xmlNode* node = child(document_, "participant"); node != nullptr; node = next(node, "participant")) {
      if (child(node, "time") == nullptr) {
        error("cda-participant-time", node, "a participant has a time (nullFlavor NA is accepted)");
      }
    }
  }

  void acts_and_encounter() const {
    const xmlNode* act = descend(document_, {"documentationOf", "serviceEvent"});
    if (act == nullptr) {
      error("cda-main-act", nullptr, "documentationOf/serviceEvent is required");
    } else {
      if (attribute_text(descend(act, {"effectiveTime", "low"}), "value").empty()) {
        error("cda-main-act", act, "the main act has a beginning (effectiveTime/low)");
      }
      const xmlNode* organization = descend(act, {"performer", "assignedEntity", "representedOrganization"});
      if (attribute_text(child(organization, "standardIndustryClassCode"), "code").empty()) {
        error("cda-main-act", act,
              "the performer of the main act states its practice setting (standardIndustryClassCode)");
      }
    }
    const xmlNode* stay = descend(document_, {"componentOf", "encompassingEncounter"});
    if (stay == nullptr) {
      error("cda-encounter", nullptr, "componentOf/encompassingEncounter is required");
      return;
    }
    if (child(stay, "effectiveTime") == nullptr) {
      error("cda-encounter", stay, "the encounter has a time");
    }
    if (attribute_text(descend(stay, {"location", "healthCareFacility", "code"}), "code").empty()) {
      error("cda-encounter", stay, "the encounter names the kind of facility (healthCareFacility/code)");
    }
  }

  void body() const {
    const xmlNode* component = child(document_, "component");
    const xmlNode* n1 = child(component, "nonXMLBody");
    if (n1 == nullptr && child(component, "structuredBody") == nullptr) {
      error("cda-no-body", component, "the document has no body");
    }
    for (const media& part : find_media(document_)) {
      const auto bytes = media_bytes(of_, part);
      if (!bytes) {
        continue;
      }
      if (attribute_text(part.value, "mediaType").empty()) {
        warn("cda-media-type", part.value, "the media type is missing");
      }
      if (attribute_text(part.value, "representation") != "B64") {
        warn("cda-representation", part.value, "a body is written as base64 (representation B64)");
      }
      const bool pdf = bytes->starts_with("%PDF");
      if (pdf != (part.content_type == "application/pdf")) {
        error("cda-media-type", part.value, "the bytes are not of the media type that is stated");
      }
      if (n1 != nullptr && part.content_type != "application/pdf" && part.content_type != "text/plain") {
        warn("cda-media-type", part.value, "a level 1 body is a PDF or plain text");
      }
    }
    if (n1 != nullptr) {
      level_1_templates();
    } else {
      references(id_index(document_));
    }
    const xmlNode* structured = child(component, "structuredBody");
    for (const xmlNode* node = child(structured, "component"); node != nullptr; node = next(node, "component")) {
      const xmlNode* section = child(node, "section");
      if (child(section, "templateId") == nullptr || child(section, "code") == nullptr) {
        warn("cda-section", section, "a section has a template and a code");
      }
    }
  }

  const call& of_;
  const xmlNode* document_;
};

}  // namespace

liaison_status validate_document(const call& of, const opened& file) {
  checker(of, file.document).run();
  check_official(of, file);
  return LIAISON_OK;
}

}  // namespace liaison::cda
