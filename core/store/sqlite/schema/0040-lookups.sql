-- SPDX-License-Identifier: Apache-2.0
-- Messages by when they came, and by whom, of what type, under which control id: each list is read off one of these, newest
-- first, however many messages there are. New rows come at the end of each index or, of a sender, at the end of his.
CREATE INDEX message_time ON message(received_at);
CREATE INDEX message_source ON message(source, received_at);
CREATE INDEX message_type ON message(document_type, received_at) WHERE document_type <> '';
CREATE INDEX message_control ON message(control_id, received_at) WHERE control_id <> '';
DROP INDEX message_not_routed;
CREATE INDEX message_not_routed ON message(state, received_at) WHERE state <> 0;
