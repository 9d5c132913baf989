//! What the files of a study, or of one of its series, say together: how many say what.
//!
//! A tally is a sum. So files may be added and taken away in any order, and the sum is that of a recount; a study row is made from it, without a look
//! at the files. If files disagree, most of them decide, and of equally many the value that sorts first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FileId, FileRecord, SeriesId, StudyId, reading_order};

/// What a file says: one letter for the kind, `=`, and the value.
pub mod facet {
    /// Modality.
    pub const MODALITY: char = 'm';
    /// Body part.
    pub const BODY_PART: char = 'b';
    /// Study date.
    pub const DATE: char = 'd';
    /// Study time.
    pub const TIME: char = 't';
    /// Study description.
    pub const DESCRIPTION: char = 's';
    /// Accession number.
    pub const ACCESSION: char = 'a';
    /// The patient of the header: a list of name, id, sex and birth date.
    pub const HEADER_PATIENT: char = 'h';
    /// The patient whom the owner has chosen.
    pub const PATIENT: char = 'p';
    /// The code of a warning.
    pub const WARNING: char = 'w';
    /// Series number.
    pub const SERIES_NUMBER: char = 'N';
    /// Series description.
    pub const SERIES_DESCRIPTION: char = 'S';
}

/// Different things that one tally keeps. What comes beyond is counted under its kind alone: no study has so many, and a row has room for 400 KB.
const MOST_FACETS: usize = 300;
/// Pictures that one tally remembers.
const MOST_PICTURES: usize = 5;
/// Characters of a value.
const MAX_VALUE: usize = 200;

/// A picture of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Of which file.
    #[serde(rename = "i")]
    pub id: FileId,
    /// The file's place in its study.
    #[serde(rename = "o")]
    pub order: String,
    /// The key of the thumbnail; `None` if the file has none any more.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Picture {
    /// That of a file, if it has one.
    #[must_use]
    pub fn of(file: &FileRecord) -> Option<Self> {
        let key = file.thumbnail_path.clone()?;
        Some(Self {
            id: file.id,
            order: reading_order::of(file),
            key: Some(key),
        })
    }
}

/// What one change of a file makes of the tallies of its study and its series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    #[serde(rename = "s")]
    #[expect(missing_docs, reason = "the name says it")]
    pub study: StudyId,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub series: Option<SeriesId>,
    /// Files more or less.
    #[serde(rename = "n")]
    pub files: i64,
    /// Bytes more or less.
    #[serde(rename = "b")]
    pub bytes: i64,
    /// Files more or less that say this.
    #[serde(rename = "f", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<String, i64>,
    /// Pictures that came or went.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
}

/// The sum of what files say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    #[serde(rename = "n")]
    #[expect(missing_docs, reason = "the name says it")]
    pub files: i64,
    #[serde(rename = "b")]
    #[expect(missing_docs, reason = "the name says it")]
    pub bytes: i64,
    /// Files that say this.
    #[serde(rename = "f", default)]
    pub facets: BTreeMap<String, i64>,
    /// Some of the pictures.
    #[serde(rename = "p", default)]
    pub pictures: Vec<Picture>,
}

/// What a change makes of studies: nothing, one step, or two if the file went from one study or series to another. What an older version of the
/// service wrote is not counted yet.
#[must_use]
pub fn steps(before: Option<&FileRecord>, after: Option<&FileRecord>) -> Vec<Step> {
    let gone = before
        .filter(|file| file.is_counted())
        .and_then(|file| said(file, -1));
    let come = after.and_then(|file| said(file, 1));
    let mut steps = match (gone, come) {
        (Some(mut gone), Some(mut come)) if gone.is_of(&come) => {
            if gone.pictures == come.pictures {
                gone.pictures.clear();
                come.pictures.clear();
            }
            let mut step = gone.without_pictures();
            step.add(come);
            vec![step]
        }
        (gone, come) => {
            let gone = gone.map(Step::without_pictures);
            gone.into_iter().chain(come).collect()
        }
    };
    steps.retain(|step| !step.is_empty());
    steps
}

