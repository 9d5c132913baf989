//! The list of all patients, in the order of their ids.

use futures_util::future::try_join_all;
use packed::names::{Directory, Name};

use super::batch::{batch_get_readable, items};
use super::keys;
use super::names::{People, Seen};
use super::patients::{IdRow, Patient, key, key_of, search_text};
use super::query::rows_until;
use super::references::References;
use super::{records, text};
use crate::domain::PatientId;
use crate::error::Error;

/// Rows of one read of a searched list.
const ROWS_AT_ONCE: i32 = 1000;

impl References {
    /// What is known of the names of all patients. While old tables are read, not everybody is in the list.
    pub(super) async fn names(&self) -> Result<Seen, Error> {
        if self.old.is_some() {
            return Ok(Seen::default());
        }
        self.lists.seen(People::Patients).await
    }

    /// [`Self::patients`] who are looked for by their names. Whoever is not called so any more is left out, and others take their place.
    pub(super) async fn patients_named(
        &self,
        directory: &Directory,
        search: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Patient>, bool), Error> {
        let mut found: Vec<Patient> = Vec::new();
        let mut after = after.map(|id| Name {
            key: id.to_owned(),
            text: String::new(),
        });
        loop {
            // The last one only tells that there is more.
            let room = limit - found.len();
            let mut names = directory.find(search, after.as_ref(), room + 1);
            let more = names.len() > room;
            names.truncate(room);
            let wanted = names.iter().map(|name| key_of(&name.key)).collect();
            let table = &self.config.patients_table;
            let rows = items(&self.client, table, wanted, true, None).await?;
            let rows = rows.into_iter().filter(|row| !records::is_tombstone(row));
            let patients: Vec<Patient> = records::readable(table, rows);
            let is_called_so = |patient: &Patient| search_text(patient).contains(search);
            found.extend(patients.into_iter().filter(is_called_so));
            if found.len() == limit || !more {
                found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
                return Ok((found, more));
            }
            after = names.pop();
        }
    }

    /// Patients in the order of their ids, after `after`, at most `limit`, with `search` (folded) in id, name or record number; and whether
    /// there are more.
    pub async fn patients(
        &self,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Patient>, bool), Error> {
        let shards = keys::patient_shards().map(|shard| self.ids_in(shard, search, after, limit));
        // Old ones first: one that is adopted meanwhile is then found twice, not missed.
        let mut ids = match &self.old {
            Some(old) => Box::pin(old.patient_ids(search, after, limit)).await?,
            None => Vec::new(),
        };
        ids.extend(try_join_all(shards).await?.concat());
        ids.sort_unstable();
        ids.dedup();
        let more = ids.len() > limit;
        ids.truncate(limit);
        let wanted = ids.iter().map(key).collect();
        let table = &self.config.patients_table;
        let mut found: Vec<Patient> = batch_get_readable(&self.client, table, wanted, true).await?;
        if let Some(old) = &self.old {
            found.extend(Box::pin(old.patients(&ids)).await?);
        }
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok((found, more))
    }

    /// The first ids of one shard, one more than `limit` if there are so many.
    async fn ids_in(
        &self,
        shard: String,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<PatientId>, Error> {
        let mut query = self
            .client
            .query()
            .table_name(&self.config.patients_table)
            .index_name(keys::PATIENTS)
            .key_condition_expression(match after {
                Some(_) => "shard_key = :shard AND patient_id > :after",
                None => "shard_key = :shard",
            })
            .expression_attribute_values(":shard", text(&shard))
            .projection_expression("patient_id")
            .limit(match search {
                Some(_) => ROWS_AT_ONCE,
                None => i32::try_from(limit + 1).unwrap_or(ROWS_AT_ONCE),
            });
        if let Some(after) = after {
            query = query.expression_attribute_values(":after", text(after));
        }
        if let Some(search) = search {
            query = query
                .filter_expression("contains(i_search, :search)")
                .expression_attribute_values(":search", text(search));
        }
        let enough = |rows: &[IdRow]| rows.len() > limit;
        let rows: Vec<IdRow> = rows_until(query, enough).await?;
        let ids = rows.into_iter().map(|row| row.patient_id);
        Ok(ids.take(limit + 1).collect())
    }
}
