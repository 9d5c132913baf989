//! What the statistics must be, counted from the lists: slow and beyond doubt.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use service::domain::modality;

use super::Client;

/// Every item of a list, page after page by its cursor. `path` ends with its query, or has none.
pub(crate) async fn all(client: &Client, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let join = if path.contains('?') { '&' } else { '?' };
        let next = cursor.map(|cursor| format!("&cursor={cursor}"));
        let path = format!("{path}{join}page_size=100{}", next.unwrap_or_default());
        let page = client.get(&path).await.ok();
        items.extend(page["items"].as_array().expect("items").iter().cloned());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            assert_eq!(page["total"], items.len(), "{path}");
            return items;
        }
    }
}

/// The summary that `stats/summary` must give for these files.
pub(crate) fn summary(files: &[Value]) -> Value {
    let mut groups: [BTreeMap<String, u64>; 3] = Default::default();
    for file in files {
        for (group, field) in groups.iter_mut().zip(["file_type", "status", "modality"]) {
            if let Some(value) = file[field].as_str() {
                let is_invented = field == "modality" && !modality::COUNTED.contains(&value);
                let name = if is_invented { "OTHER" } else { value };
                *group.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    let size: u64 = files
        .iter()
        .filter_map(|file| file["file_size"].as_u64())
        .sum();
    json!({
        "total_files": files.len(),
        "total_size": size,
        "by_type": groups[0],
        "by_status": groups[1],
        "by_modality": groups[2],
    })
}
