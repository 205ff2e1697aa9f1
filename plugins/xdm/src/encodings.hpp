// SPDX-License-Identifier: Apache-2.0
// HL7 v2 data types as XDS metadata write them (ITI TF-3 table 4.2.3.1.7-2, CI-SIS): CX, XCN, XON, coded specialties,
// times in UTC. Plain functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace liaison::xdm {

std::string escaped(std::string_view text);  ///< ^ & | ~ \ as \S\ \T\ \F\ \R\ \E\, line ends as blanks
std::string unescaped(std::string_view text);

/// Components of a field, still escaped; `component(4)` is the fourth, empty beyond the end.
class field_view {
 public:
  explicit field_view(std::string_view field, char separator = '^');
  std::string component(std::size_t number) const;  ///< unescaped, blanks at both ends removed
  std::string_view raw(std::size_t number) const;

 private:
  std::vector<std::string_view> components_;
};

struct identifier {
  std::string value, oid, type;  ///< type: NH, PI, IDNPS, EI, RI …
  bool empty() const { return value.empty(); }
};

/// "248…^^^&1.2.250.1.213.1.4.10&ISO^NH"
std::string cx_of(const identifier& id);
identifier identifier_of_cx(std::string_view cx);

struct person {
  identifier id;
  std::string family, given, prefix, suffix;
  bool is_device = false;  ///< name type U, identifier type RI
  bool empty() const { return id.empty() && family.empty(); }
};
std::string xcn_of(const person& who);
person person_of_xcn(std::string_view xcn);

struct organization {
  identifier id;
  std::string name;
  bool empty() const { return id.empty() && name.empty(); }
};
std::string xon_of(const organization& what);
organization organization_of_xon(std::string_view xon);

/// XON|XCN|XTN of an intended recipient.
struct recipient {
  organization where;
  person who;
  std::string mail;
};
std::string text_of(const recipient& to);
recipient recipient_of(std::string_view text);

/// "2024-02-29T11:02:00+01:00" → "20240229100200", with real calendar arithmetic. A date, or a time without zone, keeps
/// its digits. Empty when it is no time.
std::string utc_of_fhir(std::string_view date_time);
/// "20240229100200" → "2024-02-29T10:02:00+00:00"; dates stay dates.
std::optional<std::string> fhir_of_utc(std::string_view digits);

std::string sha1_hex(std::string_view bytes);  ///< 40 lower-case digits

/// "2.25." and the UUID as a decimal number (ITU-T X.667): an OID that needs no register.
std::string oid_of_uuid(std::string_view uuid);

}  // namespace liaison::xdm
