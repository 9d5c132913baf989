//! Old rows while nothing has been moved: everything works on them.

use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::maintenance::Task;
use functions::events::verify;
use imaging::fixtures::{DicomSpec, dicom, png};
use local::names::BUCKET;
use local::queue::Faults;
use serde_json::{Value, json};
use service::domain::ObjectKey;
use service::domain::time::DAY_MS;

use super::world::{ON, World, fill, old_world, open, seen};
use crate::harness::old_tables::{OLD, Row};
use crate::harness::upload::{begin, id_of, md5_of};
use crate::harness::{Client, TestStack};

/// Every row of the old tables, in an order of its own.
pub(super) async fn old_rows(stack: &TestStack) -> Vec<String> {
    let mut rows = Vec::new();
    for table in OLD {
        let of_table = stack.rows(table).await;
        rows.extend(
            of_table
                .into_iter()
                .map(|row| format!("{table} {:?}", sorted(row))),
        );
    }
    rows.sort_unstable();
    rows
}

fn sorted(row: Row) -> Vec<(String, String)> {
    let fields = row.into_iter().map(|(name, value)| match value {
        AttributeValue::M(map) => (name, format!("{:?}", sorted(map))),
        value => (name, format!("{value:?}")),
    });
    let mut fields: Vec<_> = fields.collect();
    fields.sort_unstable();
    fields
}

#[tokio::test]
async fn old_rows_are_listed_counted_filtered_and_opened_where_they_are() {
    let stack = TestStack::start().await;
    let world = fill(&stack).await;
    let before = seen(&stack).await;
    stack.age().await;
    let stack = open(stack.close().await, &ON).await;
    assert_eq!(seen(&stack).await, before);
    let user = stack.user(1);
    assert_eq!(stack.download(&user, world.picture).await, world.bytes);
    let urls = json!({"ids": [world.slice, world.picture]});
    let urls = user.post("/image-files/download-urls", urls).await.ok();
    assert_eq!(urls["items"].as_object().map(serde_json::Map::len), Some(2));
    let elements = format!("/image-files/{}/dicom", world.picture);
    user.get(&elements).await.problem(409, "not_dicom");
    // It is this patient's already.
    let given = json!({"ids": [world.slice], "patient_id": "P-1"});
    let given = user.post("/image-files/assign", given).await.ok();
    assert_eq!(given["updated"], json!([world.slice]), "{given}");
    user.post("/studies", json!({"patient_id": "P-1"}))
        .await
        .expect(201);
    // The same bytes are found where they are.
    let same = json!({"filename": "e.png", "size": world.bytes.len(), "md5": md5_of(&world.bytes), "patient_id": "P-1"});
    let mut one = same.clone();
    one["client_file_id"] = json!("1");
    let batch = user
        .post("/uploads/batch", json!({"files": [one]}))
        .await
        .ok();
    assert_eq!(batch["items"][0]["file"]["id"], world.picture, "{batch}");
    let begun = user.post("/uploads", same).await.expect(201);
    assert_eq!(begun["file"]["id"], world.picture, "{begun}");
    let new = json!({"client_file_id": "1", "filename": "f.png", "size": 9, "patient_id": "P-1"});
    let batch = user
        .post("/uploads/batch", json!({"files": [new]}))
        .await
        .ok();
    assert_eq!(batch["items"][0]["file"]["patient_id"], "P-1", "{batch}");
}

/// Changes of many kinds, by user 1; every function that writes takes part.
async fn change_everything(stack: &TestStack, world: &World) {
    let user = stack.user(1);
    let path = |id: i64| format!("/image-files/{id}");
    let file = user.get(&path(world.picture)).await.ok();
    let change = json!({"version": file["version"], "patient_id": "P-2", "description": "new"});
    user.patch(&path(world.picture), change).await.ok();
    let unarchive = format!("{}/unarchive", path(world.archived));
    user.post(&unarchive, Value::Null).await.ok();
    let archive = format!("{}/archive", path(world.slice));
    user.post(&archive, Value::Null).await.ok();
    let restore = format!("{}/restore", path(world.deleted));
    user.post(&restore, Value::Null).await.ok();
    let delete = stack.user(2).delete(&path(world.foreign)).await;
    delete.ok();
    user.put("/patients/Z", json!({"name": "Wang Liu", "version": 1}))
        .await
        .ok();
    let urls = json!({"ids": [world.slice, world.picture]});
    user.post("/image-files/download-urls", urls).await.ok();
    let given = json!({"ids": [world.slice, world.archived], "patient_id": "P-2"});
    let given = user.post("/image-files/assign", given).await.ok();
    assert_eq!(
        given["updated"].as_array().map(Vec::len),
        Some(2),
        "{given}"
    );
    let same = json!({"filename": "e.png", "size": world.bytes.len(), "md5": md5_of(&world.bytes), "patient_id": "P-2"});
    let begun = user.post("/uploads", same.clone()).await.expect(201);
    assert_eq!(
        begun["file"]["id"], world.picture,
        "the same bytes: {begun}"
    );
    let mut one = same;
    one["client_file_id"] = json!("1");
    let batch = user
        .post("/uploads/batch", json!({"files": [one]}))
        .await
        .ok();
    assert_eq!(batch["items"][0]["file"]["id"], world.picture, "{batch}");
    user.delete(&format!("/uploads/{}", world.begun)).await.ok();
}

