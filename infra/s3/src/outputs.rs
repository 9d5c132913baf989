//! Pieces that several operations' answers are made of.

use std::fmt::Write as _;

use s3s::dto::StorageClass;
use s3s::{S3Error, s3_error};

use crate::records::STANDARD;

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes of lower-case hex, as [`hex`] writes it.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |character: u8| {
        char::from(character)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    let byte = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    text.as_bytes().chunks(2).filter_map(byte).collect()
}

/// The class to store under: one of S3's general purpose classes.
pub(crate) fn storage_class(wanted: Option<&StorageClass>) -> Result<String, S3Error> {
    let Some(class) = wanted else {
        return Ok(STANDARD.to_owned());
    };
    match class.as_str() {
        StorageClass::STANDARD
        | StorageClass::STANDARD_IA
        | StorageClass::ONEZONE_IA
        | StorageClass::INTELLIGENT_TIERING
        | StorageClass::GLACIER_IR
        | StorageClass::REDUCED_REDUNDANCY => Ok(class.as_str().to_owned()),
        // Readable only after a restore, which this store does not have.
        StorageClass::GLACIER | StorageClass::DEEP_ARCHIVE => Err(s3_error!(
            NotImplemented,
            "Storage classes that need a restore are not implemented."
        )),
        _ => Err(s3_error!(
            InvalidStorageClass,
            "The storage class you specified is not valid"
        )),
    }
}

/// `Content-Encoding` without `aws-chunked`, which is the request's encoding and not the object's.
pub(crate) fn stored_encoding(header: &str) -> Option<String> {
    let kept: Vec<_> = header
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && *coding != "aws-chunked")
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// Sets the one `checksum_*` field of an output that belongs to the checksum, and its type.
macro_rules! set_checksum {
    ($output:expr, $checksum:expr) => {
        if let Some(checksum) = $checksum {
            let value = Some(checksum.value.clone());
            match checksum.algorithm {
                $crate::digest::Algorithm::Crc32 => $output.checksum_crc32 = value,
                $crate::digest::Algorithm::Crc64Nvme => $output.checksum_crc64nvme = value,
            }
            let whole = s3s::dto::ChecksumType::FULL_OBJECT;
            $output.checksum_type = Some(s3s::dto::ChecksumType::from_static(whole));
        }
    };
}
pub(crate) use set_checksum;

/// What a request that writes an object says of it: the same fields in each of s3s' types.
macro_rules! attributes {
    ($input:expr) => {
        $crate::records::Attributes {
            content_type: $input.content_type.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $input
                .content_encoding
                .as_deref()
                .and_then($crate::outputs::stored_encoding),
            cache_control: $input.cache_control.clone(),
        }
    };
}
pub(crate) use attributes;
