//! Keys in the bucket. They carry ids only: never a name, never a patient.

use std::fmt;
use std::str::FromStr;

use super::FileId;

/// Everything a browser uploads lives below this prefix, and only it raises events.
pub const ORIGINALS: &str = "originals/";

/// The key of an original: `originals/{uploader}/{id}/{file_uuid}`.
///
/// The record's id is in the key, so an event alone is enough to finish an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey {
    /// Who uploads it.
    pub uploader: i64,
    /// The record it belongs to.
    pub id: FileId,
    /// The record's `file_uuid`: makes the key impossible to guess.
    pub file_uuid: String,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{ORIGINALS}{}/{}/{}",
            self.uploader, self.id, self.file_uuid
        )
    }
}

impl FromStr for ObjectKey {
    type Err = String;

    fn from_str(key: &str) -> Result<Self, String> {
        let parts = || {
            let mut parts = key.strip_prefix(ORIGINALS)?.split('/');
            let parsed = Self {
                uploader: parts.next()?.parse().ok()?,
                id: parts.next()?.parse().ok()?,
                file_uuid: parts.next()?.to_owned(),
            };
            // Written back, it must be the same key: nothing more, nothing normalised.
            (parsed.to_string() == key).then_some(parsed)
        };
        parts().ok_or_else(|| "not the key of an original".to_owned())
    }
}

/// The prefix of everybody's thumbnails.
pub const THUMBNAILS: &str = "thumbnails/";
/// The prefix of everybody's previews.
pub const PREVIEWS: &str = "previews/";

/// The prefix of what everybody's DICOM files say of themselves.
pub const INSTANCES: &str = "instances/";

/// The prefixes of what is made of originals, and can be made again.
pub const MADE: [&str; 3] = [THUMBNAILS, PREVIEWS, INSTANCES];

/// The file that the object of this key was made of.
#[must_use]
pub fn made_of(key: &str) -> Option<FileId> {
    let rest = MADE.iter().find_map(|prefix| key.strip_prefix(prefix))?;
    rest.split_once('/')?.0.parse().ok()
}

/// What programs of this version keep of a DICOM file, beside its record: a new number has all files read again.
pub const INSTANCE: u32 = 1;

/// The key of the DICOM JSON of a file, as programs of the version `made` keep it. It says the same whenever it is made, so the content needs no place in it.
#[must_use]
pub fn instance(id: FileId, made: u32) -> String {
    format!("{}{made}.json", instances_of(id))
}

/// The key of the index of its frames, where that is too long to be in the head of the JSON.
#[must_use]
pub fn frame_index(id: FileId, made: u32) -> String {
    format!("{}{made}.frames", instances_of(id))
}

/// The prefix of what one file says of itself.
#[must_use]
pub fn instances_of(id: FileId) -> String {
    format!("{INSTANCES}{id}/")
}

/// The key of a thumbnail; its content's hash is in it, so a changed picture is a new object and caches stay right.
#[must_use]
pub fn thumbnail(id: FileId, content_hash: &str) -> String {
    format!("{}{content_hash}.jpg", thumbnails_of(id))
}

/// The key of a preview; see [`thumbnail`].
#[must_use]
pub fn preview(id: FileId, content_hash: &str) -> String {
    format!("{}{content_hash}.jpg", previews_of(id))
}

/// The prefix of all thumbnails of one file.
#[must_use]
pub fn thumbnails_of(id: FileId) -> String {
    format!("{THUMBNAILS}{id}/")
}

/// The prefix of all previews of one file.
#[must_use]
pub fn previews_of(id: FileId) -> String {
    format!("{PREVIEWS}{id}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_itself() {
        let text = "originals/5/1234/7d444840-9dc0-11d1-b245-5ffdce74fad2";
        assert_eq!(text.parse::<ObjectKey>().unwrap().to_string(), text);
    }

    #[test]
    fn what_was_made_of_a_file_names_it() {
        let id = FileId::from_number(241_413_742_592_123).expect("an id");
        for key in [
            thumbnail(id, "abc"),
            preview(id, "abc"),
            instance(id, INSTANCE),
            frame_index(id, INSTANCE),
        ] {
            assert_eq!(made_of(&key), Some(id), "{key}");
        }
        for key in ["originals/5/12/u", "instances/x/1.json", "instances/12"] {
            assert_eq!(made_of(key), None, "{key}");
        }
    }

    #[test]
    fn keys_that_are_not_ours_are_refused() {
        for key in [
            "",
            "originals/",
            "originals/5/x/u",
            "originals/5/12",
            "thumbnails/5/12/u",
            "originals/5/12/u/v",
            "originals/05/12/u",
        ] {
            assert!(key.parse::<ObjectKey>().is_err(), "{key}");
        }
    }
}
