//! People by name: a [`Names`] is an immutable piece of a sorted list, a [`Directory`] the whole list, put together from its pieces and from what changed
//! since, and [`merged`] packs what changed into new pieces.

mod directory;
mod merge;
mod texts;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

pub use directory::Directory;
pub use merge::{Merged, merged, packed_in_pieces};

use crate::bytes::{Damaged, packed, unpacked};
use texts::Texts;

/// Names of the largest piece: some 500 KB.
pub const MAX_NAMES: usize = 8192;

const LETTERS: [u8; 4] = *b"FRPN";
const CATALOG_LETTERS: [u8; 4] = *b"FRND";

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// The key.
    Key,
    /// The text, and among equal ones the key.
    Text,
}

/// One name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Name {
    /// Whose it is: the key of a row in a table. Nobody has two names.
    pub key: String,
    /// What a search looks at, folded.
    pub text: String,
}

impl Order {
    /// Which of two names comes first.
    #[must_use]
    pub fn compare(self, a: &Name, b: &Name) -> Ordering {
        self.of((&a.key, &a.text), (&b.key, &b.text))
    }

    /// [`Self::compare`] of keys with their texts.
    fn of(self, a: (&str, &str), b: (&str, &str)) -> Ordering {
        match self {
            Self::Key => a.0.cmp(b.0),
            Self::Text => (a.1, a.0).cmp(&(b.1, b.0)),
        }
    }
}

/// An immutable piece of a list of names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    order: Order,
    keys: Texts,
    texts: Texts,
}

impl Names {
    /// Packs names.
    ///
    /// # Panics
    /// When there are more than [`MAX_NAMES`], or they do not ascend: [`merged`] and [`packed_in_pieces`] see to both.
    #[must_use]
    pub fn pack(order: Order, names: &[Name]) -> Self {
        assert!(names.len() <= MAX_NAMES, "so many names are several pieces");
        let mut piece = Self {
            order,
            keys: Texts::default(),
            texts: Texts::default(),
        };
        for name in names {
            piece.keys.push(&name.key);
            piece.texts.push(&name.text);
        }
        assert!(piece.ascends(), "names ascend");
        piece
    }

    /// How many names it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much memory it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.texts.bytes()
    }

    /// Its bytes in the bucket.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        packed(LETTERS, self)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// They are not whole, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let piece: Self = unpacked(LETTERS, bytes)?;
        let is_whole = piece.keys.is_whole()
            && piece.texts.is_whole()
            && piece.keys.len() == piece.texts.len()
            && piece.len() <= MAX_NAMES
            && piece.ascends();
        is_whole
            .then_some(piece)
            .ok_or(Damaged("their columns do not fit together"))
    }

    fn ascends(&self) -> bool {
        let ascends = |row: usize| {
            let order = self.order.of(self.both(row - 1), self.both(row));
            order == Ordering::Less
        };
        (1..self.len()).all(ascends)
    }

    fn both(&self, row: usize) -> (&str, &str) {
        (self.keys.get(row), self.texts.get(row))
    }

    fn name(&self, row: usize) -> Name {
        let (key, text) = self.both(row);
        Name {
            key: key.to_owned(),
            text: text.to_owned(),
        }
    }

    fn names(&self) -> impl Iterator<Item = Name> {
        (0..self.len()).map(|row| self.name(row))
    }

    /// The first name behind `after`.
    fn first_behind(&self, after: &Name) -> usize {
        let after = (after.key.as_str(), after.text.as_str());
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.order.of(self.both(middle), after) == Ordering::Greater {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

/// Which pieces a list has, in its order: what names their objects, and how many names are in each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces(pub Vec<(String, u32)>);

impl Pieces {
    /// How many names they have.
    #[must_use]
    pub fn names(&self) -> u64 {
        self.0.iter().map(|(_, names)| u64::from(*names)).sum()
    }

    /// Its bytes in the table.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        packed(CATALOG_LETTERS, self)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// They are not whole, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        unpacked(CATALOG_LETTERS, bytes)
    }
}

#[cfg(test)]
mod tests;
