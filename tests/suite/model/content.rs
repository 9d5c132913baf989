//! The files of a history: small, of every type, each with bytes that its number decides.

use bytes::Bytes;
use imaging::fixtures::{DicomSpec, dicom, jpeg, png, tiff};

/// The size from which on a file travels in parts is 16 MiB: its first part is as large, its second one is this.
const REST: usize = 1000;
const PART: usize = 16 << 20;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Png,
    Jpeg,
    Tiff,
    Dicom,
    /// No image, and declared as none.
    Other,
    /// No image, but declared as one: processing it fails.
    Junk,
    /// In two parts.
    Large,
}

/// A file's bytes, by what they are and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) kind: Kind,
    pub(super) number: u8,
}

impl Content {
    pub(super) fn bytes(self) -> Bytes {
        let number = u64::from(self.number);
        let text = |word: &str| format!("{word} {number}").into_bytes();
        match self.kind {
            Kind::Png => png(8, 6, number),
            Kind::Jpeg => jpeg(8, 8, number),
            Kind::Tiff => tiff(8, 6, number),
            Kind::Dicom => dicom(&DicomSpec {
                rows: 8,
                columns: 8,
                seed: number,
                instance_number: i64::from(self.number),
                study_instance_uid: format!("1.2.826.0.1.3680043.10.{}", number % 2),
                sop_instance_uid: format!("1.2.826.0.1.3680043.10.1.1.{number}"),
                ..DicomSpec::default()
            }),
            Kind::Other => text("a report"),
            Kind::Junk => text("no picture"),
            Kind::Large => {
                let mut bytes = vec![self.number; PART + REST];
                bytes[PART..].fill(!self.number);
                bytes
            }
        }
        .into()
    }

    pub(super) fn size(self) -> usize {
        match self.kind {
            Kind::Large => PART + REST,
            _ => self.bytes().len(),
        }
    }

    pub(super) fn name(self, label: u32) -> String {
        let ending = match self.kind {
            Kind::Png | Kind::Junk => "png",
            Kind::Jpeg => "jpg",
            Kind::Tiff => "tif",
            Kind::Dicom => "dcm",
            Kind::Other | Kind::Large => "bin",
        };
        format!("f{label}.{ending}")
    }

    /// The type that the API shows, before and after processing.
    pub(super) fn type_name(self, is_processed: bool) -> &'static str {
        match self.kind {
            Kind::Junk if is_processed => "OTHER",
            Kind::Png | Kind::Junk => "PNG",
            Kind::Jpeg => "JPEG",
            Kind::Tiff => "TIFF",
            Kind::Dicom => "DICOM",
            Kind::Other | Kind::Large => "OTHER",
        }
    }

    /// Bytes of a part.
    pub(super) fn part(self, number: u32) -> Bytes {
        let bytes = self.bytes();
        if number == 1 {
            bytes.slice(..PART)
        } else {
            bytes.slice(PART..)
        }
    }
}
