//! The packed search: whatever happens to folds, packs and what is stored of them, a list is that of the table at every moment.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::maintenance::Task;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use service::App;
use service::db::packed::Built;
use service::db::source::Source;
use service::domain::{Cursor, FileId, FileRecord, Filter, ListRequest, Status, text};
use tokio::time::Instant;

use crate::harness::client::caller;
use crate::harness::mortal::Script;
use crate::harness::old_tables::Row;
use crate::harness::property::holds;
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

const SEED: [u8; 32] = *b"what is packed is what is there.";
const CASES: u32 = 6;
const STEPS: std::ops::Range<usize> = 15..40;
/// More calls than any fold, pack or build of these tests makes.
const CALLS: usize = 30;
const FOLDS: &str = "filmroom-FoldsTable";
const CHANGES: &str = "filmroom-ChangesTable";
const FILES: &str = "filmroom-FilesTable";
/// Longer than a deployment, and than an index lags behind.
const HOUR_MS: i64 = 61 * 60 * 1000;
const WILD: &str = "%_*.[^$(";

const NAMES: [&str; 4] = ["chest.dcm", "胸部 Chest.DCM", "%_*.[^$(.tif", "Straße.jpg"];
const SEARCHES: [&str; 6] = ["chest", "dcm 胸部", WILD, "ss", "follow up", "no such"];

