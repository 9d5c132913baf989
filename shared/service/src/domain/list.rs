//! What a list may be narrowed by, and how it is paged.

use super::{Cursor, FileId, FileRecord, FileType, Status, modality, stats, text};

/// The most items a page holds.
pub const MAX_PAGE_SIZE: u32 = 100;

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
    /// Only files whose name or description contains this, already folded.
    pub search: Option<String>,
}

impl Filter {
    /// Whether `file` passes. The database narrows by the same rules; this one decides.
    #[must_use]
    pub fn matches(&self, file: &FileRecord) -> bool {
        fn is<T: PartialEq + Copy>(wanted: Option<T>, actual: T) -> bool {
            wanted.is_none_or(|wanted| wanted == actual)
        }
        is(self.file_type, file.file_type)
            && is(self.status, file.status)
            && is(self.modality.as_deref().map(Some), file.modality.as_deref())
            && is(self.uploaded_by, file.uploaded_by)
            && self.from.is_none_or(|from| file.id >= from)
            && self.to.is_none_or(|to| file.id <= to)
            && self
                .search
                .as_ref()
                .is_none_or(|search| search_text(file).contains(search))
    }

    /// The name of the one counter that equals this filter's total, when there is one.
    #[must_use]
    pub fn counter(&self) -> Option<String> {
        if self.from.is_some()
            || self.to.is_some()
            || self.search.is_some()
            || self.uploaded_by.is_some()
        {
            return None;
        }
        match (self.file_type, self.status, &self.modality) {
            (None, None, None) => Some("total_files".to_owned()),
            (Some(kind), None, None) => Some(format!("type#{}", kind.name())),
            (None, Some(status), None) => Some(stats::of_status(status)),
            // The others share a counter.
            (None, None, Some(modality)) => {
                modality::is_counted(modality).then(|| stats::of_modality(modality))
            }
            _ => None,
        }
    }

    /// One text that two equal filters share and two different ones do not: what a cursor is bound to.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{self:?}")
    }
}

/// What `search` looks at: name and description, folded, on lines of their own.
#[must_use]
pub fn search_text(file: &FileRecord) -> String {
    let name = text::fold(&file.original_filename);
    match &file.description {
        Some(description) => format!("{name}\n{}", text::fold(description)),
        None => name,
    }
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
