-- What was asked for under a key that whoever asks chose, and what came of it: asked again, it is not done again.
-- `ends` is in milliseconds UTC; without it the key is good for ever.
CREATE TABLE once (
  key TEXT PRIMARY KEY CHECK (length(key) <= 64), made {int} NOT NULL, at {int} NOT NULL, ends {int}
) {strict};
CREATE INDEX once_by_end ON once (ends);
