-- +goose Up
-- The first schema. schema.sql explains each table.
-- There is no way down: an older Assay refuses a newer database, and a backup
-- is the way back.

CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE origin (
    registry TEXT    NOT NULL,
    position INTEGER NOT NULL,
    address  TEXT    NOT NULL,
    mirrors  TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    set_at   INTEGER NOT NULL,
    PRIMARY KEY (registry, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    registry      TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    origin        TEXT    NOT NULL,
    missing       INTEGER NOT NULL,
    etag          TEXT    NOT NULL,
    last_modified TEXT    NOT NULL,
    content_type  TEXT    NOT NULL,
    blob          TEXT    NOT NULL,
    size          INTEGER NOT NULL,
    fetched       INTEGER NOT NULL,
    checked       INTEGER NOT NULL,
    PRIMARY KEY (registry, name, source)
) STRICT;

CREATE INDEX document_blob ON document (blob) WHERE blob <> '';

CREATE TABLE package (
    registry     TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    origin       TEXT    NOT NULL,
    owned        INTEGER NOT NULL,
    listed       INTEGER NOT NULL,
    PRIMARY KEY (registry, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
    registry         TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    version          TEXT    NOT NULL,
    published        INTEGER NOT NULL,
    published_source TEXT    NOT NULL,
    first_listed     INTEGER NOT NULL,
    last_absent      INTEGER NOT NULL,
    vanished         INTEGER NOT NULL,
    digest           TEXT    NOT NULL,
    changed_to       TEXT    NOT NULL,
    changed_at       INTEGER NOT NULL,
    PRIMARY KEY (registry, name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
    registry   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    file       TEXT    NOT NULL,
    origin     TEXT    NOT NULL,
    blob       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    digests    TEXT    NOT NULL,
    verified   TEXT    NOT NULL,
    first_seen INTEGER NOT NULL,
    last_used  INTEGER NOT NULL,
    stored     INTEGER NOT NULL,
    PRIMARY KEY (registry, name, version, file)
) STRICT;

CREATE INDEX file_least_used ON file (last_used) WHERE stored = 1;
CREATE INDEX file_stored_blob ON file (blob, size) WHERE stored = 1;

CREATE TABLE block (
    id      TEXT    NOT NULL PRIMARY KEY,
    pattern TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    created INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    made_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE exception (
    id         TEXT    NOT NULL PRIMARY KEY,
    coordinate TEXT    NOT NULL,
    rule       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    made_by    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE policy (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    text    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    made_by TEXT    NOT NULL
) STRICT;

CREATE TABLE event (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    time      INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    ecosystem TEXT    NOT NULL,
    salt      BLOB    NOT NULL CHECK (length(salt) = 32),
    body      BLOB    NOT NULL
) STRICT;

CREATE TABLE fetch (
    day        TEXT    NOT NULL,
    coordinate TEXT    NOT NULL,
    principal  TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (day, coordinate, principal)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdict (
    id         INTEGER PRIMARY KEY,
    day        TEXT    NOT NULL,
    registry   TEXT    NOT NULL,
    coordinate TEXT    NOT NULL,
    rule       TEXT    NOT NULL,
    effect     TEXT    NOT NULL,
    principal  TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    why        TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    UNIQUE (day, registry, coordinate, rule, effect, principal)
) STRICT;

CREATE INDEX verdict_last ON verdict (last);

-- Every address of an explanation that was given out, for as long as the
-- records are kept: a refusal in yesterday's build log must still lead there.
CREATE TABLE why (
    id         TEXT NOT NULL PRIMARY KEY,
    coordinate TEXT NOT NULL,
    day        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX why_day ON why (day);
