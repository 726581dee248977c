-- What somebody has said, newest first: their page in an app, and how much a stranger says to ours in a day.
CREATE INDEX thing_of_author ON thing (author, id);
-- Whose wish to come an answer is to.
CREATE INDEX visit_by_uri ON visit (uri) WHERE uri IS NOT NULL;
