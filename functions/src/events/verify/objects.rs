//! Bucket → records: every key below a prefix, with everything that is stored under it.

use std::collections::{BTreeMap, HashMap};

use service::bucket::Listed;
use service::db::verification::Quarantined;
use service::domain::{FileId, FileRecord, ObjectKey, object_key};
use service::error::{Error, chain};

use super::position::Position;
use super::{Report, Run, Verify};

/// Versions in a page of the bucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>).
const PAGE: usize = 1000;

impl Verify {
    /// One page below `prefix`; where the next one begins, or `None` after the last.
    pub(super) async fn walk(
        &self,
        prefix: &'static str,
        after: Option<String>,
        run: &Run,
        report: &mut Report,
    ) -> Result<Option<Position>, Error> {
        let limit = i32::try_from(run.left(report, PAGE)).unwrap_or(i32::MAX);
        let walked = self
            .app
            .bucket
            .walk(prefix, after.as_deref(), limit)
            .await?;
        let (records, unreadable) = self.records_of(&walked.keys).await?;
        let mut last = after;
        for (key, listed) in walked.keys {
            if run.is_over() {
                return Ok(Some(Position::Bucket(prefix, last)));
            }
            report.objects += 1;
            let looked = if id_in(&key).is_some_and(|id| unreadable.contains(&id)) {
                // Nobody knows what it names.
                Err(Error::internal("its record cannot be read"))
            } else if prefix == object_key::ORIGINALS {
                Box::pin(self.original(&key, listed, &records, run, report)).await
            } else {
                self.made(&key, &listed, &records, run, report).await
            };
            if let Err(error) = looked {
                // Keys name no patient.
                tracing::error!(
                    key,
                    cause = chain(&error),
                    "the verification of an object failed"
                );
                report.failed.add(&key);
            }
            last = Some(key);
        }
        Ok(walked.more.then_some(Position::Bucket(prefix, last)))
    }

    async fn records_of(
        &self,
        keys: &BTreeMap<String, Listed>,
    ) -> Result<(HashMap<FileId, FileRecord>, Vec<FileId>), Error> {
        let mut ids: Vec<FileId> = keys.keys().filter_map(|key| id_in(key)).collect();
        ids.sort_unstable();
        ids.dedup();
        let (files, unreadable) = self.app.files.unattended().records(&ids).await?;
        let files = files.into_iter().map(|file| (file.id, file));
        Ok((files.collect(), unreadable))
    }

    async fn original(
        &self,
        key: &str,
        listed: Listed,
        records: &HashMap<FileId, FileRecord>,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let Ok(key) = key.parse::<ObjectKey>() else {
            // Somebody put it there by hand; nobody can attach it, and nothing removes it.
            report.strange.add(key);
            return Ok(());
        };
        match records.get(&key.id) {
            Some(file) if file.object_key() == key => {
                Box::pin(self.examine(file.clone(), &listed.versions, run, report)).await
            }
            _ => self.orphan(&key, &listed, run, report).await,
        }
    }

    /// An object that no record names: after a restore of the tables it may be the only copy. If it is hidden behind a delete marker, it comes
    /// to light, because the lifecycle rule would remove it.
    async fn orphan(
        &self,
        key: &ObjectKey,
        listed: &Listed,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        if listed.versions.iter().all(|version| version.is_marker) {
            return Ok(());
        }
        let known = self.app.verification.quarantined_as(key).await?;
        let is_hidden = listed
            .versions
            .iter()
            .any(|one| one.is_current && one.is_marker);
        if known.is_some() && !is_hidden {
            return Ok(());
        }
        // A purge that ran meanwhile has removed the object, and its record after that.
        let versions = self.app.bucket.versions(key).await?;
        let newest = versions.iter().find(|version| !version.is_marker);
        let Some(newest) = newest else { return Ok(()) };
        report.orphans.add(key);
        if run.dry_run {
            return Ok(());
        }
        tracing::error!(file_id = key.id.number(), "an object has no record");
        let found = Quarantined {
            found_at: run.now,
            size: newest.size,
        };
        self.app.verification.quarantine(key, &found).await?;
        for marker in versions.iter().filter(|version| version.is_marker) {
            self.app.bucket.remove_version(key, &marker.id).await?;
        }
        Ok(())
    }
}

/// The file that an object of this key belongs to.
fn id_in(key: &str) -> Option<FileId> {
    let original = key.parse::<ObjectKey>().ok().map(|key| key.id);
    original.or_else(|| object_key::made_of(key))
}
