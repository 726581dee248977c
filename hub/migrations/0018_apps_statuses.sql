-- What apps of residents read and write: timelines by number, posts for later, pictures with a focus.

-- What everybody may read, the newest first: of this hub and of others apart.
CREATE INDEX thing_for_all ON thing (local, id) WHERE removed IS NULL AND hidden = 0 AND audience = 'public' AND reply_to IS NULL;
CREATE INDEX thing_pictured ON thing (id)
  WHERE removed IS NULL AND hidden = 0 AND audience = 'public' AND reply_to IS NULL AND pictures <> '[]';
-- How much somebody has said to everybody, without a look at what it was.
CREATE INDEX thing_said ON thing (author, hidden, removed, kind, published);
-- What somebody said, by the number that apps page by.
CREATE INDEX thing_by_author_id ON thing (author, id) WHERE removed IS NULL;

-- What is to be said later. `draft` is JSON, `at` when (ms UTC).
CREATE TABLE scheduled (
  id {id}, account {int} NOT NULL REFERENCES actor, draft TEXT NOT NULL CHECK (length(draft) <= 120000),
  at {int} NOT NULL, created {int} NOT NULL
) {strict};
CREATE INDEX scheduled_by_account ON scheduled (account, id);

-- Where the eye goes first: "x,y" from -1 to 1, as Mastodon has it.
ALTER TABLE media ADD COLUMN focus TEXT NOT NULL DEFAULT '' CHECK (length(focus) <= 40);
CREATE INDEX media_by_owner ON media (owner, id);
