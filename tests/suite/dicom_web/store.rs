//! STOW-RS.

use http::Method;
use imaging::fixtures::{DicomSpec, dicom, png};
use serde_json::{Value, json};
use service::domain::arrival::Arrival;

use super::{Slice, get, values};
use crate::harness::client::caller;
use crate::harness::meter::serve_function;
use crate::harness::mortal::Script;
use crate::harness::{Client, Response, TestStack};

const KIND: &str = "multipart/related; type=\"application/dicom\"; boundary=\"a b\"";

fn body(parts: &[&[u8]]) -> Vec<u8> {
    let mut body = b"a preamble\r\n".to_vec();
    for part in parts {
        body.extend_from_slice(b"--a b\r\nContent-Type: application/dicom\r\n\r\n");
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--a b--\r\n");
    body
}

async fn send(client: &Client, path: &str, kind: &str, body: Vec<u8>) -> Response {
    let headers = [("content-type", kind), ("accept", "application/dicom+json")];
    let path = format!("/dicom-web{path}");
    client.send(Method::POST, &path, &headers, body).await
}

/// Status, UIDs that are stored, and UIDs that are not with the reasons.
fn outcome(answer: &Response) -> (u16, Vec<Value>, Vec<(Value, u64)>) {
    assert_eq!(
        answer.header("content-type"),
        "application/dicom+json",
        "{}",
        answer.text()
    );
    let items = |tag| {
        values(&answer.json, tag)
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let uid = |item: &Value| values(item, "00081155")[0].clone();
    let stored = items("00081199").iter().map(uid).collect();
    let failed = items("00081198");
    let failed = failed.iter().map(|item| {
        let reason = values(item, "00081197")[0].as_u64();
        (uid(item), reason.expect("a reason"))
    });
    (answer.status.as_u16(), stored, failed.collect())
}

/// The slice of this number of one series.
fn nth(instance: u32) -> Slice {
    Slice {
        instance,
        ..Slice::default()
    }
}

/// Other bytes that say they are the same instance.
fn others_of(slice: &Slice) -> Vec<u8> {
    dicom(&DicomSpec {
        seed: 99,
        ..slice.spec()
    })
}

async fn files_of(client: &Client) -> u64 {
    let page = client.get("/image-files/my-images").await.ok();
    page["total"].as_u64().expect("a number")
}

#[tokio::test]
async fn instances_are_stored_and_come_back_byte_for_byte() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slices: Vec<Slice> = (1..=2).map(nth).collect();
    let bytes: Vec<Vec<u8>> = slices.iter().map(Slice::bytes).collect();
    let parts: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let answer = send(&user, "/studies", KIND, body(&parts)).await;
    assert_eq!(
        outcome(&answer),
        (200, vec![json!("1.2.1.1.1"), json!("1.2.1.1.2")], vec![])
    );
    let base = format!("{}/dicom-web/studies/1.2.1", stack.stack.url);
    assert_eq!(values(&answer.json, "00081190"), json!([base]));
    let first = &values(&answer.json, "00081199")[0];
    assert_eq!(
        values(first, "00081150"),
        json!(["1.2.840.10008.5.1.4.1.1.2"])
    );
    assert_eq!(
        values(first, "00081190"),
        json!([format!("{base}/series/1.2.1.1/instances/1.2.1.1.1")])
    );
    stack.settle().await;
    for (slice, bytes) in slices.iter().zip(&bytes) {
        let back = get(&user, &slice.path(), "application/dicom").await;
        assert_eq!(back.bytes, *bytes);
    }
    let file = user.get("/image-files/my-images").await.ok()["items"][0].clone();
    assert_eq!(
        (&file["status"], &file["file_type"]),
        (&json!("PROCESSED"), &json!("DICOM"))
    );
    assert_eq!(file["original_filename"], "1.2.1.1.2.dcm");
}

#[tokio::test]
async fn what_is_there_is_no_second_file_and_other_bytes_are_refused() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = Slice::default();
    let bytes = slice.bytes();
    let other = others_of(&slice);
    let uid = json!("1.2.1.1.1");
    for path in ["/studies", "/studies/1.2.1"] {
        // In one request, and after it is processed.
        let answer = send(&user, path, KIND, body(&[&bytes, &bytes, &other])).await;
        assert_eq!(
            outcome(&answer),
            (
                202,
                vec![uid.clone(), uid.clone()],
                vec![(uid.clone(), 0x0111)]
            )
        );
        stack.settle().await;
        let answer = send(&user, path, KIND, body(&[&bytes])).await;
        assert_eq!(outcome(&answer), (200, vec![uid.clone()], vec![]));
        let answer = send(&user, path, KIND, body(&[&other])).await;
        assert_eq!(outcome(&answer), (409, vec![], vec![(uid.clone(), 0x0111)]));
        assert_eq!(files_of(&user).await, 1);
    }
    // Somebody else has their own.
    let theirs = stack.user(2);
    let answer = send(&theirs, "/studies", KIND, body(&[&other])).await;
    assert_eq!(outcome(&answer), (200, vec![uid], vec![]));
    let third = Slice {
        study: 3,
        ..Slice::default()
    };
    let answer = send(&theirs, "/studies/1.2.3", KIND, body(&[&third.bytes()])).await;
    assert_eq!(outcome(&answer).0, 200);
}

