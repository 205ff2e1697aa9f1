// SPDX-License-Identifier: Apache-2.0
// Facts: what is read out of a message once, at intake. The shape of `liaison inspect --json` and of
// schemas/facts.schema.json as plain values, shared by the plugins that write it and the broker that
// reads it. What is not known stays empty and is left out of the JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace liaison::facts {

/// Kinds of identifier that matter to routing and identity. `ins_*` follow the OID
/// (1.2.250.1.213.1.4.8 NIR, .9 NIA, .10 test, .11 demonstration); `nir` is a social-security number,
/// which is never an INS even when its digits are the same.
enum class identifier_kind : std::uint8_t { other, ins_nir, ins_nia, ins_test, ins_demo, ipp, nir, stay };

/// RNIV identity statuses, as `identity_status` of the interface.
enum class identity_status : std::uint8_t { unknown, provisional, retrieved, validated, qualified };

enum class sex : std::uint8_t { unstated, male, female, unknown };

struct identifier {
  std::string system;  ///< "urn:oid:…" or another URI; empty when the source names none
  std::string value;
  identifier_kind kind = identifier_kind::other;
};

struct patient {
  std::string family;        ///< the used name, or the only one known
  std::string birth_family;  ///< birth name, when the source tells it apart
  std::vector<std::string> given;
  std::string birth_date;  ///< YYYY, YYYY-MM or YYYY-MM-DD
  facts::sex sex = sex::unstated;
  std::string birth_place_code;  ///< COG, 5 characters
  std::string postal_code;       ///< of the home: the territory that routing rules ask for
  std::vector<identifier> identifiers;
  facts::identity_status identity_status = identity_status::unknown;
};

struct coding {
  std::string system;
  std::string code;
  std::string display;
};

struct document {
  std::string id;  ///< version-specific, "urn:oid:…", "urn:uuid:…" or "root^extension" form of the source
  std::string set_id;
  std::optional<std::uint32_t> version;
  std::string replaces;  ///< id of the document that this one replaces (or, with status deleted, removes)
  coding type;
  std::string title;
  std::string created;  ///< FHIR dateTime
  std::string language;
  std::string confidentiality;  ///< N, R, V; masking codes follow in `masks`
  std::vector<std::string> masks;
  std::string status;  ///< final, partial, amended, cancelled, deleted
};

/// A person, an organisation or a device: author, sender or recipient.
struct party {
  std::string name;
  std::string organization;
  std::string speciality;
  std::vector<identifier> identifiers;
  std::string address;  ///< secure mail address, mailbox or other way to reach it, as written
  std::string role;     ///< recipients: primary, copy, reply; authors: the function code
};

struct event {
  std::string code;     ///< "ADT^A01", "ORU^R01", "hprim-sante ADM"…
  std::string time;     ///< FHIR dateTime of what happened
  std::string message;  ///< control id of the message in its own format (MSH-10, H 7.3, Bundle.identifier)
  std::string sending_application;  ///< MSH-3/MSH-4 or what stands for it; part of the key of duplicates
};

struct attachment {
  std::string content_type;
  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< lower-case hexadecimal, over the decoded bytes
};

struct second_value {
  std::string value, unit, low, high;
};

/// One result as the source says it (`inspect --values`): digits as sent, decimal point, comparator glued.
struct value {
  std::uint32_t patient = 0;  ///< index in `patients`
  std::string label, code, value, unit, low, high, flag, status;
  std::optional<second_value> second;
};

struct message_facts {
  std::string format;
  std::string profile;
  std::string charset;  ///< IANA name of what was decoded; empty when the format fixes it
  std::vector<patient> patients;
  facts::document document;
  std::vector<party> authors;
  party sender;
  std::vector<party> recipients;
  facts::event event;
  std::uint64_t results = 0;
  std::vector<attachment> attachments;
  std::vector<value> values;
};

}  // namespace liaison::facts
