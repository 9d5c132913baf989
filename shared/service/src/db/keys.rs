//! Keys and indexes of the table of files. template.yaml declares the same; a test holds the two together.
//!
//! Index rows are narrow on purpose: they answer *which* files, and the table answers *what* they are. A filter reads one read unit per
//! 25 rows or better, and most changes of a record do not touch an index at all.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use crate::domain::{FileId, FileRecord, Timestamp, list::search_text};

/// One index of the table of files; its sort key is always `id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// Its partition key.
    pub hash: &'static str,
    /// The attributes it projects besides its keys.
    pub projection: &'static [&'static str],
}

/// One user's live files, and their trash.
pub const BY_UPLOADER: Index = Index {
    name: "by-uploader",
    hash: "owner_key",
    projection: &["file_type", "status", "modality", "search"],
};
/// A patient's live files.
pub const BY_PATIENT: Index = Index {
    name: "by-patient",
    hash: "patient_key",
    projection: &[
        "file_type",
        "status",
        "modality",
        "search",
        "uploaded_by",
        "study_id",
        "series_id",
    ],
};
/// All live files of a modality, in shards.
pub const BY_MODALITY: Index = Index {
    name: "by-modality",
    hash: "modality_key",
    projection: &["file_type", "status", "search"],
};
/// All live files, in shards.
pub const BY_SHARD: Index = Index {
    name: "by-shard",
    hash: "shard_key",
    projection: &["file_type", "status", "search"],
};
/// One user's live files with the same bytes.
pub const BY_CONTENT: Index = Index {
    name: "by-content",
    hash: "content_key",
    projection: &[],
};
/// What maintenance has to look at, by day.
pub const BY_DUE: Index = Index {
    name: "by-due",
    hash: "due_on",
    projection: &["due_at"],
};

/// Every index there is.
pub const INDEXES: [Index; 6] = [
    BY_UPLOADER,
    BY_PATIENT,
    BY_MODALITY,
    BY_SHARD,
    BY_CONTENT,
    BY_DUE,
];

/// Partitions of [`BY_MODALITY`] and [`BY_SHARD`]: one would be written by the whole hospital at 1,000 writes a second at most
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>).
pub const SHARDS: u64 = 8;
/// Partitions of [`BY_DUE`] a day.
pub const DUE_SHARDS: u64 = 4;

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

/// The partition of a user's live files.
#[must_use]
pub fn live(uploader: i64) -> String {
    format!("live#{uploader}")
}

/// The partition of a user's trash.
#[must_use]
pub fn trash(uploader: i64) -> String {
    format!("{TRASH}{uploader}")
}

/// The partition of a patient's files.
#[must_use]
pub fn patient(patient_id: &str) -> String {
    format!("patient#{patient_id}")
}

/// The partitions of a modality.
pub fn modality(modality: &str) -> impl Iterator<Item = String> {
    (0..SHARDS).map(move |shard| format!("{modality}#{shard}"))
}

/// The partitions of all files.
pub fn shards() -> impl Iterator<Item = String> {
    (0..SHARDS).map(|shard| format!("live#{shard}"))
}

/// The partition of one user's files with these bytes.
#[must_use]
pub fn content(uploader: i64, md5: &str) -> String {
    format!("{uploader}#{md5}")
}

/// The partitions of what is due on a day.
pub fn due(day: &str) -> impl Iterator<Item = String> {
    (0..DUE_SHARDS).map(move |shard| format!("{day}#{shard}"))
}

fn due_on(id: FileId, at: Timestamp) -> String {
    format!("{}#{}", at.day(), id.shard(DUE_SHARDS))
}

/// The attributes that put a record into its indexes. A deleted one is in the trash and nowhere else, and one that is being purged not even there.
#[must_use]
pub fn index_attributes(file: &FileRecord) -> Item {
    let mut item = Item::new();
    let mut put =
        |name: &str, value: String| item.insert(name.to_owned(), AttributeValue::S(value));
    if let Some(at) = file.due_at {
        put("due_on", due_on(file.id, at));
    }
    // Nobody sees what goes for good; only maintenance finds it.
    if file.purging {
        return item;
    }
    put("search", search_text(file));
    if file.is_deleted() {
        put("owner_key", trash(file.uploaded_by));
        return item;
    }
    put("owner_key", live(file.uploaded_by));
    put("shard_key", format!("live#{}", file.id.shard(SHARDS)));
    if let Some(patient_id) = &file.patient_id {
        put("patient_key", patient(patient_id.as_str()));
    }
    if let Some(modality) = &file.modality {
        put(
            "modality_key",
            format!("{modality}#{}", file.id.shard(SHARDS)),
        );
    }
    if let Some(md5) = &file.file_hash {
        put("content_key", content(file.uploaded_by, md5));
    }
    item
}
