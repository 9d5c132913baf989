//! Removing objects for good.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::future::try_join_all;

use super::{Bucket, failure, is};
use crate::domain::{ObjectKey, object_key};
use crate::error::Error;

/// Versions that one call removes
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>).
const MAX_KEYS: usize = 1000;

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
        self.remove_below(&[key.to_string()]).await
    }

    /// Removes one version of what was made of a file for good; one that is gone is fine.
    pub async fn remove_made(&self, key: &str, version: &str) -> Result<(), Error> {
        self.remove(key, version).await
    }

    /// Removes everything of a file for good: its uploads, every version of its original, and what was made of it. Stopped anywhere, it can be repeated.
    ///
    /// What is there is listed, because a record does not know every version; what is found is removed together. So a file takes six requests, and
    /// one more for each thousand versions.
    pub async fn remove_file(&self, key: &ObjectKey) -> Result<(), Error> {
        self.abort_all(key).await?;
        let prefixes = [
            key.to_string(),
            object_key::thumbnails_of(key.id),
            object_key::previews_of(key.id),
            object_key::instances_of(key.id),
        ];
        self.remove_below(&prefixes).await
    }

    pub(super) async fn remove_below(&self, prefixes: &[String]) -> Result<(), Error> {
        loop {
            let listed = try_join_all(prefixes.iter().map(|prefix| self.list_all(prefix))).await?;
            let is_whole = listed.iter().all(|(_, is_whole)| *is_whole);
            let objects: Vec<_> = listed
                .into_iter()
                .flat_map(|(objects, _)| objects)
                .collect();
            for batch in objects.chunks(MAX_KEYS) {
                self.remove_all(batch.to_vec()).await?;
            }
            if is_whole {
                return Ok(());
            }
        }
    }

    /// The first versions and delete markers below `prefix`, and whether these are all.
    async fn list_all(&self, prefix: &str) -> Result<(Vec<ObjectIdentifier>, bool), Error> {
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
        let versions = page.versions().iter();
        let versions = versions.filter_map(|version| object(version.key(), version.version_id()));
        let markers = page.delete_markers().iter();
        let markers = markers.filter_map(|marker| object(marker.key(), marker.version_id()));
        Ok((
            versions.chain(markers).collect(),
            page.is_truncated() != Some(true),
        ))
    }

    /// Removes these versions for good.
    async fn remove_all(&self, objects: Vec<ObjectIdentifier>) -> Result<(), Error> {
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
        let Some(error) = answer.errors().first() else {
            return Ok(());
        };
        let code = error.code().unwrap_or_default();
        Err(Error::Unavailable(
            format!("an object was not removed: {code}").into(),
        ))
    }
}
