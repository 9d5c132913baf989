//! The access log while many do the same at once: one entry for what happened, none for what did not.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::upload::text;
use crate::harness::{Response, TestStack};

/// Callers at the same time.
const AT_ONCE: usize = 6;

fn succeeded(answers: &[Response]) -> usize {
    let good = |answer: &&Response| answer.status.is_success() || answer.status == 307;
    answers.iter().filter(good).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_success_has_its_entry_and_no_failure_has_one() {
    let (_stack, user, id) = TestStack::with_png().await;
    let path = format!("/image-files/{id}");
    let version = user.get(&path).await.ok()["version"].clone();
    // Who was too late was shown the record that is in the way: a view each.
    let mut expected = vec![("upload", 1)];

    let downloads = (0..AT_ONCE).map(|_| async { user.get(&format!("{path}/download")).await });
    expected.push(("download", succeeded(&join_all(downloads).await)));

    let asked = json!({"ids": [id]});
    let urls = (0..AT_ONCE).map(|_| user.post("/image-files/download-urls", asked.clone()));
    expected.push(("url", succeeded(&join_all(urls).await)));
    for (action, count) in &expected[1..] {
        assert_eq!(*count, AT_ONCE, "{action} only reads");
    }

    let changes = (0..AT_ONCE).map(|number| {
        let change = json!({"version": version, "description": format!("by {number}")});
        user.patch(&path, change)
    });
    expected.push(("update", succeeded(&join_all(changes).await)));

    for action in ["archive", "unarchive"] {
        let moves = (0..AT_ONCE).map(|_| async {
            let path = format!("{path}/{action}");
            user.post(&path, Value::Null).await
        });
        let answers = join_all(moves).await;
        // Who asks while the move goes on joins it, who comes later is told; the file is moved once.
        for answer in &answers {
            assert!(
                [200, 409].contains(&answer.status.as_u16()),
                "{}",
                answer.text()
            );
        }
        assert!(succeeded(&answers) >= 1, "{action}");
        expected.push((action, 1));
    }

    expected.push((
        "delete",
        succeeded(&join_all((0..AT_ONCE).map(|_| user.delete(&path))).await),
    ));
    let restores = (0..AT_ONCE).map(|_| async {
        let path = format!("{path}/restore");
        user.post(&path, Value::Null).await
    });
    expected.push(("restore", succeeded(&join_all(restores).await)));
    for (action, count) in &expected[3..] {
        let once = ["update", "delete", "restore"].contains(action);
        assert!(*count == 1 || !once, "{action} happened {count} times");
    }

    let log = entries(&user, &path).await;
    for (action, count) in expected {
        let entries = log.iter().filter(|entry| *entry == action).count();
        assert_eq!(entries, count, "{action}: {log:?}");
    }
}

/// The actions in the log, all pages.
async fn entries(user: &crate::harness::Client, path: &str) -> Vec<String> {
    let log = user
        .get(&format!("{path}/access-log?page_size=100"))
        .await
        .ok();
    assert_eq!(log["next_cursor"], Value::Null);
    let items = log["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| text(&item["action"]).to_owned())
        .collect()
}
