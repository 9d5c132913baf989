//! Bytes that changed on the disk, or are gone, are said and never sent.

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_s3::primitives::AggregatedBytes;
use rusqlite::Connection;
use s3::{Clock, ObjectStore};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::multipart::create;
use super::target::{Target, bytes, code, serve};

const BUCKET: &str = "damaged";
/// Bytes that the engine reads and compares together.
const BLOCK: usize = 512 * 1024;
const LENGTH: usize = 5 * BLOCK + 77;

/// An engine whose folder a test may damage.
struct Engine {
    target: Target,
    folder: TempDir,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Engine {
    async fn start() -> Self {
        Self::over(tempfile::tempdir().expect("a folder")).await
    }

    async fn over(folder: TempDir) -> Self {
        let store = ObjectStore::open(folder.path(), Clock::system()).expect("the folder opens");
        store.create_bucket(BUCKET).expect("a bucket");
        let (endpoint, stop, server) = serve(store).await;
        Self {
            target: Target::new(endpoint, BUCKET.to_owned()),
            folder,
            stop,
            server,
        }
    }

    async fn stop(self) -> TempDir {
        self.stop.send(()).expect("a running server");
        self.server.await.expect("a clean end");
        self.folder
    }

    /// An object whose bytes are a file, and that file.
    async fn large(&self, key: &str) -> (Vec<u8>, PathBuf) {
        let before = files(self.folder.path());
        let content = bytes(LENGTH, 5);
        let put = self.target.put_object(key).body(content.clone().into());
        put.send().await.expect("put");
        let mut new = files(self.folder.path());
        new.retain(|file| !before.contains(file));
        (content, new.pop().expect("a file"))
    }

    /// What a reader gets of `range`, or S3's code.
    async fn range(&self, key: &str, range: &str) -> Result<Vec<u8>, String> {
        let got = self.target.get_object(key).range(range).send().await;
        if got.is_err() {
            return Err(code(got));
        }
        let body = got.expect("an answer").body.collect().await;
        body.map(AggregatedBytes::to_vec)
            .map_err(|_| "a broken body".to_owned())
    }

    /// The bytes that come of a whole object, and whether they are all.
    async fn whole(&self, key: &str) -> Result<(Vec<u8>, bool), String> {
        let got = self.target.get_object(key).send().await;
        if got.is_err() {
            return Err(code(got));
        }
        let mut body = got.expect("an answer").body;
        let mut all = Vec::new();
        while let Some(piece) = body.next().await {
            let Ok(piece) = piece else {
                return Ok((all, false));
            };
            all.extend_from_slice(&piece);
        }
        Ok((all, true))
    }

    async fn copy(&self, key: &str) -> String {
        let copy = self.target.copy_object("copy");
        code(copy.copy_source(format!("{BUCKET}/{key}")).send().await)
    }

    fn index(&self) -> Connection {
        Connection::open(self.folder.path().join("index.sqlite")).expect("the index")
    }
}

/// The files of blobs.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = |path: &Path| {
        let entries = fs::read_dir(path).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path())
    };
    let shards = entries(&folder.join("blobs"));
    shards
        .flat_map(|shard| entries(&shard).collect::<Vec<_>>())
        .collect()
}

fn flip(file: &Path, position: usize) {
    let mut content = fs::read(file).expect("a file");
    content[position] ^= 0x10;
    fs::write(file, content).expect("written");
}

