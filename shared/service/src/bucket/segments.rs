//! Objects of the packed search ([`crate::db::packed`]).

use super::{Bucket, Object, failure};
use crate::error::Error;

impl Bucket {
    /// The bytes under `key`; `None` if there is nothing.
    pub(crate) async fn segment(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let request = self.client.get_object().bucket(self.bucket()).key(key);
        match self.object(request, u64::MAX).await? {
            Object::Bytes(bytes) => Ok(Some(bytes)),
            Object::TooLarge | Object::Missing => Ok(None),
        }
    }

    /// Stores a segment. Its content's hash is in the key, so writing it twice changes nothing.
    pub(crate) async fn put_segment(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let request = self.client.put_object().bucket(self.bucket()).key(key);
        request.body(bytes.into()).send().await.map_err(failure)?;
        Ok(())
    }

    /// The keys below `prefix`.
    pub(crate) async fn segments_below(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        loop {
            let after = keys.last().map(String::as_str);
            let page = self.walk(prefix, after, 1000).await?;
            keys.extend(page.keys.into_keys());
            if !page.more {
                return Ok(keys);
            }
        }
    }

    /// Removes segments for good; those that are gone are fine.
    pub(crate) async fn remove_segments(&self, keys: &[String]) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        self.remove_below(keys).await
    }
}
