//! `POST /uploads`.

use http::Method;
use serde_json::{Value, json};

use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of, md5_of, text, unsigned};

const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn a_small_file_is_sent_by_one_put() {
    let stack = TestStack::start().await;
    let begun = begin(&stack.user(1), "a.png", 100, json!({})).await;
    assert_eq!(begun["duplicate"], false);
    let upload = begun["upload"].as_object().expect("an upload");
    let names: Vec<_> = upload.keys().map(String::as_str).collect();
    assert_eq!(names, ["expires_at", "headers", "method", "url"]);
    assert_eq!(upload["method"], "single");
    let file = &begun["file"];
    assert_eq!(file["status"], "UPLOADING");
    assert_eq!(file["is_chunked"], false);
    assert_eq!(file["total_chunks"], 1);
    assert_eq!(file["uploaded_chunks"], json!([]));
    assert_eq!(file["upload_progress"], 0);
    assert_eq!(file["file_type"], "PNG");
    assert_eq!(file["mime_type"], "image/png");
    assert_eq!(file["uploaded_by"], 1);
    assert_eq!(file["version"], 1);
}

#[tokio::test]
async fn the_record_keeps_every_field_that_was_given() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "王小明"}))
        .await
        .ok();
    let given = json!({
        "mime_type": "application/dicom",
        "patient_id": "P-1",
        "modality": "CT",
        "body_part": "胸部",
        "study_date": "2026-01-05",
        "description": "two\nlines",
    });
    let file = begin(&user, "胸部 CT 平扫.dcm", 100, given.clone()).await["file"].clone();
    for (field, value) in given.as_object().expect("fields") {
        assert_eq!(&file[field], value, "{field}");
    }
    assert_eq!(file["original_filename"], "胸部 CT 平扫.dcm");
    assert_eq!(file["file_type"], "DICOM");
    assert_eq!(file["file_size"], 100);
}

#[tokio::test]
async fn nothing_of_a_person_is_in_the_object_key() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-SECRET", json!({"name": "Secret"}))
        .await
        .ok();
    let extra = json!({"patient_id": "P-SECRET", "description": "secret"});
    let file = begin(&user, "secret.png", 100, extra).await["file"].clone();
    let key = text(&file["storage_path"]);
    let expected = format!("originals/1/{}/{}", file["id"], text(&file["file_uuid"]));
    assert_eq!(key, expected);
}

#[tokio::test]
async fn a_large_file_is_sent_in_parts_and_the_first_ten_are_signed() {
    let stack = TestStack::start().await;
    let size = 200 * MIB + 1;
    let body = json!({"filename": "a.dcm", "size": size});
    let begun = stack.user(1).post("/uploads", body).await.expect(201);
    let upload = &begun["upload"];
    assert_eq!(upload["method"], "multipart");
    assert_eq!(upload["part_size"], 16 * MIB);
    assert_eq!(upload["total_parts"], 13);
    assert!(!text(&upload["upload_id"]).is_empty());
    let numbers: Vec<_> = upload["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|part| part["part_number"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    assert_eq!(begun["file"]["is_chunked"], true);
    assert_eq!(begun["file"]["total_chunks"], 13);
}

#[tokio::test]
async fn exactly_16_mib_is_one_put_and_a_byte_more_is_two_parts() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (size, method) in [(16 * MIB, "single"), (16 * MIB + 1, "multipart")] {
        let body = json!({"filename": "a.dcm", "size": size});
        let begun = user.post("/uploads", body).await.expect(201);
        assert_eq!(begun["upload"]["method"], method, "{size}");
    }
}

