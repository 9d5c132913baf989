//! Which parts make the object, and the `ETag` that follows from them.

use std::collections::HashMap;

use md5::{Digest as _, Md5};
use s3s::dto::{CompletedPart, ETag};
use s3s::{S3Error, s3_error};

use crate::error::StoreError;
use crate::outputs;
use crate::parts::check_number;
use crate::upload_rows::StoredPart;

/// All parts but the last are at least this large
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MIN_PART: i64 = 5 * 1024 * 1024;

/// A part as the request names it.
pub(crate) struct WantedPart {
    pub(crate) number: i32,
    pub(crate) etag: String,
}

pub(crate) fn wanted_parts(parts: Vec<CompletedPart>) -> Result<Vec<WantedPart>, S3Error> {
    if parts.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let mut wanted: Vec<WantedPart> = Vec::with_capacity(parts.len());
    for part in parts {
        let number = part.part_number.unwrap_or_default();
        check_number(number)?;
        if wanted.last().is_some_and(|last| last.number >= number) {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        let sums = [
            &part.checksum_crc32,
            &part.checksum_crc32c,
            &part.checksum_crc64nvme,
            &part.checksum_sha1,
            &part.checksum_sha256,
        ];
        if sums.into_iter().any(Option::is_some) {
            return Err(s3_error!(
                NotImplemented,
                "Checksums of parts in a completion are not implemented."
            ));
        }
        let etag = part.e_tag.map(ETag::into_value).unwrap_or_default();
        wanted.push(WantedPart { number, etag });
    }
    Ok(wanted)
}

/// The stored parts the request names, each as it says.
pub(crate) fn choose(
    wanted: &[WantedPart],
    stored: &[StoredPart],
) -> Result<Vec<StoredPart>, StoreError> {
    let by_number: HashMap<i32, &StoredPart> =
        stored.iter().map(|part| (part.number, part)).collect();
    let mut chosen = Vec::with_capacity(wanted.len());
    for part in wanted {
        let found = by_number
            .get(&part.number)
            .filter(|found| found.etag == part.etag);
        let Some(found) = found else {
            return Err(s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                 specified entity tag may not match the part's entity tag."
            )
            .into());
        };
        chosen.push((*found).clone());
    }
    let (_, all_but_last) = chosen
        .split_last()
        .map_or((None, &[][..]), |(last, rest)| (Some(last), rest));
    if all_but_last.iter().any(|part| part.size < MIN_PART) {
        return Err(s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed object size."
        )
        .into());
    }
    Ok(chosen)
}

/// MD5 of the parts' MD5s, and how many there are.
pub(crate) fn multipart_etag(parts: &[StoredPart]) -> String {
    let mut whole = Md5::new();
    for part in parts {
        whole.update(outputs::unhex(&part.etag));
    }
    format!("{}-{}", outputs::hex(&whole.finalize()), parts.len())
}

#[cfg(test)]
mod tests {
    use super::{StoredPart, multipart_etag};

    #[test]
    fn the_etag_is_the_md5_of_the_parts_md5s_with_their_number() {
        // md5("") twice; the expected value was computed with Python's hashlib.
        let empty = "d41d8cd98f00b204e9800998ecf8427e";
        let part = |number| StoredPart {
            number,
            blob: 1,
            size: 0,
            etag: empty.to_owned(),
            crc64nvme: String::new(),
            modified_ms: 0,
        };
        assert_eq!(
            multipart_etag(&[part(1), part(2)]),
            "5873dd45edd01f09c1ef2e7819369e8e-2"
        );
    }
}
