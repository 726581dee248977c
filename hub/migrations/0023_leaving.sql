-- Somebody goes: until `leaving` (ms) they can think better of it.
ALTER TABLE account ADD COLUMN leaving {int};
CREATE INDEX account_leaving ON account (leaving) WHERE leaving IS NOT NULL;
-- What somebody brings along from another server, line by line (JSON), and how far we are with it.
CREATE TABLE import (
  id {id}, account {int} NOT NULL REFERENCES actor, kind TEXT NOT NULL CHECK (kind IN ('follows', 'blocks', 'mutes', 'domains', 'bookmarks', 'lists')),
  lines TEXT NOT NULL CHECK (length(lines) <= 4000000), at {int} NOT NULL, total {int} NOT NULL,
  done {int} NOT NULL DEFAULT 0, failed TEXT NOT NULL DEFAULT '[]' CHECK (length(failed) <= 400000)
) {strict};
CREATE INDEX import_by_account ON import (account, id);
