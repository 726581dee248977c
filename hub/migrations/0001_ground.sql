-- The ground floor: the log from which everything follows, work to be done later, and the servers it is done with.
-- Times are milliseconds since 1970-01-01 UTC. Ids are hub.ids snowflakes. JSON is text on both databases.

-- `xid` orders changes as they were committed. Its newest row is never deleted, or the next one would come before it.
CREATE TABLE change (
  id {id}, xid {int} NOT NULL DEFAULT 0, kind TEXT NOT NULL, subject {int} NOT NULL, actor {int} NOT NULL,
  at {int} NOT NULL, detail TEXT NOT NULL DEFAULT '{}'
) {strict};
CREATE INDEX change_in_order ON change (xid, id);
CREATE INDEX change_by_subject ON change (subject, id);
-- only: postgres
ALTER TABLE change ALTER COLUMN xid SET DEFAULT pg_current_xact_id()::text::bigint;

-- How far each reader of the log has come.
CREATE TABLE cursor (
  reader TEXT PRIMARY KEY, xid {int} NOT NULL, id {int} NOT NULL
) {strict};

-- `host` is where the work goes, `line` what must be done in order; no key ever stands in `args`.
CREATE TABLE job (
  id {id}, kind TEXT NOT NULL, args TEXT NOT NULL, due {int} NOT NULL, created {int} NOT NULL,
  attempts {int} NOT NULL DEFAULT 0, leased_until {int} NOT NULL DEFAULT 0,
  host TEXT, line TEXT, last_error TEXT, dead {int} NOT NULL DEFAULT 0
) {strict};
CREATE INDEX job_by_host ON job (host, due, id) WHERE dead = 0;
CREATE INDEX job_here ON job (due, id) WHERE dead = 0 AND host IS NULL;
CREATE INDEX job_in_line ON job (line, id) WHERE dead = 0 AND line IS NOT NULL;
CREATE INDEX job_at_work ON job (host, leased_until) WHERE leased_until > 0;
CREATE INDEX job_given_up ON job (due, id) WHERE dead = 1;

-- Other servers: what they run, how they want to be spoken to, and whether they answer.
CREATE TABLE peer (
  host TEXT PRIMARY KEY CHECK (length(host) <= 260),
  software TEXT NOT NULL DEFAULT '' CHECK (length(software) <= 200),
  profile TEXT NOT NULL DEFAULT '' CHECK (length(profile) <= 200), checked {int} NOT NULL DEFAULT 0,
  scheme TEXT NOT NULL DEFAULT '' CHECK (length(scheme) <= 200), scheme_at {int} NOT NULL DEFAULT 0,
  failures {int} NOT NULL DEFAULT 0, open_until {int} NOT NULL DEFAULT 0,
  last_ok {int} NOT NULL DEFAULT 0, last_failed {int} NOT NULL DEFAULT 0, last_error TEXT
) {strict};
CREATE INDEX peer_by_last_ok ON peer (last_ok);
