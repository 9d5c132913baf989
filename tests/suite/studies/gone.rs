//! What studies do not show any more is soon nowhere in the bucket.

use std::collections::BTreeSet;

use functions::events::maintenance::Task;
use serde_json::json;

use super::rows::many;
use super::{Slice, upload};
use crate::harness::TestStack;

const QUARTER_MS: i64 = 15 * 60 * 1000;
const FOLDS: &str = "filmroom-FoldsTable";

/// Everything that the bucket has of worklists, in every version of every object.
async fn stored(stack: &TestStack) -> String {
    let bucket = &stack.stack.app.config.image_bucket;
    let mut all = String::new();
    for version in stack.versions("segments/studies/").await {
        let get = stack.stack.bucket.get_object().bucket(bucket);
        let get = get.key(version.key().expect("a key"));
        let get = get.set_version_id(version.version_id().map(str::to_owned));
        let bytes = get.send().await.expect("an object").body.collect().await;
        let bytes = bytes.expect("bytes").into_bytes();
        let json = ::packed::unpacked::<Vec<u8>>(*b"FRWL", &bytes).expect("a chunk");
        all.push_str(&String::from_utf8(json).expect("a text"));
    }
    all
}

/// A quarter of an hour later maintenance runs.
async fn maintain(stack: &TestStack) {
    stack.clock.advance(QUARTER_MS);
    assert_eq!(stack.maintain(Task::default()).await.failed, 0);
}

/// Whether somebody still has to tidy a worklist.
async fn is_untidy(stack: &TestStack) -> bool {
    let rows = stack.rows(FOLDS).await;
    let mut names = rows.iter().filter_map(|row| row["row"].as_s().ok());
    names.any(|name| name.starts_with("texts#"))
}

#[tokio::test]
async fn what_a_deleted_study_and_a_corrected_one_said_is_in_no_object_within_an_hour() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let of = |study, patient, description, seed| Slice {
        study,
        patient,
        description,
        seed,
        ..Slice::default()
    };
    let deleted = upload(&stack, &user, &of("1.2.7", "Geheim^Anna", "GONE", 7001)).await;
    let wrong = upload(&stack, &user, &of("1.2.8", "Falsch^Bert", "KEPT", 8001)).await;
    many(&stack, &user, 1).await;
    let before = stored(&stack).await;
    for text in ["Geheim", "GONE", "Falsch", "KEPT"] {
        assert!(before.contains(text), "it is packed: {text}");
    }
    upload(&stack, &user, &of("1.2.8", "Richtig^Bert", "KEPT", 8002)).await;
    for file in [&deleted, &wrong] {
        let path = format!("/image-files/{}", file["id"]);
        user.delete(&path).await.ok();
    }
    stack.fold().await;
    assert!(is_untidy(&stack).await);
    maintain(&stack).await;
    // Who has read the list before may still read this.
    assert!(stored(&stack).await.contains("Geheim"));
    maintain(&stack).await;
    let after = stored(&stack).await;
    for text in ["Geheim", "GONE", "Falsch"] {
        assert!(!after.contains(text), "{text}");
    }
    assert!(after.contains("Richtig") && after.contains("KEPT"));
    assert!(!is_untidy(&stack).await);
    let user = stack.user(1);
    let page = user.get("/studies?page_size=100").await.ok();
    assert_eq!(page["total"], 46);
    let found = user.get("/studies?search=richtig").await.ok();
    assert_eq!(found["items"][0]["file_count"], json!(1));
}

/// Few studies are not packed: what they said is in rows, which the change itself writes.
#[tokio::test]
async fn a_worklist_that_was_never_packed_is_not_packed_because_a_text_has_gone() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = Slice {
        patient: "Geheim^Anna",
        ..Slice::default()
    };
    let file = upload(&stack, &user, &slice).await;
    stack.fold().await;
    user.delete(&format!("/image-files/{}", file["id"]))
        .await
        .ok();
    stack.fold().await;
    assert!(is_untidy(&stack).await);
    maintain(&stack).await;
    assert!(!is_untidy(&stack).await);
    assert_eq!(stored(&stack).await, "");
    for row in stack.rows(FOLDS).await {
        let entry = row.get("entry").and_then(|entry| entry.as_b().ok());
        let entry = entry.map(|entry| String::from_utf8_lossy(entry.as_ref()).into_owned());
        assert!(!entry.unwrap_or_default().contains("Geheim"), "{row:?}");
    }
}

#[tokio::test]
async fn a_fold_that_packs_removes_the_objects_that_nobody_reads_any_more() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let keys = async || -> BTreeSet<String> {
        let versions = stack.versions("segments/studies/").await;
        let keys = versions.iter().filter_map(|version| version.key());
        keys.map(str::to_owned).collect()
    };
    many(&stack, &user, 1).await;
    let first = keys().await;
    many(&stack, &user, 2).await;
    let second = keys().await;
    assert!(second.is_superset(&first), "somebody may still read them");
    assert!(second.len() > first.len());
    stack.clock.advance(QUARTER_MS);
    many(&stack, &user, 3).await;
    let third = keys().await;
    assert!(third.is_disjoint(&first), "{third:?}");
    let total = stack.user(1).get("/studies").await.ok()["total"].clone();
    assert_eq!(total, 3 * 45);
}
