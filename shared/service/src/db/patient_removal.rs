//! Deletes a patient in two steps, because no transaction of a file looks at its patient: slices of one patient would meet there.
//!
//! First the patient is marked, if no file points at them: from then on nobody can name or read them. An hour later, when every transaction that read
//! them before has long ended, maintenance looks again. If there is still no file, the patient is removed; otherwise a file was begun in the same
//! moment, and the patient is back. So a file names a patient who is there, except in that hour.
//!
//! A marked row is a tombstone with everything that it was, in a partition of its own of the patients' index.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use super::batch::item;
use super::conditions::Read;
use super::files::Files;
use super::log_entry::About;
use super::names::{People, told};
use super::patients::{IdRow, MARKED, MARKED_AT, MARKED_BY, WAS, key};
use super::source::Source;
use super::transaction::{commit, is_written, unless_refused};
use super::unattended::Unattended;
use super::{Item, keys, query, records, text};
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::domain::{Code, Filter, PatientId, Timestamp};
use crate::error::{Conflict, Error};

/// A patient stays marked this long. No function runs longer than a quarter of it, so none still writes what it decided before.
const MARKED_MS: i64 = 60 * 60 * 1000;
/// Tries of a mark while others change the patient.
const ATTEMPTS: usize = 4;

/// What became of a patient who was marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// They are gone.
    Removed,
    /// A file points at them: they are back, as they were. Who marked them.
    Back(i64),
    /// It is not an hour ago, or somebody was faster.
    NotYet,
}

impl Files {
    /// Marks a patient that no file points at, not even one in the trash, as deleted by the administrator `by`, whose entry goes with it.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the conflict `patient_in_use`.
    pub async fn delete_patient(&self, id: &PatientId, by: &Caller) -> Result<(), Error> {
        if let Some(old) = &self.old {
            Box::pin(old.adopt_patient(id)).await?;
        }
        for _ in 0..ATTEMPTS {
            let row = self.patient_row(id).await?.ok_or(Error::NotFound)?;
            if records::is_tombstone(&row) {
                return Err(Error::NotFound);
            }
            if records::is_newer(&row) {
                return Err(Error::newer_version());
            }
            let files = self.files_of(id, &row).await?;
            if files > 0 {
                let conflict = Conflict::from(Code::PatientInUse);
                return Err(conflict.with("file_count", files).into());
            }
            if self.mark(id, row, by).await? {
                return Ok(());
            }
        }
        Err(Error::Unavailable("the patient goes on changing".into()))
    }

    /// Puts a mark in the place of `row`, if nobody has changed that since.
    async fn mark(&self, id: &PatientId, row: Item, by: &Caller) -> Result<bool, Error> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let updated_at = row.get("updated_at").cloned();
        let updated_at = updated_at.ok_or_else(|| Error::internal("a patient without times"))?;
        let mut marked = tombstone(id, &row);
        marked.insert(MARKED_AT.to_owned(), number(self.clock.now().0));
        marked.insert(MARKED_BY.to_owned(), number(by.id));
        marked.insert("shard_key".to_owned(), text(MARKED));
        marked.insert(WAS.to_owned(), AttributeValue::M(row));
        let mark = Put::builder()
            .table_name(&self.config.patients_table)
            .set_item(Some(marked))
            .condition_expression("updated_at = :updated_at")
            .expression_attribute_values(":updated_at", updated_at)
            .build()
            .map_err(Error::internal)?;
        let mark = TransactWriteItem::builder().put(mark).build();
        let about = About::Patient(id.clone());
        let entry = self.log.entry(by, Action::Delete, about);
        let gone = told(&self.config, People::Patients, id.as_str(), None)?;
        is_written(self.log.commit(&[mark, gone], vec![entry]).await)
    }

    /// How many files point at a patient, live or in the trash. While old tables are read, those that an older version counted count too: its index has
    /// no files of the trash.
    async fn files_of(&self, id: &PatientId, row: &Item) -> Result<u64, Error> {
        let all = Read {
            filter: Filter::default(),
            below: None,
            want: 0,
            count_all: true,
        };
        let found = self
            .read(&Source::all_of_patient(id.as_str()), &all)
            .await?;
        let counted = row.get("file_count").and_then(|count| count.as_n().ok());
        let counted = counted.filter(|_| self.old.is_some());
        let counted = counted.and_then(|count| count.parse().ok()).unwrap_or(0);
        Ok(found.count.max(counted))
    }

    async fn patient_row(&self, id: &PatientId) -> Result<Option<Item>, Error> {
        let table = &self.config.patients_table;
        item(&self.client, table, key(id), true, None).await
    }
}

