// SPDX-License-Identifier: Apache-2.0
#include "core/fhir_api/service.hpp"

#include "core/base/digest.hpp"
#include "core/fhir_api/outcome.hpp"

#include <algorithm>
#include <array>

namespace liaison::fhir_api {
namespace {

constexpr const char* types_of_r4 =
    " Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary "
    "BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem "
    "ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest "
    "CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest "
    "CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement "
    "DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest "
    "EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit "
    "FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization "
    "ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List "
    "Location Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge "
    "MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization "
    "MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient "
    "MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical "
    "MedicinalProductUndesirableEffect MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionOrder "
    "Observation ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation "
    "Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole "
    "Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchDefinition "
    "ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule "
    "SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription "
    "Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation "
    "SubstanceSourceMaterial SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities "
    "TestReport TestScript ValueSet VerificationResult VisionPrescription ";

std::vector<std::string> segments_of(std::string_view path) {
  constexpr std::string_view root = "/fhir";
  std::vector<std::string> found;
  path.remove_prefix(std::min(root.size(), path.size()));
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) found.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return found;
}

}  // namespace

bool is_resource_type(std::string_view name) {
  return !name.empty() && name.find(' ') == std::string_view::npos &&
         std::string_view(types_of_r4).find(" " + std::string(name) + " ") != std::string_view::npos;
}

bool may_see(const asker& who, const store::trace& message) {
  if (message.message.state == model::message_state::quarantined) return false;
  if (who.is_operator) return true;
  if (who.endpoint.empty()) return false;
  if (message.message.source == who.endpoint) return true;
  return std::any_of(message.deliveries.begin(), message.deliveries.end(), [&](const model::delivery& one) {
    return one.recipient == who.endpoint && one.state == model::delivery_state::delivered;
  });
}

std::string resource_mark(const std::string& source, const std::string& type, const std::string& identifier) {
  return "posted\x1f" + source + "\x1f" + type + "\x1f" + identifier;
}

std::string document_id_of(std::string_view identifier) {
  const std::size_t bar = identifier.find('|');
  if (bar == std::string_view::npos) return std::string(identifier);
  const std::string_view system = identifier.substr(0, bar), value = identifier.substr(bar + 1);
  constexpr std::string_view oid = "urn:oid:";
  if (system.starts_with(oid)) return std::string(system.substr(oid.size())) + "^" + std::string(value);
  return std::string(value);
}

void service::handle(model::web_request what, asker who, model::respond then) {
  auto of = std::make_shared<exchange>();
  of->request = std::move(what);
  of->who = std::move(who);
  of->wish = preferences_of(of->request);
  of->base = base_of(of->request);
  of->then = std::move(then);
  of->syntax = wanted_syntax(of->request);
  std::vector<std::string> path = segments_of(of->request.path);
  // Bytes of a document are had in their own media type, whatever that is.
  const bool bytes = !path.empty() && (path[0] == "Binary" || path[0] == "$convert");
  if (of->syntax == syntax::none) {
    of->syntax = syntax::json;
    if (!bytes)
      return answer(of, refusal(406, "not-acceptable", "resources are written as application/fhir+json or application/fhir+xml"));
  }
  dispatch(of, std::move(path));
}

void service::dispatch(const exchange_pointer& of, std::vector<std::string> path) {
  const std::string& method = of->request.method;
  if (method == "POST" ? dispatch_post(of, path) : (method == "GET" || method == "HEAD") && dispatch_get(of, path)) return;
  const bool known_type = path.empty() || is_resource_type(path[0]) || path[0].front() == '$' || path[0] == "metadata";
  if (!known_type) return answer(of, refusal(404, "type-unknown", "this is no resource type of FHIR R4"));
  const bool of_instance = path.size() == 2 && path[1].front() != '_' && path[1].front() != '$';
  if (method == "PUT" || method == "PATCH" || method == "DELETE" || (method == "POST" && of_instance))
    return answer_not_allowed(of, path.size() > 1 ? "GET, HEAD" : "GET, HEAD, POST");
  if (path.size() == 1 && path[0].front() == '$') return answer_not_allowed(of, "POST");
  if (path.size() == 1 && method == "GET")
    return answer(of, refusal(404, "search-unknown", "only DocumentReference, Provenance and AuditEvent are searched"));
  answer(of, refusal(404, "not-found", "nothing is served at this path for this method"));
}

