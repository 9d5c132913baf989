//! Which kind of file this is: by its first bytes, or by its name until there are bytes.

use serde::{Deserialize, Serialize};

use crate::dicom;

/// First bytes of a file that [`sniff`] wants to see: preamble, magic and the first elements of a DICOM file (132 + …),
/// more than any other format needs.
pub const SNIFF_BYTES: usize = 4096;

/// The kinds of file the service tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FileType {
    /// DICOM PS3.10 file, with or without preamble.
    Dicom,
    /// JPEG (ITU-T T.81), JFIF or Exif.
    Jpeg,
    /// PNG (ISO/IEC 15948).
    Png,
    /// TIFF 6.0 or `BigTIFF`.
    Tiff,
    /// Everything else.
    Other,
}

/// What the first bytes say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sniffed {
    /// The kind.
    pub file_type: FileType,
    /// The MIME type that goes with the bytes; `application/octet-stream` when nothing is known.
    pub mime_type: &'static str,
}

/// Magic numbers at the start of a file. Kinds we only name come last; longer magic before its own prefix.
const MAGIC: &[(&[u8], FileType, &str)] = &[
    (b"\xFF\xD8\xFF", FileType::Jpeg, "image/jpeg"),
    (b"\x89PNG\r\n\x1A\n", FileType::Png, "image/png"),
    (b"II*\0", FileType::Tiff, "image/tiff"),
    (b"MM\0*", FileType::Tiff, "image/tiff"),
    (b"II+\0", FileType::Tiff, "image/tiff"),
    (b"MM\0+", FileType::Tiff, "image/tiff"),
    (b"%PDF-", FileType::Other, "application/pdf"),
    (b"PK\x03\x04", FileType::Other, "application/zip"),
    (b"PK\x05\x06", FileType::Other, "application/zip"),
    (b"\x1F\x8B\x08", FileType::Other, "application/gzip"),
    (
        b"7z\xBC\xAF\x27\x1C",
        FileType::Other,
        "application/x-7z-compressed",
    ),
    (b"Rar!\x1A\x07", FileType::Other, "application/vnd.rar"),
    (b"GIF87a", FileType::Other, "image/gif"),
    (b"GIF89a", FileType::Other, "image/gif"),
    (b"\0\0\0\x0CjP  \r\n\x87\n", FileType::Other, "image/jp2"),
    (b"\xFF\x4F\xFF\x51", FileType::Other, "image/j2c"),
    (b"\0\0\0\x0CJXL \r\n\x87\n", FileType::Other, "image/jxl"),
    (b"\x5C\x01\0\0", FileType::Other, "application/octet-stream"),
    (b"\x1A\x45\xDF\xA3", FileType::Other, "video/webm"),
    (b"{\\rtf", FileType::Other, "application/rtf"),
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        FileType::Other,
        "application/x-ole-storage",
    ),
    (b"NRRD000", FileType::Other, "application/x-nrrd"),
    (b"<?xml", FileType::Other, "application/xml"),
];

/// Decides the kind of a file from its first [`SNIFF_BYTES`] bytes (fewer when the file is shorter).
#[must_use]
pub fn sniff(head: &[u8]) -> Sniffed {
    if dicom::has_preamble(head) {
        return DICOM;
    }
    if let Some(&(_, file_type, mime_type)) =
        MAGIC.iter().find(|(magic, ..)| head.starts_with(magic))
    {
        return Sniffed {
            file_type,
            mime_type,
        };
    }
    if let Some(mime_type) = container(head) {
        return Sniffed {
            file_type: FileType::Other,
            mime_type,
        };
    }
    if dicom::looks_like_data_set(head) {
        return DICOM;
    }
    let mime_type = if is_text(head) {
        "text/plain"
    } else {
        "application/octet-stream"
    };
    Sniffed {
        file_type: FileType::Other,
        mime_type,
    }
}

const DICOM: Sniffed = Sniffed {
    file_type: FileType::Dicom,
    mime_type: "application/dicom",
};

