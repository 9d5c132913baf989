//! Rows of an index: which files a list shows, and how many there are.

use aws_sdk_dynamodb::types::Select;
use futures_util::future::try_join_all;

use super::conditions::{Columns, Conditions, Found, LARGEST_READ, Read};
use super::files::Files;
use super::keys::Index;
use super::source::Source;
use super::{Item, failure, records};
use crate::error::Error;

/// Rows of the first read of a filtered list; the following ones grow.
const FIRST_FILTERED_READ: usize = 200;

const COLUMNS: Columns = Columns {
    file_type: "i_type",
    status: "i_status",
    modality: "i_modality",
    search: "i_search",
    owner: "owner",
};

impl Files {
    /// The first ids of all partitions together, newest first.
    pub(super) async fn read(&self, source: &Source, read: &Read) -> Result<Found, Error> {
        let partitions = source
            .partitions
            .iter()
            .map(|partition| self.read_partition(source.index, partition, read));
        // Old rows first: one that is adopted meanwhile is then found twice, not missed.
        let mut all = match &self.old {
            Some(old) => Box::pin(old.found(&source.of, read)).await?,
            None => Found::default(),
        };
        for found in try_join_all(partitions).await? {
            all.ids.extend(found.ids);
            all.count += found.count;
            all.rows += found.rows;
        }
        all.ids.sort_unstable_by(|a, b| b.cmp(a));
        all.ids.dedup();
        all.ids.truncate(read.want);
        Ok(all)
    }

    async fn read_partition(
        &self,
        index: Index,
        partition: &str,
        read: &Read,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        let Some(conditions) = Conditions::of(index, &COLUMNS, partition, read) else {
            return Ok(found);
        };
        let mut start: Option<Item> = None;
        let mut limit = if conditions.select_all() {
            read.want
        } else {
            read.want.max(FIRST_FILTERED_READ)
        };
        loop {
            let only_count = found.ids.len() >= read.want;
            if only_count && !read.count_all {
                return Ok(found);
            }
            let answer = conditions
                .query(&self.client, &self.config.files_table)
                .set_projection_expression((!only_count).then(|| "id".to_owned()))
                .select(if only_count {
                    Select::Count
                } else {
                    Select::SpecificAttributes
                })
                .limit(rows_of(if only_count { LARGEST_READ } else { limit }))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failure)?;
            found.count += u64::try_from(answer.count()).unwrap_or(0);
            found.rows += u64::try_from(answer.scanned_count()).unwrap_or(0);
            for item in answer
                .items()
                .iter()
                .take(read.want.saturating_sub(found.ids.len()))
            {
                found.ids.push(records::id_of(item)?);
            }
            start = answer.last_evaluated_key;
            // After the first call the largest limit is used if everything must be counted: that takes the fewest calls.
            limit = if read.count_all {
                LARGEST_READ
            } else {
                limit.saturating_mul(4)
            };
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}

/// A query's limit.
fn rows_of(limit: usize) -> i32 {
    i32::try_from(limit.min(LARGEST_READ)).unwrap_or(i32::MAX)
}
