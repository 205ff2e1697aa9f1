// SPDX-License-Identifier: Apache-2.0
// assignedEntity, associatedEntity, intendedRecipient and their like → PractitionerRole and the resources it joins.
#include "parties.hpp"

#include <liaison/common/text.hpp>

namespace liaison::cda {
namespace {

/// What an element says, as one string: equal strings are the same entity.
void append_content(const xmlNode* node, std::string& key) {
  key += '<';
  key += local_name(node);
  for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
    key += '\x1f';
    key += reinterpret_cast<const char*>(attribute->name);
    key += '=';
    for (const xmlNode* value = attribute->children; value != nullptr; value = value->next) {
      key += value->content == nullptr ? "" : reinterpret_cast<const char*>(value->content);
    }
  }
  for (const xmlNode* part = node->children; part != nullptr; part = part->next) {
    if (part->type == XML_ELEMENT_NODE) {
      append_content(part, key);  // no deeper than parse_xml lets a document be
    } else if (part->type == XML_TEXT_NODE && part->content != nullptr) {
      key += trim(reinterpret_cast<const char*>(part->content));
    }
  }
  key += '>';
}

/// The resource for this content: the one made before, or a new one.
resource_ref once(reading& r, std::string_view resource_type, const xmlNode* content) {
  std::string key(resource_type);
  for (const xmlNode* part :
       elements(content)) {  // not the element itself: an author and a performer may be one person
    append_content(part, key);
  }
  const auto found = r.parties.find(key);
  if (found != r.parties.end()) {
    return found->second;
  }
  const resource_ref made = r.pivot.add(resource_type);
  r.parties.emplace(std::move(key), made);
  return made;
}

resource_ref write_device(reading& r, const xmlNode* entity, const xmlNode* device) {
  const resource_ref to = once(r, "Device", entity);
  write_identifiers(r, entity, {to, "identifier"});
  const sourced model = r.text(child(device, "manufacturerModelName"));
  const sourced software = r.text(child(device, "softwareName"));
  std::size_t names = 0;
  for (const auto& [text, type] : {std::pair(&software, "user-friendly-name"), std::pair(&model, "model-name")}) {
    if (!text->empty()) {
      const spot name = spot{to, "deviceName"} / names++;
      (name / "name").set(*text);
      name.ref.set(name.path + "/type", type);
    }
  }
  write_concept(r, child(entity, "code") != nullptr ? child(entity, "code") : child(device, "code"), {to, "type"});
  write_telecoms(r, entity, {to, "contact"});
  r.structure(device);
  r.structure(entity);
  if (const xmlNode* organization = child(entity, "representedOrganization")) {
    if (const resource_ref owner = write_organization(r, organization)) {
      to.set_reference("owner", owner);
    }
  }
  return to;
}

}  // namespace

resource_ref write_organization(reading& r, const xmlNode* organization) {
  if (organization == nullptr) {
    return {};
  }
  bool said = false;
  for (const char* part : {"id", "name", "telecom", "addr", "standardIndustryClassCode"}) {
    for (const xmlNode* node = child(organization, part); node != nullptr; node = next(node, part)) {
      said = said || !is_null(node);
    }
  }
  if (!said) {
    r.drop(organization, reason_nothing_known);
    return {};
  }
  const resource_ref to = once(r, "Organization", organization);
  r.organizations.insert(to.full_url());
  write_identifiers(r, organization, {to, "identifier"});
  std::size_t names = 0;
  for (const xmlNode* name = child(organization, "name"); name != nullptr; name = next(name, "name")) {
    const sourced text = r.text(name);
    if (!text.empty()) {
      names++ == 0 ? to.set("name", text) : (spot{to, "alias"} / (names - 2)).set(text);
    }
  }
  write_concept(r, child(organization, "standardIndustryClassCode"), {to, "type/0"});
  write_telecoms(r, organization, {to, "telecom"});
  write_addresses(r, organization, {to, "address"});
  r.structure(organization);
  if (const xmlNode* part_of = child(organization, "asOrganizationPartOf")) {
    r.structure(part_of);
    const xmlNode* whole = child(part_of, "wholeOrganization");
    if (const resource_ref parent = write_organization(r, whole)) {
      to.set_reference("partOf", parent);
    }
  }
  return to;
}

namespace {

/// An entity without a person: the organisation, or a role of it when the entity has a mailbox or a code of its own.
resource_ref write_organization_alone(reading& r, const xmlNode* entity, const resource_ref& organization) {
  const bool has_telecom = child(entity, "telecom") != nullptr && !is_null(child(entity, "telecom"));
  const bool has_code = !attribute_text(child(entity, "code"), "code").empty();
  if (!organization || (!has_telecom && !has_code)) {
    r.structure(entity);
    r.drop(entity, organization ? "the organisation stands for itself" : reason_nothing_known);
    return organization;
  }
  const resource_ref role = once(r, "PractitionerRole", entity);
  role.set_reference("organization", organization);
  write_concept(r, child(entity, "code"), {role, "code/0"});
  write_telecoms(r, entity, {role, "telecom"});
  r.structure(entity);
  r.drop(entity, "an address of an organisation's role has no place beside that of the organisation");
  return role;
}

}  // namespace

