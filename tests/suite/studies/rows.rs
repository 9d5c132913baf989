//! What is shown of a study follows every change of its files.

use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::maintenance::Task;
use serde_json::{Value, json};
use service::db::journal::Shard;
use service::db::rewrite::Rewrite;
use service::domain::time::DAY_MS;

use super::{Slice, list, upload};
use crate::harness::{Client, TestStack};

async fn study(client: &Client, id: &Value) -> Value {
    client.get(&format!("/studies/{id}")).await.ok()
}

async fn patch(client: &Client, file: &Value, mut change: Value) -> Value {
    let path = format!("/image-files/{}", file["id"]);
    change["version"] = client.get(&path).await.ok()["version"].clone();
    client.patch(&path, change).await.ok()
}

#[tokio::test]
async fn a_row_follows_what_happens_to_its_files() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-9", json!({"name": "Somebody"}))
        .await
        .ok();
    let mut files = Vec::new();
    for seed in [1, 2, 3] {
        let slice = Slice {
            seed,
            ..Slice::default()
        };
        files.push(upload(&stack, &user, &slice).await);
    }
    let id = files[0]["study_id"].clone();
    let of = |place: usize| format!("/image-files/{}", files[place]["id"]);
    let counts = async || {
        stack.fold().await;
        let row = study(&user, &id).await;
        json!([
            row["file_count"],
            row["series_count"],
            row["patient_id"],
            row["modalities"]
        ])
    };
    assert_eq!(counts().await, json!([3, 1, null, ["CT"]]));
    user.delete(&of(0)).await.ok();
    assert_eq!(counts().await, json!([2, 1, null, ["CT"]]));
    user.post(&format!("{}/restore", of(0)), Value::Null)
        .await
        .ok();
    assert_eq!(counts().await, json!([3, 1, null, ["CT"]]));
    patch(
        &user,
        &files[1],
        json!({"patient_id": "P-9", "modality": "MR"}),
    )
    .await;
    assert_eq!(counts().await, json!([3, 1, "P-9", ["CT", "MR"]]));
    assert_eq!(
        list(&user, "?patient_id=P-9", "id").await,
        std::slice::from_ref(&id)
    );
    patch(&user, &files[1], json!({"series_id": null})).await;
    patch(&user, &files[2], json!({"series_id": null})).await;
    assert_eq!(counts().await, json!([3, 1, "P-9", ["CT", "MR"]]));
    user.post(&format!("{}/archive", of(0)), Value::Null)
        .await
        .ok();
    assert_eq!(counts().await, json!([3, 1, "P-9", ["CT", "MR"]]));
}

#[tokio::test]
async fn a_study_without_files_is_in_no_list_until_one_comes() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut files = Vec::new();
    for seed in [1, 2, 3] {
        let slice = Slice {
            seed,
            ..Slice::default()
        };
        files.push(upload(&stack, &user, &slice).await);
    }
    let id = files[0]["study_id"].clone();
    let of = |place: usize| format!("/image-files/{}", files[place]["id"]);
    let counts = async || {
        stack.fold().await;
        let row = study(&user, &id).await;
        json!([row["file_count"], row["series_count"]])
    };
    let other = user.post("/studies", json!({})).await.expect(201)["id"].clone();
    patch(&user, &files[2], json!({"study_id": other})).await;
    assert_eq!(counts().await, json!([2, 1]));
    assert_eq!(study(&user, &other).await["file_count"], 1);
    let path = format!("/studies/{id}");
    for place in [0, 1] {
        user.delete(&of(place)).await.ok();
    }
    stack.fold().await;
    user.get(&path).await.problem(404, "not_found");
    assert_eq!(list(&user, "", "id").await, std::slice::from_ref(&other));
    stack.clock.advance(40 * DAY_MS);
    stack.maintain(Task::default()).await;
    // Their tokens are over.
    let user = stack.user(1);
    assert_eq!(list(&user, "", "id").await, [other]);
    // And it comes back with the next file.
    upload(
        &stack,
        &user,
        &Slice {
            seed: 9,
            ..Slice::default()
        },
    )
    .await;
    stack.fold().await;
    assert_eq!(study(&user, &id).await["file_count"], 1);
}

