//! Reads and writes the catalogs of spaces.

use crate::db::catalog::{NAME, key, read};
use crate::db::files::Files;
use crate::db::{Item, catalog_row, failure, text};
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
        catalog_row::find(&self.client, table, key(space), consistent, read).await
    }

    /// Writes a catalog in the place of the one that was read, or where none was; answers whether it was still so.
    pub(super) async fn put_catalog(
        &self,
        space: i64,
        before: Option<u64>,
        listed: &Listed,
    ) -> Result<bool, Error> {
        let table = &self.config.folds_table;
        catalog_row::replace(&self.client, table, before, listed.item(space)).await
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
        catalog_row::remove(&self.client, &self.config.folds_table, key(space)).await
    }
}
