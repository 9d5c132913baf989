//! `POST /image-files/assign`.

use futures_util::future::join_all;
use imaging::fixtures::{DicomSpec, dicom, png};
use serde_json::{Value, json};

use crate::harness::upload::{begin, entries, id_of, text};
use crate::harness::{Client, TestStack, recount};

const ASSIGN: &str = "/image-files/assign";

async fn patients(client: &Client) {
    for (id, name) in [("P-1", "张三"), ("P-2", "李四")] {
        let path = format!("/patients/{id}");
        client.put(&path, json!({ "name": name })).await.ok();
    }
}

async fn assign(client: &Client, ids: &[i64], patient: &str) -> Value {
    let asked = json!({"ids": ids, "patient_id": patient});
    client.post(ASSIGN, asked).await.ok()
}

async fn codes(client: &Client, id: i64) -> Vec<String> {
    let file = client.get(&format!("/image-files/{id}")).await.ok();
    let warnings = file["warnings"].as_array().expect("warnings");
    let codes = warnings.iter().map(|warning| text(&warning["code"]));
    codes.map(str::to_owned).collect()
}

#[tokio::test]
async fn each_file_is_the_patients_or_has_its_own_error() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    patients(&user).await;
    let one = id_of(&begin(&user, "a.dcm", 100, json!({})).await["file"]);
    let other = json!({"patient_id": "P-2", "description": "kept"});
    let two = id_of(&begin(&user, "b.dcm", 100, other).await["file"]);
    let foreign = id_of(&begin(&stack.user(2), "c.dcm", 100, json!({})).await["file"]);
    let deleted = id_of(&begin(&user, "d.dcm", 100, json!({})).await["file"]);
    user.delete(&format!("/image-files/{deleted}")).await.ok();
    let answer = assign(&user, &[two, one, foreign, deleted, 5, one], "P-1").await;
    assert_eq!(answer["updated"], json!([one, two]), "each once, ascending");
    let errors = answer["errors"].as_object().expect("errors");
    assert_eq!(errors.len(), 3);
    for id in [foreign, deleted, 5] {
        let error = &answer["errors"][id.to_string()];
        assert_eq!(error["code"], "not_found", "{id}");
        assert!(!text(&error["message"]).is_empty());
    }
    let listed = recount::all(&user, "/image-files/patient/P-1").await;
    assert_eq!(listed.len(), 2);
    assert_eq!(
        recount::all(&user, "/image-files/patient/P-2").await.len(),
        0
    );
    let kept = user.get(&format!("/image-files/{two}")).await.ok();
    assert_eq!(kept["description"], "kept");
}

#[tokio::test]
async fn a_change_is_logged_and_what_was_so_before_is_no_new_version() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    patients(&user).await;
    let id = id_of(&begin(&user, "a.dcm", 100, json!({})).await["file"]);
    let admin = stack.admin();
    for (client, patient, version) in [(&user, "P-1", 2), (&user, "P-1", 2), (&admin, "P-2", 3)] {
        let answer = assign(client, &[id], patient).await;
        assert_eq!(answer["updated"], json!([id]));
        let file = user.get(&format!("/image-files/{id}")).await.ok();
        assert_eq!(file["version"], version);
        assert_eq!(file["patient_id"], patient);
    }
    let log = user
        .get(&format!("/image-files/{id}/access-log"))
        .await
        .ok();
    let actions: Vec<&str> = log["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|entry| text(&entry["action"]))
        .collect();
    assert_eq!(
        actions,
        ["view", "update", "view", "view", "view", "update", "upload"]
    );
    let by_admin = entries(&stack, &id.to_string(), crate::harness::stack::ADMIN).await;
    assert_eq!(by_admin.len(), 1);
}

#[tokio::test]
async fn the_warning_about_the_patient_follows_the_choice() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    patients(&user).await;
    let numbered = json!({"name": "王五", "medical_record_number": "P-1"});
    user.put("/patients/W-5", numbered).await.ok();
    let spec = DicomSpec::default();
    let slice = stack
        .upload_id(&user, "a.dcm", &dicom(&spec), json!({}))
        .await;
    let picture = stack
        .upload_id(&user, "a.png", &png(8, 8, 1), json!({}))
        .await;
    for (patient, expected) in [
        ("P-2", &["patient_mismatch"][..]),
        ("P-1", &[]),
        ("P-2", &["patient_mismatch"]),
        ("W-5", &[]),
    ] {
        assign(&user, &[slice, picture], patient).await;
        assert_eq!(codes(&user, slice).await, expected, "{patient}");
        assert!(codes(&user, picture).await.is_empty(), "it has no header");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_changes_the_same_files_meanwhile_is_in_nobodys_way() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    patients(&user).await;
    let mut ids = Vec::new();
    for _ in 0..16 {
        ids.push(id_of(&begin(&user, "a.dcm", 100, json!({})).await["file"]));
    }
    let turns = ["P-1", "P-2", "P-1", "P-2", "P-1", "P-2"];
    let answers = join_all(turns.map(|patient| assign(&user, &ids, patient))).await;
    for answer in answers {
        assert_eq!(answer["updated"], json!(ids), "{answer}");
        assert_eq!(answer["errors"], json!({}));
    }
    let there = recount::all(&user, "/image-files/patient/P-1").await.len()
        + recount::all(&user, "/image-files/patient/P-2").await.len();
    assert_eq!(there, ids.len(), "each with one of them");
}