#[tokio::test]
async fn the_largest_file_there_can_be_is_sent_in_parts() {
    let stack = TestStack::start().await;
    for size in [MIB * 1024 * 20 - 1, MIB * 1024 * 20] {
        let body = json!({"filename": "a.dcm", "size": size});
        let begun = stack.user(1).post("/uploads", body).await.expect(201);
        let part_size = begun["upload"]["part_size"].as_u64().expect("a size");
        let total = begun["upload"]["total_parts"].as_u64().expect("a number");
        assert!(total <= 10_000, "{size}: {total} parts");
        assert_eq!(total, size.div_ceil(part_size), "{size}");
    }
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused() {
    let stack = TestStack::start_with(&[("MAX_UPLOAD_BYTES", "1000")]).await;
    let user = stack.user(1);
    begin(&user, "a.png", 1000, json!({})).await;
    for size in [json!(1001), json!(u64::MAX)] {
        let body = json!({"filename": "a.png", "size": size});
        user.post("/uploads", body).await.problem(413, "too_large");
    }
    assert_eq!(total(&stack).await, 1);
}

/// Wrong values by field.
fn wrong_values() -> Vec<(&'static str, Value)> {
    let long_name = "x".repeat(256);
    let long_text = "x".repeat(2001);
    let long_part = "x".repeat(65);
    vec![
        ("filename", json!(null)),
        ("filename", json!("")),
        ("filename", json!(7)),
        ("filename", json!(["a"])),
        ("filename", json!(long_name)),
        ("filename", json!("..")),
        ("filename", json!("../../etc/passwd")),
        ("filename", json!("..\\..\\boot.ini")),
        ("filename", json!("/absolute.png")),
        ("filename", json!("line\nbreak.png")),
        ("filename", json!("nul\u{0}.png")),
        ("filename", json!("\u{1b}[2J.png")),
        ("filename", json!("exe.\u{202e}gnp")),
        ("size", json!(null)),
        ("size", json!(0)),
        ("size", json!(-1)),
        ("size", json!(1.5)),
        ("size", json!("100")),
        ("size", json!(1e300)),
        ("size", json!(true)),
        ("mime_type", json!("png")),
        ("mime_type", json!("image/png\r\nX-Evil: 1")),
        ("mime_type", json!(5)),
        ("patient_id", json!("P 1")),
        ("patient_id", json!("../P-1")),
        ("patient_id", json!("")),
        ("patient_id", json!(1.0)),
        ("patient_id", json!(0)),
        ("study_id", json!("7")),
        ("study_id", json!(7.0)),
        ("series_id", json!("a#b")),
        ("series_id", json!(0)),
        ("modality", json!("ct")),
        ("modality", json!("C T")),
        ("modality", json!("ABCDEFGHIJKLMNOPQ")),
        ("body_part", json!(long_part)),
        ("body_part", json!("a\tb")),
        ("study_date", json!("05.01.2026")),
        ("study_date", json!("2026-02-30")),
        ("study_date", json!("20260105")),
        ("description", json!(long_text)),
        ("description", json!("bell\u{7}")),
        ("description", json!({})),
        ("md5", json!("abc")),
        ("md5", json!("g".repeat(32))),
        ("allow_duplicate", json!("yes")),
        ("allow_duplicate", json!(1)),
        ("patientid", json!("P-1")),
        ("Filename", json!("a.png")),
        ("client_file_id", json!("1")),
    ]
}

#[tokio::test]
async fn every_wrong_field_is_refused_by_name_and_nothing_is_written() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (field, value) in wrong_values() {
        let mut body = json!({"filename": "a.png", "size": 100});
        body[field] = value;
        user.post("/uploads", body).await.refuses(&[field]);
    }
    user.post("/uploads", json!({}))
        .await
        .refuses(&["filename", "size"]);
    assert_eq!(total(&stack).await, 0);
}

