-- SPDX-License-Identifier: Apache-2.0
-- The patient index, built from what messages say: whose a message is, which stay it belongs to, what the patient chose.
-- Whatever stands here can be built again from the messages (`liaison patients rebuild`), but for consents told by people.

CREATE TABLE patient (
  id INTEGER PRIMARY KEY,
  into_patient INTEGER,             -- NULL: stands for itself; else the one that it was merged into or linked to
  linked INTEGER NOT NULL,          -- 1: a link, which can be taken back
  status INTEGER NOT NULL,          -- facts::identity_status
  flags TEXT NOT NULL,              -- HL7 0445 codes parted by blanks
  authority INTEGER NOT NULL,       -- 1: told by the identity system's own events, 0: by documents only
  told_by INTEGER NOT NULL,         -- message that told the traits last
  family TEXT NOT NULL,
  birth_family TEXT NOT NULL,
  given TEXT NOT NULL,              -- parted by U+001F
  birth_date TEXT NOT NULL,
  sex INTEGER NOT NULL,             -- facts::sex
  birth_place TEXT NOT NULL
);
CREATE INDEX patient_joined ON patient(into_patient) WHERE into_patient IS NOT NULL;

CREATE TABLE patient_identifier (
  value TEXT NOT NULL,
  system TEXT NOT NULL,
  kind INTEGER NOT NULL,            -- facts::identifier_kind
  patient INTEGER NOT NULL,
  former INTEGER NOT NULL,          -- 1: no longer to be used; still finds the patient
  PRIMARY KEY (value, system)
) WITHOUT ROWID;
CREATE INDEX patient_identifier_of ON patient_identifier(patient);

CREATE TABLE consent (
  patient INTEGER NOT NULL,
  kind TEXT NOT NULL,
  since INTEGER NOT NULL,           -- of the choice, else of the message that told it
  source TEXT NOT NULL,             -- "ZFA-9", or who told it by the API
  answer INTEGER NOT NULL,          -- identity::consent_answer
  told_by INTEGER NOT NULL,         -- message; 0: a person
  system TEXT NOT NULL,             -- the identifier that a person named; empty for messages
  value TEXT NOT NULL,
  PRIMARY KEY (patient, kind, since, source)
) WITHOUT ROWID;

CREATE TABLE stay (
  id INTEGER PRIMARY KEY,
  patient INTEGER NOT NULL,
  value TEXT NOT NULL,
  system TEXT NOT NULL,
  class TEXT NOT NULL,
  state INTEGER NOT NULL,           -- identity::stay_state
  admitted_at INTEGER NOT NULL,
  discharged_at INTEGER NOT NULL,
  discharged_from TEXT NOT NULL,    -- field that gave the time
  deadline INTEGER NOT NULL,        -- for the discharge letter; 0: none
  clock INTEGER,                    -- identity::letter_clock; NULL: none
  letter INTEGER NOT NULL,          -- message; 0: none came
  letter_left_at INTEGER NOT NULL,  -- accepted by someone outside of the house
  alerted_at INTEGER NOT NULL,
  told_by INTEGER NOT NULL,
  UNIQUE (value, system)
);
CREATE INDEX stay_of ON stay(patient);
CREATE INDEX stay_clock ON stay(clock, deadline) WHERE clock IS NOT NULL;

CREATE TABLE subject (              -- whose a message is
  message INTEGER PRIMARY KEY,
  patient INTEGER NOT NULL,
  stay INTEGER,
  outcome INTEGER NOT NULL,         -- identity::reconciliation
  letter INTEGER NOT NULL           -- 1: a discharge letter
);
CREATE INDEX subject_of ON subject(patient);
CREATE INDEX subject_in ON subject(stay) WHERE stay IS NOT NULL;
