//! The study and series that a caller chooses for a file: they may name only what its owner has.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::keys::{SERIES, entry_key, key_in_study, key_of_series};
use crate::db::batch::batch_get;
use crate::db::references::References;
use crate::domain::{SeriesId, StudyId};
use crate::error::{Error, FieldError};

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
    /// The choice with the study of its series, if it is one of this owner's. A study of another owner is refused with the same words as one that does not exist.
    ///
    /// # Errors
    /// The fields that are wrong, and why.
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

/// What of a row tells whether it is there.
#[derive(Deserialize)]
struct Row {
    study: String,
    #[serde(default)]
    study_id: Option<StudyId>,
}

impl References {
    /// Which of `choices` are among the studies and series of `owner`, read consistently: just before a record is written, this is enough, because
    /// no row goes.
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
