//! Packs what changed.

use std::collections::{BTreeMap, BTreeSet};

use packed::{Part, Row, Segment, merged};

use super::catalog::Listed;
use super::tail::Fold;
use crate::db::files::Files;
use crate::db::unattended::Unattended;
use crate::domain::Timestamp;
use crate::error::Error;

/// An object that no catalog names any more is removed after this.
const STILL_READ_MS: i64 = 60 * 60 * 1000;

impl Unattended<'_> {
    /// Packs what changed in a space since it was packed, however little; answers whether there was anything. Folds do it when there is enough.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the next call does it.
    pub async fn pack_tail(self, space: i64) -> Result<bool, Error> {
        self.files.pack(space).await
    }
}

impl Files {
    /// Packs the tail of a space; answers whether it did. Another call may be faster, the space may not be packed, or not any more.
    pub(in crate::db) async fn pack(&self, space: i64) -> Result<bool, Error> {
        // A read of many rows may miss one that is written meanwhile and find one of the same shard that follows it. What the heads know is there.
        let (mut heads, mut tail) = (self.heads_of(space).await?, self.tail(space).await?);
        let mut unfolded = Vec::new();
        // What happened to a file before it went was in Changes when this began, or in the tail that is read after them.
        if tail.iter().any(Fold::says_that_files_are_gone) {
            let Some(rows) = self.unfolded_rows(space).await? else {
                return Ok(false);
            };
            unfolded = rows;
            (heads, tail) = (self.heads_of(space).await?, self.tail(space).await?);
        }
        let listed = self.catalog(space, true).await?.listed();
        let Some(listed) = listed.filter(|listed| listed.is_ready) else {
            return Ok(false);
        };
        let is_known = |fold: &Fold| {
            fold.shard_and_version().is_some_and(|(shard, version)| {
                let mut heads = heads.values();
                heads.any(|head| head.shard.number == shard && version <= head.version)
            })
        };
        let of_epoch = |fold: &Fold| fold.epoch == Some(listed.epoch);
        let (known, newer): (Vec<Fold>, Vec<Fold>) =
            tail.into_iter().filter(of_epoch).partition(is_known);
        let newer = newer.into_iter().filter_map(|fold| fold.rows).flatten();
        let later: BTreeSet<u64> = unfolded
            .into_iter()
            .chain(newer)
            .map(|row| row.id)
            .collect();
        let mut rows = Vec::new();
        let mut names = Vec::new();
        for fold in known {
            let Some(kept) = fold.rows else {
                return Ok(false);
            };
            if !must_stay(&kept, &later) {
                names.push(fold.name);
            }
            rows.extend(kept);
        }
        if names.is_empty() {
            return Ok(false);
        }
        let version = listed.version;
        let next = self.with_packed(space, listed, &rows).await?;
        let Some((next, old)) = next else {
            return Ok(false);
        };
        if !self.put_catalog(space, Some(version), &next).await? {
            return Ok(false);
        }
        self.remove_tail(space, names).await?;
        self.segments.remove(space, &old).await?;
        Ok(true)
    }

    /// Packs `rows` into the segments of a catalog. Answers the catalog that follows, and the objects that may be removed once it is written; `None` if the
    /// bucket has lost a segment.
    async fn with_packed(
        &self,
        space: i64,
        mut listed: Listed,
        rows: &[Row],
    ) -> Result<Option<(Listed, Vec<String>)>, Error> {
        let now = self.clock.now();
        let mut new = BTreeMap::new();
        for (place, changes) in listed.catalog.places(rows) {
            let old = match listed.catalog.segments().get(place) {
                None => None,
                Some(named) => {
                    let Some(old) = self.segments.fetch(space, &named.name).await? else {
                        return Ok(None);
                    };
                    Some(old)
                }
            };
            let segments = merged(old.as_ref(), changes);
            new.insert(place, self.stored(space, segments).await?);
        }
        listed.catalog = listed.catalog.with(new);
        let old = self.leave(space, &mut listed, now).await?;
        Ok(Some((listed.next(now), old)))
    }

    pub(super) async fn stored(
        &self,
        space: i64,
        segments: Vec<Segment>,
    ) -> Result<Vec<(String, Segment)>, Error> {
        let mut stored = Vec::with_capacity(segments.len());
        for segment in segments {
            stored.push(self.segments.put(space, segment).await?);
        }
        Ok(stored)
    }

    /// Notes in `left` what the bucket has and the catalog does not name, also what a call has left that died; takes out what is there for an hour, to be
    /// removed when the catalog is written.
    pub(super) async fn leave(
        &self,
        space: i64,
        listed: &mut Listed,
        now: Timestamp,
    ) -> Result<Vec<String>, Error> {
        let segments = listed.catalog.segments().iter();
        let named: BTreeSet<&String> = segments.map(|segment| &segment.name).collect();
        let there = self.segments.names(space).await?;
        let unnamed = there.into_iter().filter(|name| !named.contains(name));
        let left: BTreeMap<String, i64> = unnamed
            .map(|name| {
                let since = listed.left.get(&name).copied();
                (name, since.unwrap_or(now.0))
            })
            .collect();
        let is_old = |at: i64| now.0 - at > STILL_READ_MS;
        let (old, left): (BTreeMap<_, _>, _) = left.into_iter().partition(|(_, at)| is_old(*at));
        listed.left = left;
        Ok(old.into_keys().collect())
    }
}

/// Whether one of these rows has to stay in the tail: it says that a file is gone, and what became of the file before was folded later, because files
/// that begin together are told of in the shard of the first one. Without this row the earlier one would bring the file back.
fn must_stay(rows: &[Row], later: &BTreeSet<u64>) -> bool {
    let is_awaited = |row: &Row| row.part == Part::Gone && later.contains(&row.id);
    rows.iter().any(is_awaited)
}
