//! Moving originals between storage classes: a copy onto the same key, in one request or in parts.

use std::collections::BTreeMap;

use aws_sdk_s3::types::StorageClass as S3StorageClass;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Bucket, StoredPart, failure};
use crate::domain::ObjectKey;
use crate::domain::record::StorageClass;
use crate::domain::transition::StoredObject;
use crate::error::Error;

/// Parts copied at once; S3 moves them, not this function. S3 gives one request at a time 85 to 90 MB/s
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html>, "Horizontal scaling and request
/// parallelization"), so with parts of 64 MiB the 2 GiB that a request moves are 32 copies at the same time.
const COPIES_AT_ONCE: usize = 32;
/// What may stand in a copy source as it is.
const NOT_IN_PATH: AsciiSet = NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

impl Bucket {
    /// Whether an object of `size` bytes is copied in parts.
    #[must_use]
    pub fn copies_in_parts(&self, size: u64) -> bool {
        size > self.config.moves.one_copy
    }

    /// Copies the object under `key` to `class` in one request: a new version with the same bytes. Answers that version. The old one stays: a
    /// reader who has begun can go on.
    pub async fn copy(
        &self,
        key: &ObjectKey,
        object: &StoredObject,
        class: StorageClass,
    ) -> Result<StoredObject, Error> {
        let request = self
            .client
            .copy_object()
            .bucket(self.bucket())
            .key(key.to_string())
            .copy_source(self.source(key, object))
            .storage_class(of(class)?);
        let copied = request.send().await.map_err(failure)?;
        Ok(StoredObject {
            version: copied.version_id,
            size: object.size,
        })
    }

    /// Begins a copy in parts to `class`, and answers the id of its upload. Until it is completed, nobody sees anything of it.
    pub async fn begin_copy(
        &self,
        key: &ObjectKey,
        class: StorageClass,
        mime_type: &str,
    ) -> Result<String, Error> {
        self.begin(key, mime_type, Some(of(class)?)).await
    }

    /// Copies the parts that the upload does not have yet, and completes it. `None`: the bucket knows no such upload. Stopped anywhere, it can be
    /// repeated: what was copied is not copied again.
    pub async fn copy_parts(
        &self,
        key: &ObjectKey,
        object: &StoredObject,
        upload_id: &str,
    ) -> Result<Option<StoredObject>, Error> {
        let Some(stored) = self.list_parts(key, upload_id).await? else {
            return Ok(None);
        };
        let mut parts: BTreeMap<u32, StoredPart> = BTreeMap::new();
        let ranges = ranges(object.size, self.config.moves.part);
        parts.extend(stored.into_iter().map(|part| (part.number, part)));
        // Another size of parts, of another version of the service, would not fit together with this one's.
        parts.retain(|number, part| {
            let range = ranges.get((number - 1) as usize);
            range.is_some_and(|(first, end)| end - first == part.size)
        });
        let source = self.source(key, object);
        let missing: Vec<_> = (1..)
            .zip(ranges)
            .filter(|(number, _)| !parts.contains_key(number))
            .collect();
        let copies = missing
            .into_iter()
            .map(|(number, range)| self.copy_part(key, &source, upload_id, number, range));
        let copies = stream::iter(copies).buffer_unordered(COPIES_AT_ONCE);
        let copied: Vec<StoredPart> = copies.try_collect().await?;
        parts.extend(copied.into_iter().map(|part| (part.number, part)));
        let parts: Vec<StoredPart> = parts.into_values().collect();
        let version = self.complete_copy(key, upload_id, &parts).await?;
        Ok(version.map(|version| StoredObject {
            version,
            size: object.size,
        }))
    }

    async fn copy_part(
        &self,
        key: &ObjectKey,
        source: &str,
        upload_id: &str,
        number: u32,
        (first, end): (u64, u64),
    ) -> Result<StoredPart, Error> {
        let request = self
            .client
            .upload_part_copy()
            .bucket(self.bucket())
            .key(key.to_string())
            .upload_id(upload_id)
            .part_number(i32::try_from(number).unwrap_or(i32::MAX))
            .copy_source(source)
            .copy_source_range(format!("bytes={first}-{}", end - 1));
        let copied = request.send().await.map_err(failure)?.copy_part_result;
        let etag = copied.and_then(|part| part.e_tag).unwrap_or_default();
        Ok(StoredPart {
            number,
            size: end - first,
            etag: etag.trim_matches('"').to_owned(),
        })
    }

    /// The version of an object as a source of copies.
    fn source(&self, key: &ObjectKey, object: &StoredObject) -> String {
        let mut source = format!(
            "{}/{}",
            self.bucket(),
            utf8_percent_encode(&key.to_string(), &NOT_IN_PATH)
        );
        if let Some(version) = &object.version {
            source.push_str("?versionId=");
            source.push_str(version);
        }
        source
    }
}

/// The first byte of each part, and the first one behind it.
fn ranges(size: u64, part: u64) -> Vec<(u64, u64)> {
    let begins = (0..size.div_ceil(part)).map(|number| number * part);
    begins
        .map(|begin| (begin, (begin + part).min(size)))
        .collect()
}

fn of(class: StorageClass) -> Result<S3StorageClass, Error> {
    match class {
        StorageClass::Standard => Ok(S3StorageClass::Standard),
        StorageClass::InstantRetrieval => Ok(S3StorageClass::GlacierIr),
        StorageClass::Unknown => Err(Error::newer_version()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_side_by_side_to_the_end() {
        assert_eq!(ranges(10, 4), [(0, 4), (4, 8), (8, 10)]);
        assert_eq!(ranges(8, 4), [(0, 4), (4, 8)]);
        assert_eq!(ranges(0, 4), []);
    }
}