/// Everything that a file says, `sign` times.
fn said(file: &FileRecord, sign: i64) -> Option<Step> {
    let study = file.study()?;
    if file.is_deleted() || file.purging {
        return None;
    }
    let mut facets = BTreeMap::new();
    let mut say = |kind: char, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let value: String = value.chars().take(MAX_VALUE).collect();
            facets.insert(format!("{kind}={value}"), sign);
        }
    };
    say(facet::MODALITY, file.modality.as_deref());
    say(facet::BODY_PART, file.body_part.as_deref());
    say(
        facet::PATIENT,
        file.patient_id.as_ref().map(super::PatientId::as_str),
    );
    let header = file.header.clone().unwrap_or_default();
    let own_date = file.study_date.as_deref().and_then(|date| date.get(..10));
    say(facet::DATE, header.study_date.as_deref().or(own_date));
    say(facet::TIME, header.study_time.as_deref());
    say(facet::DESCRIPTION, header.study_description.as_deref());
    say(facet::ACCESSION, header.accession_number.as_deref());
    say(
        facet::SERIES_DESCRIPTION,
        header.series_description.as_deref(),
    );
    let number = header.series_number.map(|number| number.to_string());
    say(facet::SERIES_NUMBER, number.as_deref());
    let patient = HeaderPatient::of(file).map(|patient| patient.to_text());
    say(facet::HEADER_PATIENT, patient.as_deref());
    for warning in &file.warnings {
        say(facet::WARNING, Some(&warning.code));
    }
    Some(Step {
        study,
        series: file.series(),
        files: sign,
        bytes: sign * i64::try_from(file.file_size).unwrap_or(i64::MAX),
        facets,
        pictures: Picture::of(file).into_iter().collect(),
    })
}

impl Step {
    /// Whether both are of one series, or of one study and no series.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        (self.study, self.series) == (other.study, other.series)
    }

    /// What of it concerns the study.
    #[must_use]
    pub fn of_study(&self) -> Self {
        self.only(|kind| !matches!(kind, facet::SERIES_NUMBER | facet::SERIES_DESCRIPTION))
    }

    /// What of it concerns the series.
    #[must_use]
    pub fn of_series(&self) -> Self {
        self.only(|kind| {
            matches!(
                kind,
                facet::MODALITY | facet::SERIES_NUMBER | facet::SERIES_DESCRIPTION
            )
        })
    }

    fn only(&self, concerns: impl Fn(char) -> bool) -> Self {
        let mut step = self.clone();
        step.facets.retain(|name, _| name.starts_with(&concerns));
        step
    }

    /// Both together, this one first.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        for (name, by) in other.facets {
            let sum = self.facets.get(&name).copied().unwrap_or_default() + by;
            if sum == 0 {
                self.facets.remove(&name);
            } else {
                self.facets.insert(name, sum);
            }
        }
        for picture in other.pictures {
            self.pictures.retain(|known| known.id != picture.id);
            self.pictures.push(picture);
        }
    }

    /// Leaves out pictures that no tally keeps beside the others: a sum of many changes is a small row.
    pub fn thin_out(&mut self) {
        let came = |picture: &Picture| picture.key.is_some();
        self.pictures
            .sort_by_key(|picture| (!came(picture), scattered(picture.id), picture.id));
        let come = self.pictures.iter().filter(|picture| came(picture)).count();
        if come > MOST_PICTURES {
            self.pictures.drain(MOST_PICTURES..come);
        }
    }

    /// The same, whose pictures are gone.
    fn without_pictures(mut self) -> Self {
        for picture in &mut self.pictures {
            picture.key = None;
        }
        self
    }

    fn is_empty(&self) -> bool {
        self.files == 0 && self.bytes == 0 && self.facets.is_empty() && self.pictures.is_empty()
    }
}

impl Tally {
    /// Takes a step.
    pub fn take(&mut self, step: &Step) {
        self.files += step.files;
        self.bytes += step.bytes;
        for (name, by) in &step.facets {
            let is_known = self.facets.contains_key(name);
            if is_known || (*by > 0 && self.facets.len() < MOST_FACETS) {
                self.change(name.clone(), *by);
            } else {
                self.change(name.chars().take(1).collect(), *by);
            }
        }
        self.show(&step.pictures);
    }

