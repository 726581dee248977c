-- What is looked up each hour, or for each report and each page of a steward, is found without reading all there is.
CREATE INDEX activity_private ON activity (object) WHERE public = 0;
CREATE INDEX message_about ON message (about) WHERE about IS NOT NULL;
CREATE INDEX message_unread ON message (receiver) WHERE read IS NULL;
CREATE INDEX report_by_domain ON report (domain, at);
