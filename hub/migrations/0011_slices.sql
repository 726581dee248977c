-- Parts of what a hub says that are followed by themselves: its events, its asks, a topic, a series, a few streets.
-- Times are milliseconds since 1970-01-01 UTC. JSON is text on both databases.

-- `rule` is what falls in it: a topic's word, the lines of a patch, an area's code. No actor until somebody looks for it.
CREATE TABLE slice (
  id {id}, handle TEXT NOT NULL UNIQUE CHECK (length(handle) <= 30),
  kind TEXT NOT NULL CHECK (kind IN ('events', 'asks', 'offers', 'topic', 'series', 'patch', 'area')),
  name TEXT NOT NULL CHECK (length(name) <= 4000), rule TEXT NOT NULL CHECK (length(rule) <= 8000),
  actor {int} UNIQUE REFERENCES actor, made {int} NOT NULL, ended {int}
) {strict};
CREATE TABLE series_event (
  event {int} PRIMARY KEY REFERENCES thing, slice {int} NOT NULL REFERENCES slice
) {strict};
CREATE INDEX series_event_by_slice ON series_event (slice);
-- What a slice has shared with its followers: the Announces (JSON: address, and of what), to be taken back one day.
CREATE TABLE slice_thing (
  slice {int} NOT NULL REFERENCES slice, thing {int} NOT NULL REFERENCES thing,
  told TEXT NOT NULL CHECK (length(told) <= 20000), at {int} NOT NULL,
  PRIMARY KEY (slice, thing)
) {strict};
CREATE INDEX slice_thing_by_thing ON slice_thing (thing);
CREATE INDEX thing_tagged ON thing (published) WHERE local = 1 AND tags <> '[]';
