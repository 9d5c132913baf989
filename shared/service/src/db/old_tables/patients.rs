//! Patients of the old table.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{OldTables, reference};
use crate::db::batch::{batch_get, batch_get_some};
use crate::db::patients::{IdRow, Patient, key, row_of, setting};
use crate::db::transaction::update_unless_refused;
use crate::db::{failure, records, text};
use crate::domain::PatientId;
use crate::error::Error;

const KIND: &str = "patient";

/// What an adopted patient's row remembers of the old one: when its fields were written, and how many files it counted.
pub(in crate::db) const ADOPTED_AT: &str = "adopted_at";
pub(in crate::db) const ADOPTED_COUNT: &str = "adopted_count";

impl OldTables {
    /// The patient in the old table.
    pub(in crate::db) async fn patient(&self, id: &PatientId) -> Result<Option<Patient>, Error> {
        let item = self.item(&self.names.references, reference(KIND, id.as_str()));
        item.await?.map(records::from_item).transpose()
    }

    /// The patients of these ids that are in the old table only.
    pub(in crate::db) async fn patients(&self, ids: &[PatientId]) -> Result<Vec<Patient>, Error> {
        let ids = self.patients_only_here(ids.to_vec()).await?;
        let keys = ids.iter().map(|id| reference(KIND, id.as_str())).collect();
        let table = &self.names.references;
        batch_get(&self.client, table, keys, true).await
    }

    /// Ids of patients in the old table only, in their order: at least one more than `limit`, if there are so many.
    pub(in crate::db) async fn patient_ids(
        &self,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<PatientId>, Error> {
        let mut query = self
            .client
            .query()
            .table_name(&self.names.references)
            .key_condition_expression("kind = :kind")
            .expression_attribute_values(":kind", text(KIND))
            .projection_expression("id")
            .consistent_read(true)
            .set_exclusive_start_key(after.map(|id| reference(KIND, id)));
        if let Some(search) = search {
            query = query
                .filter_expression("contains(#search, :search)")
                .expression_attribute_names("#search", "search")
                .expression_attribute_values(":search", text(search));
        }
        let mut found = Vec::new();
        let mut pages = query.into_paginator().send();
        while found.len() <= limit
            && let Some(page) = pages.next().await
        {
            let ids = page.map_err(failure)?.items.unwrap_or_default();
            let ids = ids.into_iter().map(records::from_item);
            let ids: Vec<IdRow> = ids.collect::<Result<_, _>>()?;
            let ids = ids.into_iter().map(|row| row.patient_id).collect();
            found.extend(self.patients_only_here(ids).await?);
        }
        Ok(found)
    }

    /// Which of these patients have no row in the new table, not even a tombstone.
    async fn patients_only_here(&self, ids: Vec<PatientId>) -> Result<Vec<PatientId>, Error> {
        let keys = ids.iter().map(key).collect();
        let attributes = Some("patient_id");
        let there: Vec<IdRow> =
            batch_get_some(&self.client, &self.patients, keys, true, attributes).await?;
        let there: HashSet<PatientId> = there.into_iter().map(|row| row.patient_id).collect();
        let mut ids = ids;
        ids.retain(|id| !there.contains(id));
        Ok(ids)
    }

    /// Copies an old patient into the new table, unless something is there; answers whether it did.
    pub(in crate::db) async fn adopt_patient(&self, id: &PatientId) -> Result<bool, Error> {
        match self.patient(id).await? {
            Some(patient) => self.put_patient(&patient).await,
            None => Ok(false),
        }
    }

    /// Puts an old patient if there is none yet; answers whether it did.
    pub(in crate::db) async fn put_patient(&self, patient: &Patient) -> Result<bool, Error> {
        if patient.is_of_newer_version() {
            return Err(Error::newer_version());
        }
        let mut row = row_of(patient)?;
        row.insert(ADOPTED_AT.to_owned(), number(patient.updated_at.0));
        row.insert(ADOPTED_COUNT.to_owned(), number(patient.file_count));
        for name in key(&patient.id).keys() {
            row.remove(name);
        }
        // An update and no put: then who may write a patient may adopt them.
        let request = self
            .client
            .update_item()
            .table_name(&self.patients)
            .set_key(Some(key(&patient.id)))
            .condition_expression("attribute_not_exists(patient_id)");
        let request = setting(request, row.clone());
        update_unless_refused(request, |stored| {
            row.iter()
                .all(|(name, value)| stored.get(name) == Some(value))
        })
        .await
    }
}

pub(in crate::db) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
