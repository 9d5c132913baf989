//! Creates records: one, or a batch in as few transactions as fit.

use std::collections::BTreeMap;

use super::files::Files;
use super::log_entry::{About, Entry};
use super::references::unknown_patient;
use super::write::{Change, NotWritten};
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::domain::{FileId, FileRecord, PatientId};
use crate::error::Error;

/// Files in one transaction: with their entries, at most one each, and what they count these are 51 of the 100 writes that it may have
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const FILES_AT_ONCE: usize = 25;

/// Why one file was not created.
#[derive(Debug)]
pub enum NotCreated {
    /// Another file has this id: draw another one.
    IdTaken,
    /// Another error: a field that the caller can mend, or a fault of ours.
    Error(Error),
}

impl Files {
    /// Creates records of `caller`'s; each stands or falls alone. Answers in the order given.
    pub async fn create(
        &self,
        caller: &Caller,
        files: Vec<FileRecord>,
    ) -> Vec<Result<(), NotCreated>> {
        let mut results: Vec<Result<(), NotCreated>> = files.iter().map(|_| Ok(())).collect();
        let mut group: Vec<(usize, Change)> = Vec::new();
        for (position, file) in files.into_iter().enumerate() {
            group.push((position, Change::create(file)));
            if group.len() == FILES_AT_ONCE {
                self.create_group(caller, std::mem::take(&mut group), &mut results)
                    .await;
            }
        }
        self.create_group(caller, group, &mut results).await;
        results
    }

    /// One transaction; when some of it is refused, one more with the rest.
    async fn create_group(
        &self,
        caller: &Caller,
        mut group: Vec<(usize, Change)>,
        results: &mut [Result<(), NotCreated>],
    ) {
        while !group.is_empty() {
            let changes: Vec<Change> = group.iter().map(|(_, change)| change.clone()).collect();
            let entries = self.entries_of_uploads(caller, &changes);
            match self.write_telling(&changes, &entries).await {
                Ok(()) => return,
                Err(NotWritten::Failed(error)) => {
                    // The first tells the cause; the others share its fate.
                    let mut error = Some(error);
                    for (position, _) in group {
                        let own = error
                            .take()
                            .unwrap_or_else(|| Error::Unavailable("the transaction failed".into()));
                        results[position] = Err(NotCreated::Error(own));
                    }
                    return;
                }
                Err(NotWritten::Stale(taken)) => {
                    refuse(&mut group, results, |index, _| {
                        taken.contains(&index).then_some(NotCreated::IdTaken)
                    });
                }
                Err(NotWritten::Missing(missing)) => refuse(&mut group, results, |_, change| {
                    let own = change.patient().filter(|patient| missing.contains(patient));
                    own.map(|_| NotCreated::Error(Error::Invalid(vec![unknown_patient()])))
                }),
            }
        }
    }
}

impl Files {
    /// One entry for the files of each patient: slices of one scan cost little, and an entry is found by its patient.
    fn entries_of_uploads(&self, caller: &Caller, changes: &[Change]) -> Vec<Entry> {
        let mut by_patient = BTreeMap::<Option<PatientId>, Vec<FileId>>::new();
        for file in changes.iter().filter_map(|change| change.after.as_ref()) {
            let ids = by_patient.entry(file.patient_id.clone()).or_default();
            ids.push(file.id);
        }
        let entry = |(patient, ids)| {
            let about = About::Uploads {
                ids,
                owner: caller.id,
                patient,
            };
            self.log.entry(caller, Action::Upload, about)
        };
        by_patient.into_iter().map(entry).collect()
    }
}

/// Takes the refused changes out of the group.
fn refuse(
    group: &mut Vec<(usize, Change)>,
    results: &mut [Result<(), NotCreated>],
    verdict: impl Fn(usize, &Change) -> Option<NotCreated>,
) {
    let mut index = 0;
    let before = group.len();
    group.retain(|(position, change)| {
        let refused = verdict(index, change);
        index += 1;
        let stays = refused.is_none();
        if let Some(refused) = refused {
            results[*position] = Err(refused);
        }
        stays
    });
    assert!(
        group.len() < before,
        "a refusal names at least one of the files"
    );
}
