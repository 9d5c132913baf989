//! Queries of the index: order, pages, filters.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;

use super::target::{Item, Target, code, file, ids, item, n, s};

/// Ids of all pages of a query, and how many pages there were.
async fn all_pages(query: QueryFluentBuilder) -> (Vec<u64>, usize) {
    let (mut found, mut pages, mut start) = (Vec::new(), 0, None);
    loop {
        let page = query
            .clone()
            .set_exclusive_start_key(start)
            .send()
            .await
            .expect("a page");
        found.extend(ids(page.items()));
        pages += 1;
        start = page.last_evaluated_key;
        if start.is_none() {
            return (found, pages);
        }
    }
}

async fn fill(target: &Target, count: u64) {
    for id in 1..=count {
        target.put_file(id, "a").await;
    }
    target.put_file(1000, "b").await;
}

pub(crate) async fn an_index_is_read_newest_first_in_pages(target: Target) {
    fill(&target, 25).await;
    let (found, pages) = all_pages(target.query("a").scan_index_forward(false).limit(10)).await;
    assert_eq!(found, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(pages, 3);
    let projected = target.query("a").limit(1).send().await.expect("a page");
    assert_eq!(projected.items(), [file(1, "a")], "what the index projects");
}

pub(crate) async fn pages_go_in_both_directions(target: Target) {
    fill(&target, 9).await;
    let at = |id| {
        Some(Item::from([
            ("id".to_owned(), n(id)),
            ("owner".to_owned(), s("a")),
        ]))
    };
    let down = target
        .query("a")
        .scan_index_forward(false)
        .set_exclusive_start_key(at(5))
        .limit(3);
    assert_eq!(ids(down.send().await.expect("a page").items()), [4, 3, 2]);
    let up = target
        .query("a")
        .scan_index_forward(true)
        .set_exclusive_start_key(at(5))
        .limit(3);
    assert_eq!(ids(up.send().await.expect("a page").items()), [6, 7, 8]);
}

pub(crate) async fn a_page_is_exact_under_concurrent_inserts(target: Target) {
    fill(&target, 10).await;
    let newest_first = target.query("a").scan_index_forward(false);
    let first = newest_first.clone().limit(4).send().await.expect("a page");
    target.put_file(11, "a").await;
    // The very item the next page starts behind.
    target
        .client
        .delete_item()
        .table_name(&target.table)
        .key("id", n(7))
        .send()
        .await
        .expect("deleted");
    let rest = newest_first.set_exclusive_start_key(first.last_evaluated_key.clone());
    let rest = rest.send().await.expect("a page");
    assert_eq!(ids(first.items()), [10, 9, 8, 7]);
    assert_eq!(ids(rest.items()), [6, 5, 4, 3, 2, 1]);
}

pub(crate) async fn an_item_is_in_an_index_while_it_has_its_keys(target: Target) {
    target.put_file(1, "a").await;
    let listed = async |owner: &str| ids(target.query(owner).send().await.expect("a page").items());
    assert_eq!(listed("a").await, [1]);
    target.put(file(1, "b")).send().await.expect("moved");
    assert_eq!((listed("a").await, listed("b").await), (vec![], vec![1]));
    let update = target
        .client
        .update_item()
        .table_name(&target.table)
        .key("id", n(1));
    let update = update
        .update_expression("REMOVE #o")
        .expression_attribute_names("#o", "owner");
    update.send().await.expect("removed");
    assert_eq!(listed("b").await, Vec::<u64>::new());
    assert!(target.get(1).await.is_some());
}

pub(crate) async fn a_limit_counts_before_the_filter(target: Target) {
    fill(&target, 20).await;
    let filtered = target
        .query("a")
        .filter_expression("#n = :n")
        .expression_attribute_names("#n", "name");
    let filtered = filtered
        .expression_attribute_values(":n", s("file 15"))
        .limit(8);
    let page = filtered.clone().send().await.expect("a page");
    assert_eq!((page.count, page.scanned_count), (0, 8));
    assert!(
        page.last_evaluated_key.is_some(),
        "an empty page is not the end"
    );
    let (found, pages) = all_pages(filtered).await;
    assert_eq!((found, pages), (vec![15], 3));
}

pub(crate) async fn a_range_of_the_sort_key_is_read_alone(target: Target) {
    fill(&target, 20).await;
    let range = target
        .query("a")
        .key_condition_expression("#o = :o AND id BETWEEN :from AND :to");
    let range = range
        .expression_attribute_values(":from", n(5))
        .expression_attribute_values(":to", n(8));
    let page = range
        .scan_index_forward(false)
        .send()
        .await
        .expect("a page");
    assert_eq!(ids(page.items()), [8, 7, 6, 5]);
    assert_eq!(page.scanned_count, 4);
}

pub(crate) async fn a_filter_compares_substrings_and_absent_attributes(target: Target) {
    target
        .put(item([
            ("id", n(1)),
            ("owner", s("a")),
            ("name", s("胸部_CT 100%.dcm")),
        ]))
        .send()
        .await
        .expect("put");
    target
        .put(item([("id", n(2)), ("owner", s("a"))]))
        .send()
        .await
        .expect("put");
    let named = |text: &str| {
        let query = target
            .query("a")
            .filter_expression("contains(#n, :n)")
            .expression_attribute_names("#n", "name");
        query.expression_attribute_values(":n", s(text)).send()
    };
    for (text, expected) in [
        ("_CT", vec![1]),
        ("100%", vec![1]),
        ("%", vec![1]),
        ("*", vec![]),
        ("ct", vec![]),
    ] {
        assert_eq!(
            ids(named(text).await.expect("a page").items()),
            expected,
            "{text}"
        );
    }
    let absent = target
        .query("a")
        .filter_expression("attribute_not_exists(#n)")
        .expression_attribute_names("#n", "name");
    assert_eq!(ids(absent.send().await.expect("a page").items()), [2]);
}

pub(crate) async fn a_count_returns_no_items(target: Target) {
    fill(&target, 12).await;
    let page = target
        .query("a")
        .select(Select::Count)
        .send()
        .await
        .expect("a count");
    assert_eq!(page.count, 12);
    assert!(page.items().is_empty());
}

pub(crate) async fn a_page_ends_at_a_megabyte_and_continues(target: Target) {
    let long = "x".repeat(100 * 1024);
    for id in 1..=25 {
        target
            .put(item([("id", n(id)), ("owner", s("a")), ("name", s(&long))]))
            .send()
            .await
            .expect("put");
    }
    let (found, pages) = all_pages(target.query("a")).await;
    assert_eq!(found, (1..=25).collect::<Vec<_>>());
    assert!(pages >= 3, "{pages} pages for 2.5 MB");
}

pub(crate) async fn an_index_cannot_be_read_strongly_consistent(target: Target) {
    let query = target.query("a").consistent_read(true).send().await;
    assert_eq!(code(query), "ValidationException");
}
