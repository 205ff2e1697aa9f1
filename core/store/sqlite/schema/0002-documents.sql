-- SPDX-License-Identifier: Apache-2.0
-- The life of documents: what came and what is waited for, the place of a delivery in its line, ends that are reported.

ALTER TABLE alias ADD COLUMN came INTEGER NOT NULL DEFAULT 0;  -- 1: a message brought the document of this name
UPDATE alias SET came=1;                                       -- before, that was not written down

-- Place in the line: 2^20 times the id, or less to stand before one that came earlier and waits for it.
ALTER TABLE delivery ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;  -- 1: its end goes to `outcome`
UPDATE delivery SET turn=id<<20 WHERE order_key IS NOT NULL AND state IN (0,2);
DROP INDEX delivery_line;
CREATE INDEX delivery_line ON delivery(recipient, order_key, turn) WHERE order_key IS NOT NULL AND state IN (0,2);

-- Messages whose deliveries wait, or waited in vain, for a document of this name.
CREATE TABLE awaited (
  name INTEGER NOT NULL,
  message INTEGER NOT NULL,
  until INTEGER NOT NULL,
  ended INTEGER NOT NULL,           -- 1: in vain
  PRIMARY KEY (name, message)
) WITHOUT ROWID;
CREATE INDEX awaited_until ON awaited(until) WHERE ended = 0;
CREATE INDEX awaited_by ON awaited(message);

CREATE TABLE outcome (delivery INTEGER PRIMARY KEY);

-- A document's line, for people: keys ascend, so this grows at its end.
CREATE INDEX message_line ON message(order_key) WHERE aliases IS NOT NULL;
CREATE INDEX merged_into ON merged_key(into_key);
