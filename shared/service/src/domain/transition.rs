//! What may happen to a file on its way in: functions from a record to the next one, or the reason why not. Moves between storage classes are in
//! [`super::moving`], the trash and what follows in [`super::removal`].

use super::record::{FileRecord, Lease, Status};
use super::{
    Code, FailureCode, FileId, Findings, SeriesId, StoredId, StudyId, Timestamp, time::DAY_MS,
};

/// How long maintenance waits before it looks at what should have moved on by itself.
pub(super) const MINUTE_MS: i64 = 60 * 1000;
/// A finished upload whose event did not come is looked at after this.
pub(super) const EVENT_OVERDUE_MS: i64 = 15 * MINUTE_MS;
/// An upload is given up this long after the last sign of life: one day.
pub(super) const UPLOAD_EXPIRY_MS: i64 = DAY_MS;

/// The stored object, as the bucket describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// S3's version id.
    pub version: Option<String>,
    /// Bytes.
    pub size: u64,
}

impl FileRecord {
    /// The bytes are complete: `UPLOADING` becomes `UPLOADED`; later states stay.
    #[must_use]
    pub fn uploaded(mut self, object: &StoredObject, now: Timestamp) -> Self {
        if self.live_status() != Status::Uploading {
            return self;
        }
        self.hold(object, now);
        self.set_live_status(Status::Uploaded);
        self.due(now.plus(EVENT_OVERDUE_MS));
        self
    }

    /// The bucket holds these parts now. They count only while the file is `UPLOADING`.
    #[must_use]
    pub fn with_chunks(mut self, chunks: Vec<u32>) -> Self {
        if self.live_status() == Status::Uploading {
            self.uploaded_chunks = chunks;
        }
        self
    }

    /// Somebody still works on this upload: it is given up a day after the last sign of life. Written at most every hour.
    #[must_use]
    pub fn kept_alive(mut self, now: Timestamp) -> Self {
        let expires_at = now.plus(UPLOAD_EXPIRY_MS);
        if self.live_status() == Status::Uploading
            && self
                .expires_at
                .is_none_or(|at| expires_at.since(at) > 60 * MINUTE_MS)
        {
            self.expires_at = Some(expires_at);
        }
        self
    }