#[tokio::test]
async fn of_headers_that_disagree_most_decide() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (seed, patient, description) in [(1, "B", "two"), (2, "A", "one"), (3, "B", "one")] {
        let slice = Slice {
            patient,
            description,
            seed,
            ..Slice::default()
        };
        upload(&stack, &user, &slice).await;
    }
    stack.fold().await;
    let page = user.get("/studies").await.ok();
    let study = &page["items"][0];
    assert_eq!(
        (&study["patient"]["name"], &study["description"]),
        (&json!("B"), &json!("one"))
    );
}

/// A study remembers five pictures of its files.
#[tokio::test]
async fn a_study_has_a_picture_as_long_as_one_of_its_files_has_one() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut files = Vec::new();
    for seed in 1..=12 {
        let slice = Slice {
            seed,
            ..Slice::default()
        };
        files.push(upload(&stack, &user, &slice).await);
    }
    stack.fold().await;
    let id = files[0]["study_id"].clone();
    let left = files.split_off(11);
    for file in &files {
        user.delete(&format!("/image-files/{}", file["id"]))
            .await
            .ok();
        stack.fold().await;
        let shown = study(&user, &id).await;
        for of in [&shown, &shown["series"][0]] {
            let url = of["thumbnail_url"].as_str().expect("a picture");
            let path = format!("thumbnails/{}/", file["id"]);
            assert!(!url.contains(&path), "that of a file that is gone: {url}");
        }
    }
    let url = study(&user, &id).await["thumbnail_url"].clone();
    let path = format!("thumbnails/{}/", left[0]["id"]);
    assert!(url.as_str().is_some_and(|url| url.contains(&path)), "{url}");
    assert_eq!(list(&user, "", "thumbnail_url").await.len(), 1);
}

/// Uploads 45 studies, more than are kept in rows; answers their ids.
pub(super) async fn many(stack: &TestStack, client: &Client, round: u64) -> Vec<Value> {
    let mut ids = Vec::new();
    for number in 0..45 {
        let study: &str = format!("1.2.{round}.{number}").leak();
        let slice = Slice {
            study,
            series: format!("{study}.1"),
            seed: round * 100 + number,
            ..Slice::default()
        };
        let file = upload(stack, client, &slice).await;
        ids.push(file["study_id"].clone());
    }
    stack.fold().await;
    ids
}

async fn all(client: &Client) -> Vec<Value> {
    let page = client
        .get("/studies?page_size=100&sort=created_at")
        .await
        .ok();
    let items = page["items"].as_array().expect("items");
    assert_eq!(page["total"], items.len());
    items.iter().map(|item| item["id"].clone()).collect()
}

/// A DICOMweb search of each level reads the same worklist.
async fn search_all_levels(client: &Client) {
    for level in ["studies", "series", "instances"] {
        let path = format!("/dicom-web/{level}?limit=45");
        let found = client.get(&path).await.ok();
        assert_eq!(found.as_array().map(Vec::len), Some(45), "{level}");
    }
}

#[tokio::test]
async fn many_studies_are_packed_and_every_one_is_listed_once() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut ids = many(&stack, &user, 1).await;
    let packed = stack.versions("segments/studies/").await;
    assert!(!packed.is_empty(), "they were packed");
    assert_eq!(all(&user).await, ids);
    search_all_levels(&user).await;
    // One that is packed goes, one changes, and more come.
    let gone = user.get(&format!("/studies/{}/files", ids[0])).await.ok();
    let path = format!("/image-files/{}", gone["items"][0]["id"]);
    user.delete(&path).await.ok();
    let changed = user.get(&format!("/studies/{}/files", ids[1])).await.ok();
    patch(&user, &changed["items"][0], json!({"modality": "PT"})).await;
    stack.fold().await;
    assert_eq!(all(&user).await, ids[1..]);
    assert_eq!(list(&user, "?modality=PT", "id").await, [ids[1].clone()]);
    ids.remove(0);
    ids.extend(many(&stack, &user, 2).await);
    assert_eq!(all(&user).await, ids);
}

/// What was packed is in the rows of the studies, too.
#[tokio::test]
async fn a_worklist_is_whole_although_the_bucket_has_lost_it() {
    let stack = TestStack::start().await;
    let mut ids = many(&stack, &stack.user(1), 1).await;
    for version in stack.versions("segments/studies/").await {
        stack.remove_version(&version).await;
    }
    let stack = stack.restart().await;
    let user = stack.user(1);
    assert_eq!(all(&user).await, ids);
    search_all_levels(&user).await;
    ids.extend(many(&stack, &user, 2).await);
    assert!(!stack.versions("segments/studies/").await.is_empty());
    assert_eq!(all(&user).await, ids);
}

