//! `PUT /patients/{patient_id}`.

use serde_json::{Value, json};

use crate::harness::TestStack;

#[tokio::test]
async fn a_patient_is_created_and_then_changed_and_keeps_what_is_not_sent() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let all = json!({
        "name": "王小明", "medical_record_number": "MRN 7", "sex": "F", "birth_date": "1970-12-31",
    });
    let created = user.put("/patients/P-1", all.clone()).await.ok();
    assert_eq!(created["patient_id"], "P-1");
    for (field, value) in all.as_object().expect("fields") {
        assert_eq!(&created[field], value, "{field}");
    }
    stack.clock.advance(5_000);
    let change = json!({"name": "王大明", "sex": null, "version": created["version"]});
    let changed = stack.user(2).put("/patients/P-1", change).await.ok();
    let mut expected = created.clone();
    expected["name"] = json!("王大明");
    expected["sex"] = Value::Null;
    assert_ne!(changed["updated_at"], created["updated_at"]);
    expected["updated_at"] = changed["updated_at"].clone();
    expected["version"] = json!(2);
    assert_eq!(changed, expected);
    assert_eq!(user.get("/patients/P-1").await.ok(), changed);
}

#[tokio::test]
async fn a_change_needs_the_version_that_is_there_and_is_told_the_current_one() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let first = json!({"name": "王小明", "medical_record_number": "7"});
    let created = user.put("/patients/P-1", first.clone()).await.ok();
    for version in [json!(null), json!(0), json!(2)] {
        let change = json!({"name": "another", "version": version});
        let answer = user.put("/patients/P-1", change).await;
        let problem = answer.problem(409, "version_conflict");
        assert_eq!(problem["current"], created, "{version}");
    }
    // What changes nothing needs none, and is no change.
    for same in [first, json!({}), json!({"name": "王小明", "version": 7})] {
        let same = user.put("/patients/P-1", same).await.ok();
        assert_eq!(same, created);
    }
    let gone = json!({"name": "Somebody", "version": 1});
    let answer = user.put("/patients/P-2", gone).await;
    answer.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_write_the_same_version_at_once_one_is_heard() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for version in 0..5 {
        let writes = (0..6).map(|writer| {
            let mut body = json!({"name": format!("{version} by {writer}")});
            if version > 0 {
                body["version"] = json!(version);
            }
            user.put("/patients/P-1", body)
        });
        let answers = futures_util::future::join_all(writes).await;
        let done = answers.iter().filter(|answer| answer.status == 200);
        assert_eq!(done.count(), 1, "{version}: {answers:?}");
        let stale = answers.iter().filter(|answer| answer.status == 409);
        assert_eq!(stale.count(), 5, "{version}");
        let now = user.get("/patients/P-1").await.ok();
        assert_eq!(now["version"], version + 1);
        let heard = answers.iter().find(|answer| answer.status == 200);
        assert_eq!(heard.map(|answer| &answer.json), Some(&now));
    }
}

#[tokio::test]
async fn a_patient_of_an_older_version_is_their_first_one() {
    const PATIENTS: &str = "filmroom-PatientsTable";
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "王小明"}))
        .await
        .ok();
    let mut row = stack.rows(PATIENTS).await.remove(0);
    for name in ["version", "created_by"] {
        row.remove(name).expect("an attribute of this version");
    }
    stack.put_row(PATIENTS, row).await;
    let read = user.get("/patients/P-1").await.ok();
    assert_eq!(read["version"], 1);
    let change = json!({"name": "王大明", "version": 1});
    let changed = user.put("/patients/P-1", change.clone()).await.ok();
    assert_eq!(changed["version"], 2);
    let again = user
        .put("/patients/P-1", json!({"name": "x", "version": 1}))
        .await;
    again.problem(409, "version_conflict");
    user.put("/patients/P-1", change).await.ok();
}

#[tokio::test]
async fn every_wrong_field_is_refused_by_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let long = "x".repeat(201);
    for (field, value) in [
        ("name", json!(null)),
        ("name", json!("")),
        ("name", json!(7)),
        ("name", json!("line\nbreak")),
        ("name", json!(long)),
        ("medical_record_number", json!("")),
        ("medical_record_number", json!(["7"])),
        ("version", json!("1")),
        ("version", json!(-1)),
        ("sex", json!("f")),
        ("sex", json!("X")),
        ("sex", json!(true)),
        ("birth_date", json!("1970-02-30")),
        ("birth_date", json!("31.12.1970")),
        ("birth_date", json!("1970-12-31T00:00:00Z")),
        ("patient_id", json!("P-1")),
        ("file_count", json!(0)),
        ("created_at", json!("2026-01-05T14:30:22.000Z")),
    ] {
        let mut body = json!({"name": "Somebody"});
        body[field] = value;
        user.put("/patients/P-1", body).await.refuses(&[field]);
    }
    user.put("/patients/P-1", json!({}))
        .await
        .refuses(&["name"]);
    user.get("/patients/P-1").await.problem(404, "not_found");
}

#[tokio::test]
async fn an_id_is_what_hospitals_number_patients_with() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let longest = "9".repeat(64);
    for id in ["P-1", "2026.0001_a", longest.as_str()] {
        let body = json!({"name": "Somebody"});
        user.put(&format!("/patients/{id}"), body).await.ok();
    }
    let too_long = "9".repeat(65);
    for id in ["a%20b", "%E7%8E%8B", "a%2Fb", "a%23b", too_long.as_str()] {
        user.put(&format!("/patients/{id}"), json!({"name": "Somebody"}))
            .await
            .refuses(&["patient_id"]);
    }
}
