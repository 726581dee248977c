-- What a neighbourhood is: its hub, its people, what it does, and who elsewhere takes part.
-- Times are milliseconds since 1970-01-01 UTC. Ids are hub.ids snowflakes. JSON is text on both databases.

CREATE TABLE actor (
  id {id}, uri TEXT NOT NULL UNIQUE CHECK (length(uri) <= 2000), local {int} NOT NULL DEFAULT 0,
  kind TEXT NOT NULL CHECK (kind IN ('hub', 'project', 'person', 'instance', 'other')),
  type TEXT NOT NULL CHECK (length(type) <= 40),
  handle TEXT NOT NULL CHECK (length(handle) <= 200), domain TEXT NOT NULL CHECK (length(domain) <= 253),
  name TEXT NOT NULL CHECK (length(name) <= 4000), summary TEXT NOT NULL DEFAULT '{}' CHECK (length(summary) <= 60000),
  url TEXT NOT NULL CHECK (length(url) <= 2000), inbox TEXT NOT NULL CHECK (length(inbox) <= 2000),
  shared_inbox TEXT CHECK (length(shared_inbox) <= 2000), followers TEXT CHECK (length(followers) <= 2000),
  public_key TEXT NOT NULL DEFAULT '' CHECK (length(public_key) <= 4000),
  multikey TEXT CHECK (length(multikey) <= 400),
  hub TEXT CHECK (length(hub) <= 2000),
  area_code TEXT CHECK (length(area_code) <= 20), area_name TEXT CHECK (length(area_name) <= 200),
  lat {real}, lon {real}, discoverable {int} NOT NULL DEFAULT 1, picture {int},
  created {int} NOT NULL, updated {int} NOT NULL, fetched {int} NOT NULL DEFAULT 0, removed {int}
) {strict};
CREATE INDEX actor_by_domain ON actor (domain, kind);
CREATE INDEX actor_by_handle ON actor (handle, domain);
CREATE INDEX actor_by_inbox ON actor (inbox);
CREATE INDEX actor_by_shared_inbox ON actor (shared_inbox);

-- Private keys stand alone, so that no query for an actor can carry one out.
CREATE TABLE actor_key (
  actor {int} PRIMARY KEY REFERENCES actor, rsa {bytes} NOT NULL, ed25519 {bytes} NOT NULL
) {strict};

CREATE TABLE follow (
  follower {int} NOT NULL REFERENCES actor, followed {int} NOT NULL REFERENCES actor,
  state TEXT NOT NULL CHECK (state IN ('requested', 'accepted', 'refused')),
  uri TEXT CHECK (length(uri) <= 2000), at {int} NOT NULL,
  PRIMARY KEY (follower, followed)
) {strict};
CREATE INDEX follow_by_followed ON follow (followed, at);

-- One row: the hub that this database is.
CREATE TABLE hub (
  id {id}, base TEXT NOT NULL CHECK (length(base) <= 300),
  actor {int} NOT NULL REFERENCES actor, instance {int} NOT NULL REFERENCES actor,
  radius {real} NOT NULL, languages TEXT NOT NULL CHECK (length(languages) <= 100),
  zone TEXT NOT NULL CHECK (length(zone) <= 60), hue {int} NOT NULL,
  welcome TEXT NOT NULL CHECK (length(welcome) <= 20000), rules TEXT NOT NULL CHECK (length(rules) <= 60000),
  contacts TEXT NOT NULL CHECK (length(contacts) <= 20000), opened {int} NOT NULL
) {strict};
CREATE TABLE setup (id {id}, answers TEXT NOT NULL CHECK (length(answers) <= 100000)) {strict};

