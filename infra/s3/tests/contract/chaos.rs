//! `kill -9` at any moment: what was acknowledged is there and whole, nothing else is, and the folder opens again.
//!
//! The writer is this test binary, started again as a child; its acknowledgements come over a pipe, so the parent
//! knows exactly which writes the child was told had succeeded.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use md5::{Digest as _, Md5};
use s3::{Clock, ObjectStore};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::events::named;
use super::multipart::{create, send_part};
use super::target::{Target, bytes, serve};

const FOLDER: &str = "OBJECT_CONTRACT_CHAOS_FOLDER";
const ROUND: &str = "OBJECT_CONTRACT_CHAOS_ROUND";
/// Kills of the child.
const ROUNDS: usize = 6;
/// Acknowledgements after which a round ends, so that each kill hits other work.
const ACKNOWLEDGED: [usize; ROUNDS] = [3, 1, 7, 12, 5, 20];

/// Size of a body by its number: some live in the index, some in files, some are written in several pieces.
fn size(number: u64) -> usize {
    match number % 4 {
        0 => 100,
        1 => 60_000,
        2 => 300_000,
        _ => 2_500_000,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_objects_survive_kill_9_and_no_other_is_half_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = HashSet::new();
    for (round, wanted) in ACKNOWLEDGED.into_iter().enumerate() {
        acknowledged.extend(write_and_kill(folder.path(), round, wanted).await);
        check(folder.path(), &acknowledged).await;
    }
    assert!(acknowledged.len() >= ACKNOWLEDGED.iter().sum());
}

/// Runs a child until it acknowledged `wanted` keys, kills it, and returns all it acknowledged.
async fn write_and_kill(folder: &Path, round: usize, wanted: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args([
            "--exact",
            "chaos::child_that_writes_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a child");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut keys = Vec::new();
    while let Some(line) = lines.next_line().await.expect("a line") {
        keys.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
        if keys.len() == wanted {
            child.start_kill().expect("killed");
        }
    }
    child.wait().await.expect("the end");
    assert!(
        keys.len() >= wanted,
        "the child ended by itself after {} of {wanted}",
        keys.len()
    );
    keys
}

/// Opens the folder as the next start would.
async fn check(folder: &Path, acknowledged: &HashSet<String>) {
    let store = ObjectStore::open(folder, Clock::system()).expect("the folder opens");
    let outbox = store.outbox();
    let (endpoint, stop, server) = serve(store).await;
    let target = Target::new(endpoint, "chaos".to_owned());
    let mut listed = HashSet::new();
    let mut pages = target
        .client
        .list_objects_v2()
        .bucket("chaos")
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        listed.extend(
            page.expect("a page")
                .contents()
                .iter()
                .filter_map(|object| object.key().map(str::to_owned)),
        );
    }
    assert!(
        acknowledged.is_subset(&listed),
        "lost: {:?}",
        acknowledged.difference(&listed)
    );
    for key in &listed {
        let expected = key.rsplit('/').next().expect("a digest");
        assert_eq!(
            digest(&target.get(key).await),
            expected,
            "{key} is not whole"
        );
    }
    stop.send(()).expect("a running server");
    server.await.expect("a clean end");
    assert_eq!(
        files(&folder.join("staging")),
        0,
        "a half written file was left behind"
    );
    assert_eq!(
        named(&outbox).await.into_keys().collect::<HashSet<_>>(),
        listed,
        "each object has its event, and no event is without object"
    );
}

/// MD5 in hex.
fn digest(bytes: &[u8]) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(bytes).into()))
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of acknowledged_objects_survive_kill_9_and_no_other_is_half_there"]
async fn child_that_writes_until_it_is_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how the parent test tells its child where to write"
    )]
    let variable = |name| std::env::var(name).expect("started by its parent");
    let store =
        ObjectStore::open(&PathBuf::from(variable(FOLDER)), Clock::system()).expect("a store");
    store.create_bucket("chaos").expect("a bucket");
    store.notify("chaos", "").expect("a notification");
    let (endpoint, _stop, _server) = serve(store).await;
    let round = variable(ROUND);
    // Four at a time, so that a kill finds writes in every stage.
    let writers = (0..4_u64).map(|writer| {
        let (target, round) = (
            Target::new(endpoint.clone(), "chaos".to_owned()),
            round.clone(),
        );
        tokio::spawn(async move {
            for number in (writer..).step_by(4) {
                write(&target, &round, number).await;
            }
        })
    });
    futures_util::future::join_all(writers).await;
}

/// Writes one object whose key ends in its digest, and says so when the store did.
#[expect(
    clippy::print_stdout,
    reason = "the parent reads the acknowledgements from this pipe"
)]
async fn write(target: &Target, round: &str, number: u64) {
    let body = bytes(size(number / 4), number + 1);
    let key = format!("{round}/{number}/{}", digest(&body));
    if number.is_multiple_of(3) {
        let upload = create(target, &key).await;
        let etag = send_part(target, &key, &upload, 1, &body).await;
        super::multipart::complete(target, &key, &upload, &[(1, &etag)]).await;
    } else {
        let put = target
            .client
            .put_object()
            .bucket("chaos")
            .key(&key)
            .body(body.into());
        put.send().await.expect("put");
    }
    println!("acknowledged {key}");
}
