-- "I can help", from the first word to the thanks; and what neighbours of ours offer to other hubs.
-- A CHECK cannot be changed on SQLite: the table is made anew, and what stood in the old one is copied.
CREATE TABLE answer_now (
  id {id}, ask {int} NOT NULL REFERENCES ask, actor {int} REFERENCES actor,
  guest TEXT CHECK (length(guest) <= 200), contact TEXT CHECK (length(contact) <= 300),
  said TEXT NOT NULL CHECK (said IN ('help', 'refer', 'share', 'take', 'info')), words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 4000),
  state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'done', 'thanked', 'declined', 'withdrawn')),
  via TEXT NOT NULL CHECK (length(via) <= 20), at {int} NOT NULL, decided {int}, named {int} NOT NULL DEFAULT 0,
  told TEXT NOT NULL DEFAULT '' CHECK (length(told) <= 20000), hours {real},
  offer TEXT UNIQUE CHECK (length(offer) <= 2000), available TEXT NOT NULL DEFAULT '' CHECK (length(available) <= 800),
  UNIQUE (ask, actor)
) {strict};
INSERT INTO answer_now (id, ask, actor, guest, contact, said, words, state, via, at)
  SELECT id, ask, actor, guest, contact, said, words, state, via, at FROM answer;
DROP TABLE answer;
ALTER TABLE answer_now RENAME TO answer;
CREATE INDEX answer_by_actor ON answer (actor);

-- What is left of answers once they are forgotten: how many said what, and the hours they gave.
CREATE TABLE answer_count (
  ask {int} NOT NULL REFERENCES ask, said TEXT NOT NULL, state TEXT NOT NULL, n {int} NOT NULL, hours {real} NOT NULL,
  PRIMARY KEY (ask, said, state)
) {strict};

-- Since when an ask is closed: thirty days later it is taken down, and its answers are forgotten.
ALTER TABLE ask ADD COLUMN closed {int};
UPDATE ask SET closed = (SELECT t.updated FROM thing t WHERE t.id = ask.id) WHERE status <> 'open';

-- What somebody here offered to an ask of another hub. `uri` is the Offer as it was sent, `agreement` what came of it.
CREATE TABLE pledge (
  id {id}, ask {int} NOT NULL REFERENCES ask, actor {int} NOT NULL REFERENCES actor,
  uri TEXT UNIQUE CHECK (length(uri) <= 2000), words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 4000),
  available TEXT NOT NULL DEFAULT '' CHECK (length(available) <= 800), hours {real},
  state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'done', 'declined', 'withdrawn')),
  agreement TEXT CHECK (length(agreement) <= 2000), reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
  given {real}, at {int} NOT NULL, changed {int} NOT NULL, UNIQUE (ask, actor)
) {strict};
CREATE INDEX pledge_by_actor ON pledge (actor, id);
CREATE INDEX pledge_by_agreement ON pledge (agreement);