#[tokio::test]
async fn what_is_on_its_way_is_no_second_file_either() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = Slice::default();
    let bytes = slice.bytes();
    let other = others_of(&slice);
    let uid = json!("1.2.1.1.1");
    // At once, and again before anybody has processed it.
    let same = || send(&user, "/studies", KIND, body(&[&bytes]));
    let answers = tokio::join!(same(), same(), same());
    for answer in [answers.0, answers.1, answers.2, same().await] {
        assert_eq!(outcome(&answer), (200, vec![uid.clone()], vec![]));
    }
    let answer = send(&user, "/studies", KIND, body(&[&other])).await;
    assert_eq!(outcome(&answer), (409, vec![], vec![(uid.clone(), 0x0111)]));
    assert_eq!(files_of(&user).await, 1);
    stack.settle().await;
    assert_eq!(files_of(&user).await, 1);
    let back = get(&user, &slice.path(), "application/dicom").await;
    assert_eq!(back.bytes, bytes);
    // The file is in the trash now, so other bytes may take its place.
    let file = user.get("/image-files/my-images").await.ok()["items"][0].clone();
    user.delete(&format!("/image-files/{}", file["id"]))
        .await
        .ok();
    let answer = send(&user, "/studies", KIND, body(&[&other])).await;
    assert_eq!(outcome(&answer), (200, vec![uid], vec![]));
    stack.settle().await;
    assert_eq!(files_of(&user).await, 1);
}

/// Sends to a process of its own, to which `script` happens.
async fn send_to(stack: &TestStack, script: &Script, body: Vec<u8>) -> Response {
    let app = stack.app_with(script).await;
    let url = serve_function(app, "store-instances").await;
    let user = stack.user(1).at(&url);
    send(&user, "/studies", KIND, body).await
}

#[tokio::test]
async fn an_instance_whose_store_died_anywhere_is_stored_by_the_next_one() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let whole = Script::quiet();
    let answer = send_to(&stack, &whole, body(&[&nth(1).bytes()])).await;
    assert_eq!(outcome(&answer).0, 200);
    let mut sent = 1;
    for at in 0..whole.calls() {
        for deaf in [false, true] {
            sent += 1;
            let (bytes, uid) = (nth(sent).bytes(), nth(sent).instance_uid());
            send_to(&stack, &Script::dies(at, deaf), body(&[&bytes])).await;
            let answer = send(&user, "/studies", KIND, body(&[&bytes])).await;
            let stored = (200, vec![json!(uid)], vec![]);
            assert_eq!(outcome(&answer), stored, "{at} {deaf}");
        }
    }
    stack.settle().await;
    let listed = user.get("/image-files/my-images?page_size=100").await.ok();
    assert_eq!(listed["total"], sent);
    let mut statuses = listed["items"].as_array().expect("items").iter();
    assert!(
        statuses.all(|file| file["status"] == "PROCESSED"),
        "{listed}"
    );
}

#[tokio::test]
async fn who_died_with_other_bytes_is_waited_for_a_minute() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = Slice::default();
    let uid = slice.instance_uid();
    let files = &stack.stack.app.files;
    let taken = files
        .arrive(&caller(1, false), &uid, "of other bytes")
        .await;
    assert!(matches!(taken, Ok(Arrival::New(_))));
    let answer = send(&user, "/studies", KIND, body(&[&slice.bytes()])).await;
    assert_eq!(outcome(&answer), (409, vec![], vec![(json!(uid), 0x0111)]));
    stack.clock.advance(61_000);
    let answer = send(&user, "/studies", KIND, body(&[&slice.bytes()])).await;
    assert_eq!(outcome(&answer), (200, vec![json!(uid)], vec![]));
}

