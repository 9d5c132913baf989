//! template.yaml lets every function do what it does, and nothing else.
//!
//! The local stack refuses what a policy does not allow, so a permission that is missing fails the test that needs it. One that is
//! granted for nothing is found when the whole suite has run: `make test-rust` then runs the ignored test here.

use std::collections::BTreeSet;

use http::Method;
use imaging::fixtures::{DicomSpec, dicom, png};
use local::permissions::grants;
use local::template::Template;
use serde_json::{Value, json};

use crate::harness::stack::RECORD;
use crate::harness::upload::{id_of, md5_of};
use crate::harness::{Client, TestStack};

/// Permissions that the suite cannot make functions use, each with its reason: functions, action, end of the resource.
const NOT_USED_HERE: &[(&[&str], &str, &str)] = &[
    // When a file is gone before it is shown, while the tables of older versions are read.
    (
        &[
            "study-files",
            "series-files",
            "search-studies",
            "search-study-series",
            "search-study-instances",
            "search-series-instances",
            "search-series",
            "search-instances",
            "store-instances",
            "store-study-instances",
            "retrieve-study",
            "retrieve-series",
            "retrieve-instance",
            "study-metadata",
            "series-metadata",
            "instance-metadata",
            "retrieve-frames",
            "retrieve-pixel-data",
            "retrieve-bulk-data",
            "rendered-instance",
            "rendered-frame",
            "study-thumbnail",
            "series-thumbnail",
            "instance-thumbnail",
            "frame-thumbnail",
        ],
        "dynamodb:BatchGetItem",
        "ImageFilesTable",
    ),
    (
        &["store-instances", "store-study-instances"],
        "dynamodb:GetItem",
        "ImageFilesTable",
    ),
    // When somebody has stored the same bytes before, in a table of an older version.
    (
        &["store-instances", "store-study-instances"],
        "dynamodb:Query",
        "by-content",
    ),
    // When an instance is purged that the function has answered before.
    (
        &[
            "retrieve-instance",
            "instance-metadata",
            "retrieve-frames",
            "retrieve-pixel-data",
            "retrieve-bulk-data",
            "rendered-instance",
            "rendered-frame",
            "instance-thumbnail",
            "frame-thumbnail",
        ],
        "dynamodb:GetItem",
        "ImageFilesTable",
    ),
    // When the bucket has lost a chunk of a worklist that maintenance packs: fold-changes does the same.
    (&["maintenance"], "dynamodb:Query", "StudiesTable"),
    // When the pictures of a study have gone: fold-changes and maintenance do the same, and which of them comes first is chance.
    (
        &["fold-changes", "maintenance"],
        "dynamodb:Query",
        "files-by-study-1",
    ),
    (
        &["fold-changes"],
        "dynamodb:BatchGetItem",
        "table/filmroom-FilesTable",
    ),
    // When a file is gone before its visit, while the tables of older versions are read.
    (&["run-job"], "dynamodb:GetItem", "ImageFilesTable"),
    // When a file is gone before it is given to the patient, while they are read.
    (&["assign-images"], "dynamodb:GetItem", "ImageFilesTable"),
    // When an operator's check repairs a file that is copied in parts.
    (
        &["maintenance"],
        "s3:ListMultipartUploadParts",
        "originals/*",
    ),
    // When another run took a move over while this one copied: its copy is one too many.
    (
        &["archive-image", "unarchive-image"],
        "s3:DeleteObjectVersion",
        "originals/*",
    ),
    (&["verify"], "s3:AbortMultipartUpload", "originals/*"),
];

#[test]
#[ignore = "compares with what the whole suite used: make test-rust runs it at the end"]
fn no_function_may_do_what_it_never_does() {
    let record = std::fs::read_to_string(RECORD).expect("the record of a whole run of the suite");
    let used: BTreeSet<&str> = record.lines().collect();
    let is_excused = |function: &str, action: &str, resource: &str| {
        NOT_USED_HERE
            .iter()
            .any(|(f, a, r)| f.contains(&function) && *a == action && resource.ends_with(r))
    };
    let mut unused = Vec::new();
    for function in Template::load().expect("a template").functions {
        let name = &function.name;
        for grant in grants(&function).expect("a policy") {
            let (action, resource) = (&grant.action, &grant.resource);
            let line = format!("{name} {} {action} {resource}", grant.sid);
            // The same code as process-object: what one of them uses, the other one does.
            let same = line.replace("process-large-object", "process-object");
            let is_used = used.contains(line.as_str()) || used.contains(same.as_str());
            if !is_used && !is_excused(name, action, resource) {
                unused.push(line);
            }
        }
    }
    assert!(
        unused.is_empty(),
        "template.yaml grants what no test makes a function use; remove it, or test it:\n{}",
        unused.join("\n")
    );
}

