//! `POST /uploads/batch`.

use imaging::fixtures::png;
use local::names::BUCKET;
use serde_json::{Value, json};

use crate::harness::upload::{id_of, md5_of, unsigned};
use crate::harness::{TestStack, recount};

const BATCH: &str = "/uploads/batch";

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("items")
}

#[tokio::test]
async fn a_hundred_files_begin_at_once_in_their_order() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files: Vec<_> = (0..100)
        .map(|number| {
            let size = if number % 50 == 0 { 20 << 20 } else { 100 };
            json!({"client_file_id": format!("c{number}"), "filename": format!("{number}.dcm"), "size": size})
        })
        .collect();
    let answer = user.post(BATCH, json!({"files": files})).await.ok();
    assert_eq!(items(&answer).len(), 100);
    for (number, item) in items(&answer).iter().enumerate() {
        assert_eq!(item["client_file_id"], format!("c{number}"));
        assert_eq!(item["file"]["original_filename"], format!("{number}.dcm"));
        assert_eq!(item["duplicate"], false);
        assert_eq!(item["error"], Value::Null);
        let method = if number % 50 == 0 {
            "multipart"
        } else {
            "single"
        };
        assert_eq!(item["upload"]["method"], method);
    }
    let listed = recount::all(&user, "/image-files/my-images").await;
    assert_eq!(listed.len(), 100);
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&listed));
}

#[tokio::test]
async fn a_bad_item_harms_no_other() {
    let stack = TestStack::start_with(&[("MAX_UPLOAD_BYTES", "1000")]).await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let files = json!([
        {"client_file_id": 1, "filename": "a.png", "size": 100, "patient_id": "P-1"},
        {"client_file_id": 2, "filename": "../b.png", "size": 100},
        {"client_file_id": 3, "filename": "c.png", "size": 100, "patient_id": "nobody"},
        {"client_file_id": 4, "filename": "d.png", "size": 1001},
        {"client_file_id": 5, "filename": "e.png", "size": 100, "colour": "red"},
        {"filename": "f.png", "size": 100},
        "g.png",
        {"client_file_id": 8, "filename": "h.png", "size": 100, "study_id": 77},
        {"client_file_id": "9", "filename": "i.png", "size": 100},
        {"client_file_id": 10, "filename": "j.png", "size": 100, "patient_id": "nobody", "study_id": 77},
    ]);
    let answer = user.post(BATCH, json!({"files": files})).await.ok();
    let outcome: Vec<_> = items(&answer)
        .iter()
        .map(|item| {
            let error = &item["error"];
            let field = error["errors"][0]["field"].as_str().unwrap_or_default();
            (error["code"].as_str().unwrap_or("created"), field)
        })
        .collect();
    let expected = [
        ("created", ""),
        ("invalid", "filename"),
        ("invalid", "patient_id"),
        ("too_large", ""),
        ("invalid", "colour"),
        ("invalid", "client_file_id"),
        ("invalid", "files"),
        ("invalid", "study_id"),
        ("created", ""),
        ("invalid", "patient_id"),
    ];
    assert_eq!(outcome, expected);
    for item in items(&answer) {
        let is_created = item["error"].is_null();
        assert_eq!(item["file"].is_object(), is_created, "{item}");
        assert_eq!(item["upload"].is_object(), is_created, "{item}");
    }
    let listed = recount::all(&user, "/image-files/my-images").await;
    assert_eq!(listed.len(), 2);
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&listed));
}

