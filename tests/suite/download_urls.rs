//! `POST /image-files/download-urls`.

use http::Method;
use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of, md5_of, text};

const URLS: &str = "/image-files/download-urls";

#[tokio::test]
async fn each_file_has_its_url_or_its_own_error() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(300, 300, 1);
    let good = stack.upload_id(&user, "影像.png", &bytes, json!({})).await;
    let waiting = id_of(&begin(&user, "b.png", 100, json!({})).await["file"]);
    let foreign = stack
        .upload_id(&stack.user(2), "c.png", &bytes, json!({}))
        .await;
    let deleted = id_of(&begin(&user, "d.png", 100, json!({})).await["file"]);
    user.delete(&format!("/image-files/{deleted}")).await.ok();
    let asked = json!({"ids": [good, waiting, foreign, deleted, 5], "variant": "original"});
    let answer = user.post(URLS, asked).await.ok();
    let items = answer["items"].as_object().expect("items");
    assert_eq!(items.keys().collect::<Vec<_>>(), [&good.to_string()]);
    let errors = &answer["errors"];
    for (id, code) in [
        (waiting, "not_ready"),
        (foreign, "not_found"),
        (deleted, "not_found"),
        (5, "not_found"),
    ] {
        let error = &errors[id.to_string()];
        assert_eq!(error["code"], code, "{id}");
        assert!(!text(&error["message"]).is_empty());
    }
    let item = &answer["items"][good.to_string()];
    assert_eq!(item["filename"], "影像.png");
    assert_eq!(item["file_hash"], md5_of(&bytes));
    let object = stack
        .bucket(Method::GET, text(&item["url"]), &[], &[])
        .await;
    assert_eq!(object.bytes, bytes);
}

#[tokio::test]
async fn pictures_can_be_asked_for_too() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let good = stack
        .upload_id(&user, "a.png", &png(600, 600, 1), json!({}))
        .await;
    let none = stack.upload_id(&user, "b.pdf", b"%PDF-1", json!({})).await;
    let mut sizes = Vec::new();
    for variant in ["thumbnail", "preview"] {
        let asked = json!({"ids": [good, none], "variant": variant});
        let answer = user.post(URLS, asked).await.ok();
        assert_eq!(answer["errors"][none.to_string()]["code"], "not_ready");
        let item = &answer["items"][good.to_string()];
        assert_eq!(item["mime_type"], "image/jpeg");
        let picture = stack
            .bucket(Method::GET, text(&item["url"]), &[], &[])
            .await;
        assert_eq!(picture.header("content-type"), "image/jpeg");
        sizes.push(picture.bytes.len());
    }
    assert!(sizes[0] < sizes[1], "the preview is the larger one");
}

#[tokio::test]
async fn every_wrong_field_is_refused_by_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for ids in [
        json!(null),
        json!([]),
        json!(5),
        json!(["5"]),
        json!([0]),
        json!([-1]),
        json!([1.5]),
        json!([1.0]),
        json!(["01"]),
        json!([9_007_199_254_740_992_u64]),
        json!((1..=101).collect::<Vec<_>>()),
    ] {
        user.post(URLS, json!({"ids": ids, "variant": "original"}))
            .await
            .refuses(&["ids"]);
    }
    for variant in [json!("Original"), json!("dicom"), json!(1)] {
        user.post(URLS, json!({"ids": [1], "variant": variant}))
            .await
            .refuses(&["variant"]);
    }
    user.post(URLS, json!({"variant": "original"}))
        .await
        .refuses(&["ids"]);
    user.post(
        URLS,
        json!({"ids": [1], "variant": "original", "expires_in": 60}),
    )
    .await
    .refuses(&["expires_in"]);
}

#[tokio::test]
async fn a_hundred_files_are_asked_for_at_once() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files: Vec<_> = (0..100)
        .map(|number| json!({"client_file_id": number, "filename": "a.png", "size": 10}))
        .collect();
    let begun = user
        .post("/uploads/batch", json!({"files": files}))
        .await
        .ok();
    let ids: Vec<Value> = begun["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["file"]["id"].clone())
        .collect();
    let asked = json!({"ids": ids, "variant": "original"});
    let answer = user.post(URLS, asked).await.ok();
    let errors = answer["errors"].as_object().expect("errors");
    assert_eq!(errors.len(), 100);
    assert!(errors.values().all(|error| error["code"] == "not_ready"));
}
