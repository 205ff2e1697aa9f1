-- SPDX-License-Identifier: Apache-2.0
-- Names stand in an index of their own, beside the database; the rows of messages hold what it is made of.

ALTER TABLE message ADD COLUMN marks TEXT;  -- 24 hexadecimal digits each: the name and the part
UPDATE message SET marks=(SELECT group_concat(printf('%016x%08x', name, part), '') FROM mark WHERE mark.message=message.id)
  WHERE id IN (SELECT message FROM mark);
DROP TABLE seen;
DROP TABLE alias;
DROP TABLE mark;
DELETE FROM fact WHERE name='names_written';
-- Up to here the lowest bit of `origin` does not say whether there was a control id.
INSERT INTO fact SELECT 'older_rows', coalesce(max(id), 0) FROM message;
