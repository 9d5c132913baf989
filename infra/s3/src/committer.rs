//! The one thread that writes the index: what is waiting is committed together, with one fsync.

use std::sync::{Arc, mpsc};

use rusqlite::{Connection, TransactionBehavior};

use crate::bells::Bells;
use crate::blobs::{BlobId, Blobs, StagedFile};
use crate::error::{StoreError, is_full};

/// Changes committed together at most. A burst waits for one fsync, not for one each.
const GROUP: usize = 256;

/// What one change does, inside the group's transaction. Its side effects on files wait for the commit.
pub(crate) struct Transaction<'c> {
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
    pub(crate) fn sql(&self) -> &Connection {
        self.connection
    }

    /// The file belongs to the index from the commit on.
    pub(crate) fn keep(&mut self, file: StagedFile) {
        self.effects.kept.push(file);
    }

    /// No row names this blob's file any more.
    pub(crate) fn free(&mut self, blob: BlobId) {
        self.effects.freed.push(blob);
    }

    /// A message was written: wake the queues after the commit.
    pub(crate) fn message(&mut self) {
        self.effects.message = true;
    }
}

/// Work for the committing thread.
pub(crate) trait Change: Send {
    /// Whether it failed because the disk is full.
    fn met_a_full_disk(&self) -> bool;
    /// Whether it worked; an error is kept for [`Change::answer`].
    fn apply(&mut self, transaction: &mut Transaction<'_>) -> bool;
    /// After the group was committed, or not.
    fn answer(self: Box<Self>, committed: bool);
}

/// A change somebody waits for.
pub(crate) struct Pending<T, F, R> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: R,
}

impl<T, F, R> Pending<T, F, R> {
    pub(crate) fn new(work: F, reply: R) -> Self {
        Self {
            work: Some(work),
            result: None,
            reply,
        }
    }
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

    fn met_a_full_disk(&self) -> bool {
        matches!(&self.result, Some(Err(error)) if error.is_full())
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

/// The thread's own: the writing connection and whom to tell.
pub(crate) struct Committer {
    connection: Connection,
    freed: mpsc::Sender<Vec<BlobId>>,
    blobs: Arc<Blobs>,
    bells: Arc<Bells>,
}

impl Committer {
    pub(crate) fn new(
        connection: Connection,
        freed: mpsc::Sender<Vec<BlobId>>,
        blobs: Arc<Blobs>,
        bells: Arc<Bells>,
    ) -> Self {
        Self {
            connection,
            freed,
            blobs,
            bells,
        }
    }

    /// Until the last sender is gone.
    pub(crate) fn run(mut self, changes: &mpsc::Receiver<Box<dyn Change>>) {
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
                    self.bells.ring();
                }
            }
            Err(error) => {
                tracing::error!(%error, "the object index could not commit");
                if is_full(&error) {
                    self.blobs.room().give_up_reserve();
                }
            }
        }
        if group.iter().any(|change| change.met_a_full_disk()) {
            self.blobs.room().give_up_reserve();
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
