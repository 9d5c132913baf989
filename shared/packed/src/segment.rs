//! Some thousand files as columns.

use serde::{Deserialize, Serialize};

use crate::bytes::{Damaged, packed, unpacked};
use crate::row::{Column, Part, Row};

/// Rows of the largest segment. Smaller ones make a view of many objects; larger ones make each merge write more, and a number of a label no longer fit
/// in 16 bits.
pub const MAX_ROWS: usize = 8192;

const LETTERS: [u8; 4] = *b"FRPS";
/// Between two texts. No text has it, because the service refuses control characters; a row that has it all the same is read as if it had a space there.
pub(crate) const BETWEEN: u8 = 0;

/// Immutable columns of files, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Strictly ascending.
    pub(crate) ids: Vec<u64>,
    pub(crate) versions: Vec<u64>,
    pub(crate) is_trash: Vec<bool>,
    pub(crate) labels: [Labels; Column::ALL.len()],
    /// Each text, and [`BETWEEN`] behind it.
    pub(crate) texts: String,
    /// Where the text of the same row begins in `texts`.
    pub(crate) starts: Vec<u32>,
}

/// One column: for each row the number of its label among all of them, 0 for none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Labels {
    pub(crate) names: Vec<String>,
    pub(crate) numbers: Vec<u16>,
}

impl Labels {
    fn push(&mut self, label: Option<&str>) {
        let number = label.map_or(0, |label| {
            let known = self.names.iter().rposition(|name| name == label);
            let index = known.unwrap_or_else(|| {
                self.names.push(label.to_owned());
                self.names.len() - 1
            });
            u16::try_from(index + 1).unwrap_or(u16::MAX)
        });
        self.numbers.push(number);
    }

    pub(crate) fn of(&self, row: usize) -> Option<&str> {
        let index = usize::from(self.numbers[row]).checked_sub(1)?;
        Some(&self.names[index])
    }

    /// The number of a label; `None` if no row has it.
    pub(crate) fn number(&self, label: &str) -> Option<u16> {
        let index = self.names.iter().position(|name| name == label)?;
        u16::try_from(index + 1).ok()
    }
}

impl Segment {
    /// Packs rows.
    ///
    /// # Panics
    /// When there are more than [`MAX_ROWS`], their ids do not ascend, or one of them is gone: [`merged`](crate::merged) sees to all three.
    #[must_use]
    pub fn pack(rows: &[Row]) -> Self {
        assert!(rows.len() <= MAX_ROWS, "so many rows are two segments");
        assert!(rows.is_sorted_by(|a, b| a.id < b.id), "ids ascend");
        let mut segment = Self::default();
        for row in rows {
            assert!(row.part != Part::Gone, "a segment has no file that is gone");
            segment.ids.push(row.id);
            segment.versions.push(row.version);
            segment.is_trash.push(row.part == Part::Trash);
            for (labels, label) in segment.labels.iter_mut().zip(&row.labels) {
                labels.push(label.as_deref());
            }
            let start = u32::try_from(segment.texts.len()).expect("texts below 4 GB");
            segment.starts.push(start);
            segment
                .texts
                .extend(row.text.chars().map(|c| if c == '\0' { ' ' } else { c }));
            segment.texts.push(char::from(BETWEEN));
        }
        segment
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// How much memory it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let labels = self.labels.iter().flat_map(|labels| &labels.names);
        let names: usize = labels.map(|name| name.len() + size_of::<String>()).sum();
        self.len() * (2 * size_of::<u64>() + size_of::<u32>() + 1 + 2 * Column::ALL.len())
            + self.texts.len()
            + names
    }

