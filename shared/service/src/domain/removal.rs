//! How a file goes: into the trash and back, and for good. What goes for good leaves its record behind until no URL can bring bytes any more.

use super::record::{FileRecord, Status};
use super::transition::MINUTE_MS;
use super::{Code, Timestamp};

/// Nothing is uploaded any more this long after the last URL was signed: an hour that it works, and as long for a request that began in time.
const UPLOADS_END_MS: i64 = 2 * 60 * MINUTE_MS;

impl FileRecord {
    /// Into the trash, until `purge_at`.
    ///
    /// # Errors
    /// `already_deleted`.
    pub fn deleted(mut self, by: i64, now: Timestamp, purge_at: Timestamp) -> Result<Self, Code> {
        if self.is_deleted() {
            return Err(Code::AlreadyDeleted);
        }
        self.status_before = Some(self.status);
        self.status = Status::Deleted;
        self.deleted_at = Some(now);
        self.deleted_by = Some(by);
        self.due_at = Some(purge_at);
        Ok(self)
    }

    /// Out of the trash, with the status it had. If something was unfinished when the file was deleted, maintenance looks at it at once.
    ///
    /// # Errors
    /// `not_deleted`.
    pub fn restored(mut self, now: Timestamp) -> Result<Self, Code> {
        let is_here = self.is_deleted() && !self.purging;
        let Some(before) = self.status_before.filter(|_| is_here) else {
            return Err(Code::NotDeleted);
        };
        self.status = before;
        self.status_before = None;
        self.attempts = 0;
        self.deleted_at = None;
        self.deleted_by = None;
        let settled = matches!(
            before,
            Status::Processed | Status::Failed | Status::Archived
        ) && self.moving_to.is_none()
            && self.settle_at.is_none();
        self.due_at = (!settled).then_some(now);
        Ok(self)
    }

    /// The purge begins: the intent is recorded before the first object goes, so that nobody restores a file without its bytes.
    ///
    /// # Errors
    /// `not_deleted`: it was restored in time.
    pub fn purged(mut self) -> Result<Self, Code> {
        if !self.is_deleted() {
            return Err(Code::NotDeleted);
        }
        self.purging = true;
        Ok(self)
    }

    /// An upload that is not wanted any more: gone from everywhere at once, its record only waits for the last URL to end, and is purged then
    /// with whatever came.
    ///
    /// # Errors
    /// `already_uploaded`: the bytes came before.
    pub fn ended(mut self, by: i64, now: Timestamp) -> Result<Self, Code> {
        if self.status != Status::Uploading {
            return Err(Code::AlreadyUploaded);
        }
        self.status = Status::Deleted;
        self.purging = true;
        self.deleted_at = Some(now);
        self.deleted_by = Some(by);
        Ok(self.stripped())
    }

    /// Its objects are gone, but a URL may bring bytes once more: the record stays until then, without what tells of a person.
    ///
    /// It is written out field by field, so a field that is added later does not compile until somebody has decided whether it stays.
    #[must_use]
    pub fn stripped(self) -> Self {
        Self {
            due_at: Some(self.uploads_end()),
            original_filename: String::new(),
            uploader_name: String::new(),
            expires_at: None,
            patient_id: None,
            study_id: None,
            series_id: None,
            modality: None,
            body_part: None,
            study_date: None,
            description: None,
            dicom: None,
            header: None,
            file_hash: None,
            declared_md5: None,
            duplicate_of: None,
            status_reason: None,
            warnings: Vec::new(),
            id: self.id,
            file_uuid: self.file_uuid,
            file_type: self.file_type,
            declared_type: self.declared_type,
            mime_type: self.mime_type,
            file_size: self.file_size,
            declared_size: self.declared_size,
            uploaded_by: self.uploaded_by,
            status: self.status,
            status_before: self.status_before,
            upload_id: self.upload_id,
            part_size: self.part_size,
            uploaded_chunks: self.uploaded_chunks,
            uploaded_at: self.uploaded_at,
            object_version: self.object_version,
            thumbnail_path: self.thumbnail_path,
            preview_path: self.preview_path,
            instance: self.instance,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
            deleted_by: self.deleted_by,
            moving_to: self.moving_to,
            move_upload_id: self.move_upload_id,
            settle_at: self.settle_at,
            keep_until: self.keep_until,
            attempts: 0,
            lease: self.lease,
            purging: self.purging,
            version: self.version,
            schema: self.schema,
            adopted_version: self.adopted_version,
        }
    }

