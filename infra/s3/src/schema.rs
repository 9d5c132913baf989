//! The index: one `SQLite` file, `index.sqlite`, beside the blob files.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::OpenError;

/// Raise it with every change of [`SCHEMA`], and add the step that brings an older file up to it.
const VERSION: i64 = 1;

/// Of these columns nothing is read any more, and every row gets the same in them: `tags`, `versions.parts`, `segments.part_number`,
/// `uploads.algorithm`, `uploads.composite`, `parts.checksum`. They stay, so that a folder can be opened by the versions before this one, too.
///
/// Keys are BLOBs: S3 lists in byte order, and a range's upper bound need not be valid UTF-8.
const SCHEMA: &str = "
CREATE TABLE buckets (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    created_ms  INTEGER NOT NULL
) STRICT;

-- Which keys of a bucket make an event, as a bucket's notification configuration says.
CREATE TABLE notifications (
    bucket  INTEGER NOT NULL REFERENCES buckets(id),
    prefix  BLOB NOT NULL,
    PRIMARY KEY (bucket, prefix)
) STRICT, WITHOUT ROWID;

-- Immutable bytes: in the row when small, else in the file blobs/<low byte>/<id>. The checksums of their blocks are NULL of what a version
-- before them stored, also one that opens the folder after this one.
CREATE TABLE blobs (
    id      INTEGER PRIMARY KEY,
    size    INTEGER NOT NULL,
    inline  BLOB,
    sums    BLOB
) STRICT;

CREATE TABLE versions (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket          INTEGER NOT NULL REFERENCES buckets(id),
    key             BLOB NOT NULL,
    version_id      TEXT NOT NULL UNIQUE,
    is_latest       INTEGER NOT NULL,
    is_marker       INTEGER NOT NULL,
    size            INTEGER NOT NULL,
    etag            TEXT NOT NULL,
    modified_ms     INTEGER NOT NULL,
    storage_class   TEXT NOT NULL,
    attributes      TEXT NOT NULL,
    tags            TEXT NOT NULL,
    checksum        TEXT,
    parts           INTEGER NOT NULL
) STRICT;
CREATE INDEX versions_by_key ON versions (bucket, key, seq DESC);
CREATE UNIQUE INDEX latest_by_key ON versions (bucket, key) WHERE is_latest = 1;
CREATE INDEX listed_by_key ON versions (bucket, key) WHERE is_latest = 1 AND is_marker = 0;

-- The bytes of a version: its blobs in order. A copy shares them.
CREATE TABLE segments (
    version      INTEGER NOT NULL REFERENCES versions(seq),
    position     INTEGER NOT NULL,
    part_number  INTEGER NOT NULL,
    blob         INTEGER NOT NULL REFERENCES blobs(id),
    PRIMARY KEY (version, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX segments_by_blob ON segments (blob);

-- A completed upload stays for a while, so that completing it again gives the same answer.
CREATE TABLE uploads (
    upload_id      TEXT PRIMARY KEY,
    bucket         INTEGER NOT NULL REFERENCES buckets(id),
    key            BLOB NOT NULL,
    initiated_ms   INTEGER NOT NULL,
    storage_class  TEXT NOT NULL,
    attributes     TEXT NOT NULL,
    tags           TEXT NOT NULL,
    algorithm      TEXT,
    composite      INTEGER NOT NULL,
    completed      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX open_uploads ON uploads (bucket, key, upload_id) WHERE completed IS NULL;

CREATE TABLE parts (
    upload_id    TEXT NOT NULL REFERENCES uploads(upload_id),
    part_number  INTEGER NOT NULL,
    blob         INTEGER NOT NULL REFERENCES blobs(id),
    size         INTEGER NOT NULL,
    etag         TEXT NOT NULL,
    checksum     TEXT,
    crc64nvme    TEXT NOT NULL,
    modified_ms  INTEGER NOT NULL,
    PRIMARY KEY (upload_id, part_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_by_blob ON parts (blob);

-- The outbox: written in the transaction that makes the object visible, emptied by the queue. Those with a `queue` were sent there instead.
CREATE TABLE messages (
    seq                INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id         TEXT NOT NULL,
    body               TEXT NOT NULL,
    sent_ms            INTEGER NOT NULL,
    visible_ms         INTEGER NOT NULL,
    receives           INTEGER NOT NULL DEFAULT 0,
    first_received_ms  INTEGER,
    receipt            TEXT,
    is_dead            INTEGER NOT NULL DEFAULT 0,
    queue              TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX messages_by_visibility ON messages (is_dead, visible_ms, seq);
";

/// The one writing connection; creates the schema in a new file.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // FULL: an acknowledged write survives a power cut, not only a crash.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 2000;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match found {
        0 => connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
        ))?,
        VERSION => {
            add_sums(&connection)?;
            add_queue(&connection)?;
        }
        _ => {
            return Err(OpenError::NewerSchema {
                found,
                known: VERSION,
            });
        }
    }
    Ok(connection)
}

/// Folders of this version that began without checksums of blocks get their column: a program that does not know it goes on as before.
fn add_sums(connection: &Connection) -> rusqlite::Result<()> {
    add_column(connection, "blobs", "sums", "BLOB")
}

/// The first folders had one queue. The version stays: a program that knows no other takes every message for one of it.
fn add_queue(connection: &Connection) -> rusqlite::Result<()> {
    add_column(connection, "messages", "queue", "TEXT NOT NULL DEFAULT ''")
}

/// Adds a column to a table that does not have it.
fn add_column(
    connection: &Connection,
    table: &str,
    column: &str,
    definition: &str,
) -> rusqlite::Result<()> {
    let is_there = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2)";
    if connection.query_row(is_there, [table, column], |row| row.get(0))? {
        return Ok(());
    }
    connection.execute_batch(&format!(
        "ALTER TABLE {table} ADD COLUMN {column} {definition}"
    ))
}

/// A reading connection: sees what was committed when its statement starts.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
