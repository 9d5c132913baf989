//! What operators do with objects in quarantine: give them a record, or remove them for good. Nothing else takes them out.

use service::domain::transition::StoredObject;
use service::domain::{FileType, NewFile, ObjectKey};
use service::error::{Error, chain};

use super::{Report, Run, Task, Verify};

impl Verify {
    /// Gives objects a record of the user in their key. It is processed like an upload: what the bytes say, is known again; what the uploader
    /// said, is not.
    pub(super) async fn attach(
        &self,
        run: &Run,
        task: &Task,
        report: &mut Report,
    ) -> Result<(), Error> {
        for key in self.chosen(task, report).await? {
            if run.is_over() || report.released.count >= run.limit {
                report.more = true;
                return Ok(());
            }
            match self.attach_one(&key, run).await {
                Ok(true) => report.released.add(&key),
                Ok(false) => report.failed.add(&key),
                Err(error) => not_released(&key, &error, report),
            }
        }
        Ok(())
    }

    /// Removes objects for good, each by its key: there is no `all`.
    pub(super) async fn discard(
        &self,
        run: &Run,
        task: &Task,
        report: &mut Report,
    ) -> Result<(), Error> {
        let task = Task {
            all: false,
            ..task.clone()
        };
        for key in self.chosen(&task, report).await? {
            match self.discard_one(&key, run).await {
                Ok(()) => report.released.add(&key),
                Err(error) => not_released(&key, &error, report),
            }
        }
        Ok(())
    }

    /// At the end of a round: what has a record by now, because a table was restored, and what somebody removed, is in quarantine no more.
    pub(super) async fn tidy_quarantine(&self) -> Result<(), Error> {
        let verification = &self.app.verification;
        for name in verification.quarantined().await?.into_keys() {
            let Ok(key) = name.parse::<ObjectKey>() else {
                continue;
            };
            let file = self.app.files.unattended().find(key.id).await?;
            let has_record = file.is_some_and(|file| file.object_key() == key);
            if has_record || self.app.bucket.versions(&key).await?.is_empty() {
                verification.release(&key).await?;
            }
        }
        Ok(())
    }

    /// The objects that the task names; what is not in quarantine fails.
    async fn chosen(&self, task: &Task, report: &mut Report) -> Result<Vec<ObjectKey>, Error> {
        let quarantined = self.app.verification.quarantined().await?;
        let named = if task.all {
            quarantined.keys().cloned().collect()
        } else {
            task.objects.clone()
        };
        let mut chosen = Vec::new();
        for name in named {
            match name.parse::<ObjectKey>() {
                Ok(key) if quarantined.contains_key(&name) => chosen.push(key),
                _ => report.failed.add(&name),
            }
        }
        Ok(chosen)
    }

    /// `false` if another file has its id, or the object is gone.
    async fn attach_one(&self, key: &ObjectKey, run: &Run) -> Result<bool, Error> {
        let Some(object) = self.app.bucket.head(key).await? else {
            if !run.dry_run {
                self.app.verification.release(key).await?;
            }
            return Ok(false);
        };
        let files = self.app.files.unattended();
        let found = files.find(key.id).await?;
        let is_its_own = found.as_ref().map(|file| file.object_key() == *key);
        if run.dry_run || is_its_own == Some(false) {
            return Ok(is_its_own != Some(false));
        }
        // Attached before, by a run that stopped here.
        let is_attached =
            is_its_own == Some(true) || files.attach(record_of(key, &object, run)).await?;
        if is_attached {
            self.app.verification.release(key).await?;
        }
        Ok(is_attached)
    }

    async fn discard_one(&self, key: &ObjectKey, run: &Run) -> Result<(), Error> {
        let found = self.app.files.unattended().find(key.id).await?;
        if found.is_some_and(|file| file.object_key() == *key) {
            return Err(Error::internal("a record names it by now"));
        }
        if run.dry_run {
            return Ok(());
        }
        self.app.bucket.remove_original(key).await?;
        self.app.verification.release(key).await
    }
}

fn record_of(key: &ObjectKey, object: &StoredObject, run: &Run) -> service::domain::FileRecord {
    let new = NewFile {
        id: key.id,
        file_uuid: key.file_uuid.clone(),
        uploaded_by: key.uploader,
        uploader_name: String::new(),
        original_filename: format!("recovered-{}", key.id),
        file_type: FileType::Other,
        mime_type: "application/octet-stream".to_owned(),
        file_size: object.size,
    };
    // Maintenance processes it: no event comes for an object that is there.
    let record = new.into_record().uploaded(object, run.now);
    record.postponed(run.now)
}

fn not_released(key: &ObjectKey, error: &Error, report: &mut Report) {
    tracing::error!(
        file_id = key.id.number(),
        cause = chain(error),
        "an object stays in quarantine"
    );
    report.failed.add(key);
}
