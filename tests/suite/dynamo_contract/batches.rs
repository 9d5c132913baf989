//! `BatchWriteItem` and `BatchGetItem`.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::batch_get_item::builders::BatchGetItemFluentBuilder;
use aws_sdk_dynamodb::operation::batch_write_item::builders::BatchWriteItemFluentBuilder;
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use super::target::{Target, code, file, ids, item, n};

fn put(id: u64) -> WriteRequest {
    let put = PutRequest::builder()
        .set_item(Some(file(id, "a")))
        .build()
        .expect("a put");
    WriteRequest::builder().put_request(put).build()
}

fn delete(id: u64) -> WriteRequest {
    let delete = DeleteRequest::builder()
        .key("id", n(id))
        .build()
        .expect("a delete");
    WriteRequest::builder().delete_request(delete).build()
}

fn write(target: &Target, writes: Vec<WriteRequest>) -> BatchWriteItemFluentBuilder {
    target
        .client
        .batch_write_item()
        .request_items(&target.table, writes)
}

fn read(target: &Target, ids: impl IntoIterator<Item = u64>) -> BatchGetItemFluentBuilder {
    let keys = ids.into_iter().map(|id| item([("id", n(id))])).collect();
    let keys = KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .build()
        .expect("keys");
    target
        .client
        .batch_get_item()
        .request_items(&target.table, keys)
}

pub(crate) async fn a_batch_writes_and_deletes_25_items_at_most(target: Target) {
    assert_eq!(
        code(write(&target, (0..26).map(put).collect()).send().await),
        "ValidationException"
    );
    let written = write(&target, (0..25).map(put).collect())
        .send()
        .await
        .expect("25 writes");
    assert!(written.unprocessed_items().is_none_or(HashMap::is_empty));
    write(&target, vec![delete(3), put(100)])
        .send()
        .await
        .expect("mixed");
    assert_eq!(
        (target.get(3).await, target.get(100).await),
        (None, Some(file(100, "a")))
    );
}

pub(crate) async fn a_batch_reads_100_items_at_most_and_leaves_out_absent_ones(target: Target) {
    for start in [0, 25, 50] {
        write(&target, (start..start + 25).map(put).collect())
            .send()
            .await
            .expect("written");
    }
    assert_eq!(
        code(read(&target, 0..101).send().await),
        "ValidationException"
    );
    let found = read(&target, 50..150).send().await.expect("100 keys");
    let mut found_ids = ids(&found.responses().expect("answers")[&target.table]);
    found_ids.sort_unstable();
    assert_eq!(found_ids, (50..75).collect::<Vec<_>>());
    assert!(found.unprocessed_keys().is_none_or(HashMap::is_empty));
}

pub(crate) async fn a_key_cannot_be_named_twice_in_a_batch(target: Target) {
    assert_eq!(
        code(write(&target, vec![put(1), delete(1)]).send().await),
        "ValidationException"
    );
    assert_eq!(
        code(read(&target, [1, 1]).send().await),
        "ValidationException"
    );
}
