//! Everything about one file, in this process.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::dicom::{View, Which};
use crate::picture::Decoded;
use crate::sniff::{FileType, SNIFF_BYTES, Sniffed, sniff};
use crate::{
    Code, DicomHeader, Inspection, Limits, Outcome, Picture, Reason, dicom, jpeg, png, tiff,
};

/// Looks at the file at `path`: type, header and picture. Never panics: a panic of a decoder is an outcome.
///
/// A decoder that hangs, exhausts memory or corrupts it does harm to this process; [`crate::isolated::inspect`] does
/// not.
#[must_use]
pub fn inspect(path: &Path, limits: &Limits) -> Inspection {
    inspect_with(path, limits, |_| {})
}

/// Like [`inspect`], and hands over what is known before more is read, and before the pixels are decoded, which may be the last
/// thing it does.
pub(crate) fn inspect_with(
    path: &Path,
    limits: &Limits,
    known: impl FnMut(&Inspection),
) -> Inspection {
    let mut inspection = Inspection::failed(Code::DecoderFailed);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        look(path, limits, &mut inspection, known)
    }));
    inspection.outcome = outcome.unwrap_or_else(|_| Outcome::Failed(Code::DecoderFailed.into()));
    inspection
}

fn look(
    path: &Path,
    limits: &Limits,
    inspection: &mut Inspection,
    mut known: impl FnMut(&Inspection),
) -> Outcome {
    let unreadable = || Outcome::Failed(Code::Unreadable.into());
    let Ok(mut file) = File::open(path) else {
        return unreadable();
    };
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    if file
        .by_ref()
        .take(SNIFF_BYTES as u64)
        .read_to_end(&mut head)
        .is_err()
        || file.rewind().is_err()
    {
        return unreadable();
    }
    let Sniffed {
        file_type,
        mime_type,
    } = sniff(&head);
    inspection.file_type = file_type;
    mime_type.clone_into(&mut inspection.mime_type);
    if file_type == FileType::Dicom {
        return match dicom::open(file, Which::Middle, limits) {
            Ok(opened) => {
                inspection.dicom = Some(DicomHeader::clone(&opened.header));
                inspection.warnings.clone_from(&opened.warnings);
                known(inspection);
                let again = File::open(path).map_err(|_| Code::Unreadable.into());
                match again.and_then(|file| opened.instance(file, limits)) {
                    Ok(instance) => inspection.instance = Some(instance),
                    Err(_) => inspection.warnings.push(Code::ElementsNotListed.into()),
                }
                known(inspection);
                let view = View {
                    side: Some(Picture::PREVIEW),
                    ..View::default()
                };
                let shown = opened.picture(&view, limits);
                outcome(shown.map(|shown| {
                    inspection.warnings.extend(shown.warning);
                    shown.decoded
                }))
            }
            Err(reason) => Outcome::Failed(reason),
        };
    }
    known(inspection);
    let decoded = match file_type {
        FileType::Jpeg => whole_file(file, limits).and_then(|bytes| jpeg::decode(&bytes, limits)),
        FileType::Png => png::decode(BufReader::new(file), limits),
        FileType::Tiff => tiff::decode(BufReader::new(file), limits),
        FileType::Other | FileType::Dicom => return Outcome::NoPicture(Code::NotImageFile.into()),
    };
    outcome(decoded)
}

/// The picture of what was decoded, or the reason as the right kind of outcome.
fn outcome(decoded: Result<Decoded, Reason>) -> Outcome {
    match decoded.and_then(Decoded::into_picture) {
        Ok(picture) => Outcome::Picture(picture),
        Err(reason) if reason.code.is_fault() => Outcome::Failed(reason),
        Err(reason) => Outcome::NoPicture(reason),
    }
}

/// The compressed bytes of a file whose decoder wants them in memory.
fn whole_file(mut file: File, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let length = file.metadata().map_err(|_| Code::Unreadable)?.len();
    if length > limits.max_encoded_bytes {
        return Err(Code::TooLarge.into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(|_| Code::TooLarge)?);
    file.read_to_end(&mut bytes).map_err(|_| Code::Unreadable)?;
    Ok(bytes)
}
