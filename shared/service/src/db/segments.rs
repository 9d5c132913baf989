//! Segments of the packed search ([`super::packed`]) and pieces of lists of names ([`super::names`]), in the bucket and in the memory of a warm function.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use packed::names::Names;
use packed::{Catalog, Damaged, Segment};
use sha2::{Digest as _, Sha256};

use crate::bucket::Bucket;
use crate::chance;
use crate::domain::text::hex;
use crate::error::Error;

/// Objects that are read at once.
const AT_ONCE: usize = 32;
/// What is kept in memory.
const MOST_BYTES: usize = 450 * 1024 * 1024;

/// What an immutable object of the bucket holds.
pub trait Immutable: Sized {
    /// Of what whoever reads the log is told.
    const KIND: &str;

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// They are not whole, or of another format.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged>;
    /// The bytes of the object.
    fn to_bytes(&self) -> Vec<u8>;
    /// How much memory it takes, about.
    fn size(&self) -> usize;
    /// What its name begins with.
    fn number(&self) -> u64;
}

impl Immutable for Segment {
    const KIND: &str = "a segment of the packed search";

    fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        Self::from_bytes(bytes)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }

    fn size(&self) -> usize {
        self.bytes()
    }

    fn number(&self) -> u64 {
        self.first().unwrap_or_default()
    }
}

impl Immutable for Names {
    const KIND: &str = "a piece of a list of names";

    fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        Self::from_bytes(bytes)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }

    fn size(&self) -> usize {
        self.bytes()
    }

    /// Drawn, because a name says nothing of whom it is about.
    fn number(&self) -> u64 {
        chance::drawn_of(0..=u64::MAX / 2)
    }
}

/// Whose objects they are: a space, or a list of names.
pub trait Space: Display + Copy + Send + Sync {}

impl<T: Display + Copy + Send + Sync> Space for T {}

/// The objects of one kind, of all spaces or lists.
#[derive(Debug)]
pub struct Segments<S = Segment> {
    bucket: Bucket,
    kept: Arc<Mutex<HashMap<String, Arc<S>>>>,
}

impl<S> Clone for Segments<S> {
    fn clone(&self) -> Self {
        Self {
            bucket: self.bucket.clone(),
            kept: Arc::clone(&self.kept),
        }
    }
}

impl<S> Segments<S> {
    /// In this bucket.
    #[must_use]
    pub fn new(bucket: Bucket) -> Self {
        Self {
            bucket,
            kept: Arc::default(),
        }
    }
}

impl<S: Immutable + Send + Sync + 'static> Segments<S> {
    /// The objects of these names; `None` if one is not there, or damaged.
    pub(super) async fn all(
        &self,
        space: impl Space,
        names: Vec<String>,
    ) -> Result<Option<Vec<Arc<S>>>, Error> {
        let read = stream::iter(names);
        let read = read.map(async |name: String| self.one(space, &name).await);
        let found: Vec<_> = read.buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().collect())
    }

    /// [`Self::all`], which are not kept, and not taken from what is kept.
    pub(super) async fn fetch_all(
        &self,
        space: impl Space,
        names: Vec<String>,
    ) -> Result<Option<Vec<S>>, Error> {
        let read = stream::iter(names);
        let read = read.map(async |name: String| self.fetch(space, &name).await);
        let found: Vec<_> = read.buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().collect())
    }

    /// Whether every object of these names is in the bucket.
    pub(super) async fn are_whole(
        &self,
        space: impl Space,
        names: Vec<String>,
    ) -> Result<bool, Error> {
        let read = stream::iter(names);
        let read = read.map(async |name: String| self.fetch(space, &name).await);
        let mut found = std::pin::pin!(read.buffered(AT_ONCE));
        while let Some(segment) = found.next().await {
            if segment?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn one(&self, space: impl Space, name: &str) -> Result<Option<Arc<S>>, Error> {
        let key = key(space, name);
        if let Some(kept) = self.lock().get(&key) {
            return Ok(Some(Arc::clone(kept)));
        }
        let segment = self.fetch(space, name).await?;
        Ok(segment.map(|segment| self.keep(key, segment)))
    }

    /// One object, which is not kept; `None` if it is not there, or damaged.
    pub(super) async fn fetch(&self, space: impl Space, name: &str) -> Result<Option<S>, Error> {
        let key = key(space, name);
        let Some(bytes) = self.bucket.segment(&key).await? else {
            tracing::error!(key, "{} is gone", S::KIND);
            return Ok(None);
        };
        match S::from_bytes(&bytes) {
            Ok(segment) => Ok(Some(segment)),
            Err(error) => {
                tracing::error!(key, %error, "{} cannot be read", S::KIND);
                Ok(None)
            }
        }
    }

    /// Stores an object; answers its name, which has the hash of its bytes.
    pub(super) async fn put(&self, space: impl Space, segment: S) -> Result<(String, S), Error> {
        let bytes = segment.to_bytes();
        let hash = hex(&Sha256::digest(&bytes)[..16]);
        let name = format!("{}-{hash}", segment.number());
        self.bucket.put_segment(&key(space, &name), bytes).await?;
        Ok((name, segment))
    }

    /// The names of all that the bucket has of a space or a list.
    pub(super) async fn names(&self, space: impl Space) -> Result<Vec<String>, Error> {
        let prefix = key(space, "");
        let keys = self.bucket.segments_below(&prefix).await?;
        let names = keys.iter().filter_map(|key| key.strip_prefix(&prefix));
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes segments from the bucket. The caller knows that no question reads them any more.
    pub(super) async fn remove(&self, space: impl Space, names: &[String]) -> Result<(), Error> {
        let keys: Vec<String> = names.iter().map(|name| key(space, name)).collect();
        self.bucket.remove_segments(&keys).await
    }

    /// Keeps a segment in memory; if there is no room, the others are read again by who needs them.
    fn keep(&self, key: String, segment: S) -> Arc<S> {
        let segment = Arc::new(segment);
        let mut kept = self.lock();
        let bytes: usize = kept.values().map(|segment| segment.size()).sum();
        if bytes + segment.size() > MOST_BYTES {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&segment));
        segment
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<S>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What names the segments of a catalog.
pub(super) fn names_of(catalog: &Catalog) -> Vec<String> {
    let segments = catalog.segments().iter();
    segments.map(|listed| listed.name.clone()).collect()
}

fn key(space: impl Space, name: &str) -> String {
    format!("segments/{space}/{name}")
}
