//! One study with its series.

use super::rows::{StudyRow, tally_of};
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::db::batch::item;
use crate::db::files::Files;
use crate::db::log_entry::About;
use crate::db::query;
use crate::db::studies::{Series, entry_key};
use crate::db::{Item, records};
use crate::domain::tally::facet;
use crate::domain::worklist::Entry;
use crate::domain::{SeriesId, StudyId, reading_order};
use crate::error::Error;

/// A study with its series.
#[derive(Clone, Debug)]
pub struct Shown {
    #[expect(missing_docs, reason = "the name says it")]
    pub entry: Entry,
    /// Those that have files, in reading order.
    pub series: Vec<SeriesRow>,
}

/// What its files say of a series.
#[derive(Clone, Debug)]
pub struct SeriesRow {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: SeriesId,
    /// Series Instance UID.
    pub uid: Option<String>,
    /// Series Number, that of most files.
    pub number: Option<i64>,
    #[expect(missing_docs, reason = "the name says it")]
    pub modality: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub description: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub files: u64,
    /// The key of a thumbnail.
    pub thumbnail: Option<String>,
}

impl Files {
    /// A study of `owner`'s, with its series; `None` if they have none of this id, or no file in it any more. One that a person made is there
    /// before it has files. The caller may see it.
    pub async fn study(
        &self,
        caller: &Caller,
        owner: i64,
        id: StudyId,
    ) -> Result<Option<Shown>, Error> {
        let Some(entry) = self.entry_of(owner, id).await? else {
            return Ok(None);
        };
        let series = self.series_of(owner, id).await?;
        let about = About::Studies {
            ids: vec![id],
            owner,
            patient: None,
        };
        self.log.tell(caller, Action::View, about).await?;
        Ok(Some(Shown { entry, series }))
    }

    /// What there is to say of a study of `owner`'s, if it has files or a person has made it. Whoever shows it tells the log.
    pub async fn entry_of(&self, owner: i64, id: StudyId) -> Result<Option<Entry>, Error> {
        let table = &self.config.studies_table;
        let key = entry_key(owner, &id.to_string());
        let Some(row) = item(&self.client, table, key, true, None).await? else {
            return Ok(None);
        };
        let entry = StudyRow::read(id, Some(&row))?.entry();
        Ok(Some(entry).filter(|entry| entry.files > 0 || entry.uid.is_none()))
    }

    /// The series of a study of `owner`'s that have files, in reading order. Whoever shows them tells the log.
    pub async fn series_of(&self, owner: i64, study: StudyId) -> Result<Vec<SeriesRow>, Error> {
        let whose = entry_key(owner, &format!("{study}#"));
        let mut values = Item::new();
        for (name, value) in whose {
            values.insert(format!(":{name}"), value);
        }
        let query = self
            .client
            .query()
            .table_name(&self.config.studies_table)
            .key_condition_expression("#owner = :owner AND begins_with(study, :study)")
            .expression_attribute_names("#owner", "owner")
            .set_expression_attribute_values(Some(values))
            .consistent_read(true);
        let mut series = Vec::new();
        for item in query::items(query).await? {
            // One that nobody can read is in the way of none of the others.
            if let Ok(row) = series_row(&item) {
                series.extend(row);
            } else {
                tracing::error!(owner, %study, "the row of a series cannot be read");
            }
        }
        series.sort_by_key(|series| reading_order::of_series(series.number, Some(series.id)));
        Ok(series)
    }
}

fn series_row(item: &Item) -> Result<Option<SeriesRow>, Error> {
    let tally = tally_of(item)?;
    let id = item.get("id").and_then(|id| id.as_n().ok()?.parse().ok());
    let Some(id) = id.filter(|_| tally.files > 0) else {
        return Ok(None);
    };
    // A row that a person has removed comes back without what the header said.
    let known: Option<Series> = records::from_item(item.clone()).ok();
    let known = known.as_ref();
    let said = |kind| tally.most(kind).map(str::to_owned);
    Ok(Some(SeriesRow {
        id,
        uid: known.map(|series| series.series_instance_uid.clone()),
        number: said(facet::SERIES_NUMBER)
            .and_then(|number| number.parse().ok())
            .or_else(|| known?.series_number),
        modality: said(facet::MODALITY).or_else(|| known?.modality.clone()),
        description: said(facet::SERIES_DESCRIPTION).or_else(|| known?.description.clone()),
        files: u64::try_from(tally.files).unwrap_or_default(),
        thumbnail: tally.picture().map(str::to_owned),
    }))
}
