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

-- Digests that were promised for one of several files of a version. The first
-- are for ever, so rows are only added.
CREATE TABLE promise (
    registry TEXT NOT NULL,
    name     TEXT NOT NULL,
    version  TEXT NOT NULL,
    file     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    PRIMARY KEY (registry, name, version, file, digest)
) STRICT, WITHOUT ROWID;

-- What a search looks through: every name of package, and of release where one
-- is not removed (hosted is 1 then). folded and described are the name and the
-- newest release's description with their case folded: SQLite itself folds the
-- letters of ASCII alone.
CREATE TABLE known (
    registry    TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    folded      TEXT    NOT NULL,
    hosted      INTEGER NOT NULL,
    description TEXT    NOT NULL,
    described   TEXT    NOT NULL,
    PRIMARY KEY (registry, name)
) STRICT, WITHOUT ROWID;

-- Answers come in this order; a part of a name is looked for in this alone.
CREATE INDEX known_name ON known (folded, registry, name);
-- Only hosted packages have descriptions.
CREATE INDEX known_hosted ON known (folded, registry, name, described) WHERE hosted = 1;

-- Files that were pulled through, and those of releases, which have no origin.
-- stored turns 0 when the bytes are evicted; the digests stay.
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

-- What may be evicted, by last use: hosted files never are.
CREATE INDEX file_least_used ON file (last_used) WHERE stored = 1 AND origin <> '';
-- Answers "is this blob in use" and "how much is cached" without the table.
CREATE INDEX file_stored_blob ON file (blob, size, origin) WHERE stored = 1;

-- What scans found in files: signals is a JSON array of objects.
CREATE TABLE scan (
    registry  TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    version   TEXT    NOT NULL,
    file      TEXT    NOT NULL,
    scanned   INTEGER NOT NULL,
    known_bad TEXT    NOT NULL,
    signals   TEXT    NOT NULL,
    PRIMARY KEY (registry, name, version, file)
) STRICT, WITHOUT ROWID;

-- Publications that wait for an administrator. finding, tags and files are
-- JSON.
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

-- The bytes of what is held and not yet answered: they are in use.
CREATE TABLE held_blob (
    held TEXT NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (held, blob)
) STRICT, WITHOUT ROWID;

CREATE INDEX held_blob_blob ON held_blob (blob);

-- What people say against versions.
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

-- Advisories that were written here. record is OSV.
CREATE TABLE own_advisory (
    id         TEXT    NOT NULL PRIMARY KEY,
    coordinate TEXT    NOT NULL,
    record     BLOB    NOT NULL,
    modified   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

-- Names and patterns that belong to hosted packages alone.
CREATE TABLE claim (
    id      TEXT    NOT NULL PRIMARY KEY,
    pattern TEXT    NOT NULL,
    shadow  INTEGER NOT NULL,
    created INTEGER NOT NULL,
    made_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- Credentials. hash is the SHA-256 of the secret, which is not kept. publish
-- and read are lists of patterns.
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

-- Versions that were published here. A row is never deleted: a removed version
-- is its own tombstone. found_by is name and description with their case
-- folded, for the search: SQLite itself folds the letters of ASCII alone.
-- manifest is empty once it is erased; it is the last column, so that reading
-- the others never goes through a large one.
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
-- The search finds each package's newest release in this alone.
CREATE INDEX release_listed ON release (registry, name, published) WHERE removed = 0;

-- What was said of a version, hosted or not. One that is active has no row.
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

-- The journal. kind, time and ecosystem may be shown to anyone; what names the
-- subject is in body (canonical JSON, RFC 8785: by, details, subject), which a
-- log entry commits to as SHA-256(salt || body). The 32 random bytes of salt
-- keep a stranger from confirming a guessed private name by its hash. Both are
-- empty once the event is erased. name, version and file repeat the subject,
-- so that what happened to a package is found without reading every body; like
-- the body they are for those who may read the subject.
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

CREATE INDEX event_package ON event (ecosystem, name) WHERE name <> '';
CREATE INDEX event_version ON event (ecosystem, name, version) WHERE version <> '';

-- The transparency log over the events: each entry's place and its bytes.
-- Places have no gaps, and events come in the order of their ids.
CREATE TABLE log_entry (
    idx      INTEGER PRIMARY KEY CHECK (idx >= 0),
    event_id INTEGER NOT NULL UNIQUE REFERENCES event (id),
    leaf     BLOB    NOT NULL
) STRICT;

-- The Merkle tree over the entries, by the numbering of
-- golang.org/x/mod/sumdb/tlog: one hash for each entry and one for each full
-- subtree, none missing.
CREATE TABLE log_hash (
    idx  INTEGER PRIMARY KEY CHECK (idx >= 0),
    hash BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Downloads, by version, principal and day (2006-01-02, UTC).
CREATE TABLE fetch (
    day        TEXT    NOT NULL,
    coordinate TEXT    NOT NULL,
    principal  TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (day, coordinate, principal)
) STRICT, WITHOUT ROWID;

-- The downloads of one package: its versions' coordinates lie side by side.
CREATE INDEX fetch_coordinate ON fetch (coordinate, day);

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
-- The kinds of verdicts are few, so that every filter is a handful of ranges
-- in this, each read from its end.
CREATE INDEX verdict_kind ON verdict (rule, registry, effect, last);

-- Every address of an explanation that was given out, for as long as the
-- records are kept: a refusal in yesterday's build log must still lead there.
CREATE TABLE why (
    id         TEXT NOT NULL PRIMARY KEY,
    coordinate TEXT NOT NULL,
    day        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX why_day ON why (day);
