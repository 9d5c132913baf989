//! Everything that the bucket holds, key by key.

use std::collections::BTreeMap;

use super::{Bucket, failure, versions};
use crate::domain::Timestamp;
use crate::domain::standing::StoredVersion;
use crate::error::Error;

/// One key, and everything under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Every version and delete marker.
    pub versions: Vec<StoredVersion>,
    /// When the newest of them came.
    pub modified: Option<Timestamp>,
}

/// Some keys, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Each of them whole.
    pub keys: BTreeMap<String, Listed>,
    /// Whether there are keys behind these.
    pub more: bool,
}

impl Bucket {
    /// The keys below `prefix` behind the key `after`, from about `limit` versions on. A page may end amid the versions of a key: that key is
    /// left to the next one, because half of them say nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn walk(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: i32,
    ) -> Result<Walked, Error> {
        let mut keys: BTreeMap<String, Listed> = BTreeMap::new();
        let (mut next_key, mut next_version) = (after.map(str::to_owned), None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(self.bucket())
                .prefix(prefix)
                .max_keys(limit)
                .set_key_marker(next_key)
                .set_version_id_marker(next_version)
                .send()
                .await
                .map_err(failure)?;
            let mut add = |key: Option<&str>, at: Option<_>, version: StoredVersion| {
                let listed = keys.entry(key.unwrap_or_default().to_owned()).or_default();
                listed.versions.push(version);
                listed.modified = listed.modified.max(at.and_then(time));
            };
            for version in page.versions() {
                let listed = versions::version(version);
                add(version.key(), version.last_modified(), listed);
            }
            for marker in page.delete_markers() {
                let listed = versions::marker(marker);
                add(marker.key(), marker.last_modified(), listed);
            }
            let more = page.is_truncated() == Some(true);
            if !more || keys.len() > 1 {
                if more {
                    keys.pop_last();
                }
                return Ok(Walked { keys, more });
            }
            (next_key, next_version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }
}

fn time(at: &aws_sdk_s3::primitives::DateTime) -> Option<Timestamp> {
    at.to_millis().ok().map(Timestamp)
}
