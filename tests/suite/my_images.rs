//! `GET /image-files/my-images`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use service::domain::Timestamp;

use crate::harness::list;
use crate::harness::upload::{begin, id_of, unsigned};
use crate::harness::{Client, TestStack};

const LIST: &str = "/image-files/my-images";

/// Begins one upload a millisecond after the other, so that dates tell them apart; returns the records, oldest first.
async fn begin_all<const N: usize>(
    stack: &TestStack,
    client: &Client,
    files: [(&str, Value); N],
) -> Vec<Value> {
    let mut records = Vec::new();
    for (name, extra) in files {
        stack.clock.advance(10);
        records.push(begin(client, name, 100, extra).await["file"].clone());
    }
    records
}

/// The names on a page, as they come.
async fn names(client: &Client, query: &str) -> Vec<String> {
    list::names(client, &format!("{LIST}?{query}")).await
}

#[tokio::test]
async fn a_user_without_files_has_an_empty_list() {
    let stack = TestStack::start().await;
    let page = stack.user(1).get(LIST).await.ok();
    let empty = json!({
        "total": 0, "page": 1, "page_size": 20, "total_pages": 0, "next_cursor": null, "items": [],
    });
    assert_eq!(page, empty);
}

#[tokio::test]
async fn own_files_are_listed_newest_first_and_nobody_elses() {
    let stack = TestStack::start().await;
    for (client, name) in [
        (stack.user(1), "first.dcm"),
        (stack.user(2), "somebody else's.dcm"),
        (stack.admin(), "the administrator's.dcm"),
        (stack.user(1), "second.dcm"),
    ] {
        begin(&client, name, 100, json!({})).await;
    }
    assert_eq!(names(&stack.user(1), "").await, ["second.dcm", "first.dcm"]);
    assert_eq!(
        names(&stack.admin(), "").await,
        ["the administrator's.dcm"],
        "an administrator's own list is their own too"
    );
}

#[tokio::test]
async fn an_item_is_the_whole_record() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(20, 20, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let page = user.get(LIST).await.ok();
    assert_eq!(unsigned(&page["items"]), unsigned(&json!([file])));
}

