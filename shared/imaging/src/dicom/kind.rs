//! Objects without pixels, told apart by SOP class (PS3.4 table B.5-1) for the sentence a doctor reads.

use crate::Code;

/// Why an object of this class that has no pixels has none.
pub(crate) fn without_pixels(sop_class_uid: Option<&str>) -> Code {
    let uid = sop_class_uid.unwrap_or_default();
    if uid == "1.2.840.10008.1.3.10" {
        return Code::Directory;
    }
    let Some(class) = uid.strip_prefix("1.2.840.10008.5.1.4.") else {
        return Code::NoPixelData;
    };
    match class
        .strip_prefix("1.1.")
        .and_then(|storage| storage.split('.').next())
    {
        Some("104") => Code::Document,
        Some("88") => Code::StructuredReport,
        Some("9") => Code::Waveform,
        Some("481") => Code::Radiotherapy,
        Some("11") => Code::PresentationState,
        // Colour palettes are stored outside the storage classes.
        None if class.starts_with("39.") => Code::PresentationState,
        _ => Code::NoPixelData,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_without_pixels_are_told_apart() {
        for (uid, code) in [
            (Some("1.2.840.10008.5.1.4.1.1.104.1"), Code::Document),
            (
                Some("1.2.840.10008.5.1.4.1.1.88.33"),
                Code::StructuredReport,
            ),
            (Some("1.2.840.10008.5.1.4.1.1.9.1.1"), Code::Waveform),
            (Some("1.2.840.10008.5.1.4.1.1.481.3"), Code::Radiotherapy),
            (
                Some("1.2.840.10008.5.1.4.1.1.11.1"),
                Code::PresentationState,
            ),
            (Some("1.2.840.10008.5.1.4.39.1"), Code::PresentationState),
            (Some("1.2.840.10008.1.3.10"), Code::Directory),
            (Some("1.2.840.10008.5.1.4.1.1.2"), Code::NoPixelData),
            (Some("1.2.3"), Code::NoPixelData),
            (None, Code::NoPixelData),
        ] {
            assert_eq!(without_pixels(uid), code, "{uid:?}");
        }
    }
}
