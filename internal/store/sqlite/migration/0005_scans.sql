-- +goose Up
-- What is found in the files of a version. schema.sql explains the table.

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
