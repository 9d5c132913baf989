//! Texts one behind the other, so that one search goes through all of them.

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use crate::segment::BETWEEN;

/// Immutable texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Texts {
    /// Each text, and [`BETWEEN`] behind it.
    joined: String,
    /// Where each of them begins.
    starts: Vec<u32>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        let start = u32::try_from(self.joined.len()).expect("texts below 4 GB");
        self.starts.push(start);
        let text = text.chars().map(|c| if c == '\0' { ' ' } else { c });
        self.joined.extend(text);
        self.joined.push(char::from(BETWEEN));
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.joined.len() + self.starts.len() * size_of::<u32>()
    }

    pub(super) fn get(&self, row: usize) -> &str {
        &self.joined[self.start(row)..self.start(row + 1) - 1]
    }

    /// Where a text begins, or where all end.
    fn start(&self, row: usize) -> usize {
        let start = self.starts.get(row);
        start.map_or(self.joined.len(), |start| *start as usize)
    }

    /// The first text from the row `from` on that has what `finder` looks for.
    pub(super) fn find(&self, finder: &Finder<'_>, from: usize) -> Option<usize> {
        let begin = self.start(from);
        if begin >= self.joined.len() {
            return None;
        }
        let place = begin + finder.find(&self.joined.as_bytes()[begin..])?;
        let behind = self
            .starts
            .partition_point(|start| *start as usize <= place);
        Some(behind - 1)
    }

    /// Whether every number in it can be followed.
    pub(super) fn is_whole(&self) -> bool {
        let bytes = self.joined.as_bytes();
        let ends = |end: usize| end > 0 && bytes.get(end - 1) == Some(&BETWEEN);
        let mut starts = self.starts.iter();
        match starts.next() {
            None => bytes.is_empty(),
            Some(first) => {
                *first == 0
                    && self.starts.is_sorted_by(|a, b| a < b)
                    && starts.all(|start| (*start as usize) < bytes.len() && ends(*start as usize))
                    && ends(bytes.len())
            }
        }
    }
}
