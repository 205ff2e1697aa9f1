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
  /// Marks that an identity system set beside the status, codes of HL7 0445 as sent: DOUB DPOT DOUA (duplicate), COLP
  /// COLV (collision), HOMD HOMA (homonym), USUR INVA DESA DOUT FICT CACH ANOM. Any of them stops automatic matching.
  std::vector<std::string> identity_flags;
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
  std::string code;                 ///< "ADT^A01", "ORU^R01", "hprim-sante ADM"…
  std::string time;                 ///< FHIR dateTime of what happened
  std::string message;              ///< control id of the message in its own format (MSH-10, H 7.3, Bundle.identifier)
  std::string sending_application;  ///< MSH-3/MSH-4 or what stands for it; part of the key of duplicates
  std::string time_from;            ///< where `time` was taken from ("PV1-45"), when the format leaves a choice
  std::string action;               ///< of a movement: insert, update or cancel
  std::string of;  ///< trigger that `action` speaks of: "A03" in an A13, or in a Z99 that corrects an A03
};

/// What an event says of the stay that it belongs to. Its numbers are identifiers of the patient, kind `stay`.
struct encounter {
  std::string patient_class;  ///< E emergency, I inpatient, O outpatient, R recurring, P preadmit, N none (HL7 0004)
  std::string start;          ///< FHIR dateTime of the admission
  std::string end;       ///< FHIR dateTime of the discharge; empty while the stay goes on or a discharge is cancelled
  std::string end_from;  ///< where `end` was taken from, in its documented order of precedence ("PV1-45")
  std::string expected_end;  ///< FHIR dateTime
  std::string movement;      ///< id of the movement (ZBE-1), "root^extension" form
  std::string medical_unit;  ///< code of the unit that answers for the patient (UF médicale)
  std::string care_unit;     ///< code of the unit that cares for the patient (UF de soins)
  std::string discharge_to;  ///< disposition as sent
};

/// A choice of the patient about the sharing of data: `value` permit, deny or not-collected, which is neither.
struct consent {
  std::uint32_t patient = 0;  ///< index in `patients`
  std::string kind;           ///< dmp-feeding, dmp-consultation, dmp-access, dmp-break-glass, dmp-emergency-centre, sms
  std::string value;          ///< permit, deny, not-collected
  std::string date;           ///< FHIR dateTime of the choice; empty when the source gives none
  std::string source;         ///< where it was read: "ZFA-9"
};

/// An identity that gives way to another one. `patient` is the one that stays, `prior_patient` the other one when the
/// message describes it as a patient of its own.
struct merge {
  std::uint32_t patient = 0;  ///< index in `patients`
  std::optional<std::uint32_t> prior_patient;
  std::string action;                   ///< merge, link, unlink, change (of an identifier), move (of stays)
  std::vector<identifier> prior;        ///< identifiers that are no longer to be used (MRG-1)
  std::vector<identifier> prior_stays;  ///< stays and files that the event names (MRG-3, MRG-5)
};

struct answer_error {
  std::string condition;  ///< HL7 0357: "207"
  std::string severity;   ///< E, F, I, W
  std::string code;       ///< of the application: "902", "550", "DMPClosed"
  std::string system;     ///< table of `code`, as sent
  std::string location;   ///< "PID-3", in the message that is answered
};

/// The message answers one that was sent before: a technical or a business acknowledgement.
struct answer {
  std::string kind;       ///< technical (ACK), dmp-received (Z01), mail-received (Z02), mail-read (Z03)
  std::string message;    ///< control id of the message that is answered
  std::string outcome;    ///< accept, reject or retry; a business acknowledgement: accept or reject
  std::string address;    ///< of the recipient that a business acknowledgement speaks of
  std::string recipient;  ///< identifier of that recipient
  std::vector<answer_error> errors;
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
  facts::encounter encounter;
  std::vector<consent> consents;
  std::vector<merge> merges;
  std::optional<facts::answer> answer;
  /// What the sender asks the gateway to do: dmp, professionals, patient (destinations), acknowledge-reception,
  /// acknowledge-reading (business acknowledgements), secret-connection, masking-change.
  std::vector<std::string> instructions;
  std::uint64_t results = 0;
  std::vector<attachment> attachments;
  std::vector<value> values;
};

}  // namespace liaison::facts
