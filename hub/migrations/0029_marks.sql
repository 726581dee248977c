-- What somebody has made of a stretch of a list is found in one go. Who did what alone is found by `reaction_by_kind`.
DROP INDEX reaction_by_actor;
CREATE INDEX reaction_by_whom ON reaction (actor, thing, kind);
-- How many notices stand behind one line is counted from the index alone.
DROP INDEX notice_alike;
CREATE INDEX notice_alike ON notice (account, kind, coalesce(thing, 0), at, filtered, actor);
