//! JPEG 2000 codestreams (ITU-T T.800) and high-throughput ones (T.814), through `OpenJPEG`: what they claim, and what they
//! hold. DICOM frames and chunks of TIFF files are made of them.

mod claims;

use jpeg2k::{DecodeParameters, Image};

pub(crate) use claims::Claims;

use crate::{Code, Limits};

/// Decodes a codestream that makes these `claims`, its sides halved `reduction` times.
pub(crate) fn decode(
    bytes: &[u8],
    claims: &Claims,
    reduction: u32,
    limits: &Limits,
) -> Result<Image, Code> {
    if claims.is_too_large(limits) {
        return Err(Code::TooLarge);
    }
    let parameters = DecodeParameters::new().reduce(reduction);
    Image::from_bytes_with(bytes, parameters).map_err(|_| fault(bytes))
}

/// Why a codestream does not decode: one that was cut off lacks its end (EOC marker, T.800 A.4.4).
fn fault(bytes: &[u8]) -> Code {
    let end = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    if end.ends_with(&[0xFF, 0xD9]) {
        Code::Damaged
    } else {
        Code::Truncated
    }
}
