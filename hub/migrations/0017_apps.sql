-- Apps that residents read and write with: who made them known, what they may do and for whom. Of secrets only the SHA-256 is kept.
-- `account` is empty for what an app was given for itself. Times are milliseconds UTC.
CREATE TABLE app (
  id {id}, client TEXT NOT NULL UNIQUE CHECK (length(client) <= 64), secret TEXT NOT NULL CHECK (length(secret) <= 64),
  name TEXT NOT NULL CHECK (length(name) <= 60), website TEXT NOT NULL DEFAULT '' CHECK (length(website) <= 2000),
  redirects TEXT NOT NULL CHECK (length(redirects) <= 20000), scopes TEXT NOT NULL CHECK (length(scopes) <= 2000),
  created {int} NOT NULL
) {strict};
CREATE TABLE token (
  id {id}, hash TEXT NOT NULL UNIQUE CHECK (length(hash) <= 64), app {int} NOT NULL REFERENCES app,
  account {int} REFERENCES account, scopes TEXT NOT NULL CHECK (length(scopes) <= 2000),
  created {int} NOT NULL, used {int} NOT NULL
) {strict};
CREATE INDEX token_by_account ON token (account, app);
CREATE INDEX token_by_use ON token (used);
CREATE INDEX token_by_app ON token (app);
-- What an app is given at the end of the consent page, to be changed for a token within a minute. `token` is what came of it.
CREATE TABLE code (
  hash TEXT PRIMARY KEY CHECK (length(hash) <= 64), app {int} NOT NULL REFERENCES app,
  account {int} NOT NULL REFERENCES account, redirect TEXT NOT NULL CHECK (length(redirect) <= 2000),
  scopes TEXT NOT NULL CHECK (length(scopes) <= 2000), challenge TEXT NOT NULL DEFAULT '' CHECK (length(challenge) <= 128),
  ends {int} NOT NULL, token {int}
) {strict};
CREATE INDEX code_by_end ON code (ends);
CREATE INDEX code_by_account ON code (account);