#[tokio::test]
async fn a_thousand_files_are_changed_by_one_request() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    patients(&user).await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        let files: Vec<_> = (0..100)
            .map(|number| json!({"client_file_id": number, "filename": "a.dcm", "size": 10}))
            .collect();
        let begun = user
            .post("/uploads/batch", json!({ "files": files }))
            .await
            .ok();
        let items = begun["items"].as_array().expect("items");
        ids.extend(items.iter().map(|item| id_of(&item["file"])));
    }
    ids.sort_unstable();
    let answer = assign(&user, &ids, "P-1").await;
    assert_eq!(answer["updated"], json!(ids));
    let page = user.get("/image-files/patient/P-1?page_size=1").await.ok();
    assert_eq!(page["total"], 1000);
    stack.fold().await;
    let found = user.get("/image-files?patient_id=P-1&page_size=1").await;
    assert_eq!(found.ok()["total"], 1000);
}

#[tokio::test]
async fn every_wrong_field_is_refused_by_name_and_nothing_changes() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    patients(&user).await;
    let file = begin(&user, "a.dcm", 100, json!({})).await["file"].clone();
    let ids = json!([file["id"]]);
    for (field, value) in [
        ("ids", Value::Null),
        ("ids", json!([])),
        ("ids", json!(file["id"])),
        ("ids", json!(["x"])),
        ("ids", json!((1..=1001).collect::<Vec<_>>())),
        ("patient_id", Value::Null),
        ("patient_id", json!("nobody")),
        ("patient_id", json!("a b")),
        ("version", json!(1)),
    ] {
        let mut asked = json!({"ids": ids, "patient_id": "P-1"});
        asked[field] = value;
        user.post(ASSIGN, asked).await.refuses(&[field]);
    }
    user.post(ASSIGN, json!({})).await.refuses(&["patient_id"]);
    let read = user.get(&format!("/image-files/{}", file["id"])).await.ok();
    assert_eq!(read, file);
}

#[tokio::test]
async fn the_files_of_a_series_are_given_and_the_others_of_its_study_are_not() {
    let stack = TestStack::start().await;
    let (user, other) = (stack.user(1), stack.user(2));
    patients(&user).await;
    let slice = |seed: u64, series: &str| {
        dicom(&DicomSpec {
            sop_instance_uid: format!("1.2.3.{seed}"),
            series_instance_uid: format!("1.2.3.99.{series}"),
            seed,
            ..DicomSpec::default()
        })
    };
    let mut files = Vec::new();
    for (seed, series) in [(1, "1"), (2, "1"), (3, "2")] {
        let bytes = slice(seed, series);
        files.push(stack.upload(&user, "a.dcm", &bytes, json!({})).await);
    }
    let theirs = stack
        .upload(&other, "a.dcm", &slice(4, "1"), json!({}))
        .await;
    assert_eq!(theirs["series_id"], files[0]["series_id"]);
    let (study, series) = (&files[0]["study_id"], &files[0]["series_id"]);
    let asked = json!({"study_id": study, "series_id": series, "patient_id": "P-2"});
    let answer = user.post(ASSIGN, asked.clone()).await.ok();
    let ids = json!([files[0]["id"], files[1]["id"]]);
    assert_eq!(answer, json!({"updated": ids, "errors": {}}));
    for (client, file) in [(&user, &files[2]), (&other, &theirs)] {
        let path = format!("/image-files/{}", file["id"]);
        assert_eq!(client.get(&path).await.ok()["patient_id"], Value::Null);
    }
    let without = |field: &str| {
        let mut asked = asked.clone();
        asked.as_object_mut().expect("fields").remove(field);
        asked
    };
    let with = |field: &str, value: Value| {
        let mut asked = asked.clone();
        asked[field] = value;
        asked
    };
    let mut with_ids = without("study_id");
    with_ids["ids"] = ids.clone();
    for (body, field) in [
        (without("study_id"), "series_id"),
        (with("series_id", json!(77)), "series_id"),
        (with("study_id", json!(77)), "series_id"),
        (with("ids", ids), "ids"),
        (with_ids, "series_id"),
    ] {
        user.post(ASSIGN, body).await.refuses(&[field]);
    }
    stack
        .user(3)
        .post(ASSIGN, asked)
        .await
        .refuses(&["series_id"]);
}

#[tokio::test]
async fn the_files_of_a_study_are_given_together_and_those_of_others_are_not() {
    let stack = TestStack::start().await;
    let (user, other) = (stack.user(1), stack.user(2));
    patients(&user).await;
    let slice = |seed| {
        dicom(&DicomSpec {
            sop_instance_uid: format!("1.2.3.{seed}"),
            seed,
            ..DicomSpec::default()
        })
    };
    let mut ids = Vec::new();
    for seed in 1..=3 {
        ids.push(
            stack
                .upload_id(&user, "a.dcm", &slice(seed), json!({}))
                .await,
        );
    }
    let foreign = stack.upload_id(&other, "a.dcm", &slice(4), json!({})).await;
    let path = format!("/image-files/{}", ids[0]);
    let study = user.get(&path).await.ok()["study_id"].clone();
    let deleted = ids.remove(2);
    user.delete(&format!("/image-files/{deleted}")).await.ok();
    let asked = json!({"study_id": study, "patient_id": "P-2"});
    let answer = user.post(ASSIGN, asked).await.ok();
    assert_eq!(answer, json!({"updated": ids, "errors": {}}));
    let of_other = other.get(&format!("/image-files/{foreign}")).await.ok();
    assert_eq!(of_other["patient_id"], Value::Null);
    for (body, field) in [
        (json!({"patient_id": "P-1"}), "ids"),
        (
            json!({"ids": ids, "study_id": study, "patient_id": "P-1"}),
            "ids",
        ),
        (json!({"study_id": 77, "patient_id": "P-1"}), "study_id"),
    ] {
        user.post(ASSIGN, body).await.refuses(&[field]);
    }
    let none = json!({"study_id": study, "patient_id": "P-1"});
    let stranger = stack.user(3);
    stranger.post(ASSIGN, none).await.refuses(&["study_id"]);
}
