//! The record of one image file, and what may happen to it.
//!
//! ```text
//! UPLOADING ──► UPLOADED ──► PROCESSING ──► PROCESSED ◄──► ARCHIVED
//!     └──────────────┴────────────┴──► FAILED        any ──► DELETED ──► restored / purged
//! ```
//! Every change is a function here from a record to the next one; `db` writes it on condition that nobody was faster.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    FileId, FileType, Header, ObjectKey, PartPlan, PatientId, SeriesId, StatusReason, StoredId,
    StudyId, Timestamp, Warning, WarningCode, patient_id, schema,
};

/// Where a file is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// The record exists; the bytes are on their way.
    Uploading,
    /// The bytes are in the bucket; nobody has read them yet.
    Uploaded,
    /// Somebody reads them, under a lease.
    Processing,
    /// Hashed, recognised, its pictures made.
    Processed,
    /// Hashed, but not what it should be; the reason says why.
    Failed,
    /// Processed, and moved to the cold storage class.
    Archived,
    /// In the trash.
    Deleted,
    /// A state that only a newer version of the service knows.
    #[serde(other)]
    Unknown,
}

impl Status {
    /// All that this version knows, in the order of docs/API.md.
    pub const ALL: [Self; 7] = [
        Self::Uploading,
        Self::Uploaded,
        Self::Processing,
        Self::Processed,
        Self::Failed,
        Self::Archived,
        Self::Deleted,
    ];

    /// The name the API and the database use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploading => "UPLOADING",
            Self::Uploaded => "UPLOADED",
            Self::Processing => "PROCESSING",
            Self::Processed => "PROCESSED",
            Self::Failed => "FAILED",
            Self::Archived => "ARCHIVED",
            Self::Deleted => "DELETED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What the DICOM header says (PS3.6 has the tags of these names).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dicom {
    /// Patient ID (0010,0020).
    #[schema(examples("P-0001"))]
    pub patient_id: Option<String>,
    /// Patient's Name (0010,0010).
    #[schema(examples("Zhang^San"))]
    pub patient_name: Option<String>,
    /// Study Instance UID (0020,000D).
    #[schema(examples("1.2.826.0.1.3680043.8.498.1"))]
    pub study_instance_uid: Option<String>,
    /// Series Instance UID (0020,000E).
    #[schema(examples("1.2.826.0.1.3680043.8.498.1.2"))]
    pub series_instance_uid: Option<String>,
    /// SOP Instance UID (0008,0018).
    #[schema(examples("1.2.826.0.1.3680043.8.498.1.2.3"))]
    pub sop_instance_uid: Option<String>,
    /// SOP Class UID (0008,0016).
    #[schema(examples("1.2.840.10008.5.1.4.1.1.2"))]
    pub sop_class_uid: Option<String>,
    /// Transfer Syntax UID (0002,0010).
    #[schema(examples("1.2.840.10008.1.2.1"))]
    pub transfer_syntax_uid: Option<String>,
    /// Instance Number (0020,0013).
    #[schema(examples(1))]
    pub instance_number: Option<i64>,
    /// Rows (0028,0010): pixels from top to bottom.
    #[schema(examples(512))]
    pub rows: Option<u32>,
    /// Columns (0028,0011): pixels from left to right.
    #[schema(examples(512))]
    pub columns: Option<u32>,
    /// Number of Frames (0028,0008).
    #[schema(examples(1))]
    pub number_of_frames: Option<u32>,
}

/// Where the bucket keeps an original. Both classes answer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageClass {
    /// For what is looked at.
    Standard,
    /// For what is archived: cheap to keep, instant to read.
    InstantRetrieval,
    /// A class that only a newer version of the service knows.
    #[serde(other)]
    Unknown,
}

/// A right to process or move a file until a time: whoever holds it may write the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds it: the id of one run.
    pub holder: String,
    /// After this, another run may take over.
    pub until: Timestamp,
}

