//! Studies and series: one number for each UID, and for each owner what there is of them.
//!
//! `Uids` has `study#<uid>` and `series#<uid>`, each with the number of that UID, and `id#<number>`, which says that a number is taken. `Studies` has
//! for an owner `<study>`, `<study>#<series>`, and `series#<series>` with its study. None of these rows is ever deleted, so what was found once is
//! there. They are written before the record that names them and never with it: two slices of one study would meet on them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::batch::{batch_get, item};
use super::references::References;
use super::transaction::put_new;
use super::{Item, records};
use crate::domain::{PatientId, SeriesId, StudyId, Timestamp, patient_id};
use crate::error::{Error, FieldError};

/// Tries with another number when one is taken.
const ATTEMPTS: usize = 8;

/// A study, as one owner has it: the header of the first of their files describes it, or a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: StudyId,
    /// Study Instance UID (0020,000D); a study that a person made has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_instance_uid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub study_date: Option<String>,
    /// Study Description (0008,1030), or a person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Modality (0008,0060) of the first file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modalities: Vec<String>,
    /// Whom a person made it for.
    #[serde(
        default,
        with = "patient_id::stored_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub patient_id: Option<PatientId>,
    #[expect(missing_docs, reason = "the name says it")]
    pub created_at: Timestamp,
    #[expect(missing_docs, reason = "the name says it")]
    pub updated_at: Timestamp,
}

/// A series, as one owner has it: the header of the first of their files describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: SeriesId,
    /// The study it belongs to.
    pub study_id: StudyId,
    /// Series Instance UID (0020,000E).
    pub series_instance_uid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub modality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub series_number: Option<i64>,
    /// Series Description (0008,103E).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a header says of its study.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StudyHeader {
    /// Study Instance UID (0020,000D).
    pub uid: String,
    #[expect(missing_docs, reason = "the name says it")]
    pub study_date: Option<String>,
    /// Study Description (0008,1030).
    pub description: Option<String>,
    /// Modality (0008,0060).
    pub modality: Option<String>,
}

/// What a header says of its series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesHeader {
    /// Series Instance UID (0020,000E).
    pub uid: String,
    /// Modality (0008,0060).
    pub modality: Option<String>,
    /// Series Number (0020,0011).
    pub number: Option<i64>,
    /// Series Description (0008,103E).
    pub description: Option<String>,
}

/// What a person says of a study without headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewStudy {
    #[expect(missing_docs, reason = "the name says it")]
    pub patient_id: Option<PatientId>,
    #[expect(missing_docs, reason = "the name says it")]
    pub study_date: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub description: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub modality: Option<String>,
}

/// The study and series that a caller chose for a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    #[expect(missing_docs, reason = "the name says it")]
    pub study: Option<StudyId>,
    #[expect(missing_docs, reason = "the name says it")]
    pub series: Option<SeriesId>,
}

/// Which of the chosen studies and series an owner has.
#[derive(Debug, Default)]
pub struct Entries {
    keys: BTreeSet<String>,
    study_of: BTreeMap<SeriesId, StudyId>,
}

impl Choice {
    fn keys(self) -> impl Iterator<Item = String> {
        let Self { study, series } = self;
        [
            study.map(|study| study.to_string()),
            series.map(key_of_series),
            study
                .zip(series)
                .map(|(study, series)| key_in_study(study, series)),
        ]
        .into_iter()
        .flatten()
    }
}

impl Entries {
    /// The choice with the study of its series, if it is one of this owner's. What somebody else has is told like what nobody has.
    ///
    /// # Errors
    /// What is wrong with which of the two fields.
    pub fn resolve(&self, choice: Choice) -> Result<Choice, Vec<FieldError>> {
        let mut errors = Vec::new();
        let known = choice.series.and_then(|series| self.study_of.get(&series));
        if let Some(study) = choice.study
            && !self.keys.contains(&study.to_string())
        {
            errors.push(unknown("study"));
        }
        match (choice.study, choice.series, known) {
            (_, Some(_), None) => errors.push(unknown("series")),
            (Some(study), Some(series), Some(_))
                if !self.keys.contains(&key_in_study(study, series)) =>
            {
                errors.push(FieldError::new("series_id", "belongs to another study"));
            }
            _ => {}
        }
        if errors.is_empty() {
            let study = choice.study.or(known.copied());
            Ok(Choice { study, ..choice })
        } else {
            Err(errors)
        }
    }
}

fn unknown(kind: &str) -> FieldError {
    FieldError::new(
        format!("{kind}_id"),
        format!("is no {kind} of yours: there is no such number among your files and entries"),
    )
}

