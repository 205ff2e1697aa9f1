// SPDX-License-Identifier: Apache-2.0
#include "validate.hpp"

#include "bundle.hpp"
#include "bundle_check.hpp"
#include "findings.hpp"
#include "invariants.hpp"
#include "structure_check.hpp"

namespace liaison::fhir {

void validate_message(const call& of, const message& read) {
  const bundle_view bundle(read.resource);
  findings found(read.resource);
  invariant_checker rules(bundle, found);
  check_structure(bundle, found, [&](const invariant_site& at) { rules.check(at); });
  check_bundle(bundle, found);
  rules.check_profiles(of.options().profile);
  for (const issue& one : found.list()) of.report(one);
  if (found.has_unchecked_code())
    of.report(
        severity::information, "fhir-codes-not-checked", "",
        "some value sets that profiles require cannot be listed here (LOINC, SNOMED CT, national lists): their codes "
        "are not checked");
  if (found.full())
    of.report(severity::warning, "fhir-more-issues", "", "there are more findings than this; the first ones are shown");
  if (rules.exhausted())
    of.report(severity::warning, "fhir-not-all-checked", "", "the message is too large for every rule to be evaluated");
}

}  // namespace liaison::fhir
