//! How the version that a record names stands among those that the bucket holds under its key.

use super::FileRecord;

/// One version, as the bucket lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVersion {
    /// S3's version id.
    pub id: String,
    /// Bytes; 0 of a delete marker.
    pub size: u64,
    /// S3's entity tag without its quotes: of some objects the MD5 of the bytes.
    pub etag: String,
    /// Whether it is the one that a reader without a version gets.
    pub is_current: bool,
    /// Whether it is a delete marker.
    pub is_marker: bool,
}

/// How the version of a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the current one. The others of the same bytes, and markers, are left over.
    Current {
        /// Their ids.
        surplus: Vec<String>,
    },
    /// It is there, below another one: the lifecycle rule would remove it.
    Covered,
    /// It is not there. These may be the same bytes, newest first.
    Gone {
        /// Versions of the right size.
        candidates: Vec<StoredVersion>,
    },
}

/// How the version that `file` names stands among `versions`, newest first. A file without one is as it should be.
#[must_use]
pub fn standing(file: &FileRecord, versions: &[StoredVersion]) -> Standing {
    let Some(recorded) = &file.object_version else {
        return Standing::Current {
            surplus: Vec::new(),
        };
    };
    let is_copy = |version: &&StoredVersion| !version.is_marker && version.size == file.file_size;
    match versions.iter().find(|version| version.id == *recorded) {
        Some(version) if version.is_current => {
            let others = versions.iter().filter(|version| version.id != *recorded);
            // This service did not write a version of another size, so it does not remove it.
            let surplus = others.filter(|version| version.is_marker || is_copy(version));
            Standing::Current {
                surplus: surplus.map(|version| version.id.clone()).collect(),
            }
        }
        Some(_) => Standing::Covered,
        None => Standing::Gone {
            candidates: versions.iter().filter(is_copy).cloned().collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Status;
    use crate::domain::new_file::tests::record;

    /// `+` is a copy, `?` another size, `x` a marker; the first is current.
    fn versions(text: &str) -> Vec<StoredVersion> {
        let version = |(place, name): (usize, &str)| StoredVersion {
            id: name[1..].to_owned(),
            size: if name.starts_with('+') { 100 } else { 7 },
            etag: String::new(),
            is_current: place == 0,
            is_marker: name.starts_with('x'),
        };
        text.split_whitespace().enumerate().map(version).collect()
    }

    #[test]
    fn a_version_is_current_covered_or_gone() {
        let mut file = record(Status::Processed);
        file.file_size = 100;
        file.object_version = Some("r".to_owned());
        for (listed, expected) in [
            ("+r", "current"),
            ("+r +a xb ?c", "current a b"),
            ("+a +r", "covered"),
            ("xa +r", "covered"),
            ("?a +r", "covered"),
            ("", "gone"),
            ("xa +b ?c +d", "gone b d"),
        ] {
            let (name, ids) = match standing(&file, &versions(listed)) {
                Standing::Current { surplus } => ("current", surplus),
                Standing::Covered => ("covered", Vec::new()),
                Standing::Gone { candidates } => (
                    "gone",
                    candidates.into_iter().map(|version| version.id).collect(),
                ),
            };
            let found = [&[name.to_owned()], &ids[..]].concat().join(" ");
            assert_eq!(found, expected, "{listed}");
        }
    }
}