resource_ref write_party(reading& r, const xmlNode* entity, const party_shape& shape) {
  if (entity == nullptr) {
    return {};
  }
  for (const char* device_name : {"assignedAuthoringDevice", "playingDevice", "assignedDevice"}) {
    if (const xmlNode* device = child(entity, device_name)) {
      return write_device(r, entity, device);
    }
  }
  const xmlNode* person = child(entity, shape.person);
  if (person == nullptr) {
    person = child(entity, "playingEntity");
  }
  const xmlNode* organization_node = child(entity, shape.organization);
  const bool has_id = child(entity, "id") != nullptr && !is_null(child(entity, "id"));
  const resource_ref organization = write_organization(r, organization_node);
  if (person == nullptr && !has_id) {
    return write_organization_alone(r, entity, organization);
  }
  const resource_ref practitioner = once(r, "Practitioner", entity);
  write_identifiers(r, entity, {practitioner, "identifier"});
  std::size_t names = 0;
  for (const xmlNode* name = child(person, "name"); name != nullptr; name = next(name, "name")) {
    if (!trim(all_text(name)).empty()) {
      write_person_name(r, name, spot{practitioner, "name"} / names++);
    } else {
      r.drop(name, reason_nothing_known);
    }
  }
  write_addresses(r, entity, {practitioner, "address"});
  r.structure(entity);
  r.structure(person);
  const xmlNode* code = child(entity, "code");
  const bool has_code =
      code != nullptr && (!attribute_text(code, "code").empty() || !attribute_text(code, "displayName").empty());
  if (!has_code && !organization) {
    r.drop(code, reason_nothing_known);
    write_telecoms(r, entity, {practitioner, "telecom"});
    return practitioner;
  }
  const resource_ref role = once(r, "PractitionerRole", entity);
  role.set_reference("practitioner", practitioner);
  if (organization) {
    role.set_reference("organization", organization);
  }
  write_concept(r, code, {role, "code/0"});
  write_telecoms(r, entity, {role, "telecom"});
  return role;
}

resource_ref as_individual(reading& r, const resource_ref& who) {
  if (!who || r.organizations.count(who.full_url()) == 0) {
    return who;
  }
  const resource_ref role = r.pivot.add("PractitionerRole");
  role.set_reference("organization", who);
  return role;
}

resource_ref write_entity_of(reading& r, const xmlNode* participation) {
  for (const auto& [name, shape] :
       {std::pair("assignedEntity", assigned_shape), std::pair("assignedAuthor", assigned_shape),
        std::pair("associatedEntity", associated_shape),
        std::pair("relatedEntity", party_shape{"relatedPerson", "scopingOrganization"}),
        std::pair("participantRole", party_shape{"playingEntity", "scopingEntity"}),
        std::pair("intendedRecipient", recipient_shape)}) {
    if (const xmlNode* entity = child(participation, name)) {
      return write_party(r, entity, shape);
    }
  }
  return {};
}

void write_participant(reading& r, const xmlNode* participation, std::string_view type, const resource_ref& actor,
                       const spot& element) {
  if (!actor) {
    r.drop(participation, "a participation of nobody");
    return;
  }
  const spot extension = (element / "extension").next();
  extension.ref.set(extension.path + "/url", std::string(extension_base) + "participant");
  std::size_t part = 0;
  const auto begin = [&](const char* name) {
    const spot nested = extension / "extension" / part++;
    nested.ref.set(nested.path + "/url", name);
    return nested;
  };
  sourced type_code = r.attribute(participation, "typeCode");
  if (type_code.empty()) {
    type_code.text = type;
  }
  (begin("type") / "valueCode").set(type_code);
  begin("actor").ref.set_reference((extension / "extension" / (part - 1) / "valueReference").path, actor);
  const xmlNode* function = child(participation, "functionCode");
  // An extension has a value or none of it: nothing is begun before it is known to say something.
  const spot function_value = extension / "extension" / part;
  if (function != nullptr && write_concept(r, function, function_value / "valueCodeableConcept")) {
    function_value.ref.set(function_value.path + "/url", "function");
    ++part;
  } else {
    r.drop(function, reason_nothing_known);
  }
  const xmlNode* time = child(participation, "time");
  const spot period = extension / "extension" / part;
  if (time != nullptr && write_period(r, time, period / "valuePeriod")) {
    period.ref.set(period.path + "/url", "period");
  } else {
    r.drop(time, reason_nothing_known);
  }
  r.structure(participation);
}

}  // namespace liaison::cda
