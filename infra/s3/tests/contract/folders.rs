//! Folders of earlier versions of the engine.

use aws_sdk_s3::types::ChecksumMode;
use rusqlite::Connection;
use s3::{Clock, ObjectStore};

use super::multipart::{complete, create, send_part};
use super::target::{Target, serve};

const BUCKET: &str = "old";

/// What an index may have of a version that had tags, user metadata, more checksums, and parts that could be read.
const AS_IT_WAS: &str = r#"
    UPDATE versions SET tags = '[["stage","new"]]', parts = 2,
        attributes = '{"content_type":"image/png","content_disposition":null,"content_encoding":null,"content_language":"de",
                       "cache_control":"no-store","expires":"Thu, 01 Jan 1970 00:00:00 GMT","metadata":{"a":"b"}}',
        checksum = '{"algorithm":"SHA256","value":"AAAA-2","composite":true}';
    UPDATE segments SET part_number = 7;
    UPDATE uploads SET tags = '[["stage","new"]]', algorithm = 'SHA256', composite = 1;
    UPDATE parts SET checksum = '{"algorithm":"SHA256","value":"AAAA","composite":false}';
"#;

async fn with<T>(folder: &std::path::Path, work: impl AsyncFnOnce(&Target) -> T) -> T {
    let store = ObjectStore::open(folder, Clock::system()).expect("the folder opens");
    store.create_bucket(BUCKET).expect("a bucket");
    let (endpoint, stop, server) = serve(store).await;
    let done = work(&Target::new(endpoint, BUCKET.to_owned())).await;
    stop.send(()).expect("a running server");
    server.await.expect("a clean end");
    done
}

#[tokio::test]
async fn a_folder_with_what_is_no_longer_implemented_opens_and_keeps_its_objects() {
    let folder = tempfile::tempdir().expect("a folder");
    let (upload, etag) = with(folder.path(), async |target| {
        target.put("k", "old").await;
        let upload = create(target, "u").await;
        let etag = send_part(target, "u", &upload, 1, b"part").await;
        (upload, etag)
    })
    .await;
    let index = Connection::open(folder.path().join("index.sqlite")).expect("the index");
    index.execute_batch(AS_IT_WAS).expect("rows as they were");
    drop(index);
    with(folder.path(), async |target| {
        assert_eq!(target.get("k").await, "old");
        let head = target.head_object("k").checksum_mode(ChecksumMode::Enabled);
        let head = head.send().await.expect("head");
        assert_eq!(head.content_type(), Some("image/png"));
        assert_eq!(head.cache_control(), Some("no-store"));
        assert_eq!((head.checksum_sha256(), head.checksum_type()), (None, None));
        let copy = target
            .copy_object("copy")
            .copy_source(format!("{BUCKET}/k"));
        copy.send().await.expect("copied");
        assert_eq!(target.get("copy").await, "old");
        complete(target, "u", &upload, &[(1, &etag)]).await;
        assert_eq!(target.get("u").await, "part");
        let listed = target.list_objects().send().await.expect("a list");
        assert_eq!(listed.contents().len(), 3);
    })
    .await;
}