/// Formats whose magic does not stand at the very start.
fn container(head: &[u8]) -> Option<&'static str> {
    match (head.get(0..4)?, head.get(4..12)?) {
        (b"RIFF", form) if form.ends_with(b"WEBP") => Some("image/webp"),
        (b"RIFF", form) if form.ends_with(b"AVI ") => Some("video/x-msvideo"),
        (_, brand) if brand.starts_with(b"ftypheic") || brand.starts_with(b"ftypmif1") => {
            Some("image/heic")
        }
        (_, brand) if brand.starts_with(b"ftypavif") => Some("image/avif"),
        (_, brand) if brand.starts_with(b"ftyp") => Some("video/mp4"),
        // A bitmap: the magic has two letters only, so the size of its second header has to fit as well.
        ([b'B', b'M', ..], _)
            if matches!(head.get(14..18), Some([12 | 40 | 108 | 124, 0, 0, 0])) =>
        {
            Some("image/bmp")
        }
        // NIfTI-1: magic at 344, after a header of 348 bytes.
        _ if matches!(head.get(344..348), Some(b"n+1\0" | b"ni1\0")) => Some("application/x-nifti"),
        _ => None,
    }
}

/// Text: UTF-8 (a character cut by the end is fine) without control characters other than white space.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && !text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

/// The kind a name and a MIME type claim: what is shown until the bytes are there. A MIME type that names one of our
/// kinds wins over the name; browsers send none for `.dcm`.
#[must_use]
pub fn declared(filename: &str, mime: Option<&str>) -> FileType {
    let mime = mime.map(|mime| {
        mime.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    });
    match mime.as_deref() {
        Some("application/dicom") => return FileType::Dicom,
        Some("image/jpeg" | "image/jpg" | "image/pjpeg") => return FileType::Jpeg,
        Some("image/png" | "image/x-png") => return FileType::Png,
        Some("image/tiff") => return FileType::Tiff,
        _ => {}
    }
    let extension = filename
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("dcm" | "dicom" | "dic" | "ima") => FileType::Dicom,
        Some("jpg" | "jpeg" | "jpe" | "jfif") => FileType::Jpeg,
        Some("png") => FileType::Png,
        Some("tif" | "tiff" | "btf" | "svs") => FileType::Tiff,
        _ => FileType::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_numbers_decide() {
        for (head, file_type, mime_type) in [
            (&b"\xFF\xD8\xFF\xE0rest"[..], FileType::Jpeg, "image/jpeg"),
            (b"\x89PNG\r\n\x1A\n....", FileType::Png, "image/png"),
            (b"MM\0*....", FileType::Tiff, "image/tiff"),
            (b"II+\0....", FileType::Tiff, "image/tiff"),
            (b"%PDF-1.7", FileType::Other, "application/pdf"),
            (b"RIFF\0\0\0\0WEBPVP8 ", FileType::Other, "image/webp"),
            ("姓名,年龄\n".as_bytes(), FileType::Other, "text/plain"),
            (b"\0\x01\x02", FileType::Other, "application/octet-stream"),
            (b"", FileType::Other, "application/octet-stream"),
        ] {
            assert_eq!(
                sniff(head),
                Sniffed {
                    file_type,
                    mime_type
                },
                "{head:?}"
            );
        }
    }

    #[test]
    fn text_cut_inside_a_character_is_still_text() {
        let text = "影像".repeat(2000);
        assert_eq!(
            sniff(&text.as_bytes()[..SNIFF_BYTES]).mime_type,
            "text/plain"
        );
    }

    #[test]
    fn a_file_type_is_serialised_in_capitals() {
        assert_eq!(
            serde_json::to_string(&FileType::Dicom).expect("a string"),
            "\"DICOM\""
        );
        assert_eq!(
            serde_json::to_string(&FileType::Other).expect("a string"),
            "\"OTHER\""
        );
    }

    #[test]
    fn name_and_mime_type_declare_a_kind() {
        for (name, mime, expected) in [
            ("胸片.DCM", None, FileType::Dicom),
            ("a.jpeg", Some("application/octet-stream"), FileType::Jpeg),
            ("a.png", Some("image/tiff"), FileType::Tiff),
            ("a", Some("IMAGE/PNG; charset=binary"), FileType::Png),
            ("report.pdf", Some("application/pdf"), FileType::Other),
            ("dcm", None, FileType::Other),
        ] {
            assert_eq!(declared(name, mime), expected, "{name} {mime:?}");
        }
    }
}
