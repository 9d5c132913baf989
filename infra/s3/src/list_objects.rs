//! `ListObjectsV2`, and the rules all listings share: byte order, prefix, delimiter, pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, params};
use s3s::dto::{
    ChecksumAlgorithm, CommonPrefix, EncodingType, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass,
};
use s3s::{S3Error, S3Result, s3_error};

use crate::error::StoreError;
use crate::records::{self, BucketId, VERSION_COLUMNS, Version};
use crate::store::Shared;

/// Entries of a page, at most and by default.
const MAX_PAGE: i32 = 1000;

/// Which part of a bucket a listing covers and how it is shown.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) prefix: Vec<u8>,
    delimiter: Option<Vec<u8>>,
    encode: bool,
    pub(crate) limit: usize,
}

impl Scope {
    pub(crate) fn new(
        prefix: Option<&str>,
        delimiter: Option<&str>,
        encoding: Option<&EncodingType>,
        limit: Option<i32>,
    ) -> Result<Self, S3Error> {
        let limit = limit.unwrap_or(MAX_PAGE).min(MAX_PAGE);
        let limit = usize::try_from(limit).map_err(|_| {
            s3_error!(
                InvalidArgument,
                "Argument maxKeys must be an integer between 0 and 2147483647"
            )
        })?;
        let delimiter = delimiter
            .filter(|text| !text.is_empty())
            .map(|text| text.as_bytes().to_vec());
        let encode = encoding.is_some_and(|kind| kind.as_str() == EncodingType::URL);
        Ok(Self {
            prefix: prefix.unwrap_or_default().as_bytes().to_vec(),
            delimiter,
            encode,
            limit,
        })
    }

    /// What `key` is shown as when keys are rolled up at the delimiter: everything up to it.
    pub(crate) fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.as_deref()?;
        let rest = key.as_bytes().get(self.prefix.len()..)?;
        let at = rest
            .windows(delimiter.len())
            .position(|window| window == delimiter)?;
        key.get(..self.prefix.len() + at + delimiter.len())
    }

    /// A key, prefix or delimiter as the answer shows it.
    pub(crate) fn shown(&self, text: &str) -> String {
        if self.encode {
            utf8_percent_encode(text, SHOWN).to_string()
        } else {
            text.to_owned()
        }
    }

    /// The first position, at or after `from`, that can hold a key of the prefix.
    pub(crate) fn start(&self, from: Vec<u8>) -> Vec<u8> {
        from.max(self.prefix.clone())
    }

    /// The prefixes that stand for the keys below them.
    pub(crate) fn common_prefixes(&self, prefixes: &[String]) -> Vec<CommonPrefix> {
        let shown = |prefix: &String| CommonPrefix {
            prefix: Some(self.shown(prefix)),
        };
        prefixes.iter().map(shown).collect()
    }
}

/// `encoding-type=url`: what XML cannot carry, and what S3 encodes beside it.
const SHOWN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');

/// The first position behind `key` itself.
pub(crate) fn after(key: &str) -> Vec<u8> {
    [key.as_bytes(), b"\0"].concat()
}

/// The first position behind every key that starts with `prefix`. UTF-8 has no byte 0xFF, so adding one is safe.
pub(crate) fn behind(prefix: &str) -> Vec<u8> {
    let mut position = prefix.as_bytes().to_vec();
    if let Some(last) = position.last_mut() {
        *last += 1;
    }
    position
}

/// One page of current objects.
#[derive(Default)]
struct Page {
    objects: Vec<Version>,
    common: Vec<String>,
    /// Where the next page starts.
    next: Option<Vec<u8>>,
}

impl Page {
    fn len(&self) -> usize {
        self.objects.len() + self.common.len()
    }
}

