//! Object tags: `PutObjectTagging`, `GetObjectTagging`, `DeleteObjectTagging` and the `x-amz-tagging` header.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use rusqlite::params;
use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
};
use s3s::{S3Error, S3Result, s3_error};

use crate::error::other_refusal;
use crate::records::{self, Tags};
use crate::store::Shared;

/// Limits of <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>.
const MAX_TAGS: usize = 10;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Tags of the `x-amz-tagging` header: a URL query.
pub(crate) fn parse_header(header: &str) -> Result<Tags, S3Error> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
    };
    let mut tags = Tags::new();
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Ok(key), Ok(value)) = (decode(key), decode(value)) else {
            return Err(s3_error!(
                InvalidArgument,
                "The header 'x-amz-tagging' shall be encoded as UTF-8"
            ));
        };
        tags.push((key, value));
    }
    check(tags)
}

fn check(tags: Tags) -> Result<Tags, S3Error> {
    if tags.len() > MAX_TAGS {
        let message = format!("Object tags cannot be greater than {MAX_TAGS}");
        return Err(other_refusal(
            "BadRequest",
            http::StatusCode::BAD_REQUEST,
            message,
        ));
    }
    let mut keys = HashSet::new();
    for (key, value) in &tags {
        if key.is_empty() || key.chars().count() > MAX_KEY {
            return Err(s3_error!(
                InvalidTag,
                "The TagKey you have provided is invalid"
            ));
        }
        if value.chars().count() > MAX_VALUE {
            return Err(s3_error!(
                InvalidTag,
                "The TagValue you have provided is invalid"
            ));
        }
        if !keys.insert(key) {
            return Err(s3_error!(
                InvalidTag,
                "Cannot provide multiple Tags with the same key"
            ));
        }
    }
    Ok(tags)
}

pub(crate) async fn put_object_tagging(
    shared: &Shared,
    input: PutObjectTaggingInput,
) -> S3Result<PutObjectTaggingOutput> {
    let pairs = input.tagging.tag_set.into_iter();
    let tags = check(
        pairs
            .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
            .collect(),
    )?;
    let version_id = replace(shared, (input.bucket, input.key, input.version_id), tags).await?;
    Ok(PutObjectTaggingOutput {
        version_id: Some(version_id),
    })
}

pub(crate) async fn delete_object_tagging(
    shared: &Shared,
    input: DeleteObjectTaggingInput,
) -> S3Result<DeleteObjectTaggingOutput> {
    let version_id = replace(
        shared,
        (input.bucket, input.key, input.version_id),
        Tags::new(),
    )
    .await?;
    Ok(DeleteObjectTaggingOutput {
        version_id: Some(version_id),
    })
}

/// Bucket name, key and version id of the object meant.
type Address = (String, String, Option<String>);

async fn replace(
    shared: &Shared,
    (name, key, version_id): Address,
    tags: Tags,
) -> S3Result<String> {
    let changed = shared.index.write(move |transaction| {
        let sql = transaction.sql();
        let version = records::existing(
            sql,
            records::bucket(sql, &name)?,
            &key,
            version_id.as_deref(),
        )?;
        sql.prepare_cached("UPDATE versions SET tags = ?2 WHERE seq = ?1")?
            .execute(params![version.seq, records::json(&tags)?])?;
        Ok(version.version_id)
    });
    Ok(changed.await?)
}

pub(crate) async fn get_object_tagging(
    shared: &Shared,
    input: GetObjectTaggingInput,
) -> S3Result<GetObjectTaggingOutput> {
    let found = shared.index.read(move |sql| {
        let bucket = records::bucket(sql, &input.bucket)?;
        records::existing(sql, bucket, &input.key, input.version_id.as_deref())
    });
    let version = found.await?;
    let tag_set = version
        .tags
        .into_iter()
        .map(|(key, value)| Tag {
            key: Some(key),
            value: Some(value),
        })
        .collect();
    Ok(GetObjectTaggingOutput {
        tag_set,
        version_id: Some(version.version_id),
    })
}
