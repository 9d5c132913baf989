//! `TransactWriteItems`.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};

use super::target::{Item, Target, code, file, item, n};

/// A put that nothing may be in the way of.
fn create(target: &Target, item: Item) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(&target.table)
        .set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(id)");
    let put =
        put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    TransactWriteItem::builder()
        .put(put.build().expect("a put"))
        .build()
}

fn increment(target: &Target, id: u64) -> TransactWriteItem {
    let update = Update::builder().table_name(&target.table).key("id", n(id));
    let update = update
        .update_expression("ADD files :one")
        .expression_attribute_values(":one", n(1));
    TransactWriteItem::builder()
        .update(update.build().expect("an update"))
        .build()
}

fn must_exist(target: &Target, id: u64) -> TransactWriteItem {
    let check = ConditionCheck::builder()
        .table_name(&target.table)
        .key("id", n(id));
    let check = check
        .condition_expression("attribute_exists(id)")
        .build()
        .expect("a check");
    TransactWriteItem::builder().condition_check(check).build()
}

fn transaction(target: &Target, writes: Vec<TransactWriteItem>) -> TransactWriteItemsFluentBuilder {
    target
        .client
        .transact_write_items()
        .set_transact_items(Some(writes))
}

/// Why each write of a refused transaction was refused.
async fn reasons(target: &Target, writes: Vec<TransactWriteItem>) -> Vec<CancellationReason> {
    let error = transaction(target, writes)
        .send()
        .await
        .expect_err("refused")
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("{error:?}")
    };
    cancelled.cancellation_reasons.expect("reasons")
}

pub(crate) async fn a_transaction_changes_all_or_nothing(target: Target) {
    target.put_file(2, "a").await;
    reasons(
        &target,
        vec![
            create(&target, file(1, "a")),
            increment(&target, 9),
            create(&target, file(2, "b")),
        ],
    )
    .await;
    assert_eq!((target.get(1).await, target.get(9).await), (None, None));
    let writes = vec![create(&target, file(1, "a")), increment(&target, 9)];
    transaction(&target, writes)
        .send()
        .await
        .expect("nothing is in the way");
    assert_eq!(target.get(1).await, Some(file(1, "a")));
    assert_eq!(
        target.get(9).await,
        Some(item([("id", n(9)), ("files", n(1))]))
    );
}

pub(crate) async fn the_reasons_of_a_refusal_are_in_the_order_of_the_writes(target: Target) {
    target.put_file(2, "a").await;
    let writes = vec![
        create(&target, file(1, "a")),
        create(&target, file(2, "b")),
        must_exist(&target, 3),
    ];
    let reasons = reasons(&target, writes).await;
    let codes: Vec<_> = reasons
        .iter()
        .map(|reason| reason.code().unwrap_or("None"))
        .collect();
    assert_eq!(
        codes,
        ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]
    );
    assert_eq!(reasons[1].item, Some(file(2, "a")), "what is in the way");
}

pub(crate) async fn a_condition_check_guards_without_writing(target: Target) {
    let with_parent = || vec![must_exist(&target, 7), create(&target, file(1, "a"))];
    reasons(&target, with_parent()).await;
    target.put_file(7, "parent").await;
    transaction(&target, with_parent())
        .send()
        .await
        .expect("the parent is there");
    assert_eq!(target.get(7).await, Some(file(7, "parent")));
    assert!(target.get(1).await.is_some());
}

pub(crate) async fn repeating_a_token_changes_nothing_more(target: Target) {
    let send = || {
        transaction(&target, vec![increment(&target, 1)])
            .client_request_token("once")
            .send()
    };
    send().await.expect("the first");
    send().await.expect("the repetition succeeds");
    assert_eq!(target.get(1).await.expect("a counter")["files"], n(1));
}

pub(crate) async fn a_token_belongs_to_one_content(target: Target) {
    let first = transaction(&target, vec![increment(&target, 1)]).client_request_token("once");
    first.send().await.expect("the first");
    let other = transaction(&target, vec![increment(&target, 2)]).client_request_token("once");
    assert_eq!(
        code(other.send().await),
        "IdempotentParameterMismatchException"
    );
}

pub(crate) async fn an_item_can_be_written_once_per_transaction(target: Target) {
    let twice = transaction(&target, vec![increment(&target, 1), increment(&target, 1)])
        .send()
        .await;
    assert_eq!(code(twice), "ValidationException");
}

pub(crate) async fn a_transaction_has_100_writes_at_most(target: Target) {
    let writes = |count| {
        (0..count)
            .map(|id| increment(&target, id))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        code(transaction(&target, writes(101)).send().await),
        "ValidationException"
    );
    transaction(&target, writes(100))
        .send()
        .await
        .expect("100 writes");
}
