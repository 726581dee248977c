-- Events that move online, and people who wait for a place.
-- A status is one of a list that cannot be added to on both databases: moving online has a column of its own.
ALTER TABLE event ADD COLUMN moved_online {int} NOT NULL DEFAULT 0;
-- Numbers are drawn at the door, one for each answer: whoever draws one holds the event's row until they have answered.
ALTER TABLE event ADD COLUMN turns {int} NOT NULL DEFAULT 0;
-- The number of somebody who waits; nothing for everybody else.
ALTER TABLE attendance ADD COLUMN turn {int};
-- The Join that asked, to be accepted when a place comes free.
ALTER TABLE attendance ADD COLUMN asked TEXT CHECK (length(asked) <= 2000);
CREATE INDEX attendance_by_event ON attendance (event, said, turn, party);