impl Unattended<'_> {
    /// Patients who are marked as deleted.
    pub async fn marked_patients(self) -> Result<Vec<PatientId>, Error> {
        let query = self
            .files
            .client
            .query()
            .table_name(&self.files.config.patients_table)
            .index_name(keys::PATIENTS)
            .key_condition_expression("shard_key = :marked")
            .expression_attribute_values(":marked", text(MARKED))
            .projection_expression("patient_id");
        let rows: Vec<IdRow> = query::rows(query).await?;
        Ok(rows.into_iter().map(|row| row.patient_id).collect())
    }

    /// Removes a marked patient if no file points at them after an hour, and takes the mark away otherwise.
    pub async fn remove_marked(self, id: &PatientId, now: Timestamp) -> Result<Removal, Error> {
        let files = self.files;
        let row = files.patient_row(id).await?;
        let Some(row) = row.filter(records::is_tombstone) else {
            return Ok(Removal::NotYet);
        };
        let number = |name: &str| row.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let was = row.get(WAS).and_then(|was| was.as_m().ok());
        let (Some(marked_at), Some(was)) = (number(MARKED_AT), was) else {
            return Ok(Removal::NotYet);
        };
        if Timestamp(marked_at).plus(MARKED_MS) > now {
            return Ok(Removal::NotYet);
        }
        let is_free = files.files_of(id, was).await? == 0;
        let (row, removal) = if is_free {
            let is_adopted = records::from_item::<Adopted>(row.clone())?
                .adopted_at
                .is_some();
            (is_adopted.then(|| tombstone(id, &row)), Removal::Removed)
        } else {
            let by = number(MARKED_BY).unwrap_or_default();
            (Some(was.clone()), Removal::Back(by))
        };
        let is_done = files.replace_mark(id, row, marked_at).await?;
        Ok(if is_done { removal } else { Removal::NotYet })
    }
}

impl Files {
    /// Puts `row`, or nothing, in the place of the mark of `marked_at`, if it is still there.
    async fn replace_mark(
        &self,
        id: &PatientId,
        row: Option<Item>,
        marked_at: i64,
    ) -> Result<bool, Error> {
        let table = &self.config.patients_table;
        let is_still_there = format!("{MARKED_AT} = :marked_at AND attribute_exists(#gone)");
        let marked_at = AttributeValue::N(marked_at.to_string());
        if let Some(row) = row {
            let name = row.get("i_search").and_then(|name| name.as_s().ok());
            let told = told(
                &self.config,
                People::Patients,
                id.as_str(),
                name.map(String::as_str),
            )?;
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(row))
                .condition_expression(is_still_there)
                .expression_attribute_names("#gone", records::GONE)
                .expression_attribute_values(":marked_at", marked_at)
                .build()
                .map_err(Error::internal)?;
            let put = TransactWriteItem::builder().put(put).build();
            return is_written(commit(&self.client, &[put, told]).await);
        }
        let delete = self
            .client
            .delete_item()
            .table_name(table)
            .set_key(Some(key(id)))
            .condition_expression(is_still_there)
            .expression_attribute_names("#gone", records::GONE)
            .expression_attribute_values(":marked_at", marked_at);
        // If the answer is lost and it is sent again, it is refused: then the next run finds that the patient is gone.
        unless_refused(|| delete.clone().send()).await
    }
}

/// As much of a row as tells whether an old table has one, too.
#[derive(serde::Deserialize)]
struct Adopted {
    adopted_at: Option<i64>,
}

/// What stands for a patient who is gone, with what it remembers of the old table.
fn tombstone(id: &PatientId, row: &Item) -> Item {
    let adopted = row.iter().filter(|(name, _)| name.starts_with("adopted_"));
    let mut item = key(id);
    item.extend(adopted.map(|(name, value)| (name.clone(), value.clone())));
    item.insert("schema".to_owned(), records::current_schema());
    item.insert(records::GONE.to_owned(), AttributeValue::Bool(true));
    item
}
