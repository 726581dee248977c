-- How often somebody has tried to sign in by a name lately, whether anybody has it or not. Times in ms UTC.

-- `name` is a hash: what is typed there may be a password. `began` is when the first of these tries was.
CREATE TABLE sign_in_try (
  name TEXT PRIMARY KEY CHECK (length(name) <= 64), began {int} NOT NULL, tries {int} NOT NULL
) {strict};
CREATE INDEX sign_in_try_by_begin ON sign_in_try (began);
