// SPDX-License-Identifier: Apache-2.0
// Small changes to a tree that several profiles make. What is added lies behind everything that was read, so that the
// account can still speak of the nodes of the source.
#pragma once

#include "bundle.hpp"

#include <string_view>
#include <vector>

namespace liaison::fhir {

/// Child of that name, made when it is not there.
node_id ensure(tree& in, node_id parent, std::string_view name, kind of);
/// Copies a node and all below it; `name` empty for an element of an array. `deep` limits are the parsers'.
node_id copy_node(tree& in, node_id from, node_id parent, std::string_view name);
/// Text is kept by the tree.
node_id add_text(tree& in, node_id parent, std::string_view name, std::string_view text);
/// A CodeableConcept of one coding, as child or element.
node_id add_concept(tree& in, node_id parent, std::string_view name, std::string_view system, std::string_view code,
                    std::string_view display = {});
node_id add_reference(tree& in, node_id parent, std::string_view name, std::string_view url);
/// `{"extension":[{"url":…data-absent-reason, "valueCode":…}]}` as child `name`.
node_id add_absent(tree& in, node_id parent, std::string_view name, std::string_view reason = "unknown");
/// An extension element with its url; the caller adds the value.
node_id add_extension(tree& in, node_id element, std::string_view url);
void claim_profile(tree& in, node_id resource, std::string_view profile);
/// A new entry of the Bundle with an empty resource of the type; gives the resource.
node_id add_entry(tree& in, std::string_view full_url, std::string_view type);

bool same_content(const tree& in, node_id a, node_id b);
/// Whether the arrays `a` and `b` hold one equal element.
bool share_element(const tree& in, node_id a, node_id b);
/// fullUrl of the entry that holds the resource; empty for none.
std::string_view full_url_of(const tree& in, node_id resource);
bool has_value_of(const tree& in, node_id element, std::string_view prefix);  ///< `value[x]`, with its twin

}  // namespace liaison::fhir
