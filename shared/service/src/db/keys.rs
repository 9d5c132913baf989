//! Keys and indexes: docs/DATA.md. template.yaml declares the same; a test holds the two together.
//!
//! Index rows are narrow on purpose: they answer *which* files, and the table answers *what* they are. A filter reads one read unit per
//! 25 rows or better, and most changes of a record do not touch an index at all.

use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest as _, Sha256};

use super::Item;
use crate::domain::{FileId, FileRecord, StudyId, Timestamp, list::search_text, reading_order};

/// One index of the table of files; its sort key is `id`, except that of [`BY_STUDY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// Its partition key.
    pub hash: &'static str,
    /// The attributes it projects besides its keys.
    pub projection: &'static [&'static str],
}

/// The attributes that lists filter by: copies, which exist for the indexes only.
const COLUMNS: &[&str] = &["i_type", "i_status", "i_modality", "i_search"];

/// An owner's live files, and their trash.
pub const BY_OWNER: Index = Index {
    name: "files-by-owner-1",
    hash: "owner_key",
    projection: COLUMNS,
};
/// A patient's live files, and those in the trash.
pub const BY_PATIENT: Index = Index {
    name: "files-by-patient-1",
    hash: "patient_key",
    projection: &[
        "i_type",
        "i_status",
        "i_modality",
        "i_search",
        "owner",
        "study_id",
        "series_id",
    ],
};
/// A study's files of one owner, live and in the trash. Its sort key is `reading_order`.
pub const BY_STUDY: Index = Index {
    name: "files-by-study-1",
    hash: "study_key",
    projection: &[
        "series_id",
        "version",
        "i_status",
        "modality",
        "file_size",
        "warning_codes",
        "thumbnail_path",
    ],
};
/// The sort key of [`BY_STUDY`].
pub(super) const READING_ORDER: &str = "reading_order";
/// An owner's files with the same bytes, live and in the trash.
pub const BY_CONTENT: Index = Index {
    name: "files-by-content-1",
    hash: "content_key",
    projection: &[],
};
/// What maintenance has to look at, by day.
pub const BY_DUE: Index = Index {
    name: "files-by-due-1",
    hash: "due_on",
    projection: &["due_at", "owner"],
};
/// All live files of a modality, in shards.
pub const BY_MODALITY: Index = Index {
    name: "files-by-modality-1",
    hash: "modality_key",
    projection: COLUMNS,
};
/// All live files, in shards.
pub const BY_SHARD: Index = Index {
    name: "files-by-shard-1",
    hash: "shard_key",
    projection: COLUMNS,
};

/// Every index of files that is written.
pub const INDEXES: [Index; 7] = [
    BY_OWNER,
    BY_PATIENT,
    BY_STUDY,
    BY_CONTENT,
    BY_DUE,
    BY_MODALITY,
    BY_SHARD,
];

/// Partitions of [`BY_MODALITY`], [`BY_SHARD`] and [`PATIENTS`]: one would be written by the whole hospital at 1,000 writes a second at most
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>).
pub const SHARDS: u64 = 16;
/// Partitions of [`BY_DUE`] a day.
pub const DUE_SHARDS: u64 = 64;

/// The index of all patients in the order of their ids, in shards. Its sort key is `patient_id`.
pub(super) const PATIENTS: &str = "patients-by-shard-1";

/// The index of people by name.
pub(super) const USERS: &str = "users-by-name-1";

impl Index {
    /// Refuses a query on attributes that this index does not have: DynamoDB would, the embedded engine would not.
    ///
    /// # Panics
    /// When an attribute is not projected: a fault in the code, found by the first test that runs the query.
    pub fn assert_has(&self, attributes: &[&str]) {
        for attribute in attributes {
            assert!(
                *attribute == "id"
                    || *attribute == self.hash
                    || self.projection.contains(attribute),
                "{} does not project {attribute}",
                self.name
            );
        }
    }
}

/// How the partition of anybody's trash begins.
pub(super) const TRASH: &str = "trash#";

/// The key of a file's row.
pub(super) fn of_file(id: FileId) -> Item {
    [("id".to_owned(), AttributeValue::N(id.to_string()))].into()
}

