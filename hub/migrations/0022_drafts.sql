-- What somebody has begun to write and not yet said, as they typed it (JSON). Theirs alone.
CREATE TABLE draft (
  id {id}, account {int} NOT NULL REFERENCES actor, typed TEXT NOT NULL CHECK (length(typed) <= 120000), at {int} NOT NULL
) {strict};
CREATE INDEX draft_by_account ON draft (account, id);