impl References {
    /// The numbers of a header's study and series, drawn if nobody has sent their UIDs before, and the rows of `owner` about them, written if
    /// there are none yet. UIDs that are no key (PS3.5, section 9.1: at most 64 characters) belong to nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn find_or_create(
        &self,
        owner: i64,
        study: &StudyHeader,
        series: Option<&SeriesHeader>,
    ) -> Result<Choice, Error> {
        if !is_key(&study.uid) {
            return Ok(Choice::default());
        }
        let series = series.filter(|series| is_key(&series.uid));
        let number_of_series = async {
            match series {
                Some(series) => Ok(Some(self.number(&format!("series#{}", series.uid)).await?)),
                None => Ok(None),
            }
        };
        let number_of_study = format!("study#{}", study.uid);
        let (study_id, series_id) =
            tokio::try_join!(self.number(&number_of_study), number_of_series)?;
        let study_id = StudyId::from_number(study_id).ok_or_else(no_id)?;
        let series = match series_id.zip(series) {
            Some((id, header)) => {
                Some((SeriesId::from_number(id).ok_or_else(no_id)?, header.clone()))
            }
            None => None,
        };
        let choice = Choice {
            study: Some(study_id),
            series: series.as_ref().map(|(id, _)| *id),
        };
        let last = match choice.series {
            Some(series) => key_in_study(study_id, series),
            None => study_id.to_string(),
        };
        if !self.has_entry(owner, &last).await? {
            self.write_entries(owner, study_id, study, series).await?;
        }
        Ok(choice)
    }

    /// The row that says most is written last: if it is there, all are.
    async fn write_entries(
        &self,
        owner: i64,
        id: StudyId,
        study: &StudyHeader,
        series: Option<(SeriesId, SeriesHeader)>,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let row = Study {
            id,
            study_instance_uid: Some(study.uid.clone()),
            study_date: study.study_date.clone(),
            description: study.description.clone(),
            modalities: study.modality.clone().into_iter().collect(),
            patient_id: None,
            created_at: now,
            updated_at: now,
        };
        self.put_entry(owner, id.to_string(), records::to_item(&row)?)
            .await?;
        let Some((series_id, series)) = series else {
            return Ok(());
        };
        let place = [("study_id".to_owned(), AttributeValue::N(id.to_string()))];
        self.put_entry(owner, key_of_series(series_id), place.into())
            .await?;
        let row = Series {
            id: series_id,
            study_id: id,
            series_instance_uid: series.uid,
            modality: series.modality,
            series_number: series.number,
            description: series.description,
        };
        let key = key_in_study(id, series_id);
        self.put_entry(owner, key, records::to_item(&row)?).await
    }

    /// A study of `owner`'s that no header has told of.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn create_study(&self, owner: i64, new: NewStudy) -> Result<Study, Error> {
        let id = StudyId::from_number(self.draw().await?).ok_or_else(no_id)?;
        let now = self.clock.now();
        let study = Study {
            id,
            study_instance_uid: None,
            study_date: new.study_date,
            description: new.description,
            modalities: new.modality.into_iter().collect(),
            patient_id: new.patient_id,
            created_at: now,
            updated_at: now,
        };
        self.put_entry(owner, id.to_string(), records::to_item(&study)?)
            .await?;
        Ok(study)
    }

    /// Which of `choices` are among the studies and series of `owner`, read consistently: just before a record is written, this is enough, because
    /// no row goes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn entries(&self, owner: i64, choices: &[Choice]) -> Result<Entries, Error> {
        let keys: BTreeSet<String> = choices.iter().flat_map(|choice| choice.keys()).collect();
        let keys = keys.iter().map(|key| entry_key(owner, key)).collect();
        let rows: Vec<Row> =
            batch_get(&self.client, &self.config.studies_table, keys, true).await?;
        let mut entries = Entries::default();
        for Row { study, study_id } in rows {
            let series = study.strip_prefix(SERIES).map(str::parse);
            if let (Some(Ok(series)), Some(study_id)) = (series, study_id) {
                entries.study_of.insert(series, study_id);
            }
            entries.keys.insert(study);
        }
        Ok(entries)
    }

    /// The rows of these owners about these studies, in no order.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn studies(&self, of: &[(i64, StudyId)]) -> Result<Vec<Study>, Error> {
        let keys = of.iter().map(|(owner, study)| (*owner, study.to_string()));
        self.rows(keys).await
    }

    /// The rows of these owners about these series, in no order.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn series(&self, of: &[(i64, StudyId, SeriesId)]) -> Result<Vec<Series>, Error> {
        let keys = of
            .iter()
            .map(|(owner, study, series)| (*owner, key_in_study(*study, *series)));
        self.rows(keys).await
    }

    async fn rows<T: DeserializeOwned>(
        &self,
        keys: impl Iterator<Item = (i64, String)>,
    ) -> Result<Vec<T>, Error> {
        let keys = keys.map(|(owner, key)| entry_key(owner, &key)).collect();
        batch_get(&self.client, &self.config.studies_table, keys, false).await
    }

    /// The number of a UID: the one it has, or a new one. Whoever loses the race for it reads the winner's; only the first slices of a series write.
    async fn number(&self, uid: &str) -> Result<u64, Error> {
        if let Some(number) = self.read_number(uid, false).await? {
            return Ok(number);
        }
        let drawn = self.draw().await?;
        let number = AttributeValue::N(drawn.to_string());
        let item = uid_item(uid, [("id".to_owned(), number)]);
        if put_new(&self.client, &self.config.uids_table, "uid", item).await? {
            return Ok(drawn);
        }
        let winner = self.read_number(uid, true).await?;
        winner.ok_or_else(|| Error::internal("the number of a UID is gone"))
    }

    async fn read_number(&self, uid: &str, consistent: bool) -> Result<Option<u64>, Error> {
        let key = [("uid".to_owned(), AttributeValue::S(uid.to_owned()))].into();
        let table = &self.config.uids_table;
        let item = item(&self.client, table, key, consistent, None).await?;
        let Some(item) = item else {
            return Ok(None);
        };
        let number = item.get("id").and_then(|id| id.as_n().ok()?.parse().ok());
        number.map(Some).ok_or_else(no_id)
    }

    /// A number that no study and no series has: two that were made in the same millisecond must not become one.
    async fn draw(&self) -> Result<u64, Error> {
        for _ in 0..ATTEMPTS {
            let number = self.ids.number();
            let item = uid_item(&format!("id#{number}"), []);
            if put_new(&self.client, &self.config.uids_table, "uid", item).await? {
                return Ok(number);
            }
        }
        Err(Error::Unavailable("no id was free".into()))
    }

    /// Whether a row that is never deleted is there. It may be there although this says no: the read is not consistent, and the write that follows
    /// has a condition.
    async fn has_entry(&self, owner: i64, key: &str) -> Result<bool, Error> {
        let (table, key) = (&self.config.studies_table, entry_key(owner, key));
        let found = item(&self.client, table, key, false, Some("study")).await?;
        Ok(found.is_some())
    }

    async fn put_entry(&self, owner: i64, key: String, mut item: Item) -> Result<(), Error> {
        item.extend(entry_key(owner, &key));
        item.extend(schema());
        let table = &self.config.studies_table;
        put_new(&self.client, table, "study", item).await.map(drop)
    }
}