#[tokio::test]
async fn what_began_can_be_sent_and_what_is_known_need_not() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (old, new) = (png(8, 8, 1), png(8, 8, 2));
    let known = stack.upload(&user, "a.png", &old, json!({})).await;
    let files = json!([
        {"client_file_id": "old", "filename": "b.png", "size": old.len(), "md5": md5_of(&old)},
        {"client_file_id": "new", "filename": "c.png", "size": new.len(), "md5": md5_of(&new)},
    ]);
    let answer = user.post(BATCH, json!({"files": files})).await.ok();
    let [duplicate, begun] = &items(&answer)[..] else {
        panic!("two answers");
    };
    assert_eq!(duplicate["duplicate"], true);
    assert_eq!(unsigned(&duplicate["file"]), unsigned(&known));
    assert_eq!(duplicate["upload"], Value::Null);
    assert_eq!(stack.put_single(&begun["upload"], &new).await.status, 200);
    stack.settle().await;
    assert_eq!(stack.download(&user, id_of(&begun["file"])).await, new);
}

#[tokio::test]
async fn files_of_many_patients_begin_together() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut files = Vec::new();
    for number in 0..60 {
        let id = format!("P-{number}");
        let path = format!("/patients/{id}");
        user.put(&path, json!({"name": "Somebody"})).await.ok();
        let file =
            json!({"client_file_id": number, "filename": "a.png", "size": 10, "patient_id": id});
        files.push(file);
    }
    let answer = user.post(BATCH, json!({"files": files})).await.ok();
    assert!(items(&answer).iter().all(|item| item["error"].is_null()));
    for number in [0, 31, 59] {
        let list = format!("/image-files/patient/P-{number}");
        assert_eq!(recount::all(&user, &list).await.len(), 1);
    }
}

#[tokio::test]
async fn a_large_file_that_cannot_begin_leaves_no_upload_in_the_bucket() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let large = json!({"client_file_id": 1, "filename": "a.bin", "size": 100_000_000, "patient_id": "nobody"});
    let answer = user.post(BATCH, json!({"files": [large]})).await.ok();
    assert_eq!(items(&answer)[0]["error"]["code"], "invalid");
    let bucket = &stack.stack.bucket;
    let open = bucket.list_multipart_uploads().bucket(BUCKET).send().await;
    assert!(open.expect("an answer").uploads().is_empty());
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let item = json!({"client_file_id": 1, "filename": "a.png", "size": 1});
    for files in [
        json!(null),
        json!([]),
        json!({}),
        json!("a.png"),
        json!(vec![item.clone(); 101]),
    ] {
        user.post(BATCH, json!({"files": files}))
            .await
            .refuses(&["files"]);
    }
    user.post(BATCH, json!({})).await.refuses(&["files"]);
    user.post(BATCH, json!({"files": [item], "patient_id": "P-1"}))
        .await
        .refuses(&["patient_id"]);
    assert_eq!(recount::all(&user, "/image-files/my-images").await.len(), 0);
}

#[tokio::test]
async fn a_user_may_leave_so_many_uploads_unfinished_and_no_more() {
    let stack = TestStack::start_with(&[("MAX_UNFINISHED_UPLOADS", "3")]).await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let item = |number: u32| json!({"client_file_id": number, "filename": "b.png", "size": 10});
    let mut known = item(0);
    (known["md5"], known["size"]) = (file["file_hash"].clone(), json!(bytes.len()));
    let files = [known, item(1), item(2), item(3), item(4), item(5)];
    let answer = user.post(BATCH, json!({"files": files})).await.ok();
    let codes: Vec<_> = items(&answer)
        .iter()
        .map(|item| item["error"]["code"].as_str().unwrap_or("begun"))
        .collect();
    let too_many = "too_many_uploads";
    assert_eq!(
        codes,
        ["begun", "begun", "begun", "begun", too_many, too_many]
    );
    assert_eq!(items(&answer)[0]["duplicate"], true, "it needs no room");
    let one = json!({"filename": "c.png", "size": 10});
    user.post("/uploads", one.clone())
        .await
        .problem(409, too_many);
    stack
        .user(2)
        .post("/uploads", one.clone())
        .await
        .expect(201);
    let begun = items(&answer)[1]["file"]["id"].clone();
    user.delete(&format!("/uploads/{begun}")).await.ok();
    user.post("/uploads", one.clone()).await.expect(201);
    user.post("/uploads", one).await.problem(409, too_many);
}
