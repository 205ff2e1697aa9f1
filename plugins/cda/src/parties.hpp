// SPDX-License-Identifier: Apache-2.0
// People, organisations and devices of a CDA as resources of the pivot. The same entity written several
// times (author, legal authenticator, performer) becomes one resource.
#pragma once

#include "datatypes.hpp"

namespace liaison::cda {

/// Names of the children that hold the person and the organisation: they differ by participation.
struct party_shape {
  std::string_view person;
  std::string_view organization;
};
inline constexpr party_shape assigned_shape{"assignedPerson", "representedOrganization"};
inline constexpr party_shape associated_shape{"associatedPerson", "scopingOrganization"};
inline constexpr party_shape recipient_shape{"informationRecipient", "receivedOrganization"};

/// PractitionerRole (profession or organisation known), Practitioner, Organization or Device; false when the entity
/// says nothing.
resource_ref write_party(reading& r, const xmlNode* entity, const party_shape& shape);
resource_ref write_organization(reading& r, const xmlNode* organization);

/// A participation that has no element of its own in the Composition: extension `participant` at `element`.
void write_participant(reading& r, const xmlNode* participation, std::string_view type, const resource_ref& actor,
                       const spot& element);

/// The resource of a participation's entity, whatever its name (assignedEntity, relatedEntity, participantRole…).
resource_ref write_entity_of(reading& r, const xmlNode* participation);

/// Where FHIR takes no Organization: a role in it.
resource_ref as_individual(reading& r, const resource_ref& who);

void write_patient(reading& r, const xmlNode* record_target);

}  // namespace liaison::cda
