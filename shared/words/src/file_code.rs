//! Codes of what is found in the bytes of a file.

use crate::codes;

codes! {
    /// What is to be said of the bytes of a file, in stable `snake_case` codes.
    FileCode;
    /// The file ends before its content does.
    Truncated = "truncated", "The file ends too early: part of it is missing. Please upload it again.";
    /// The content contradicts itself.
    Damaged = "damaged", "The file is damaged: its content contradicts itself.";
    /// The compression is one no decoder here reads.
    UnsupportedCompression = "unsupported_compression", "The file is intact, but its compression is one we cannot show.";
    /// The pixel layout is one we do not show.
    UnsupportedPixels = "unsupported_pixels", "The file is intact, but its pixel format is one we cannot show.";
    /// The picture or its claims exceed the limits.
    TooLarge = "too_large", "The picture is too large to make a preview of.";
    /// The decoder crashed or was stopped.
    DecoderFailed = "decoder_failed", "The picture could not be decoded.";
    /// Decoding took longer than allowed.
    TimedOut = "timed_out", "Making the preview took too long and was stopped.";
    /// The file could not be read from disk.
    Unreadable = "unreadable", "The file could not be read.";
    /// A file that is not an image and need not be.
    NotImageFile = "not_image_file", "This kind of file has no picture.";
    /// DICOM: no pixels in the object, though its kind may have some.
    NoPixelData = "no_pixel_data", "The DICOM object contains no picture.";
    /// DICOM: an encapsulated PDF or other document.
    Document = "document", "The DICOM object is a document, not a picture.";
    /// DICOM: a structured report.
    StructuredReport = "structured_report", "The DICOM object is a report, not a picture.";
    /// DICOM: a waveform such as an ECG.
    Waveform = "waveform", "The DICOM object is a recording such as an ECG, not a picture.";
    /// DICOM: contours, plans or records of radiotherapy.
    Radiotherapy = "radiotherapy", "The DICOM object is radiotherapy data without a picture.";
    /// DICOM: a presentation state, colour palette or other helper of a viewer.
    PresentationState = "presentation_state", "The DICOM object tells a viewer how to show other files; it has no picture.";
    /// DICOM: a DICOMDIR.
    Directory = "directory", "The file is the directory of a DICOM disc; it has no picture.";
    /// DICOM: a film.
    Video = "video", "The DICOM object is a compressed film, which we do not preview.";
    /// A warning, DICOM: more or fewer frames, fragments or bytes than announced.
    PixelsMismatch = "pixels_mismatch", "The header announces more or fewer pixels than the file contains; what is there is shown.";
    /// A warning, DICOM: the declared character set gives no words, so another one was chosen.
    CharsetGuessed = "charset_guessed", "The header names the wrong character set, or none; the set of its texts was guessed.";
    /// A warning, DICOM: all else is there, but nobody can be shown every element.
    ElementsNotListed = "elements_not_listed", "The DICOM elements of the file are too many to be listed.";
    /// DICOM: a frame of another number than the file has.
    NoSuchFrame = "no_such_frame", "The DICOM file has no frame of this number.";
    /// A window that is not defined.
    BadWindow = "bad_window", "The window has no numbers, or a width that its function is not defined for.";
    /// A part of a picture that is not there.
    BadViewport = "bad_viewport", "The part of the picture is outside of it.";
}

impl FileCode {
    /// The codes of what somebody asks of a file: no file has one.
    pub const OF_REQUESTS: [Self; 3] = [Self::NoSuchFrame, Self::BadWindow, Self::BadViewport];

    /// The codes that a file can have.
    pub fn of_files() -> impl Iterator<Item = Self> {
        let of_file = |code: &Self| !Self::OF_REQUESTS.contains(code);
        Self::ALL.iter().copied().filter(of_file)
    }

    /// Whether the file is broken or too much for us. Otherwise it is fine, and only has nothing that we can show.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Truncated
                | Self::Damaged
                | Self::TooLarge
                | Self::DecoderFailed
                | Self::TimedOut
                | Self::Unreadable
        )
    }

    /// Whether it only says why a file that is as it should be has no picture: nobody has to look at it.
    #[must_use]
    pub fn is_remark(self) -> bool {
        matches!(
            self,
            Self::Directory
                | Self::Document
                | Self::NoPixelData
                | Self::NotImageFile
                | Self::PresentationState
                | Self::Radiotherapy
                | Self::StructuredReport
                | Self::Video
                | Self::Waveform
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_sentence() {
        for code in FileCode::ALL {
            let sentence = code.sentence();
            assert_eq!(sentence.rfind('.'), Some(sentence.len() - 1), "{code:?}");
        }
    }
}
