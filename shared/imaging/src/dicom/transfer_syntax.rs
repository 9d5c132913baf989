//! Transfer syntaxes (PS3.5 section 10 and annex A): how the elements and the pixels of a file are written.

use super::encoding::Encoding;

/// The default of DICOM, and what files without a meta group are taken for.
const IMPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2";

/// GE's private syntax of angiography: elements in the default syntax, pixels big endian (GDCM,
/// `ImplicitVRBigEndianPrivateGE`).
const GE_BIG_ENDIAN_PIXELS: &str = "1.2.840.113619.5.2";
/// Philips' private syntax of CT raw data: explicit little endian (GDCM, `CT_private_ELE`).
const PHILIPS_EXPLICIT: &str = "1.3.46.670589.33.1.4.1";

/// How pixels are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Not at all: native samples.
    None,
    /// Every frame deflated by itself (PS3.5 A.4.13).
    Deflate,
    /// PS3.5 annex G.
    Rle,
    /// ITU-T T.81: baseline, extended and lossless processes.
    Jpeg,
    /// ITU-T T.87.
    JpegLs,
    /// ITU-T T.800 and T.814 (high throughput).
    Jpeg2000,
    /// ISO/IEC 18181.
    JpegXl,
    /// MPEG-2, MPEG-4, HEVC.
    Video,
    /// Anything else.
    Unknown,
}

/// What a transfer syntax UID means for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TransferSyntax {
    pub(crate) encoding: Encoding,
    pub(crate) deflated: bool,
    /// Whether native pixels are big endian although the elements are not.
    pub(crate) pixels_big_endian: bool,
    pub(crate) compression: Compression,
}

impl TransferSyntax {
    /// The meaning of `uid`. Absent means native pixels; unknown (private) syntaxes are read as explicit little endian,
    /// as PS3.5 10.1 asks of all but the first.
    pub(crate) fn from_uid(uid: Option<&str>) -> Self {
        let uid = uid.unwrap_or(IMPLICIT_LITTLE_ENDIAN);
        let compression = match uid.strip_prefix("1.2.840.10008.1.2") {
            // "…1.2.1.98" is encapsulated uncompressed: fragments of native bytes.
            Some("" | ".1" | ".1.98" | ".1.99" | ".2") => Compression::None,
            Some(".8.1") => Compression::Deflate,
            Some(".5") => Compression::Rle,
            Some(".4.80" | ".4.81") => Compression::JpegLs,
            Some(".4.90" | ".4.91" | ".4.92" | ".4.93" | ".4.201" | ".4.202" | ".4.203") => {
                Compression::Jpeg2000
            }
            Some(".4.110" | ".4.111" | ".4.112") => Compression::JpegXl,
            Some(other) => jpeg_or_video(other),
            None if matches!(uid, GE_BIG_ENDIAN_PIXELS | PHILIPS_EXPLICIT) => Compression::None,
            None => Compression::Unknown,
        };
        let encoding = match uid {
            IMPLICIT_LITTLE_ENDIAN | GE_BIG_ENDIAN_PIXELS => Encoding::IMPLICIT_LITTLE,
            "1.2.840.10008.1.2.2" => Encoding {
                explicit: true,
                big_endian: true,
            },
            _ => Encoding::EXPLICIT_LITTLE,
        };
        Self {
            encoding,
            pixels_big_endian: uid == GE_BIG_ENDIAN_PIXELS,
            deflated: uid == "1.2.840.10008.1.2.1.99",
            compression,
        }
    }
}

/// The numbered JPEG processes are `.4.50` to `.4.70`, films `.4.100` to `.4.108`.
fn jpeg_or_video(suffix: &str) -> Compression {
    match suffix
        .strip_prefix(".4.")
        .and_then(|number| number.split('.').next()?.parse::<u32>().ok())
    {
        Some(50..=70) => Compression::Jpeg,
        Some(100..=108) => Compression::Video,
        _ => Compression::Unknown,
    }
}
