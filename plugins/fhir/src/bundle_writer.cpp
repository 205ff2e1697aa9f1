// SPDX-License-Identifier: Apache-2.0
#include "bundle_writer.hpp"

namespace liaison::fhir {

void object_text::name(std::string_view name) {
  separate();
  append_json_string(text_, name);
  text_ += ':';
}

object_text& object_text::copy(std::string_view name_of, node_id from) {
  if (from == none) return *this;
  name(name_of);
  write_json(source_, from, text_, instead_of_);
  where_.copied(from, pointer(name_of));
  return *this;
}

object_text& object_text::copy_as_list(std::string_view name_of, node_id from) {
  if (from == none) return *this;
  if (source_.is_array(from)) return copy(name_of, from);
  name(name_of);
  text_ += '[';
  write_json(source_, from, text_, instead_of_);
  text_ += ']';
  where_.copied(from, pointer(name_of) + "/0");
  return *this;
}

object_text& object_text::text(std::string_view name_of, std::string_view value) {
  if (value.empty()) return *this;
  name(name_of);
  append_json_string(text_, value);
  return *this;
}

object_text& object_text::raw(std::string_view name_of, std::string_view json) {
  name(name_of);
  text_ += json;
  return *this;
}

object_text& object_text::carries(std::string_view path, node_id from) {
  where_.copied(from, pointer(path));
  return *this;
}

}  // namespace liaison::fhir
