-- Hubs that we have heard of, one a host: each is asked itself before anybody sees it, and nothing that others say of
-- it is kept but who said it. Times are milliseconds since 1970-01-01 UTC.

-- `domain` is what somebody had to register, `introducer` the host that named it first ('' for our own steward),
-- `due` when it is asked next, or when one that is gone may be named again.
CREATE TABLE known_hub (
  id {id}, host TEXT NOT NULL UNIQUE CHECK (length(host) <= 260), domain TEXT NOT NULL CHECK (length(domain) <= 260),
  state TEXT NOT NULL CHECK (state IN ('candidate', 'verified', 'refused', 'gone')),
  actor {int} REFERENCES actor, book TEXT NOT NULL DEFAULT '' CHECK (length(book) <= 2000),
  instance TEXT NOT NULL DEFAULT '' CHECK (length(instance) <= 2000),
  introducer TEXT NOT NULL DEFAULT '' CHECK (length(introducer) <= 260), first_seen {int} NOT NULL,
  verified {int} NOT NULL DEFAULT 0, due {int} NOT NULL, failures {int} NOT NULL DEFAULT 0,
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 300), approved {int} NOT NULL DEFAULT 0,
  by_rule {int} NOT NULL DEFAULT 0, heard {int} NOT NULL DEFAULT 0, lists_us {int} NOT NULL DEFAULT 0
) {strict};
CREATE INDEX known_hub_by_due ON known_hub (due, id);
CREATE INDEX known_hub_by_domain ON known_hub (domain, first_seen);
CREATE INDEX known_hub_by_introducer ON known_hub (introducer, first_seen);

-- Who names whom, and what they say the two are to each other.
CREATE TABLE introduction (
  hub {int} NOT NULL REFERENCES known_hub, introducer TEXT NOT NULL CHECK (length(introducer) <= 260),
  relation TEXT NOT NULL CHECK (relation IN ('mutual', 'follows', 'heard')), at {int} NOT NULL,
  PRIMARY KEY (hub, introducer)
) {strict};
CREATE INDEX introduction_by_introducer ON introduction (introducer);

-- At most one row: how near (km) a hub is followed by itself, 0 for never; and until when no other server is asked.
CREATE TABLE directory (id {id}, near {real} NOT NULL DEFAULT 0, quiet_until {int} NOT NULL DEFAULT 0) {strict};
