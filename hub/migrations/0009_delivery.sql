-- When a server that counts our requests may be sent the next one, so that it need never refuse.
ALTER TABLE peer ADD COLUMN next_at {int} NOT NULL DEFAULT 0;
CREATE INDEX peer_paced ON peer (next_at) WHERE next_at > 0;

-- Whether a try that failed may have arrived all the same: then what follows it must be sent too.
ALTER TABLE job ADD COLUMN doubt {int} NOT NULL DEFAULT 0;
