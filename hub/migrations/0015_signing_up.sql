-- Joining: who asks to, who was invited, what letters go out about it; and what those who look after the hub have done.

ALTER TABLE account ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended'));
-- When they last used the hub; whether what they post is held at first, and how much of it was let through.
ALTER TABLE account ADD COLUMN seen {int} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN newcomer {int} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN let_through {int} NOT NULL DEFAULT 0;
-- What else a link is bound to: the old password's hash, a new address, the browser that asked for it.
ALTER TABLE link ADD COLUMN detail TEXT NOT NULL DEFAULT '' CHECK (length(detail) <= 300);

-- One row: how people join. None: by approval, as `hub.joining` has it.
CREATE TABLE joining (
  id {id}, mode TEXT NOT NULL CHECK (mode IN ('approval', 'open', 'invitation', 'closed')),
  question TEXT NOT NULL CHECK (length(question) <= 4000), a_day {int} NOT NULL, backlog {int} NOT NULL,
  residents_invite {int} NOT NULL, sign_in_links {int} NOT NULL, switched {int} NOT NULL DEFAULT 0
) {strict};

-- Somebody who asks to join. Nobody here is an account or an actor yet: they become one when they are let in.
CREATE TABLE signup (
  id {id}, state TEXT NOT NULL CHECK (state IN ('unverified', 'pending', 'approved', 'refused')),
  login TEXT NOT NULL CHECK (length(login) <= 30), email TEXT NOT NULL CHECK (length(email) <= 254),
  password TEXT NOT NULL CHECK (length(password) <= 400), language TEXT NOT NULL CHECK (length(language) <= 20),
  answer TEXT NOT NULL CHECK (length(answer) <= 4000), invitation {int}, at {int} NOT NULL,
  hash TEXT NOT NULL DEFAULT '' CHECK (length(hash) <= 64), ends {int} NOT NULL DEFAULT 0,
  verified {int}, decided {int}, decider {int}, words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 4000)
) {strict};
CREATE INDEX signup_by_state ON signup (state, id);
CREATE INDEX signup_by_hash ON signup (hash) WHERE hash <> '';
CREATE INDEX signup_by_day ON signup (verified) WHERE verified IS NOT NULL;
CREATE UNIQUE INDEX signup_login ON signup (login) WHERE state = 'pending';
CREATE UNIQUE INDEX signup_email ON signup (email) WHERE state = 'pending';

CREATE TABLE invitation (
  id {id}, hash TEXT NOT NULL UNIQUE CHECK (length(hash) <= 64), maker {int} NOT NULL REFERENCES account,
  note TEXT NOT NULL CHECK (length(note) <= 400), uses {int} NOT NULL, used {int} NOT NULL DEFAULT 0,
  made {int} NOT NULL, ends {int} NOT NULL, revoked {int}
) {strict};
CREATE INDEX invitation_by_maker ON invitation (maker, id);

-- That a letter went out, for a day: how many there may be is counted here. `whom` is a hash of the address.
CREATE TABLE letter (
  id {id}, purpose TEXT NOT NULL CHECK (length(purpose) <= 20), whom TEXT NOT NULL CHECK (length(whom) <= 64),
  at {int} NOT NULL
) {strict};
CREATE INDEX letter_by_purpose ON letter (purpose, at);
CREATE INDEX letter_by_whom ON letter (whom, purpose, at);

-- What stewards and moderators did. Nothing is ever changed or deleted here. `who` is 0 where the hub did it by itself.
CREATE TABLE audit (
  id {id}, who {int} NOT NULL, what TEXT NOT NULL CHECK (length(what) <= 40), about {int} NOT NULL, at {int} NOT NULL,
  detail TEXT NOT NULL CHECK (length(detail) <= 4000)
) {strict};
