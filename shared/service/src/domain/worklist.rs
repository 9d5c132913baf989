//! The worklist: what it shows of a study, what it may be narrowed by, and in which order it stands.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::list::person_name;
use super::notice::is_remark;
use super::tally::{HeaderPatient, Tally, facet};
use super::{Cursor, PatientId, StudyId, Timestamp, text};

/// Different values that the worklist shows of one kind.
const MOST_VALUES: usize = 20;

/// What the worklist shows of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: StudyId,
    /// Grows with every change of the study: of two entries the one of the higher version counts.
    pub version: u64,
    /// Study Instance UID; a study that a person made has none.
    pub uid: Option<String>,
    /// Study Date, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Study Time, `HH:MM:SS`.
    pub time: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub description: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub accession: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub modalities: Vec<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub parts: Vec<String>,
    /// The patients whom its owner has chosen for its files, that of most files first.
    pub patients: Vec<String>,
    /// The patient whom most headers name.
    pub patient: Option<HeaderPatient>,
    #[expect(missing_docs, reason = "the name says it")]
    pub series: u64,
    /// Live files; an entry without any is in no list.
    pub files: u64,
    #[expect(missing_docs, reason = "the name says it")]
    pub bytes: u64,
    /// The key of a thumbnail.
    pub thumbnail: Option<String>,
    /// Codes, and how many files have each.
    pub warnings: Vec<(String, u64)>,
    /// When the owner came to have the study.
    pub created_at: Timestamp,
    /// When the entry changed last.
    pub updated_at: Timestamp,
}

/// What is known of a study beside its files: its row, as the first header or a person wrote it.
#[derive(Clone, Debug)]
pub struct Known {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: StudyId,
    #[expect(missing_docs, reason = "the name says it")]
    pub uid: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub date: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub description: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub modalities: Vec<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub patient: Option<PatientId>,
    #[expect(missing_docs, reason = "the name says it")]
    pub created_at: Timestamp,
}

impl Entry {
    /// What is shown of a study whose files say `tally`, in so many series.
    #[must_use]
    pub fn new(known: Known, tally: &Tally, series: u64, version: u64, now: Timestamp) -> Self {
        let most = |kind| tally.most(kind).map(str::to_owned);
        let all = |kind| -> Vec<String> {
            let values = tally.all(kind).take(MOST_VALUES);
            values.map(|(value, _)| value.to_owned()).collect()
        };
        let natural = |number: i64| u64::try_from(number).unwrap_or_default();
        let mut modalities = all(facet::MODALITY);
        if modalities.is_empty() {
            modalities = known.modalities;
        }
        let mut patients: Vec<(i64, &str)> = tally
            .all(facet::PATIENT)
            .map(|(id, files)| (-files, id))
            .collect();
        patients.sort_unstable();
        let patients = patients.into_iter().take(MOST_VALUES);
        let mut patients: Vec<String> = patients.map(|(_, id)| id.to_owned()).collect();
        if patients.is_empty() {
            let chosen = known.patient.iter().map(|id| id.as_str().to_owned());
            patients = chosen.collect();
        }
        let warnings = tally.all(facet::WARNING).take(MOST_VALUES);
        Self {
            id: known.id,
            version,
            uid: known.uid,
            date: most(facet::DATE).or(known.date),
            time: most(facet::TIME),
            description: most(facet::DESCRIPTION).or(known.description),
            accession: most(facet::ACCESSION),
            modalities,
            parts: all(facet::BODY_PART),
            patients,
            patient: tally.most(facet::HEADER_PATIENT).map(HeaderPatient::read),
            series,
            files: natural(tally.files),
            bytes: natural(tally.bytes),
            thumbnail: tally.picture().map(str::to_owned),
            warnings: warnings
                .map(|(code, files)| (code.to_owned(), natural(files)))
                .collect(),
            created_at: known.created_at,
            updated_at: now,
        }
    }

    /// Whether it has a file that somebody should look at.
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        self.warnings.iter().any(|(code, _)| !is_remark(code))
    }

    /// Whether it shows a text, of a header or a person, that `after` does not show any more. A study without files shows nothing.
    #[must_use]
    pub fn shows_more_than(&self, after: &Self) -> bool {
        let shown = after.texts();
        self.texts().iter().any(|text| !shown.contains(text))
    }

    fn texts(&self) -> Vec<(&str, &str)> {
        if self.files == 0 {
            return Vec::new();
        }
        let patient = self.patient.as_ref();
        let patient = patient.map(|patient| {
            [
                ("id", patient.id.as_deref()),
                ("name", patient.name.as_deref()),
                ("sex", patient.sex.as_deref()),
                ("birth date", patient.birth_date.as_deref()),
            ]
        });
        let own = [
            ("description", self.description.as_deref()),
            ("accession number", self.accession.as_deref()),
        ];
        let chosen = self.patients.iter();
        let chosen = chosen.map(|id| ("chosen", Some(id.as_str())));
        let all = patient.into_iter().flatten().chain(own).chain(chosen);
        all.filter_map(|(kind, text)| Some((kind, text?))).collect()
    }

    /// The text in which searches look.
    #[must_use]
    pub fn search_text(&self) -> String {
        let patient = self.patient.as_ref();
        let name = patient.and_then(|patient| patient.name.as_deref());
        let lines = [
            name.map(person_name),
            patient.and_then(|patient| patient.id.clone()),
            self.description.clone(),
            self.accession.clone(),
        ];
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        text::fold(&lines.join("\n"))
    }
}

