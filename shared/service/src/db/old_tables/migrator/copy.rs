//! What becomes of one page of old rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use serde::de::DeserializeOwned;

use super::{Counts, Migrator};
use crate::db::access_log::Entry;
use crate::db::batch::batch_get_some;
use crate::db::old_tables::adopted;
use crate::db::old_tables::patients::{ADOPTED_AT, ADOPTED_COUNT, number};
use crate::db::patients::{Patient, key, with_fields};
use crate::db::transaction::{put_new, unless_refused};
use crate::db::{Item, keys, records};
use crate::domain::{FileId, FileRecord, PatientId, patient_id};
use crate::error::Error;

/// Writes at the same time.
const AT_ONCE: usize = 8;

/// What was done, or has to be done, with one row.
enum Verdict {
    Copied,
    There,
    Again,
    Conflict(String),
}

impl Verdict {
    /// Of a row that was not there a moment ago: somebody may have been faster.
    fn of_copy(is_copied: bool) -> Self {
        if is_copied { Self::Copied } else { Self::There }
    }
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Copied => self.copied += 1,
            Verdict::There => self.there += 1,
            Verdict::Again => self.again += 1,
            Verdict::Conflict(id) => self.conflict(id),
        }
    }

    /// Adds what becomes of each row.
    async fn add_all<F>(&mut self, rows: impl Iterator<Item = F>) -> Result<(), Error>
    where
        F: Future<Output = Result<Verdict, Error>>,
    {
        let mut verdicts = stream::iter(rows).buffer_unordered(AT_ONCE);
        while let Some(verdict) = verdicts.try_next().await? {
            self.add(verdict);
        }
        Ok(())
    }
}

/// The rows that can be read; the others stay where they are, and are counted.
fn readable<T: DeserializeOwned>(rows: Vec<Item>, counts: &mut Counts) -> Vec<T> {
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        match records::from_item(row) {
            Ok(row) => read.push(row),
            // What it is about may be patient data: reports do not name it.
            Err(_) => counts.conflict("a row that cannot be read".to_owned()),
        }
    }
    read
}

/// What the new table has of a file.
#[derive(serde::Deserialize)]
struct NewFile {
    id: FileId,
    #[serde(default)]
    version: u64,
    adopted_version: Option<u64>,
    #[serde(default)]
    gone: bool,
}

/// What the new table has of a patient.
#[derive(serde::Deserialize)]
struct NewPatient {
    #[serde(with = "patient_id::stored")]
    patient_id: PatientId,
    #[serde(default)]
    updated_at: i64,
    adopted_at: Option<i64>,
    adopted_count: Option<i64>,
    #[serde(default)]
    gone: bool,
}

impl Migrator {
    pub(super) async fn move_files(
        &self,
        rows: Vec<Item>,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let mut old = Vec::new();
        for row in rows {
            let id = records::id_of(&row)?;
            match records::from_item::<FileRecord>(row).map(adopted) {
                Ok(Ok(file)) => old.push(file),
                _ => counts.conflict(id.to_string()),
            }
        }
        let keys = old.iter().map(|file| keys::of_file(file.id)).collect();
        let attributes = Some("id, version, adopted_version, gone");
        let new: Vec<NewFile> =
            batch_get_some(&self.old.client, &self.old.files, keys, true, attributes).await?;
        let new: HashMap<FileId, NewFile> = new.into_iter().map(|row| (row.id, row)).collect();
        let moves = old
            .iter()
            .map(|file| self.move_file(file, new.get(&file.id)));
        counts.add_all(moves).await
    }

    async fn move_file(&self, file: &FileRecord, new: Option<&NewFile>) -> Result<Verdict, Error> {
        let is_dry = self.options.dry_run;
        let Some(new) = new else {
            let is_copied = is_dry || self.old.put(&self.renumbered(file).await?).await?;
            return Ok(Verdict::of_copy(is_copied));
        };
        let adopted = new.adopted_version.unwrap_or(u64::MAX);
        if new.gone || file.version <= adopted {
            return Ok(Verdict::There);
        }
        if new.version == adopted && (is_dry || self.replace(file, adopted).await?) {
            return Ok(Verdict::Again);
        }
        Ok(Verdict::Conflict(file.id.to_string()))
    }

    async fn renumbered(&self, file: &FileRecord) -> Result<FileRecord, Error> {
        self.files.references.renumber(file.clone()).await
    }

