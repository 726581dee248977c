-- What was said to us from elsewhere, and what moderators made of it; what others reported; whom we keep out.

CREATE TABLE heard (
  thing {int} PRIMARY KEY REFERENCES thing, receiver {int} NOT NULL REFERENCES actor,
  state TEXT NOT NULL CHECK (state IN ('held', 'shared', 'refused', 'asked')), at {int} NOT NULL,
  decided {int}, decider {int}
) {strict};
CREATE INDEX heard_by_state ON heard (state, thing);
CREATE INDEX heard_by_receiver ON heard (receiver, state, thing);
-- Whose words to the hub need no looking over.
CREATE TABLE trusted (actor {int} PRIMARY KEY REFERENCES actor, truster {int} NOT NULL, at {int} NOT NULL) {strict};

CREATE TABLE report (
  id {id}, uri TEXT NOT NULL UNIQUE CHECK (length(uri) <= 2000), domain TEXT NOT NULL CHECK (length(domain) <= 253),
  about TEXT NOT NULL CHECK (length(about) <= 40000), words TEXT NOT NULL CHECK (length(words) <= 8000),
  at {int} NOT NULL, settled {int}, settler {int}
) {strict};
CREATE INDEX report_open ON report (id) WHERE settled IS NULL;

CREATE TABLE domain_rule (
  domain TEXT PRIMARY KEY CHECK (length(domain) <= 253), level TEXT NOT NULL CHECK (level IN ('limited', 'suspended')),
  reason TEXT NOT NULL CHECK (length(reason) <= 2000), ruler {int} NOT NULL, at {int} NOT NULL
) {strict};
