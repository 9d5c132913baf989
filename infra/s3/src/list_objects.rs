//! `ListObjectsV2`: the current objects, keys in byte order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::params;
use s3s::dto::{ListObjectsV2Input, ListObjectsV2Output, Object, ObjectStorageClass};
use s3s::{S3Result, s3_error};

use crate::records::{self, VERSION_COLUMNS, Version};
use crate::scope::{MAX_PAGE, Scope, after};
use crate::store::Shared;

pub(crate) async fn list_objects_v2(
    shared: &Shared,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let scope = Scope::new(
        input.prefix.as_deref(),
        input.encoding_type.as_ref(),
        ("max-keys", input.max_keys),
    )?;
    let token = input.continuation_token.as_deref().unwrap_or_default();
    let from = URL_SAFE_NO_PAD.decode(token).map_err(|_| {
        s3_error!(
            InvalidArgument,
            "The continuation token provided is incorrect"
        )
    })?;
    let name = input.bucket.clone();
    let read = shared.index.read(move |sql| {
        let bucket = records::bucket(sql, &name)?;
        let mut statement = sql.prepare_cached(&format!(
            "SELECT {VERSION_COLUMNS} FROM versions
             WHERE bucket = ?1 AND key >= ?2 AND is_latest = 1 AND is_marker = 0 ORDER BY key"
        ))?;
        let (from, _) = scope.start(from, None::<()>);
        let rows = statement.query_map(params![bucket, from], Version::from_row)?;
        Ok((scope.page(rows, |version| &version.key)?, scope))
    });
    let ((objects, is_truncated), scope) = read.await?;
    let last = objects.last().filter(|_| is_truncated);
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(scope.shown(input.prefix.as_deref().unwrap_or_default())),
        max_keys: Some(input.max_keys.unwrap_or(MAX_PAGE)),
        key_count: i32::try_from(objects.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(is_truncated),
        next_continuation_token: last.map(|last| URL_SAFE_NO_PAD.encode(after(&last.key))),
        contents: Some(objects.iter().map(|found| object(found, &scope)).collect()),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

fn object(version: &Version, scope: &Scope) -> Object {
    Object {
        e_tag: Some(version.strong_etag()),
        key: Some(scope.shown(&version.key)),
        last_modified: Some(version.modified()),
        size: Some(version.size),
        storage_class: Some(ObjectStorageClass::from(version.storage_class.clone())),
        ..Object::default()
    }
}
