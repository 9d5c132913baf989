//! Reads records past the API, where the model cannot know what was done: after something that died, and after what happens in the background.
//! What is read must be what could have happened.

use local::names::BUCKET;
use service::domain::record::FileRecord;
use service::domain::{FileId, Status};

use super::file::{File, life};
use super::may::May;
use super::play::{Play, Verdict};
use super::step::{ADMIN, New};
use crate::harness::client::caller;

impl Play {
    /// The record of a file, as it is stored.
    pub(super) async fn record(&self, file: &File) -> Option<FileRecord> {
        let id = FileId::from_number(file.id).expect("an id");
        let files = self.world.stack.app.files.unattended();
        files.find(id).await.expect("an answer")
    }

    /// Whether the bucket has bytes of a file.
    pub(super) async fn is_stored(&self, file: &File) -> bool {
        let Some(record) = self.record(file).await else {
            return false;
        };
        let head = self.world.stack.bucket.head_object().bucket(BUCKET);
        let head = head.key(record.object_key().to_string()).send().await;
        head.is_ok()
    }

    /// Adopts what the record says, if it could have come to that by `now`.
    pub(super) async fn observe(&mut self, file: &mut File, may: May, now: i64) -> Verdict {
        let wrong = |what: String| Err(format!("{what}, and nobody may have done that"));
        let Some(record) = self.record(file).await else {
            let was_due = file.hidden || file.purge_at.is_some_and(|at| at <= now);
            if !(file.gone || may.maintain && was_due) {
                return wrong("the record is gone".to_owned());
            }
            (file.gone, file.hidden) = (true, true);
            return Ok(());
        };
        if file.gone {
            return wrong("the record is back".to_owned());
        }
        if record.purging && !file.hidden {
            let was_due = file.purge_at.is_some_and(|at| at <= now);
            let may_end = may.end && file.status == Status::Uploading && file.purge_at.is_none();
            if !(may_end || may.maintain && was_due) {
                return wrong("the purge has begun".to_owned());
            }
            file.hidden = true;
        }
        if record.purging {
            return Ok(());
        }
        if file.hidden {
            return wrong("it can be seen again".to_owned());
        }
        if let Some(version) = &record.object_version {
            file.names(version, now);
        }
        observe_trash(file, &record, may)?;
        observe_life(file, &record, may, now)
    }

    /// Notes which version a file's record names now: for 35 days a restored table would name it.
    pub(super) async fn remember(&self, file: &mut File) {
        if !file.is_there() {
            return;
        }
        let version = self.record(file).await.and_then(|file| file.object_version);
        if let Some(version) = version {
            file.names(&version, self.world.now());
        }
    }

    /// Nobody knows whether a file was created: the owner's newest files are looked through.
    pub(super) async fn look_for(&mut self, by: i64, new: &New) -> Verdict {
        let files = self.world.stack.app.files.unattended();
        let ids = files.ids_of(by, None, 100).await.expect("ids");
        for id in ids {
            if self.files.values().any(|file| file.id == id.number()) {
                continue;
            }
            let files = self.world.stack.app.files.unattended();
            let record = files.find(id).await.expect("an answer").ok_or("gone")?;
            if record.original_filename == new.content.name(new.label) {
                let file = File::new(by, new, id.number(), self.world.now());
                self.files.insert(new.label, file);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Who did what with a file, as the database has it, because the log of a file that is gone has no route.
    pub(super) async fn log(&self, file: &File) -> Vec<(i64, String)> {
        let reader = caller(ADMIN, true);
        let id = FileId::from_number(file.id).expect("an id");
        let files = &self.world.stack.app.files;
        let log = files.access_log(&reader, id, None, 1000).await;
        let (entries, next) = log.expect("an access log");
        assert!(next.is_none(), "a history is short");
        let entries = entries.into_iter();
        entries
            .map(|entry| (entry.actor_id, entry.action))
            .collect()
    }
}

fn observe_trash(file: &mut File, record: &FileRecord, may: May) -> Verdict {
    match (record.is_deleted(), file.purge_at) {
        (true, None) if may.delete => {
            let due = record.due_at.ok_or("it is never purged")?;
            file.purge_at = Some(due.0);
            Ok(())
        }
        (false, Some(_)) if may.restore => {
            file.purge_at = None;
            Ok(())
        }
        (true, Some(_)) | (false, None) => Ok(()),
        (is_deleted, _) => Err(format!(
            "whether it is deleted is {is_deleted}, and nobody may have done that"
        )),
    }
}

fn observe_life(file: &mut File, record: &FileRecord, may: May, now: i64) -> Verdict {
    let (before, found) = (file.status, life(record));
    let finishes = may.maintain && file.interrupted;
    // After eight visits that failed or were lost.
    let was_given_up = record
        .status_reason
        .as_ref()
        .is_some_and(|reason| reason.code == "processing_failed");
    let could = match (before, found) {
        _ if before == found => true,
        (Status::Uploading, Status::Uploaded) => may.store,
        (Status::Uploading | Status::Uploaded, Status::Processing) => may.process && file.stored,
        (Status::Uploading, Status::Failed) if !file.stored => {
            may.maintain && now >= file.created + (24 * 60 - 1) * 60 * 1000
        }
        (Status::Uploaded | Status::Processing, Status::Failed) if was_given_up => may.maintain,
        (Status::Uploading | Status::Uploaded | Status::Processing, end) => {
            may.process && file.stored && end == file.outcome()
        }
        (Status::Processed, Status::Archived) | (Status::Archived, Status::Processed) => {
            may.shift || finishes
        }
        _ => false,
    };
    if !could {
        return Err(format!(
            "{before:?} has become {found:?}, and nobody may have done that"
        ));
    }
    file.given_up |= was_given_up;
    file.status = found;
    file.stored |= found == Status::Uploaded;
    let is_unsettled = record.moving_to.is_some() || record.lease.is_some();
    // Parts may have gone in an abort that died: that stays unknown until the upload has ended.
    file.interrupted = is_unsettled || file.interrupted && found == Status::Uploading;
    Ok(())
}
