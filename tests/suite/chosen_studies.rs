//! Studies and series that a request names: numbers of the file owner's own, and nobody learns of anybody else's.

use imaging::fixtures::{DicomSpec, dicom};
use serde_json::{Value, json};

use crate::harness::upload::begin;
use crate::harness::{Client, Response, TestStack};

/// A slice of this study and series, with a description of its study.
fn slice(study: &str, series: &str, description: &str, seed: u64) -> Vec<u8> {
    let mut text = description.as_bytes().to_vec();
    if text.len() % 2 == 1 {
        text.push(b' ');
    }
    dicom(&DicomSpec {
        study_instance_uid: study.to_owned(),
        series_instance_uid: series.to_owned(),
        extra: vec![(0x0008_1030, *b"LO", text)],
        seed,
        ..DicomSpec::default()
    })
}

async fn patch(client: &Client, file: &Value, mut change: Value) -> Response {
    change["version"] = file["version"].clone();
    client
        .patch(&format!("/image-files/{}", file["id"]), change)
        .await
}

/// An upload of nothing special, with these fields.
async fn upload(client: &Client, fields: &Value) -> Response {
    let mut body = json!({"filename": "a.jpg", "size": 10});
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    client.post("/uploads", body).await
}

/// The problem without the request's id, which always differs.
fn problem(answer: Response, fields: &[&str]) -> Value {
    let mut problem = answer.refuses(fields);
    problem["request_id"] = Value::Null;
    problem
}

#[tokio::test]
async fn somebody_elses_study_is_refused_like_one_that_does_not_exist() {
    let stack = TestStack::start().await;
    let (owner, stranger, admin) = (stack.user(1), stack.user(2), stack.admin());
    let bytes = slice("1.2.1", "1.2.1.1", "", 1);
    let theirs = stack.upload(&owner, "a.dcm", &bytes, json!({})).await;
    let made = owner.post("/studies", json!({})).await.expect(201);
    let own = begin(&stranger, "b.jpg", 10, json!({})).await["file"].clone();
    let nobodys = json!(77);
    for (field, theirs) in [
        ("study_id", &theirs["study_id"]),
        ("study_id", &made["id"]),
        ("series_id", &theirs["series_id"]),
    ] {
        let fields = |id: &Value| json!({ field: id });
        let refused = problem(upload(&stranger, &fields(theirs)).await, &[field]);
        let unknown = problem(upload(&stranger, &fields(&nobodys)).await, &[field]);
        assert_eq!(refused, unknown);
        let item = json!({"client_file_id": 1, "filename": "a", "size": 1, field: theirs});
        let batch = stranger
            .post("/uploads/batch", json!({"files": [item]}))
            .await;
        let error = batch.ok()["items"][0]["error"].clone();
        assert_eq!(error["errors"], unknown["errors"]);
        // An administrator changes a file for its owner, and with what its owner has.
        for caller in [&stranger, &admin] {
            let refused = problem(patch(caller, &own, fields(theirs)).await, &[field]);
            let unknown = problem(patch(caller, &own, fields(&nobodys)).await, &[field]);
            assert_eq!(refused, unknown);
        }
        upload(&owner, &fields(theirs)).await.expect(201);
    }
    let both = json!({"study_id": theirs["study_id"], "series_id": theirs["series_id"]});
    upload(&stranger, &both)
        .await
        .refuses(&["study_id", "series_id"]);
    let with_patient =
        json!({"patient_id": "nobody", "study_id": theirs["study_id"], "series_id": 5});
    upload(&stranger, &with_patient)
        .await
        .refuses(&["patient_id", "study_id", "series_id"]);
    let change = json!({"study_id": theirs["study_id"]});
    assert_eq!(
        patch(&admin, &theirs, change).await.ok()["id"],
        theirs["id"]
    );
}

