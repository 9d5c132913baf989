//! What the listings share: keys in byte order, a prefix, pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::EncodingType;
use s3s::{S3Error, s3_error};

use crate::error::StoreError;

/// Entries of a page, at most and by default.
pub(crate) const MAX_PAGE: i32 = 1000;

/// `encoding-type=url`: what XML cannot carry, and what S3 encodes beside it.
const SHOWN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');

/// Which part of a bucket a listing covers and how it is shown.
#[derive(Debug)]
pub(crate) struct Scope {
    prefix: Vec<u8>,
    encode: bool,
    limit: usize,
}

impl Scope {
    pub(crate) fn new(
        prefix: Option<&str>,
        encoding: Option<&EncodingType>,
        (parameter, limit): (&str, Option<i32>),
    ) -> Result<Self, S3Error> {
        let limit = limit.unwrap_or(MAX_PAGE).min(MAX_PAGE);
        let limit = usize::try_from(limit).map_err(|_| {
            s3_error!(
                InvalidArgument,
                "Argument {parameter} must be an integer between 0 and 2147483647"
            )
        })?;
        Ok(Self {
            prefix: prefix.unwrap_or_default().as_bytes().to_vec(),
            encode: encoding.is_some_and(|kind| kind.as_str() == EncodingType::URL),
            limit,
        })
    }

    /// A key or prefix as the answer shows it.
    pub(crate) fn shown(&self, text: &str) -> String {
        if self.encode {
            utf8_percent_encode(text, SHOWN).to_string()
        } else {
            text.to_owned()
        }
    }

    /// Where a listing starts that is to go on at key `from`, within that key behind `within`: there, or else at the prefix.
    pub(crate) fn start<W>(&self, from: Vec<u8>, within: Option<W>) -> (Vec<u8>, Option<W>) {
        if from < self.prefix {
            (self.prefix.clone(), None)
        } else {
            (from, within)
        }
    }

    /// As many of `rows`, which come in the order of their keys, as a page holds, and whether more follow.
    pub(crate) fn page<T>(
        &self,
        rows: impl Iterator<Item = rusqlite::Result<T>>,
        key: impl Fn(&T) -> &str,
    ) -> Result<(Vec<T>, bool), StoreError> {
        let mut page = Vec::new();
        for row in rows {
            let row = row?;
            if !key(&row).as_bytes().starts_with(&self.prefix) {
                break;
            }
            if page.len() == self.limit {
                return Ok((page, self.limit > 0));
            }
            page.push(row);
        }
        Ok((page, false))
    }
}

/// The first position behind `key` itself.
pub(crate) fn after(key: &str) -> Vec<u8> {
    [key.as_bytes(), b"\0"].concat()
}

#[cfg(test)]
mod tests {
    use super::{Scope, after};

    #[test]
    fn the_position_behind_a_key_is_tight_in_byte_order() {
        assert!(after("a") > b"a".to_vec() && after("a") <= b"a\0".to_vec());
    }

    #[test]
    fn a_listing_that_goes_on_before_its_prefix_starts_with_all_of_the_prefix() {
        let scope = Scope::new(Some("b"), None, ("max-keys", None)).expect("valid");
        let start = |from: &str| scope.start(from.as_bytes().to_vec(), Some(7));
        assert_eq!(start("a"), (b"b".to_vec(), None));
        assert_eq!(start("b/1"), (b"b/1".to_vec(), Some(7)));
    }

    #[test]
    fn a_page_ends_at_its_limit_or_with_its_prefix() {
        let page = |prefix, limit| {
            let scope = Scope::new(Some(prefix), None, ("max-keys", Some(limit)));
            let keys = ["a", "b/1", "b/2", "b/3", "c"].into_iter();
            let rows = keys.filter(|key| *key >= prefix).map(Ok);
            let page = scope.expect("valid").page(rows, |key| key);
            page.expect("a page")
        };
        assert_eq!(page("b/", 2), (vec!["b/1", "b/2"], true));
        assert_eq!(page("b/", 3), (vec!["b/1", "b/2", "b/3"], false));
        assert_eq!(page("b/", 0), (vec![], false));
        assert_eq!(page("", 9).0.len(), 5);
    }
}
