//! What the model knows of one file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use service::domain::Status;
use service::domain::record::FileRecord;

use super::content::{Content, Kind};
use super::step::{ADMIN, New};

/// How often an entry stands in the log: surely, and perhaps beyond that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) sure: u32,
    pub(super) perhaps: u32,
}

/// One file. Some of it is what a browser keeps.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct File {
    pub(super) label: u32,
    pub(super) id: u64,
    pub(super) owner: i64,
    pub(super) content: Content,
    pub(super) patient: Option<u8>,
    pub(super) description: Option<String>,
    /// The status it has outside the trash.
    pub(super) status: Status,
    /// In the trash until then.
    pub(super) purge_at: Option<i64>,
    /// Seen by nobody: its upload was ended, or its purge has begun.
    pub(super) hidden: bool,
    /// Its record is gone.
    pub(super) gone: bool,
    /// It is FAILED because its visits failed or were lost too often: nobody has read its bytes.
    pub(super) given_up: bool,
    /// The bucket has acknowledged its bytes.
    pub(super) stored: bool,
    /// Parts that the bucket has acknowledged, until they are put together.
    pub(super) parts: BTreeSet<u32>,
    /// Whether a function that died left it in the middle of something.
    pub(super) interrupted: bool,
    /// The last job that was begun to move it, and whose it is.
    pub(super) job: Option<(i64, u64)>,
    /// The versions that its record has named, the last one last, and when each was last seen to be named.
    pub(super) named: Vec<(String, i64)>,
    /// How the API said that the bytes are to be sent, and until when that works.
    pub(super) upload: Value,
    pub(super) upload_until: i64,
    pub(super) created: i64,
    pub(super) log: BTreeMap<(i64, &'static str), Count>,
}

impl File {
    /// A file whose upload has begun.
    pub(super) fn new(by: i64, new: &New, id: u64, now: i64) -> Self {
        let mut file = Self {
            label: new.label,
            id,
            owner: by,
            content: new.content,
            patient: new.patient,
            description: None,
            status: Status::Uploading,
            purge_at: None,
            hidden: false,
            gone: false,
            given_up: false,
            stored: false,
            parts: BTreeSet::new(),
            interrupted: false,
            job: None,
            named: Vec::new(),
            upload: Value::Null,
            upload_until: 0,
            created: now,
            log: BTreeMap::new(),
        };
        file.logged(by, "upload");
        file
    }

    /// Whether `by` may know of it while it is not deleted.
    pub(super) fn is_shown_to(&self, by: i64) -> bool {
        self.is_live() && self.may_be_of(by)
    }

    pub(super) fn may_be_of(&self, by: i64) -> bool {
        by == ADMIN || by == self.owner
    }

    pub(super) fn is_there(&self) -> bool {
        !self.hidden && !self.gone
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_there() && self.purge_at.is_none()
    }

    pub(super) fn is_large(&self) -> bool {
        self.content.kind == Kind::Large
    }

    /// Whether its bytes were read.
    pub(super) fn is_known(&self) -> bool {
        self.status != Status::Uploading && (self.stored || self.status != Status::Failed)
    }

    /// Whether it was processed, so that its hash is known.
    pub(super) fn is_hashed(&self) -> bool {
        matches!(
            self.status,
            Status::Processed | Status::Failed | Status::Archived
        ) && self.stored
            && !self.given_up
    }

    /// How processing it ends.
    pub(super) fn outcome(&self) -> Status {
        match self.content.kind {
            Kind::Junk => Status::Failed,
            _ => Status::Processed,
        }
    }

    pub(super) fn name(&self) -> String {
        self.content.name(self.label)
    }

    /// Its record names this version at `now`.
    pub(super) fn names(&mut self, version: &str, now: i64) {
        match self.named.last_mut() {
            Some((last, until)) if last == version => *until = now.max(*until),
            _ => self.named.push((version.to_owned(), now)),
        }
    }

    /// Somebody did something that leaves an entry.
    pub(super) fn logged(&mut self, by: i64, action: &'static str) {
        self.log.entry((by, action)).or_default().sure += 1;
    }

    /// Somebody did something that may have left an entry.
    pub(super) fn perhaps_logged(&mut self, by: i64, action: &'static str) {
        self.log.entry((by, action)).or_default().perhaps += 1;
    }

    /// The versions that a table restored to a moment of the last 35 days before `now` would name.
    pub(super) fn still_named(&self, now: i64) -> impl Iterator<Item = &str> {
        let kept = now - 35 * 24 * 60 * 60 * 1000;
        let named = self.named.iter().filter(move |(_, until)| *until >= kept);
        named.map(|(version, _)| version.as_str())
    }

    /// What has to be the same in every answer about it.
    pub(super) fn compare(&self, shown: &Value) -> Result<(), String> {
        let status = if self.purge_at.is_some() {
            Status::Deleted
        } else {
            self.status
        };
        let expected: [(&str, Value); 8] = [
            ("id", self.id.into()),
            ("uploaded_by", self.owner.into()),
            ("original_filename", self.name().into()),
            ("status", status.name().into()),
            ("file_size", self.content.size().into()),
            ("description", self.description.clone().into()),
            ("patient_id", self.patient.map(patient_id).into()),
            ("file_type", self.content.type_name(self.is_hashed()).into()),
        ];
        for (field, value) in expected {
            if shown[field] != value {
                let label = self.label;
                return Err(format!(
                    "file {label}: {field} is {} instead of {value}",
                    shown[field]
                ));
            }
        }
        Ok(())
    }
}

/// The id of a patient.
pub(super) fn patient_id(patient: u8) -> String {
    format!("P-{patient}")
}

/// The status that a record has outside the trash.
pub(super) fn life(record: &FileRecord) -> Status {
    record.status_before.unwrap_or(record.status)
}
