//! Stable codes: what programs tell answers apart by. The API's description, its documentation and the page's types list them from here.

use serde::Serialize;

/// Declares codes: what each is for, its text, and the sentence that fits most cases.
macro_rules! codes {
    ($(#[doc = $about:literal])+ $name:ident; $($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $sentence:literal;)+) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it is sent.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The sentence that fits most cases of it.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }
        }
    };
}

codes! {
    /// What went wrong with a request.
    Code;
    /// 400: the body cannot be read as JSON.
    NotJson = "not_json", "The body is not JSON.";
    /// 401: no token, or one that does not verify.
    Unauthenticated = "unauthenticated", "There is no valid token.";
    /// 403: the caller may know of it but may not do it.
    Forbidden = "forbidden", "Only an administrator may do this.";
    /// 404: it does not exist, is deleted, or is not the caller's to see.
    NotFound = "not_found", "There is nothing here that you can see.";
    /// 413: declared or sent size over the limit.
    TooLarge = "too_large", "The file is over the limit.";
    /// 422: fields are wrong.
    Invalid = "invalid", "Fields are wrong; see errors.";
    /// 500: a fault of ours.
    Internal = "internal", "Something went wrong on our side.";
    /// 503: throttled, or something we depend on is down.
    Unavailable = "unavailable", "The service is busy; try again in a moment.";
    /// 409: archived twice.
    AlreadyArchived = "already_archived", "This file is in the archive already.";
    /// 409: between runs of process-object.
    AlreadyClaimed = "already_claimed", "Another run is processing this file.";
    /// 409: deleted twice; the second one is told that there is nothing.
    AlreadyDeleted = "already_deleted", "This file is in the trash already.";
    /// 409: a move of what another request, or maintenance, is moving.
    AlreadyMoving = "already_moving", "This file is being moved just now; look again in a moment.";
    /// 409: between runs of process-object.
    AlreadyProcessed = "already_processed", "This file has been processed.";
    /// 409: an abort of what has become a file.
    AlreadyUploaded = "already_uploaded", "The upload is finished. Delete the file instead.";
    /// 409: between runs of process-object.
    LeaseLost = "lease_lost", "Another run took this file over.";
    /// 409: out of an archive it is not in.
    NotArchived = "not_archived", "This file is not in the archive.";
    /// 409: out of a trash it is not in; callers are told that there is nothing.
    NotDeleted = "not_deleted", "This file is not in the trash.";
    /// 409: between runs of an archive's move.
    NotMoving = "not_moving", "The move has been finished.";
    /// 409: parts of a file that has none.
    NotMultipart = "not_multipart", "This file is sent by one PUT; it has no parts.";
    /// 409: only a processed file can be archived.
    NotProcessed = "not_processed", "Only a processed file can be archived.";
    /// 409: no bytes or no picture yet.
    NotReady = "not_ready", "The bytes of this file are not here yet.";
    /// 409: an upload that has ended.
    NotUploading = "not_uploading", "The upload of this file has ended.";
    /// 409: a patient with files.
    PatientInUse = "patient_in_use", "Files point at this patient, perhaps in somebody's trash: move or purge them first.";
    /// 409: more uploads than may be unfinished at once.
    TooManyUploads = "too_many_uploads", "Too many of your uploads are unfinished: finish or abort some of them, then begin again.";
    /// 409: completed too early; `missing_chunks` beside it.
    UploadIncomplete = "upload_incomplete", "Parts are missing: send them, then complete again. Nothing is lost.";
    /// 409: somebody was faster; after a PATCH with `current` beside it.
    VersionConflict = "version_conflict", "Somebody else changed this file at the same time; read it again.";
}

impl Code {
    /// The HTTP status that it comes with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::NotJson => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::Invalid => 422,
            Self::Internal => 500,
            Self::Unavailable => 503,
            _ => 409,
        }
    }

    /// The codes that callers meet; the others stay between runs of the service itself.
    pub fn told() -> impl Iterator<Item = Self> {
        let is_internal = |code: &Self| {
            matches!(
                code,
                Self::AlreadyClaimed
                    | Self::AlreadyDeleted
                    | Self::AlreadyProcessed
                    | Self::LeaseLost
                    | Self::NotDeleted
                    | Self::NotMoving
            )
        };
        Self::ALL
            .iter()
            .copied()
            .filter(move |code| !is_internal(code))
    }
}

codes! {
    /// What is wrong with a file, beside what imaging finds in its bytes: in `status_reason` and `warnings`.
    NoticeCode;
    /// FAILED: other bytes came than those declared.
    ChecksumMismatch = "checksum_mismatch", "The bytes that came are not the declared ones (MD5): upload the file again.";
    /// FAILED: declared as an image, and none that is known.
    NotAnImage = "not_an_image", "The file is not an image in a format we know.";
    /// FAILED: more or fewer bytes came than were declared.
    SizeMismatch = "size_mismatch", "Another number of bytes came than was declared: upload the file again.";
    /// FAILED: nobody sent the bytes.
    UploadAbandoned = "upload_abandoned", "The upload was not finished in time: upload the file again.";
    /// A warning: the header names another patient.
    PatientMismatch = "patient_mismatch", "The Patient ID in the file is not the one of the patient it was uploaded for.";
    /// A warning: an image, of another type than declared.
    TypeMismatch = "type_mismatch", "It is another type of image than declared.";
}

impl NoticeCode {
    /// Whether a file with it is FAILED; otherwise it is a warning.
    #[must_use]
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::PatientMismatch | Self::TypeMismatch)
    }
}
