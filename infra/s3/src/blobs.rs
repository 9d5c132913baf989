//! Immutable files: written aside, verified, made durable, then renamed into place; never changed.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::thread;

use crate::room::{Disk, Room};

/// Number of a blob; the index and the file name use the same.
pub(crate) type BlobId = i64;

/// The folder of blob files and who is reading which.
#[derive(Debug)]
pub(crate) struct Blobs {
    shards: PathBuf,
    staging: PathBuf,
    next: AtomicI64,
    leases: Mutex<Leases>,
    /// Held shared from a lookup in the index until its blobs are leased, exclusively to decide what is unused:
    /// a reader that saw the old row has its lease before the file may go.
    lookups: RwLock<()>,
    missing: usize,
    room: Room,
}

#[derive(Debug, Default)]
struct Leases {
    readers: HashMap<BlobId, usize>,
    doomed: HashSet<BlobId>,
}

impl Blobs {
    /// Opens the folder; `known` are the files of the index, any other is what a crash left behind and goes. `last` is
    /// the largest number in use.
    pub(crate) fn open(
        root: &Path,
        known: &HashSet<BlobId>,
        last: BlobId,
        disk: Disk,
    ) -> io::Result<Arc<Self>> {
        let (shards, staging) = (root.join("blobs"), root.join("staging"));
        private::folder(&shards)?;
        private::folder(&staging)?;
        File::open(root)?.sync_all()?;
        for entry in fs::read_dir(&staging)? {
            fs::remove_file(entry?.path())?;
        }
        let missing = known.len() - sweep_orphans(&shards, known)?;
        let (leases, lookups) = (Mutex::default(), RwLock::default());
        Ok(Arc::new(Self {
            shards,
            staging,
            next: AtomicI64::new(last + 1),
            leases,
            lookups,
            missing,
            room: Room::of(root, disk),
        }))
    }

    /// The room there is for more.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Files of the index that were not there when the folder was opened.
    pub(crate) fn missing(&self) -> usize {
        self.missing
    }

