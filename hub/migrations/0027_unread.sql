-- What a newcomer says of themselves (JSON), until somebody who looks after the hub has read it. Nothing for all others.
ALTER TABLE account ADD COLUMN unread TEXT CHECK (length(unread) <= 20000);
CREATE INDEX account_unread ON account (actor) WHERE unread IS NOT NULL;
