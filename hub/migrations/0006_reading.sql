-- What things of others have beyond ours: a warning before the words, a poll, links to what they are about. JSON.
ALTER TABLE thing ADD COLUMN extra TEXT CHECK (length(extra) <= 40000);
-- What an actor elsewhere says of itself besides its name and text: its picture's address, and pairs of words. JSON.
ALTER TABLE actor ADD COLUMN icon TEXT NOT NULL DEFAULT '' CHECK (length(icon) <= 2000);
ALTER TABLE actor ADD COLUMN facts TEXT NOT NULL DEFAULT '[]' CHECK (length(facts) <= 20000);
