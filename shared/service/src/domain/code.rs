//! Stable codes: what programs tell answers apart by. The API's description, its documentation and the page's types list them from here.

use words::codes;

codes! {
    /// What went wrong with a request.
    Code;
    /// 400: the body cannot be read as JSON.
    NotJson = "not_json", "The body is not JSON.";
    /// 400: a parameter of a DICOMweb service is wrong, as PS3.18 has it.
    BadRequest = "bad_request", "The request is not one of DICOMweb; see errors.";
    /// 401: no token, or one that does not verify.
    Unauthenticated = "unauthenticated", "There is no valid token.";
    /// 401: an administrator has disabled the caller.
    UserDisabled = "user_disabled", "Your account is disabled. Ask an administrator.";
    /// 403: the caller may know of it but may not do it.
    Forbidden = "forbidden", "Only an administrator may do this.";
    /// 404: it does not exist, is deleted, or is not the caller's to see.
    NotFound = "not_found", "There is nothing here that you can see.";
    /// 406: the answer is larger than Lambda carries, and the caller does not take it compressed.
    AnswerTooLarge = "answer_too_large", "The answer is too large: send Accept-Encoding: gzip, or ask for less at a time.";
    /// 406: a DICOMweb service has it in none of the media types that the caller accepts.
    NotAcceptable = "not_acceptable", "It is not there in a media type that you accept.";
    /// 413: declared or sent size over the limit.
    TooLarge = "too_large", "The file is over the limit.";
    /// 415: a DICOMweb service takes no body of this type.
    UnsupportedMediaType = "unsupported_media_type", "A body has to be multipart/related; type=\"application/dicom\".";
    /// 422: fields are wrong.
    Invalid = "invalid", "Fields are wrong; see errors.";
    /// 500: a fault of ours.
    Internal = "internal", "Something went wrong on our side.";
    /// 503: throttled, or something we depend on is down.
    Unavailable = "unavailable", "The service is busy; try again in a moment.";
    /// 409: the file is archived a second time.
    AlreadyArchived = "already_archived", "This file is in the archive already.";
    /// Internal: a rule between runs of process-object.
    AlreadyClaimed = "already_claimed", "Another run is processing this file.";
    /// Internal: a file is deleted a second time. The caller gets a 404.
    AlreadyDeleted = "already_deleted", "This file is in the trash already.";
    /// 409: another request, or maintenance, is moving the file.
    AlreadyMoving = "already_moving", "This file is being moved just now; look again in a moment.";
    /// Internal: a rule between runs of process-object.
    AlreadyProcessed = "already_processed", "This file has been processed.";
    /// 409: the upload to abort has become a file.
    AlreadyUploaded = "already_uploaded", "The upload is finished. Delete the file instead.";
    /// 409: the job is over, so nothing of it can be cancelled.
    JobOver = "job_over", "This job is over.";
    /// Internal: a rule between runs of process-object.
    LeaseLost = "lease_lost", "Another run took this file over.";
    /// 409: a file that is not archived is to be taken out of the archive.
    NotArchived = "not_archived", "This file is not in the archive.";
    /// Internal: a file that is not in the trash is restored. The caller gets a 404.
    NotDeleted = "not_deleted", "This file is not in the trash.";
    /// 409: elements are asked for of a file that has none.
    NotDicom = "not_dicom", "This file is not DICOM: it has no DICOM elements.";
    /// Internal: a rule between runs that move a file.
    NotMoving = "not_moving", "The move has been finished.";
    /// 409: the file is sent by one PUT, so it has no parts.
    NotMultipart = "not_multipart", "This file is sent by one PUT; it has no parts.";
    /// 409: only a processed file can be archived.
    NotProcessed = "not_processed", "Only a processed file can be archived.";
    /// 409: the bytes or the picture are not there yet.
    NotReady = "not_ready", "The bytes of this file are not here yet.";
    /// 409: the upload has ended.
    NotUploading = "not_uploading", "The upload of this file has ended.";
    /// 409: administrators change their own role or disable themselves, so perhaps the last one.
    OwnAccount = "own_account", "This is your own account: another administrator can change it.";
    /// 409: files point at the patient.
    PatientInUse = "patient_in_use", "Files point at this patient, perhaps in somebody's trash: move or purge them first.";
    /// 409: the caller has as many unfinished uploads as they may have.
    TooManyUploads = "too_many_uploads", "Too many of your uploads are unfinished: finish or abort some of them, then begin again.";
    /// 409: parts are missing; `missing_chunks` names them.
    UploadIncomplete = "upload_incomplete", "Parts are missing: send them, then complete again. Nothing is lost.";
    /// 409: somebody else changed the file first. After a PATCH, `current` is the record as it is now.
    VersionConflict = "version_conflict", "Somebody else changed this file at the same time; read it again.";
}

impl Code {
    /// The HTTP status that it comes with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::NotJson | Self::BadRequest => 400,
            Self::Unauthenticated | Self::UserDisabled => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::AnswerTooLarge | Self::NotAcceptable => 406,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::Internal => 500,
            Self::Unavailable => 503,
            _ => 409,
        }
    }

    /// The codes that callers meet. The others never leave the service.
    pub fn public() -> impl Iterator<Item = Self> {
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
