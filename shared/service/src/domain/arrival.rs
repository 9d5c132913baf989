//! What becomes of an instance that is sent: the rule over the row that says which file the same instance became a moment ago (`db/arrivals.rs`).

use serde::Deserialize;

use super::time::DAY_MS;
use super::{FileId, FileRecord, Status, Timestamp};

/// How long a row counts: longer than an upload may take. After it the lists know the instance.
pub const COUNTS_MS: i64 = DAY_MS;
/// How long whoever has taken the row needs at most until the record is there. One that is not there later will not come: its maker has died, or it was
/// purged.
const MAKES_MS: i64 = 60_000;

/// A row: which file an instance becomes, and the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Arriving {
    /// The id of the record. It says when it was drawn.
    pub file: FileId,
    /// Of its bytes, in hexadecimal.
    pub md5: String,
}

/// What becomes of an instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// A file of this id: nobody has made its record yet, or somebody makes it at this moment.
    New(FileId),
    /// These bytes are on their way already, or there: as this file.
    Begun(Box<FileRecord>),
    /// Other bytes are.
    Others,
}

/// What `row` means to who sends bytes with the hash `md5` for `owner`; `record` is the file it names, if there is one. `None`: nothing any more, so another
/// row may take its place.
#[must_use]
pub fn arrival(
    row: &Arriving,
    record: Option<FileRecord>,
    (owner, md5): (i64, &str),
    now: Timestamp,
) -> Option<Arrival> {
    let age = now.since(row.file.created_at());
    if age > COUNTS_MS {
        return None;
    }
    let is_same = row.md5 == md5;
    match record {
        None if age > MAKES_MS => None,
        None if is_same => Some(Arrival::New(row.file)),
        None => Some(Arrival::Others),
        Some(file) => {
            let is_there = file.uploaded_by == owner
                && !file.purging
                && !file.is_deleted()
                && file.status != Status::Failed;
            let arrival = if is_same {
                Arrival::Begun(Box::new(file))
            } else {
                Arrival::Others
            };
            is_there.then_some(arrival)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::new_file::tests::record;

    #[test]
    fn a_row_counts_for_as_long_as_its_file_is_there_or_may_come() {
        let drawn = Timestamp(1_767_623_422_123);
        let row = Arriving {
            file: FileId::new(drawn, 7),
            md5: "same".to_owned(),
        };
        let file = |status| FileRecord {
            id: row.file,
            ..record(status)
        };
        let name = |found: Option<Arrival>| match found {
            None => "nothing",
            Some(Arrival::New(id)) if id == row.file => "new",
            Some(Arrival::Begun(file)) if file.id == row.file => "begun",
            Some(Arrival::Others) => "others",
            Some(_) => "another file",
        };
        for (age, status, md5, expected) in [
            (0, None, "same", "new"),
            (0, None, "other", "others"),
            // The clock was set back meanwhile.
            (-3_600_000, None, "same", "new"),
            (MAKES_MS + 1, None, "same", "nothing"),
            (MAKES_MS + 1, None, "other", "nothing"),
            (10, Some(Status::Uploading), "same", "begun"),
            (10, Some(Status::Uploading), "other", "others"),
            (DAY_MS, Some(Status::Processed), "same", "begun"),
            (DAY_MS + 1, Some(Status::Processed), "same", "nothing"),
            (10, Some(Status::Failed), "same", "nothing"),
            (10, Some(Status::Failed), "other", "nothing"),
            (10, Some(Status::Deleted), "same", "nothing"),
        ] {
            let found = arrival(&row, status.map(file), (1, md5), drawn.plus(age));
            assert_eq!(name(found), expected, "{age} {status:?} {md5}");
        }
        let purging = FileRecord {
            purging: true,
            ..file(Status::Processed)
        };
        for (file, owner) in [(purging, 1), (file(Status::Processed), 2)] {
            assert_eq!(arrival(&row, Some(file), (owner, "same"), drawn), None);
        }
    }
}
