//! Files of studies and series in reading order.

use serde_json::{Value, json};

use super::{Slice, upload};
use crate::harness::{Client, TestStack};

const TRANSVERSE: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
const CORONAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0];

/// The ids of a stack, read in pages of `page_size`.
pub(super) async fn ids(client: &Client, path: &str, page_size: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{path}?page_size={page_size}&cursor={cursor}");
        let page = client.get(&path).await.ok();
        let items = page["items"].as_array().expect("items");
        ids.extend(items.iter().map(|item| item["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return ids,
        }
    }
}

/// In reading order.
fn in_order() -> Vec<Slice> {
    let series = |uid: &str, number| Slice {
        series: format!("1.2.1.{uid}"),
        series_number: number,
        ..Slice::default()
    };
    let numbered = |instance, slice: Slice| Slice { instance, ..slice };
    let at = |z: f64, directions| Some(([0.0, z, z], directions));
    vec![
        Slice {
            instance: 9,
            place: at(-20.0, TRANSVERSE),
            ..series("1", Some(-1))
        },
        Slice {
            instance: 8,
            place: at(-2.5, TRANSVERSE),
            ..series("1", Some(-1))
        },
        Slice {
            instance: 7,
            place: at(10.0, TRANSVERSE),
            ..series("1", Some(-1))
        },
        Slice {
            instance: 1,
            place: at(0.0, CORONAL),
            ..series("1", Some(-1))
        },
        Slice {
            instance: 2,
            place: at(5.0, CORONAL),
            ..series("1", Some(-1))
        },
        numbered(3, series("1", Some(-1))),
        numbered(1, series("2", Some(2))),
        numbered(2, series("2", Some(2))),
        numbered(2, series("2", Some(2))),
        numbered(10, series("2", Some(2))),
        numbered(1, series("3", None)),
        numbered(2, series("3", None)),
    ]
}

#[tokio::test]
async fn files_are_read_by_series_number_then_place_then_instance_number() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    // Sent in another order.
    let slices = in_order();
    let mut files = vec![Value::Null; slices.len()];
    for step in 0..slices.len() {
        let place = step * 5 % slices.len();
        let seed = place as u64 + 1;
        let slice = Slice {
            seed,
            ..slices[place].clone()
        };
        files[place] = upload(&stack, &user, &slice).await;
    }
    // What came first of two with the same number is read first.
    if files[7]["id"].as_u64() > files[8]["id"].as_u64() {
        files.swap(7, 8);
    }
    stack.fold().await;
    let wanted: Vec<Value> = files.iter().map(|file| file["id"].clone()).collect();
    let study = format!("/studies/{}/files", files[0]["study_id"]);
    for page_size in [1, 5, 12, 500] {
        assert_eq!(ids(&user, &study, page_size).await, wanted, "{page_size}");
    }
    for range in [0..6, 6..10, 10..12] {
        let series = format!("/series/{}/files", files[range.start]["series_id"]);
        for page_size in [1, 4, 500] {
            assert_eq!(ids(&user, &series, page_size).await, wanted[range.clone()]);
        }
    }
    let shown = user
        .get(&format!("/studies/{}", files[0]["study_id"]))
        .await
        .ok();
    let numbers: Vec<&Value> = shown["series"]
        .as_array()
        .expect("series")
        .iter()
        .map(|series| &series["number"])
        .collect();
    assert_eq!(numbers, [&json!(-1), &json!(2), &Value::Null]);
}

#[tokio::test]
async fn a_series_whose_headers_disagree_about_its_number_is_whole() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut files = Vec::new();
    for (seed, number) in [
        (1, Some(3)),
        (2, Some(1)),
        (3, None),
        (4, Some(i64::from(i32::MAX))),
    ] {
        let slice = Slice {
            seed,
            series_number: number,
            ..Slice::default()
        };
        files.push(upload(&stack, &user, &slice).await);
    }
    let order = [1, 0, 3, 2].map(|place: usize| files[place]["id"].clone());
    let path = format!("/series/{}/files", files[0]["series_id"]);
    // Before its files are counted, and after.
    assert_eq!(ids(&user, &path, 2).await, order);
    stack.fold().await;
    for page_size in [1, 3, 4] {
        assert_eq!(ids(&user, &path, page_size).await, order);
    }
}

#[tokio::test]
async fn a_file_in_the_trash_is_in_no_stack_and_cursors_go_on() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut files = Vec::new();
    for seed in 1..=5 {
        let instance = i64::try_from(seed).expect("small");
        let slice = Slice {
            instance,
            seed,
            ..Slice::default()
        };
        files.push(upload(&stack, &user, &slice).await);
    }
    stack.fold().await;
    let path = format!("/studies/{}/files", files[0]["study_id"]);
    let first = user.get(&format!("{path}?page_size=2")).await.ok();
    for place in [1, 2] {
        user.delete(&format!("/image-files/{}", files[place]["id"]))
            .await
            .ok();
    }
    let next = first["next_cursor"].as_str().expect("a cursor");
    let rest = user
        .get(&format!("{path}?page_size=9&cursor={next}"))
        .await
        .ok();
    let rest: Vec<&Value> = rest["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| &item["id"])
        .collect();
    assert_eq!(rest, [&files[3]["id"], &files[4]["id"]]);
    assert_eq!(ids(&user, &path, 2).await.len(), 3);
    let other = format!("/series/{}/files?cursor={next}", files[0]["series_id"]);
    user.get(&other).await.refuses(&["cursor"]);
}