/// The partition of live files of an owner or a patient.
#[must_use]
pub fn live(of: impl Display) -> String {
    format!("live#{of}")
}

/// The partition of what an owner or a patient has in the trash.
#[must_use]
pub fn trash(of: impl Display) -> String {
    format!("{TRASH}{of}")
}

/// The partitions of a modality.
pub fn modality(modality: &str) -> impl Iterator<Item = String> {
    (0..SHARDS).map(move |shard| format!("{modality}#{shard}"))
}

/// The partitions of all files.
pub fn shards() -> impl Iterator<Item = String> {
    (0..SHARDS).map(live)
}

/// The partition of an owner's live files with these bytes.
#[must_use]
pub fn content(owner: i64, md5: &str) -> String {
    format!("{owner}#{md5}")
}

/// The partition of an owner's files in the trash with these bytes.
#[must_use]
pub fn trashed_content(owner: i64, md5: &str) -> String {
    format!("{owner}#{TRASH}{md5}")
}

/// The partition of an owner's live files of a study.
#[must_use]
pub fn study(owner: i64, study: StudyId) -> String {
    format!("{owner}#{study}")
}

/// The partition of an owner's files of a study that are in the trash.
#[must_use]
pub fn trash_of_study(owner: i64, study: StudyId) -> String {
    format!("{owner}#{TRASH}{study}")
}

/// The partitions of what is due on a day.
pub fn due(day: &str) -> impl Iterator<Item = String> {
    (0..DUE_SHARDS).map(move |shard| format!("{day}#{shard}"))
}

fn due_on(id: FileId, at: Timestamp) -> String {
    format!("{}#{}", at.day(), id.shard(DUE_SHARDS))
}

/// The partitions of all patients.
pub(super) fn patient_shards() -> impl Iterator<Item = String> {
    (0..SHARDS).map(|shard| shard.to_string())
}

/// The partition of one patient among all: ids that look alike lie apart.
pub(super) fn patient_shard(patient_id: &str) -> String {
    let first = u64::from(Sha256::digest(patient_id.as_bytes())[0]);
    (first % SHARDS).to_string()
}

/// The partition of a file's entries in the log.
#[must_use]
pub fn log_of(id: FileId) -> String {
    format!("file#{id}")
}

/// The attributes that put a record into its indexes. A deleted one is in the trash and in no list of everybody's, and one that is being purged
/// is not even there.
#[must_use]
pub fn index_attributes(file: &FileRecord) -> Item {
    let mut item = Item::new();
    let owner = AttributeValue::N(file.uploaded_by.to_string());
    item.insert("owner".to_owned(), owner);
    let mut put =
        |name: &str, value: String| item.insert(name.to_owned(), AttributeValue::S(value));
    if let Some(at) = file.due_at {
        put("due_on", due_on(file.id, at));
    }
    // Nobody sees what goes for good; only maintenance finds it.
    if file.purging {
        return item;
    }
    put("i_type", file.file_type.name().to_owned());
    put("i_status", file.status.name().to_owned());
    put("i_search", search_text(file));
    if let Some(modality) = &file.modality {
        put("i_modality", modality.clone());
    }
    let in_part = |of: &dyn Display| {
        if file.is_deleted() {
            trash(of)
        } else {
            live(of)
        }
    };
    put("owner_key", in_part(&file.uploaded_by));
    if let Some(patient_id) = &file.patient_id {
        put("patient_key", in_part(&patient_id.as_str()));
    }
    if let Some(of) = file.study() {
        let partition = if file.is_deleted() {
            trash_of_study(file.uploaded_by, of)
        } else {
            study(file.uploaded_by, of)
        };
        put("study_key", partition);
        put(READING_ORDER, reading_order::of(file));
    }
    if let Some(md5) = &file.file_hash {
        let content = if file.is_deleted() {
            trashed_content(file.uploaded_by, md5)
        } else {
            content(file.uploaded_by, md5)
        };
        put("content_key", content);
    }
    if !file.is_deleted() {
        let shard = file.id.shard(SHARDS);
        put("shard_key", live(shard));
        if let Some(modality) = &file.modality {
            put("modality_key", format!("{modality}#{shard}"));
        }
    }
    item
}
