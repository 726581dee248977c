-- What newcomers say, until somebody who looks after the hub has read it; and reported words as they were then.

-- It waits (nothing in `decided`), or was refused. `shown`: it was to be seen before, and was changed since.
CREATE TABLE held (
  thing {int} PRIMARY KEY REFERENCES thing, author {int} NOT NULL REFERENCES actor, shown {int} NOT NULL, at {int} NOT NULL,
  decided {int}, decider {int}, reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 2000)
) {strict};
CREATE INDEX held_by_author ON held (author, thing) WHERE decided IS NULL;

-- A copy for each thing that a report names. `version`: when its words had last been changed, 0 for never.
CREATE TABLE reported (
  report {int} NOT NULL REFERENCES report, thing {int} NOT NULL REFERENCES thing,
  title TEXT NOT NULL CHECK (length(title) <= 4000), html TEXT NOT NULL CHECK (length(html) <= 240000),
  pictures TEXT NOT NULL CHECK (length(pictures) <= 40000), extra TEXT CHECK (length(extra) <= 40000),
  version {int} NOT NULL, PRIMARY KEY (report, thing)
) {strict};
