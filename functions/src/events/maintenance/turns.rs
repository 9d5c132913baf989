//! Whose turn it is: what must not wait comes first, and among that everybody in turn, so that nobody's files wait for those of one user.

use std::collections::{BTreeMap, VecDeque};

use service::db::due::Due;
use service::domain::{FileId, Status};

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// What was deleted has to go in time.
    Purge,
    /// Moves that stopped, files that nobody has read.
    Heal,
    /// Most of these are uploads that nobody goes on with.
    Unfinished,
}

fn rank(file: &Due) -> Rank {
    match file.status {
        Status::Deleted => Rank::Purge,
        Status::Uploading => Rank::Unfinished,
        _ => Rank::Heal,
    }
}

/// The order of the visits. Files of one owner and rank keep theirs.
pub(super) fn in_turn(due: Vec<Due>) -> Vec<FileId> {
    let mut ranks: BTreeMap<Rank, BTreeMap<i64, VecDeque<FileId>>> = BTreeMap::new();
    for file in due {
        let owners = ranks.entry(rank(&file)).or_default();
        owners
            .entry(file.uploaded_by)
            .or_default()
            .push_back(file.id);
    }
    let mut turns = Vec::new();
    for mut owners in ranks.into_values() {
        while !owners.is_empty() {
            owners.retain(|_, files| {
                turns.extend(files.pop_front());
                !files.is_empty()
            });
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purges_come_first_and_owners_take_turns() {
        let due = |text: &str| -> Vec<Due> {
            let file = |(number, name): (u64, &str)| Due {
                id: FileId::from_number(number).expect("an id"),
                uploaded_by: name[1..].parse().expect("an owner"),
                status: match &name[..1] {
                    "D" => Status::Deleted,
                    "U" => Status::Uploading,
                    _ => Status::Processed,
                },
            };
            (1..).zip(text.split_whitespace()).map(file).collect()
        };
        for (text, expected) in [
            ("", &[][..]),
            ("U1 U1 U1 D2", &[4, 1, 2, 3]),
            ("U1 U1 U1 U2 P1 D1 D1 D3", &[6, 8, 7, 5, 1, 4, 2, 3]),
            ("D1 D1 D1 D2 D2 D3", &[1, 4, 6, 2, 5, 3]),
        ] {
            let turns = in_turn(due(text)).into_iter().map(FileId::number);
            assert_eq!(turns.collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
