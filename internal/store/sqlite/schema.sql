-- The whole latest schema, for reading. It is not run: the numbered files in
-- migration/ are, and a test proves that both give the same database.
--
-- Conventions. Times are integer microseconds since 1970 in UTC; 0 is the zero
-- time ("not known", "never"). Text is compared byte by byte, so names and
-- versions that differ in case or normalisation are different rows. Flags are
-- 0 or 1. Lists are JSON arrays of strings. Digests and unset text are ''
-- where none is known.

-- Small values by name.
CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The upstream origins of each registry, in order.
CREATE TABLE origin (
    registry TEXT    NOT NULL,
    position INTEGER NOT NULL,
    address  TEXT    NOT NULL,
    mirrors  TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    set_at   INTEGER NOT NULL,
    PRIMARY KEY (registry, position)
) STRICT, WITHOUT ROWID;

-- What an upstream answered for a document of a package. missing is a
-- negative answer.
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

-- Without a rowid the versions of a package lie side by side, so that reading
-- a long listing touches few pages.
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

-- Files that were pulled through. stored turns 0 when the bytes are evicted;
-- the digests stay.
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
-- Answers "is this blob in use" and "how much is stored" without the table.
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

-- Every policy that was ever in force; the newest is. AUTOINCREMENT: an id is
-- never given twice.
CREATE TABLE policy (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    text    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    made_by TEXT    NOT NULL
) STRICT;

-- The journal. kind, time and ecosystem may be shown to anyone; what names the
-- subject is in body (canonical JSON, RFC 8785: by, details, subject), which a
-- log entry commits to as SHA-256(salt || body). The 32 random bytes of salt
-- keep a stranger from confirming a guessed private name by its hash.
CREATE TABLE event (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    time      INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    ecosystem TEXT    NOT NULL,
    salt      BLOB    NOT NULL CHECK (length(salt) = 32),
    body      BLOB    NOT NULL
) STRICT;

-- Downloads, by version, principal and day (2006-01-02, UTC).
CREATE TABLE fetch (
    day        TEXT    NOT NULL,
    coordinate TEXT    NOT NULL,
    principal  TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (day, coordinate, principal)
) STRICT, WITHOUT ROWID;

-- Denied and warned decisions.
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
