//! Lists of files.

use super::Client;

/// The names on a page, as they come; the total has to count them all.
pub(crate) async fn names(client: &Client, path: &str) -> Vec<String> {
    let page = client.get(path).await.ok();
    let items = page["items"].as_array().expect("items");
    assert_eq!(page["total"], items.len(), "{path}");
    let name = |item: &serde_json::Value| item["original_filename"].as_str().map(str::to_owned);
    let names: Option<_> = items.iter().map(name).collect();
    names.expect("a name of each")
}
