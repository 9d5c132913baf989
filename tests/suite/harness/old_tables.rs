//! The tables of ab0f7f2 with everything a stack has, as that version wrote it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::stack::TestStack;

/// A row.
pub(crate) type Row = HashMap<String, AttributeValue>;

const FILES: &str = "filmroom-FilesTable";
const PATIENTS: &str = "filmroom-PatientsTable";
const LOG: &str = "filmroom-AuditLogTable";
const FOLDS: &str = "filmroom-FoldsTable";
const STATS: &str = "filmroom-StatsTable";
/// The tables of ab0f7f2 that are old now.
pub(crate) const OLD: [&str; 3] = [
    "filmroom-ImageFilesTable",
    "filmroom-ReferencesTable",
    "filmroom-AccessLogTable",
];
/// Those that took their place.
pub(crate) const NEW: [&str; 4] = [FILES, PATIENTS, LOG, FOLDS];

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn string<'r>(row: &'r Row, name: &str) -> Option<&'r String> {
    row.get(name)?.as_s().ok()
}

fn number(row: &Row, name: &str) -> u64 {
    let number = row[name].as_n().expect("a number");
    number.parse().expect("a whole number")
}

impl TestStack {
    /// Every row of a table, in no order.
    pub(crate) async fn rows(&self, table: &str) -> Vec<Row> {
        let scan = self.database().scan().table_name(table);
        let pages = scan
            .into_paginator()
            .items()
            .send()
            .collect::<Result<_, _>>();
        pages.await.expect("rows")
    }

    /// Writes a row past the service.
    pub(crate) async fn put_row(&self, table: &str, row: Row) {
        let put = self.database().put_item().table_name(table);
        put.set_item(Some(row)).send().await.expect("a row");
    }

    pub(crate) async fn remove_row(&self, table: &str, row: &Row, keys: &[&str]) {
        let mut delete = self.database().delete_item().table_name(table);
        for key in keys {
            delete = delete.key(*key, row[*key].clone());
        }
        delete.send().await.expect("a row that is gone");
    }

    /// Moves everything into the tables of ab0f7f2, as if that version had written it and nothing had been moved yet.
    pub(crate) async fn age(&self) {
        self.fold().await;
        let files = self.rows(FILES).await;
        for row in self.rows(PATIENTS).await {
            self.remove_row(PATIENTS, &row, &["patient_id"]).await;
            let of_patient = files
                .iter()
                .filter(|file| file.get("patient_id") == row.get("patient_id"));
            let counted = AttributeValue::N(of_patient.count().to_string());
            let mut row = old_patient(row);
            row.insert("file_count".to_owned(), counted);
            self.put_row(OLD[1], row).await;
        }
        for row in files {
            self.remove_row(FILES, &row, &["id"]).await;
            self.put_row(OLD[0], old_file(row)).await;
        }
        for row in self.rows(LOG).await {
            self.remove_row(LOG, &row, &["subject", "entry"]).await;
            for entry in old_entries(row) {
                self.put_row(OLD[2], entry).await;
            }
        }
        for row in self.rows(FOLDS).await {
            self.remove_row(FOLDS, &row, &["shard", "row"]).await;
            if let Some(counters) = old_counters(&row) {
                self.put_row(STATS, counters).await;
            }
            let name = string(&row, "row").expect("a name");
            if let Some(("maintenance", id)) = name.split_once('#') {
                let mark = [
                    ("kind", text("maintenance")),
                    ("id", text(id)),
                    ("at", row["at"].clone()),
                ];
                let mark = mark.map(|(name, value)| (name.to_owned(), value));
                self.put_row(OLD[1], mark.into()).await;
            }
        }
    }
}

/// The head of a shard as an item of counters.
fn old_counters(row: &Row) -> Option<Row> {
    let shard = string(row, "row")?.strip_prefix("head#")?.to_owned();
    let owner = match string(row, "shard")?.as_str() {
        "0" => "all".to_owned(),
        owner => format!("user#{owner}"),
    };
    let mut counters = row["counters"].as_m().expect("counters").clone();
    counters.insert("owner".to_owned(), text(owner));
    counters.insert("shard".to_owned(), AttributeValue::N(shard));
    Some(counters)
}

fn old_file(mut row: Row) -> Row {
    let shard = number(&row, "id") % 8;
    let is_deleted = string(&row, "status").is_some_and(|status| status == "DELETED");
    if let Some(search) = row.remove("i_search") {
        row.insert("search".to_owned(), search);
    }
    for name in [
        "i_type",
        "i_status",
        "i_modality",
        "owner",
        "schema",
        "adopted_version",
    ] {
        row.remove(name);
    }
    for name in ["patient_key", "content_key", "modality_key", "shard_key"] {
        row.remove(name);
    }
    let mut put = |name: &str, value: String| row.insert(name.to_owned(), text(value));
    if !is_deleted {
        put("shard_key", format!("live#{shard}"));
    }
    for (from, key) in [
        ("patient_id", "patient_key"),
        ("modality", "modality_key"),
        ("file_hash", "content_key"),
    ] {
        let Some(value) = string(&row, from).filter(|_| !is_deleted).cloned() else {
            continue;
        };
        let value = match key {
            "patient_key" => format!("patient#{value}"),
            "modality_key" => format!("{value}#{shard}"),
            _ => format!("{}#{value}", number(&row, "uploaded_by")),
        };
        row.insert(key.to_owned(), text(value));
    }
    if let Some(due_on) = string(&row, "due_on") {
        let (day, _) = due_on.split_once('#').expect("a day");
        let due_on = format!("{day}#{}", number(&row, "id") % 4);
        row.insert("due_on".to_owned(), text(due_on));
    }
    row
}

fn old_patient(mut row: Row) -> Row {
    for (from, to) in [("patient_id", "id"), ("i_search", "search")] {
        let value = row.remove(from).expect("an attribute");
        row.insert(to.to_owned(), value);
    }
    for name in ["shard_key", "schema", "adopted_at", "adopted_count"] {
        row.remove(name);
    }
    row.insert("kind".to_owned(), text("patient"));
    row
}

/// Only what was done with files was in the log, each of them for itself.
fn old_entries(mut row: Row) -> Vec<Row> {
    let id = row.remove("entry").expect("an id");
    row.insert("entry_id".to_owned(), id);
    let subject = row.remove("subject").expect("a subject");
    let subject = subject.as_s().expect("text");
    let files = row.remove("files");
    for new in ["schema", "owner", "patient_id", "actor_key", "patient_key"] {
        row.remove(new);
    }
    match files {
        None if subject.starts_with("file#") => vec![row],
        Some(AttributeValue::L(files)) if subject.starts_with("uploads#") => {
            let of_file = |file| {
                let mut row = row.clone();
                row.insert("file_id".to_owned(), file);
                row
            };
            files.into_iter().map(of_file).collect()
        }
        _ => Vec::new(),
    }
}
