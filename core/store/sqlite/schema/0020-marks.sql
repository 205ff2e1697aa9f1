-- SPDX-License-Identifier: Apache-2.0
-- Names under which a part of a message is found again: identifiers of documents, patients and resources, hashed as in `alias`.
CREATE TABLE mark (
  name INTEGER NOT NULL,
  message INTEGER NOT NULL,
  part INTEGER NOT NULL,
  PRIMARY KEY (name, message, part)
) WITHOUT ROWID;
CREATE INDEX mark_message ON mark(message);
