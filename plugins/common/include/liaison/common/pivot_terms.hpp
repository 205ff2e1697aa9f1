// SPDX-License-Identifier: Apache-2.0
// URLs and code systems of the pivot (docs/reference/pivot.md) that decoders write and encoders look for, and the place
// of a value in a resource that is being written.
#pragma once

#include <liaison/common/pivot.hpp>

#include <charconv>
#include <string>
#include <string_view>

namespace liaison::terms {

inline constexpr std::string_view extension_base = "https://liaison.example/fhir/StructureDefinition/";
inline constexpr std::string_view extension_birth_place = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
inline constexpr std::string_view extension_insee_code =
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code";
inline constexpr std::string_view extension_birth_list_given =
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name";
inline constexpr std::string_view extension_identity_reliability =
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability";

inline constexpr std::string_view system_identifier_type = "http://terminology.hl7.org/CodeSystem/v2-0203";
inline constexpr std::string_view system_identifier_type_fr =
    "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203";
inline constexpr std::string_view system_identity_reliability =
    "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445";
inline constexpr std::string_view system_insee =
    "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";
inline constexpr std::string_view system_uri = "urn:ietf:rfc:3986";
inline constexpr std::string_view system_masks = "urn:oid:1.2.250.1.213.1.1.4.13";

/// The path of an element in its resource. Thousands are made for one message, and nearly all are short: no allocation.
class element_path {
 public:
  element_path() = default;
  element_path(std::string_view text) { append(text); }
  element_path(const char* text) : element_path(std::string_view(text)) {}
  element_path(const std::string& text) : element_path(std::string_view(text)) {}
  element_path(const element_path& other) { append(other); }
  element_path& operator=(const element_path& other) {
    if (this != &other) {
      size_ = 0;
      append(other);
    }
    return *this;
  }

  operator std::string_view() const { return {size_ <= short_size_max ? short_ : long_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  void append(std::string_view text) {
    const std::size_t before = size_;
    size_ += text.size();
    if (size_ <= short_size_max) {
      text.copy(short_ + before, text.size());  // nothing of an empty one, which may stand nowhere
      return;
    }
    if (before <= short_size_max) long_.assign(short_, before);
    long_.append(text);
  }
  friend element_path operator+(const element_path& path, std::string_view more) {
    element_path made(path);
    made.append(more);
    return made;
  }

 private:
  static constexpr std::size_t short_size_max = 120;
  std::size_t size_ = 0;
  char short_[short_size_max];
  std::string long_;
};

/// An element of a resource being written.
struct spot {
  resource_ref ref;
  element_path path;

  spot operator/(std::string_view step) const {
    spot made{ref, path};
    if (!made.path.empty()) made.path.append("/");
    made.path.append(step);
    return made;
  }
  spot operator/(std::size_t index) const {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, index).ptr;
    return *this / std::string_view(digits, static_cast<std::size_t>(end - digits));
  }
  spot next() const { return *this / ref.size_of(path); }  ///< behind the last element of this array
  void set(const sourced& value) const { ref.set(path, value); }
  void set(std::string_view value) const { ref.set(path, value); }
  void carry(const sourced& value) const { ref.carry(path, value); }
  void refer(const resource_ref& target) const { ref.set_reference(path, target); }
  std::string pointer() const { return ref.pointer(path); }
};

/// Appends a source-field extension: a value with no element of its own, and where it stood in the source's terms.
inline void add_source_field(const spot& of, std::string_view location, const sourced& value) {
  if (!of.ref || value.empty()) return;
  const spot extension = (of / "extension").next();
  (extension / "url").set(std::string(extension_base) + "source-field");
  (extension / "extension/0/url").set("location");
  (extension / "extension/0/valueString").set(location);
  (extension / "extension/1/url").set("value");
  (extension / "extension/1/valueString").set(value);
}

}  // namespace liaison::terms
