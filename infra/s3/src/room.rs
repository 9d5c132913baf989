//! Room on the disk. Bodies are refused before it is full, and a reserve is given up when it is full all the same: what frees space and what reads
//! (a download writes an entry of the access log first) goes on.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of the reserve: tens of thousands of entries and deletions.
const RESERVE: usize = 8 * 1024 * 1024;
/// With less than this free, no body is taken.
const FLOOR: u64 = 16 * 1024 * 1024;

/// Tells how many bytes are free where a folder is.
#[derive(Clone)]
pub struct Disk(Arc<Free>);

type Free = dyn Fn(&Path) -> io::Result<u64> + Send + Sync;

impl Disk {
    /// The disk as it is.
    #[must_use]
    pub fn real() -> Self {
        Self::from_fn(|folder| {
            let disk = rustix::fs::statvfs(folder)?;
            Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
        })
    }

    /// A disk that asks `free` each time, for tests that fill it.
    pub fn from_fn(free: impl Fn(&Path) -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(free))
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

/// The room of one folder.
#[derive(Debug)]
pub(crate) struct Room {
    folder: PathBuf,
    disk: Disk,
}

impl Room {
    pub(crate) fn of(folder: &Path, disk: Disk) -> Self {
        let room = Self {
            folder: folder.to_owned(),
            disk,
        };
        room.keep_reserve();
        room
    }

    /// Whether a body may be taken.
    pub(crate) fn is_for_a_body(&self) -> bool {
        // A disk that does not tell is taken for one with room: it says so itself when it is full.
        let free = (self.disk.0)(&self.folder).unwrap_or(u64::MAX);
        free >= FLOOR && self.keep_reserve()
    }

    /// The disk was full: what comes next gets the reserve.
    pub(crate) fn give_up_reserve(&self) {
        match fs::remove_file(self.reserve()) {
            Ok(()) => tracing::error!(
                "the disk is full: uploads are refused until there is room, and the reserve is given up for the rest"
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::error!(%error, "the disk is full, and the reserve was not given up");
            }
        }
    }

    /// Keeps a reserve, if there is room for it beside what bodies need.
    fn keep_reserve(&self) -> bool {
        let free = (self.disk.0)(&self.folder).unwrap_or(u64::MAX);
        if self.reserve().exists() {
            return true;
        }
        if free < FLOOR + RESERVE as u64 {
            return false;
        }
        let written = self.write_reserve();
        if let Err(error) = &written {
            tracing::warn!(%error, "no reserve is kept for a full disk");
            let _ = fs::remove_file(self.reserve());
        }
        written.is_ok()
    }

    /// Written, not only claimed: a file with a hole reserves nothing.
    fn write_reserve(&self) -> io::Result<()> {
        let mut options = private::options();
        let options = options.write(true).create(true).truncate(true);
        options
            .open(self.reserve())?
            .write_all(&vec![0xA5; RESERVE])
    }

    fn reserve(&self) -> PathBuf {
        self.folder.join("reserve")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn the_reserve_is_given_up_once_and_kept_again_when_there_is_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let free = Arc::new(AtomicU64::new(1 << 40));
        let asked = Arc::clone(&free);
        let disk = Disk::from_fn(move |_| Ok(asked.load(Ordering::Relaxed)));
        let room = Room::of(folder.path(), disk);
        let kept = || fs::metadata(room.reserve()).map_or(0, |file| file.len());
        assert_eq!(kept(), RESERVE as u64);
        assert!(room.is_for_a_body());
        free.store(FLOOR - 1, Ordering::Relaxed);
        assert!(!room.is_for_a_body());
        assert_eq!(kept(), RESERVE as u64, "it is for what may not fail");
        room.give_up_reserve();
        assert_eq!(kept(), 0);
        free.store(FLOOR + RESERVE as u64 - 1, Ordering::Relaxed);
        assert!(!room.is_for_a_body(), "the room is the reserve's");
        free.store(FLOOR + RESERVE as u64, Ordering::Relaxed);
        assert!(room.is_for_a_body());
        assert_eq!(kept(), RESERVE as u64);
    }
}
