//! Versions and delete markers.

use std::cell::Cell;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::target::{Read, Target, bytes, code, status};

pub(crate) async fn overwriting_keeps_the_earlier_version(target: Target) {
    let one = target.put("k", "one").await;
    let two = target.put("k", "two").await;
    assert_ne!(one, two);
    assert_eq!(target.get("k").await, "two");
    let get = target
        .get_object("k")
        .version_id(&one)
        .send()
        .await
        .expect("get");
    assert_eq!(get.version_id(), Some(one.as_str()));
    assert_eq!(get.body.collect().await.expect("body").into_bytes(), "one");
}

pub(crate) async fn deleting_leaves_a_marker_and_deleting_the_marker_restores(target: Target) {
    let version = target.put("k", "one").await;
    let deleted = target.delete_object("k").send().await.expect("deleted");
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().expect("the marker's id");
    assert!(target.is_absent("k").await);
    let of_marker = target.get_object("k").version_id(marker).send().await;
    assert_eq!(status(of_marker), 405);
    let old = target.get_object("k").version_id(&version).send().await;
    assert_eq!(status(old), 200);
    let undo = target.delete_object("k").version_id(marker);
    undo.send().await.expect("deleted");
    assert_eq!(target.get("k").await, "one");
}

pub(crate) async fn deleting_the_latest_version_shows_the_one_before(target: Target) {
    target.put("k", "one").await;
    let two = target.put("k", "two").await;
    let delete = target.delete_object("k").version_id(&two);
    delete.send().await.expect("deleted");
    assert_eq!(target.get("k").await, "one");
}

pub(crate) async fn many_objects_are_deleted_at_once(target: Target) {
    for key in ["a", "b", "c"] {
        target.put(key, "x").await;
    }
    let objects = ["a", "b", "absent"].map(|key| {
        ObjectIdentifier::builder()
            .key(key)
            .build()
            .expect("an object")
    });
    let delete = Delete::builder()
        .set_objects(Some(objects.to_vec()))
        .build()
        .expect("a list");
    let done = target
        .client
        .delete_objects()
        .bucket(&target.bucket)
        .delete(delete)
        .send()
        .await
        .expect("deleted");
    assert_eq!((done.deleted().len(), done.errors().len()), (3, 0));
    let listed = target.list_objects().send().await.expect("list");
    assert_eq!(
        listed
            .contents()
            .iter()
            .filter_map(|object| object.key())
            .collect::<Vec<_>>(),
        ["c"]
    );
}

pub(crate) async fn versions_are_listed_newest_first_and_in_pages(target: Target) {
    let mut expected = Vec::new();
    for key in ["a", "b"] {
        for text in ["one", "two", "three"] {
            expected.push((key.to_owned(), target.put(key, text).await));
        }
    }
    let marker = target.delete_object("b").send().await.expect("deleted");
    expected.push((
        "b".to_owned(),
        marker.version_id().expect("an id").to_owned(),
    ));
    expected.reverse();
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    let (mut found, mut key_marker, mut id_marker) = (Vec::new(), None, None);
    loop {
        let page = target
            .client
            .list_object_versions()
            .bucket(&target.bucket)
            .max_keys(2);
        let page = page
            .set_key_marker(key_marker)
            .set_version_id_marker(id_marker)
            .send()
            .await
            .expect("a page");
        // Within a page markers come in a list of their own: the order between the two lists is by key, newest first.
        let markers = page
            .delete_markers()
            .iter()
            .map(|marker| (marker.key(), marker.version_id()));
        let versions = page
            .versions()
            .iter()
            .map(|version| (version.key(), version.version_id()));
        let entries = markers.chain(versions);
        found.extend(entries.map(|(key, id)| {
            (
                key.unwrap_or_default().to_owned(),
                id.unwrap_or_default().to_owned(),
            )
        }));
        if page.is_truncated() != Some(true) {
            break;
        }
        key_marker = page.next_key_marker().map(str::to_owned);
        id_marker = page.next_version_id_marker().map(str::to_owned);
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(found, expected);
}

pub(crate) async fn an_absent_version_is_not_found(target: Target) {
    let version = target.put("k", "x").await;
    let delete = target.delete_object("k").version_id(&version);
    delete.send().await.expect("deleted");
    let get = target.get_object("k").version_id(&version).send().await;
    assert_eq!(code(get), "NoSuchVersion");
}

pub(crate) async fn a_reader_sees_the_whole_object_or_none(target: Target) {
    let content = bytes(200_000, 14);
    let (whole, none) = (Cell::new(0), Cell::new(0));
    let seen_both_ways = || whole.get() >= 10 && none.get() >= 10;
    let write_and_delete = async {
        for _ in 0..1_000 {
            let put = target.put_object("k");
            let put = put.body(content.clone().into()).send().await.expect("put");
            let version = put.version_id().expect("an id");
            let delete = target.client.delete_object().bucket(&target.bucket);
            let delete = delete.key("k").version_id(version);
            delete.send().await.expect("deleted");
            if seen_both_ways() {
                break;
            }
        }
    };
    let read = async {
        loop {
            match target.read("k").await {
                Read::Whole(body) => {
                    assert!(body == content, "half an object");
                    whole.set(whole.get() + 1);
                }
                Read::Refused(code) => {
                    assert_eq!(code, "NoSuchKey");
                    none.set(none.get() + 1);
                }
                Read::Unanswered(why) => assert!(!target.is_embedded, "{why}"),
            }
        }
    };
    tokio::select! {
        () = write_and_delete => {}
        () = read => {}
    }
    assert!(
        seen_both_ways(),
        "seen whole {} times, absent {}",
        whole.get(),
        none.get()
    );
}