CREATE TABLE account (
  actor {int} PRIMARY KEY REFERENCES actor, login TEXT NOT NULL UNIQUE CHECK (length(login) <= 30),
  email TEXT NOT NULL UNIQUE CHECK (length(email) <= 254), password TEXT NOT NULL CHECK (length(password) <= 400),
  role TEXT NOT NULL CHECK (role IN ('steward', 'moderator', 'organiser', 'resident')),
  language TEXT NOT NULL DEFAULT '' CHECK (length(language) <= 20), created {int} NOT NULL, closed {int},
  failures {int} NOT NULL DEFAULT 0, wait_until {int} NOT NULL DEFAULT 0
) {strict};
CREATE TABLE session (
  hash TEXT PRIMARY KEY CHECK (length(hash) <= 64), account {int} NOT NULL REFERENCES account,
  created {int} NOT NULL, seen {int} NOT NULL, agent TEXT NOT NULL DEFAULT '' CHECK (length(agent) <= 200)
) {strict};
CREATE INDEX session_by_account ON session (account);
-- A secret that is good for one thing, once: opening the hub, setting a new password.
CREATE TABLE link (
  hash TEXT PRIMARY KEY CHECK (length(hash) <= 64), purpose TEXT NOT NULL CHECK (length(purpose) <= 20),
  account {int} REFERENCES account, ends {int} NOT NULL
) {strict};

CREATE TABLE media (
  id {id}, key TEXT NOT NULL CHECK (length(key) <= 64), mime TEXT NOT NULL CHECK (length(mime) <= 40),
  width {int} NOT NULL, height {int} NOT NULL, small_width {int} NOT NULL, small_height {int} NOT NULL,
  bytes {int} NOT NULL, alt TEXT NOT NULL CHECK (length(alt) <= 8000), owner {int} NOT NULL REFERENCES actor, created {int} NOT NULL
) {strict};

-- Everything that is said, whatever its kind: what events, asks, projects and words have in common.
CREATE TABLE thing (
  id {id}, uri TEXT NOT NULL UNIQUE CHECK (length(uri) <= 2000), url TEXT NOT NULL CHECK (length(url) <= 2000),
  kind TEXT NOT NULL CHECK (kind IN ('event', 'companion', 'ask', 'offer', 'project', 'note', 'update', 'reply')),
  author {int} NOT NULL REFERENCES actor, local {int} NOT NULL,
  title TEXT NOT NULL CHECK (length(title) <= 4000), words TEXT NOT NULL CHECK (length(words) <= 120000),
  html TEXT NOT NULL CHECK (length(html) <= 240000), pictures TEXT NOT NULL DEFAULT '[]' CHECK (length(pictures) <= 40000),
  tags TEXT NOT NULL DEFAULT '[]' CHECK (length(tags) <= 8000),
  project {int}, root {int}, reply_to TEXT CHECK (length(reply_to) <= 2000),
  area_code TEXT CHECK (length(area_code) <= 20), area_name TEXT CHECK (length(area_name) <= 200),
  published {int} NOT NULL, updated {int} NOT NULL, hidden {int} NOT NULL DEFAULT 0, removed {int}
) {strict};
CREATE INDEX thing_by_kind ON thing (kind, local, published);
CREATE INDEX thing_by_date ON thing (published);
CREATE INDEX thing_by_author ON thing (author, published);
CREATE INDEX thing_by_root ON thing (root, published);
CREATE INDEX thing_by_project ON thing (project, published);
-- What was deleted at its origin before it ever came: it must not come later.
CREATE TABLE gone (uri TEXT PRIMARY KEY CHECK (length(uri) <= 2000), domain TEXT NOT NULL CHECK (length(domain) <= 253), at {int} NOT NULL) {strict};

CREATE TABLE project (
  id {int} PRIMARY KEY REFERENCES thing, actor {int} NOT NULL UNIQUE REFERENCES actor,
  stage TEXT NOT NULL CHECK (stage IN ('proposed', 'active', 'paused', 'done')),
  wanted TEXT NOT NULL DEFAULT '{}' CHECK (length(wanted) <= 4000)
) {strict};

