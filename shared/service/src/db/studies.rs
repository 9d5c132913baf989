//! Studies and series: one number for each UID, and for each owner what there is of them.
//!
//! `Uids` has `study#<uid>` and `series#<uid>`, each with the number of that UID, and `id#<number>`, which says that a number is taken. `Studies` has
//! for an owner `<study>`, `<study>#<series>`, and `series#<series>` with its study. None of these rows is ever deleted, so what was found once is
//! there. They are written before the record that names them and never with it: two slices of one study would meet on them.

mod choice;
mod keys;
mod numbers;
mod rows;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use self::keys::schema;
pub(super) use self::keys::{entry_key, key_in_study, key_of_series};
use self::numbers::{is_key, no_id};
use super::batch::{batch_get_readable, item};
use super::references::References;
use super::transaction::put_new;
use super::{Item, records};
use crate::domain::{SeriesId, StudyId};
use crate::error::Error;

pub use self::choice::{Choice, Entries};
pub use self::rows::{NewStudy, Series, SeriesHeader, Study, StudyHeader};

impl References {
    /// The numbers of a header's study and series, drawn if nobody has sent their UIDs before, and the rows of `owner` about them, written if
    /// there are none yet. UIDs that are no key (PS3.5, section 9.1: at most 64 characters) belong to nothing.
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
        let uids = (
            owner,
            study.uid.clone(),
            series.map(|series| series.uid.clone()),
        );
        if let Some((study, series)) = self.known_studies.of(&uids) {
            return Ok(Choice { study, series });
        }
        let choice = self.find_or_write(owner, study, series).await?;
        self.known_studies.keep(uids, (choice.study, choice.series));
        Ok(choice)
    }

    async fn find_or_write(
        &self,
        owner: i64,
        study: &StudyHeader,
        series: Option<&SeriesHeader>,
    ) -> Result<Choice, Error> {
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

    /// The rows of these owners about these studies, in no order.
    pub async fn studies(&self, of: &[(i64, StudyId)]) -> Result<Vec<Study>, Error> {
        let keys = of.iter().map(|(owner, study)| (*owner, study.to_string()));
        self.rows(keys).await
    }

    /// The rows of these owners about these series, in no order.
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
        batch_get_readable(&self.client, &self.config.studies_table, keys, false).await
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
