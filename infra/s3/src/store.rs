//! A folder with buckets in it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::blobs::{BlobId, Blobs};
use crate::buckets;
use crate::clock::Clock;
use crate::error::{OpenError, StoreError};
use crate::index::Index;
use crate::room::Disk;
use crate::schema;

/// A completed upload is remembered this long, to answer a repeated completion the same.
const REMEMBER_COMPLETED_MS: i64 = 7 * 24 * 3600 * 1000;

/// Buckets and objects in a folder. Cheap to clone; the folder is free again when the last clone is gone.
#[derive(Debug, Clone)]
pub struct ObjectStore(pub(crate) Arc<Shared>);

/// What every operation works with.
#[derive(Debug)]
pub(crate) struct Shared {
    // Dropped first: waits for the last commit while the folder is still ours.
    pub(crate) index: Index,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) clock: Clock,
    _lock: File,
}

impl ObjectStore {
    /// Opens the store in `dir`, creating it when it is new, and removes what a crash left behind.
    pub fn open(dir: &Path, clock: Clock) -> Result<Self, OpenError> {
        Self::open_on(dir, clock, Disk::real())
    }

    /// [`Self::open`] on a disk that may say of itself that it is full.
    pub fn open_on(dir: &Path, clock: Clock, disk: Disk) -> Result<Self, OpenError> {
        private::folder(dir)?;
        let lock = private::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => OpenError::InUse,
            fs::TryLockError::Error(error) => OpenError::Folder(error),
        })?;
        let path = dir.join("index.sqlite");
        private::database(&path)?;
        let writer = schema::open_writer(&path)?;
        writer.execute(
            "DELETE FROM uploads WHERE completed IS NOT NULL AND initiated_ms < ?1",
            [clock.now_ms() - REMEMBER_COMPLETED_MS],
        )?;
        let (files, last) = known_blobs(&writer)?;
        let blobs = Blobs::open(dir, &files, last, disk)?;
        let index = Index::start(&path, writer, &blobs)?;
        Ok(Self(Arc::new(Shared {
            index,
            blobs,
            clock,
            _lock: lock,
        })))
    }

    /// How many files of objects and parts were not there when the folder was opened. Whoever reads one of them gets an error.
    #[must_use]
    pub fn missing_files(&self) -> usize {
        self.0.blobs.missing()
    }

    /// Creates a bucket unless it is there.
    pub fn create_bucket(&self, name: &str) -> Result<(), StoreError> {
        let (name, now_ms) = (name.to_owned(), self.0.clock.now_ms());
        self.0
            .index
            .write_blocking(move |transaction| buckets::create(transaction, &name, now_ms))
    }

    /// From now on, and after a restart, every new object of the bucket under `prefix` that is no copy makes an event in the
    /// [`crate::Outbox`]. Doing it again changes nothing.
    pub fn notify(&self, bucket: &str, prefix: &str) -> Result<(), StoreError> {
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        self.0
            .index
            .write_blocking(move |transaction| buckets::notify(transaction, &bucket, &prefix))
    }
}

/// The blobs that are files, and the largest number any blob has.
fn known_blobs(index: &Connection) -> rusqlite::Result<(HashSet<BlobId>, BlobId)> {
    let mut files = index.prepare("SELECT id FROM blobs WHERE inline IS NULL")?;
    let files = files
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let last = index.query_row("SELECT coalesce(max(id), 0) FROM blobs", [], |row| {
        row.get(0)
    })?;
    Ok((files, last))
}
