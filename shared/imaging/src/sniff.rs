//! Which kind of file this is: by its first bytes, or by its name until there are bytes.

pub use words::FileType;

use crate::dicom;

/// First bytes of a file that [`sniff`] wants to see: preamble, magic and the first elements of a DICOM file (132 + …),
/// more than any other format needs.
pub const SNIFF_BYTES: usize = 4096;

/// What the first bytes say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sniffed {
    /// The kind.
    pub file_type: FileType,
    /// The MIME type that goes with the bytes; `application/octet-stream` when nothing is known.
    pub mime_type: &'static str,
}

const fn known(file_type: FileType) -> Sniffed {
    Sniffed {
        file_type,
        mime_type: file_type.mime_type(),
    }
}

const fn other(mime_type: &'static str) -> Sniffed {
    Sniffed {
        file_type: FileType::Other,
        mime_type,
    }
}

/// Magic numbers at the start of a file. Kinds we only name come last; longer magic before its own prefix.
const MAGIC: &[(&[u8], Sniffed)] = &[
    (b"\xFF\xD8\xFF", known(FileType::Jpeg)),
    (b"\x89PNG\r\n\x1A\n", known(FileType::Png)),
    (b"II*\0", known(FileType::Tiff)),
    (b"MM\0*", known(FileType::Tiff)),
    (b"II+\0", known(FileType::Tiff)),
    (b"MM\0+", known(FileType::Tiff)),
    (b"%PDF-", other("application/pdf")),
    (b"PK\x03\x04", other("application/zip")),
    (b"PK\x05\x06", other("application/zip")),
    (b"\x1F\x8B\x08", other("application/gzip")),
    (b"7z\xBC\xAF\x27\x1C", other("application/x-7z-compressed")),
    (b"Rar!\x1A\x07", other("application/vnd.rar")),
    (b"GIF87a", other("image/gif")),
    (b"GIF89a", other("image/gif")),
    (b"\0\0\0\x0CjP  \r\n\x87\n", other("image/jp2")),
    (b"\xFF\x4F\xFF\x51", other("image/j2c")),
    (b"\0\0\0\x0CJXL \r\n\x87\n", other("image/jxl")),
    (b"\x5C\x01\0\0", known(FileType::Other)),
    (b"\x1A\x45\xDF\xA3", other("video/webm")),
    (b"{\\rtf", other("application/rtf")),
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        other("application/x-ole-storage"),
    ),
    (b"NRRD000", other("application/x-nrrd")),
    (b"<?xml", other("application/xml")),
];

/// Decides the kind of a file from its first [`SNIFF_BYTES`] bytes (fewer when the file is shorter).
#[must_use]
pub fn sniff(head: &[u8]) -> Sniffed {
    if dicom::has_preamble(head) {
        return known(FileType::Dicom);
    }
    if let Some(&(_, sniffed)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return sniffed;
    }
    if let Some(mime_type) = container(head) {
        return other(mime_type);
    }
    if dicom::looks_like_data_set(head) {
        return known(FileType::Dicom);
    }
    if is_text(head) {
        return other("text/plain");
    }
    known(FileType::Other)
}

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
    let known = [
        FileType::Dicom,
        FileType::Jpeg,
        FileType::Png,
        FileType::Tiff,
    ];
    let mut named = known.into_iter();
    match mime.as_deref() {
        Some("image/jpg" | "image/pjpeg") => return FileType::Jpeg,
        Some("image/x-png") => return FileType::Png,
        Some(mime) => {
            if let Some(named) = named.find(|known| known.mime_type() == mime) {
                return named;
            }
        }
        None => {}
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
