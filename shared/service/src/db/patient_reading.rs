//! Which patients a caller may read: all, or those that they have made or have files of (`auth/access.rs` decides which).

use futures_util::future::try_join_all;

use super::conditions::Read;
use super::files::Files;
use super::names::Seen;
use super::patients::Patient;
use super::source::Source;
use crate::auth::Caller;
use crate::auth::access::{PatientAccess, reads_patient};
use crate::domain::{Filter, PatientId};
use crate::error::Error;

/// Patients that are read at once while those of a caller are looked for.
const AT_ONCE: usize = 50;
/// Patients that one page looks at. A page may be short, or empty, and not the last one.
const MOST: usize = 500;

/// Patients of one page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In the order of their ids.
    pub patients: Vec<Patient>,
    /// The id after which there may be more.
    pub next: Option<PatientId>,
    /// Whether the list of names is to be tended.
    pub is_to_tend: bool,
}

impl Files {
    /// A patient whom `caller` may read. One whom they may not looks like none at all.
    pub async fn patient_of(
        &self,
        caller: &Caller,
        id: &PatientId,
    ) -> Result<Option<Patient>, Error> {
        let Some(patient) = self.references.patient(id).await? else {
            return Ok(None);
        };
        let reads = self.reads_patient(caller, &patient).await?;
        Ok(reads.then_some(patient))
    }

    /// Patients whom `caller` may read, in the order of their ids, after `after`, at most `limit`, with `search` (folded) in id, name or record
    /// number.
    pub async fn patients_of(
        &self,
        caller: &Caller,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Error> {
        let seen = match search {
            Some(_) => self.references.names().await?,
            None => Seen::default(),
        };
        let reads_all = reads_patient(caller, self.config.patients, None) == PatientAccess::Granted;
        let (patients, next) = if reads_all {
            let (found, more) = self.read_patients(&seen, search, after, limit).await?;
            let next = found.last().filter(|_| more).map(|last| last.id.clone());
            (found, next)
        } else {
            self.own_patients(caller, &seen, search, after, limit)
                .await?
        };
        Ok(Page {
            patients,
            next,
            is_to_tend: seen.is_to_tend,
        })
    }

    async fn read_patients(
        &self,
        seen: &Seen,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Patient>, bool), Error> {
        let references = &self.references;
        match (&seen.directory, search) {
            (Some(directory), Some(search)) => {
                let found = references.patients_named(directory, search, after, limit);
                found.await
            }
            _ => references.patients(search, after, limit).await,
        }
    }

    /// Those whom a caller may read who may not read all.
    async fn own_patients(
        &self,
        caller: &Caller,
        seen: &Seen,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Patient>, Option<PatientId>), Error> {
        let mut found = Vec::new();
        let mut after = after.map(str::to_owned);
        for _ in 0..MOST / AT_ONCE {
            let some = self.read_patients(seen, search, after.as_deref(), AT_ONCE);
            let (some, more) = some.await?;
            let reads = some
                .iter()
                .map(|patient| self.reads_patient(caller, patient));
            let reads = try_join_all(reads).await?;
            let Some(last) = some.last().map(|last| last.id.clone()) else {
                return Ok((found, None));
            };
            for (patient, _) in some.into_iter().zip(reads).filter(|(_, reads)| *reads) {
                if found.len() == limit {
                    let next = found.last().map(|last: &Patient| last.id.clone());
                    return Ok((found, next));
                }
                found.push(patient);
            }
            if !more {
                return Ok((found, None));
            }
            after = Some(last.as_str().to_owned());
        }
        let next = after.map(|after| PatientId::parse(&after));
        Ok((found, next.transpose().map_err(Error::internal)?))
    }

    /// Whether `caller` may read a patient.
    pub(super) async fn reads_patient(
        &self,
        caller: &Caller,
        patient: &Patient,
    ) -> Result<bool, Error> {
        match reads_patient(caller, self.config.patients, patient.created_by) {
            PatientAccess::Granted => Ok(true),
            PatientAccess::WithFiles => {
                let one = Read {
                    filter: Filter {
                        uploaded_by: Some(caller.id),
                        ..Filter::default()
                    },
                    below: None,
                    want: 1,
                    count_all: false,
                };
                let source = Source::patient(patient.id.as_str());
                let found = Box::pin(self.read(&source, &one)).await?;
                Ok(!found.ids.is_empty())
            }
        }
    }
}
