//! When a history is over: everything comes to rest, and then nothing is lost, stuck, left over or told to the wrong people.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::types::{MultipartUpload, ObjectVersion};
use functions::events::verify::Kind;
use http::Method;
use local::names::BUCKET;
use serde_json::Value;
use service::domain::object_key;

use super::background::{QUEUES, is_final};
use super::draw::USERS;
use super::file::File;
use super::play::{Play, Verdict, expect};
use super::step::{ADMIN, Filter};

/// Who does what nobody asked for.
const SERVICE: i64 = 0;
const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

impl Play {
    /// Judges the history; then everything is purged, and judged again.
    pub(super) async fn judge(&mut self) -> Verdict {
        self.come_to_rest().await?;
        self.judge_files().await?;
        self.judge_lists().await?;
        self.judge_bucket().await?;
        self.judge_jobs().await?;
        self.judge_counters().await?;
        // Verification has found nothing to mend, or has mended it well.
        self.judge_files().await?;
        let ends = self.files.values().filter_map(|file| file.purge_at);
        let wait = ends.max().unwrap_or_default() - self.world.now();
        self.world.clock.advance(wait.max(0) + DAY_MS);
        self.maintain(None).await?;
        self.judge_purge().await?;
        self.judge_bucket().await
    }

    /// Longer than any restored table looks back: then the bucket holds one version of each file, and no parts.
    pub(super) async fn judge_after_kept_versions(&mut self) -> Verdict {
        self.world.clock.advance(40 * DAY_MS);
        self.expire().await?;
        self.maintain(None).await?;
        self.deliver_all().await?;
        for file in self.files.values().filter(|file| file.is_there()) {
            let record = self.record(file).await.ok_or("a record is gone")?;
            if record.settle_at.is_some() {
                return Err(format!("file {} is never settled", file.label));
            }
        }
        self.judge_bucket().await?;
        self.judge_files().await
    }

    /// The weather ends, every message comes, and maintenance for two days.
    async fn come_to_rest(&mut self) -> Verdict {
        if let Some(weather) = &self.world.weather {
            weather.end();
        }
        self.is_rough = false;
        // What it left behind may be noticed once more.
        self.was_cut |= self.world.weather.is_some();
        self.deliver_all().await?;
        // Events that failed too often while a run that had died held their file: maintenance has to do without them.
        for minutes in [16, 80, 6 * 60, 24 * 60, 24 * 60, 17, 60] {
            self.world.clock.advance(minutes * MINUTE_MS);
            self.maintain(None).await?;
            self.deliver_all().await?;
        }
        Ok(())
    }

    /// Every message comes until none is left.
    pub(super) async fn deliver_all(&mut self) -> Verdict {
        for attempt in 0..20 {
            let mut left = 0;
            for queue in QUEUES {
                left += self.world.stack.depth(queue).await.expect("a queue");
            }
            if left == 0 {
                return Ok(());
            }
            if attempt > 0 {
                self.world.clock.advance(75 * 1000);
            }
            self.deliver(10, attempt).await?;
        }
        Ok(())
    }

    pub(super) async fn judge_files(&mut self) -> Verdict {
        let files: Vec<File> = self.files.values().cloned().collect();
        for file in &files {
            let found = self.judge_file(file).await;
            found.map_err(|finding| format!("file {} at rest: {finding}", file.label))?;
        }
        Ok(())
    }

    async fn judge_file(&mut self, file: &File) -> Verdict {
        self.judge_log(file).await?;
        let Some(record) = self.record(file).await else {
            return if file.gone {
                Ok(())
            } else {
                Err("its record is gone".to_owned())
            };
        };
        if file.hidden {
            return Err("what is left of it stays".to_owned());
        }
        // What was unfinished when it was deleted is finished when it is restored, or purged.
        if file.is_live() && !is_final(file.status) {
            return Err(format!("stuck as {:?}", file.status));
        }
        let is_unlooked = record.settle_at.is_some() && record.keep_until.is_none();
        let is_unsettled = record.lease.is_some() || record.moving_to.is_some() || is_unlooked;
        if file.is_live() && is_unsettled {
            return Err(format!("unsettled: {record:?}"));
        }
        let due = record.due_at.map(|at| at.0);
        let kept = record.keep_until.map(|at| at.0);
        let expected = file.purge_at.or(kept);
        if due != expected {
            return Err(format!("due at {due:?} instead of {expected:?}"));
        }
        if file.stored {
            let version = record.object_version.clone();
            self.judge_bytes(file, &record.object_key().to_string(), version)
                .await?;
        }
        Ok(())
    }

