//! Questions to a packed space.

use std::sync::Arc;

use futures_util::future::try_join_all;
use packed::{Answer, Column, Part, Query, Row, View};

use super::catalog::Found;
use super::tail::all_keep;
use crate::db::files::Files;
use crate::db::journal::{self, EVERYBODY, Shard, tail};
use crate::db::segments::names_of;
use crate::domain::{FileId, Filter};
use crate::error::{Error, chain};

/// Files of the largest space that is asked here: their columns have to fit into a function's memory, with some 100 bytes each.
const MOST_FILES: u64 = 4_000_000;

/// Reads of what is not packed: one of them is done between two packs, unless a space is packed faster than it is read.
const ATTEMPTS: usize = 4;

/// What a question finds.
#[derive(Debug)]
pub(in crate::db) enum Seen {
    /// Everything in the space, at a moment between the call and the answer.
    Whole(View),
    /// It is not packed: the indexes know.
    Nothing,
    /// It is being packed, or too large, or the bucket does not answer: the indexes know.
    NotNow,
    /// It was packed, and something is missing: the indexes know.
    Broken,
}

impl Files {
    /// Everything in a space.
    pub(in crate::db) async fn seen(&self, space: i64) -> Result<Seen, Error> {
        // A look, which may be old, so that a space that is not packed costs no more than that. A warm function has looked before.
        let mut looked = match self.known_catalogs.of(&space) {
            Some(known) => known,
            None => match self.catalog(space, false).await? {
                Found::Listed(listed) => Arc::new(*listed),
                Found::Nothing => return Ok(Seen::Nothing),
                Found::Unreadable { .. } => return Ok(Seen::Broken),
            },
        };
        if !looked.is_ready || looked.catalog.rows() > MOST_FILES || self.old.is_some() {
            return Ok(Seen::NotNow);
        }
        for _ in 0..ATTEMPTS {
            // In this order: see the module above.
            let Some(mut rows) = self.unfolded_rows(space).await? else {
                return Ok(Seen::NotNow);
            };
            let tail = self.tail(space).await?;
            let (heads, listed) =
                tokio::try_join!(self.heads_of(space), self.catalog(space, true))?;
            let Some(listed) = listed.listed().filter(|listed| listed.is_ready) else {
                self.known_catalogs.forget(&space);
                return Ok(Seen::NotNow);
            };
            let listed = Arc::new(listed);
            self.known_catalogs.keep(space, Arc::clone(&listed));
            if !all_keep(&heads, listed.epoch) {
                return Ok(Seen::Broken);
            }
            // Somebody has packed meanwhile: a file of these rows may be gone, and what said so packed away.
            if listed.version != looked.version {
                looked = listed;
                continue;
            }
            let folds = tail.into_iter();
            let folds = folds.filter(|fold| fold.epoch == Some(listed.epoch));
            let Some(kept) = folds.map(|fold| fold.rows).collect::<Option<Vec<_>>>() else {
                return Ok(Seen::Broken);
            };
            rows.extend(kept.into_iter().flatten());
            return Ok(
                match self.segments.all(space, names_of(&listed.catalog)).await {
                    Ok(Some(segments)) => Seen::Whole(View::new(segments, rows)),
                    Ok(None) => Seen::Broken,
                    Err(error) => {
                        tracing::warn!(cause = chain(&error), "a segment was not read");
                        Seen::NotNow
                    }
                },
            );
        }
        Ok(Seen::NotNow)
    }

    /// What the changes say that nobody has folded; `None` if one does not say it.
    pub(super) async fn unfolded_rows(&self, space: i64) -> Result<Option<Vec<Row>>, Error> {
        let mut changes = Vec::new();
        if space == EVERYBODY {
            // What owners' folds have not told everybody yet. They do it in the transaction in which they count, so it is found here or below.
            let scan = self.client.scan().table_name(&self.config.changes_table);
            let items = scan.consistent_read(true).into_paginator().items().send();
            let items: Result<Vec<_>, _> = items.collect().await;
            for item in items.map_err(crate::db::failure)? {
                let shard = item.get("shard").and_then(|shard| shard.as_s().ok());
                // No fold reads what is of no shard.
                if shard.is_some_and(|shard| shard.parse::<Shard>().is_ok()) {
                    changes.push(journal::Row::read(&item)?);
                }
            }
        }
        let of_shards = Shard::all(space).map(|shard| tail(&self.client, &self.config, shard));
        changes.extend(try_join_all(of_shards).await?.into_iter().flatten());
        let rows: Option<Vec<_>> = changes.into_iter().map(|change| change.rows).collect();
        Ok(rows.map(|rows| rows.concat()))
    }
}

/// What a filter asks of a view, of files that have `label` in common.
pub(in crate::db) fn query(filter: &Filter, part: Part, label: Option<(Column, String)>) -> Query {
    let Filter {
        file_type,
        status,
        modality,
        uploaded_by,
        from,
        to,
        search: _,
    } = filter;
    let labels = [
        (
            Column::FileType,
            file_type.map(|kind| kind.name().to_owned()),
        ),
        (
            Column::Status,
            status.map(|status| status.name().to_owned()),
        ),
        (Column::Modality, modality.clone()),
        (Column::Owner, uploaded_by.map(|id| id.to_string())),
    ];
    let labels = labels.into_iter();
    let labels = labels.filter_map(|(column, label)| Some((column, label?)));
    Query {
        part: Some(part),
        labels: labels.chain(label).collect(),
        from: from.map(FileId::number),
        to: to.map(FileId::number),
        words: filter.words().map(str::to_owned).collect(),
        ..Query::default()
    }
}

/// A page of a view below an id, and the total if it is asked for.
pub(in crate::db) fn page(view: &View, query: &Query, below: Option<u64>) -> Answer {
    let Some(below) = below else {
        return view.ask(query);
    };
    let to = below.saturating_sub(1).min(query.to.unwrap_or(u64::MAX));
    let page = view.ask(&Query {
        to: Some(to),
        count: false,
        ..query.clone()
    });
    if !query.count {
        return page;
    }
    let all = view.ask(&Query {
        take: 0,
        ..query.clone()
    });
    Answer {
        total: all.total,
        ..page
    }
}
