//! Reads and writes the catalogs of spaces.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::db::batch::item;
use crate::db::catalog::{NAME, VERSION, key, read};
use crate::db::files::Files;
use crate::db::transaction::put_unless_refused;
use crate::db::{Item, failure, records, text};
use crate::error::Error;

pub(super) use crate::db::catalog::{Found, Listed};

impl Files {
    /// Reads the catalog of a space. Whoever has read heads or a tail before reads it consistently, because an old catalog may not fit them.
    pub(in crate::db) async fn catalog(
        &self,
        space: i64,
        consistent: bool,
    ) -> Result<Found, Error> {
        let table = &self.config.folds_table;
        let Some(row) = item(&self.client, table, key(space), consistent, None).await? else {
            return Ok(Found::Nothing);
        };
        let is_newer = records::is_newer(&row);
        Ok(match read(&row).filter(|_| !is_newer) {
            Some(listed) => Found::Listed(Box::new(listed)),
            None => Found::Unreadable { is_newer },
        })
    }

    /// Writes a catalog in the place of the one that was read, or where none was; answers whether it was still so.
    pub(super) async fn put_catalog(
        &self,
        space: i64,
        before: Option<u64>,
        listed: &Listed,
    ) -> Result<bool, Error> {
        let put = self
            .client
            .put_item()
            .table_name(&self.config.folds_table)
            .set_item(Some(listed.item(space)))
            .expression_attribute_names("#version", VERSION);
        let put = match before {
            None => put.condition_expression("attribute_not_exists(#version)"),
            Some(before) => put
                .condition_expression("#version = :version")
                .expression_attribute_values(":version", AttributeValue::N(before.to_string())),
        };
        put_unless_refused(put).await
    }

    /// The spaces that have a catalog.
    pub(super) async fn packed_spaces(&self) -> Result<Vec<i64>, Error> {
        let scan = self
            .client
            .scan()
            .table_name(&self.config.folds_table)
            .projection_expression("#shard")
            .filter_expression("#row = :segments")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_names("#row", "row")
            .expression_attribute_values(":segments", text(NAME))
            .consistent_read(true);
        let items = scan.into_paginator().items().send();
        let items: Result<Vec<Item>, _> = items.collect().await;
        let items = items.map_err(failure)?;
        let space = |item: &Item| item.get("shard")?.as_s().ok()?.parse().ok();
        Ok(items.iter().filter_map(space).collect())
    }

    /// Removes a catalog that cannot be read.
    pub(super) async fn remove_catalog(&self, space: i64) -> Result<(), Error> {
        let request = self.client.delete_item();
        let request = request.table_name(&self.config.folds_table);
        let request = request.set_key(Some(key(space)));
        request.send().await.map_err(failure)?;
        Ok(())
    }
}
