//! A stack with something of everything, and what people see of it.

use imaging::fixtures::{DicomSpec, dicom, png};
use local::queue::Faults;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::upload::{begin, unsigned};
use crate::harness::{Client, TestStack, recount};

/// Reads the old tables, and moves nothing at start.
pub(super) const ON: [(&str, &str); 1] = [("OLD_TABLES", "on")];
/// Larger than one PUT carries: it comes in parts.
pub(super) const IN_PARTS: usize = 64 * 1024 * 1024;

/// The files of [`fill`].
pub(super) struct World {
    /// Live, of user 1 and patient P-1, CT.
    pub(super) picture: i64,
    /// The bytes of it.
    pub(super) bytes: Vec<u8>,
    /// A slice of user 1's.
    pub(super) slice: i64,
    /// Archived, of user 1.
    pub(super) archived: i64,
    /// In user 1's trash, of patient P-1.
    pub(super) deleted: i64,
    /// Begun in parts by user 1, of patient P-1.
    pub(super) begun: i64,
    /// Live, of user 2 and patient P-1, CT.
    pub(super) foreign: i64,
}

pub(super) async fn fill(stack: &TestStack) -> World {
    let (user, other) = (stack.user(1), stack.user(2));
    for (id, name) in [("P-1", "张三"), ("P-2", "Li Si"), ("Z", "Wang Wu")] {
        let patient = json!({"name": name, "medical_record_number": format!("MRN-{id}")});
        user.put(&format!("/patients/{id}"), patient).await.ok();
    }
    let about = json!({"patient_id": "P-1", "modality": "CT", "description": "Thorax"});
    let bytes = png(9, 9, 1);
    let picture = stack.upload_id(&user, "a.png", &bytes, about.clone()).await;
    let slice = dicom(&DicomSpec::default());
    let of_first = json!({"patient_id": "P-1"});
    let slice = stack.upload_id(&user, "slice.dcm", &slice, of_first).await;
    let archived = stack
        .upload_id(&user, "b.png", &png(9, 9, 2), json!({}))
        .await;
    let path = format!("/image-files/{archived}/archive");
    user.post(&path, Value::Null).await.ok();
    let deleted = stack
        .upload_id(&user, "c.png", &png(9, 9, 3), about.clone())
        .await;
    user.delete(&format!("/image-files/{deleted}")).await.ok();
    let begun = begin(&user, "large.tiff", IN_PARTS, about.clone()).await;
    let foreign = stack.upload_id(&other, "d.png", &png(9, 9, 4), about).await;
    // Who looks at somebody else's file is in its log.
    stack
        .admin()
        .get(&format!("/image-files/{picture}"))
        .await
        .ok();
    World {
        picture,
        bytes,
        slice,
        archived,
        deleted,
        begun: begun["file"]["id"].as_i64().expect("an id"),
        foreign,
    }
}

/// A stack over `folder` with these settings.
pub(super) async fn open(folder: TempDir, settings: &[(&str, &str)]) -> TestStack {
    TestStack::start_over_with(folder, settings, Faults::default()).await
}

/// A stack with a world that ab0f7f2 has written, which reads the old tables.
pub(super) async fn old_world() -> (TestStack, World) {
    let stack = TestStack::start().await;
    let world = fill(&stack).await;
    stack.age().await;
    (open(stack.close().await, &ON).await, world)
}

/// Everything lists, filters, totals, logs and downloads say.
pub(super) async fn seen(stack: &TestStack) -> Value {
    let mut all = Vec::new();
    for id in [1, 2] {
        all.extend(lists(&stack.user(id), &own_lists()).await);
    }
    all.extend(lists(&stack.admin(), &everybodys_lists()).await);
    for client in [stack.user(1), stack.user(2), stack.admin()] {
        for path in [
            "/image-files/stats/summary",
            "/patients",
            "/patients?search=mrn-p",
            "/patients/P-1",
            "/patients/P-1/studies",
        ] {
            all.push(unsigned(&client.get(path).await.ok()));
        }
        all.push(pages_of_patients(&client).await);
    }
    for file in recount::all(&stack.admin(), "/image-files").await {
        let path = format!("/image-files/{}/access-log?page_size=100", file["id"]);
        all.push(stack.admin().get(&path).await.ok());
        // A version that is there is what a download gives: reading it leaves no entry in the log.
        let versions = stack
            .versions(file["storage_path"].as_str().expect("a path"))
            .await;
        let versions = versions
            .iter()
            .map(|version| json!([version.version_id(), version.e_tag(), version.size()]));
        all.push(versions.collect());
    }
    // Every stack has ports of its own.
    let all = Value::Array(all).to_string();
    let all = all.replace(&stack.stack.bucket_url, "bucket");
    without_versions(serde_json::from_str(&all).expect("JSON"))
}

/// A record that is counted in its study for the first time has the next version.
fn without_versions(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| name != "version")
            .map(|(name, value)| (name, without_versions(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_versions).collect(),
        other => other,
    }
}

fn own_lists() -> Vec<String> {
    let filters = [
        "",
        "?file_type=PNG",
        "?modality=CT",
        "?status=UPLOADING",
        "?file_type=PNG&modality=CT",
        "?search=thorax",
        "?search=nothing",
        "?start_date=2020-01-01",
    ];
    ["my-images", "patient/P-1", "trash"]
        .iter()
        .flat_map(|list| filters.map(|filter| format!("/image-files/{list}{filter}")))
        .collect()
}

fn everybodys_lists() -> Vec<String> {
    [
        "",
        "?modality=CT",
        "?modality=CT&search=thorax",
        "?search=png",
        "?status=ARCHIVED",
        "?uploaded_by=1&file_type=DICOM",
        "?patient_id=P-1&uploaded_by=2",
        "?file_type=PNG&status=PROCESSED",
    ]
    .iter()
    .map(|filter| format!("/image-files{filter}"))
    .collect()
}

async fn lists(client: &Client, paths: &[String]) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in paths {
        let items = recount::all(client, path).await;
        seen.push(unsigned(&Value::Array(items)));
        let join = if path.contains('?') { '&' } else { '?' };
        let page = format!("{path}{join}page=2&page_size=2");
        let page = client.get(&page).await.ok();
        seen.push(json!([unsigned(&page["items"]), page["total"]]));
    }
    seen
}

async fn pages_of_patients(client: &Client) -> Value {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client
            .get(&format!("/patients?page_size=1{cursor}"))
            .await
            .ok();
        seen.push(page["items"].clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Value::Array(seen),
        }
    }
}
