//! A folder that the program of ab0f7f2 wrote answers as it did then: every file, byte, counter, log entry, list and filter.
//! `migration/make_fixture.py` made it, and wrote down what that program's API said of it.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::harness::stack::ADMIN;
use crate::harness::upload::{id_of, md5_of};
use crate::harness::{Client, TestStack};

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/suite/migration/ab0f7f2.tar.gz"
);
/// The size of each part but the last of the upload that was left half done.
const PART: usize = 16 << 20;

/// The folder, and what was said of it.
pub(crate) struct Older {
    folder: TempDir,
    said: Value,
}

impl Older {
    pub(crate) fn unpack() -> Self {
        let archive = tempfile::tempdir().expect("a folder");
        let unpacked = Command::new("tar")
            .args(["-xzf", FIXTURE, "-C"])
            .arg(archive.path())
            .status()
            .expect("tar");
        assert!(unpacked.success(), "tar: {unpacked}");
        let said = std::fs::read(archive.path().join("said.json")).expect("said.json");
        let folder = tempfile::tempdir().expect("a folder");
        for entry in std::fs::read_dir(archive.path().join("data")).expect("data") {
            let entry = entry.expect("an entry");
            let target = folder.path().join(entry.file_name());
            std::fs::rename(entry.path(), target).expect("one disk");
        }
        Self {
            folder,
            said: serde_json::from_slice(&said).expect("JSON"),
        }
    }

    pub(crate) fn into_parts(self) -> (TempDir, Said) {
        (self.folder, Said(self.said))
    }

    /// Starts today's stack over the folder, and what was said.
    async fn start(self) -> (TestStack, Said) {
        (TestStack::start_over(self.folder).await, Said(self.said))
    }
}

/// What the older program said, in today's spelling.
pub(crate) struct Said(Value);

/// Ids that are others now, and must be others everywhere alike: of studies and series.
#[derive(Default)]
struct Renamed(BTreeMap<String, BTreeMap<String, Value>>);

impl Said {
    /// Asks everything again.
    pub(crate) async fn is_still_said(&self, stack: &TestStack) {
        let mut renamed = Renamed::default();
        // First, because what is asked below leaves entries.
        self.logs(stack).await;
        for (name, answers) in self.map("answers") {
            let client = person(stack, name);
            for (path, then) in answers.as_object().expect("answers") {
                let now = client.get(path).await.ok();
                self.compare(path, then, &now, &mut renamed);
            }
        }
        renamed.assert_one_to_one();
        for (id, md5) in self.map("md5") {
            let owner = person(stack, self.owner(id));
            let bytes = stack.download(&owner, id.parse().expect("an id")).await;
            assert_eq!(md5_of(&bytes), md5.as_str().expect("an MD5"), "{id}");
        }
    }

    async fn logs(&self, stack: &TestStack) {
        for (id, entries) in self.map("logs") {
            let path = format!("/image-files/{id}/access-log?page_size=100");
            let now = stack.admin().get(&path).await.ok();
            assert_eq!(&now["items"], entries, "{path}");
        }
    }

    fn compare(&self, path: &str, then: &Value, now: &Value, renamed: &mut Renamed) {
        let then = &as_spelled_now(then);
        let is_files = path.starts_with("/image-files") && then["items"].is_array();
        if !is_files {
            renamed.assert_says(path, then, now);
            return;
        }
        for count in ["total", "total_pages", "page", "page_size"] {
            assert_eq!(now[count], then[count], "{path}: {count}");
        }
        let files = now["items"].as_array().expect("items");
        let ids: Value = files.iter().map(|file| file["id"].clone()).collect();
        assert_eq!(ids, then["items"], "{path}");
        for file in files {
            let id = id_of(file).to_string();
            let then = as_spelled_now(&self.0["records"][&id]);
            renamed.assert_says(&format!("{path}: {id}"), &then, file);
        }
    }

    fn owner(&self, id: &str) -> &str {
        self.0["owners"][id].as_str().expect("an owner")
    }

    fn map(&self, name: &str) -> &Map<String, Value> {
        self.0[name].as_object().expect(name)
    }
}

/// What the API changed since: patients' ids that are numbers, and invented modalities, which are counted together.
fn as_spelled_now(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(as_spelled_now).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let value = match (name.as_str(), value) {
                    // The header's own words.
                    ("dicom", _) => value.clone(),
                    ("patient_id", Value::String(text)) if text == "10" => json!(10),
                    ("by_modality", Value::Object(counts)) => {
                        let known = |name: &String| {
                            if name == "INVENTED_1" {
                                "OTHER".to_owned()
                            } else {
                                name.clone()
                            }
                        };
                        Value::Object(
                            counts
                                .iter()
                                .map(|(name, count)| (known(name), count.clone()))
                                .collect(),
                        )
                    }
                    _ => as_spelled_now(value),
                };
                (name.clone(), value)
            };
            // A record that is counted in its study for the first time has the next version.
            let fields = fields.iter().filter(|(name, _)| *name != "version");
            Value::Object(fields.map(field).collect())
        }
        other => other.clone(),
    }
}

