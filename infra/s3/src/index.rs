//! Access to the index: changes go to the committing thread, reads to a pool of connections.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::bells::Bells;
use crate::blobs::{self, Blobs};
use crate::committer::{Change, Committer, Pending, Transaction};
use crate::error::{OpenError, StoreError};
use crate::schema;

/// Reading connections kept open between reads.
const IDLE_READERS: usize = 8;

/// A handle to the writing thread and the readers.
pub(crate) struct Index {
    path: PathBuf,
    writer: Option<mpsc::Sender<Box<dyn Change>>>,
    thread: Option<JoinHandle<()>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    bells: Arc<Bells>,
}

impl Index {
    /// Takes the writing connection into its thread. Files that no row names any more go.
    pub(crate) fn start(
        path: &Path,
        writer: Connection,
        blobs: &Arc<Blobs>,
    ) -> Result<Self, OpenError> {
        let (sender, receiver) = mpsc::channel();
        let bells = Arc::new(Bells::default());
        let freed = blobs::start_remover(Arc::clone(blobs))?;
        let committer = Committer::new(writer, freed, Arc::clone(blobs), Arc::clone(&bells));
        let thread = thread::Builder::new()
            .name("object-index".into())
            .spawn(move || committer.run(&receiver))?;
        let (path, readers) = (path.to_owned(), Arc::default());
        Ok(Self {
            path,
            writer: Some(sender),
            thread: Some(thread),
            readers,
            bells,
        })
    }

    /// Runs `work` in a transaction; returns once it is durable. An error undoes what this `work` did, nothing else.
    ///
    /// A caller that goes away does not undo it: what was sent is carried out.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
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
    pub(crate) fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
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
        let change = Box::new(Pending::new(work, reply));
        let writer = self.writer.as_ref().ok_or(StoreError::Closed)?;
        writer.send(change).map_err(|_| StoreError::Closed)
    }

    /// Runs `look` on one snapshot of the index, off the async threads.
    pub(crate) async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (readers, path) = (Arc::clone(&self.readers), self.path.clone());
        let task = tokio::task::spawn_blocking(move || {
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| schema::open_reader(&path), Ok)?;
            // One snapshot for all that `look` asks: a row and what belongs to it must not be of two moments.
            let found = look(&*connection.unchecked_transaction()?);
            let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < IDLE_READERS {
                readers.push(connection);
            }
            found
        });
        task.await.map_err(|_| StoreError::Closed)?
    }

    /// Ring when a message became due by being written.
    pub(crate) fn bells(&self) -> &Bells {
        &self.bells
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
