-- +goose Up
-- Publishing, claims and the log. schema.sql explains each table.

CREATE TABLE claim (
    id      TEXT    NOT NULL PRIMARY KEY,
    pattern TEXT    NOT NULL,
    shadow  INTEGER NOT NULL,
    created INTEGER NOT NULL,
    made_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id        TEXT    NOT NULL PRIMARY KEY,
    hash      BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    note      TEXT    NOT NULL,
    publish   TEXT    NOT NULL,
    read      TEXT    NOT NULL,
    admin     INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    revoked   INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    made_by   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE release (
    registry    TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    published   INTEGER NOT NULL,
    made_by     TEXT    NOT NULL,
    file        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    found_by    TEXT    NOT NULL,
    removed     INTEGER NOT NULL,
    erased      INTEGER NOT NULL,
    manifest    BLOB    NOT NULL,
    PRIMARY KEY (registry, name, version)
) STRICT;

CREATE INDEX release_oldest ON release (registry, name, published);
CREATE INDEX release_listed ON release (registry, name, published) WHERE removed = 0;

CREATE TABLE standing (
    registry TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    version  TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    set_at   INTEGER NOT NULL,
    made_by  TEXT    NOT NULL,
    PRIMARY KEY (registry, name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE tag (
    registry TEXT NOT NULL,
    name     TEXT NOT NULL,
    tag      TEXT NOT NULL,
    version  TEXT NOT NULL,
    PRIMARY KEY (registry, name, tag)
) STRICT, WITHOUT ROWID;

-- Hosted files have no origin and are not cached: they are neither evicted
-- nor counted against the budget.
DROP INDEX file_least_used;
CREATE INDEX file_least_used ON file (last_used) WHERE stored = 1 AND origin <> '';
DROP INDEX file_stored_blob;
CREATE INDEX file_stored_blob ON file (blob, size, origin) WHERE stored = 1;

-- Events are found by what they are about, and can be erased. SQLite cannot
-- change a check in place, so the table is made anew; the ids stay. The old
-- one is renamed rather than the new one, whose definition would otherwise be
-- rewritten with a quoted name.
ALTER TABLE event RENAME TO event_before;

CREATE TABLE event (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    time      INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    ecosystem TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    version   TEXT    NOT NULL,
    file      TEXT    NOT NULL,
    salt      BLOB    NOT NULL CHECK (length(salt) IN (0, 32)),
    body      BLOB    NOT NULL
) STRICT;

INSERT INTO event (id, time, kind, ecosystem, name, version, file, salt, body)
SELECT id, time, kind, ecosystem,
    coalesce(json_extract(CAST(body AS TEXT), '$.subject.name'), ''),
    coalesce(json_extract(CAST(body AS TEXT), '$.subject.version'), ''),
    coalesce(json_extract(CAST(body AS TEXT), '$.subject.file'), ''),
    salt, body
FROM event_before ORDER BY id;

DROP TABLE event_before;

CREATE INDEX event_package ON event (ecosystem, name) WHERE name <> '';
CREATE INDEX event_version ON event (ecosystem, name, version) WHERE version <> '';

CREATE TABLE log_entry (
    idx      INTEGER PRIMARY KEY CHECK (idx >= 0),
    event_id INTEGER NOT NULL UNIQUE REFERENCES event (id),
    leaf     BLOB    NOT NULL
) STRICT;

CREATE TABLE log_hash (
    idx  INTEGER PRIMARY KEY CHECK (idx >= 0),
    hash BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
