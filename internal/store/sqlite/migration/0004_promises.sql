-- +goose Up
-- PyPI's and Maven's versions have several files, each with digests of its
-- own. schema.sql explains the table.

CREATE TABLE promise (
    registry TEXT NOT NULL,
    name     TEXT NOT NULL,
    version  TEXT NOT NULL,
    file     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    PRIMARY KEY (registry, name, version, file, digest)
) STRICT, WITHOUT ROWID;