/// What of a row tells whether it is there.
#[derive(Deserialize)]
struct Row {
    study: String,
    #[serde(default)]
    study_id: Option<StudyId>,
}

/// How the key of a series without its study begins.
const SERIES: &str = "series#";

fn key_of_series(series: SeriesId) -> String {
    format!("{SERIES}{series}")
}

fn key_in_study(study: StudyId, series: SeriesId) -> String {
    format!("{study}#{series}")
}

fn entry_key(owner: i64, key: &str) -> Item {
    [
        ("owner".to_owned(), AttributeValue::N(owner.to_string())),
        ("study".to_owned(), AttributeValue::S(key.to_owned())),
    ]
    .into()
}

fn uid_item<const N: usize>(uid: &str, more: [(String, AttributeValue); N]) -> Item {
    let mut item = Item::from([("uid".to_owned(), AttributeValue::S(uid.to_owned()))]);
    item.extend(more);
    item.extend(schema());
    item
}

fn schema() -> Item {
    [("schema".to_owned(), records::current_schema())].into()
}

/// The longest UID that is kept: files do not always keep to their 64 characters, and a partition key has 2,048 bytes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const MAX_UID_BYTES: usize = 256;

fn is_key(uid: &str) -> bool {
    (1..=MAX_UID_BYTES).contains(&uid.len())
}

fn no_id() -> Error {
    Error::internal("a row has a number that is no id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study(number: u64) -> StudyId {
        StudyId::from_number(number).expect("an id")
    }

    fn series(number: u64) -> SeriesId {
        SeriesId::from_number(number).expect("an id")
    }

    /// Study 7 with series 9, and study 8 without any.
    fn entries() -> Entries {
        Entries {
            keys: ["7", "8", "7#9", "series#9"].map(str::to_owned).into(),
            study_of: [(series(9), study(7))].into(),
        }
    }

    #[test]
    fn a_choice_is_taken_if_the_owner_has_it_and_a_series_brings_its_study() {
        for (chosen, resolved) in [
            ((None, None), (None, None)),
            ((Some(8), None), (Some(8), None)),
            ((Some(7), Some(9)), (Some(7), Some(9))),
            ((None, Some(9)), (Some(7), Some(9))),
        ] {
            let choice = |(a, b): (Option<u64>, Option<u64>)| Choice {
                study: a.map(study),
                series: b.map(series),
            };
            assert_eq!(entries().resolve(choice(chosen)), Ok(choice(resolved)));
        }
    }

    #[test]
    fn a_choice_that_is_nobodys_or_somebody_elses_is_refused_by_field() {
        for (chosen_study, chosen_series, wrong) in [
            (Some(6), None, &["study_id"][..]),
            (None, Some(5), &["series_id"]),
            (Some(6), Some(5), &["study_id", "series_id"]),
            (Some(7), Some(5), &["series_id"]),
            (Some(8), Some(9), &["series_id"]),
        ] {
            let choice = Choice {
                study: chosen_study.map(study),
                series: chosen_series.map(series),
            };
            let errors = entries().resolve(choice).expect_err("it is refused");
            let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, wrong, "{choice:?}");
        }
    }
}
