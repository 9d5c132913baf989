//! Copies of entries of the log, in a bucket of their own.

use sha2::{Digest as _, Sha256};

use super::{Bucket, is};
use crate::aws::failure;
use crate::domain::text::hex;
use crate::error::Error;

impl Bucket {
    /// Stores what happened on `day` from the sequence number `first` on, under a key that has the hash of it. Nothing is ever replaced: the bucket's
    /// policy refuses a write without this condition
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html>).
    pub async fn put_copy(&self, day: &str, first: &str, lines: String) -> Result<(), Error> {
        let hash = hex(&Sha256::digest(lines.as_bytes())[..16]);
        let key = format!("{COPIES}{day}/{first}-{hash}.jsonl");
        let put = self
            .client
            .put_object()
            .bucket(self.audit_bucket()?)
            .key(key)
            .content_type("application/x-ndjson")
            .if_none_match("*")
            .body(lines.into_bytes().into());
        match put.send().await {
            Ok(_) => Ok(()),
            // The same lines are there.
            Err(error) if is(&error, "PreconditionFailed") => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }

    /// The first day behind `after` that has copies.
    pub async fn day_of_copies(&self, after: Option<&str>) -> Result<Option<String>, Error> {
        // Behind everything that begins with the day before.
        let after = after.map(|day| format!("{COPIES}{day}0"));
        let first = self
            .client
            .list_object_versions()
            .bucket(self.audit_bucket()?)
            .prefix(COPIES)
            .set_key_marker(after)
            .max_keys(1)
            .send()
            .await
            .map_err(failure)?;
        let key = first.versions().first().and_then(|version| version.key());
        let day = key.and_then(|key| key.strip_prefix(COPIES)?.split('/').next());
        Ok(day.map(str::to_owned))
    }

    /// The keys of the copies of a day, in their order.
    pub async fn copies_of(&self, day: &str) -> Result<Vec<String>, Error> {
        let list = self
            .client
            .list_objects_v2()
            .bucket(self.audit_bucket()?)
            .prefix(format!("{COPIES}{day}/"));
        let mut pages = list.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failure)?;
            let found = page.contents().iter().filter_map(|object| object.key());
            keys.extend(found.map(str::to_owned));
        }
        Ok(keys)
    }

    /// The lines under a key.
    pub async fn copy_at(&self, key: &str) -> Result<String, Error> {
        let get = self
            .client
            .get_object()
            .bucket(self.audit_bucket()?)
            .key(key);
        let object = get.send().await.map_err(failure)?;
        let bytes = object.body.collect().await.map_err(unread)?;
        String::from_utf8(bytes.to_vec()).map_err(Error::internal)
    }

    fn audit_bucket(&self) -> Result<&str, Error> {
        let bucket = self.config.audit_bucket.as_deref();
        bucket.ok_or_else(|| Error::internal("this function has no AUDIT_BUCKET"))
    }
}

/// Where the copies are.
const COPIES: &str = "audit/";

fn unread(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable(error.into())
}