    /// Puts a record over the one that was copied before, if nobody has changed that since.
    async fn replace(&self, file: &FileRecord, adopted: u64) -> Result<bool, Error> {
        let file = self.renumbered(file).await?;
        let request = self
            .old
            .client
            .put_item()
            .table_name(&self.old.files)
            .set_item(Some(records::file_to_item(&file)?))
            .condition_expression("#version = :adopted AND adopted_version = :adopted")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":adopted", AttributeValue::N(adopted.to_string()));
        unless_refused(|| request.clone().send()).await
    }

    pub(super) async fn move_patients(
        &self,
        rows: Vec<Item>,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let old: Vec<Patient> = readable(rows, counts);
        let keys = old.iter().map(|patient| key(&patient.id)).collect();
        let attributes = Some("patient_id, updated_at, adopted_at, adopted_count, gone");
        let new: Vec<NewPatient> =
            batch_get_some(&self.old.client, &self.old.patients, keys, true, attributes).await?;
        let new: HashMap<PatientId, NewPatient> = new
            .into_iter()
            .map(|row| (row.patient_id.clone(), row))
            .collect();
        let moves = old
            .iter()
            .map(|patient| self.move_patient(patient, new.get(&patient.id)));
        counts.add_all(moves).await
    }

    /// A patient's fields are replaced as a whole by whoever writes them, so the newer ones count. Files are counted by what each side added.
    async fn move_patient(
        &self,
        patient: &Patient,
        new: Option<&NewPatient>,
    ) -> Result<Verdict, Error> {
        let is_dry = self.options.dry_run;
        let Some(new) = new else {
            let is_copied = is_dry || self.old.put_patient(patient).await?;
            return Ok(Verdict::of_copy(is_copied));
        };
        let is_same = new.adopted_at == Some(patient.updated_at.0)
            && new.adopted_count == Some(patient.file_count);
        if is_same {
            return Ok(Verdict::There);
        }
        if !new.gone && (is_dry || self.merge(patient, new).await?) {
            return Ok(Verdict::Again);
        }
        // Patients' ids are patient data: reports do not name them.
        Ok(Verdict::Conflict("a patient".to_owned()))
    }

    /// Brings over what happened to the old row since it was copied, if nobody has changed the new one meanwhile.
    async fn merge(&self, patient: &Patient, new: &NewPatient) -> Result<bool, Error> {
        let mut set = vec![
            "adopted_at = :adopted_at".to_owned(),
            "adopted_count = :adopted_count".to_owned(),
        ];
        let mut remove = Vec::new();
        let added = patient.file_count - new.adopted_count.unwrap_or(0);
        let mut request = self
            .old
            .client
            .update_item()
            .table_name(&self.old.patients)
            .set_key(Some(key(&patient.id)))
            .expression_attribute_values(":adopted_at", number(patient.updated_at.0))
            .expression_attribute_values(":adopted_count", number(patient.file_count))
            .expression_attribute_values(":added", number(added))
            .expression_attribute_values(":updated_at", number(new.updated_at));
        let mut conditions = vec!["updated_at = :updated_at".to_owned()];
        for (name, before) in [
            (ADOPTED_AT, new.adopted_at),
            (ADOPTED_COUNT, new.adopted_count),
        ] {
            match before {
                Some(before) => {
                    conditions.push(format!("{name} = :before_{name}"));
                    request = request
                        .expression_attribute_values(format!(":before_{name}"), number(before));
                }
                None => conditions.push(format!("attribute_not_exists({name})")),
            }
        }
        if patient.updated_at.0 > new.updated_at {
            request = with_fields(request, patient, &mut set, &mut remove)
                .expression_attribute_values(":new_updated_at", number(patient.updated_at.0))
                .expression_attribute_values(":new_created_at", number(patient.created_at.0));
            set.push("updated_at = :new_updated_at".to_owned());
            set.push("created_at = :new_created_at".to_owned());
        }
        let mut expression = format!("SET {} ADD file_count :added", set.join(", "));
        if !remove.is_empty() {
            expression = format!("{expression} REMOVE {}", remove.join(", "));
        }
        let request = request
            .update_expression(expression)
            .condition_expression(conditions.join(" AND "));
        unless_refused(|| request.clone().send()).await
    }

    pub(super) async fn move_entries(
        &self,
        rows: Vec<Item>,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let old: Vec<Entry> = readable(rows, counts);
        let place = |entry: &Entry| (keys::log_of(entry.file_id), entry.entry_id);
        let keys = old.iter().map(|entry| {
            let (subject, id) = place(entry);
            let id = AttributeValue::N(id.to_string());
            let subject = AttributeValue::S(subject);
            [("subject".to_owned(), subject), ("entry".to_owned(), id)].into()
        });
        let table = &self.files.config.audit_log_table;
        let keys = keys.collect();
        let new: Vec<Place> =
            batch_get_some(&self.old.client, table, keys, true, Some("subject, entry")).await?;
        let new: Vec<_> = new
            .into_iter()
            .map(|row| (row.subject, row.entry))
            .collect();
        let moves = old
            .iter()
            .map(|entry| self.move_entry(entry, new.contains(&place(entry))));
        counts.add_all(moves).await
    }

    async fn move_entry(&self, entry: &Entry, is_there: bool) -> Result<Verdict, Error> {
        if is_there {
            return Ok(Verdict::There);
        }
        let table = &self.files.config.audit_log_table;
        let item = records::entry_to_item(entry)?;
        let is_copied =
            self.options.dry_run || put_new(&self.old.client, table, "subject", item).await?;
        Ok(Verdict::of_copy(is_copied))
    }
}

#[derive(serde::Deserialize)]
struct Place {
    subject: String,
    entry: FileId,
}