pub(crate) async fn list_objects_v2(
    shared: &Shared,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let scope = Scope::new(
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        input.encoding_type.as_ref(),
        input.max_keys,
    )?;
    let from = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => URL_SAFE_NO_PAD.decode(token).map_err(|_| {
            s3_error!(
                InvalidArgument,
                "The continuation token provided is incorrect"
            )
        })?,
        (None, Some(key)) => after(key),
        (None, None) => Vec::new(),
    };
    let name = input.bucket.clone();
    let read = shared.index.read(move |sql| {
        let bucket = records::bucket(sql, &name)?;
        let page = page(sql, bucket, &scope, from)?;
        Ok((page, scope))
    });
    let (page, scope) = read.await?;
    let count = i32::try_from(page.len()).ok();
    let next_continuation_token = page.next.map(|position| URL_SAFE_NO_PAD.encode(position));
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(scope.shown(input.prefix.as_deref().unwrap_or_default())),
        max_keys: Some(input.max_keys.unwrap_or(MAX_PAGE)),
        key_count: count,
        continuation_token: input.continuation_token,
        is_truncated: Some(next_continuation_token.is_some()),
        next_continuation_token,
        contents: Some(
            page.objects
                .iter()
                .map(|version| object(version, &scope))
                .collect(),
        ),
        common_prefixes: Some(scope.common_prefixes(&page.common)),
        delimiter: input.delimiter.as_deref().map(|text| scope.shown(text)),
        encoding_type: input.encoding_type,
        start_after: input.start_after.as_deref().map(|text| scope.shown(text)),
        ..ListObjectsV2Output::default()
    })
}

fn object(version: &Version, scope: &Scope) -> Object {
    let checksum = version.checksum.as_ref();
    Object {
        checksum_algorithm: checksum
            .map(|sum| vec![ChecksumAlgorithm::from_static(sum.algorithm.name())]),
        checksum_type: checksum.map(|sum| records::checksum_type(sum.composite)),
        e_tag: Some(version.strong_etag()),
        key: Some(scope.shown(&version.key)),
        last_modified: Some(version.modified()),
        size: Some(version.size),
        storage_class: Some(ObjectStorageClass::from(version.storage_class.clone())),
        ..Object::default()
    }
}

/// A range scan of the index; a rolled-up prefix is jumped over, not read.
fn page(
    sql: &Connection,
    bucket: BucketId,
    scope: &Scope,
    from: Vec<u8>,
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    if scope.limit == 0 {
        return Ok(page);
    }
    let mut statement = sql.prepare_cached(&format!(
        "SELECT {VERSION_COLUMNS} FROM versions
         WHERE bucket = ?1 AND key >= ?2 AND is_latest = 1 AND is_marker = 0 ORDER BY key"
    ))?;
    let mut start = scope.start(from);
    'scan: loop {
        let mut rows = statement.query(params![bucket, start])?;
        while let Some(row) = rows.next()? {
            let version = Version::from_row(row)?;
            if !version.key.as_bytes().starts_with(&scope.prefix) {
                break 'scan;
            }
            let rolled = scope.common_prefix(&version.key).map(str::to_owned);
            if page.len() == scope.limit {
                page.next = Some(version.key.into_bytes());
                break 'scan;
            }
            match rolled {
                None => page.objects.push(version),
                Some(prefix) => {
                    start = behind(&prefix);
                    page.common.push(prefix);
                    continue 'scan;
                }
            }
        }
        break;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::{Scope, after, behind};

    #[test]
    fn keys_roll_up_at_the_first_delimiter_behind_the_prefix() {
        let scope = Scope::new(Some("a/"), Some("/"), None, None).expect("valid");
        assert_eq!(scope.common_prefix("a/b/c/d"), Some("a/b/"));
        assert_eq!(scope.common_prefix("a/b"), None);
    }

    #[test]
    fn positions_are_tight_in_byte_order() {
        assert!(after("a") > b"a".to_vec() && after("a") <= "a\0".as_bytes().to_vec());
        assert!(behind("a/") > "a/\u{10FFFF}".as_bytes().to_vec());
        assert!(behind("a/") <= b"a0".to_vec());
    }
}
