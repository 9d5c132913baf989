//! What people do with one file.

use bytes::Bytes;
use http::Method;
use serde_json::{Map, json};
use service::domain::Status;

use super::file::{File, patient_id};
use super::may::May;
use super::play::{Play, Verdict, expect, same};
use super::step::Act;
use super::world::{Answer, TRASH_DAYS};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Play {
    pub(super) async fn act_on(&mut self, by: i64, file: &mut File, act: &Act) -> Verdict {
        match act {
            Act::Put { .. } => self.put(file, true).await,
            Act::PutOthers { .. } => self.put(file, false).await,
            Act::Part { number, .. } => self.part(by, file, *number).await,
            Act::Complete { .. } => self.complete(by, file).await,
            Act::Progress { .. } => self.progress(by, file).await,
            Act::Abort { .. } => self.abort(by, file).await,
            Act::View { .. } => self.view(by, file).await,
            Act::Download { .. } => self.download(by, file).await,
            Act::Url { .. } => self.url(by, file).await,
            Act::Patch {
                patient, is_stale, ..
            } => self.patch(by, file, *patient, *is_stale).await,
            Act::Assign { patient, .. } => self.assign(by, file, *patient).await,
            Act::Delete { .. } => self.delete(by, file).await,
            Act::Restore { .. } => self.restore(by, file).await,
            Act::Archive { .. } => self.shift(by, file, "archive").await,
            Act::Unarchive { .. } => self.shift(by, file, "unarchive").await,
            Act::Job { .. } => self.job(by, file, Method::GET).await,
            Act::CancelJob { .. } => self.job(by, file, Method::DELETE).await,
            _ => Ok(()),
        }
    }

    async fn on(&mut self, by: i64, method: Method, file: &File, below: &str) -> Answer {
        let path = format!("/image-files/{}{below}", file.id);
        let body = (method == Method::POST).then(|| json!({}));
        self.world.ask(by, method, &path, body).await
    }

    /// The bytes of a small file, or others. A browser does not use a URL that has ended.
    async fn put(&mut self, file: &mut File, own: bool) -> Verdict {
        let url = file.upload["url"].as_str().map(str::to_owned);
        let Some(url) = url.filter(|_| self.world.now() < file.upload_until && !file.gone) else {
            return Ok(());
        };
        let headers = file.upload["headers"].as_object().cloned();
        let bytes = if own {
            file.content.bytes()
        } else {
            Bytes::from_static(b"too few, and others")
        };
        let headers = headers.unwrap_or_default();
        let answer = self
            .world
            .ask_bucket(Method::PUT, &url, &headers, bytes)
            .await;
        if answer.is_lost_by_bucket() {
            file.stored = self.is_stored(file).await;
            return Ok(());
        }
        match (own, file.stored) {
            (false, _) => expect(&answer, 403, ""),
            (true, true) => expect(&answer, 412, ""),
            (true, false) => {
                file.stored = true;
                expect(&answer, 200, "")
            }
        }
    }

    async fn part(&mut self, by: i64, file: &mut File, number: u32) -> Verdict {
        let path = format!("/uploads/{}/parts", file.id);
        let body = json!({ "part_numbers": [number] });
        let answer = self.world.ask(by, Method::POST, &path, Some(body)).await;
        if answer.is_lost() {
            file.perhaps_logged(by, opened(file, "upload"));
            return Ok(());
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        opened_by(by, file, "upload");
        if file.status != Status::Uploading {
            return expect(&answer, 409, "not_uploading");
        }
        if !file.is_large() {
            return expect(&answer, 409, "not_multipart");
        }
        expect(&answer, 200, "")?;
        let url = answer.json["parts"][0]["url"].as_str().expect("a URL");
        let bytes = file.content.part(number);
        let sent = self
            .world
            .ask_bucket(Method::PUT, url, &Map::new(), bytes)
            .await;
        if file.stored || file.interrupted && sent.status == 404 {
            return expect(&sent, 404, "");
        }
        if sent.is_lost_by_bucket() {
            // Whether the part is there, nobody knows from now on.
            file.interrupted = true;
            return Ok(());
        }
        file.parts.insert(number);
        expect(&sent, 200, "")
    }

    async fn complete(&mut self, by: i64, file: &mut File) -> Verdict {
        let path = format!("/uploads/{}/complete", file.id);
        let answer = self
            .world
            .ask(by, Method::POST, &path, Some(json!({})))
            .await;
        if answer.is_lost() {
            file.perhaps_logged(by, "complete");
            file.perhaps_logged(by, "view");
            // The bucket may have put the parts together, and the record does not say so yet.
            file.stored |= self.is_stored(file).await;
            return self.settle(file, May::STORE).await;
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        if file.status == Status::Uploading {
            if !file.stored && file.parts.len() < 2 && !(file.interrupted && answer.status == 200) {
                return expect(&answer, 409, "upload_incomplete");
            }
            if file.interrupted && !file.stored && answer.status == 409 {
                // An abort that died had freed the parts.
                file.parts.clear();
                return Ok(());
            }
            expect(&answer, 200, "")?;
            (file.stored, file.status) = (true, Status::Uploaded);
            file.logged(by, "complete");
        } else {
            file.logged(by, "view");
        }
        expect(&answer, 200, "")?;
        file.compare(&answer.json)
    }

    async fn progress(&mut self, by: i64, file: &mut File) -> Verdict {
        let path = format!("/uploads/{}", file.id);
        let answer = self.world.ask(by, Method::GET, &path, None).await;
        if answer.is_lost() {
            file.perhaps_logged(by, opened(file, "view"));
            return Ok(());
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        opened_by(by, file, "view");
        expect(&answer, 200, "")?;
        same(
            &answer.json["status"],
            &file.status.name().into(),
            "the status",
        )?;
        if file.status == Status::Uploading && file.is_large() && !file.stored && !file.interrupted
        {
            let chunks = &answer.json["uploaded_chunks"];
            same(chunks, &json!(file.parts), "the parts")?;
        }
        Ok(())
    }

    async fn abort(&mut self, by: i64, file: &mut File) -> Verdict {
        let path = format!("/uploads/{}", file.id);
        let answer = self.world.ask(by, Method::DELETE, &path, None).await;
        if answer.is_lost() {
            file.interrupted = true;
            let was_hidden = file.hidden;
            self.settle(file, May::END).await?;
            if file.hidden && !was_hidden {
                file.logged(by, "abort");
            }
            return Ok(());
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        if file.status != Status::Uploading || file.stored {
            return expect(&answer, 409, "already_uploaded");
        }
        file.hidden = true;
        file.logged(by, "abort");
        expect(&answer, 200, "")
    }

    async fn view(&mut self, by: i64, file: &mut File) -> Verdict {
        let answer = self.on(by, Method::GET, file, "").await;
        if answer.is_lost() {
            file.perhaps_logged(by, "view");
            return Ok(());
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        file.logged(by, "view");
        expect(&answer, 200, "")?;
        file.compare(&answer.json)
    }

    async fn download(&mut self, by: i64, file: &mut File) -> Verdict {
        let answer = self.on(by, Method::GET, file, "/download").await;
        if answer.is_lost() {
            file.perhaps_logged(by, "download");
            return Ok(());
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        file.logged(by, "download");
        if !file.is_known() {
            return expect(&answer, 409, "not_ready");
        }
        expect(&answer, 307, "")?;
        let url = answer.headers["location"].to_str().expect("a URL");
        self.fetch(url, file).await
    }

    async fn url(&mut self, by: i64, file: &mut File) -> Verdict {
        let body = json!({ "ids": [file.id] });
        let path = "/image-files/download-urls";
        let answer = self.world.ask(by, Method::POST, path, Some(body)).await;
        if answer.is_lost() {
            file.perhaps_logged(by, "url");
            return Ok(());
        }
        expect(&answer, 200, "")?;
        let id = file.id.to_string();
        let code = &answer.json["errors"][&id]["code"];
        if !file.is_shown_to(by) {
            return same(code, &"not_found".into(), "the code");
        }
        file.logged(by, "url");
        if !file.is_known() {
            return same(code, &"not_ready".into(), "the code");
        }
        let url = &answer.json["items"][&id]["url"];
        let url = url.as_str().ok_or("no URL")?.to_owned();
        self.fetch(&url, file).await
    }

    async fn fetch(&mut self, url: &str, file: &File) -> Verdict {
        let got = self
            .world
            .ask_bucket(Method::GET, url, &Map::new(), Bytes::new())
            .await;
        if got.is_lost_by_bucket() {
            return Ok(());
        }
        expect(&got, 200, "")?;
        if got.bytes != file.content.bytes() {
            return Err("other bytes came than were sent".to_owned());
        }
        Ok(())
    }

    async fn patch(
        &mut self,
        by: i64,
        file: &mut File,
        patient: Option<u8>,
        is_stale: bool,
    ) -> Verdict {
        let version = self.version(file).await;
        self.words += 1;
        let description = format!("word {} of f{}", self.words, file.label);
        let mut body = json!({ "version": version, "description": description });
        if is_stale {
            body["version"] = version.saturating_sub(1).into();
        } else if let Some(patient) = patient {
            body["patient_id"] = patient_id(patient).into();
        }
        let path = format!("/image-files/{}", file.id);
        let answer = self.world.ask(by, Method::PATCH, &path, Some(body)).await;
        let named = patient.filter(|_| !is_stale);
        let patient = named.or(file.patient);
        if answer.is_lost() {
            return self.settle_patch(by, file, patient, description).await;
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        if is_stale {
            file.logged(by, "view");
            expect(&answer, 409, "version_conflict")?;
            return file.compare(&answer.json["current"]);
        }
        if named.is_some_and(|patient| !self.patients.contains(&patient)) {
            return expect(&answer, 422, "invalid");
        }
        file.logged(by, "update");
        (file.patient, file.description) = (patient, Some(description));
        expect(&answer, 200, "")?;
        file.compare(&answer.json)
    }

    async fn settle_patch(
        &mut self,
        by: i64,
        file: &mut File,
        patient: Option<u8>,
        description: String,
    ) -> Verdict {
        file.perhaps_logged(by, opened(file, "view"));
        let record = self.record(file).await;
        if record.is_some_and(|record| record.description.as_ref() == Some(&description)) {
            file.logged(by, "update");
            (file.patient, file.description) = (patient, Some(description));
        }
        self.settle(file, May::default()).await
    }

    async fn assign(&mut self, by: i64, file: &mut File, patient: u8) -> Verdict {
        let body = json!({ "ids": [file.id], "patient_id": patient_id(patient) });
        let path = "/image-files/assign";
        let answer = self.world.ask(by, Method::POST, path, Some(body)).await;
        let id = file.id.to_string();
        let code = &answer.json["errors"][&id]["code"];
        if answer.is_lost() || code == "unavailable" {
            file.perhaps_logged(by, "view");
            let record = self.record(file).await;
            let is_given = record.is_some_and(|record| {
                record
                    .patient_id
                    .is_some_and(|it| it.as_str() == patient_id(patient))
            });
            if is_given && file.patient != Some(patient) {
                file.logged(by, "update");
                file.patient = Some(patient);
            }
            return self.settle(file, May::default()).await;
        }
        if !self.patients.contains(&patient) {
            return expect(&answer, 422, "invalid");
        }
        expect(&answer, 200, "")?;
        if !file.is_shown_to(by) {
            return same(code, &"not_found".into(), "the code");
        }
        let is_new = file.patient.replace(patient) != Some(patient);
        file.logged(by, if is_new { "update" } else { "view" });
        same(
            &answer.json["updated"],
            &json!([file.id]),
            "what is changed",
        )
    }

    async fn delete(&mut self, by: i64, file: &mut File) -> Verdict {
        let begun = self.world.now();
        let answer = self.on(by, Method::DELETE, file, "").await;
        if answer.is_lost() {
            let before = file.purge_at;
            self.settle(file, May::DELETE).await?;
            if file.purge_at != before {
                file.logged(by, "delete");
            }
            return Ok(());
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        let kept = i64::from(TRASH_DAYS) * DAY_MS;
        file.purge_at = Some(begun + kept);
        if self.is_rough
            && let Some(record) = self.record(file).await
        {
            // In weather a request takes time.
            let at = record.due_at.map_or(0, |at| at.0);
            if !(begun + kept..=self.world.now() + kept).contains(&at) {
                return Err(format!("it is purged at {at}"));
            }
            file.purge_at = Some(at);
        }
        file.logged(by, "delete");
        expect(&answer, 200, "")
    }

    async fn restore(&mut self, by: i64, file: &mut File) -> Verdict {
        let answer = self.on(by, Method::POST, file, "/restore").await;
        if answer.is_lost() {
            let before = file.purge_at;
            self.settle(file, May::RESTORE).await?;
            if file.purge_at != before {
                file.logged(by, "restore");
            }
            return Ok(());
        }
        if file.is_live() || !file.is_there() || !file.may_be_of(by) {
            return expect(&answer, 404, "not_found");
        }
        file.purge_at = None;
        file.logged(by, "restore");
        expect(&answer, 200, "")?;
        file.compare(&answer.json)
    }

    /// Into the archive, or out of it.
    async fn shift(&mut self, by: i64, file: &mut File, action: &'static str) -> Verdict {
        let answer = self.on(by, Method::POST, file, &format!("/{action}")).await;
        if answer.is_lost() {
            file.interrupted = true;
            file.perhaps_logged(by, action);
            // A move that is intended already only shows the record.
            file.perhaps_logged(by, opened(file, "view"));
            return self.settle(file, May::MOVE).await;
        }
        if !file.is_shown_to(by) {
            return expect(&answer, 404, "not_found");
        }
        if file.interrupted && matches!(answer.status, 200 | 202 | 409) {
            if answer.status == 202 {
                file.job = answer.json["job"]["id"].as_u64().map(|job| (by, job));
            }
            file.perhaps_logged(by, action);
            file.perhaps_logged(by, opened(file, "view"));
            return self.settle(file, May::MOVE).await;
        }
        let (from, to, code) = match action {
            "archive" if file.status == Status::Archived => {
                return expect(&answer, 409, "already_archived");
            }
            "archive" => (Status::Processed, Status::Archived, "not_processed"),
            _ => (Status::Archived, Status::Processed, "not_archived"),
        };
        if file.status != from {
            return expect(&answer, 409, code);
        }
        file.logged(by, action);
        if file.is_large() {
            // The file is moved by a job, some time.
            expect(&answer, 202, "")?;
            file.job = answer.json["job"]["id"].as_u64().map(|job| (by, job));
            file.interrupted = true;
            return Ok(());
        }
        file.status = to;
        expect(&answer, 200, "")?;
        file.compare(&answer.json)
    }

    /// Asks for the file's last job, or cancels it.
    async fn job(&mut self, by: i64, file: &mut File, method: Method) -> Verdict {
        let Some((owner, job)) = file.job else {
            return Ok(());
        };
        let path = format!("/jobs/{job}");
        let is_cancelled = method == Method::DELETE;
        let answer = self.world.ask(by, method, &path, None).await;
        if answer.is_lost() {
            return Ok(());
        }
        // A job is kept for 30 days.
        let is_young = self.world.now() < file.created + 30 * DAY_MS;
        if by != owner || !is_young && answer.status == 404 {
            return expect(&answer, 404, "not_found");
        }
        if is_cancelled && answer.status == 409 {
            return expect(&answer, 409, "job_over");
        }
        expect(&answer, 200, "")
    }

    async fn version(&self, file: &File) -> u64 {
        let record = self.record(file).await;
        record.map_or(1, |record| record.version)
    }
}

/// What the log calls it when somebody opens a file to carry on its upload, or for something else.
fn opened(file: &File, action: &'static str) -> &'static str {
    match action {
        "upload" if file.status != Status::Uploading => "view",
        action => action,
    }
}

/// An administrator who opens somebody's upload leaves an entry.
fn opened_by(by: i64, file: &mut File, action: &'static str) {
    if by != file.owner {
        let action = opened(file, action);
        file.logged(by, action);
    }
}
