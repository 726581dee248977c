-- Words between two, seen by nobody else: who asked is told how it goes, who helps how to find the door.
CREATE TABLE message (
  id {id}, uri TEXT NOT NULL UNIQUE CHECK (length(uri) <= 2000), local {int} NOT NULL,
  sender {int} NOT NULL REFERENCES actor, receiver {int} NOT NULL REFERENCES actor,
  about {int} REFERENCES thing, reply_to TEXT CHECK (length(reply_to) <= 2000),
  words TEXT NOT NULL DEFAULT '{}' CHECK (length(words) <= 60000), html TEXT NOT NULL CHECK (length(html) <= 120000),
  at {int} NOT NULL, read {int}
) {strict};
CREATE INDEX message_by_receiver ON message (receiver, id);
CREATE INDEX message_by_sender ON message (sender, id);
