//! Single items: conditions, counters, limits.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use futures_util::future::join_all;

use super::target::{Target, code, file, item, n, s};

pub(crate) async fn a_put_can_insist_that_nothing_is_there(target: Target) {
    let put = || {
        target
            .put(file(1, "a"))
            .condition_expression("attribute_not_exists(id)")
            .send()
    };
    put().await.expect("the first");
    assert_eq!(code(put().await), "ConditionalCheckFailedException");
}

pub(crate) async fn a_refused_write_tells_what_is_there(target: Target) {
    target.put_file(1, "a").await;
    let put = target
        .put(file(1, "b"))
        .condition_expression("attribute_not_exists(id)");
    let put =
        put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let error = put
        .send()
        .await
        .expect_err("it is there")
        .into_service_error();
    let PutItemError::ConditionalCheckFailedException(refused) = error else {
        panic!("{error:?}")
    };
    assert_eq!(refused.item(), Some(&file(1, "a")));
}

pub(crate) async fn an_update_holds_only_under_its_condition(target: Target) {
    target
        .put(item([("id", n(1)), ("version", n(3)), ("note", s("old"))]))
        .send()
        .await
        .expect("put");
    let update = |version| {
        let update = target
            .client
            .update_item()
            .table_name(&target.table)
            .key("id", n(1));
        update
            .update_expression("SET version = version + :one, note = :note REMOVE absent")
            .condition_expression("version = :version")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":note", s("new"))
            .expression_attribute_values(":version", n(version))
            .return_values(ReturnValue::AllNew)
            .send()
    };
    assert_eq!(code(update(2).await), "ConditionalCheckFailedException");
    let updated = update(3)
        .await
        .expect("the version is right")
        .attributes
        .expect("the new item");
    assert_eq!(
        updated,
        item([("id", n(1)), ("version", n(4)), ("note", s("new"))])
    );
}

pub(crate) async fn of_many_conditional_writers_one_wins(target: Target) {
    let writers = (0..20).map(|number| {
        let item = item([("id", n(1)), ("name", s(&number.to_string()))]);
        target
            .put(item)
            .condition_expression("attribute_not_exists(id)")
            .send()
    });
    let outcomes = join_all(writers).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(code(refused), "ConditionalCheckFailedException");
    }
}

pub(crate) async fn counters_lose_no_increment(target: Target) {
    let increments = (0..50).map(|_| {
        let update = target
            .client
            .update_item()
            .table_name(&target.table)
            .key("id", n(1));
        update
            .update_expression("ADD files :one")
            .expression_attribute_values(":one", n(1))
            .send()
    });
    for outcome in join_all(increments).await {
        outcome.expect("added");
    }
    assert_eq!(target.get(1).await.expect("a counter")["files"], n(50));
}

pub(crate) async fn a_delete_can_insist_on_what_is_there(target: Target) {
    target.put_file(1, "a").await;
    let delete = |owner| {
        let delete = target
            .client
            .delete_item()
            .table_name(&target.table)
            .key("id", n(1));
        delete
            .condition_expression("#o = :o")
            .expression_attribute_names("#o", "owner")
            .expression_attribute_values(":o", s(owner))
            .return_values(ReturnValue::AllOld)
            .send()
    };
    assert_eq!(code(delete("b").await), "ConditionalCheckFailedException");
    assert_eq!(
        delete("a").await.expect("deleted").attributes,
        Some(file(1, "a"))
    );
    assert_eq!(target.get(1).await, None);
}

pub(crate) async fn numbers_keep_all_their_digits(target: Target) {
    for digits in [
        "9007199254740991",
        "12345678901234567890123456789012345678",
        "-0.1",
        "1e3",
    ] {
        let number = AttributeValue::N(digits.to_owned());
        target
            .put(item([("id", n(1)), ("number", number)]))
            .send()
            .await
            .expect("put");
        let kept = target.get(1).await.expect("an item")["number"]
            .as_n()
            .expect("a number")
            .clone();
        let expected = if digits == "1e3" { "1000" } else { digits };
        assert_eq!(kept, expected);
    }
}

pub(crate) async fn an_item_over_400_kilobytes_is_refused(target: Target) {
    let sized = |length: usize| item([("id", n(1)), ("note", s(&"x".repeat(length)))]);
    target
        .put(sized(400 * 1024 - 100))
        .send()
        .await
        .expect("below the limit");
    assert_eq!(
        code(target.put(sized(400 * 1024)).send().await),
        "ValidationException"
    );
}

pub(crate) async fn a_read_can_be_strongly_consistent(target: Target) {
    for id in 0..20 {
        target.put_file(id, "a").await;
        assert_eq!(target.get(id).await, Some(file(id, "a")));
    }
    assert_eq!(target.get(99).await, None);
}
