//! Plays steps on the service and on the model, and compares.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};

use super::file::{File, patient_id};
use super::may::May;
use super::step::{ADMIN, Act, New, Step};
use super::world::{Answer, World};

/// What a history has come to: the service, and what it must be.
pub(super) struct Play {
    pub(super) world: World,
    /// By their labels.
    pub(super) files: BTreeMap<u32, File>,
    pub(super) patients: BTreeSet<u8>,
    /// Whether a function has died, or the weather is bad.
    pub(super) was_cut: bool,
    /// Whether anything may fail at any time.
    pub(super) is_rough: bool,
    /// Every changed description is a new one.
    pub(super) words: u32,
}

/// What is wrong, or nothing.
pub(super) type Verdict = Result<(), String>;

impl Play {
    pub(super) async fn begin(seed: u64, weather: Option<&str>) -> Self {
        Self::over(World::open(seed, weather).await)
    }

    /// A history that goes on from what `world` holds.
    pub(super) fn over(world: World) -> Self {
        let is_rough = world.weather.is_some();
        Self {
            world,
            files: BTreeMap::new(),
            patients: BTreeSet::new(),
            was_cut: false,
            is_rough,
            words: 0,
        }
    }

    pub(super) async fn play(&mut self, step: &Step) -> Verdict {
        // Two requests are never made in the same millisecond: that ids of one millisecond have no order among functions is known.
        self.world.clock.advance(5);
        match step {
            Step::User { by, act } => self.act(*by, act).await,
            Step::Deliver { most, seed } => self.deliver(*most, *seed).await,
            Step::Maintain { limit } => self.maintain(*limit).await,
            Step::Verify { task } => self.verify(*task).await,
            Step::Expire => self.expire().await,
            Step::Wait { ms } => {
                self.world.clock.advance(*ms);
                if let Some(weather) = &self.world.weather {
                    weather.look();
                }
                Ok(())
            }
            Step::Cut { calls, step } => {
                self.was_cut = true;
                self.world.cut_next(*calls);
                let verdict = Box::pin(self.play(step)).await;
                // A step that made no call at all.
                self.world.take_cut();
                verdict
            }
        }
    }

    async fn act(&mut self, by: i64, act: &Act) -> Verdict {
        match act {
            Act::Create(new) => self.create(by, new).await,
            Act::CreateBatch(all) => self.create_batch(by, all).await,
            Act::List { filter, page_size } => self.list(by, *filter, *page_size).await,
            Act::Statistics => self.statistics(by).await,
            Act::PutPatient { patient } => self.put_patient(by, *patient).await,
            Act::DeletePatient { patient } => self.delete_patient(by, *patient).await,
            Act::Put { file }
            | Act::PutOthers { file }
            | Act::Part { file, .. }
            | Act::Complete { file }
            | Act::Progress { file }
            | Act::Abort { file }
            | Act::View { file }
            | Act::Download { file }
            | Act::Url { file }
            | Act::Patch { file, .. }
            | Act::Assign { file, .. }
            | Act::Delete { file }
            | Act::Restore { file }
            | Act::Job { file }
            | Act::CancelJob { file }
            | Act::Archive { file }
            | Act::Unarchive { file } => {
                let Some(mut file) = self.files.remove(file) else {
                    return Ok(());
                };
                let verdict = Box::pin(self.act_on(by, &mut file, act)).await;
                self.remember(&mut file).await;
                let label = file.label;
                self.files.insert(label, file);
                verdict.map_err(|finding| format!("file {label}: {finding}"))
            }
        }
    }

    async fn create(&mut self, by: i64, new: &New) -> Verdict {
        let duplicate = self.duplicate(by, new);
        let answer = self
            .world
            .ask(by, Method::POST, "/uploads", Some(wish(new)))
            .await;
        if answer.is_lost() {
            self.perhaps_shown(by, new);
            return self.look_for(by, new).await;
        }
        if let Some(id) = duplicate
            && !self.is_missed(id, &answer.json)
        {
            expect(&answer, 201, "")?;
            self.shown(by, &[id]);
            return same(&answer.json["file"]["id"], &id.into(), "the duplicate");
        }
        if new
            .patient
            .is_some_and(|patient| !self.patients.contains(&patient))
        {
            return expect(&answer, 422, "invalid");
        }
        expect(&answer, 201, "")?;
        self.begun(by, new, &answer.json)
    }