/// Fetches the pictures of every image file in `answer`, and says how many there were.
async fn fetch_pictures(stack: &TestStack, answer: &Value) -> usize {
    let mut found = 0;
    let mut rest = vec![answer];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(fields) => {
                for name in ["thumbnail_url", "preview_url"] {
                    let Some(url) = fields.get(name).and_then(Value::as_str) else {
                        continue;
                    };
                    let picture = stack.bucket(Method::GET, url, &[], &[]).await;
                    assert_eq!(picture.status, 200, "{url}: {}", picture.text());
                    found += 1;
                }
                rest.extend(fields.values());
            }
            _ => {}
        }
    }
    found
}

/// Asks, and fetches the pictures of the one file in the answer.
async fn fetch(stack: &TestStack, client: &Client, method: Method, path: &str, body: Value) {
    let answer = client.json(method.clone(), path, body).await;
    assert!(
        answer.status.is_success(),
        "{method} {path}: {}",
        answer.text()
    );
    let answer = serde_json::from_slice(&answer.bytes).expect("JSON");
    let found = fetch_pictures(stack, &answer).await;
    assert_eq!(found, 2, "{method} {path}: thumbnail and preview");
}

#[tokio::test]
async fn every_picture_that_any_answer_names_can_be_fetched() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(300, 300, 1);
    user.put("/patients/P1", json!({"name": "王小明"})).await;
    let about = json!({"patient_id": "P1", "modality": "CT"});
    let file = stack.upload(&user, "a.png", &bytes, about).await;
    let path = format!("/image-files/{}", id_of(&file));
    let same = json!({"client_file_id": "1", "filename": "b.png", "size": bytes.len(), "md5": md5_of(&bytes)});
    let none = Value::Null;
    let (get, post) = (Method::GET, Method::POST);
    for list in ["my-images", "patient/P1", "my-images?modality=CT"] {
        let list = format!("/image-files/{list}");
        fetch(&stack, &user, get.clone(), &list, none.clone()).await;
    }
    for list in ["", "?modality=CT"] {
        let list = format!("/image-files{list}");
        fetch(&stack, &stack.admin(), get.clone(), &list, none.clone()).await;
    }
    fetch(&stack, &user, get.clone(), &path, none.clone()).await;
    let change = json!({"description": "a", "version": file["version"]});
    fetch(&stack, &user, Method::PATCH, &path, change).await;
    let mut one = same.clone();
    one.as_object_mut()
        .expect("fields")
        .remove("client_file_id");
    fetch(&stack, &user, post.clone(), "/uploads", one).await;
    let batch = json!({"files": [same]});
    fetch(&stack, &user, post.clone(), "/uploads/batch", batch).await;
    for action in ["archive", "unarchive"] {
        let path = format!("{path}/{action}");
        fetch(&stack, &user, post.clone(), &path, none.clone()).await;
    }
    user.delete(&path).await.ok();
    let trash = "/image-files/trash";
    fetch(&stack, &user, get, trash, none.clone()).await;
    fetch(&stack, &user, post, &format!("{path}/restore"), none).await;
}

#[tokio::test]
async fn an_upload_completed_again_names_pictures_that_can_be_fetched() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    // A picture in several parts: what follows a PNG's end is not looked at.
    let mut bytes = png(300, 300, 1);
    bytes.resize(17 * 1024 * 1024, 0);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let path = format!("/uploads/{}/complete", id_of(&file));
    fetch(&stack, &user, Method::POST, &path, json!({})).await;
}

#[tokio::test]
async fn every_picture_of_a_study_can_be_fetched() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let spec = DicomSpec {
        rows: 300,
        columns: 300,
        ..DicomSpec::default()
    };
    let file = stack.upload(&user, "a.dcm", &dicom(&spec), json!({})).await;
    stack.fold().await;
    let (study, series) = (&file["study_id"], &file["series_id"]);
    for (path, pictures) in [
        ("/studies".to_owned(), 1),
        // Of the study and of its series.
        (format!("/studies/{study}"), 2),
        (format!("/studies/{study}/files"), 2),
        (format!("/series/{series}/files"), 2),
    ] {
        let answer = user.get(&path).await.ok();
        assert_eq!(fetch_pictures(&stack, &answer).await, pictures, "{path}");
    }
}