    /// The version that the record names has the bytes that were sent.
    pub(super) async fn judge_bytes(
        &self,
        file: &File,
        key: &str,
        version: Option<String>,
    ) -> Verdict {
        let get = self.world.stack.bucket.get_object().bucket(BUCKET).key(key);
        let got = get.set_version_id(version).send().await;
        let got = got.map_err(|_| "its bytes are gone")?;
        let bytes = got.body.collect().await.expect("bytes").into_bytes();
        if bytes == file.content.bytes() {
            Ok(())
        } else {
            Err("its bytes are others".to_owned())
        }
    }

    /// Every job is over.
    async fn judge_jobs(&mut self) -> Verdict {
        for by in USERS.into_iter().chain([ADMIN]) {
            let jobs = self.world.ask(by, Method::GET, "/jobs", None).await;
            expect(&jobs, 200, "")?;
            let mut jobs = jobs.json["items"].as_array().into_iter().flatten();
            let is_over = |job: &Value| {
                ["DONE", "FAILED", "CANCELLED"]
                    .iter()
                    .any(|over| job["status"] == *over)
            };
            if let Some(job) = jobs.find(|job| !is_over(job)) {
                return Err(format!("a job is stuck: {job}"));
            }
        }
        Ok(())
    }

    /// Counters are what a recount has, and verification agrees with all that was judged so far.
    async fn judge_counters(&mut self) -> Verdict {
        let folded = self.world.stack.fold().await;
        folded.map_err(|error| format!("a fold failed: {error}"))?;
        self.judge_studies().await?;
        for task in [Kind::Reconcile, Kind::Rehash, Kind::Recount] {
            let report = self.verified(task).await?;
            let is_mended = report.repaired.count + report.pictures + report.replaced.count > 0;
            let is_wrong = report.counters.count + report.failed.count > 0;
            if is_wrong || is_mended && !self.was_cut {
                return Err(format!("verification found {report:?}"));
            }
        }
        Ok(())
    }

    async fn judge_log(&self, file: &File) -> Verdict {
        let mut found: BTreeMap<(i64, String), u32> = BTreeMap::new();
        for entry in self.log(file).await {
            *found.entry(entry).or_default() += 1;
        }
        let purged = found.remove(&(SERVICE, "purge".to_owned())).unwrap_or(0);
        if purged != u32::from(self.record(file).await.is_none()) {
            return Err(format!("its purge has {purged} entries in the log"));
        }
        for ((by, action), count) in &file.log {
            let entries = found.remove(&(*by, (*action).to_owned())).unwrap_or(0);
            if !(count.sure..=count.sure + count.perhaps).contains(&entries) {
                return Err(format!(
                    "{by} has {entries} entries of {action} in the log, not {count:?}"
                ));
            }
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err(format!("the log tells what nobody did: {found:?}"))
        }
    }

    pub(super) async fn judge_lists(&mut self) -> Verdict {
        for by in USERS.into_iter().chain([ADMIN]) {
            self.list(by, Filter::Mine, 100).await?;
            self.list(by, Filter::Trash, 100).await?;
            self.statistics(by).await?;
        }
        self.list(ADMIN, Filter::Search(0), 7).await
    }

