-- What residents say, to whom, and what they make of what others say: for their apps and their own pages.
-- Times are milliseconds since 1970-01-01 UTC. JSON is text on both databases.

-- For whom a thing is. What is not for everybody is also `hidden` (3), so that nothing that asks for what shows finds it.
ALTER TABLE thing ADD COLUMN audience TEXT NOT NULL DEFAULT 'public' CHECK (audience IN ('public', 'unlisted', 'followers', 'direct'));
-- 1 for somebody's own words, which the neighbourhood's pages leave out; a resident's timeline has them.
ALTER TABLE thing ADD COLUMN personal {int} NOT NULL DEFAULT 0;
-- When its words were last changed; `updated` also counts new numbers.
ALTER TABLE thing ADD COLUMN edited {int};
-- The app that it was written with.
ALTER TABLE thing ADD COLUMN app {int};
CREATE INDEX thing_by_reply ON thing (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX thing_shown ON thing (id) WHERE removed IS NULL AND hidden = 0 AND audience = 'public';

-- Whom a thing addresses or names; `read`: when they saw it, of what is for them alone.
CREATE TABLE mention (
  thing {int} NOT NULL REFERENCES thing, actor {int} NOT NULL REFERENCES actor, read {int}, PRIMARY KEY (thing, actor)
) {strict};
CREATE INDEX mention_by_actor ON mention (actor, thing);
-- Hashtags in small letters, for everything that shows.
CREATE TABLE thing_tag (
  tag TEXT NOT NULL CHECK (length(tag) <= 100), thing {int} NOT NULL REFERENCES thing, PRIMARY KEY (tag, thing)
) {strict};
CREATE INDEX thing_tag_by_thing ON thing_tag (thing);
-- What a thing said before it was changed.
CREATE TABLE revision (
  id {id}, thing {int} NOT NULL REFERENCES thing, title TEXT NOT NULL CHECK (length(title) <= 4000),
  html TEXT NOT NULL CHECK (length(html) <= 240000), pictures TEXT NOT NULL CHECK (length(pictures) <= 40000),
  extra TEXT CHECK (length(extra) <= 40000), at {int} NOT NULL
) {strict};
CREATE INDEX revision_by_thing ON revision (thing, id);

-- A like or a share has a number of its own: apps page by it, and a share is shown under it.
ALTER TABLE reaction ADD COLUMN id {int};
UPDATE reaction SET id = at * 65536 + thing % 65536;
CREATE INDEX reaction_by_kind ON reaction (actor, kind, id);
CREATE INDEX reaction_of_thing ON reaction (thing, kind, id);
CREATE INDEX reaction_by_id ON reaction (id);

-- The first page of somebody's app: ids of things, or of shares (`shared_by`). Filled by a reader of the log.
CREATE TABLE home (
  account {int} NOT NULL REFERENCES actor, id {int} NOT NULL, thing {int} NOT NULL, author {int} NOT NULL, shared_by {int},
  PRIMARY KEY (account, id)
) {strict};
CREATE INDEX home_by_thing ON home (thing);
CREATE INDEX home_by_author ON home (account, author);

-- What a person is told. `kind` as apps name it.
CREATE TABLE notice (
  id {id}, account {int} NOT NULL REFERENCES actor, kind TEXT NOT NULL CHECK (length(kind) <= 40),
  actor {int} NOT NULL REFERENCES actor, thing {int}, at {int} NOT NULL, filtered {int} NOT NULL DEFAULT 0
) {strict};
CREATE INDEX notice_by_account ON notice (account, id);
CREATE UNIQUE INDEX notice_once ON notice (account, kind, actor, coalesce(thing, 0));

-- Between two actors, whichever of them is ours.
CREATE TABLE block (
  blocker {int} NOT NULL REFERENCES actor, blocked {int} NOT NULL REFERENCES actor, id {int} NOT NULL,
  uri TEXT CHECK (length(uri) <= 2000), PRIMARY KEY (blocker, blocked)
) {strict};
CREATE INDEX block_by_blocked ON block (blocked);
CREATE TABLE mute (
  account {int} NOT NULL REFERENCES actor, muted {int} NOT NULL REFERENCES actor, id {int} NOT NULL,
  notices {int} NOT NULL DEFAULT 1, ends {int}, PRIMARY KEY (account, muted)
) {strict};
CREATE TABLE muted_domain (
  account {int} NOT NULL REFERENCES actor, domain TEXT NOT NULL CHECK (length(domain) <= 260), id {int} NOT NULL,
  PRIMARY KEY (account, domain)
) {strict};
CREATE TABLE muted_thread (
  account {int} NOT NULL REFERENCES actor, root {int} NOT NULL, PRIMARY KEY (account, root)
) {strict};
CREATE TABLE bookmark (
  account {int} NOT NULL REFERENCES actor, thing {int} NOT NULL REFERENCES thing, id {int} NOT NULL,
  PRIMARY KEY (account, thing)
) {strict};
CREATE INDEX bookmark_by_id ON bookmark (account, id);
CREATE TABLE pin (
  account {int} NOT NULL REFERENCES actor, thing {int} NOT NULL REFERENCES thing, at {int} NOT NULL,
  PRIMARY KEY (account, thing)
) {strict};
-- How somebody wants to follow: with what is shared, told of each post, in these languages only (JSON).
ALTER TABLE follow ADD COLUMN shares {int} NOT NULL DEFAULT 1;
ALTER TABLE follow ADD COLUMN notify {int} NOT NULL DEFAULT 0;
ALTER TABLE follow ADD COLUMN languages TEXT NOT NULL DEFAULT '[]' CHECK (length(languages) <= 400);
ALTER TABLE follow ADD COLUMN id {int};
UPDATE follow SET id = at * 65536 + followed % 65536;
CREATE INDEX follow_by_follower ON follow (follower, state, id);

-- Who answered a poll, ours or another's, and which option (from 0).
CREATE TABLE ballot (
  thing {int} NOT NULL REFERENCES thing, actor {int} NOT NULL REFERENCES actor, choice {int} NOT NULL,
  uri TEXT CHECK (length(uri) <= 2000), at {int} NOT NULL, PRIMARY KEY (thing, actor, choice)
) {strict};
-- What one of ours answered to an event elsewhere, and what its hub said to that.
CREATE TABLE visit (
  event {int} NOT NULL REFERENCES thing, actor {int} NOT NULL REFERENCES actor,
  said TEXT NOT NULL CHECK (said IN ('yes', 'maybe', 'no')), uri TEXT CHECK (length(uri) <= 2000),
  state TEXT NOT NULL CHECK (state IN ('asked', 'accepted', 'refused')), at {int} NOT NULL, PRIMARY KEY (event, actor)
) {strict};
CREATE INDEX visit_by_actor ON visit (actor, at);

-- What somebody shows of themselves, and how they like things to be. JSON where there is more than one.
ALTER TABLE actor ADD COLUMN locked {int} NOT NULL DEFAULT 0;
ALTER TABLE actor ADD COLUMN bot {int} NOT NULL DEFAULT 0;
ALTER TABLE actor ADD COLUMN indexable {int} NOT NULL DEFAULT 0;
ALTER TABLE actor ADD COLUMN hides {int} NOT NULL DEFAULT 0;
ALTER TABLE actor ADD COLUMN banner TEXT NOT NULL DEFAULT '' CHECK (length(banner) <= 2000);
ALTER TABLE actor ADD COLUMN header {int};
ALTER TABLE actor ADD COLUMN also TEXT NOT NULL DEFAULT '[]' CHECK (length(also) <= 20000);
ALTER TABLE actor ADD COLUMN moved {int};
ALTER TABLE account ADD COLUMN wishes TEXT NOT NULL DEFAULT '{}' CHECK (length(wishes) <= 4000);
