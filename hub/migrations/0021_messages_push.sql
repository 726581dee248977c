-- Letters are things like all that is said, for one alone; whom somebody writes with; where an app is rung up.
-- Times are milliseconds since 1970-01-01 UTC. JSON is text on both databases.

-- What a letter concerns: an event, an ask.
ALTER TABLE thing ADD COLUMN about {int};
CREATE INDEX thing_about ON thing (about) WHERE about IS NOT NULL;
CREATE INDEX thing_letter ON thing (id) WHERE audience = 'direct';
CREATE INDEX thing_letter_by ON thing (author, id) WHERE audience = 'direct';
-- 1 where the thing is for those alone whom it names.
ALTER TABLE mention ADD COLUMN private {int} NOT NULL DEFAULT 0;
UPDATE mention SET private = 1 WHERE thing IN (SELECT id FROM thing WHERE audience = 'direct');
CREATE INDEX mention_private ON mention (actor, thing) WHERE private = 1;
CREATE INDEX mention_unread ON mention (actor) WHERE private = 1 AND read IS NULL;

-- What somebody of ours says with the same few (`parties`, without themselves) in one thread. `root` is what the
-- thread is about, or its first word; `last` its newest, by which apps page.
CREATE TABLE conversation (
  id {id}, account {int} NOT NULL REFERENCES actor, root {int} NOT NULL,
  parties TEXT NOT NULL CHECK (length(parties) <= 1100), last {int} NOT NULL, unread {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX conversation_once ON conversation (account, root, parties);
CREATE INDEX conversation_by_last ON conversation (account, last);
CREATE TABLE conversation_thing (
  conversation {int} NOT NULL REFERENCES conversation, thing {int} NOT NULL, PRIMARY KEY (conversation, thing)
) {strict};
CREATE INDEX conversation_of_thing ON conversation_thing (thing);

-- What was kept as a message before becomes a thing of the same number and address.
CREATE INDEX message_by_reply ON message (reply_to);
CREATE TABLE moved (id {id}, root {int} NOT NULL) {strict};
INSERT INTO moved (id, root)
WITH RECURSIVE line (id, uri, root) AS (
  SELECT m.id, m.uri, m.id FROM message m WHERE NOT EXISTS (SELECT 1 FROM message p WHERE p.uri = m.reply_to)
  UNION SELECT m.id, m.uri, line.root FROM message m JOIN line ON m.reply_to = line.uri
)
SELECT id, root FROM line;
DELETE FROM message WHERE uri IN (SELECT uri FROM thing);
INSERT INTO thing (id, uri, url, kind, author, local, title, words, html, root, reply_to, published, updated, hidden,
  audience, personal, about)
SELECT m.id, m.uri, CASE WHEN m.local = 1 THEN (SELECT base FROM hub) || '/posts/' || m.id ELSE m.uri END,
  CASE WHEN v.root <> m.id THEN 'reply' ELSE 'note' END, m.sender, m.local, '{}', m.words, m.html,
  CASE WHEN v.root <> m.id THEN v.root END, m.reply_to, m.at, m.at, 3, 'direct', 1, m.about
FROM message m LEFT JOIN moved v ON v.id = m.id;
INSERT INTO mention (thing, actor, read, private) SELECT id, receiver, read, 1 FROM message;
INSERT INTO conversation (id, account, root, parties, last, unread)
SELECT min(m.id), c.actor, coalesce(m.about, v.root, m.id),
  CAST(CASE WHEN c.actor = m.sender THEN m.receiver ELSE m.sender END AS TEXT), max(m.id),
  max(CASE WHEN c.actor = m.receiver AND m.read IS NULL THEN 1 ELSE 0 END)
FROM message m JOIN account c ON c.actor = m.sender OR c.actor = m.receiver LEFT JOIN moved v ON v.id = m.id
GROUP BY c.actor, coalesce(m.about, v.root, m.id), CASE WHEN c.actor = m.sender THEN m.receiver ELSE m.sender END
ON CONFLICT DO NOTHING;
INSERT INTO conversation_thing (conversation, thing)
SELECT k.id, m.id FROM message m JOIN account c ON c.actor = m.sender OR c.actor = m.receiver
  LEFT JOIN moved v ON v.id = m.id
  JOIN conversation k ON k.account = c.actor AND k.root = coalesce(m.about, v.root, m.id)
    AND k.parties = CAST(CASE WHEN c.actor = m.sender THEN m.receiver ELSE m.sender END AS TEXT);
DROP TABLE moved;
DROP TABLE message;
-- Nobody is told today of all that happened before there was anybody to tell it to.
INSERT INTO cursor (reader, xid, id)
SELECT 'residents', xid, id FROM change WHERE 1 = 1 ORDER BY xid DESC, id DESC LIMIT 1 ON CONFLICT DO NOTHING;

-- How somebody wants to be told: from whom at once, from whom only once they agreed (JSON, as apps name it).
CREATE TABLE notice_policy (
  account {int} PRIMARY KEY REFERENCES actor, wishes TEXT NOT NULL CHECK (length(wishes) <= 400)
) {strict};
-- Of whom somebody wants to hear after all, though the policy says otherwise.
CREATE TABLE notice_welcome (
  account {int} NOT NULL REFERENCES actor, actor {int} NOT NULL REFERENCES actor, PRIMARY KEY (account, actor)
) {strict};
CREATE INDEX notice_by_sender ON notice (account, actor, id);
CREATE INDEX notice_of_thing ON notice (thing) WHERE thing IS NOT NULL;
CREATE INDEX notice_alike ON notice (account, kind, coalesce(thing, 0), at);
CREATE INDEX notice_shown ON notice (account, id) WHERE filtered = 0;

CREATE INDEX mute_by_muted ON mute (muted);
CREATE INDEX muted_domain_by_name ON muted_domain (domain);

-- Where an app wants to be rung up (RFC 8030), for which kinds of notices (JSON), and the keys to say it with. `secret`
-- is the app's own token, by which it knows whose notice it is: kept no longer than it wants to be rung.
CREATE TABLE push (
  token {int} PRIMARY KEY REFERENCES token ON DELETE CASCADE, id {int} NOT NULL,
  account {int} NOT NULL REFERENCES actor,
  endpoint TEXT NOT NULL CHECK (length(endpoint) <= 2000), p256dh TEXT NOT NULL CHECK (length(p256dh) <= 100),
  auth TEXT NOT NULL CHECK (length(auth) <= 40), standard {int} NOT NULL DEFAULT 0,
  alerts TEXT NOT NULL CHECK (length(alerts) <= 1000), policy TEXT NOT NULL CHECK (policy IN ('all', 'followed', 'follower', 'none')),
  secret TEXT NOT NULL CHECK (length(secret) <= 100), at {int} NOT NULL
) {strict};
CREATE INDEX push_by_account ON push (account);
-- The hub's own pair of keys, by which push services know that it is the same hub (RFC 8292).
CREATE TABLE push_key (id {id}, private TEXT NOT NULL CHECK (length(private) <= 200)) {strict};