/// What happens next. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Begin(i64, &'static str),
    Describe(usize, &'static str),
    Modality(usize, &'static str),
    Delete(usize),
    Restore(usize),
    /// Ends an upload: its record is gone at once.
    Abort(usize),
    Fold,
    /// A fold that dies at a call, deaf or not.
    FoldUntil(usize, bool),
    Pack(i64),
    PackUntil(i64, usize, bool),
    Build(i64),
    BuildUntil(i64, usize, bool),
    /// An older version of the service folds: it keeps no tail, and knows nothing of what it leaves out of a head.
    OldFold(i64),
    /// An older version of the service has changed something: it does not say what its file looks like.
    OldChange,
    /// The bucket loses the segments of a space.
    Lose(i64),
    /// The bucket keeps something else than was stored.
    Damage(i64),
    /// Nobody can read the catalog any more.
    DamageCatalog(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let nth = || 0..1000usize;
    let space = || 0..3i64;
    let step = prop_oneof![
        5 => (1..3i64, select(&NAMES)).prop_map(|(user, name)| Step::Begin(user, name)),
        3 => (nth(), select(&["Follow-up", "chest\nABC", WILD])).prop_map(|(nth, to)| Step::Describe(nth, to)),
        2 => (nth(), select(&["CT", "MR", "ZZ_OWN"])).prop_map(|(nth, to)| Step::Modality(nth, to)),
        2 => nth().prop_map(Step::Delete),
        1 => nth().prop_map(Step::Restore),
        2 => nth().prop_map(Step::Abort),
        5 => Just(Step::Fold),
        3 => (0..CALLS, any::<bool>()).prop_map(|(at, deaf)| Step::FoldUntil(at, deaf)),
        3 => space().prop_map(Step::Pack),
        3 => (space(), 0..CALLS, any::<bool>()).prop_map(|(space, at, deaf)| Step::PackUntil(space, at, deaf)),
        2 => space().prop_map(Step::Build),
        2 => (space(), 0..CALLS, any::<bool>()).prop_map(|(space, at, deaf)| Step::BuildUntil(space, at, deaf)),
        1 => (1..3i64).prop_map(Step::OldFold),
        1 => Just(Step::OldChange),
        1 => space().prop_map(Step::Lose),
        1 => space().prop_map(Step::Damage),
        1 => space().prop_map(Step::DamageCatalog),
    ];
    prop::collection::vec(step, STEPS)
}

#[test]
fn a_list_is_that_of_the_table_whatever_becomes_of_folds_packs_and_segments() {
    holds(&SEED, CASES, &steps(), &async |steps| play(steps).await);
}

async fn play(steps: &[Step]) -> Result<(), String> {
    let stack = TestStack::start().await;
    let mut files: Vec<(i64, i64)> = Vec::new();
    for step in steps {
        take(&stack, &mut files, step).await;
        let right = lists_are_right(&stack).await;
        right.map_err(|problem| format!("after {step:?}: {problem}"))?;
    }
    // Whatever it was, it is packed again in the end. Folds come first, as they do within seconds: as long as a change of an older version is not folded,
    // the indexes answer, and its fold breaks what was built before.
    stack.fold_all().await;
    for space in 0..3 {
        build(&stack, space).await;
        if is_packed(&stack, space).await {
            continue;
        }
        return Err(format!("the space {space} is not packed"));
    }
    lists_are_right(&stack).await
}

async fn take(stack: &TestStack, files: &mut Vec<(i64, i64)>, step: &Step) {
    let chosen = |nth: &usize| files.get(nth.checked_rem(files.len())?).copied();
    match step {
        Step::Begin(user, name) => {
            let begun = begin(&stack.user(*user), name, 100, json!({})).await;
            files.push((*user, id_of(&begun["file"])));
        }
        Step::Describe(nth, to) => change(stack, chosen(nth), "description", to).await,
        Step::Modality(nth, to) => change(stack, chosen(nth), "modality", to).await,
        Step::Delete(nth) => send(stack, chosen(nth), Method::DELETE, "/image-files", "").await,
        Step::Restore(nth) => {
            send(stack, chosen(nth), Method::POST, "/image-files", "/restore").await;
        }
        Step::Abort(nth) => send(stack, chosen(nth), Method::DELETE, "/uploads", "").await,
        Step::Fold => stack.fold_all().await,
        Step::FoldUntil(at, deaf) => {
            let app = stack.app_with(&Script::dies(*at, *deaf)).await;
            for shard in stack.unfolded().await {
                drop(app.files.unattended().fold_changes(shard).await);
            }
        }
        Step::Pack(space) => drop(unattended(stack).pack_tail(*space).await),
        Step::PackUntil(space, at, deaf) => {
            let app = stack.app_with(&Script::dies(*at, *deaf)).await;
            drop(app.files.unattended().pack_tail(*space).await);
        }
        Step::Build(space) => build(stack, *space).await,
        Step::BuildUntil(space, at, deaf) => {
            let app = stack.app_with(&Script::dies(*at, *deaf)).await;
            for _ in 0..3 {
                stack.clock.advance(HOUR_MS);
                drop(app.files.unattended().build(*space, later()).await);
            }
        }
        Step::OldFold(user) => old_fold(stack, *user).await,
        Step::OldChange => old_change(stack).await,
        Step::Lose(space) => lose(stack, *space).await,
        Step::Damage(space) => damage(stack, *space).await,
        Step::DamageCatalog(space) => damage_catalog(stack, *space).await,
    }
}

/// Changes a field of a file, if there is one; it may be too late for that.
async fn change(stack: &TestStack, file: Option<(i64, i64)>, field: &str, to: &str) {
    if let Some((user, id)) = file
        && let Some(record) = stack.record(id).await
    {
        let change = json!({"version": record.version, field: to});
        let path = format!("/image-files/{id}");
        drop(stack.user(user).patch(&path, change).await);
    }
}

/// Asks something of a file, if there is one; it may be too late for that.
async fn send(
    stack: &TestStack,
    file: Option<(i64, i64)>,
    method: Method,
    below: &str,
    what: &str,
) {
    if let Some((user, id)) = file {
        let path = format!("{below}/{id}{what}");
        let client = stack.user(user);
        drop(match method {
            Method::DELETE => client.delete(&path).await,
            method => client.json(method, &path, Value::Null).await,
        });
    }
}

fn unattended(stack: &TestStack) -> service::db::unattended::Unattended<'_> {
    stack.stack.app.files.unattended()
}

fn later() -> Instant {
    Instant::now() + std::time::Duration::from_mins(1)
}

/// Packs a space anew if it is not whole, as maintenance hands it over again and again.
async fn build(stack: &TestStack, space: i64) {
    for _ in 0..5 {
        let built = unattended(stack).build(space, later()).await.expect("it");
        if built == Built::Whole {
            return;
        }
        stack.clock.advance(HOUR_MS);
    }
    panic!("the space {space} is never packed");
}

async fn row(stack: &TestStack, space: i64, name: &str) -> Option<Row> {
    let rows = stack.rows(FOLDS).await;
    let is = |row: &Row, name: &str, value: &str| row[name].as_s().is_ok_and(|is| is == value);
    let mut rows = rows.into_iter();
    rows.find(|row| is(row, "shard", &space.to_string()) && is(row, "row", name))
}

/// Whether a search is answered without an index.
async fn is_packed(stack: &TestStack, space: i64) -> bool {
    let meter = stack.meter("list-images").await;
    let client = match space {
        0 => meter.admin(),
        user => meter.user(user),
    };
    client.get("/image-files?search=chest").await.ok();
    let queries = meter.take("Query");
    !queries
        .iter()
        .any(|call| call.asked["IndexName"].is_string())
}

async fn old_fold(stack: &TestStack, user: i64) {
    let shards = stack.unfolded().await;
    for shard in shards {
        let number = shard.to_string();
        let Some((space, number)) = number.split_once('#') else {
            continue;
        };
        if space != user.to_string() {
            continue;
        }
        unattended(stack).fold_changes(shard).await.expect("a fold");
        if let Some(mut head) = row(stack, user, &format!("head#{number}")).await {
            let version = head["version"].as_n().expect("a version").clone();
            head.remove("packed");
            stack.put_row(FOLDS, head).await;
            let name = format!("tail#{number}#{version:0>12}");
            if let Some(tail) = row(stack, user, &name).await {
                remove(stack, FOLDS, &tail, &["shard", "row"]).await;
            }
        }
    }
}

async fn old_change(stack: &TestStack) {
    for mut change in stack.rows(CHANGES).await {
        if change.remove("columns").is_some() {
            stack.put_row(CHANGES, change).await;
        }
    }
}

async fn remove(stack: &TestStack, table: &str, row: &Row, key: &[&str]) {
    let key = key
        .iter()
        .map(|name| ((*name).to_owned(), row[*name].clone()));
    let delete = stack.database().delete_item().table_name(table);
    let delete = delete.set_key(Some(key.collect()));
    delete.send().await.expect("it is gone");
}

async fn lose(stack: &TestStack, space: i64) {
    for version in stack.versions(&format!("segments/{space}/")).await {
        let (key, version) = (version.key().expect("a key"), version.version_id());
        let delete = stack.stack.bucket.delete_object().bucket(bucket(stack));
        let delete = delete.key(key).set_version_id(version.map(str::to_owned));
        delete.send().await.expect("it is gone");
    }
}

async fn damage(stack: &TestStack, space: i64) {
    for version in stack.versions(&format!("segments/{space}/")).await {
        let put = stack.stack.bucket.put_object().bucket(bucket(stack));
        let put = put.key(version.key().expect("a key"));
        put.body(b"FRPS".to_vec().into()).send().await.expect("it");
    }
}

async fn damage_catalog(stack: &TestStack, space: i64) {
    if let Some(mut row) = row(stack, space, "segments").await {
        let bytes = AttributeValue::B(Blob::new(*b"FRPC"));
        row.insert("segments".to_owned(), bytes);
        stack.put_row(FOLDS, row).await;
    }
}

fn bucket(stack: &TestStack) -> String {
    stack.stack.app.config.image_bucket.clone()
}

/// Every list is what the records say, page by page, by number and by cursor.
async fn lists_are_right(stack: &TestStack) -> Result<(), String> {
    // A function that knows nothing yet, so that it reads what is stored; and one that knows what it has read before the last steps.
    let new = stack.app_with(&Script::quiet()).await;
    let apps = [&new, &stack.stack.app];
    let rows = stack.rows(FILES).await;
    let rows = rows.into_iter().filter(|row| !row.contains_key("gone"));
    let files: BTreeMap<FileId, FileRecord> = rows
        .map(|row| service::db::records::from_item::<FileRecord>(row).expect("a record"))
        .map(|file| (file.id, file))
        .collect();
    let ids: Vec<FileId> = files.keys().copied().collect();
    let middle = ids.get(ids.len() / 2).copied();
    let mut filters: Vec<Filter> = SEARCHES.iter().map(|words| search(words)).collect();
    filters.push(Filter {
        status: Some(Status::Uploading),
        modality: Some("CT".to_owned()),
        ..Filter::default()
    });
    filters.push(Filter {
        from: middle,
        ..Filter::default()
    });
    filters.push(Filter {
        to: middle,
        ..search("chest")
    });
    for (filter, app) in filters.into_iter().zip(apps.into_iter().cycle()) {
        for space in 0..3 {
            for is_trash in [false, true] {
                if space == 0 && is_trash {
                    continue;
                }
                let seen = |file: &&FileRecord| {
                    !file.purging
                        && (space == 0 || file.uploaded_by == space)
                        && file.is_deleted() == is_trash
                        && filter.matches(file)
                };
                let expected: Vec<FileId> = files
                    .values()
                    .rev()
                    .filter(seen)
                    .map(|file| file.id)
                    .collect();
                let found = pages(app, space, is_trash, &filter).await?;
                if found != expected {
                    return Err(format!(
                        "{space} {is_trash} {filter:?}: {expected:?}, not {found:?}"
                    ));
                }
            }
        }
    }
    Ok(())
}

fn search(words: &str) -> Filter {
    Filter {
        search: Some(text::fold(words)),
        ..Filter::default()
    }
}

/// Every page of a list, by cursor; each page by its number must have the same, and every total count them all.
async fn pages(
    app: &App,
    space: i64,
    is_trash: bool,
    filter: &Filter,
) -> Result<Vec<FileId>, String> {
    let source = match (space, is_trash) {
        (0, _) => match &filter.modality {
            Some(modality) => Source::modality(modality),
            None => Source::everything(),
        },
        (owner, false) => Source::owner(owner),
        (owner, true) => Source::trash(owner),
    };
    let caller = caller(1, true);
    let mut found = Vec::new();
    let (mut cursor, mut totals) = (None, Vec::new());
    for page in 1.. {
        let by_number = request(filter, page, None);
        let by_number = app.files.list(&caller, &source, &by_number).await;
        let by_number = by_number.expect("a page");
        let by_cursor = request(filter, 1, cursor.take());
        let by_cursor = app.files.list(&caller, &source, &by_cursor).await;
        let by_cursor = by_cursor.expect("a page");
        let ids = |page: &service::db::list::Page| -> Vec<FileId> {
            page.files.iter().map(|file| file.id).collect()
        };
        if ids(&by_number) != ids(&by_cursor) {
            return Err(format!(
                "{space} {filter:?}: the page {page} is another one by number"
            ));
        }
        found.extend(ids(&by_cursor));
        totals.extend([by_number.total, by_cursor.total]);
        match by_cursor.next_cursor {
            Some(next) => cursor = Some(Cursor::untrusted(&next)),
            None => break,
        }
    }
    if totals
        .iter()
        .any(|total| *total != Some(found.len() as u64))
    {
        return Err(format!(
            "{space} {filter:?}: {} files, not {totals:?}",
            found.len()
        ));
    }
    Ok(found)
}

fn request(filter: &Filter, page: u32, cursor: Option<Cursor>) -> ListRequest {
    ListRequest {
        filter: filter.clone(),
        page,
        page_size: 3,
        cursor,
        include_total: true,
    }
}

#[tokio::test]
async fn a_new_owner_is_packed_from_the_first_fold_on_and_a_change_is_found_at_once() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    begin(&user, "first.dcm", 100, json!({})).await;
    assert!(!is_packed(&stack, 1).await);
    stack.fold_all().await;
    for space in 0..2 {
        assert!(is_packed(&stack, space).await, "{space}");
    }
    begin(&user, "second.dcm", 100, json!({})).await;
    for client in [&user, &stack.admin()] {
        let page = client.get("/image-files?search=second").await.ok();
        assert_eq!(page["total"], 1);
    }
    assert!(is_packed(&stack, 1).await);
}

