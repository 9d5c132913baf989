//! Removing objects for good.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{Bucket, failure, is};
use crate::domain::{ObjectKey, object_key};
use crate::error::Error;

impl Bucket {
    /// Removes one version for good; one that is gone is fine.
    pub async fn remove_version(&self, key: &ObjectKey, version: &str) -> Result<(), Error> {
        self.remove(&key.to_string(), version).await
    }

    async fn remove(&self, key: &str, version: &str) -> Result<(), Error> {
        let request = self
            .client
            .delete_object()
            .bucket(self.bucket())
            .key(key)
            .version_id(version);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, "NoSuchVersion") => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }

    /// Removes every version of one original for good.
    pub async fn remove_original(&self, key: &ObjectKey) -> Result<(), Error> {
        self.remove_all(&key.to_string()).await
    }

    /// Removes one version of a picture for good; one that is gone is fine.
    pub async fn remove_picture(&self, key: &str, version: &str) -> Result<(), Error> {
        self.remove(key, version).await
    }

    /// Removes everything of a file for good: its uploads, every version of its original, and its pictures. Stopped anywhere, it can be repeated.
    pub async fn remove_file(&self, key: &ObjectKey) -> Result<(), Error> {
        self.abort_all(key).await?;
        for prefix in [
            key.to_string(),
            object_key::thumbnails_of(key.id),
            object_key::previews_of(key.id),
        ] {
            self.remove_all(&prefix).await?;
        }
        Ok(())
    }

    /// Removes every version of everything below `prefix` for good.
    async fn remove_all(&self, prefix: &str) -> Result<(), Error> {
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(self.bucket())
                .prefix(prefix)
                .send()
                .await
                .map_err(failure)?;
            let object = |key: Option<&str>, version: Option<&str>| {
                ObjectIdentifier::builder()
                    .key(key?)
                    .set_version_id(version.map(str::to_owned))
                    .build()
                    .ok()
            };
            let versions = page
                .versions()
                .iter()
                .filter_map(|version| object(version.key(), version.version_id()));
            let markers = page
                .delete_markers()
                .iter()
                .filter_map(|marker| object(marker.key(), marker.version_id()));
            let objects: Vec<ObjectIdentifier> = versions.chain(markers).collect();
            if objects.is_empty() {
                return Ok(());
            }
            let delete = Delete::builder()
                .set_objects(Some(objects))
                .quiet(true)
                .build()
                .map_err(Error::internal)?;
            let answer = self
                .client
                .delete_objects()
                .bucket(self.bucket())
                .delete(delete)
                .send()
                .await
                .map_err(failure)?;
            if let Some(error) = answer.errors().first() {
                return Err(Error::Unavailable(
                    format!(
                        "an object was not removed: {}",
                        error.code().unwrap_or_default()
                    )
                    .into(),
                ));
            }
            if page.is_truncated() != Some(true) {
                return Ok(());
            }
        }
    }
}
