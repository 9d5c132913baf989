//! Anybody may write any code string as a modality: what is none of DICOM's is counted together, and nobody's inventions reach the counters of
//! others.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::recount::{self, all};
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client as Caller, TestStack};

type Item = std::collections::HashMap<String, AttributeValue>;

/// The items of all counters.
async fn counter_items(stack: &TestStack, database: &Client) -> Vec<Item> {
    let table = &stack.stack.app.config.stats_table;
    let answer = database.scan().table_name(table).send().await;
    answer.expect("items").items.unwrap_or_default()
}

/// Counter names that no modality of DICOM has.
async fn invented(stack: &TestStack, database: &Client) -> usize {
    let items = counter_items(stack, database).await;
    let names = items.iter().flat_map(|item| item.keys());
    names.filter(|name| name.contains("#ZZ")).count()
}

async fn summary(client: &Caller, scope: &str) -> Value {
    let path = format!("/image-files/stats/summary{scope}");
    client.get(&path).await.ok()
}

/// Begins uploads of these modalities.
async fn begin_all(client: &Caller, modalities: impl Iterator<Item = String>) -> Vec<i64> {
    let mut ids = Vec::new();
    for modality in modalities {
        let begun = begin(client, "a.bin", 100, json!({ "modality": modality })).await;
        ids.push(id_of(&begun["file"]));
    }
    ids
}

#[tokio::test]
async fn invented_modalities_share_a_counter_which_ends_at_zero() {
    let stack = TestStack::start().await;
    let database = stack.database().await;
    let user = stack.user(1);
    let names = (0..30).map(|number| format!("ZZ_{number}"));
    let ids = begin_all(&user, names.chain(["CT".to_owned(), "OTHER".to_owned()])).await;
    let counted = summary(&user, "").await;
    assert_eq!(counted["by_modality"], json!({"CT": 1, "OTHER": 31}));
    assert_eq!(invented(&stack, &database).await, 0);
    let path = format!("/image-files/{}", ids[0]);
    let patch = json!({"version": 1, "modality": "ZZ_AGAIN"});
    user.patch(&path, patch).await.ok();
    let listed = all(&user, "/image-files/my-images").await;
    assert_eq!(summary(&user, "").await, recount::summary(&listed));
    for id in ids {
        user.delete(&format!("/uploads/{id}")).await.ok();
    }
    assert_eq!(summary(&user, "").await, recount::summary(&[]));
    let mut sums = std::collections::BTreeMap::<String, i64>::new();
    for (name, value) in counter_items(&stack, &database).await.into_iter().flatten() {
        if let (false, Ok(number)) = (name == "shard", value.as_n()) {
            *sums.entry(name).or_default() += number.parse::<i64>().expect("a number");
        }
    }
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
}

#[tokio::test]
async fn the_total_of_an_invented_modality_is_its_own() {
    let stack = TestStack::start().await;
    let names = ["ZZ_1", "ZZ_1", "ZZ_2", "CT"].map(str::to_owned);
    begin_all(&stack.user(1), names.into_iter()).await;
    for (modality, total) in [("ZZ_1", 2), ("ZZ_2", 1), ("CT", 1), ("OTHER", 0)] {
        for (client, list) in [
            (stack.user(1), "my-images"),
            (stack.user(1), ""),
            (stack.admin(), ""),
        ] {
            let path = format!("/image-files/{list}?modality={modality}");
            let page = client.get(path.replace("/?", "?").as_str()).await.ok();
            assert_eq!(page["total"], total, "{path}");
            assert_eq!(page["items"].as_array().map(Vec::len), Some(total));
        }
    }
}

#[tokio::test]
async fn counters_of_more_than_a_page_are_read_to_their_end() {
    let stack = TestStack::start().await;
    let database = stack.database().await;
    let user = stack.user(1);
    begin_all(&user, (0..24).map(|_| "CT".to_owned())).await;
    // DynamoDB answers a megabyte at a time.
    for item in counter_items(&stack, &database).await {
        let mut update = database
            .update_item()
            .table_name(&stack.stack.app.config.stats_table);
        for key in ["owner", "shard"] {
            update = update.key(key, item[key].clone());
        }
        let filler = AttributeValue::S("x".repeat(350_000));
        let update = update.expression_attribute_values(":filler", filler);
        let update = update.update_expression("SET filler = :filler");
        update.send().await.expect("an update");
    }
    let listed = all(&user, "/image-files/my-images").await;
    assert_eq!(summary(&user, "").await, recount::summary(&listed));
    let everybody = summary(&stack.admin(), "?scope=all").await;
    assert_eq!(everybody, recount::summary(&listed));
}