/// One file, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Identity, creation time and order, all in one.
    pub id: FileId,
    /// The part of the object key that nobody can guess.
    pub file_uuid: String,
    /// The name its owner gave it.
    pub original_filename: String,
    /// What it is: see [`FileType`].
    pub file_type: FileType,
    /// What the uploader said it was; kept to tell when the bytes disagree.
    pub declared_type: FileType,
    /// What it is, as a MIME type.
    pub mime_type: String,
    /// Bytes: declared until they are there, then counted.
    pub file_size: u64,
    /// Bytes that the uploader declared; kept to tell when others came.
    pub declared_size: u64,
    /// MD5 of the stored bytes, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_hash: Option<String>,
    /// MD5 that the uploader declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_md5: Option<String>,
    /// The owner's user id.
    pub uploaded_by: i64,
    /// The owner's display name when they uploaded it.
    pub uploader_name: String,
    #[serde(
        default,
        with = "patient_id::stored_option",
        skip_serializing_if = "Option::is_none"
    )]
    #[expect(missing_docs, reason = "the name says it")]
    pub patient_id: Option<PatientId>,
    /// What is shown of it is [`FileRecord::study`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_id: Option<StoredId<StudyId>>,
    /// What is shown of it is [`FileRecord::series`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_id: Option<StoredId<SeriesId>>,
    /// The caller's, else the header's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modality: Option<String>,
    /// The caller's, else the header's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_part: Option<String>,
    /// The caller's, else the header's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub description: Option<String>,
    /// Where it is in its life.
    pub status: Status,
    /// Why it FAILED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<StatusReason>,
    /// The status to return to when it is restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before: Option<Status>,
    /// S3's id of the multipart upload that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// Bytes of every part but the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_size: Option<u64>,
    /// The parts the bucket held when last asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploaded_chunks: Vec<u32>,
    /// When an unfinished upload is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When the bytes were complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded_at: Option<Timestamp>,
    /// The version of the object that was hashed; reads name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_version: Option<String>,
    /// Key of the thumbnail object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_path: Option<String>,
    /// Key of the preview object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_path: Option<String>,
    /// Which version of what is kept of a DICOM file beside its record there is: see [`super::object_key::instance`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// When it last changed.
    pub updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub deleted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub deleted_by: Option<i64>,
    /// The owner's older live file with the same bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<FileId>,
    /// What a person should look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The DICOM header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dicom: Option<Dicom>,
    /// What else the DICOM header says of the study and of the file's place in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The storage class its object is being moved to: the intent, recorded before the move begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving_to: Option<StorageClass>,
    /// S3's id of the multipart upload that copies it, if it is moved in parts: a run that goes on finds there what was copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_upload_id: Option<String>,
    /// Until this time the bucket may hold other versions of the original than the one named here: then maintenance looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_at: Option<Timestamp>,
    /// Until this time the bucket keeps the versions that records named before: a table that is restored may name them again. Absent until the
    /// version named here was seen on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<Timestamp>,
    /// Visits of maintenance in a row that brought the file no further.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// Who processes or moves it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// Whether the purge has begun, or the upload was ended: its objects may be gone, so nothing brings it back, and nobody sees it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub purging: bool,
    /// When maintenance has to look at it; absent when nothing is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Grows by one with every change: the condition of every write.
    pub version: u64,
    /// In which way its row is written.
    #[serde(default = "schema::first")]
    pub schema: u32,
    /// The version it had when it was copied from the table of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_version: Option<u64>,
}

impl FileRecord {
    /// The key of its original.
    #[must_use]
    pub fn object_key(&self) -> ObjectKey {
        ObjectKey {
            uploader: self.uploaded_by,
            id: self.id,
            file_uuid: self.file_uuid.clone(),
        }
    }

    /// The study it belongs to; `None` also while it has only the id of an older version.
    #[must_use]
    pub fn study(&self) -> Option<StudyId> {
        self.study_id.as_ref()?.drawn()
    }

    /// The series it belongs to; `None` also while it has only the id of an older version.
    #[must_use]
    pub fn series(&self) -> Option<SeriesId> {
        self.series_id.as_ref()?.drawn()
    }

    /// Puts it into a study and one of its series, or into none.
    pub fn belong_to(&mut self, study: Option<StudyId>, series: Option<SeriesId>) {
        self.study_id = study.map(StoredId::Drawn);
        self.series_id = series.map(StoredId::Drawn);
    }

    /// Gives it to a patient, or to nobody; `mismatch` is the warning if its header names another one.
    pub fn belong_to_patient(&mut self, patient: Option<PatientId>, mismatch: Option<Warning>) {
        self.patient_id = patient;
        let code = WarningCode::PatientMismatch.name();
        let warned = self.warnings.iter().any(|warning| warning.code == code);
        match mismatch {
            None => self.warnings.retain(|warning| warning.code != code),
            Some(warning) if !warned => self.warnings.push(warning),
            Some(_) => {}
        }
    }

    /// How its bytes travel; `None` for one PUT.
    #[must_use]
    pub fn part_plan(&self) -> Option<PartPlan> {
        self.part_size
            .map(|part_size| PartPlan::of(self.file_size, part_size))
    }

    /// Whether it is in the trash.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.status == Status::Deleted
    }

    /// Whether a newer version of the service, which runs beside this one during a deployment, wrote something into it that this one does not
    /// know. It is shown as far as it can be, and left to the newer one: writing it whole would lose what is new.
    #[must_use]
    pub fn is_of_newer_version(&self) -> bool {
        let kinds = [self.file_type, self.declared_type];
        let states = [Some(self.status), self.status_before];
        self.schema > schema::CURRENT
            || kinds.contains(&FileType::Unknown)
            || states.contains(&Some(Status::Unknown))
            || self.moving_to == Some(StorageClass::Unknown)
    }

    /// In which way its row is written.
    #[must_use]
    pub fn schema_of_row(&self) -> u32 {
        match self.study() {
            Some(_) => schema::IN_STUDIES,
            None => schema::BEFORE_STUDIES,
        }
    }

    /// Whether it is counted in its study: a record that a version wrote which knew nothing of that is not.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.schema >= schema::IN_STUDIES
    }

    /// Whether it was read from the table of files, not from that of older versions.
    #[must_use]
    pub fn is_in_its_table(&self) -> bool {
        self.schema > schema::FIRST
    }

    /// Whether its bytes are in the bucket and known, so that they can be handed out.
    #[must_use]
    pub fn has_bytes(&self) -> bool {
        self.uploaded_at.is_some()
    }

    /// Whether its lease is held by somebody at `now`.
    #[must_use]
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.until > now)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