bool service::dispatch_post(const exchange_pointer& of, const std::vector<std::string>& path) {
  if (path.empty()) return submit(of, "", false), true;
  if (path.size() == 1 && path[0] == "$process-message") return submit(of, "", true), true;
  if (path.size() == 1 && path[0] == "$convert") return convert(of), true;
  if (path.size() == 1 && path[0] == "$validate") return validate(of, ""), true;
  if (!is_resource_type(path[0])) return false;
  if (path.size() == 1) return submit(of, path[0], false), true;
  if (path.size() == 2 && path[1] == "$validate") return validate(of, path[0]), true;
  if (path.size() == 2 && path[1] == "_search" && path[0] == "DocumentReference") return find_documents(of), true;
  return false;
}

bool service::dispatch_get(const exchange_pointer& of, const std::vector<std::string>& path) {
  if (path.size() == 1 && path[0] == "metadata")
    return answer(of, {200, fhir_json, {}, capability_statement(rfc3339(parts_.clock.now()), of->base)}), true;
  if (path.size() == 2 && path[0] == "$status") {
    const auto id = resource_id_of(path[1]);
    return id ? tell_progress(of, *id) : answer(of, refusal(404, "not-found", "no such submission")), true;
  }
  if (path.empty() || !is_resource_type(path[0])) return false;
  const bool trail = path[0] == "Provenance" || path[0] == "AuditEvent";
  if (path.size() == 1 && path[0] == "DocumentReference") return find_documents(of), true;
  if (path.size() == 1 && trail) return find_trail(of, path[0]), true;
  if (path.size() == 2 && trail) return read_trail(of, path[0], path[1]), true;
  if (path.size() == 2 && path[1].front() != '_' && path[1].front() != '$') return read(of, path[0], path[1], false), true;
  if (path.size() == 4 && path[2] == "_history") return read(of, path[0], path[1], true), true;
  return false;
}

void service::answer(const exchange_pointer& of, model::web_response what) {
  if (what.body.empty()) what.content_type.clear();
  if (what.content_type != fhir_json || of->syntax != syntax::xml) {
    if (what.content_type == fhir_json || what.content_type == fhir_xml) what.content_type += "; charset=utf-8";
    return of->then(std::move(what));
  }
  auto kept = std::make_shared<model::web_response>(std::move(what));
  call(plugin::operation::encode, "fhir-rest", share(kept->body), "xml", "{}", [of, kept](plugin::reply reply) {
    // Without the translator JSON is better than nothing.
    if (plugin::part* part = reply.status == LIAISON_OK && !reply.parts.empty() ? &reply.parts.front() : nullptr) {
      kept->body = std::move(part->bytes);
      kept->content_type = fhir_xml;
    }
    kept->content_type += "; charset=utf-8";
    of->then(std::move(*kept));
  });
}

void service::answer_not_allowed(const exchange_pointer& of, const char* allowed) {
  model::web_response refused = refusal(405, "method-not-allowed", "what was taken in is not changed: post a new version instead");
  refused.headers["Allow"] = allowed;
  answer(of, std::move(refused));
}

void service::call(plugin::operation what, const char* format, shared_bytes input, const std::string& profile,
                   const std::string& endpoint_options, std::function<void(plugin::reply)> then) {
  plugin::request question;
  question.what = what;
  question.format = format;
  question.input = std::move(input);
  routing::reading how;
  how.profile = profile;
  how.options_json = endpoint_options;
  routing::call_options options;
  options.how = &how;
  options.now = rfc3339(parts_.clock.now());
  question.options_json = routing::to_json(options);
  parts_.translators.call(std::move(question), std::move(then));
}

void service::part_of(shared_bytes body, const std::string& options, std::function<void(plugin::reply)> then) {
  call(plugin::operation::decode, "fhir-rest", std::move(body), "", options, std::move(then));
}

void service::outline_of(shared_bytes body, read_outline then) {
  call(plugin::operation::inspect, "fhir-rest", std::move(body), "", "{}", [then = std::move(then)](plugin::reply reply) {
    if (reply.status == LIAISON_OK) {
      if (const plugin::part* part = reply.find(LIAISON_PART_FACTS)) {
        auto read = outline_from_json(part->bytes);
        if (read) return then(outline_pointer(std::make_shared<outline>(std::move(read).value())), std::move(reply.issues));
        return then(read.error(), std::move(reply.issues));
      }
    }
    const bool later = reply.status == LIAISON_RETRY || reply.mishap == plugin::mishap::unavailable;
    if (reply.issues.empty())
      reply.issues.push_back({model::severity::error, later ? "translator-unavailable" : "fhir-unreadable", "", "the body cannot be read"});
    then(failure{later ? "unavailable" : "unreadable", "the body cannot be read"}, std::move(reply.issues));
  });
}

}  // namespace liaison::fhir_api