#[tokio::test]
async fn the_longest_allowed_texts_are_kept_whole() {
    let stack = TestStack::start().await;
    let extra = json!({"description": "文".repeat(2000), "body_part": "部".repeat(64)});
    let name = "影".repeat(255);
    let file = begin(&stack.user(1), &name, 100, extra.clone()).await["file"].clone();
    assert_eq!(file["original_filename"], name);
    assert_eq!(file["description"], extra["description"]);
    assert_eq!(file["body_part"], extra["body_part"]);
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let send = async |body: &'static [u8]| user.send(Method::POST, "/uploads", &[], body).await;
    for body in [
        &b""[..],
        b"{",
        b"filename=a.png&size=1",
        b"{\"filename\": \"a.png\", \"size\": 1,}",
        b"\xff\xfe",
        b"{\"filename\": \"\xff\", \"size\": 1}",
        b"{\"size\": NaN}",
    ] {
        send(body).await.problem(400, "not_json");
    }
    for body in [&b"[]"[..], b"null", b"\"text\"", b"7"] {
        send(body).await.refuses(&["body"]);
    }
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    user.send(Method::POST, "/uploads", &[], deep)
        .await
        .problem(400, "not_json");
}

#[tokio::test]
async fn a_body_of_more_than_a_megabyte_is_refused() {
    let stack = TestStack::start().await;
    let body = json!({"filename": "a.png", "size": 1, "description": "x".repeat(1024 * 1024)});
    stack
        .user(1)
        .post("/uploads", body)
        .await
        .problem(413, "too_large");
}

#[tokio::test]
async fn a_patient_study_or_series_that_does_not_exist_is_refused_and_nothing_is_written() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (size, fields) in [
        (100, &["patient_id"][..]),
        (100, &["study_id"]),
        (100, &["series_id"]),
        (20 * MIB, &["patient_id"]),
        (20 * MIB, &["patient_id", "study_id", "series_id"]),
    ] {
        let mut body = json!({"filename": "a.dcm", "size": size});
        for field in fields {
            body[*field] = json!(77);
        }
        user.post("/uploads", body).await.refuses(fields);
    }
    assert_eq!(total(&stack).await, 0);
}

#[tokio::test]
async fn bytes_the_caller_has_already_need_not_be_sent_again() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(20, 20, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let declared = json!({"md5": md5_of(&bytes).to_uppercase()});
    let begun = begin(&user, "b.png", bytes.len(), declared).await;
    assert_eq!(begun["duplicate"], true);
    assert_eq!(begun["upload"], Value::Null);
    assert_eq!(unsigned(&begun["file"]), unsigned(&file));
    assert_eq!(total(&stack).await, 1);
}

#[tokio::test]
async fn only_the_same_bytes_of_the_same_user_that_are_still_there_are_duplicates() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(20, 20, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let md5 = md5_of(&bytes);
    let same = json!({"md5": md5});
    let wanted = json!({"md5": md5, "allow_duplicate": true});
    let other = json!({"md5": md5_of(b"other bytes")});
    for (client, size, extra) in [
        (stack.user(2), bytes.len(), &same),
        (stack.admin(), bytes.len(), &same),
        (user.clone(), bytes.len() + 1, &same),
        (user.clone(), bytes.len(), &other),
        (user.clone(), bytes.len(), &wanted),
    ] {
        let begun = begin(&client, "b.png", size, extra.clone()).await;
        assert_eq!(begun["duplicate"], false, "{size} {extra}");
    }
    let path = format!("/image-files/{}", id_of(&file));
    user.delete(&path).await.ok();
    let begun = begin(&user, "c.png", bytes.len(), same).await;
    assert_eq!(begun["duplicate"], false, "a deleted file is none");
}

