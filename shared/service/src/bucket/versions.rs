//! The versions that the bucket holds of one original.

use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion};

use super::{Bucket, failure};
use crate::domain::ObjectKey;
use crate::domain::standing::StoredVersion;
use crate::error::Error;

impl Bucket {
    /// Every version under `key`, newest first. (The SDK has no paginator for this call.)
    pub async fn versions(&self, key: &ObjectKey) -> Result<Vec<StoredVersion>, Error> {
        let key = key.to_string();
        let mut versions = Vec::new();
        let (mut next_key, mut next_version) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(self.bucket())
                .prefix(&key)
                .set_key_marker(next_key)
                .set_version_id_marker(next_version)
                .send()
                .await
                .map_err(failure)?;
            // A prefix is no key: another object may begin with it.
            let own = page.versions().iter();
            versions.extend(own.filter(|own| own.key() == Some(&*key)).map(version));
            let own = page.delete_markers().iter();
            versions.extend(own.filter(|own| own.key() == Some(&*key)).map(marker));
            if page.is_truncated() != Some(true) {
                return Ok(versions);
            }
            (next_key, next_version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }
}

pub(super) fn version(version: &ObjectVersion) -> StoredVersion {
    let size = version.size().and_then(|size| size.try_into().ok());
    let etag = version.e_tag().unwrap_or_default().trim_matches('"');
    StoredVersion {
        id: version.version_id().unwrap_or_default().to_owned(),
        size: size.unwrap_or(0),
        etag: etag.to_owned(),
        is_current: version.is_latest() == Some(true),
        is_marker: false,
    }
}

pub(super) fn marker(marker: &DeleteMarkerEntry) -> StoredVersion {
    StoredVersion {
        id: marker.version_id().unwrap_or_default().to_owned(),
        size: 0,
        etag: String::new(),
        is_current: marker.is_latest() == Some(true),
        is_marker: true,
    }
}
