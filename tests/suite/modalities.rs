//! Anybody may write any code string as a modality: what is none of DICOM's is counted together, and nobody's inventions reach the counters of
//! others.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::maintenance::Task;
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
    let database = stack.database();
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
    stack.fold().await;
    for head in stack.rows("filmroom-FoldsTable").await {
        let Some(counters) = head.get("counters") else {
            continue;
        };
        let left = counters.as_m().expect("counters");
        assert!(left.keys().all(|name| !name.contains("ZZ")), "{left:?}");
    }
    let admin = summary(&stack.admin(), "?scope=all").await;
    assert_eq!(admin, recount::summary(&[]));
}

#[tokio::test]
async fn the_total_of_an_invented_modality_is_its_own() {
    let stack = TestStack::start().await;
    let names = ["ZZ_1", "ZZ_1", "ZZ_2", "CT"].map(str::to_owned);
    begin_all(&stack.user(1), names.into_iter()).await;
    stack.fold().await;
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
async fn counters_that_older_functions_made_go_over_while_somebody_writes() {
    let stack = TestStack::start().await;
    let database = stack.database();
    let user = stack.user(1);
    let ids = begin_all(&user, (0..60).map(|number| format!("ZZ_{number}"))).await;
    as_older_functions_count(&stack, &database).await;
    stack.fold().await;
    assert!(invented(&stack, &database).await >= 120);
    let listed = all(&user, "/image-files/my-images").await;
    assert_eq!(summary(&user, "").await, recount::summary(&listed));
    let everybody = "?scope=all";
    let counted = summary(&stack.admin(), everybody).await;
    assert_eq!(counted, recount::summary(&listed));
    let writing = async {
        for id in &ids[..20] {
            user.delete(&format!("/image-files/{id}")).await.ok();
        }
    };
    let maintaining = stack.stack.maintenance.run(Task::default());
    let (report, ()) = futures_util::future::join(maintaining, writing).await;
    assert!(report.expect("a run").counters > 0);
    // What was written to meanwhile goes over the next day, and so does what an older function makes again.
    as_older_functions_count(&stack, &database).await;
    stack.clock.advance(25 * 60 * 60 * 1000);
    let report = stack.stack.maintenance.run(Task::default()).await;
    assert!(report.expect("a run").counters > 0);
    assert_eq!(invented(&stack, &database).await, 0);
    let (user, admin) = (stack.user(1), stack.admin());
    let listed = all(&user, "/image-files/my-images").await;
    assert_eq!(listed.len(), 40);
    stack.fold().await;
    assert_eq!(summary(&user, "").await, recount::summary(&listed));
    assert_eq!(summary(&admin, everybody).await, recount::summary(&listed));
}

/// Counts in the table of older functions, as they do: 60 files that are counted together, under names of their own. Every item ends with more of
/// them than one write takes.
async fn as_older_functions_count(stack: &TestStack, database: &Client) {
    let owner = (0..4).map(|shard| ("user#1", shard, 15));
    let everybody = [("all", 0, 30), ("all", 7, 30)];
    for (owner, shard, sum) in owner.chain(everybody) {
        let mut changes = vec![
            ("modality#OTHER".to_owned(), -sum),
            ("modality#ZZ_X".to_owned(), sum),
        ];
        // Inventions that are gone again.
        changes.extend((0..130).map(|number| (format!("modality#ZZ_GONE_{number}"), 0)));
        let mut update = database
            .update_item()
            .table_name(&stack.stack.app.config.stats_table)
            .key("owner", AttributeValue::S(owner.to_owned()))
            .key("shard", AttributeValue::N(shard.to_string()));
        let mut terms = Vec::new();
        for (position, (name, change)) in changes.into_iter().enumerate() {
            terms.push(format!("#n{position} :n{position}"));
            update = update
                .expression_attribute_names(format!("#n{position}"), name)
                .expression_attribute_values(
                    format!(":n{position}"),
                    AttributeValue::N(change.to_string()),
                );
        }
        let update = update.update_expression(format!("ADD {}", terms.join(", ")));
        update.send().await.expect("an update");
    }
}

#[tokio::test]
async fn counters_of_more_than_a_page_are_read_to_their_end() {
    let stack = TestStack::start().await;
    let database = stack.database();
    let user = stack.user(1);
    begin_all(&user, (0..24).map(|_| "CT".to_owned())).await;
    as_older_functions_count(&stack, &database).await;
    stack.fold().await;
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