#[tokio::test]
async fn an_id_is_a_number_in_its_one_spelling() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let study = user.post("/studies", json!({})).await.expect(201);
    let text = study["id"].to_string();
    let point = study["id"].as_f64().expect("a number");
    let file = begin(&user, "b.jpg", 10, json!({})).await["file"].clone();
    for wrong in [
        json!(text),
        json!(point),
        json!(0),
        json!(-1),
        json!(9_007_199_254_740_992_u64),
        json!(true),
        json!([7]),
        json!("1f00aa"),
    ] {
        for field in ["study_id", "series_id"] {
            let fields = json!({ field: wrong });
            upload(&user, &fields).await.refuses(&[field]);
            patch(&user, &file, fields).await.refuses(&[field]);
        }
    }
    upload(&user, &json!({"study_id": study["id"]}))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_series_brings_its_study_and_none_of_another_study_is_taken() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let first = slice("1.2.1", "1.2.1.1", "", 1);
    let first = stack.upload(&user, "a.dcm", &first, json!({})).await;
    let second = slice("1.2.2", "1.2.2.1", "", 2);
    let second = stack.upload(&user, "b.dcm", &second, json!({})).await;
    let (study, series) = (&first["study_id"], &first["series_id"]);
    let other = &second["study_id"];
    let alone = json!({"series_id": series});
    let begun = upload(&user, &alone).await.expect(201)["file"].clone();
    assert_eq!((&begun["study_id"], &begun["series_id"]), (study, series));
    let mixed = json!({"study_id": other, "series_id": series});
    let refused = upload(&user, &mixed).await.refuses(&["series_id"]);
    assert_eq!(refused["errors"][0]["message"], "belongs to another study");
    let mut file = begun;
    patch(&user, &file, mixed).await.refuses(&["series_id"]);
    let without_study = json!({"study_id": null, "series_id": series});
    patch(&user, &file, without_study)
        .await
        .refuses(&["study_id"]);
    let null = &Value::Null;
    for (change, becomes) in [
        (json!({"study_id": study}), (study, series)),
        (json!({"series_id": null}), (study, null)),
        (json!({"series_id": series}), (study, series)),
        // The series stays where it belongs.
        (json!({"study_id": other}), (other, null)),
        (json!({"series_id": series}), (study, series)),
        (json!({"study_id": null}), (null, null)),
        (
            json!({"study_id": study, "series_id": series}),
            (study, series),
        ),
        (json!({"study_id": study, "series_id": null}), (study, null)),
    ] {
        let text = change.to_string();
        file = patch(&user, &file, change).await.ok();
        let now = (&file["study_id"], &file["series_id"]);
        assert_eq!(now, becomes, "{text}");
    }
}

#[tokio::test]
async fn a_study_that_was_chosen_stays_and_the_headers_series_is_not_put_into_it() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let made = user.post("/studies", json!({})).await.expect(201);
    let bytes = slice("1.2.1", "1.2.1.1", "", 1);
    let chosen = json!({"study_id": made["id"]});
    let file = stack.upload(&user, "a.dcm", &bytes, chosen).await;
    assert_eq!(file["study_id"], made["id"]);
    assert_eq!(file["series_id"], Value::Null);
    let of_header = slice("1.2.1", "1.2.1.1", "", 2);
    let of_header = stack.upload(&user, "b.dcm", &of_header, json!({})).await;
    let third = slice("1.2.1", "1.2.1.1", "", 3);
    let chosen = json!({"study_id": of_header["study_id"]});
    let file = stack.upload(&user, "c.dcm", &third, chosen).await;
    assert_eq!(file["series_id"], of_header["series_id"]);
}

#[tokio::test]
async fn what_one_owners_headers_say_is_not_shown_to_another() {
    let stack = TestStack::start().await;
    let (one, two) = (stack.user(1), stack.user(2));
    one.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let about = json!({"patient_id": "P-1"});
    let mut studies = Vec::new();
    for (user, words, seed) in [(&one, "first owner", 1), (&two, "second owner", 2)] {
        let bytes = slice("1.2.1", "1.2.1.1", words, seed);
        let file = stack.upload(user, "a.dcm", &bytes, about.clone()).await;
        studies.push((file["study_id"].clone(), file["series_id"].clone()));
        let listed = user.get("/patients/P-1/studies").await.ok();
        let items = listed["items"].as_array().expect("items");
        assert_eq!(items.len(), 1, "{listed}");
        assert_eq!(items[0]["description"], words);
        assert_eq!(items[0]["file_count"], 1);
    }
    assert_eq!(studies[0], studies[1], "one number for one UID");
    let listed = stack.admin().get("/patients/P-1/studies").await.ok();
    assert_eq!(listed["items"][0]["file_count"], 2);
    assert_eq!(listed["items"][0]["series"][0]["file_count"], 2);
    assert_eq!(listed["items"][0]["description"], "first owner");
}

#[tokio::test]
async fn a_uid_that_is_no_key_belongs_to_nothing_and_the_file_is_processed() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (study, series, belongs) in [
        ("1".repeat(1100), "1.2.3".to_owned(), (false, false)),
        ("1.2.1".to_owned(), "1".repeat(1100), (true, false)),
        ("1".repeat(200), "1.2.4".to_owned(), (true, true)),
    ] {
        let seed = u64::from(belongs.0) + 2 * u64::from(belongs.1);
        let bytes = slice(&study, &series, "", seed);
        let file = stack.upload(&user, "a.dcm", &bytes, json!({})).await;
        assert_eq!(file["status"], "PROCESSED", "{file}");
        let found = (file["study_id"].is_u64(), file["series_id"].is_u64());
        assert_eq!(found, belongs);
    }
}
