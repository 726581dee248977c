-- What residents arrange for themselves in their apps: lists, filters, tags that they follow, notes about people, how far
-- they have read; and what the hub tells everybody. Times are milliseconds UTC, `id` is what apps page by.

CREATE TABLE list (
  id {id}, account {int} NOT NULL REFERENCES actor, title TEXT NOT NULL CHECK (length(title) <= 200),
  replies TEXT NOT NULL CHECK (replies IN ('followed', 'list', 'none')), exclusive {int} NOT NULL DEFAULT 0
) {strict};
CREATE INDEX list_by_account ON list (account, id);
CREATE TABLE list_member (
  list {int} NOT NULL REFERENCES list, actor {int} NOT NULL REFERENCES actor, id {int} NOT NULL,
  PRIMARY KEY (list, actor)
) {strict};
CREATE INDEX list_by_member ON list_member (actor, list);

-- Words that somebody does not want to read, and where. `changed` grows with each change, so that what is compiled of them can be kept.
CREATE TABLE filter (
  id {id}, account {int} NOT NULL REFERENCES actor, title TEXT NOT NULL CHECK (length(title) <= 200),
  contexts TEXT NOT NULL CHECK (length(contexts) <= 200), does TEXT NOT NULL CHECK (does IN ('warn', 'hide', 'blur')),
  ends {int}, changed {int} NOT NULL
) {strict};
CREATE INDEX filter_by_account ON filter (account, changed);
CREATE TABLE filter_word (
  id {id}, filter {int} NOT NULL REFERENCES filter, keyword TEXT NOT NULL CHECK (length(keyword) <= 512),
  whole {int} NOT NULL DEFAULT 1
) {strict};
CREATE INDEX filter_word_by_filter ON filter_word (filter, id);
CREATE TABLE filter_thing (
  id {id}, filter {int} NOT NULL REFERENCES filter, thing {int} NOT NULL REFERENCES thing, UNIQUE (filter, thing)
) {strict};

-- Tags in small letters; `name` as it was typed.
CREATE TABLE tag_follow (
  account {int} NOT NULL REFERENCES actor, tag TEXT NOT NULL CHECK (length(tag) <= 100), id {int} NOT NULL,
  name TEXT NOT NULL CHECK (length(name) <= 100), PRIMARY KEY (account, tag)
) {strict};
CREATE INDEX tag_follow_by_tag ON tag_follow (tag);
CREATE TABLE tag_feature (
  account {int} NOT NULL REFERENCES actor, tag TEXT NOT NULL CHECK (length(tag) <= 100), id {int} NOT NULL,
  name TEXT NOT NULL CHECK (length(name) <= 100), PRIMARY KEY (account, tag)
) {strict};

-- A note about somebody that only its writer reads; whom somebody shows on their page; whom they do not want suggested.
CREATE TABLE remark (
  account {int} NOT NULL REFERENCES actor, about {int} NOT NULL REFERENCES actor,
  words TEXT NOT NULL CHECK (length(words) <= 2000), PRIMARY KEY (account, about)
) {strict};
CREATE TABLE endorsement (
  account {int} NOT NULL REFERENCES actor, actor {int} NOT NULL REFERENCES actor, id {int} NOT NULL,
  PRIMARY KEY (account, actor)
) {strict};
CREATE TABLE suggestion_dismissed (
  account {int} NOT NULL REFERENCES actor, actor {int} NOT NULL REFERENCES actor, PRIMARY KEY (account, actor)
) {strict};

-- How far somebody has read.
CREATE TABLE marker (
  account {int} NOT NULL REFERENCES actor, place TEXT NOT NULL CHECK (place IN ('home', 'notifications')),
  upto {int} NOT NULL, version {int} NOT NULL, updated {int} NOT NULL, PRIMARY KEY (account, place)
) {strict};

-- What the hub tells everybody who uses it, in each language (JSON), from when and until when.
CREATE TABLE announcement (
  id {id}, words TEXT NOT NULL CHECK (length(words) <= 20000), begins {int}, ends {int}, writer {int} NOT NULL,
  published {int} NOT NULL, updated {int} NOT NULL, removed {int}
) {strict};
CREATE TABLE announcement_read (
  account {int} NOT NULL REFERENCES actor, announcement {int} NOT NULL REFERENCES announcement,
  PRIMARY KEY (account, announcement)
) {strict};

-- A report may be somebody's of ours: who wrote it about whom, of what sort, which rules, and who looks after it.
ALTER TABLE report ADD COLUMN reporter {int};
ALTER TABLE report ADD COLUMN target {int};
ALTER TABLE report ADD COLUMN category TEXT NOT NULL DEFAULT 'other' CHECK (length(category) <= 20);
ALTER TABLE report ADD COLUMN rules TEXT NOT NULL DEFAULT '[]' CHECK (length(rules) <= 400);
ALTER TABLE report ADD COLUMN forwarded {int} NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN keeper {int};

-- What residents say of themselves as they typed it, and their fields (JSON: name, value); the actor has how it looks.
ALTER TABLE account ADD COLUMN note TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 2000);
ALTER TABLE account ADD COLUMN fields TEXT NOT NULL DEFAULT '[]' CHECK (length(fields) <= 20000);

-- Every follow has a number to page by.
UPDATE follow SET id = at * 65536 + followed % 65536 WHERE id IS NULL;
CREATE INDEX follow_by_number ON follow (followed, state, id);
CREATE INDEX block_by_blocker ON block (blocker, id);
CREATE INDEX mute_by_account ON mute (account, id);
CREATE INDEX muted_domain_by_account ON muted_domain (account, id);
-- Somebody is looked for by the address of their page.
CREATE INDEX actor_by_url ON actor (url);