#[tokio::test]
async fn a_flipped_byte_is_an_error_and_no_byte_of_its_block_is_sent() {
    let engine = Engine::start().await;
    let (content, file) = engine.large("k").await;
    assert_eq!(engine.whole("k").await, Ok((content.clone(), true)));
    flip(&file, 4 * BLOCK + 9);
    let (sent, is_whole) = engine.whole("k").await.expect("a beginning");
    assert!(!is_whole, "a reader must notice");
    assert!(content.starts_with(&sent) && sent.len() <= 4 * BLOCK);
    assert_eq!(
        engine.range("k", "bytes=100-2000").await,
        Ok(content[100..=2000].to_vec()),
        "what is good can be read"
    );
    let damaged = format!("bytes={}-", 4 * BLOCK + 100);
    assert_eq!(
        engine.range("k", &damaged).await,
        Err("InternalError".to_owned())
    );
    flip(&file, 3);
    assert_eq!(engine.whole("k").await, Err("InternalError".to_owned()));
    flip(&file, 3);
    flip(&file, 4 * BLOCK + 9);
    assert_eq!(engine.whole("k").await, Ok((content, true)));
    engine.stop().await;
}

#[tokio::test]
async fn a_flipped_byte_of_a_small_object_is_an_error() {
    let engine = Engine::start().await;
    engine.target.put("k", "small").await;
    let index = engine.index();
    index
        .execute("UPDATE blobs SET inline = CAST('smoll' AS BLOB)", [])
        .expect("changed");
    assert_eq!(engine.whole("k").await, Err("InternalError".to_owned()));
    assert_eq!(engine.copy("k").await, "InternalError");
    engine.stop().await;
}

#[tokio::test]
async fn a_file_that_is_gone_or_short_is_an_error_at_once() {
    let engine = Engine::start().await;
    let (content, file) = engine.large("k").await;
    fs::write(&file, &content[..LENGTH - 1]).expect("cut");
    assert_eq!(engine.whole("k").await, Err("InternalError".to_owned()));
    fs::remove_file(&file).expect("removed");
    for range in ["bytes=0-9", "bytes=2000000-2000009"] {
        assert_eq!(
            engine.range("k", range).await,
            Err("InternalError".to_owned())
        );
    }
    assert_eq!(engine.copy("k").await, "InternalError");
    let folder = engine.stop().await;
    let store = ObjectStore::open(folder.path(), Clock::system()).expect("it opens");
    assert_eq!(store.missing_files(), 1);
}

#[tokio::test]
async fn damage_is_not_copied_as_a_whole_or_in_parts() {
    let engine = Engine::start().await;
    let (_, file) = engine.large("k").await;
    flip(&file, LENGTH - 1);
    assert_eq!(engine.copy("k").await, "InternalError");
    assert!(engine.target.is_absent("copy").await);
    let upload = create(&engine.target, "parts").await;
    let part = engine.target.client.upload_part_copy().bucket(BUCKET);
    let part = part.key("parts").upload_id(&upload).part_number(1);
    let copied = part.copy_source(format!("{BUCKET}/k")).send().await;
    assert_eq!(code(copied), "InternalError");
    engine.stop().await;
}

#[tokio::test]
async fn what_an_earlier_version_stored_is_proven_as_a_whole_and_then_in_parts() {
    let engine = Engine::start().await;
    let (content, file) = engine.large("k").await;
    let folder = engine.stop().await;
    let index = Connection::open(folder.path().join("index.sqlite")).expect("the index");
    index
        .execute_batch("ALTER TABLE blobs DROP COLUMN sums")
        .expect("as it was");
    drop(index);
    let engine = Engine::over(folder).await;
    flip(&file, 1_000_000);
    let (sent, is_whole) = engine.whole("k").await.expect("a beginning");
    assert!(
        !is_whole && sent.len() < LENGTH,
        "the end waits for the proof"
    );
    assert_eq!(engine.copy("k").await, "InternalError");
    flip(&file, 1_000_000);
    assert_eq!(engine.whole("k").await, Ok((content, true)));
    let kept = "SELECT count(*) FROM blobs WHERE sums IS NOT NULL";
    while engine
        .index()
        .query_row(kept, [], |row| row.get::<_, i64>(0))
        != Ok(1)
    {
        // The reader has its bytes a moment before the proof is on disk.
        tokio::task::yield_now().await;
    }
    flip(&file, 1_000_000);
    assert_eq!(
        engine.range("k", "bytes=999990-1000010").await,
        Err("InternalError".to_owned())
    );
    engine.stop().await;
}
