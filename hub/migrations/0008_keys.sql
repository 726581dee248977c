-- Keys that were changed, kept until all that was said under them has arrived; and what other servers' answers taught us
-- of them: how they want to be asked, and by how much their clocks and ours differ (ms that ours is ahead).
CREATE TABLE former_key (
  actor {int} PRIMARY KEY REFERENCES actor, rsa {bytes} NOT NULL, changed {int} NOT NULL
) {strict};
CREATE TABLE manner (
  host TEXT PRIMARY KEY CHECK (length(host) <= 260),
  asking TEXT NOT NULL DEFAULT '' CHECK (length(asking) <= 40), asking_at {int} NOT NULL DEFAULT 0,
  ahead {int} NOT NULL DEFAULT 0, ahead_at {int} NOT NULL DEFAULT 0
) {strict};
