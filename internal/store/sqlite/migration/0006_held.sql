-- +goose Up
-- What waits for an administrator, and what was said here against versions.
-- schema.sql explains the tables.

CREATE TABLE held (
    id          TEXT    NOT NULL PRIMARY KEY,
    registry    TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    made_by     TEXT    NOT NULL,
    held_at     INTEGER NOT NULL,
    finding     TEXT    NOT NULL,
    tags        TEXT    NOT NULL,
    adds        INTEGER NOT NULL,
    files       TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    appeal      TEXT    NOT NULL,
    answer      TEXT    NOT NULL,
    answered_by TEXT    NOT NULL,
    answered    INTEGER NOT NULL,
    manifest    BLOB    NOT NULL
) STRICT;

CREATE INDEX held_newest ON held (held_at, id);
CREATE INDEX held_open ON held (held_at, id) WHERE state IN ('waiting', 'appealed');
CREATE INDEX held_version ON held (registry, name, version, held_at, id) WHERE state IN ('waiting', 'appealed');

CREATE TABLE held_blob (
    held TEXT NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (held, blob)
) STRICT, WITHOUT ROWID;

CREATE INDEX held_blob_blob ON held_blob (blob);

CREATE TABLE report (
    id          TEXT    NOT NULL PRIMARY KEY,
    coordinate  TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    made_by     TEXT    NOT NULL,
    made_at     INTEGER NOT NULL,
    closed      INTEGER NOT NULL,
    answer      TEXT    NOT NULL,
    answered_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX report_newest ON report (made_at, id);
CREATE INDEX report_open ON report (made_at, id) WHERE closed = 0;
CREATE INDEX report_by ON report (made_by, made_at);

CREATE TABLE own_advisory (
    id         TEXT    NOT NULL PRIMARY KEY,
    coordinate TEXT    NOT NULL,
    record     BLOB    NOT NULL,
    modified   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