#[tokio::test]
async fn old_rows_are_changed_in_the_new_tables_and_stay_as_they_were_in_the_old() {
    let (stack, world) = old_world().await;
    let old = old_rows(&stack).await;
    change_everything(&stack, &world).await;
    let (user, admin) = (stack.user(1), stack.admin());
    let file = user
        .get(&format!("/image-files/{}", world.picture))
        .await
        .ok();
    assert_eq!(
        (&file["patient_id"], &file["description"]),
        (&json!("P-2"), &json!("new"))
    );
    assert_eq!(user.get("/image-files/trash").await.ok()["total"], 0);
    assert_eq!(user.get("/patients/Z").await.ok()["name"], "Wang Liu");
    let log = format!("/image-files/{}/access-log", world.picture);
    let log = admin.get(&log).await.ok();
    let actions: Vec<_> = log["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|entry| &entry["action"])
        .collect();
    assert!(actions.len() >= 3, "old entries and new ones: {log}");
    // P-1 has the slice and the restored file of user 1, and user 2's in the trash.
    let refused = admin.delete("/patients/P-1").await;
    let refused = refused.problem(409, "patient_in_use");
    // And what the older version counted: it has no index of the trash.
    assert!(refused["file_count"].as_u64() >= Some(3), "{refused}");
    assert_eq!(old_rows(&stack).await, old);
    stack.fold().await;
    let before = seen(&stack).await;
    // Moved after all of that, nothing that was changed is overwritten.
    let stack = open(stack.close().await, &[]).await;
    assert_eq!(seen(&stack).await, before);
    assert_eq!(old_rows(&stack).await, old);
}

#[tokio::test]
async fn an_upload_may_name_a_patient_who_is_in_the_old_table_only() {
    let (stack, _) = old_world().await;
    let user = stack.user(1);
    let named = |patient| json!({"filename": "new.png", "size": 10, "patient_id": patient});
    user.post("/uploads", named("P-2")).await.expect(201);
    let refused = user.post("/uploads", named("nobody")).await;
    refused.refuses(&["patient_id"]);
}

#[tokio::test]
async fn what_is_removed_does_not_come_back_from_the_old_tables() {
    let (stack, world) = old_world().await;
    let admin = stack.admin();
    admin.delete("/patients/Z").await.ok();
    for path in [world.picture, world.slice, world.archived] {
        stack
            .user(1)
            .delete(&format!("/image-files/{path}"))
            .await
            .ok();
    }
    stack
        .user(1)
        .delete(&format!("/uploads/{}", world.begun))
        .await
        .ok();
    stack.clock.advance(31 * DAY_MS);
    let report = stack.maintain(Task::default()).await;
    assert_eq!((report.purged, report.failed), (5, 0), "{report:?}");
    assert_eq!(
        stack.user(1).get("/image-files/my-images").await.ok()["total"],
        0
    );
    let mut stack = stack;
    for settings in [&ON[..], &[]] {
        stack = open(stack.close().await, settings).await;
        assert_eq!(
            stack.user(1).get("/image-files/my-images").await.ok()["total"],
            0
        );
        assert_eq!(
            stack.user(1).get("/image-files/trash").await.ok()["total"],
            0
        );
        assert_eq!(stack.admin().get("/image-files").await.ok()["total"], 1);
        stack
            .user(1)
            .get("/patients/Z")
            .await
            .problem(404, "not_found");
        let patients = stack.user(1).get("/patients").await.ok();
        assert_eq!(patients["items"].as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test]
async fn a_patient_that_was_deleted_can_be_made_again() {
    let (stack, _) = old_world().await;
    let user = stack.user(1);
    stack.admin().delete("/patients/Z").await.ok();
    user.get("/patients/Z").await.problem(404, "not_found");
    let none = json!({"filename": "a.png", "size": 10, "patient_id": "Z"});
    user.post("/uploads", none.clone())
        .await
        .refuses(&["patient_id"]);
    user.put("/patients/Z", json!({"name": "New"})).await.ok();
    user.post("/uploads", none).await.expect(201);
    let stack = open(stack.close().await, &[]).await;
    let patient = stack.user(1).get("/patients/Z").await.ok();
    assert_eq!(
        (&patient["name"], &patient["medical_record_number"]),
        (&json!("New"), &Value::Null)
    );
}

async fn multipart(user: &Client, name: &str) -> i64 {
    let begun = begin(
        user,
        name,
        super::world::IN_PARTS,
        json!({"patient_id": "P-2"}),
    )
    .await;
    id_of(&begun["file"])
}

#[tokio::test]
async fn an_upload_that_an_older_version_began_goes_on() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-2", json!({"name": "张三"}))
        .await
        .ok();
    let bytes = dicom(&DicomSpec::default());
    let twin = stack.upload_id(&user, "twin.dcm", &bytes, json!({})).await;
    let single = begin(&user, "a.dcm", bytes.len(), json!({"patient_id": "P-2"})).await;
    let [shown, parts, signed, completed] = ["a", "b", "c", "d"].map(|name| format!("{name}.tiff"));
    let shown = multipart(&user, &shown).await;
    let parts = multipart(&user, &parts).await;
    let signed = multipart(&user, &signed).await;
    let completed = multipart(&user, &completed).await;
    stack.age().await;
    let stack = open(stack.close().await, &ON).await;
    let user = stack.user(1);
    user.get(&format!("/uploads/{shown}")).await.ok();
    stack
        .put_part(&user, parts, 1, &vec![0; 16 * 1024 * 1024])
        .await;
    let sign = format!("/uploads/{signed}/sign");
    user.post(&sign, json!({"method": "POST"})).await.ok();
    user.post(&format!("/uploads/{completed}/complete"), json!({}))
        .await;
    // Its URL is of the port that is gone.
    let id = id_of(&single["file"]);
    let file = stack.record(id).await.expect("a record");
    let key = file.object_key().to_string();
    let put = stack.stack.bucket.put_object().bucket(BUCKET).key(&key);
    put.body(bytes.into()).send().await.expect("an object");
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED", "{file}");
    assert_eq!(file["duplicate_of"], twin, "{file}");
    assert_eq!(file["warnings"][0]["code"], "patient_mismatch", "{file}");
}

#[tokio::test]
async fn verification_knows_the_objects_of_old_records_and_attaches_others() {
    let stack = TestStack::start().await;
    let world = fill(&stack).await;
    stack.age().await;
    let stack = open(stack.close().await, &ON).await;
    let run = async |task| {
        let task = verify::Task {
            task,
            all: true,
            ..verify::Task::default()
        };
        stack.stack.verify.run(task).await.expect("a run")
    };
    let report = run(verify::Kind::Reconcile).await;
    assert!(report.objects > 0);
    let found = [&report.orphans, &report.missing, &report.failed];
    assert_eq!(found.map(|found| found.count), [0; 3], "{report:?}");
    let key = ObjectKey {
        uploader: 1,
        id: stack.stack.app.ids.file_id(),
        file_uuid: "7d444840-9dc0-11d1-b245-5ffdce74fad2".to_owned(),
    };
    let put = stack.stack.bucket.put_object().bucket(BUCKET);
    let put = put.key(key.to_string()).body(world.bytes.clone().into());
    put.send().await.expect("an operator may");
    assert_eq!(run(verify::Kind::Reconcile).await.orphans.count, 1);
    let report = run(verify::Kind::Attach).await;
    assert_eq!((report.released.count, report.quarantined.count), (1, 0));
    let counted = run(verify::Kind::Recount).await;
    assert_eq!(counted.failed.count, 1, "old rows have to be moved first");
}

#[tokio::test]
async fn maintenance_finds_what_is_due_in_the_old_tables() {
    let faults = Faults {
        lose_delivery: 1.0,
        ..Faults::default()
    };
    let stack = TestStack::start().await;
    let bytes = png(9, 9, 1);
    let twin = stack
        .upload_id(&stack.user(1), "twin.png", &bytes, json!({}))
        .await;
    let folder = stack.close().await;
    let stack = TestStack::start_over_with(folder, &[], faults.clone()).await;
    let user = stack.user(1);
    user.put("/patients/P-2", json!({"name": "张三"}))
        .await
        .ok();
    let mut ids = Vec::new();
    for seed in 1..3 {
        let bytes = dicom(&DicomSpec {
            seed: seed / 2,
            ..DicomSpec::default()
        });
        let about = json!({"patient_id": "P-2"});
        ids.push(stack.upload_id(&user, "a.dcm", &bytes, about).await);
    }
    ids.push(stack.upload_id(&user, "a.png", &bytes, json!({})).await);
    stack.age().await;
    let stack = TestStack::start_over_with(stack.close().await, &ON, faults).await;
    stack.clock.advance(2 * 60 * 60 * 1000);
    let report = stack.maintain(Task::default()).await;
    assert_eq!((report.processed, report.failed), (3, 0), "{report:?}");
    let user = stack.user(1);
    let file = user.get(&format!("/image-files/{}", ids[2])).await.ok();
    assert_eq!(file["duplicate_of"], twin, "{file}");
    let file = user.get(&format!("/image-files/{}", ids[0])).await.ok();
    assert_eq!(file["warnings"][0]["code"], "patient_mismatch", "{file}");
    let check = Task {
        check_user: Some(1),
        ..Task::default()
    };
    let report = stack.maintain(check).await;
    assert_eq!((report.checked, report.failed), (4, 0), "{report:?}");
}

/// What was done with a file, newest first, without the lists that showed it.
async fn done(stack: &TestStack, file: i64) -> Vec<String> {
    let path = format!("/audit?file_id={file}&page_size=100");
    let page = stack.admin().get(&path).await.ok();
    assert_eq!(page["next_cursor"], Value::Null);
    let items = page["items"].as_array().expect("items").iter();
    let actions = items.map(|entry| entry["action"].as_str().expect("text").to_owned());
    actions.filter(|action| action != "list").collect()
}

#[tokio::test]
async fn old_entries_are_found_by_their_file_and_moved_ones_by_who_did_it_too() {
    let stack = TestStack::start().await;
    let world = fill(&stack).await;
    let before = done(&stack, world.picture).await;
    assert_eq!(before.last().map(String::as_str), Some("upload"));
    stack.age().await;
    let stack = open(stack.close().await, &ON).await;
    assert_eq!(done(&stack, world.picture).await, before);
    let path = format!("/image-files/{}/access-log", world.picture);
    let log = stack.user(1).get(&path).await.ok();
    assert_eq!(log["items"].as_array().map(Vec::len), Some(before.len()));
    // Without the old tables the stack moves them when it starts.
    let stack = open(stack.close().await, &[]).await;
    assert_eq!(done(&stack, world.picture).await, before);
    let by_actor = stack.admin().get("/audit?actor=1&page_size=100").await.ok();
    let found = by_actor["items"].as_array().expect("items").iter();
    let mut of_file = found.filter(|entry| entry["file_id"] == world.picture);
    assert!(of_file.any(|entry| entry["action"] == "upload"));
}

#[tokio::test]
async fn whose_patients_somebody_may_read_old_files_say_too() {
    let (stack, _) = old_world().await;
    let own = [&ON[..], &[("PATIENTS", "own")]].concat();
    let stack = open(stack.close().await, &own).await;
    // Not who made the patient, but who has a file of them.
    let (user, nobody) = (stack.user(2), stack.user(7));
    let patient = user.get("/patients/P-1").await.ok();
    nobody.get("/patients/P-1").await.problem(404, "not_found");
    let found = async |user: &Client| {
        let page = user.get("/patients?search=p-1").await.ok();
        page["items"].as_array().expect("items").len()
    };
    assert_eq!((found(&user).await, found(&nobody).await), (1, 0));
    let renamed = json!({"name": "Somebody else", "version": patient["version"]});
    nobody
        .put("/patients/P-1", renamed.clone())
        .await
        .problem(409, "version_conflict");
    let renamed = user.put("/patients/P-1", renamed).await.ok();
    assert_eq!(renamed["name"], "Somebody else");
}
