-- +goose Up
-- What the pages ask for: packages by words of their name, verdicts by rule,
-- registry and effect, and the downloads of one package. schema.sql explains
-- each.

CREATE TABLE known (
    registry    TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    folded      TEXT    NOT NULL,
    hosted      INTEGER NOT NULL,
    description TEXT    NOT NULL,
    described   TEXT    NOT NULL,
    PRIMARY KEY (registry, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX known_name ON known (folded, registry, name);
CREATE INDEX known_hosted ON known (folded, registry, name, described) WHERE hosted = 1;

-- lower() folds the letters of ASCII alone, of which the names of upstream
-- packages are made. A release has its folded texts already, on a line each.
INSERT INTO known (registry, name, folded, hosted, description, described)
SELECT registry, name, lower(name), 0, '', '' FROM package;

INSERT INTO known (registry, name, folded, hosted, description, described)
SELECT registry, name, substr(found_by, 1, instr(found_by, char(10)) - 1), 1,
    description, substr(found_by, instr(found_by, char(10)) + 1)
FROM release WHERE rowid = (
    SELECT newest.rowid FROM release AS newest
    WHERE newest.registry = release.registry AND newest.name = release.name AND newest.removed = 0
    ORDER BY newest.published DESC, newest.rowid DESC LIMIT 1)
ON CONFLICT (registry, name) DO UPDATE SET
    folded = excluded.folded, hosted = 1, description = excluded.description, described = excluded.described;

CREATE INDEX verdict_kind ON verdict (rule, registry, effect, last);
CREATE INDEX fetch_coordinate ON fetch (coordinate, day);
