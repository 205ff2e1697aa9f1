// SPDX-License-Identifier: Apache-2.0
// Puts a Bundle together from parts of a source tree, as text, so that what is copied keeps its digits and order,
// and remembers where everything went.
#pragma once

#include "bundle.hpp"
#include "pivot_account.hpp"

#include <liaison/common/account.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace liaison::fhir {

/// One JSON object under construction whose members are copied from `source` or made.
class object_text {
 public:
  using substitution = std::function<std::optional<std::string>(node_id)>;

  /// `instead_of` may rewrite strings that are copied (references); see write_json.
  object_text(const tree& source, std::string pointer, placements& where, substitution instead_of = {})
      : source_(source), pointer_(std::move(pointer)), where_(where), instead_of_(std::move(instead_of)) {}

  /// Copies the node under another name. Nothing for none.
  object_text& copy(std::string_view name, node_id from);
  /// As above, as the only element of an array.
  object_text& copy_as_list(std::string_view name, node_id from);
  object_text& text(std::string_view name, std::string_view value);
  object_text& raw(std::string_view name, std::string_view json);
  /// The value stands in the object under another form: for the account.
  object_text& carries(std::string_view path, node_id from);

  std::string pointer(std::string_view path) const { return pointer_ + "/" + std::string(path); }
  bool has(std::string_view name) const { return text_.find("\"" + std::string(name) + "\":") != std::string::npos; }
  std::string close() const { return "{" + text_ + "}"; }

 private:
  void separate() {
    if (!text_.empty()) text_ += ',';
  }
  void name(std::string_view name);
  const tree& source_;
  std::string pointer_;
  placements& where_;
  substitution instead_of_;
  std::string text_;
};

}  // namespace liaison::fhir
