//! What a list may be narrowed by, and how it is paged.

use serde_json::json;

use super::{Cursor, FileId, FileRecord, FileType, Status, modality, stats, text};

/// All conditions of a list; they combine with AND. Empty means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this type.
    pub file_type: Option<FileType>,
    /// Only this status.
    pub status: Option<Status>,
    /// Only this modality.
    pub modality: Option<String>,
    /// Only this uploader.
    pub uploaded_by: Option<i64>,
    /// Only ids from here on (`start_date`).
    pub from: Option<FileId>,
    /// Only ids up to here (`end_date`).
    pub to: Option<FileId>,
    /// Only files in whose [`search_text`] is each of its words, already folded.
    pub search: Option<String>,
}

impl Filter {
    /// Whether `file` passes. The database narrows by the same rules (`db/conditions.rs`); if an index lags behind, this decides.
    ///
    /// Whatever reads a filter takes it apart into all of its fields: so a condition that is added later and forgotten there does not compile.
    #[must_use]
    pub fn matches(&self, file: &FileRecord) -> bool {
        fn is<T: PartialEq + Copy>(wanted: Option<T>, actual: T) -> bool {
            wanted.is_none_or(|wanted| wanted == actual)
        }
        let Self {
            file_type,
            status,
            modality,
            uploaded_by,
            from,
            to,
            search: _,
        } = self;
        is(*file_type, file.file_type)
            && is(*status, file.status)
            && is(modality.as_deref().map(Some), file.modality.as_deref())
            && is(*uploaded_by, file.uploaded_by)
            && from.is_none_or(|from| file.id >= from)
            && to.is_none_or(|to| file.id <= to)
            && self.finds(file)
    }

    fn finds(&self, file: &FileRecord) -> bool {
        let mut words = self.words().peekable();
        // Most lists search for nothing: then nobody folds a text.
        words.peek().is_none() || {
            let text = search_text(file);
            words.all(|word| text.contains(word))
        }
    }

    /// The words that are searched: each may be anywhere, and all have to be there.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.search
            .iter()
            .flat_map(|search| search.split_whitespace())
    }

    /// Whether it lets only some of the ids of a range through, so that an index has to be read beyond what is found.
    #[must_use]
    pub fn narrows(&self) -> bool {
        let Self {
            file_type,
            status,
            modality,
            uploaded_by,
            from: _,
            to: _,
            search: _,
        } = self;
        file_type.is_some()
            || status.is_some()
            || modality.is_some()
            || uploaded_by.is_some()
            || self.words().next().is_some()
    }

    /// The name of the one counter that equals this filter's total, when there is one.
    #[must_use]
    pub fn counter(&self) -> Option<String> {
        let Self {
            file_type,
            status,
            modality,
            uploaded_by: None,
            from: None,
            to: None,
            search: None,
        } = self
        else {
            return None;
        };
        match (file_type, status, modality) {
            (None, None, None) => Some("total_files".to_owned()),
            (Some(kind), None, None) => Some(format!("type#{}", kind.name())),
            (None, Some(status), None) => Some(stats::of_status(*status)),
            // Modalities that are not DICOM's share one counter, so it is the total of none of them.
            (None, None, Some(modality)) => {
                modality::is_counted(modality).then(|| stats::of_modality(modality))
            }
            _ => None,
        }
    }

    /// What a cursor is bound to: one text for equal filters, and another one for every other filter. It has only the conditions that are set, so
    /// a version of the service that knows one more goes on to open the cursors of the one before.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let Self {
            file_type,
            status,
            modality,
            uploaded_by,
            from,
            to,
            search,
        } = self;
        let conditions = [
            ("file_type", file_type.map(|kind| json!(kind.name()))),
            ("status", status.map(|status| json!(status.name()))),
            ("modality", modality.as_ref().map(|text| json!(text))),
            ("uploaded_by", uploaded_by.map(|id| json!(id))),
            ("from", from.map(|id| json!(id.number()))),
            ("to", to.map(|id| json!(id.number()))),
            ("search", search.as_ref().map(|text| json!(text))),
        ];
        let set = conditions
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        set.collect::<Vec<_>>().join("&")
    }
}

/// What `search` looks at, folded, each on a line of its own: the file's name and description, and from a DICOM header the patient's name and id, the
/// study's description and the accession number.
#[must_use]
pub fn search_text(file: &FileRecord) -> String {
    let name = file.original_filename.clone();
    let mut lines = vec![name];
    lines.extend(file.description.clone());
    if let Some(dicom) = &file.dicom {
        lines.extend(dicom.patient_name.as_deref().map(person_name));
        lines.extend(dicom.patient_id.clone());
    }
    if let Some(header) = &file.header {
        lines.extend(header.study_description.clone());
        lines.extend(header.accession_number.clone());
    }
    text::fold(&lines.join("\n"))
}

/// A person's name as people look for it. DICOM stores `Zhang^San=张^三`: groups for alphabets and characters, and in each of them family and given name
/// (PS3.5 6.2.1.1). Characters are written without a space between the two, so the words of a group stand together as well.
pub(super) fn person_name(stored: &str) -> String {
    let groups = stored.split('=').map(|group| {
        let words: Vec<_> = group.split('^').filter(|word| !word.is_empty()).collect();
        match words.len() {
            0 | 1 => words.concat(),
            _ => format!("{} {}", words.join(" "), words.concat()),
        }
    });
    groups.collect::<Vec<_>>().join("\n")
}

/// A request for one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// What to show.
    pub filter: Filter,
    /// Which page, from 1; without effect beside a cursor.
    pub page: u32,
    /// Items on a page, 1..=100.
    pub page_size: u32,
    /// Continue after this.
    pub cursor: Option<Cursor>,
    /// Whether `total` is wanted.
    pub include_total: bool,
}

impl ListRequest {
    /// How many matches come before the page.
    #[must_use]
    pub fn skip(&self) -> usize {
        if self.cursor.is_some() {
            return 0;
        }
        let skip = u64::from(self.page.saturating_sub(1)) * u64::from(self.page_size);
        usize::try_from(skip).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests;