    async fn create_batch(&mut self, by: i64, all: &[New]) -> Verdict {
        let items: Vec<Value> = all
            .iter()
            .map(|new| {
                let mut wish = wish(new);
                wish["client_file_id"] = new.label.to_string().into();
                wish
            })
            .collect();
        let body = json!({ "files": items });
        let answer = self
            .world
            .ask(by, Method::POST, "/uploads/batch", Some(body))
            .await;
        if answer.is_lost() {
            for new in all {
                self.perhaps_shown(by, new);
                self.look_for(by, new).await?;
            }
            return Ok(());
        }
        expect(&answer, 200, "")?;
        let mut duplicates = Vec::new();
        for (new, item) in all
            .iter()
            .zip(answer.json["items"].as_array().expect("items"))
        {
            if item["error"]["code"] == "unavailable" {
                self.perhaps_shown(by, new);
                self.look_for(by, new).await?;
                continue;
            }
            let is_unknown = new
                .patient
                .is_some_and(|patient| !self.patients.contains(&patient));
            let duplicate = self.duplicate(by, new);
            if let Some(id) = duplicate.filter(|id| !self.is_missed(*id, item)) {
                same(&item["file"]["id"], &id.into(), "the duplicate")?;
                duplicates.push(id);
            } else if is_unknown {
                same(&item["error"]["code"], &"invalid".into(), "the code")?;
            } else {
                self.begun(by, new, item)?;
            }
        }
        self.shown(by, &duplicates);
        Ok(())
    }

    /// A request has shown these files. Of several there is one entry, which is under none of them.
    fn shown(&mut self, by: i64, ids: &[u64]) {
        if let [id] = ids
            && let Some(file) = self.files.values_mut().find(|file| file.id == *id)
        {
            file.logged(by, "view");
        }
    }

    /// A request may have shown a file that has the same bytes.
    fn perhaps_shown(&mut self, by: i64, new: &New) {
        let duplicate = self.duplicate(by, new);
        let mut files = self.files.values_mut();
        if let Some(file) = files.find(|file| Some(file.id) == duplicate) {
            file.perhaps_logged(by, "view");
        }
    }

    /// The caller's oldest live file with the same bytes, if they are declared.
    fn duplicate(&self, by: i64, new: &New) -> Option<u64> {
        let same = |file: &&File| {
            new.md5
                && file.owner == by
                && file.is_live()
                && file.is_hashed()
                && file.content == new.content
        };
        self.files.values().filter(same).map(|file| file.id).min()
    }

    /// Whether the answer is what a file without a duplicate gets, because the index that knows the duplicate was behind.
    fn is_missed(&self, duplicate: u64, answer: &Value) -> bool {
        self.lags() && answer["file"]["id"] != duplicate
    }

    /// Whether indexes are behind.
    pub(super) fn lags(&self) -> bool {
        let weather = self.world.weather.as_ref();
        weather.is_some_and(|weather| !weather.profile().tables.lag.is_zero())
    }

    /// A new file, as the API answered it.
    fn begun(&mut self, by: i64, new: &New, begun: &Value) -> Verdict {
        let Some(id) = begun["file"]["id"].as_u64() else {
            return Err(format!("no file was begun: {begun}"));
        };
        let mut file = File::new(by, new, id, self.world.now());
        file.upload = begun["upload"].clone();
        // A minute less than the hour: in weather a request takes time.
        file.upload_until = self.world.now() + 59 * 60 * 1000;
        file.compare(&begun["file"])?;
        if let Some(last) = self.files.values().find(|other| other.id == id) {
            return Err(format!("file {} has the same id", last.label));
        }
        self.files.insert(new.label, file);
        Ok(())
    }

