//! One patient: read, written.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::batch::item;
use super::files::Files;
use super::log_entry::{About, Entry};
use super::names::{People, told};
use super::patients::{
    FIRST_VERSION, MARKED_AT, MARKED_BY, Patient, WAS, key, search_text, with_fields,
};
use super::records;
use super::references::References;
use super::transaction::{is_written, part_of};
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::domain::PatientId;
use crate::error::Error;

/// Tries of a change when others change the same patient.
const ATTEMPTS: usize = 8;

/// What became of a change of a patient.
#[derive(Debug)]
pub enum Put {
    /// They are so now.
    Done(Patient),
    /// They exist, and the caller has not seen this version; `None` if they may not see any.
    Stale(Option<Patient>),
}

impl Files {
    /// Makes a patient, or changes one of whom the caller has seen `version`; what changes nothing needs none. `fill` says what shall be known of them.
    /// The entry goes with the change.
    ///
    /// # Errors
    /// What `fill` says. [`Error::NotFound`]: the caller has seen a version of somebody who is not there any more.
    pub async fn put_patient(
        &self,
        caller: &Caller,
        id: &PatientId,
        version: Option<u64>,
        fill: impl Fn(Patient) -> Result<Patient, Error> + Send + Sync,
    ) -> Result<Put, Error> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let Some(before) = self.references.patient(id).await? else {
                if version.is_some() {
                    return Err(Error::NotFound);
                }
                let new = fill(Patient::new(id.clone(), caller.id, now))?;
                let entry = self.log.entry(caller, Action::Update, about(id));
                if self.references.create_patient(&new, entry).await? {
                    return Ok(Put::Done(new));
                }
                continue;
            };
            if !self.reads_patient(caller, &before).await? {
                return Ok(Put::Stale(None));
            }
            let mut after = fill(before.clone())?;
            if after == before {
                self.log.tell(caller, Action::View, about(id)).await?;
                return Ok(Put::Done(before));
            }
            if before.is_of_newer_version() {
                return Err(Error::newer_version());
            }
            if version != Some(before.version) {
                self.log.tell(caller, Action::View, about(id)).await?;
                return Ok(Put::Stale(Some(before)));
            }
            let entry = self.log.entry(caller, Action::Update, about(id));
            (after.version, after.updated_at) = (before.version + 1, now);
            let replaced = self.references.replace_patient(&before, &after, entry);
            if replaced.await? {
                return Ok(Put::Done(after));
            }
        }
        Err(Error::Unavailable("the patient goes on changing".into()))
    }
}

fn about(id: &PatientId) -> About {
    About::Patient(id.clone())
}

impl References {
    /// One patient.
    pub async fn patient(&self, id: &PatientId) -> Result<Option<Patient>, Error> {
        let row = item(
            &self.client,
            &self.config.patients_table,
            key(id),
            true,
            None,
        )
        .await?;
        match (row, &self.old) {
            (Some(row), _) if records::is_tombstone(&row) => Ok(None),
            (Some(row), _) => records::from_item(row).map(Some),
            (None, Some(old)) => Box::pin(old.patient(id)).await,
            (None, None) => Ok(None),
        }
    }

    /// Writes a patient where there is none; answers whether there was none. Whoever writes one who was deleted makes a new one.
    async fn create_patient(&self, new: &Patient, entry: Entry) -> Result<bool, Error> {
        if let Some(old) = &self.old {
            Box::pin(old.adopt_patient(&new.id)).await?;
        }
        let request = self.client.update_item().condition_expression(
            "attribute_not_exists(#schema) OR (attribute_exists(#gone) AND #schema <= :schema)",
        );
        self.write_patient(request, new, entry).await
    }

    /// Writes `after` in the place of the patient who was read; answers whether they were there as they were.
    async fn replace_patient(
        &self,
        before: &Patient,
        after: &Patient,
        entry: Entry,
    ) -> Result<bool, Error> {
        if let Some(old) = &self.old {
            Box::pin(old.adopt_patient(&after.id)).await?;
        }
        let is_same = if before.version == FIRST_VERSION {
            "(attribute_not_exists(#version) OR #version = :before)"
        } else {
            "#version = :before"
        };
        // Older functions, which run beside this one during a deployment, know no version.
        let is_same = format!(
            "{is_same} AND updated_at = :updated_at AND attribute_not_exists(#gone) AND #schema <= :schema"
        );
        let request = self
            .client
            .update_item()
            .condition_expression(is_same)
            .expression_attribute_values(":before", number(before.version))
            .expression_attribute_values(":updated_at", number(before.updated_at.0));
        self.write_patient(request, after, entry).await
    }

    async fn write_patient(
        &self,
        request: UpdateItemFluentBuilder,
        patient: &Patient,
        entry: Entry,
    ) -> Result<bool, Error> {
        let mut set = vec![
            "updated_at = :now".to_owned(),
            "created_at = :made".to_owned(),
            "file_count = if_not_exists(file_count, :zero)".to_owned(),
            "#schema = :schema".to_owned(),
            "#version = :version".to_owned(),
        ];
        let mut remove = ["#gone", MARKED_AT, MARKED_BY, WAS]
            .map(str::to_owned)
            .to_vec();
        let mut request = request
            .table_name(&self.config.patients_table)
            .set_key(Some(key(&patient.id)))
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#gone", records::GONE)
            .expression_attribute_values(":schema", records::current_schema())
            .expression_attribute_values(":version", number(patient.version))
            .expression_attribute_values(":now", number(patient.updated_at.0))
            .expression_attribute_values(":made", number(patient.created_at.0))
            .expression_attribute_values(":zero", number(0));
        if let Some(created_by) = patient.created_by {
            set.push("created_by = :by".to_owned());
            request = request.expression_attribute_values(":by", number(created_by));
        }
        request = with_fields(request, patient, &mut set, &mut remove);
        let (set, remove) = (set.join(", "), remove.join(", "));
        let request = request.update_expression(format!("SET {set} REMOVE {remove}"));
        let name = search_text(patient);
        let told = told(
            &self.config,
            People::Patients,
            patient.id.as_str(),
            Some(&name),
        )?;
        is_written(
            self.log
                .commit(&[part_of(&request)?, told], vec![entry])
                .await,
        )
    }
}

fn number(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
