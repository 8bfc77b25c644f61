package dev.holdfast.sync.store;

import java.util.List;

/** The tables, and the statements that make them. */
final class Schema {
    /** Raised with every change of the tables. */
    static final int VERSION = 1;

    static final List<String> PRAGMAS =
            List.of(
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA busy_timeout = 10000",
                    "PRAGMA cache_size = -4000");

    static final List<String> TABLES =
            List.of(
                    "CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
                            + " STRICT, WITHOUT ROWID",
                    "CREATE TABLE IF NOT EXISTS remote (node BLOB PRIMARY KEY, parent BLOB, name"
                            + " TEXT NOT NULL, kind INTEGER NOT NULL, rev INTEGER NOT NULL,"
                            + " content_rev INTEGER NOT NULL, size INTEGER NOT NULL, chunk_count"
                            + " INTEGER NOT NULL, content_hash BLOB, mtime_nanos INTEGER NOT NULL,"
                            + " executable INTEGER NOT NULL, target TEXT, conflict_of BLOB) STRICT,"
                            + " WITHOUT ROWID",
                    "CREATE TABLE IF NOT EXISTS local (node BLOB PRIMARY KEY, parent BLOB, name TEXT"
                            + " NOT NULL, kind INTEGER NOT NULL, inode INTEGER NOT NULL, birth"
                            + " INTEGER NOT NULL, ctime INTEGER NOT NULL, mtime INTEGER NOT NULL,"
                            + " size INTEGER NOT NULL, content_hash BLOB, executable INTEGER NOT"
                            + " NULL, target TEXT, racy INTEGER NOT NULL, holds INTEGER NOT NULL)"
                            + " STRICT, WITHOUT ROWID",
                    "CREATE TABLE IF NOT EXISTS synced (node BLOB PRIMARY KEY, parent BLOB, name"
                            + " TEXT NOT NULL, kind INTEGER NOT NULL, content_rev INTEGER NOT NULL,"
                            + " content_hash BLOB, mtime_nanos INTEGER NOT NULL, executable INTEGER"
                            + " NOT NULL, target TEXT) STRICT, WITHOUT ROWID",
                    "CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY, op TEXT NOT"
                            + " NULL) STRICT",
                    "CREATE TABLE IF NOT EXISTS chunk (node BLOB NOT NULL, start INTEGER NOT NULL,"
                            + " hash BLOB NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (node,"
                            + " start)) STRICT, WITHOUT ROWID",
                    "CREATE INDEX IF NOT EXISTS chunk_by_hash ON chunk (hash)",
                    "CREATE TABLE IF NOT EXISTS upload (id BLOB PRIMARY KEY) STRICT, WITHOUT"
                            + " ROWID");

    private Schema() {}
}