    async fn put_patient(&mut self, by: i64, patient: u8) -> Verdict {
        let path = format!("/patients/{}", patient_id(patient));
        let body = json!({ "name": format!("Patient {patient}") });
        let answer = self.world.ask(by, Method::PUT, &path, Some(body)).await;
        if answer.is_lost() {
            return self.settle_patient(patient).await;
        }
        self.patients.insert(patient);
        expect(&answer, 200, "")
    }

    async fn delete_patient(&mut self, by: i64, patient: u8) -> Verdict {
        let path = format!("/patients/{}", patient_id(patient));
        let answer = self.world.ask(by, Method::DELETE, &path, None).await;
        if answer.is_lost() {
            return self.settle_patient(patient).await;
        }
        let names = |file: &File| file.is_there() && file.patient == Some(patient);
        // A purge that died has not let go of the patient yet.
        let may_name = |file: &File| !file.gone && file.patient == Some(patient);
        if by != ADMIN {
            expect(&answer, 403, "forbidden")
        } else if !self.patients.contains(&patient) {
            expect(&answer, 404, "not_found")
        } else if answer.status == 200 && self.lags() {
            // If a file points at them all the same, they come back.
            self.patients.remove(&patient);
            Ok(())
        } else if self.files.values().any(names) {
            expect(&answer, 409, "patient_in_use")
        } else if self.files.values().any(may_name) && answer.status == 409 {
            Ok(())
        } else {
            self.patients.remove(&patient);
            expect(&answer, 200, "")
        }
    }

    /// Patients whom a file points at and who were deleted because an index was behind may have come back.
    pub(super) async fn look_for_patients(&mut self) -> Verdict {
        let mut pointed_at = BTreeSet::new();
        if self.world.weather.is_some() {
            let files = self.files.values().filter(|file| !file.gone);
            pointed_at.extend(files.filter_map(|file| file.patient));
        }
        for patient in pointed_at {
            if !self.patients.contains(&patient) {
                self.settle_patient(patient).await?;
            }
        }
        Ok(())
    }

    /// Nobody knows whether a patient was changed: the service is asked.
    async fn settle_patient(&mut self, patient: u8) -> Verdict {
        let path = format!("/patients/{}", patient_id(patient));
        self.catch_up(ADMIN).await?;
        let answer = loop {
            let answer = self.world.ask(ADMIN, Method::GET, &path, None).await;
            if !answer.is_lost() {
                break answer;
            }
        };
        if answer.status == 200 {
            self.patients.insert(patient);
        } else {
            expect(&answer, 404, "not_found")?;
            self.patients.remove(&patient);
        }
        Ok(())
    }

    /// Reads a file that something nobody saw the end of was done to.
    pub(super) async fn settle(&mut self, file: &mut File, may: May) -> Verdict {
        let now = self.world.now();
        self.observe(file, may, now).await
    }
}

/// `POST /uploads` for a file.
fn wish(new: &New) -> Value {
    let mut wish = json!({
        "filename": new.content.name(new.label),
        "size": new.content.size(),
    });
    if let Some(patient) = new.patient {
        wish["patient_id"] = patient_id(patient).into();
    }
    if new.md5 {
        wish["md5"] = crate::harness::upload::md5_of(&new.content.bytes()).into();
    } else {
        wish["allow_duplicate"] = true.into();
    }
    wish
}

/// An answer must have this status, and this code if it is an error.
#[track_caller]
pub(super) fn expect(answer: &Answer, status: u16, code: &str) -> Verdict {
    let found = answer.json["code"].as_str().unwrap_or_default();
    if answer.status == status && (code.is_empty() || code == found) {
        return Ok(());
    }
    let json = &answer.json;
    Err(format!(
        "{status} {code} was expected, not {}: {json}",
        answer.status
    ))
}

pub(super) fn same(found: &Value, expected: &Value, what: &str) -> Verdict {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} is {found}, not {expected}"))
}
