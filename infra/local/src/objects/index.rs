//! Access to the index: one writing thread that commits many changes with one fsync, and a pool of readers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{Notify, oneshot};

use super::blobs::{BlobId, StagedFile};
use super::error::{OpenError, StoreError};
use super::schema;

/// Changes committed together at most. A burst waits for one fsync, not for one each.
const GROUP: usize = 256;
/// Reading connections kept open between reads.
const IDLE_READERS: usize = 8;

/// A handle to the writing thread and the readers.
pub(super) struct Index {
    path: PathBuf,
    writer: Option<mpsc::Sender<Box<dyn Change>>>,
    thread: Option<JoinHandle<()>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    messages: Arc<Notify>,
}

/// What one change does, inside the group's transaction. Its side effects on files wait for the commit.
pub(super) struct Transaction<'c> {
    connection: &'c Connection,
    effects: Effects,
}

#[derive(Default)]
struct Effects {
    kept: Vec<StagedFile>,
    freed: Vec<BlobId>,
    message: bool,
}

impl Transaction<'_> {
    /// The connection inside the transaction.
    pub(super) fn sql(&self) -> &Connection {
        self.connection
    }

    /// The file belongs to the index from the commit on.
    pub(super) fn keep(&mut self, file: StagedFile) {
        self.effects.kept.push(file);
    }

    /// No row names this blob's file any more.
    pub(super) fn free(&mut self, blob: BlobId) {
        self.effects.freed.push(blob);
    }

    /// A message was written: wake the queue after the commit.
    pub(super) fn message(&mut self) {
        self.effects.message = true;
    }
}

impl Index {
    /// Takes the writing connection into its thread. `freed` hears of files that no row names any more.
    pub(super) fn start(
        path: &Path,
        writer: Connection,
        freed: mpsc::Sender<Vec<BlobId>>,
    ) -> Result<Self, OpenError> {
        let (sender, receiver) = mpsc::channel();
        let messages = Arc::new(Notify::new());
        let committer = Committer {
            connection: writer,
            freed,
            messages: Arc::clone(&messages),
        };
        let thread = thread::Builder::new()
            .name("object-index".into())
            .spawn(move || committer.run(&receiver))?;
        let (path, readers) = (path.to_owned(), Arc::default());
        Ok(Self {
            path,
            writer: Some(sender),
            thread: Some(thread),
            readers,
            messages,
        })
    }

    /// Runs `work` in a transaction; returns once it is durable. An error undoes what this `work` did, nothing else.
    ///
    /// A caller that goes away does not undo it: what was sent is carried out.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        // The receiver is gone when the caller was cancelled: nobody to tell.
        self.send(work, move |result| drop(reply.send(result)))?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// [`Self::write`] for callers outside async code.
    pub(super) fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, outcome) = mpsc::sync_channel(1);
        self.send(work, move |result| drop(reply.send(result)))?;
        outcome.recv().map_err(|_| StoreError::Closed)?
    }

    fn send<T, F>(
        &self,
        work: F,
        reply: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Result<(), StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let change = Box::new(Pending {
            work: Some(work),
            result: None,
            reply,
        });
        let writer = self.writer.as_ref().ok_or(StoreError::Closed)?;
        writer.send(change).map_err(|_| StoreError::Closed)
    }

    /// Runs `look` on a reading connection, off the async threads.
    pub(super) async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (readers, path) = (Arc::clone(&self.readers), self.path.clone());
        let task = tokio::task::spawn_blocking(move || {
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| schema::open_reader(&path), Ok)?;
            let found = look(&connection);
            let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < IDLE_READERS {
                readers.push(connection);
            }
            found
        });
        task.await.map_err(|_| StoreError::Closed)?
    }

    /// Rings when a message became due by being written.
    pub(super) fn messages(&self) -> &Arc<Notify> {
        &self.messages
    }
}

impl Drop for Index {
    /// Waits for the changes already sent, so that the folder can be opened again at once.
    fn drop(&mut self) {
        drop(self.writer.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

trait Change: Send {
    /// Whether it worked; an error is kept for [`Change::answer`].
    fn apply(&mut self, transaction: &mut Transaction<'_>) -> bool;
    /// After the group was committed, or not.
    fn answer(self: Box<Self>, committed: bool);
}

struct Pending<T, F, R> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: R,
}

impl<T, F, R> Change for Pending<T, F, R>
where
    T: Send,
    F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send,
    R: FnOnce(Result<T, StoreError>) + Send,
{
    fn apply(&mut self, transaction: &mut Transaction<'_>) -> bool {
        let result = self.work.take().map(|work| work(transaction));
        let worked = matches!(result, Some(Ok(_)));
        self.result = result;
        worked
    }

    fn answer(self: Box<Self>, committed: bool) {
        let result = self.result.unwrap_or(Err(StoreError::Closed));
        (self.reply)(if committed {
            result
        } else {
            result.and(Err(StoreError::Closed))
        });
    }
}

struct Committer {
    connection: Connection,
    freed: mpsc::Sender<Vec<BlobId>>,
    messages: Arc<Notify>,
}

impl Committer {
    fn run(mut self, changes: &mpsc::Receiver<Box<dyn Change>>) {
        while let Ok(first) = changes.recv() {
            let group = std::iter::once(first)
                .chain(changes.try_iter().take(GROUP - 1))
                .collect();
            self.commit(group);
        }
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Change>>) {
        let outcome = self.apply(&mut group);
        let committed = outcome.is_ok();
        match outcome {
            Ok(effects) => {
                for file in effects.kept {
                    file.keep();
                }
                if !effects.freed.is_empty() {
                    // The remover ends after this thread; if it is gone, the next start sweeps.
                    let _ = self.freed.send(effects.freed);
                }
                if effects.message {
                    self.messages.notify_one();
                }
            }
            Err(error) => tracing::error!(%error, "the object index could not commit"),
        }
        for change in group {
            change.answer(committed);
        }
    }

    fn apply(&mut self, group: &mut [Box<dyn Change>]) -> rusqlite::Result<Effects> {
        let mut all = Effects::default();
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in group {
            let savepoint = transaction.savepoint()?;
            let mut own = Transaction {
                connection: &savepoint,
                effects: Effects::default(),
            };
            if change.apply(&mut own) {
                let Effects {
                    kept,
                    freed,
                    message,
                } = own.effects;
                savepoint.commit()?;
                all.kept.extend(kept);
                all.freed.extend(freed);
                all.message |= message;
            }
        }
        if let Err(error) = transaction.commit() {
            // Whether the commit reached the disk is unknown: the files stay, the sweep at the next start decides.
            all.kept.drain(..).for_each(StagedFile::keep);
            return Err(error);
        }
        Ok(all)
    }
}
