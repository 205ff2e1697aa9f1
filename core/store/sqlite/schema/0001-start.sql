-- SPDX-License-Identifier: Apache-2.0
-- The first shape of the store. Rows that are written at every message are small and free of what large bytes there are;
-- states and lanes are numbers (see codes.hpp); names that the configuration bounds are numbered once in `name`.

CREATE TABLE fact (                 -- about the store itself
  name TEXT PRIMARY KEY,
  value NOT NULL
) WITHOUT ROWID;

CREATE TABLE name (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);

CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL,          -- name
  received_at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  in_file INTEGER NOT NULL,         -- 1: the bytes are a file of their own
  times_received INTEGER NOT NULL,
  first_delivery INTEGER NOT NULL,  -- those made at intake have ids in a row; replays are found by their index
  deliveries INTEGER NOT NULL,
  origin INTEGER NOT NULL,          -- hash of source and sender key, as in `seen`
  order_key INTEGER,                -- when it came
  aliases BLOB,                     -- the names in `alias` that it touched, 8 bytes each
  sha256 BLOB NOT NULL,
  peer TEXT NOT NULL,
  format TEXT NOT NULL,
  control_id TEXT NOT NULL,
  document_type TEXT NOT NULL
);
-- Few messages are anything but routed; these are looked for.
CREATE INDEX message_not_routed ON message(state) WHERE state <> 0;

CREATE TABLE content (
  message INTEGER PRIMARY KEY,
  facts TEXT NOT NULL,
  issues TEXT,                      -- NULL: none
  raw BLOB                          -- NULL: in a file
);

-- What was received, for duplicates: `origin` from whom under which control id, `content` the first bytes of the SHA-256.
CREATE TABLE seen (
  origin INTEGER NOT NULL,
  content INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (origin, content)
) WITHOUT ROWID;

-- Documents and sets by the hash of their name, and the order key that they lead to.
CREATE TABLE alias (
  name INTEGER PRIMARY KEY,
  key INTEGER NOT NULL,
  message INTEGER NOT NULL          -- the last one that touched it; with that one it goes
);

-- Order keys that became one.
CREATE TABLE merged_key (
  key INTEGER PRIMARY KEY,
  into_key INTEGER NOT NULL,
  message INTEGER NOT NULL          -- that tied them
);

CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  message INTEGER NOT NULL,
  recipient INTEGER NOT NULL,       -- name
  format INTEGER NOT NULL,          -- name
  profile INTEGER NOT NULL,         -- name
  order_key INTEGER,
  state INTEGER NOT NULL,
  lane INTEGER,                     -- NULL none, 1 due, 2 put off, 3 behind another one
  attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  waits_since INTEGER NOT NULL,     -- created, or retried by a person
  next_attempt_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  prepared INTEGER NOT NULL,
  receipts INTEGER NOT NULL,        -- number of the next receipt
  replayed INTEGER NOT NULL,        -- 1: made after intake
  last_error TEXT
);
CREATE INDEX delivery_replayed ON delivery(message) WHERE replayed = 1;
-- A recipient's queue, by lane and then by id: what is due is read off its beginning however long it is. SQLite sees that a
-- query for one lane keeps to IS NOT NULL; with "lane > 0" it would have to be told, and would then sort the whole queue.
CREATE INDEX delivery_waiting ON delivery(recipient, lane) WHERE lane IS NOT NULL;
CREATE INDEX delivery_put_off ON delivery(recipient, next_attempt_at) WHERE lane = 2;
-- What holds others back: the open deliveries of one order key.
CREATE INDEX delivery_line ON delivery(recipient, order_key) WHERE order_key IS NOT NULL AND state IN (0, 2);
CREATE INDEX delivery_dead ON delivery(recipient) WHERE state = 2;

CREATE TABLE receipt (
  delivery INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  code TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

CREATE TABLE tally (                -- deliveries by recipient and state, kept up to date
  recipient INTEGER NOT NULL,
  state INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  PRIMARY KEY (recipient, state)
) WITHOUT ROWID;

-- Payload files whose message is gone and which are still to be removed.
CREATE TABLE doomed_file (message INTEGER PRIMARY KEY);

INSERT INTO fact VALUES
  ('instance', lower(hex(randomblob(3)))),
  ('salt', randomblob(16)),
  ('last_message', 0),             -- ids given, also when their rows are gone
  ('last_delivery', 0),
  ('file_bytes', 0),               -- of payload files
  ('names_written', 0);            -- names of later messages are not in `seen` and `alias` yet