/// What a fold that was killed leaves: marks that nobody took, and rows of the journal that ring again.
#[tokio::test]
async fn a_mark_that_a_dead_fold_left_is_taken_by_the_next() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = upload(&stack, &user, &Slice::default()).await;
    let modalities = async || user.get("/studies").await.ok()["items"][0]["modalities"].clone();
    patch(&user, &file, json!({"modality": "MR"})).await;
    let (broken, _) = stack
        .metered_app(|config| config.studies_table = "a table that is gone".to_owned())
        .await;
    for shard in stack.unfolded().await {
        let fold = broken.files.unattended().fold_changes(shard).await;
        assert_eq!(
            fold.is_err(),
            shard.to_string().starts_with("1#"),
            "{shard}"
        );
    }
    assert_eq!(modalities().await, json!(["CT"]));
    let is_own = |shard: &Shard| shard.to_string().starts_with("1#");
    let unfolded = stack.unfolded().await;
    assert!(unfolded.iter().any(is_own), "somebody is told again");
    for _ in 0..2 {
        stack.fold().await;
        assert_eq!(modalities().await, json!(["MR"]));
        let page = user.get("/studies").await.ok();
        assert_eq!(page["items"][0]["file_count"], 1);
    }
}

#[tokio::test]
async fn maintenance_counts_in_studies_what_no_bell_was_rung_for() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = upload(&stack, &user, &Slice::default()).await;
    patch(&user, &file, json!({"modality": "MR"})).await;
    let report = stack.stack.maintenance.run(Task::default()).await;
    assert!(report.expect("a run").folded > 0);
    let shown = study(&user, &file["study_id"]).await;
    assert_eq!(shown["modalities"], json!(["MR"]));
}

/// Takes out everything that this version writes for studies, as if the version before had written it all.
async fn forget_studies(stack: &TestStack) {
    for mut row in stack.rows("filmroom-FilesTable").await {
        row.insert("schema".to_owned(), AttributeValue::N("2".to_owned()));
        row.remove("study_key");
        row.remove("reading_order");
        stack.put_row("filmroom-FilesTable", row).await;
    }
    for mut row in stack.rows("filmroom-StudiesTable").await {
        for name in ["fold", "tally", "series_count", "folded_at"] {
            row.remove(name);
        }
        stack.put_row("filmroom-StudiesTable", row).await;
    }
    for row in stack.rows("filmroom-FoldsTable").await {
        let name = row["row"].as_s().expect("a name");
        if name.starts_with("worklist") || name.starts_with("mark#") {
            let table = "filmroom-FoldsTable";
            stack.remove_row(table, &row, &["shard", "row"]).await;
        }
    }
}

/// Records of the version before have no place in an index, and nothing is counted of them.
#[tokio::test]
async fn what_the_version_before_wrote_is_counted_once_when_it_is_rewritten() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut files = Vec::new();
    for seed in [1, 2] {
        files.push(
            upload(
                &stack,
                &user,
                &Slice {
                    seed,
                    ..Slice::default()
                },
            )
            .await,
        );
    }
    stack.fold().await;
    let before = study(&user, &files[0]["study_id"]).await;
    forget_studies(&stack).await;
    assert_eq!(list(&user, "", "id").await, Vec::<Value>::new());
    for _ in 0..2 {
        let rewrite = Rewrite::new(
            &stack.stack.app.files,
            service::db::rewrite::Options::default(),
        );
        rewrite.run(|_| ()).await.expect("a run");
        stack.fold_all().await;
        let mut after = study(&user, &files[0]["study_id"]).await;
        after["updated_at"] = before["updated_at"].clone();
        after["thumbnail_url"] = before["thumbnail_url"].clone();
        after["series"][0]["thumbnail_url"] = before["series"][0]["thumbnail_url"].clone();
        assert_eq!(after, before);
    }
    let path = format!("/studies/{}/files", files[0]["study_id"]);
    assert_eq!(
        user.get(&path).await.ok()["items"].as_array().map(Vec::len),
        Some(2)
    );
}
