//! Packs what changed.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{MAX_NAMES, Name, Names, Order};

/// A piece of the new list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The old piece of this number, as it is.
    Old(usize),
    /// Another one.
    New(Names),
}

/// The list in which `changed` is packed: pieces in which nothing changes stay. No piece has somebody without a name.
#[must_use]
pub fn merged<S: std::hash::BuildHasher>(
    order: Order,
    pieces: &[Names],
    changed: &HashMap<String, Option<String>, S>,
) -> Vec<Merged> {
    let mut new: Vec<Name> = changed
        .iter()
        .filter_map(|(key, text)| {
            Some(Name {
                key: key.clone(),
                text: text.clone()?,
            })
        })
        .collect();
    new.sort_unstable_by(|a, b| order.compare(a, b));
    let mut list = Vec::with_capacity(pieces.len() + 1);
    let mut first = 0;
    for (number, piece) in pieces.iter().enumerate() {
        // Whoever comes before the next piece belongs into this one.
        let end = match pieces.get(number + 1).filter(|next| !next.is_empty()) {
            Some(next) => new.partition_point(|name| {
                order.of((&name.key, &name.text), next.both(0)) == Ordering::Less
            }),
            None if number + 1 == pieces.len() => new.len(),
            None => first,
        };
        let coming = &new[first..end.max(first)];
        first = end.max(first);
        let leaves = |row: usize| changed.contains_key(piece.keys.get(row));
        if coming.is_empty() && !(0..piece.len()).any(leaves) {
            list.push(Merged::Old(number));
            continue;
        }
        let mut names: Vec<Name> = piece.names().collect();
        names.retain(|name| !changed.contains_key(&name.key));
        names.extend_from_slice(coming);
        names.sort_unstable_by(|a, b| order.compare(a, b));
        list.extend(packed_in_pieces(order, &names).map(Merged::New));
    }
    list.extend(packed_in_pieces(order, &new[first..]).map(Merged::New));
    list
}

/// Names that ascend, in as many pieces as they need.
pub fn packed_in_pieces(order: Order, names: &[Name]) -> impl Iterator<Item = Names> {
    names
        .chunks(MAX_NAMES)
        .map(move |names| Names::pack(order, names))
}
