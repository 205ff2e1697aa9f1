// SPDX-License-Identifier: Apache-2.0
// The metadata of one document (XDS DocumentEntry) from the pivot: a DocumentReference that keeps the profiles
// pdsm-comprehensive-document-reference (ITI-65) or pdsm-simplified-publish (ITI-105) and their parents of MHD.
#pragma once

#include "bundle_writer.hpp"
#include "contain.hpp"

#include <liaison/common/plugin.hpp>

#include <optional>
#include <string>

namespace liaison::fhir {

/// The endpoint's free options, text members only.
class endpoint_options {
 public:
  explicit endpoint_options(const call& of);
  std::string_view text(std::string_view name) const { return tree_.text(0, name); }

 private:
  tree tree_;
};

/// What is carried, by the host or in the pivot.
struct document_content {
  std::string_view bytes;
  std::string content_type;
  std::string format;       ///< of liaison, "cda"; may be empty
  std::string title;        ///< of the file; empty: the document's
  std::size_t ordinal = 0;  ///< the first one is what the Composition's identifier names
};

struct entry_context {
  const call& request;
  const bundle_view& pivot;
  const endpoint_options& options;
  placements& where;
  account& ledger;
  std::string seed;
};

enum class entry_form { comprehensive, simplified };

/// A Reference as JSON to the patient of the submission, and where the DocumentReference will stand.
struct entry_place {
  std::string pointer, subject, attachment_url;
};

/// The Composition that the document is described by; none when there is none.
node_id described_by(const bundle_view& pivot, std::size_t ordinal);

/// Nothing, and an error reported, when something that PDSm requires is known neither to the pivot nor to the options.
std::optional<std::string> write_document_entry(const entry_context& in, node_id composition,
                                                const document_content& content, entry_form form,
                                                const entry_place& place);

/// The system and value that this document is identified by.
struct document_identity {
  std::string system, value;
};
document_identity identity_of(const entry_context& in, const document_content& content);

/// Code and display of the document's class; empty when nothing says it.
struct class_code {
  std::string code, display;
};
class_code class_of(const entry_context& in, node_id composition);
std::string class_concept(const class_code& of);  ///< CodeableConcept

/// "DocumentReference?identifier=system|value" of what a Composition.relatesTo names; empty when it names nothing.
std::string replaced_query(const tree& of, node_id relation);

std::string json_text(std::string_view text);  ///< quoted

}  // namespace liaison::fhir