#[tokio::test]
async fn an_object_whose_answer_was_lost_is_stored() {
    let stack = TestStack::start().await;
    let whole = Script::quiet();
    let mut sent = store_two(&stack, &whole, 1).await;
    for lost in 0..whole.calls() {
        let script = Script::deaf(lost);
        sent = store_two(&stack, &script, sent).await;
        assert_eq!(script.calls(), whole.calls() + 1, "the SDK asks again");
    }
    assert!(whole.calls() >= 2, "each object is sent");
    stack.settle().await;
    let listed = stack.user(1).get("/image-files/my-images").await.ok();
    assert_eq!(listed["total"], sent - 1);
}

/// Stores two instances, from number `next` on, by a process to whose calls of the bucket `script` happens; answers the number after them.
async fn store_two(stack: &TestStack, script: &Script, next: u32) -> u32 {
    let app = stack.app_with_bucket(script).await;
    let url = serve_function(app, "store-instances").await;
    let user = stack.user(1).at(&url);
    let slices = [nth(next).bytes(), nth(next + 1).bytes()];
    let parts: Vec<&[u8]> = slices.iter().map(Vec::as_slice).collect();
    let answer = send(&user, "/studies", KIND, body(&parts)).await;
    let (status, stored, failed) = outcome(&answer);
    assert_eq!((status, stored.len(), failed), (200, parts.len(), vec![]));
    next + 2
}

#[tokio::test]
async fn every_instance_has_an_outcome_of_its_own() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let good = Slice::default().bytes();
    let elsewhere = Slice {
        study: 2,
        ..Slice::default()
    };
    let long = DicomSpec {
        sop_instance_uid: format!("1.{}", "2".repeat(63)),
        ..Slice::default().spec()
    };
    let letters = DicomSpec {
        study_instance_uid: "1.2.a".to_owned(),
        ..Slice::default().spec()
    };
    let cut = &good[..200];
    let parts = [
        &good[..],
        &elsewhere.bytes(),
        &png(8, 8, 1),
        &dicom(&long),
        &dicom(&letters),
        cut,
        b"",
    ];
    let answer = send(&user, "/studies/1.2.1", KIND, body(&parts)).await;
    let (status, stored, failed) = outcome(&answer);
    assert_eq!((status, stored), (202, vec![json!("1.2.1.1.1")]));
    let reasons: Vec<u64> = failed.iter().map(|(_, reason)| *reason).collect();
    assert_eq!(reasons, [0xA900, 0xC000, 0xC000, 0xC000, 0xC000, 0xC000]);
    stack.settle().await;
    assert_eq!(files_of(&user).await, 1, "nothing is half stored");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_stores_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = Slice::default().bytes();
    let whole = body(&[&bytes]);
    let many = body(&vec![&b"x"[..]; 201]);
    for (kind, body, status, code) in [
        (KIND, whole[..whole.len() - 10].to_vec(), 400, "bad_request"),
        (KIND, Vec::new(), 400, "bad_request"),
        (KIND, b"nothing of that kind".to_vec(), 400, "bad_request"),
        (
            KIND,
            b"--a b\r\nContent-Length: 5\r\n\r\nx\r\n--a b--".to_vec(),
            400,
            "bad_request",
        ),
        (KIND, many, 400, "bad_request"),
        (
            "multipart/related; type=\"application/dicom\"",
            whole.clone(),
            400,
            "bad_request",
        ),
        (
            "multipart/related; type=\"application/dicom+json\"; boundary=\"a b\"",
            whole.clone(),
            415,
            "unsupported_media_type",
        ),
        ("application/dicom", bytes, 415, "unsupported_media_type"),
        (
            "application/json",
            b"{}".to_vec(),
            415,
            "unsupported_media_type",
        ),
        (
            KIND,
            [whole.clone(), vec![0; 4_400_000]].concat(),
            413,
            "too_large",
        ),
    ] {
        let answer = send(&user, "/studies", kind, body).await;
        let problem = answer.problem(status, code);
        if status == 413 {
            let said = problem["detail"].as_str().unwrap_or_default();
            assert!(said.contains("/api/v1/uploads"), "{said}");
        }
    }
    let answer = send(&user, "/studies?limit=1", KIND, whole.clone()).await;
    answer.problem(400, "bad_request");
    let answer = send(&user, "/studies/1.2.x", KIND, whole.clone()).await;
    answer.problem(400, "bad_request");
    let headers = [("content-type", KIND), ("accept", "text/xml")];
    let answer = user
        .send(Method::POST, "/dicom-web/studies", &headers, whole)
        .await;
    answer.problem(406, "not_acceptable");
    stack.settle().await;
    assert_eq!(files_of(&user).await, 0);
}