    /// Takes pictures that came or went.
    pub fn show(&mut self, pictures: &[Picture]) {
        for picture in pictures {
            self.pictures.retain(|known| known.id != picture.id);
            if picture.key.is_some() {
                self.pictures.push(picture.clone());
            }
        }
        // A sample that does not depend on the order in which files came: an id has random bits at its end.
        self.pictures
            .sort_by_key(|picture| (scattered(picture.id), picture.id));
        self.pictures.truncate(MOST_PICTURES);
    }

    fn change(&mut self, name: String, by: i64) {
        let sum = self.facets.get(&name).copied().unwrap_or_default() + by;
        if sum == 0 {
            self.facets.remove(&name);
        } else {
            self.facets.insert(name, sum);
        }
    }

    /// Each value of this kind, and how many files say it.
    pub fn all(&self, kind: char) -> impl Iterator<Item = (&str, i64)> {
        self.facets.iter().filter_map(move |(name, files)| {
            let value = name.strip_prefix(kind)?.strip_prefix('=')?;
            (*files > 0).then_some((value, *files))
        })
    }

    /// What most files say of this kind.
    #[must_use]
    pub fn most(&self, kind: char) -> Option<&str> {
        let first = self.all(kind).min_by_key(|(_, files)| -files);
        first.map(|(value, _)| value)
    }

    /// Whether the last picture of its sample went with one of these steps, and files are left that may have one.
    #[must_use]
    pub fn lost_its_pictures<'a>(&self, mut steps: impl Iterator<Item = &'a Step>) -> bool {
        let went = |step: &Step| step.pictures.iter().any(|picture| picture.key.is_none());
        self.files > 0 && self.pictures.is_empty() && steps.any(went)
    }

    /// The key of the picture in the middle.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        let mut pictures: Vec<&Picture> = self.pictures.iter().collect();
        pictures.sort_by(|a, b| a.order.cmp(&b.order));
        let middle = pictures.get(pictures.len() / 2)?;
        middle.key.as_deref()
    }
}

/// A number that looks drawn, and is the same for an id each time (Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4).
fn scattered(id: FileId) -> u64 {
    id.number().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The patient as a header names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderPatient {
    /// Patient ID (0010,0020).
    pub id: Option<String>,
    /// Patient's Name (0010,0010).
    pub name: Option<String>,
    /// Patient's Sex (0010,0040).
    pub sex: Option<String>,
    /// Patient's Birth Date (0010,0030).
    pub birth_date: Option<String>,
}

/// Characters of a patient's name and id that are kept: all four fit into the value of a facet.
const MAX_NAME: usize = 110;
const MAX_ID: usize = 64;

impl HeaderPatient {
    fn of(file: &FileRecord) -> Option<Self> {
        let dicom = file.dicom.as_ref()?;
        let header = file.header.clone().unwrap_or_default();
        let cut = |text: &Option<String>, most: usize| -> Option<String> {
            let text = text.as_ref()?;
            Some(text.chars().take(most).collect())
        };
        let patient = Self {
            id: cut(&dicom.patient_id, MAX_ID),
            name: cut(&dicom.patient_name, MAX_NAME),
            sex: cut(&header.patient_sex, 1),
            birth_date: header.patient_birth_date,
        };
        (patient != Self::default()).then_some(patient)
    }

    /// Four texts, none of which can have a control character.
    fn to_text(&self) -> String {
        let parts = [&self.name, &self.id, &self.sex, &self.birth_date];
        let parts = parts.map(|part| part.clone().unwrap_or_default());
        parts.join("\n")
    }

    /// Reads a value of [`facet::HEADER_PATIENT`].
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut parts = text.split('\n');
        let mut part = || {
            let part = parts.next().filter(|part| !part.is_empty());
            part.map(str::to_owned)
        };
        Self {
            name: part(),
            id: part(),
            sex: part(),
            birth_date: part(),
        }
    }
}

#[cfg(test)]
mod tests;
