-- What somebody has said, newest first: their page in an app, and how much a stranger says to ours in a day.
CREATE INDEX thing_of_author ON thing (author, id);
