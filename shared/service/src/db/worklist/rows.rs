//! The rows of studies and series in the table of studies, with the tallies of their files.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::Deserialize;

use crate::db::files::Files;
use crate::db::studies::{Study, entry_key, key_in_study};
use crate::db::transaction::part_of;
use crate::db::{Item, records};
use crate::domain::tally::Tally;
use crate::domain::worklist::{Entry, Known};
use crate::domain::{SeriesId, StudyId, Timestamp};
use crate::error::Error;

/// A study with what its files say.
#[derive(Clone, Debug)]
pub(super) struct StudyRow {
    pub(super) known: Known,
    /// How often it was folded.
    pub(super) version: u64,
    pub(super) series: u64,
    pub(super) tally: Tally,
    pub(super) folded_at: Timestamp,
}

#[derive(Deserialize, Default)]
struct Folded {
    #[serde(default)]
    fold: u64,
    #[serde(default)]
    series_count: u64,
    #[serde(default)]
    tally: Tally,
    #[serde(default)]
    folded_at: i64,
}

impl StudyRow {
    /// Reads a row; `None` stands for one that is not there, which only a person can have removed.
    pub(super) fn read(id: StudyId, item: Option<&Item>) -> Result<Self, Error> {
        let Some(item) = item else {
            return Ok(Self::new(Known {
                id,
                uid: None,
                date: None,
                description: None,
                modalities: Vec::new(),
                patient: None,
                created_at: id.created_at(),
            }));
        };
        if records::is_newer(item) {
            return Err(Error::newer_version());
        }
        let study: Study = records::from_item(item.clone())?;
        let folded: Folded = records::from_item(item.clone())?;
        let row = Self::new(Known {
            id,
            uid: study.study_instance_uid,
            date: study.study_date,
            description: study.description,
            modalities: study.modalities,
            patient: study.patient_id,
            created_at: study.created_at,
        });
        Ok(Self {
            version: folded.fold,
            series: folded.series_count,
            tally: folded.tally,
            folded_at: Timestamp(folded.folded_at),
            ..row
        })
    }

    fn new(known: Known) -> Self {
        Self {
            folded_at: known.created_at,
            known,
            version: 0,
            series: 0,
            tally: Tally::default(),
        }
    }

    /// What lists show of it.
    pub(super) fn entry(&self) -> Entry {
        let known = self.known.clone();
        Entry::new(
            known,
            &self.tally,
            self.series,
            self.version,
            self.folded_at,
        )
    }

    /// The write of this row over the one of the version before.
    pub(super) fn write(&self, files: &Files, owner: i64) -> Result<TransactWriteItem, Error> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let at = |at: Timestamp| AttributeValue::N(at.0.to_string());
        let update = files
            .client
            .update_item()
            .table_name(&files.config.studies_table)
            .set_key(Some(entry_key(owner, &self.known.id.to_string())))
            .update_expression(
                "SET fold = :fold, series_count = :series, tally = :tally, folded_at = :at, #schema = :schema, \
                 id = if_not_exists(id, :id), created_at = if_not_exists(created_at, :created), \
                 updated_at = if_not_exists(updated_at, :created)",
            )
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":fold", number(self.version))
            .expression_attribute_values(":series", number(self.series))
            .expression_attribute_values(":tally", tally(&self.tally)?)
            .expression_attribute_values(":at", at(self.folded_at))
            .expression_attribute_values(":schema", records::schema_of_studies())
            .expression_attribute_values(":id", number(self.known.id.number()))
            .expression_attribute_values(":created", at(self.known.created_at));
        let update = if self.version == 1 {
            update.condition_expression("attribute_not_exists(fold)")
        } else {
            update
                .condition_expression("fold = :before")
                .expression_attribute_values(":before", number(self.version - 1))
        };
        part_of(&update)
    }
}

/// The tally of a row, if it has one.
pub(super) fn tally_of(item: &Item) -> Result<Tally, Error> {
    let folded: Folded = records::from_item(item.clone())?;
    Ok(folded.tally)
}

/// The write of the tally of a series. Only who writes the row of its study in the same transaction writes it, so it has no condition.
pub(super) fn write_series(
    files: &Files,
    owner: i64,
    study: StudyId,
    series: SeriesId,
    sum: &Tally,
) -> Result<TransactWriteItem, Error> {
    let id = |number: u64| AttributeValue::N(number.to_string());
    let update = files
        .client
        .update_item()
        .table_name(&files.config.studies_table)
        .set_key(Some(entry_key(owner, &key_in_study(study, series))))
        .update_expression(
            "SET tally = :tally, #schema = :schema, id = if_not_exists(id, :id), study_id = if_not_exists(study_id, :study)",
        )
        .expression_attribute_names("#schema", "schema")
        .expression_attribute_values(":tally", tally(sum)?)
        .expression_attribute_values(":schema", records::schema_of_studies())
        .expression_attribute_values(":id", id(series.number()))
        .expression_attribute_values(":study", id(study.number()));
    part_of(&update)
}

fn tally(tally: &Tally) -> Result<AttributeValue, Error> {
    serde_dynamo::to_attribute_value(tally).map_err(Error::internal)
}
