BEGIN TRANSACTION;
CREATE TABLE intents (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run INTEGER NOT NULL, 
	"plan" VARCHAR(12) NOT NULL, 
	connection VARCHAR(80) NOT NULL, 
	object VARCHAR(120) NOT NULL, 
	ref VARCHAR(255) NOT NULL, 
	change TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	FOREIGN KEY(run) REFERENCES runs (id)
);
INSERT INTO "intents" VALUES(1,1,'879c7daef4d4','salesforce:X','Account','001A','{"action":"update","fields":[{"name":"Risk","new":"watch","old":null},{"name":"Headroom","new":7.5,"old":null}],"id":"001A","key":null,"key_field":null,"links":[],"object":"Account","why":"seat_limit"}','2026-11-22T03:00:00.000000+00:00');
INSERT INTO "intents" VALUES(2,1,'879c7daef4d4','salesforce:X','Account','001B','{"action":"update","fields":[{"name":"Risk","new":null,"old":null}],"id":"001B","key":null,"key_field":null,"links":[],"object":"Account","why":"seat_limit"}','2026-11-22T03:00:00.000000+00:00');
INSERT INTO "intents" VALUES(3,1,'879c7daef4d4','salesforce:X','Account','001C','{"action":"update","fields":[{"name":"Headroom","new":3,"old":null}],"id":"001C","key":null,"key_field":null,"links":[],"object":"Account","why":"seat_limit"}','2026-11-22T03:00:00.000000+00:00');
INSERT INTO "intents" VALUES(4,1,'879c7daef4d4','salesforce:X','Task','001A/seat_limit/-/2026Q4','{"action":"create","fields":[{"name":"Subject","new":"席数 🎉","old":null}],"id":null,"key":"001A/seat_limit/-/2026Q4","key_field":"Tossup_Key__c","links":[],"object":"Task","why":"seat_limit"}','2026-11-22T03:00:00.000000+00:00');
CREATE TABLE outcomes (
	intent INTEGER NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	ok BOOLEAN NOT NULL, 
	record_id VARCHAR(60), 
	created BOOLEAN NOT NULL, 
	code VARCHAR(120), 
	message TEXT, 
	retryable BOOLEAN NOT NULL, 
	PRIMARY KEY (intent), 
	FOREIGN KEY(intent) REFERENCES intents (id)
);
INSERT INTO "outcomes" VALUES(1,'2026-11-22T03:00:00.000000+00:00',1,'001A',0,NULL,NULL,0);
INSERT INTO "outcomes" VALUES(2,'2026-11-22T03:00:00.000000+00:00',0,NULL,0,'FIELD_INTEGRITY','no',0);
INSERT INTO "outcomes" VALUES(4,'2026-11-22T03:00:00.000000+00:00',1,'00T1',1,NULL,NULL,0);
CREATE TABLE plans (
	id VARCHAR(12) NOT NULL, 
	connection VARCHAR(80) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	creates INTEGER NOT NULL, 
	updates INTEGER NOT NULL, 
	closes INTEGER NOT NULL, 
	conflicts INTEGER NOT NULL, 
	calls INTEGER NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "plans" VALUES('879c7daef4d4','salesforce:X','2026-11-22T03:00:00.000000+00:00',1,3,0,0,3,X'785EAD92BF4EC33010C65F05DD1C48DAF247CA56589098800E480845C6B91013C7AE625B11AAF2002C6CCC3C0112232F04338FC0D569D2A1152852B7F3DD77A7EF7CBF0570AD14722BB482180C9368325D718C6F2000CEA434104F28CA997A408A6F17A0EF1FA981D453CEB5539684AC1BE0E629B348199192208A46538A0B7C825839297D9864022555DB847FB473152B919AAE8429A849AF350A6BCAD7CCF21C9AA0179E234B2BADCB2DE29383A3E62E002954B19C4D619D930730C86C224529AC1F346893D35D6DB25C7CE7EECE06BBFBE3FB2683ECCD983F58CF00AFE8973B06FAB3AF7008D72708F7C371343EBE3C6CAD775CC04C1BE3E6C905A5124EB54D44AE5D8BE0164ABE3EDFBF5F3FF67EDE5E9EE1DF2D880BC23F93825B8F49F30B123901F8');
CREATE TABLE runs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	verb VARCHAR(40) NOT NULL, 
	connection VARCHAR(80) NOT NULL, 
	began VARCHAR(32) NOT NULL, 
	ended VARCHAR(32), 
	exit_code INTEGER, 
	summary TEXT
);
INSERT INTO "runs" VALUES(1,'sync','salesforce:X','2026-11-22T03:00:00.000000+00:00','2026-11-22T03:00:00.000000+00:00',1,'{"written":2}');
CREATE TABLE written (
	connection VARCHAR(80) NOT NULL, 
	object VARCHAR(120) NOT NULL, 
	ref VARCHAR(255) NOT NULL, 
	record_id VARCHAR(60), 
	"key" VARCHAR(255), 
	at VARCHAR(32) NOT NULL, 
	closed BOOLEAN NOT NULL, 
	fields TEXT NOT NULL, 
	PRIMARY KEY (connection, object, ref)
);
INSERT INTO "written" VALUES('salesforce:X','Account','001A','001A',NULL,'2026-11-22T03:00:00.000000+00:00',0,'{"Headroom":[7.5,"2026-11-22T03:00:00+00:00"],"Risk":["watch","2026-11-22T03:00:00+00:00"]}');
INSERT INTO "written" VALUES('salesforce:X','Task','001A/seat_limit/-/2026Q4','00T1','001A/seat_limit/-/2026Q4','2026-11-22T03:00:00.000000+00:00',0,'{"Subject":["席数 🎉","2026-11-22T03:00:00+00:00"]}');
CREATE INDEX written_by_key ON written (connection, "key");
CREATE INDEX written_by_record ON written (connection, object, record_id);
CREATE INDEX intents_by_ref ON intents (ref, run);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',1);
INSERT INTO "sqlite_sequence" VALUES('intents',4);
COMMIT;