#[tokio::test]
async fn a_file_in_the_trash_with_these_bytes_is_named_beside_the_upload() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(20, 20, 1);
    let md5 = md5_of(&bytes);
    let same = json!({"md5": md5});
    let mut trashed = Vec::new();
    for _ in 0..2 {
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        user.delete(&format!("/image-files/{id}")).await.ok();
        trashed.push(id);
    }
    let wanted = json!({"md5": md5, "allow_duplicate": true});
    for (client, size, extra, expected) in [
        (user.clone(), bytes.len(), &same, json!(trashed[1])),
        (user.clone(), bytes.len() + 1, &same, Value::Null),
        (user.clone(), bytes.len(), &wanted, Value::Null),
        (stack.user(2), bytes.len(), &same, Value::Null),
        (stack.admin(), bytes.len(), &same, Value::Null),
    ] {
        let begun = begin(&client, "b.png", size, extra.clone()).await;
        assert_eq!(begun["duplicate_in_trash"], expected, "{size} {extra}");
        assert_eq!(begun["duplicate"], false);
        assert!(begun["upload"].is_object(), "it may be sent all the same");
    }
    let item = json!({"client_file_id": 1, "filename": "b.png", "size": bytes.len(), "md5": md5});
    let batch = json!({"files": [item, {"client_file_id": 2, "filename": "", "size": 1}]});
    let answer = user.post("/uploads/batch", batch).await.ok();
    let [first, wrong] = &answer["items"].as_array().expect("items")[..] else {
        panic!("two answers: {answer}");
    };
    assert_eq!(first["duplicate_in_trash"], trashed[1]);
    assert_eq!(wrong["duplicate_in_trash"], Value::Null);
    let restore = format!("/image-files/{}/restore", trashed[1]);
    user.post(&restore, Value::Null).await.ok();
    let begun = begin(&user, "c.png", bytes.len(), same).await;
    assert_eq!(begun["duplicate"], true);
    assert_eq!(
        begun["duplicate_in_trash"],
        Value::Null,
        "it is there again"
    );
}

#[tokio::test]
async fn the_bucket_takes_the_declared_bytes_and_no_others() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(20, 20, 1);
    let declared = json!({"md5": md5_of(&bytes)});
    let begun = begin(&user, "a.png", bytes.len(), declared).await;
    let upload = &begun["upload"];
    let mut other = bytes.clone();
    other[30] ^= 1;
    let refused = stack.put_single(upload, &other).await;
    assert_eq!(refused.status, 400, "other content: {}", refused.text());
    let refused = stack.put_single(upload, &[&bytes[..], b"!"].concat()).await;
    assert_eq!(refused.status, 403, "another length: {}", refused.text());
    let mut unsigned = upload.clone();
    unsigned["headers"]["Content-MD5"] = json!("1B2M2Y8AsgTpgAmY7PhCfg==");
    let refused = stack.put_single(&unsigned, b"").await;
    assert_eq!(refused.status, 403, "another MD5: {}", refused.text());
    assert_eq!(stack.put_single(upload, &bytes).await.status, 200);
    stack.settle().await;
    let path = format!("/image-files/{}", id_of(&begun["file"]));
    assert_eq!(user.get(&path).await.ok()["file_hash"], md5_of(&bytes));
}

#[tokio::test]
async fn a_url_used_again_never_overwrites_the_original() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(20, 20, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    assert_eq!(stack.put_single(&begun["upload"], &bytes).await.status, 200);
    stack.settle().await;
    let mut forged = bytes.clone();
    forged[30] ^= 1;
    let again = stack.put_single(&begun["upload"], &forged).await;
    assert_eq!(again.status, 412, "{}", again.text());
    let mut without = begun["upload"].clone();
    without["headers"]
        .as_object_mut()
        .expect("headers")
        .remove("If-None-Match");
    let again = stack.put_single(&without, &forged).await;
    assert_eq!(
        again.status,
        403,
        "the condition is signed: {}",
        again.text()
    );
    stack.settle().await;
    assert_eq!(stack.download(&user, id_of(&begun["file"])).await, bytes);
}

/// Files of everybody, by the counters.
async fn total(stack: &TestStack) -> u64 {
    stack.fold().await;
    let summary = stack
        .admin()
        .get("/image-files/stats/summary?scope=all")
        .await
        .ok();
    summary["total_files"].as_u64().expect("a number")
}