    /// A number no blob had since the folder was opened.
    pub(crate) fn next_id(&self) -> BlobId {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A new file to write into; it disappears when dropped without [`StagedFile::publish`].
    pub(crate) fn stage(self: &Arc<Self>, id: BlobId) -> io::Result<StagedFile> {
        let path = self.staging.join(format!("{id:016x}"));
        let mut options = private::options();
        let file = options.write(true).create_new(true).open(&path)?;
        Ok(StagedFile {
            blobs: Arc::clone(self),
            id,
            file,
            path,
            keep: false,
        })
    }

    /// Opens a blob for reading.
    pub(crate) fn read(&self, id: BlobId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// While this is held no blob disappears: look into the index, then [`Self::lease`] what was found.
    pub(crate) fn lookup(&self) -> RwLockReadGuard<'_, ()> {
        self.lookups.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps these blobs until the lease is dropped, whatever happens to their objects.
    pub(crate) fn lease(self: &Arc<Self>, ids: Vec<BlobId>) -> Lease {
        let mut leases = self.leases();
        for id in &ids {
            *leases.readers.entry(*id).or_default() += 1;
        }
        Lease {
            blobs: Arc::clone(self),
            ids,
        }
    }

    /// Removes files that the index no longer names, now or when their last reader is done.
    fn remove(&self, ids: &[BlobId]) {
        let _no_lookup = self.lookups.write().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            let mut leases = self.leases();
            if leases.readers.contains_key(id) {
                leases.doomed.insert(*id);
            } else {
                drop(leases);
                self.unlink(*id);
            }
        }
    }

    fn unlink(&self, id: BlobId) {
        // A file that stays is only lost space: the sweep at the next start takes it.
        if let Err(error) = fs::remove_file(self.path(id)) {
            tracing::warn!(blob = id, %error, "blob not removed");
        }
    }

    fn path(&self, id: BlobId) -> PathBuf {
        self.shard(id).join(format!("{id:016x}"))
    }

    fn shard(&self, id: BlobId) -> PathBuf {
        self.shards.join(format!("{:02x}", id & 0xff))
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes files in a thread of its own, so that deleting a large file delays nobody. Ends when the sender is dropped.
pub(crate) fn start_remover(blobs: Arc<Blobs>) -> io::Result<mpsc::Sender<Vec<BlobId>>> {
    let (sender, receiver) = mpsc::channel::<Vec<BlobId>>();
    thread::Builder::new()
        .name("blob-remover".into())
        .spawn(move || {
            for ids in receiver {
                blobs.remove(&ids);
            }
        })?;
    Ok(sender)
}

/// Returns how many of `known` there are.
fn sweep_orphans(shards: &Path, known: &HashSet<BlobId>) -> io::Result<usize> {
    let mut found = 0;
    for shard in fs::read_dir(shards)? {
        for file in fs::read_dir(shard?.path())? {
            let file = file?;
            let id = file
                .file_name()
                .to_str()
                .and_then(|name| BlobId::from_str_radix(name, 16).ok());
            if id.is_some_and(|id| known.contains(&id)) {
                found += 1;
            } else {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(found)
}

/// A blob being written, under its temporary name until it is published, removed if it is never kept.
#[derive(Debug)]
pub(crate) struct StagedFile {
    blobs: Arc<Blobs>,
    id: BlobId,
    file: File,
    path: PathBuf,
    keep: bool,
}

impl StagedFile {
    /// The file, for writing.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes the bytes and the final name durable. The file still goes when this is dropped before [`Self::keep`].
    pub(crate) fn publish(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        let (shard, target) = (self.blobs.shard(self.id), self.blobs.path(self.id));
        if let Err(error) = fs::rename(&self.path, &target) {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            private::folder(&shard)?;
            File::open(&self.blobs.shards)?.sync_all()?;
            fs::rename(&self.path, &target)?;
        }
        self.path = target;
        File::open(shard)?.sync_all()
    }

    /// The index names the file now: it stays.
    pub(crate) fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.keep {
            // Left in place it would be swept at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A reader's hold on blobs.
#[derive(Debug)]
pub(crate) struct Lease {
    blobs: Arc<Blobs>,
    ids: Vec<BlobId>,
}

impl Lease {
    /// Opens one of the leased blobs.
    pub(crate) fn read(&self, id: BlobId) -> io::Result<File> {
        self.blobs.read(id)
    }

    /// How long the file of one of the leased blobs is.
    pub(crate) fn length(&self, id: BlobId) -> io::Result<u64> {
        Ok(fs::metadata(self.blobs.path(id))?.len())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut leases = self.blobs.leases();
        for id in &self.ids {
            let Some(readers) = leases.readers.get_mut(id) else {
                continue;
            };
            *readers -= 1;
            if *readers > 0 {
                continue;
            }
            leases.readers.remove(id);
            if leases.doomed.remove(id) {
                self.blobs.unlink(*id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::{Read as _, Write as _};
    use std::path::Path;
    use std::sync::Arc;

    use super::{BlobId, Blobs, Disk};

    fn blobs(root: &Path) -> Arc<Blobs> {
        Blobs::open(root, &HashSet::new(), 0, Disk::real()).expect("a folder")
    }

    fn write(blobs: &Arc<Blobs>, text: &str) -> BlobId {
        let id = blobs.next_id();
        let mut staged = blobs.stage(id).expect("a file");
        staged.file().write_all(text.as_bytes()).expect("written");
        staged.publish().expect("published");
        staged.keep();
        id
    }

    #[test]
    fn a_removed_blob_lives_until_its_last_reader_is_done() {
        let root = tempfile::tempdir().expect("a folder");
        let blobs = blobs(root.path());
        let id = write(&blobs, "bytes");
        let (one, two) = (blobs.lease(vec![id]), blobs.lease(vec![id]));
        blobs.remove(&[id]);
        drop(one);
        let mut text = String::new();
        two.read(id)
            .expect("still there")
            .read_to_string(&mut text)
            .expect("read");
        assert_eq!(text, "bytes");
        drop(two);
        assert!(!blobs.path(id).exists());
    }

    #[test]
    fn a_blob_nobody_reads_is_removed_at_once() {
        let root = tempfile::tempdir().expect("a folder");
        let blobs = blobs(root.path());
        let id = write(&blobs, "bytes");
        blobs.remove(&[id]);
        assert!(!blobs.path(id).exists());
    }

    #[test]
    fn a_staged_file_that_is_not_kept_disappears_published_or_not() {
        let root = tempfile::tempdir().expect("a folder");
        let blobs = blobs(root.path());
        for is_published in [false, true] {
            let id = blobs.next_id();
            let mut staged = blobs.stage(id).expect("a file");
            if is_published {
                staged.publish().expect("published");
            }
            let path = staged.path.clone();
            assert!(path.exists());
            drop(staged);
            assert!(!path.exists());
        }
    }

    #[test]
    fn opening_removes_what_the_index_does_not_know() {
        let root = tempfile::tempdir().expect("a folder");
        let before = blobs(root.path());
        let (known, orphan) = (write(&before, "known"), write(&before, "orphan"));
        std::fs::write(before.staging.join("half"), "half").expect("written");
        let after = Blobs::open(root.path(), &HashSet::from([known]), orphan, Disk::real());
        let after = after.expect("a folder");
        assert!(after.path(known).exists());
        assert!(!after.path(orphan).exists());
        assert_eq!(
            std::fs::read_dir(&after.staging).expect("a folder").count(),
            0
        );
        assert!(after.next_id() > orphan);
    }
}