#[tokio::test]
async fn a_search_of_255_wild_characters_looks_for_these_characters() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let wild: String = WILD.chars().cycle().take(255).collect();
    let encoded = utf8_percent_encode(&wild, NON_ALPHANUMERIC);
    let searches = [format!("search={encoded}"), format!("search={encoded}0")];
    let wanted = begin(&user, "a.dcm", 100, json!({"description": wild})).await;
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    begin_many(&user, 3).await;
    // Before anything is packed, when a tail is all there is, and when segments are.
    for step in ["new", "folded", "packed"] {
        match step {
            "folded" => stack.fold_all().await,
            "packed" => build(&stack, 1).await,
            _ => {}
        }
        for client in [&user, &stack.admin()] {
            let page = client.get(&format!("/image-files?{}", searches[0])).await;
            let page = page.ok();
            assert_eq!(page["total"], 1, "{step}");
            assert_eq!(page["items"][0]["id"], wanted["file"]["id"], "{step}");
            let page = client.get(&format!("/image-files?{}", searches[1])).await;
            page.problem(422, "invalid");
        }
    }
    assert!(is_packed(&stack, 1).await);
}

#[tokio::test]
async fn an_owner_with_files_of_an_older_version_is_packed_when_none_of_it_runs_any_more() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for name in ["first.dcm", "second.dcm"] {
        begin(&user, name, 100, json!({})).await;
        old_change(&stack).await;
        stack.fold_all().await;
    }
    let find = async || stack.user(1).get("/image-files?search=first").await.ok()["total"].clone();
    assert!(!is_packed(&stack, 1).await);
    assert_eq!(find().await, 1);
    build(&stack, 1).await;
    assert!(is_packed(&stack, 1).await);
    assert_eq!(find().await, 1);
}

