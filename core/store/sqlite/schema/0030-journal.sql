-- SPDX-License-Identifier: Apache-2.0
-- Up to which record of the journal the messages have their rows.
INSERT INTO fact VALUES('filed', 0);