/// An entry, and what is made of it once.
#[derive(Clone, Debug)]
pub struct Listed {
    #[expect(missing_docs, reason = "the name says it")]
    pub entry: Entry,
    search_text: String,
    /// The folded name, as people look for it.
    name: Option<String>,
}

impl From<Entry> for Listed {
    fn from(entry: Entry) -> Self {
        let patient = entry.patient.as_ref();
        let name = patient.and_then(|patient| patient.name.as_deref());
        Self {
            search_text: entry.search_text(),
            name: name.map(|name| text::fold(&name.replace('^', " "))),
            entry,
        }
    }
}

/// All conditions of a worklist; they combine with AND.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Folded: each of its words is in the search text.
    pub search: Option<String>,
    /// Chosen for one of the files.
    pub patient: Option<PatientId>,
    /// One of the study's.
    pub modality: Option<String>,
    /// Study dates from here on, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Study dates up to here.
    pub to: Option<String>,
    /// Whether it has a file that somebody should look at.
    pub warnings: Option<bool>,
}

impl Narrowed {
    /// Whether a study passes.
    #[must_use]
    pub fn matches(&self, listed: &Listed) -> bool {
        let Self {
            search,
            patient,
            modality,
            from,
            to,
            warnings,
        } = self;
        let entry = &listed.entry;
        let date = entry.date.as_deref();
        let words = search.iter().flat_map(|search| search.split_whitespace());
        let is_of = |id: &PatientId| entry.patients.iter().any(|one| one == id.as_str());
        entry.files > 0
            && patient.as_ref().is_none_or(is_of)
            && modality
                .as_ref()
                .is_none_or(|one| entry.modalities.contains(one))
            && from
                .as_deref()
                .is_none_or(|from| date.is_some_and(|date| date >= from))
            && to
                .as_deref()
                .is_none_or(|to| date.is_some_and(|date| date <= to))
            && warnings.is_none_or(|warnings| warnings == entry.has_warnings())
            && words
                .into_iter()
                .all(|word| listed.search_text.contains(word))
    }

    /// What a cursor is bound to.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let Self {
            search,
            patient,
            modality,
            from,
            to,
            warnings,
        } = self;
        let patient = patient.as_ref().map(PatientId::as_str);
        json!([search, patient, modality, from, to, warnings]).to_string()
    }
}

/// What the worklist is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    #[expect(missing_docs, reason = "the name says it")]
    StudyDate,
    #[expect(missing_docs, reason = "the name says it")]
    CreatedAt,
    #[expect(missing_docs, reason = "the name says it")]
    PatientName,
}

/// The order of a worklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    #[expect(missing_docs, reason = "the name says it")]
    pub by: By,
    /// Largest first.
    pub descending: bool,
}

/// The place of a study in the order: the value that the list is sorted by, and the study's id. A study without that value comes last, whichever way the list is sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place(Option<String>, u64);

impl Sort {
    /// The place of a study.
    #[must_use]
    pub fn place(self, listed: &Listed) -> Place {
        let entry = &listed.entry;
        let value = match self.by {
            By::StudyDate => entry.date.as_ref().map(|date| {
                // Without a time it stands at the beginning of its day.
                format!("{date} {}", entry.time.as_deref().unwrap_or_default())
            }),
            By::CreatedAt => Some(format!("{:020}", entry.created_at.0)),
            By::PatientName => listed.name.clone(),
        };
        Place(value, entry.id.number())
    }

    /// Which of two places comes first.
    #[must_use]
    pub fn compare(self, a: &Place, b: &Place) -> Ordering {
        let by_value = match (&a.0, &b.0) {
            (Some(a), Some(b)) => self.turned(a.cmp(b)),
            (None, None) => Ordering::Equal,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        by_value.then_with(|| self.turned(a.1.cmp(&b.1)))
    }

    fn turned(self, order: Ordering) -> Ordering {
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }
}

/// What is asked of a worklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    #[expect(missing_docs, reason = "the name says it")]
    pub narrowed: Narrowed,
    #[expect(missing_docs, reason = "the name says it")]
    pub sort: Sort,
    /// Which page, from 1; without effect beside a cursor.
    pub page: u32,
    /// Items on a page, 1..=100.
    pub page_size: u32,
    /// Continue after this.
    pub cursor: Option<Cursor>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    #[expect(missing_docs, reason = "the name says it")]
    pub entries: Vec<Entry>,
    /// How many there are in all.
    pub total: u64,
    /// The place of the last study, if more follow.
    pub next: Option<Place>,
}

impl Asked {
    /// What a cursor is bound to.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:?}|{}", self.sort, self.narrowed.fingerprint())
    }

    /// The page of these studies, behind `after`.
    pub fn page<'a>(
        &self,
        studies: impl Iterator<Item = &'a Listed>,
        after: Option<&Place>,
    ) -> Page {
        let sort = self.sort;
        let mut found: Vec<(Place, &Listed)> = studies
            .filter(|listed| self.narrowed.matches(listed))
            .map(|listed| (sort.place(listed), listed))
            .collect();
        let total = found.len() as u64;
        found.sort_by(|(a, _), (b, _)| sort.compare(a, b));
        let skip = match after {
            Some(after) => found.partition_point(|(place, _)| sort.compare(place, after).is_le()),
            None => (self.page as usize - 1).saturating_mul(self.page_size as usize),
        };
        let take = self.page_size as usize;
        let shown = found.iter().skip(skip).take(take);
        let entries: Vec<Entry> = shown.map(|(_, listed)| listed.entry.clone()).collect();
        let has_more = skip.saturating_add(take) < found.len();
        let last = found.get(skip.saturating_add(take).saturating_sub(1));
        Page {
            entries,
            total,
            next: last.filter(|_| has_more).map(|(place, _)| place.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
