-- Being let back in by two stewards, and whose browser a passkey was asked in.

-- It is there while it is under way; what was done stands in `audit`. `code` is the hash of what the asker was shown.
CREATE TABLE rescue (
  account {int} PRIMARY KEY REFERENCES account, asker {int} NOT NULL REFERENCES account,
  approver {int} REFERENCES account, code TEXT NOT NULL CHECK (length(code) <= 64),
  why TEXT NOT NULL CHECK (length(why) <= 500), tries {int} NOT NULL DEFAULT 0, asked {int} NOT NULL, ends {int} NOT NULL
) {strict};
CREATE INDEX rescue_by_end ON rescue (ends);

-- The hash of a secret in the browser's cookie: whoever answers from another one is not who was asked.
ALTER TABLE challenge ADD COLUMN browser TEXT NOT NULL DEFAULT '' CHECK (length(browser) <= 64);
