//! Cursors: exact while files come and go, opaque, bound to their caller and query, and of no use when changed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::property::holds;
use crate::harness::upload::{begin, id_of, text};
use crate::harness::{Client, TestStack};

/// Draws the walks.
const SEED: [u8; 32] = *b"nothing twice, and nothing lost!";
/// Walks of one run.
const CASES: u32 = 12;

/// A walk along a list: what is there at first, the page size, and what happens between two pages.
#[derive(Clone, Debug)]
struct Walk {
    at_first: usize,
    page_size: usize,
    list: &'static str,
    between: Vec<Vec<Event>>,
}

#[derive(Clone, Debug)]
enum Event {
    /// A file that the list shows, or one that its filter leaves out.
    Add { is_shown: bool },
    /// One of the files that are there.
    Delete(usize),
}

fn walks() -> impl Strategy<Value = Walk> {
    let event = prop_oneof![
        any::<bool>().prop_map(|is_shown| Event::Add { is_shown }),
        (0..1000usize).prop_map(Event::Delete),
    ];
    let between = prop::collection::vec(prop::collection::vec(event, 0..4), 12);
    let list = prop_oneof![
        Just("/image-files/my-images?file_type=DICOM"),
        Just("/image-files/my-images?search=shown"),
        Just("/image-files?modality=CT"),
        Just("/image-files/patient/P-1?status=UPLOADING"),
    ];
    (1..25usize, 1..6usize, list, between).prop_map(|(at_first, page_size, list, between)| Walk {
        at_first,
        page_size,
        list,
        between,
    })
}

#[test]
fn a_walk_by_cursor_gives_nothing_twice_and_skips_nothing_that_was_there_throughout() {
    holds(&SEED, CASES, &walks(), &go);
}

async fn go(walk: &Walk) -> Result<(), String> {
    let stack = TestStack::start().await;
    let (user, admin) = (stack.user(1), stack.admin());
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let mut there = Vec::new();
    for _ in 0..walk.at_first {
        there.push(add(&user, true).await);
    }
    let mut throughout: BTreeSet<i64> = there.iter().copied().collect();
    // An administrator's list of everything is merged from shards.
    let reader = if walk.list.starts_with("/image-files?") {
        &admin
    } else {
        &user
    };
    let mut between = walk.between.iter();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{}&page_size={}{cursor}", walk.list, walk.page_size);
        let page = reader.get(&path).await.ok();
        seen.extend(page["items"].as_array().expect("items").iter().map(id_of));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        for event in between.next().into_iter().flatten() {
            match event {
                Event::Add { is_shown } => there.push(add(&user, *is_shown).await),
                Event::Delete(nth) if !there.is_empty() => {
                    let id = there.remove(nth % there.len());
                    user.delete(&format!("/image-files/{id}")).await.ok();
                    throughout.remove(&id);
                }
                Event::Delete(_) => {}
            }
        }
    }
    if !seen.windows(2).all(|pair| pair[0] > pair[1]) {
        return Err(format!("not newest first, or something twice: {seen:?}"));
    }
    let skipped: Vec<_> = throughout.iter().filter(|id| !seen.contains(id)).collect();
    if skipped.is_empty() {
        Ok(())
    } else {
        Err(format!("skipped: {skipped:?}"))
    }
}

async fn add(user: &Client, is_shown: bool) -> i64 {
    let begun = if is_shown {
        let extra = json!({"patient_id": "P-1", "modality": "CT"});
        begin(user, "shown.dcm", 100, extra).await
    } else {
        begin(user, "left out.png", 100, json!({})).await
    };
    id_of(&begun["file"])
}

/// A stack where user 1 has three files of CT, and the cursor of a first page of one.
async fn three_files(list: &str) -> (TestStack, String) {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    for _ in 0..3 {
        add(&user, true).await;
    }
    let page = user.get(&format!("{list}page_size=1")).await.ok();
    let cursor = text(&page["next_cursor"]).to_owned();
    (stack, cursor)
}

#[tokio::test]
async fn a_cursor_of_another_user_or_another_query_is_refused() {
    let list = "/image-files/my-images?modality=CT&";
    let (stack, cursor) = three_files(list).await;
    let user = stack.user(1);
    user.get(&format!("{list}cursor={cursor}")).await.ok();
    for (client, list) in [
        (&stack.user(2), list),
        (&stack.admin(), list),
        (&user, "/image-files/my-images?"),
        (&user, "/image-files/my-images?modality=MR&"),
        (&user, "/image-files/my-images?modality=CT&file_type=DICOM&"),
        (&user, "/image-files/my-images?modality=CT&search=a&"),
        (
            &user,
            "/image-files/my-images?modality=CT&start_date=2025-01-01&",
        ),
        (&user, "/image-files/patient/P-1?modality=CT&"),
        (&user, "/image-files/trash?modality=CT&"),
        (&user, "/patients?"),
    ] {
        client
            .get(&format!("{list}cursor={cursor}"))
            .await
            .refuses(&["cursor"]);
    }
}

#[tokio::test]
async fn a_cursor_changed_by_one_character_is_refused() {
    let list = "/image-files/my-images?";
    let (stack, cursor) = three_files(list).await;
    let user = stack.user(1);
    for position in 0..cursor.len() {
        let mut changed = cursor.clone().into_bytes();
        changed[position] = if changed[position] == b'A' {
            b'B'
        } else {
            b'A'
        };
        let changed = String::from_utf8(changed).expect("ASCII");
        user.get(&format!("{list}cursor={changed}"))
            .await
            .refuses(&["cursor"]);
    }
    for changed in [
        &cursor[1..],
        &cursor[..cursor.len() - 1],
        &format!("{cursor}A"),
        &format!("{cursor}%3D"),
        "0",
    ] {
        user.get(&format!("{list}cursor={changed}"))
            .await
            .refuses(&["cursor"]);
    }
}

#[tokio::test]
async fn a_cursor_still_works_after_a_restart_and_with_another_page_size() {
    let list = "/image-files/my-images?";
    let (stack, cursor) = three_files(list).await;
    let stack = stack.restart().await;
    let path = format!("{list}cursor={cursor}&page_size=100");
    let page = stack.user(1).get(&path).await.ok();
    assert_eq!(page["items"].as_array().expect("items").len(), 2);
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(page["total"], 3);
}

#[tokio::test]
async fn a_cursor_sealed_with_another_secret_is_refused() {
    let (stack, cursor) = three_files("/image-files/my-images?").await;
    let another_secret = [("CURSOR_SECRET", "quite another secret of this other stack")];
    let other = TestStack::start_with(&another_secret).await;
    other
        .user(1)
        .get(&format!("/image-files/my-images?cursor={cursor}"))
        .await
        .refuses(&["cursor"]);
    drop(stack);
}