#[tokio::test]
async fn a_space_whose_segments_are_lost_is_packed_anew_by_who_is_asked_for_it() {
    for list in ["my-images", "trash", "patient/P-1"] {
        let stack = TestStack::start().await;
        let user = stack.user(1);
        user.put("/patients/P-1", json!({"name": "Somebody"}))
            .await
            .ok();
        let begun = begin(&user, "first.dcm", 100, json!({"patient_id": "P-1"})).await;
        match list {
            "trash" => {
                let path = format!("/image-files/{}", id_of(&begun["file"]));
                user.delete(&path).await.ok();
            }
            // With fewer, an index answers.
            "patient/P-1" => begin_many(&user, 3).await,
            _ => {}
        }
        stack.fold_all().await;
        unattended(&stack).pack_tail(1).await.expect("a pack");
        let stack = stack.restart().await;
        lose(&stack, 1).await;
        let path = format!("/image-files/{list}?search=first");
        let find = async || stack.user(1).get(&path).await.ok()["total"].clone();
        assert_eq!(find().await, 1, "{list}");
        stack.settle().await;
        stack.clock.advance(HOUR_MS);
        for _ in 0..2 {
            stack.maintain(Task::default()).await;
            stack.clock.advance(HOUR_MS);
        }
        assert!(!stack.versions("segments/1/").await.is_empty(), "{list}");
        assert!(is_packed(&stack, 1).await, "{list}");
        assert_eq!(find().await, 1, "{list}");
        let of_everybody = stack.admin().get(&path).await.ok()["total"].clone();
        assert_eq!(of_everybody, u32::from(list == "patient/P-1"), "{list}");
    }
}