    /// The smallest id.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.ids.first().copied()
    }

    /// The row of this number.
    pub(crate) fn row(&self, row: usize) -> Row {
        Row {
            id: self.ids[row],
            version: self.versions[row],
            part: if self.is_trash[row] {
                Part::Trash
            } else {
                Part::Live
            },
            labels: self
                .labels
                .each_ref()
                .map(|labels| labels.of(row).map(str::to_owned)),
            text: self.text(row).to_owned(),
        }
    }

    pub(crate) fn text(&self, row: usize) -> &str {
        let start = self.starts[row] as usize;
        let end = self
            .starts
            .get(row + 1)
            .map_or(self.texts.len(), |end| *end as usize);
        &self.texts[start..end - 1]
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
        let segment: Self = unpacked(LETTERS, bytes)?;
        let is_whole = segment.is_whole();
        is_whole
            .then_some(segment)
            .ok_or(Damaged("their columns do not fit together"))
    }

    /// Whether every number in it can be followed.
    fn is_whole(&self) -> bool {
        let rows = self.ids.len();
        let labels_fit = self.labels.iter().all(|labels| {
            let known = |number: &u16| usize::from(*number) <= labels.names.len();
            labels.numbers.len() == rows && labels.numbers.iter().all(known)
        });
        let text_ends = |end: usize| {
            end.checked_sub(1)
                .is_some_and(|last| self.texts.as_bytes().get(last) == Some(&BETWEEN))
        };
        let texts_fit = self.starts.first().is_none_or(|start| *start == 0)
            && self.starts.is_sorted_by(|a, b| a < b)
            && self
                .starts
                .iter()
                .skip(1)
                .all(|start| text_ends(*start as usize))
            && (text_ends(self.texts.len()) || rows == 0)
            && self
                .starts
                .last()
                .is_none_or(|start| (*start as usize) < self.texts.len());
        rows <= MAX_ROWS
            && self.ids.is_sorted_by(|a, b| a < b)
            && [self.versions.len(), self.is_trash.len(), self.starts.len()] == [rows; 3]
            && labels_fit
            && texts_fit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64) -> Vec<Row> {
        (0..count)
            .map(|id| Row {
                id: id * 3,
                version: id % 4 + 1,
                part: if id % 5 == 0 { Part::Trash } else { Part::Live },
                labels: [
                    Some("DICOM".to_owned()),
                    None,
                    Some(format!("M{}", id % 3)),
                    Some(format!("P-{id}")),
                    None,
                ],
                text: format!(
                    "胸部-{id}.dcm\n{}",
                    "x".repeat(usize::try_from(id % 7).expect("small"))
                ),
            })
            .collect()
    }

    #[test]
    fn rows_come_back_from_bytes_as_they_were() {
        for count in [0, 1, 1000] {
            let rows = rows(count);
            let segment = Segment::from_bytes(&Segment::pack(&rows).to_bytes()).expect("a segment");
            let back: Vec<Row> = (0..segment.len()).map(|row| segment.row(row)).collect();
            assert_eq!(back, rows);
        }
    }

    #[test]
    fn no_damage_is_taken_for_a_segment() {
        let bytes = Segment::pack(&rows(50)).to_bytes();
        for end in 0..bytes.len() {
            assert!(Segment::from_bytes(&bytes[..end]).is_err(), "cut at {end}");
        }
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 0x40;
            assert!(Segment::from_bytes(&bytes).is_err(), "changed at {place}");
        }
    }

    #[test]
    fn columns_that_do_not_fit_together_are_refused() {
        let whole = Segment::pack(&rows(10));
        let mends: [fn(&mut Segment); 8] = [
            |s| s.ids.swap(0, 1),
            |s| {
                s.versions.pop();
            },
            |s| {
                s.is_trash.pop();
            },
            |s| s.labels[2].numbers[4] = 9,
            |s| {
                s.labels[0].numbers.pop();
            },
            |s| s.starts[3] += 1,
            |s| {
                s.starts.pop();
            },
            |s| {
                s.texts.pop();
            },
        ];
        for (number, break_it) in mends.into_iter().enumerate() {
            let mut segment = whole.clone();
            break_it(&mut segment);
            let read = Segment::from_bytes(&segment.to_bytes());
            assert_eq!(
                read.err(),
                Some(Damaged("their columns do not fit together")),
                "{number}"
            );
        }
    }
}