    /// After this no URL brings bytes any more. URLs are signed while the file is `UPLOADING`, so none is younger than its deletion.
    #[must_use]
    pub fn uploads_end(&self) -> Timestamp {
        self.deleted_at
            .unwrap_or(self.updated_at)
            .plus(UPLOADS_END_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::StorageClass;
    use super::*;
    use crate::domain::new_file::tests::record;
    use crate::domain::{PatientId, SeriesId, StudyId};

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn a_restored_file_is_due_at_once_unless_nothing_is_left_to_do() {
        for (before, moving_to, settle_at, is_due) in [
            (Status::Processed, None, None, false),
            (Status::Archived, None, None, false),
            (Status::Failed, None, None, false),
            (Status::Uploading, None, None, true),
            (Status::Uploaded, None, None, true),
            (Status::Processing, None, None, true),
            (
                Status::Processed,
                Some(StorageClass::InstantRetrieval),
                None,
                true,
            ),
            (Status::Archived, Some(StorageClass::Standard), None, true),
            (Status::Archived, None, Some(NOW.plus(-1)), true),
            (Status::Processed, None, Some(NOW.plus(MINUTE_MS)), true),
        ] {
            let mut file = record(before);
            (file.moving_to, file.settle_at, file.due_at) = (moving_to, settle_at, Some(NOW));
            let deleted = file.deleted(1, NOW, NOW.plus(1000)).expect("deleted");
            let restored = deleted.restored(NOW.plus(5)).expect("restored");
            assert_eq!(restored.status, before);
            let due_at = is_due.then_some(NOW.plus(5));
            assert_eq!(
                restored.due_at, due_at,
                "{before:?} {moving_to:?} {settle_at:?}"
            );
        }
    }

    #[test]
    fn what_is_purged_or_ended_comes_back_by_nothing() {
        let deleted = record(Status::Processed).deleted(1, NOW, NOW);
        let purged = deleted.and_then(FileRecord::purged).expect("purged");
        let ended = record(Status::Uploading).ended(1, NOW).expect("ended");
        for file in [purged, ended] {
            assert_eq!(file.clone().restored(NOW), Err(Code::NotDeleted));
            assert_eq!(file.clone().deleted(1, NOW, NOW), Err(Code::AlreadyDeleted));
            assert_eq!(file.clone().ended(1, NOW), Err(Code::AlreadyUploaded));
        }
    }

    #[test]
    fn an_ended_upload_says_nothing_of_a_person_and_waits_for_the_last_url() {
        let mut file = record(Status::Uploading);
        let some = || Some("somebody".to_owned());
        file.patient_id = PatientId::parse("somebody").ok();
        file.belong_to(StudyId::from_number(7), SeriesId::from_number(9));
        (file.description, file.body_part, file.study_date) = (some(), some(), some());
        (file.modality, file.declared_md5) = (some(), some());
        file.original_filename = "somebody".to_owned();
        file.uploader_name = "somebody".to_owned();
        let ended = file.ended(1, NOW).expect("ended");
        let text = format!("{ended:?}");
        assert!(!text.contains("somebody"), "{text}");
        assert_eq!((&ended.study_id, &ended.series_id), (&None, &None));
        assert_eq!(ended.due_at, Some(NOW.plus(UPLOADS_END_MS)));
        for status in Status::ALL {
            if status != Status::Uploading {
                assert_eq!(record(status).ended(1, NOW), Err(Code::AlreadyUploaded));
            }
        }
    }
}