/// Begins so many hundred uploads for the patient P-1.
async fn begin_many(user: &Client, hundreds: u32) {
    let files: Vec<Value> = (0..100)
        .map(|number| json!({"client_file_id": number, "filename": "more.dcm", "size": 1, "patient_id": "P-1"}))
        .collect();
    for _ in 0..hundreds {
        let body = json!({ "files": files });
        let begun = user.post("/uploads/batch", body).await.ok();
        let items = begun["items"].as_array().expect("items");
        assert!(items.iter().all(|item| item["error"].is_null()), "{begun}");
    }
}

#[tokio::test]
async fn a_catalog_that_nobody_can_read_is_made_anew_and_what_nobody_names_is_removed() {
    let stack = TestStack::start().await;
    let key = [("shard", "1"), ("row", "segments")];
    let text = |(name, value): (&str, &str)| (name.to_owned(), AttributeValue::S(value.to_owned()));
    stack.put_row(FOLDS, key.map(text).into()).await;
    let stray = "segments/1/0-stray";
    let put = stack
        .stack
        .bucket
        .put_object()
        .bucket(bucket(&stack))
        .key(stray);
    put.body(b"x".to_vec().into()).send().await.expect("it");
    let mut begun = Vec::new();
    for name in ["first.dcm", "second.dcm", "third.dcm"] {
        begun.push(id_of(
            &begin(&stack.user(1), name, 100, json!({})).await["file"],
        ));
    }
    for path in [
        "/image-files/my-images",
        "/image-files",
        "/image-files/trash",
    ] {
        let page = stack.user(1).get(&format!("{path}?search=second")).await;
        assert_eq!(page.ok()["total"], u32::from(!path.ends_with("trash")));
    }
    stack.settle().await;
    for (pack_anew, spaces) in [(false, 1), (true, 2), (false, 2)] {
        stack.clock.advance(HOUR_MS);
        let task = Task {
            pack_anew,
            ..Task::default()
        };
        assert_eq!(stack.maintain(task).await.packed, spaces);
    }
    assert!(is_packed(&stack, 1).await);
    let is_there = async |key: &str| !stack.versions(key).await.is_empty();
    assert!(!is_there(stray).await);
    // Maintenance folds what no bell was rung for, and packs it as the bell's function does.
    for id in &begun[..2] {
        let before = stack.versions("segments/1/").await;
        stack.user(1).delete(&format!("/uploads/{id}")).await;
        stack.clock.advance(HOUR_MS);
        stack
            .stack
            .maintenance
            .run(Task::default())
            .await
            .expect("a run");
        let old = before
            .last()
            .and_then(|version| version.key().map(str::to_owned));
        assert!(is_there(&old.expect("a segment")).await, "for an hour");
    }
    assert_eq!(stack.versions("segments/1/").await.len(), 2);
}