#[tokio::test]
async fn pages_show_every_file_once_with_the_exact_total() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let names = ["1", "2", "3", "4", "5"];
    let files = begin_all(&stack, &user, names.map(|name| (name, json!({})))).await;
    let mut shown = Vec::new();
    for page_number in 1..=3 {
        let path = format!("{LIST}?page={page_number}&page_size=2");
        let page = user.get(&path).await.ok();
        assert_eq!(page["total"], 5);
        assert_eq!(page["total_pages"], 3);
        assert_eq!(page["page"], page_number);
        assert_eq!(page["page_size"], 2);
        shown.extend(page["items"].as_array().expect("items").clone());
    }
    shown.reverse();
    assert_eq!(shown, files);
    let behind = user.get(&format!("{LIST}?page=4&page_size=2")).await.ok();
    assert_eq!(behind["items"], json!([]));
    assert_eq!(behind["total"], 5);
    assert_eq!(behind["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_cursor_continues_where_the_page_ended() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let names = ["1", "2", "3", "4", "5"];
    let files = begin_all(&stack, &user, names.map(|name| (name, json!({})))).await;
    let first = user.get(&format!("{LIST}?page_size=2")).await.ok();
    let cursor = first["next_cursor"].as_str().expect("more to come");
    // A newer file must not move the second page.
    begin(&user, "6", 100, json!({})).await;
    let second = user
        .get(&format!("{LIST}?page_size=3&cursor={cursor}"))
        .await
        .ok();
    let ids: Vec<_> = second["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(id_of)
        .collect();
    assert_eq!(
        ids,
        [2, 1, 0].map(|position: usize| id_of(&files[position]))
    );
    assert_eq!(second["total"], 6);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn each_filter_narrows_and_all_combine() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    begin_all(
        &stack,
        &user,
        [
            ("a.dcm", json!({"modality": "CT"})),
            ("b.dcm", json!({"modality": "MR"})),
            ("c.jpg", json!({"modality": "CT"})),
            ("d.png", json!({})),
            ("e.tif", json!({})),
            ("f.pdf", json!({})),
        ],
    )
    .await;
    let png = imaging::fixtures::png(20, 20, 1);
    stack.upload(&user, "done.png", &png, json!({})).await;
    for (query, expected) in [
        ("file_type=DICOM", &["b.dcm", "a.dcm"][..]),
        ("file_type=JPEG", &["c.jpg"]),
        ("file_type=PNG", &["done.png", "d.png"]),
        ("file_type=TIFF", &["e.tif"]),
        ("file_type=OTHER", &["f.pdf"]),
        ("modality=CT", &["c.jpg", "a.dcm"]),
        ("status=PROCESSED", &["done.png"]),
        ("file_status=PROCESSED", &["done.png"]),
        ("status=FAILED", &[]),
        ("modality=CT&file_type=DICOM", &["a.dcm"]),
        ("file_type=PNG&status=UPLOADING", &["d.png"]),
        ("file_type=PNG&status=UPLOADING&search=done", &[]),
        ("modality=CT&search=C.JPG", &["c.jpg"]),
    ] {
        assert_eq!(names(&user, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn search_finds_any_part_of_name_or_description_and_takes_signs_literally() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    begin_all(
        &stack,
        &user,
        [
            ("胸部 CT 平扫.dcm", json!({})),
            ("plain.jpg", json!({"description": "Left HAND, two views"})),
            ("100%_sure*.png", json!({})),
            ("Größe.tif", json!({"description": "a\nsecond line"})),
        ],
    )
    .await;
    for (search, expected) in [
        ("平扫", &["胸部 CT 平扫.dcm"][..]),
        ("ct", &["胸部 CT 平扫.dcm"]),
        ("left hand", &["plain.jpg"]),
        ("PLAIN", &["plain.jpg"]),
        ("GRÖSSE", &["Größe.tif"]),
        ("gro\u{308}sse", &["Größe.tif"]),
        ("GRÖßE", &["Größe.tif"]),
        ("second", &["Größe.tif"]),
        ("%", &["100%_sure*.png"]),
        ("_", &["100%_sure*.png"]),
        ("*", &["100%_sure*.png"]),
        (".*", &[]),
        ("%%", &[]),
        ("hand.png", &[]),
    ] {
        let encoded = utf8_percent_encode(search, NON_ALPHANUMERIC);
        assert_eq!(
            names(&user, &format!("search={encoded}")).await,
            expected,
            "{search}"
        );
    }
}

#[tokio::test]
async fn times_bound_the_list_inclusively() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files = begin_all(
        &stack,
        &user,
        ["1", "2", "3", "4"].map(|name| (name, json!({}))),
    )
    .await;
    let at = |position: usize| files[position]["created_at"].as_str().expect("a time");
    let from_second = names(&user, &format!("start_date={}", at(1))).await;
    assert_eq!(from_second, ["4", "3", "2"]);
    let to_third = names(&user, &format!("end_date={}", at(2))).await;
    assert_eq!(to_third, ["3", "2", "1"]);
    let both = format!("start_date={}&end_date={}", at(1), at(2));
    assert_eq!(names(&user, &both).await, ["3", "2"]);
    let reversed = format!("start_date={}&end_date={}", at(2), at(1));
    assert_eq!(names(&user, &reversed).await, [""; 0]);
}

#[tokio::test]
async fn a_plain_date_means_that_day_in_the_configured_zone() {
    const HOUR_MS: i64 = 60 * 60 * 1000;
    let stack = TestStack::start_with(&[("DATE_TIME_ZONE", "Asia/Shanghai")]).await;
    let now = stack.clock.now();
    // Shanghai is eight hours ahead of UTC, without daylight saving time: its next midnight.
    let midnight = 24 * HOUR_MS - (now.0 + 8 * HOUR_MS).rem_euclid(24 * HOUR_MS);
    stack.clock.advance(midnight - 5_000);
    let user = stack.user(1);
    begin(&user, "last of the day", 100, json!({})).await;
    let day = local_day(stack.clock.now());
    stack.clock.advance(10_000);
    begin(&user, "first of the next", 100, json!({})).await;
    let next = local_day(stack.clock.now());
    assert_ne!(day, next);
    for (query, expected) in [
        (
            format!("start_date={day}&end_date={day}"),
            &["last of the day"][..],
        ),
        (format!("start_date={next}"), &["first of the next"]),
        (format!("end_date={day}"), &["last of the day"]),
        (
            format!("start_date={day}&end_date={next}"),
            &["first of the next", "last of the day"],
        ),
    ] {
        assert_eq!(names(&user, &query).await, expected, "{query}");
    }
}

/// The day in Shanghai.
fn local_day(at: Timestamp) -> String {
    at.plus(8 * 60 * 60 * 1000).day()
}

#[tokio::test]
async fn a_caller_who_wants_no_total_gets_none() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    begin_all(&stack, &user, ["1", "2"].map(|name| (name, json!({})))).await;
    let path = format!("{LIST}?include_total=false&page_size=1");
    let page = user.get(&path).await.ok();
    assert_eq!(page["total"], Value::Null);
    assert_eq!(page["total_pages"], Value::Null);
    assert_eq!(page["items"].as_array().expect("items").len(), 1);
    assert!(page["next_cursor"].is_string());
}

#[tokio::test]
async fn every_wrong_parameter_is_refused_by_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let long = format!("search={}", "x".repeat(256));
    for (query, field) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=one", "page"),
        ("page=1.5", "page"),
        ("page=4294967296", "page"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=many", "page_size"),
        ("file_type=dicom", "file_type"),
        ("status=DONE", "status"),
        ("file_status=DONE", "file_status"),
        ("status=FAILED&file_status=FAILED", "file_status"),
        ("modality=ct", "modality"),
        ("start_date=yesterday", "start_date"),
        ("end_date=2026-02-30", "end_date"),
        ("start_date=2026-01-05T25:00:00Z", "start_date"),
        ("include_total=1", "include_total"),
        ("cursor=nonsense", "cursor"),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAA", "cursor"),
        ("page=1&page=2", "page"),
        ("staus=FAILED", "staus"),
        ("PAGE=1", "PAGE"),
        ("uploaded_by=2", "uploaded_by"),
        (&long, "search"),
    ] {
        user.get(&format!("{LIST}?{query}")).await.refuses(&[field]);
    }
    user.get(&format!("{LIST}?page=0&page_size=0&nonsense=1"))
        .await
        .refuses(&["page", "page_size", "nonsense"]);
}

#[tokio::test]
async fn empty_parameters_count_as_absent() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    begin(&user, "a.dcm", 100, json!({})).await;
    let query = "search=&status=&start_date=&page=&cursor=&file_type=";
    assert_eq!(names(&user, query).await, ["a.dcm"]);
}
