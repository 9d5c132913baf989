//! Segments of the packed search ([`super::packed`]), in the bucket and in the memory of a warm function.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use packed::{Catalog, Segment};
use sha2::{Digest as _, Sha256};

use crate::bucket::Bucket;
use crate::domain::text::hex;
use crate::error::Error;

/// Objects that are read at once.
const AT_ONCE: usize = 32;
/// What is kept in memory.
const MOST_BYTES: usize = 450 * 1024 * 1024;

/// The segments of all spaces.
#[derive(Clone, Debug)]
pub struct Segments {
    bucket: Bucket,
    kept: Arc<Mutex<HashMap<String, Arc<Segment>>>>,
}

impl Segments {
    /// In this bucket.
    #[must_use]
    pub fn new(bucket: Bucket) -> Self {
        Self {
            bucket,
            kept: Arc::default(),
        }
    }

    /// The segments of a catalog; `None` if one is not there, or damaged.
    pub(super) async fn all(
        &self,
        space: i64,
        catalog: &Catalog,
    ) -> Result<Option<Vec<Arc<Segment>>>, Error> {
        let read = stream::iter(names_of(catalog));
        let read = read.map(async |name: String| self.one(space, &name).await);
        let found: Vec<_> = read.buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().collect())
    }

    /// Whether every segment of a catalog is in the bucket.
    pub(super) async fn are_whole(&self, space: i64, catalog: &Catalog) -> Result<bool, Error> {
        let read = stream::iter(names_of(catalog));
        let read = read.map(async |name: String| self.fetch(space, &name).await);
        let mut found = std::pin::pin!(read.buffered(AT_ONCE));
        while let Some(segment) = found.next().await {
            if segment?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn one(&self, space: i64, name: &str) -> Result<Option<Arc<Segment>>, Error> {
        let key = key(space, name);
        if let Some(kept) = self.lock().get(&key) {
            return Ok(Some(Arc::clone(kept)));
        }
        let segment = self.fetch(space, name).await?;
        Ok(segment.map(|segment| self.keep(key, segment)))
    }

    /// One segment, which is not kept; `None` if it is not there, or damaged.
    pub(super) async fn fetch(&self, space: i64, name: &str) -> Result<Option<Segment>, Error> {
        let key = key(space, name);
        let Some(bytes) = self.bucket.segment(&key).await? else {
            tracing::error!(key, "a segment of the packed search is gone");
            return Ok(None);
        };
        match Segment::from_bytes(&bytes) {
            Ok(segment) => Ok(Some(segment)),
            Err(error) => {
                tracing::error!(key, %error, "a segment of the packed search cannot be read");
                Ok(None)
            }
        }
    }

    /// Stores a segment; answers its name, which has the hash of its bytes.
    pub(super) async fn put(
        &self,
        space: i64,
        segment: Segment,
    ) -> Result<(String, Segment), Error> {
        let bytes = segment.to_bytes();
        let hash = hex(&Sha256::digest(&bytes)[..16]);
        let name = format!("{}-{hash}", segment.first().unwrap_or_default());
        self.bucket.put_segment(&key(space, &name), bytes).await?;
        Ok((name, segment))
    }

    /// The names of all that the bucket has of a space.
    pub(super) async fn names(&self, space: i64) -> Result<Vec<String>, Error> {
        let prefix = key(space, "");
        let keys = self.bucket.segments_below(&prefix).await?;
        let names = keys.iter().filter_map(|key| key.strip_prefix(&prefix));
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes segments from the bucket. The caller knows that no question reads them any more.
    pub(super) async fn remove(&self, space: i64, names: &[String]) -> Result<(), Error> {
        let keys: Vec<String> = names.iter().map(|name| key(space, name)).collect();
        self.bucket.remove_segments(&keys).await
    }

    /// Keeps a segment in memory; if there is no room, the others are read again by who needs them.
    fn keep(&self, key: String, segment: Segment) -> Arc<Segment> {
        let segment = Arc::new(segment);
        let mut kept = self.lock();
        let bytes: usize = kept.values().map(|segment| segment.bytes()).sum();
        if bytes + segment.bytes() > MOST_BYTES {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&segment));
        segment
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Segment>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn names_of(catalog: &Catalog) -> Vec<String> {
    let segments = catalog.segments().iter();
    segments.map(|listed| listed.name.clone()).collect()
}

fn key(space: i64, name: &str) -> String {
    format!("segments/{space}/{name}")
}