#[tokio::test]
async fn records_that_were_written_past_the_service_are_found_when_an_operator_has_everything_packed_anew()
 {
    let stack = TestStack::start().await;
    let begun = begin(&stack.user(1), "first.dcm", 100, json!({})).await;
    stack.fold_all().await;
    unattended(&stack).pack_tail(1).await.expect("a pack");
    let mut record = stack.record(id_of(&begun["file"])).await.expect("it");
    record.description = Some("restored".to_owned());
    let restored = service::db::records::file_to_item(&record).expect("a row");
    stack.put_row(FILES, restored).await;
    let task = Task {
        pack_anew: true,
        ..Task::default()
    };
    assert_eq!(stack.maintain(task).await.packed, 2);
    stack.clock.advance(HOUR_MS);
    assert_eq!(stack.maintain(Task::default()).await.packed, 2);
    assert_eq!(stack.maintain(Task::default()).await.packed, 0);
    for space in 0..2 {
        assert!(is_packed(&stack, space).await, "{space}");
    }
    let page = stack.user(1).get("/image-files?search=restored").await.ok();
    assert_eq!(page["total"], 1);
}

#[tokio::test]
async fn no_key_of_the_bucket_and_no_answer_has_anything_of_another_owner_or_a_patient() {
    let stack = TestStack::start().await;
    stack
        .user(1)
        .put("/patients/P-77", json!({"name": "Somebody"}))
        .await
        .ok();
    for user in [1, 2] {
        let extra = json!({"patient_id": "P-77", "description": "secret"});
        begin(&stack.user(user), "chest.dcm", 100, extra).await;
    }
    stack.fold_all().await;
    for space in 0..3 {
        unattended(&stack).pack_tail(space).await.expect("a pack");
    }
    let keys = stack.versions("segments/").await;
    assert_eq!(keys.len(), 3, "{keys:?}");
    for version in keys {
        let key = version.key().expect("a key").to_owned();
        for word in ["P-77", "chest", "secret", "Somebody"] {
            assert!(!key.contains(word), "{key}");
        }
    }
    for user in [1, 2] {
        let page = stack.user(user).get("/image-files?search=chest").await.ok();
        assert_eq!(page["total"], 1);
        assert_eq!(page["items"][0]["uploaded_by"], user);
    }
    let all = stack.admin().get("/image-files?search=chest").await.ok();
    assert_eq!(all["total"], 2);
}

#[tokio::test]
async fn a_file_that_is_gone_does_not_come_back_because_its_beginning_is_folded_later() {
    // Files that begin together are told of in the shard of the first one, what becomes of each in its own.
    for is_first in [true, false] {
        let stack = TestStack::start().await;
        let user = stack.user(1);
        let one = |number: usize| json!({"client_file_id": number.to_string(), "filename": "a.dcm", "size": 10});
        let files: Vec<Value> = (0..8).map(one).collect();
        let begun = user.post("/uploads/batch", json!({ "files": files })).await;
        for item in begun.ok()["items"].as_array().expect("items") {
            let path = format!("/uploads/{}", id_of(&item["file"]));
            user.delete(&path).await.ok();
        }
        let mut shards = stack.unfolded().await;
        assert_eq!(shards.len(), 2);
        if is_first {
            shards.reverse();
        }
        for shard in shards {
            let folded = unattended(&stack).fold_changes(shard).await;
            folded.expect("a fold");
            lists_are_right(&stack).await.expect("right");
        }
        stack.fold_all().await;
        lists_are_right(&stack).await.expect("right");
    }
}

#[tokio::test]
async fn a_purged_file_is_in_no_segment_an_hour_later() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "gone.dcm", 100, json!({})).await;
    begin(&user, "stays.dcm", 100, json!({})).await;
    stack.fold_all().await;
    unattended(&stack).pack_tail(1).await.expect("a pack");
    let before = stack.versions("segments/1/").await;
    assert_eq!(before.len(), 1);
    let path = format!("/uploads/{}", id_of(&begun["file"]));
    stack.user(1).delete(&path).await;
    stack.fold_all().await;
    stack.clock.advance(HOUR_MS);
    begin(&stack.user(1), "new.dcm", 100, json!({})).await;
    stack.fold_all().await;
    unattended(&stack).pack_tail(1).await.expect("a pack");
    let after = stack.versions("segments/1/").await;
    let key = before[0].key();
    assert!(
        after.iter().all(|version| version.key() != key),
        "{after:?}"
    );
}