    /// Takes the right to process it, unless it is done, being purged, or another run holds the lease.
    ///
    /// # Errors
    /// `already_processed` and `already_claimed`: nothing is left to do for this event.
    pub fn claimed(
        mut self,
        object: &StoredObject,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Self, Code> {
        if self.purging {
            return Err(Code::AlreadyProcessed);
        }
        let leased = self.is_leased(now);
        match self.live_status() {
            Status::Uploading | Status::Uploaded => {}
            Status::Processing if !leased => {}
            Status::Processing => {
                return Err(Code::AlreadyClaimed);
            }
            _ => {
                return Err(Code::AlreadyProcessed);
            }
        }
        self.hold(object, now);
        self.set_live_status(Status::Processing);
        self.due(lease.until);
        self.lease = Some(lease);
        Ok(self)
    }

    /// The run of `holder` still works on it.
    ///
    /// # Errors
    /// `lease_lost`: another run took over.
    pub fn renewed(mut self, holder: &str, until: Timestamp) -> Result<Self, Code> {
        self.held_by(holder)?.until = until;
        self.due(until);
        Ok(self)
    }

    /// The run of `holder` gives up: whoever comes next may begin at once, and maintenance does when nobody has.
    ///
    /// # Errors
    /// `lease_lost`: another run took over.
    pub fn released(mut self, holder: &str, now: Timestamp) -> Result<Self, Code> {
        self.held_by(holder)?;
        self.lease = None;
        self.due(now.plus(EVENT_OVERDUE_MS));
        Ok(self)
    }

    /// Writes what the run of `holder` found out.
    ///
    /// # Errors
    /// `lease_lost`: another run took over, and its result counts; or the file is being purged.
    pub fn processed(mut self, holder: &str, found: Findings) -> Result<Self, Code> {
        self.held_by(holder)?;
        if self.purging {
            return Err(Code::LeaseLost);
        }
        // Taken apart, so that nothing that was found is forgotten here.
        let Findings {
            file_hash,
            file_type,
            mime_type,
            dicom,
            header,
            modality,
            body_part,
            study_date,
            study_id,
            series_id,
            thumbnail_path,
            preview_path,
            instance,
            duplicate_of,
            failure,
            warnings,
        } = found;
        (self.lease, self.attempts) = (None, 0);
        self.set_live_status(match failure {
            Some(_) => Status::Failed,
            None => Status::Processed,
        });
        if !self.is_deleted() {
            self.due_at = None;
        }
        self.file_hash = Some(file_hash);
        self.file_type = file_type;
        self.mime_type = mime_type;
        self.dicom = dicom;
        self.header = header;
        self.modality = self.modality.or(modality);
        self.body_part = self.body_part.or(body_part);
        self.study_date = self.study_date.or(study_date);
        self.found_in(study_id, series_id);
        self.thumbnail_path = thumbnail_path;
        self.preview_path = preview_path;
        self.instance = instance;
        self.duplicate_of = duplicate_of;
        self.status_reason = failure;
        self.warnings = warnings;
        Ok(self)
    }

    /// Ends an upload whose bytes did not come in time.
    ///
    /// # Errors
    /// `not_uploading`: the bytes came after all.
    pub fn abandoned(mut self) -> Result<Self, Code> {
        if self.live_status() != Status::Uploading {
            return Err(Code::NotUploading);
        }
        self.set_live_status(Status::Failed);
        self.status_reason = Some(FailureCode::UploadAbandoned.into());
        self.upload_id = None;
        self.expires_at = None;
        self.uploaded_chunks = Vec::new();
        Ok(self.rested())
    }

    /// It has the same bytes as `oldest`, which was not known yet when it was processed.
    #[must_use]
    pub fn copy_of(mut self, oldest: FileId) -> Self {
        if oldest < self.id {
            self.duplicate_of.get_or_insert(oldest);
        }
        self
    }

    /// Maintenance found nothing to do, and has no reason to come again.
    #[must_use]
    pub fn rested(mut self) -> Self {
        self.attempts = 0;
        if !self.is_deleted() {
            self.due_at = None;
        }
        self
    }

    /// Maintenance found nothing to do yet and comes again at `at`.
    #[must_use]
    pub fn postponed(mut self, at: Timestamp) -> Self {
        self.due(at);
        self
    }

    /// Another multipart upload carries the bytes from now on: the browser began one itself.
    #[must_use]
    pub fn carried_by(mut self, upload_id: &str) -> Self {
        if self.live_status() == Status::Uploading {
            self.upload_id = Some(upload_id.to_owned());
        }
        self
    }

    pub(super) fn held_by(&mut self, holder: &str) -> Result<&mut Lease, Code> {
        let lease = self.lease.as_mut().filter(|lease| lease.holder == holder);
        lease.ok_or(Code::LeaseLost)
    }

    /// The status that the file has outside the trash: `status`, or the one that restoring it brings back.
    pub(super) fn live_status(&self) -> Status {
        if self.is_deleted() {
            self.status_before.unwrap_or(Status::Processed)
        } else {
            self.status
        }
    }

    pub(super) fn set_live_status(&mut self, status: Status) {
        if self.is_deleted() {
            self.status_before = Some(status);
        } else {
            self.status = status;
        }
    }

    /// Sets when maintenance has to come; in the trash the day of the purge stays.
    pub(super) fn due(&mut self, at: Timestamp) {
        if !self.is_deleted() {
            self.due_at = Some(at);
        }
    }

    /// The header names a study and a series. The caller's study stays, and the header's series is none of another study's.
    fn found_in(&mut self, study: Option<StudyId>, series: Option<SeriesId>) {
        if self.study_id.is_none() {
            self.belong_to(study, series);
        } else if self.series_id.is_none() && self.study() == study {
            self.series_id = series.map(StoredId::Drawn);
        }
    }

    fn hold(&mut self, object: &StoredObject, now: Timestamp) {
        self.file_size = object.size;
        self.object_version.clone_from(&object.version);
        self.uploaded_at.get_or_insert(now);
        self.uploaded_chunks = Vec::new();
        self.expires_at = None;
    }
}

#[cfg(test)]
mod tests;