CREATE TABLE event (
  id {int} PRIMARY KEY REFERENCES thing, starts {int} NOT NULL, ends {int} NOT NULL,
  zone TEXT NOT NULL CHECK (length(zone) <= 60), venue TEXT NOT NULL DEFAULT '{}' CHECK (length(venue) <= 4000),
  access TEXT NOT NULL DEFAULT '{}' CHECK (length(access) <= 8000), online TEXT NOT NULL DEFAULT '' CHECK (length(online) <= 2000),
  places {int}, cost {int} NOT NULL DEFAULT 0, cost_words TEXT NOT NULL DEFAULT '{}' CHECK (length(cost_words) <= 2000),
  status TEXT NOT NULL CHECK (status IN ('scheduled', 'tentative', 'postponed', 'rescheduled', 'cancelled')),
  reason TEXT NOT NULL DEFAULT '{}' CHECK (length(reason) <= 4000), companion {int} REFERENCES thing,
  counted {int}
) {strict};
CREATE INDEX event_by_start ON event (starts);
CREATE INDEX event_by_end ON event (ends);
CREATE INDEX event_by_companion ON event (companion);
-- Who is coming. A neighbour counts once, from whichever server they say so; guests are kept by a secret of their own.
CREATE TABLE attendance (
  id {id}, event {int} NOT NULL REFERENCES event, actor {int} REFERENCES actor,
  guest TEXT CHECK (length(guest) <= 200), contact TEXT CHECK (length(contact) <= 300), secret TEXT UNIQUE CHECK (length(secret) <= 64),
  said TEXT NOT NULL CHECK (said IN ('yes', 'maybe', 'no')), party {int} NOT NULL, via TEXT NOT NULL CHECK (length(via) <= 20),
  at {int} NOT NULL, UNIQUE (event, actor)
) {strict};
CREATE INDEX attendance_by_actor ON attendance (actor);

CREATE TABLE ask (
  id {int} PRIMARY KEY REFERENCES thing, category TEXT NOT NULL CHECK (length(category) <= 40), due {int},
  people {int}, hours {real}, vetted {int} NOT NULL DEFAULT 0,
  status TEXT NOT NULL CHECK (status IN ('open', 'matched', 'done', 'withdrawn', 'expired')), expires {int} NOT NULL,
  counted {int}
) {strict};
CREATE INDEX ask_by_status ON ask (status, expires);
-- "I can help": seen only by coordinators.
CREATE TABLE answer (
  id {id}, ask {int} NOT NULL REFERENCES ask, actor {int} REFERENCES actor,
  guest TEXT CHECK (length(guest) <= 200), contact TEXT CHECK (length(contact) <= 300),
  said TEXT NOT NULL CHECK (said IN ('help', 'refer', 'share', 'take', 'info')), words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 4000),
  state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'declined')), via TEXT NOT NULL CHECK (length(via) <= 20),
  at {int} NOT NULL, UNIQUE (ask, actor)
) {strict};
CREATE INDEX answer_by_actor ON answer (actor);

CREATE TABLE reaction (
  thing {int} NOT NULL REFERENCES thing, actor {int} NOT NULL REFERENCES actor,
  kind TEXT NOT NULL CHECK (kind IN ('like', 'share')), uri TEXT CHECK (length(uri) <= 2000), at {int} NOT NULL,
  PRIMARY KEY (thing, actor, kind)
) {strict};
CREATE INDEX reaction_by_actor ON reaction (actor);

-- What we said to other servers, kept once; deliveries point here.
CREATE TABLE activity (
  id {id}, uri TEXT NOT NULL UNIQUE CHECK (length(uri) <= 2000), actor {int} NOT NULL REFERENCES actor,
  type TEXT NOT NULL CHECK (length(type) <= 40), object TEXT NOT NULL CHECK (length(object) <= 2000),
  body TEXT NOT NULL CHECK (length(body) <= 1048576), public {int} NOT NULL, listed {int} NOT NULL, at {int} NOT NULL
) {strict};
CREATE INDEX activity_by_actor ON activity (actor, listed, id);
-- What they said to us, kept until it is acted on, and its id for 45 days after.
CREATE TABLE inbox (
  id {id}, uri TEXT NOT NULL UNIQUE CHECK (length(uri) <= 2000), signer TEXT NOT NULL CHECK (length(signer) <= 2000),
  type TEXT NOT NULL CHECK (length(type) <= 80), body TEXT NOT NULL CHECK (length(body) <= 1048576), at {int} NOT NULL,
  outcome TEXT NOT NULL DEFAULT '' CHECK (length(outcome) <= 300)
) {strict};
CREATE INDEX inbox_by_time ON inbox (at);
CREATE INDEX inbox_to_be_read ON inbox (signer, id) WHERE outcome = '';

-- only: sqlite
CREATE VIRTUAL TABLE word USING fts5(words, tokenize = 'unicode61 remove_diacritics 2');
-- only: postgres
CREATE TABLE word (rowid BIGINT PRIMARY KEY, words TEXT NOT NULL CHECK (length(words) <= 400000), vector TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED);
-- only: postgres
CREATE INDEX word_vector ON word USING gin (vector);
