//! Chunks of worklists: packed entries of studies of neighbouring ids, as objects of the bucket. A chunk is immutable and named by its content.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
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
#[derive(Clone, Debug)]
pub(super) struct List {
    /// As the row has it, whatever it is; `None` if there is no row.
    pub(super) version: Option<AttributeValue>,
    pub(super) number: u64,
    pub(super) chunks: Vec<Chunk>,
    /// Whether everything that is packed is in these chunks: otherwise nobody can read the row.
    pub(super) is_whole: bool,
}

impl Default for List {
    fn default() -> Self {
        Self {
            version: None,
            number: 0,
            chunks: Vec::new(),
            is_whole: true,
        }
    }
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

    /// The chunks of a list; `None` if one is not there, or damaged, or the list is.
    pub(super) async fn all(
        &self,
        owner: i64,
        list: &List,
    ) -> Result<Option<Vec<Arc<Vec<Listed>>>>, Error> {
        if !list.is_whole {
            return Ok(None);
        }
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

    /// The names of all that the bucket has of an owner.
    pub(super) async fn names(&self, owner: i64) -> Result<Vec<String>, Error> {
        let prefix = object(owner, "");
        let keys = self.bucket.segments_below(&prefix).await?;
        let names = keys.iter().filter_map(|key| key.strip_prefix(&prefix));
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes objects for good. The caller has to know that nobody reads them any more.
    pub(super) async fn remove(&self, owner: i64, names: &[String]) -> Result<(), Error> {
        let keys: Vec<String> = names.iter().map(|name| object(owner, name)).collect();
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
