//! Writes of the tables that wait for the disk together: one fsync for all that were committed before it, while the engine goes on.
//!
//! The engine commits one write after the other. With an fsync in each commit, whoever reads waits for the disk of whoever writes, and a disk that
//! takes 4 ms makes 250 answers a second. So its commits only hand their bytes to the system (`SQLite`'s `synchronous = NORMAL`), and no caller
//! hears of a write before an fsync of the log of changes (`-wal`) that began after its commit. A loss of power in between loses writes that nobody
//! was told of; the file itself is whole, because SQLite syncs the log before it copies it, and the file after that
//! (<https://www.sqlite.org/pragma.html#pragma_synchronous>).

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

/// Who waits for an fsync.
type Waiting = oneshot::Sender<Result<(), String>>;

/// The thread that syncs.
#[derive(Debug)]
pub(super) struct Disk {
    /// Both are there until this is dropped.
    waiting: Option<Sender<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    /// For the writes of the database at `path`.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        let (sender, receiver) = channel();
        let thread = Builder::new()
            .name("tables-disk".into())
            .spawn(move || sync(&log, &receiver))?;
        Ok(Self {
            waiting: Some(sender),
            thread: Some(thread),
        })
    }

    /// Until all that was committed before is on the disk.
    pub(super) async fn settled(&self) -> Result<(), String> {
        let (told, synced) = oneshot::channel();
        let sent = self.waiting.as_ref().map(|to| to.send(told));
        match sent {
            Some(Ok(())) => synced.await.unwrap_or_else(|_| Err(ENDED.to_owned())),
            _ => Err(ENDED.to_owned()),
        }
    }
}

const ENDED: &str = "the tables are closed";

impl Drop for Disk {
    /// Waits for the last fsync.
    fn drop(&mut self) {
        self.waiting.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn sync(log: &Path, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        // Those who came by now have committed before this fsync begins.
        let group: Vec<_> = std::iter::once(first).chain(waiting.try_iter()).collect();
        // Opened each time, so that it is the log that there is now.
        let synced = File::open(log).and_then(|log| log.sync_data());
        let synced = synced.map_err(|error| {
            tracing::error!(%error, "the tables could not be synced");
            error.to_string()
        });
        for told in group {
            // Who was cancelled need not hear.
            let _ = told.send(synced.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_write_that_cannot_reach_the_disk_is_no_success() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tables");
        std::fs::write(folder.path().join("tables-wal"), "bytes").expect("a log");
        let disk = Disk::of(&path).expect("a thread");
        disk.settled().await.expect("on the disk");
        std::fs::remove_file(folder.path().join("tables-wal")).expect("removed");
        disk.settled().await.expect_err("there is no log");
    }

    #[tokio::test]
    async fn all_who_wait_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tables");
        std::fs::write(folder.path().join("tables-wal"), "bytes").expect("a log");
        let disk = Arc::new(Disk::of(&path).expect("a thread"));
        let all = (0..100).map(|_| {
            tokio::spawn({
                let disk = Arc::clone(&disk);
                async move { disk.settled().await }
            })
        });
        for one in all.collect::<Vec<_>>() {
            one.await.expect("a task").expect("on the disk");
        }
    }
}