impl Renamed {
    /// `now` says at least what `then` said.
    fn assert_says(&mut self, place: &str, then: &Value, now: &Value) {
        match (then, now) {
            (Value::Object(then), Value::Object(now)) => {
                for (name, then) in then {
                    let now = now
                        .get(name)
                        .unwrap_or_else(|| panic!("{place}: {name} is gone"));
                    let place = format!("{place}.{name}");
                    match name.as_str() {
                        "study_id" | "series_id" if !then.is_null() => {
                            let then = then.as_str().expect("text").to_owned();
                            let ids = self.0.entry(name.clone()).or_default();
                            let known = ids.entry(then).or_insert_with(|| now.clone());
                            assert_eq!(known, now, "{place}");
                        }
                        // One row described a study for everybody who had it, in the words of whoever came first: nobody is shown them now.
                        "description" | "series_number" if place.contains("/studies") => {
                            assert!(now.is_null() || now == then, "{place}");
                        }
                        _ => self.assert_says(&place, then, now),
                    }
                }
            }
            (Value::Array(then), Value::Array(now)) => {
                assert_eq!(now.len(), then.len(), "{place}");
                let (mut then, mut now) = (then.clone(), now.clone());
                // Their order is that of numbers which are others now.
                for uid in ["study_instance_uid", "series_instance_uid"] {
                    if then.iter().all(|item| item[uid].is_string()) {
                        then.sort_by_key(|item| item[uid].to_string());
                        now.sort_by_key(|item| item[uid].to_string());
                    }
                }
                for (then, now) in then.iter().zip(&now) {
                    self.assert_says(place, then, now);
                }
            }
            _ => assert_eq!(now, then, "{place}"),
        }
    }

    fn assert_one_to_one(&self) {
        for (name, ids) in &self.0 {
            let mut new: Vec<String> = ids.values().map(Value::to_string).collect();
            new.sort();
            new.dedup();
            assert_eq!(new.len(), ids.len(), "{name}: {ids:?}");
            assert!(!new.contains(&"null".to_owned()), "{name}: {ids:?}");
        }
    }
}

fn person(stack: &TestStack, name: &str) -> Client {
    match name {
        "user" => stack.user(1),
        "other" => stack.user(2),
        _ => stack.admin(),
    }
}

#[tokio::test]
async fn everything_is_as_it_was() {
    let (stack, said) = Older::unpack().start().await;
    said.is_still_said(&stack).await;
}

#[tokio::test]
async fn an_upload_that_was_half_done_is_carried_on() {
    let (stack, said) = Older::unpack().start().await;
    let user = stack.user(1);
    let waiting = user
        .get("/image-files/my-images?search=parts.bin")
        .await
        .ok();
    let id = id_of(&waiting["items"][0]);
    stack.put_part(&user, id, 1, &vec![0; PART]).await;
    stack.put_part(&user, id, 3, &[0; 5]).await;
    user.post(&format!("/uploads/{id}/complete"), json!({}))
        .await
        .ok();
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(
        file["patient_id"],
        said.0["records"][id.to_string()]["patient_id"]
    );
    let bytes = stack.download(&user, id).await;
    assert_eq!(bytes, vec![0; 2 * PART + 5]);
}

#[tokio::test]
async fn what_was_deleted_comes_back_and_what_was_archived_too() {
    let (stack, _) = Older::unpack().start().await;
    let user = stack.user(1);
    let gone = user.get("/image-files/trash").await.ok();
    let id = id_of(&gone["items"][0]);
    let back = user
        .post(&format!("/image-files/{id}/restore"), json!({}))
        .await
        .ok();
    assert_eq!(back["status"], "PROCESSED");
    let archived = user
        .get("/image-files/my-images?status=ARCHIVED")
        .await
        .ok();
    let id = id_of(&archived["items"][0]);
    let file = user
        .post(&format!("/image-files/{id}/unarchive"), json!({}))
        .await
        .ok();
    assert_eq!(file["status"], "PROCESSED");
    let bytes = stack.download(&user, id).await;
    assert_eq!(file["file_hash"], md5_of(&bytes));
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["total_files"], 19);
    // The admin's file of patient 10 is not the user's.
    assert_eq!(
        stack.admin().get("/image-files/my-images").await.ok()["total"],
        1,
        "{ADMIN}"
    );
}
