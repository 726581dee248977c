-- Ways in besides a password, what makes a second step of them, and where somebody has signed in from.

-- `sure` is when its owner last showed who they are. Of a `half` session the second step is still to come.
ALTER TABLE session ADD COLUMN id {int} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN sure {int} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN half {int} NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN place TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 60);
UPDATE session SET id = created;

-- `raised`: since when the role asks for a second step. Tries at it are counted for the account, whoever makes them.
ALTER TABLE account ADD COLUMN raised {int} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN tries {int} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN tries_since {int} NOT NULL DEFAULT 0;
-- only: sqlite
UPDATE account SET raised = 1000 * CAST(strftime('%s', 'now') AS INTEGER);
-- only: postgres
UPDATE account SET raised = 1000 * CAST(extract(epoch FROM now()) AS BIGINT);

-- `credential` is base64url, `public_key` COSE; `uses` is what the passkey itself counts, if it does.
CREATE TABLE passkey (
  id {id}, account {int} NOT NULL REFERENCES account, credential TEXT NOT NULL UNIQUE CHECK (length(credential) <= 1400),
  public_key {bytes} NOT NULL, uses {int} NOT NULL, name TEXT NOT NULL CHECK (length(name) <= 60),
  created {int} NOT NULL, used {int}
) {strict};
CREATE INDEX passkey_by_account ON passkey (account);

-- An app that shows codes. It counts from `since` on, when a first code was right; `step` is that of the last one used.
CREATE TABLE authenticator (
  account {int} PRIMARY KEY REFERENCES account, key TEXT NOT NULL CHECK (length(key) <= 64),
  step {int} NOT NULL DEFAULT 0, since {int}
) {strict};
CREATE TABLE recovery_code (
  hash TEXT PRIMARY KEY CHECK (length(hash) <= 64), account {int} NOT NULL REFERENCES account, used {int}
) {strict};
CREATE INDEX recovery_code_by_account ON recovery_code (account);

-- What a passkey has to sign, once and soon.
CREATE TABLE challenge (
  hash TEXT PRIMARY KEY CHECK (length(hash) <= 64), purpose TEXT NOT NULL CHECK (length(purpose) <= 20),
  account {int} REFERENCES account, ends {int} NOT NULL
) {strict};
CREATE INDEX challenge_by_end ON challenge (ends);

-- Browsers and places that an account has signed in from; `news` until its owner has said that it was them.
CREATE TABLE known_place (
  account {int} NOT NULL REFERENCES account, key TEXT NOT NULL CHECK (length(key) <= 64),
  agent TEXT NOT NULL CHECK (length(agent) <= 200), place TEXT NOT NULL CHECK (length(place) <= 60),
  first {int} NOT NULL, seen {int} NOT NULL, news {int} NOT NULL DEFAULT 0, PRIMARY KEY (account, key)
) {strict};
