//! What [`local::load`] makes is what uploads leave: every row of every table that lists and statistics read, and the answers.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use aws_sdk_dynamodb::types::AttributeValue;
use local::load::{OWNER, Planned, load};
use serde_json::{Value, json};
use service::db::records::from_item;

use crate::harness::upload::id_of;
use crate::harness::{Client, TestStack};

/// Slices of a CT, and photos.
const NUMBERS: [Range<u64>; 2] = [0..30, 800..815];
/// What is drawn for each file or follows from its time, from its pictures or from when it was folded: it is there in both, and differs.
const DRAWN: [&str; 17] = [
    "id",
    "file_uuid",
    "object_version",
    "thumbnail_path",
    "preview_path",
    "uploader_name",
    "study_id",
    "series_id",
    "uploaded_at",
    "updated_at",
    "expires_at",
    "shard_key",
    "modality_key",
    "claim",
    "reading_order",
    "fold",
    "folded_at",
];
/// What is asked of both.
const QUESTIONS: [&str; 6] = [
    "?file_type=DICOM",
    "?file_type=DICOM&modality=CT&search=%E8%83%B8%E9%83%A8",
    "?status=PROCESSED&file_type=JPEG",
    "?search=0000807",
    "?search=%E5%92%B3%E5%97%BD",
    "?modality=MR",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_loaded_is_what_uploads_leave() {
    let loaded = TestStack::start().await;
    for numbers in NUMBERS {
        load(&loaded.stack, numbers).await.expect("files");
    }
    let uploaded = TestStack::start().await;
    for numbers in NUMBERS {
        upload_all(&uploaded, numbers).await;
    }
    for table in [
        "FilesTable",
        "StudiesTable",
        "PatientsTable",
        "UidsTable",
        "ChangesTable",
    ] {
        let (found, expected) = (rows(&loaded, table).await, rows(&uploaded, table).await);
        assert_eq!(found, expected, "{table}");
    }
    // Entries name their files and tell when they were written, so they are only counted. Nobody signs in to load files.
    let entries = async |stack: &TestStack| {
        let entries = scan(stack, "AuditLogTable").await.into_iter();
        let is_of_files = |entry: &HashMap<String, AttributeValue>| {
            entry["action"]
                .as_s()
                .is_ok_and(|action| action != "sign_in")
        };
        entries.filter(is_of_files).count()
    };
    assert_eq!(entries(&loaded).await, entries(&uploaded).await);
    let (loaded_user, uploaded_user) = (loaded.user(OWNER), uploaded.user(OWNER));
    for path in QUESTIONS {
        let path = format!("/image-files/my-images{path}&page_size=100");
        let (found, expected) = (
            names(&loaded_user, &path).await,
            names(&uploaded_user, &path).await,
        );
        assert_eq!(found, expected, "{path}");
    }
    for scope in ["mine", "all"] {
        let path = format!("/image-files/stats/summary?scope={scope}");
        let ask = async |stack: &TestStack| stack.admin().get(&path).await.ok();
        assert_eq!(ask(&loaded).await, ask(&uploaded).await, "{scope}");
    }
}

/// As the page sends a folder: the first file, then 25 that begin together.
async fn upload_all(stack: &TestStack, numbers: Range<u64>) {
    let user = stack.user(OWNER);
    let files: Vec<Planned> = numbers.map(Planned::of).collect();
    let patient = format!("/patients/{}", files[0].patient());
    user.put(&patient, json!({"name": "张三"})).await.ok();
    let (first, others) = files.split_at(1);
    for together in [first].into_iter().chain(others.chunks(25)) {
        let body = |(number, file): (usize, &Planned)| {
            json!({
                "client_file_id": number,
                "filename": file.name(),
                "size": file.bytes().len(),
                "patient_id": file.patient(),
                "description": file.description(),
            })
        };
        let body: Vec<Value> = together.iter().enumerate().map(body).collect();
        let begun = user
            .post("/uploads/batch", json!({ "files": body }))
            .await
            .ok();
        for (file, item) in together
            .iter()
            .zip(begun["items"].as_array().expect("items"))
        {
            assert!(id_of(&item["file"]) > 0, "{item}");
            let sent = stack.put_single(&item["upload"], &file.bytes()).await;
            assert_eq!(sent.status, 200, "{}", sent.text());
        }
        stack.settle().await;
    }
}

/// The names on a page, and its total.
async fn names(client: &Client, path: &str) -> (Value, Vec<Value>) {
    let page = client.get(path).await.ok();
    let items = page["items"].as_array().expect("items").iter();
    (
        page["total"].clone(),
        items
            .map(|item| item["original_filename"].clone())
            .collect(),
    )
}

/// Every row of a table, without what is drawn: how often each is there.
async fn rows(stack: &TestStack, table: &str) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for row in scan(stack, table).await {
        let mut row: Value = from_item(row).expect("a row");
        for name in DRAWN {
            if let Some(value) = row.get_mut(name) {
                *value = json!("drawn");
            }
        }
        // A tally keeps the pictures of a sample, which depends on the ids.
        if let Some(pictures) = row.pointer_mut("/tally/p") {
            *pictures = json!(pictures.as_array().map(Vec::len));
        }
        *rows.entry(without_numbers(&row.to_string())).or_insert(0) += 1;
    }
    rows
}

/// Numbers that long are ids or times.
fn without_numbers(text: &str) -> String {
    let mut left = String::new();
    let mut digits = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        left += if digits.len() < 13 { &digits } else { "#" };
        digits.clear();
        left.push(character);
    }
    left
}

/// All rows of a table.
async fn scan(stack: &TestStack, table: &str) -> Vec<HashMap<String, AttributeValue>> {
    let request = stack
        .database()
        .scan()
        .table_name(format!("filmroom-{table}"));
    let pages = request.into_paginator().items().send();
    pages.collect::<Result<_, _>>().await.expect("rows")
}
