//! What a file says of itself, for programs and for people: why it FAILED, and what a person should look at.

use serde::{Deserialize, Serialize};
use words::{FileCode, codes};

codes! {
    /// Why a file is FAILED, beside what imaging finds in its bytes.
    FailureCode;
    /// Other bytes came than those declared.
    ChecksumMismatch = "checksum_mismatch", "The bytes that came are not the declared ones (MD5): upload the file again.";
    /// It was declared as an image, and it is none that we know.
    NotAnImage = "not_an_image", "The file is not an image in a format we know.";
    /// Processing it failed again and again: of our own, not because of what is in the file.
    ProcessingFailed = "processing_failed", "The file is stored, but we could not process it, although we tried for two days. You can download it.";
    /// More or fewer bytes came than were declared.
    SizeMismatch = "size_mismatch", "Another number of bytes came than was declared: upload the file again.";
    /// Nobody sent the bytes.
    UploadAbandoned = "upload_abandoned", "The upload was not finished in time: upload the file again.";
}

codes! {
    /// What a person should look at, beside what imaging finds in the bytes.
    WarningCode;
    /// Verification read the stored bytes, and they are not those that were hashed.
    BytesDecayed = "bytes_decayed", "The stored bytes of this file are damaged: upload it again if you still have it, and tell whoever runs this service.";
    /// Verification looked for the stored bytes, and they are nowhere.
    BytesMissing = "bytes_missing", "The stored bytes of this file are gone: upload it again if you still have it, and tell whoever runs this service.";
    /// The header names another patient.
    PatientMismatch = "patient_mismatch", "The Patient ID in the file is not the one of the patient it was uploaded for.";
    /// It is an image, but of another type than declared.
    TypeMismatch = "type_mismatch", "It is another type of image than declared.";
}

/// Whether a code only says why a file that is as it should be has no picture. One of a newer version may be more.
#[must_use]
pub fn is_remark(code: &str) -> bool {
    FileCode::of_files().any(|known| known.is_remark() && known.name() == code)
}

/// The two differ in their codes. A code is kept as text, because a newer version of the service may have written one that this version does not know.
macro_rules! notice {
    ($name:ident, $code:ident) => {
        /// A stable code and a sentence in words: a reason or a warning.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// Stable, `snake_case`.
            pub code: String,
            /// For a person; no patient data.
            pub message: String,
        }

        impl $name {
            /// One with its own sentence.
            #[must_use]
            pub fn new(code: $code, message: impl Into<String>) -> Self {
                Self {
                    code: code.name().to_owned(),
                    message: message.into(),
                }
            }

            /// What imaging says of the bytes.
            #[must_use]
            pub fn found(code: FileCode, message: impl Into<String>) -> Self {
                Self {
                    code: code.name().to_owned(),
                    message: message.into(),
                }
            }
        }

        impl From<$code> for $name {
            fn from(code: $code) -> Self {
                Self::new(code, code.sentence())
            }
        }
    };
}

notice!(StatusReason, FailureCode);
notice!(Warning, WarningCode);