    /// The bucket holds the originals and pictures that records name, and nothing else.
    pub(super) async fn judge_bucket(&self) -> Verdict {
        let (mut named, mut with_kept) = (BTreeSet::new(), BTreeSet::new());
        let mut to_be_there = Vec::new();
        let now = self.world.now();
        for file in self.files.values() {
            let Some(record) = self.record(file).await else {
                continue;
            };
            if record.settle_at.is_some() {
                with_kept.insert(record.object_key().to_string());
            }
            if file.is_there() {
                let versions = file.still_named(now);
                to_be_there.extend(versions.map(|version| (file.label, version)));
            }
            let pictures = [record.thumbnail_path.clone(), record.preview_path.clone()];
            named.extend(pictures.into_iter().flatten());
            let instance = record.instance;
            named.extend(instance.map(|made| object_key::instance(record.id, made)));
            if file.stored {
                named.insert(record.object_key().to_string());
            }
        }
        let versions = self.versions().await;
        for (label, version) in to_be_there {
            let mut versions = versions.iter();
            if !versions.any(|there| there.version_id() == Some(version)) {
                return Err(format!(
                    "a version is gone that a restored table would name of file {label}"
                ));
            }
        }
        let mut found = BTreeSet::new();
        for version in versions {
            let key = version.key().unwrap_or_default().to_owned();
            // What lists look at, which is judged by the lists.
            if key.starts_with("segments/") {
                continue;
            }
            if self.was_cut && self.is_left_alone(&key) {
                named.remove(&key);
                continue;
            }
            if !named.contains(&key) {
                return Err(format!("the bucket holds {key}, which no record names"));
            }
            // What is made of a file is written again, the same, by whoever takes over from a run that died: the lifecycle rule removes the first.
            let is_made = !key.starts_with("originals/");
            let may_be_more = self.was_cut && is_made || with_kept.contains(&key);
            if !(found.insert(key.clone()) || may_be_more) {
                return Err(format!("the bucket holds several versions of {key}"));
            }
        }
        match named.difference(&found).next() {
            Some(key) => Err(format!("the bucket does not hold {key}")),
            None => self.judge_uploads().await,
        }
    }

    /// Whether the key is that of a file in the trash, where nobody puts in order what a function that died has left.
    fn is_left_alone(&self, key: &str) -> bool {
        let mut files = self.files.values();
        files.any(|file| file.purge_at.is_some() && file.is_there() && is_of(key, file.id))
    }

    async fn versions(&self) -> Vec<ObjectVersion> {
        let versions = self.world.stack.bucket.list_object_versions();
        let answer = versions.bucket(BUCKET).send().await.expect("versions");
        assert_ne!(answer.is_truncated(), Some(true), "a history is short");
        answer.versions().to_vec()
    }

    /// Uploads in parts that were begun are over. One that was begun by a function that died then is the lifecycle rule's.
    async fn judge_uploads(&self) -> Verdict {
        let uploads = self.world.stack.bucket.list_multipart_uploads();
        let answer = uploads.bucket(BUCKET).send().await.expect("uploads");
        let is_open =
            |upload: &&MultipartUpload| !self.is_left_alone(upload.key().unwrap_or_default());
        match answer.uploads().iter().find(is_open) {
            Some(upload) if !self.was_cut => Err(format!("parts are left: {:?}", upload.key())),
            _ => Ok(()),
        }
    }

    /// What was in the trash is gone, and nothing else is.
    async fn judge_purge(&mut self) -> Verdict {
        let files: Vec<File> = self.files.values().cloned().collect();
        for file in &files {
            if file.is_there() && file.purge_at.is_some() {
                return Err(format!("file {} was not purged", file.label));
            }
            if file.is_live() {
                let found = self.judge_file(file).await;
                found
                    .map_err(|finding| format!("file {} after the purge: {finding}", file.label))?;
            }
        }
        Ok(())
    }
}

/// Whether a key is of the original or a picture of file `id`.
fn is_of(key: &str, id: u64) -> bool {
    let mut parts = key.split('/');
    let place = match parts.next() {
        Some("originals") => 1,
        _ => 0,
    };
    parts.nth(place).is_some_and(|part| part == id.to_string())
}
