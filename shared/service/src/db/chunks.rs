//! Chunks of worklists: packed entries of studies of neighbouring ids, as objects of the bucket. A chunk is immutable and named by its content.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::bucket::Bucket;
use crate::domain::text::hex;
use crate::domain::worklist::{Entry, Listed};
use crate::error::Error;

/// What is kept in memory of chunks: an entry takes about a kilobyte.
const MOST_KEPT: usize = 300_000;
const LETTERS: [u8; 4] = *b"FRWL";

/// One chunk as the list names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chunk {
    /// The smallest id that belongs to it, until the next one begins.
    pub(super) first: u64,
    pub(super) name: String,
}

/// The list of chunks of an owner.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) version: u64,
    pub(super) chunks: Vec<Chunk>,
}

/// Chunks in the bucket, and in the memory of a warm function.
#[derive(Clone, Debug)]
pub struct Chunks {
    bucket: Bucket,
    kept: Arc<Mutex<HashMap<String, Arc<Vec<Listed>>>>>,
}

impl Chunks {
    /// In this bucket.
    #[must_use]
    pub fn new(bucket: Bucket) -> Self {
        Self {
            bucket,
            kept: Arc::default(),
        }
    }

    /// The chunks of a list; `None` if one is not there, or damaged.
    pub(super) async fn all(
        &self,
        owner: i64,
        list: &List,
    ) -> Result<Option<Vec<Arc<Vec<Listed>>>>, Error> {
        let read = list.chunks.iter().map(|chunk| self.one(owner, &chunk.name));
        let found = futures_util::future::try_join_all(read).await?;
        Ok(found.into_iter().collect())
    }

    /// One of them.
    pub(super) async fn one(
        &self,
        owner: i64,
        name: &str,
    ) -> Result<Option<Arc<Vec<Listed>>>, Error> {
        let key = object(owner, name);
        if let Some(kept) = self.lock().get(&key) {
            return Ok(Some(Arc::clone(kept)));
        }
        let Some(bytes) = self.bucket.segment(&key).await? else {
            return Ok(None);
        };
        let entries = packed::unpacked::<Vec<u8>>(LETTERS, &bytes).ok();
        let entries = entries.and_then(|json| serde_json::from_slice::<Vec<Entry>>(&json).ok());
        let Some(entries) = entries else {
            tracing::error!(key, "a chunk of a worklist cannot be read");
            return Ok(None);
        };
        Ok(Some(self.keep(key, entries)))
    }

    /// Stores entries, in the order of their ids.
    pub(super) async fn put(&self, owner: i64, entries: &[Entry]) -> Result<Chunk, Error> {
        let json = serde_json::to_vec(entries).map_err(Error::internal)?;
        let bytes = packed::packed(LETTERS, &json);
        let name = hex(&Sha256::digest(&bytes)[..16]);
        self.bucket
            .put_segment(&object(owner, &name), bytes)
            .await?;
        let first = entries.first().map_or(0, |entry| entry.id.number());
        Ok(Chunk { first, name })
    }

    /// Removes what neither of two lists names.
    pub(super) async fn remove_old(&self, owner: i64, lists: [&List; 2]) -> Result<(), Error> {
        let prefix = object(owner, "");
        let named = |key: &String| {
            let name = key.strip_prefix(&prefix);
            let mut chunks = lists.iter().flat_map(|list| &list.chunks);
            chunks.any(|chunk| Some(chunk.name.as_str()) == name)
        };
        let mut keys = self.bucket.segments_below(&prefix).await?;
        keys.retain(|key| !named(key));
        self.bucket.remove_segments(&keys).await
    }

    fn keep(&self, key: String, entries: Vec<Entry>) -> Arc<Vec<Listed>> {
        let entries: Arc<Vec<Listed>> = Arc::new(entries.into_iter().map(Listed::from).collect());
        let mut kept = self.lock();
        let many: usize = kept.values().map(|entries| entries.len()).sum();
        if many + entries.len() > MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&entries));
        entries
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Vec<Listed>>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn object(owner: i64, name: &str) -> String {
    format!("segments/studies/{owner}/{name}")
}
