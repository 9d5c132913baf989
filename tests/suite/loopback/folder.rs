//! The folder of a stack: its secret, and who may read it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use imaging::fixtures::png;
use local::names::OPERATOR;
use serde_json::json;

use crate::harness::TestStack;
use crate::harness::upload::begin;

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("a file");
    metadata.permissions().mode() & 0o777
}

/// Everything under a folder.
fn under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(under(&path));
        }
        found.push(path);
    }
    found
}

/// Opens everything to everybody, as a version before this made it.
fn open_to_all(folder: &Path) {
    for path in under(folder).iter().chain([&folder.to_owned()]) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its owner's");
    }
}

/// One original in a file of its own, one that is half there, and pictures.
async fn fill(stack: &TestStack) -> i64 {
    let user = stack.user(1);
    stack
        .upload_id(&user, "a.png", &png(8, 8, 1), json!({}))
        .await;
    let id = stack
        .upload_id(&user, "large.bin", &vec![7; 100_000], json!({}))
        .await;
    let waiting = begin(&user, "half.bin", 20 << 20, json!({})).await;
    let waiting = waiting["file"]["id"].as_i64().expect("an id");
    stack.put_part(&user, waiting, 1, &vec![7; 16 << 20]).await;
    id
}

#[tokio::test]
async fn nobody_else_on_the_machine_reads_what_is_kept() {
    let stack = TestStack::start().await;
    fill(&stack).await;
    let folder = stack.folder().to_owned();
    let kept = under(&folder);
    assert!(kept.len() > 10, "{kept:?}");
    for path in kept {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
}

#[tokio::test]
async fn a_folder_of_a_version_before_is_closed_and_keeps_its_files() {
    let stack = TestStack::start().await;
    let id = fill(&stack).await;
    let folder = stack.close().await;
    fs::remove_file(folder.path().join("secret")).expect("a secret");
    open_to_all(folder.path());
    let stack = TestStack::start_over(folder).await;
    let bytes = stack.download(&stack.user(1), id).await;
    assert_eq!(bytes, vec![7; 100_000]);
    for name in ["", "objects"] {
        assert_eq!(mode(&stack.folder().join(name)), 0o700, "{name}");
    }
    for name in ["secret", "dynamodb.sqlite", "objects/index.sqlite"] {
        assert_eq!(mode(&stack.folder().join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_stack_keeps_its_keys_and_another_has_others() {
    let [one, two] = [TestStack::start().await, TestStack::start().await];
    let secret = |stack: &TestStack| {
        let secret = stack.stack.keys.secret_of(OPERATOR);
        secret.expect("a key").to_owned()
    };
    let before = secret(&one);
    assert_ne!(before, secret(&two));
    assert_eq!(before, secret(&one.restart().await));
}
