-- SPDX-License-Identifier: Apache-2.0
-- Bytes and facts stay where the journal wrote them; rows say where that is.

ALTER TABLE message ADD COLUMN segment INTEGER;       -- of the journal; NULL: facts and bytes are in `content`, or in a file
ALTER TABLE message ADD COLUMN record_at INTEGER;
ALTER TABLE message ADD COLUMN record_bytes INTEGER;
ALTER TABLE message ADD COLUMN large_file INTEGER;    -- journal/<n>.raw; NULL: the bytes are in the record
ALTER TABLE message ADD COLUMN large_at INTEGER;
ALTER TABLE message ADD COLUMN large_hash INTEGER;

-- Segments of the journal and files of large payloads, by how many messages need them: with the last one they go.
CREATE TABLE holder (
  kind INTEGER NOT NULL,            -- codes.hpp
  number INTEGER NOT NULL,
  needed_by INTEGER NOT NULL,       -- messages
  written INTEGER NOT NULL,         -- messages that it ever held
  first_message INTEGER NOT NULL,
  last_message INTEGER NOT NULL,
  PRIMARY KEY (kind, number)
) WITHOUT ROWID;
CREATE INDEX holder_free ON holder(needed_by) WHERE needed_by = 0;
