//! Packs what changed.

use std::collections::HashMap;

use packed::names::{Merged, merged};

use super::catalog::Listed;
use super::tail::Told;
use super::{Lists, People};
use crate::error::Error;

impl Lists {
    /// Packs the tail of a list whose catalog was read before it was; answers whether all of its pieces are there. Another call may be faster.
    pub(super) async fn merge(
        &self,
        people: People,
        mut listed: Listed,
        tail: Vec<Told>,
    ) -> Result<bool, Error> {
        let names = listed.names();
        let Some(pieces) = self.pieces.fetch_all(people, names).await? else {
            return Ok(false);
        };
        if tail.is_empty() {
            return Ok(true);
        }
        let changed = tail.iter();
        let changed = changed.map(|told| (told.key.clone(), told.text.clone()));
        let changed: HashMap<String, Option<String>> = changed.collect();
        let mut next = Vec::with_capacity(listed.pieces.0.len());
        for piece in merged(people.order(), &pieces, &changed) {
            match piece {
                Merged::Old(number) => next.push(listed.pieces.0[number].clone()),
                Merged::New(names) => next.extend(self.stored(people, [names]).await?),
            }
        }
        listed.pieces.0 = next;
        let before = listed.version;
        listed.version += 1;
        let old = self.leave(people, &mut listed).await?;
        if self.put_catalog(people, Some(before), &listed).await? {
            self.take_out(tail).await?;
            self.pieces.remove(people, &old).await?;
        }
        Ok(true)
    }
}
