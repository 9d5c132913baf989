//! Segments and what changed since, asked together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use memchr::memmem::Finder;

use crate::query::{Answer, Query};
use crate::row::{Part, Row, keep_newer};
use crate::segment::Segment;

/// All files of a space at one moment.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Their ranges of ids ascend and do not meet.
    segments: Vec<Arc<Segment>>,
    /// Of each file that changed since, its row of the highest version.
    changed: BTreeMap<u64, Row>,
}

impl View {
    /// `segments`, whose ranges of ids do not meet, and in any order what changed since.
    #[must_use]
    pub fn new(
        segments: impl IntoIterator<Item = Arc<Segment>>,
        changes: impl IntoIterator<Item = Row>,
    ) -> Self {
        let mut segments: Vec<_> = segments
            .into_iter()
            .filter(|segment| !segment.is_empty())
            .collect();
        segments.sort_unstable_by_key(|segment| segment.first());
        let mut changed: BTreeMap<u64, Row> = BTreeMap::new();
        for row in changes {
            keep_newer(&mut changed, row);
        }
        let mut view = Self { segments, changed };
        view.forget_what_is_packed();
        view
    }

    /// A change may be packed already: then the segment's row is the same one or a newer one.
    fn forget_what_is_packed(&mut self) {
        let segments = &self.segments;
        self.changed.retain(|id, row| {
            let segment = segments
                .partition_point(|segment| segment.first() <= Some(*id))
                .checked_sub(1);
            let packed = segment.and_then(|index| {
                let segment = &segments[index];
                let row = segment.ids.binary_search(id).ok()?;
                Some(segment.versions[row])
            });
            packed.is_none_or(|packed| packed < row.version)
        });
    }

    /// Answers a question exactly.
    #[must_use]
    pub fn ask(&self, query: &Query) -> Answer {
        let mut page = Page::of(query);
        let Some(words) = Words::of(query) else {
            return page.answer;
        };
        let mut end = u64::MAX;
        for segment in self.segments.iter().rev() {
            let first = segment.first().unwrap_or_default();
            self.ask_range(Some((segment, &words)), first..=end, &mut page);
            if page.is_over() || first == 0 {
                return page.answer;
            }
            end = first - 1;
        }
        self.ask_range(None, 0..=end, &mut page);
        page.answer
    }

    /// What these ids, among which are all of the segment, add to the page.
    fn ask_range(
        &self,
        segment: Option<(&Arc<Segment>, &Words)>,
        ids: RangeInclusive<u64>,
        page: &mut Page,
    ) {
        let query = page.query;
        let changed: Vec<&Row> = self.changed.range(ids).map(|(_, row)| row).collect();
        let found = changed.iter().filter(|row| query.matches(row));
        let mut found = found.map(|row| row.id).rev().peekable();
        let hits = segment.map(|(segment, words)| (segment, hits(segment, query, words)));
        if changed.is_empty() {
            if let Some((segment, hits)) = hits {
                page.add_all(segment, &hits);
            }
            return;
        }
        if let Some((segment, hits)) = hits {
            let unchanged = hits.iter().rev().map(|row| segment.ids[usize::from(*row)]);
            for id in unchanged.filter(|id| !self.changed.contains_key(id)) {
                while let Some(newer) = found.next_if(|newer| *newer > id) {
                    page.add(newer);
                }
                page.add(id);
            }
        }
        found.for_each(|id| page.add(id));
    }
}

/// What of an answer is there already.
struct Page<'a> {
    query: &'a Query,
    answer: Answer,
}

impl<'a> Page<'a> {
    fn of(query: &'a Query) -> Self {
        Self {
            query,
            answer: Answer::default(),
        }
    }

    fn is_over(&self) -> bool {
        !self.query.count
            && self.answer.ids.len() == self.query.take
            && self.answer.total > self.query.skip
    }

    fn add(&mut self, id: u64) {
        if self.answer.total >= self.query.skip && self.answer.ids.len() < self.query.take {
            self.answer.ids.push(id);
        }
        self.answer.total += 1;
    }

    /// Adds rows of a segment, which ascend.
    fn add_all(&mut self, segment: &Segment, rows: &[u16]) {
        let skip = self.query.skip.saturating_sub(self.answer.total);
        let room = self.query.take - self.answer.ids.len();
        let newest_first = rows
            .iter()
            .rev()
            .skip(usize::try_from(skip).unwrap_or(usize::MAX));
        self.answer.ids.extend(
            newest_first
                .take(room)
                .map(|row| segment.ids[usize::from(*row)]),
        );
        self.answer.total += rows.len() as u64;
    }
}

/// The words of a query, ready to be looked for.
struct Words<'a>(Vec<Finder<'a>>);

impl<'a> Words<'a> {
    /// `None` if nothing can have them. The longest one goes first, because it is the rarest.
    fn of(query: &'a Query) -> Option<Self> {
        let mut words: Vec<&str> = query
            .words
            .iter()
            .map(String::as_str)
            .filter(|word| !word.is_empty())
            .collect();
        if words.iter().any(|word| word.contains('\0')) {
            return None;
        }
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Some(Self(words.into_iter().map(Finder::new).collect()))
    }
}

/// The rows of a segment that a query asks for, ascending.
fn hits(segment: &Segment, query: &Query, words: &Words) -> Vec<u16> {
    let start = query
        .from
        .map_or(0, |from| segment.ids.partition_point(|id| *id < from));
    let end = query.to.map_or(segment.len(), |to| {
        segment.ids.partition_point(|id| *id <= to)
    });
    if start >= end {
        return Vec::new();
    }
    let mut conditions = Vec::new();
    for (column, label) in &query.labels {
        let labels = &segment.labels[*column as usize];
        match labels.number(label) {
            Some(number) => conditions.push((&labels.numbers, number)),
            None => return Vec::new(),
        }
    }
    let is_in_part = |row: usize| match query.part {
        None => true,
        Some(Part::Live) => !segment.is_trash[row],
        Some(Part::Trash) => segment.is_trash[row],
        Some(Part::Gone) => false,
    };
    let passes = |row: usize| {
        is_in_part(row)
            && conditions
                .iter()
                .all(|(numbers, number)| numbers[row] == *number)
    };
    let number = |row: usize| u16::try_from(row).unwrap_or(u16::MAX);
    let Some((first, others)) = words.0.split_first() else {
        return (start..end)
            .filter(|row| passes(*row))
            .map(number)
            .collect();
    };
    let mut rows = Vec::new();
    let texts = segment.texts.as_bytes();
    let mut row = start;
    while row < end {
        let from = segment.starts[row] as usize;
        let Some(found) = first.find(&texts[from..]) else {
            break;
        };
        // The last row that begins at or before it.
        let place = from + found;
        row += segment.starts[row..].partition_point(|start| *start as usize <= place) - 1;
        if row >= end {
            break;
        }
        if passes(row)
            && others
                .iter()
                .all(|word| word.find(segment.text(row).as_bytes()).is_some())
        {
            rows.push(number(row));
        }
        row += 1;
    }
    rows
}

#[cfg(test)]
mod tests;
