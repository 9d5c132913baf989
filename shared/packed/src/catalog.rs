//! Which segments a space has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bytes::{Damaged, packed, unpacked};
use crate::row::Row;
use crate::segment::Segment;

const LETTERS: [u8; 4] = *b"FRPC";

/// The segments of a space, by the ids that belong into each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog(Vec<Listed>);

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The smallest id in it. Ids from here on belong into it, up to the next segment's; ids before the first segment's belong into that one.
    pub first: u64,
    /// What names its object.
    pub name: String,
    /// Rows in it.
    pub rows: u32,
}

impl Catalog {
    /// The segments, in the order of their ids.
    #[must_use]
    pub fn segments(&self) -> &[Listed] {
        &self.0
    }

    /// How many files they have.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.iter().map(|listed| u64::from(listed.rows)).sum()
    }

    /// The changes that belong into each segment, by its place in the catalog; into the place 0 if there is no segment yet.
    #[must_use]
    pub fn places<'a>(
        &self,
        changes: impl IntoIterator<Item = &'a Row>,
    ) -> BTreeMap<usize, Vec<&'a Row>> {
        let mut places: BTreeMap<usize, Vec<&Row>> = BTreeMap::new();
        for row in changes {
            let place = self.0.partition_point(|listed| listed.first <= row.id);
            places.entry(place.saturating_sub(1)).or_default().push(row);
        }
        places
    }

    /// The catalog in which other segments stand at these places, each with its name: several where one became too large, none where all is gone.
    #[must_use]
    pub fn with(&self, mut new: BTreeMap<usize, Vec<(String, Segment)>>) -> Self {
        let mut segments = Vec::new();
        for place in 0..self.0.len().max(1) {
            match new.remove(&place) {
                None => segments.extend(self.0.get(place).cloned()),
                Some(new) => segments.extend(new.into_iter().filter_map(listed)),
            }
        }
        Self(segments)
    }

    /// The catalog with more segments at its end, each with its name: their ids are larger than those of all others.
    #[must_use]
    pub fn followed_by(&self, new: Vec<(String, Segment)>) -> Self {
        let mut segments = self.0.clone();
        segments.extend(new.into_iter().filter_map(listed));
        Self(segments)
    }

    /// Its bytes in the table.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        packed(LETTERS, self)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// They are not whole, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let catalog: Self = unpacked(LETTERS, bytes)?;
        let ascends = catalog.0.is_sorted_by(|a, b| a.first < b.first);
        ascends
            .then_some(catalog)
            .ok_or(Damaged("their order is wrong"))
    }
}

fn listed((name, segment): (String, Segment)) -> Option<Listed> {
    Some(Listed {
        first: segment.first()?,
        name,
        rows: u32::try_from(segment.len()).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::merged;
    use crate::row::Part;

    fn row(id: u64, version: u64, part: Part) -> Row {
        Row {
            id,
            version,
            part,
            labels: [const { None }; 5],
            text: String::new(),
        }
    }

    /// Packs changes into segments that are kept by their names, as the service does.
    fn pack(catalog: &Catalog, stored: &mut BTreeMap<String, Segment>, changes: &[Row]) -> Catalog {
        let mut new = BTreeMap::new();
        for (place, changes) in catalog.places(changes) {
            let old = catalog
                .segments()
                .get(place)
                .map(|listed| &stored[&listed.name]);
            let segments = merged(old, changes);
            let named: Vec<_> = segments
                .into_iter()
                .map(|segment| {
                    (
                        format!(
                            "{}",
                            stored.len()
                                + usize::try_from(segment.first().unwrap_or(0)).unwrap_or(0) * 1000
                        ),
                        segment,
                    )
                })
                .collect();
            stored.extend(named.iter().cloned());
            new.insert(place, named);
        }
        catalog.with(new)
    }

    #[test]
    fn changes_go_where_their_ids_belong_and_the_order_stays() {
        let mut stored = BTreeMap::new();
        let rows: Vec<Row> = (1000..1000 + 2 * crate::MAX_ROWS as u64)
            .map(|id| row(id, 1, Part::Live))
            .collect();
        let catalog = pack(&Catalog::default(), &mut stored, &rows);
        assert_eq!(catalog.segments().len(), 2);
        // One before all others, one in the first, one behind the last.
        let changes = [
            row(5, 1, Part::Live),
            row(1001, 2, Part::Trash),
            row(90_000, 1, Part::Live),
        ];
        let catalog = pack(&catalog, &mut stored, &changes);
        assert_eq!(catalog.rows(), 2 * crate::MAX_ROWS as u64 + 2);
        let firsts: Vec<_> = catalog
            .segments()
            .iter()
            .map(|listed| listed.first)
            .collect();
        assert!(firsts.is_sorted_by(|a, b| a < b), "{firsts:?}");
        assert_eq!(firsts[0], 5);
        let gone: Vec<Row> = rows
            .iter()
            .map(|row| Row {
                version: 9,
                part: Part::Gone,
                ..row.clone()
            })
            .collect();
        let catalog = pack(&catalog, &mut stored, &gone);
        assert_eq!(catalog.rows(), 2);
        let back = Catalog::from_bytes(&catalog.to_bytes());
        assert_eq!(back, Ok(catalog));
    }
}
