-- What somebody has made of a stretch of a list is found in one go. Who did what alone is found by `reaction_by_kind`.
DROP INDEX reaction_by_actor;
CREATE INDEX reaction_by_whom ON reaction (actor, thing, kind);
