//! What requests cost: the numbers the bill is made of, and our cost tests rely on
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html>).

use aws_sdk_dynamodb::types::{ConsumedCapacity, Put, ReturnConsumedCapacity, TransactWriteItem};

use super::target::{BY_OWNER, Item, Target, item, n, s};

/// `{id, owner, name, note}` of about so many bytes, `note` outside the index.
fn sized(id: u64, owner: Option<&str>, bytes: usize) -> Item {
    let mut item = item([
        ("id", n(id)),
        ("name", s("n")),
        ("note", s(&"x".repeat(bytes))),
    ]);
    item.extend(owner.map(|owner| ("owner".to_owned(), s(owner))));
    item
}

/// Units in halves, so that they can be compared exactly.
fn halves(units: Option<f64>) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "units are small multiples of a half"
    )]
    let halves = (units.expect("units") * 2.0).round() as i64;
    halves
}

fn total(consumed: Option<&ConsumedCapacity>) -> i64 {
    halves(consumed.expect("consumed capacity").capacity_units())
}

async fn put(target: &Target, item: Item) -> ConsumedCapacity {
    let put = target
        .put(item)
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
    put.send()
        .await
        .expect("put")
        .consumed_capacity
        .expect("consumed capacity")
}

pub(crate) async fn a_write_costs_its_kilobytes_and_those_of_its_indexes(target: Target) {
    let outside = put(&target, sized(1, None, 2500)).await;
    assert_eq!(total(Some(&outside)), 2 * 3);
    let inside = put(&target, sized(2, Some("a"), 2500)).await;
    assert_eq!(total(Some(&inside)), 2 * 4);
    let index = &inside.global_secondary_indexes().expect("indexes")[BY_OWNER];
    assert_eq!(halves(index.capacity_units()), 2, "the index row is narrow");
    let unprojected = put(&target, sized(2, Some("a"), 2400)).await;
    assert_eq!(
        total(Some(&unprojected)),
        2 * 3,
        "nothing the index projects has changed"
    );
    let moved = put(&target, sized(2, Some("b"), 2400)).await;
    assert_eq!(
        total(Some(&moved)),
        2 * 5,
        "out of one partition of the index, into another"
    );
}

pub(crate) async fn a_read_costs_its_four_kilobytes_and_half_when_eventual(target: Target) {
    put(&target, sized(1, None, 5000)).await;
    let get = |is_consistent| {
        let get = target
            .client
            .get_item()
            .table_name(&target.table)
            .key("id", n(1))
            .consistent_read(is_consistent);
        get.return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
    };
    assert_eq!(
        total(get(true).await.expect("get").consumed_capacity()),
        2 * 2
    );
    assert_eq!(total(get(false).await.expect("get").consumed_capacity()), 2);
}

pub(crate) async fn a_filtered_query_costs_what_it_looked_at(target: Target) {
    for id in 0..40 {
        let name = s(&"n".repeat(400));
        target
            .put(item([("id", n(id)), ("owner", s("a")), ("name", name)]))
            .send()
            .await
            .expect("put");
    }
    let query = || {
        target
            .query("a")
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    };
    let all = query().send().await.expect("a page");
    let none = query()
        .filter_expression("#n = :none")
        .expression_attribute_names("#n", "name");
    let none = none
        .expression_attribute_values(":none", s("absent"))
        .send()
        .await
        .expect("a page");
    assert_eq!((all.count, none.count), (40, 0));
    assert_eq!(
        total(all.consumed_capacity()),
        total(none.consumed_capacity())
    );
    // 40 rows of about 420 bytes are 17 KB: five blocks of 4 KB, half a unit each.
    assert_eq!(total(all.consumed_capacity()), 5);
}

pub(crate) async fn a_transaction_costs_twice(target: Target) {
    let put = Put::builder()
        .table_name(&target.table)
        .set_item(Some(sized(1, None, 100)))
        .build()
        .expect("a put");
    let write = TransactWriteItem::builder().put(put).build();
    let written = target.client.transact_write_items().transact_items(write);
    let written = written
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .expect("written");
    assert_eq!(total(written.consumed_capacity().first()), 2 * 2);
}
