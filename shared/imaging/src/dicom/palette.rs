//! Palette colour images (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6 and C.7.9.2).

use super::element::DataSet;
use super::layout::Layout;
use super::samples::Samples;
use super::tag;
use super::window::{entry_count, entry_values, first_input, stored_range};
use crate::{Code, Reason};

/// Colours of every pixel, three bytes each.
pub(crate) fn apply(
    data_set: &DataSet,
    layout: &Layout,
    samples: &Samples,
) -> Result<Vec<u8>, Reason> {
    let missing = || Reason::new(Code::Damaged, "The colour table of the picture is missing.");
    let [red, green, blue] = [0, 1, 2].map(|channel| Entries::new(data_set, channel, layout));
    let entries = [
        red.ok_or_else(missing)?,
        green.ok_or_else(missing)?,
        blue.ok_or_else(missing)?,
    ];
    let shift = shift(&entries);
    let [red, green, blue] = entries.map(|entries| entries.ramp(shift));
    let colours: Vec<[u8; 3]> = (0..=u16::MAX)
        .map(|word| {
            let unused = 16 - layout.bits_stored.min(16);
            let shifted = word << unused;
            let index = if layout.signed {
                i32::from(shifted.cast_signed() >> unused)
            } else {
                i32::from(shifted >> unused)
            };
            [red.colour(index), green.colour(index), blue.colour(index)]
        })
        .collect();
    Ok(match samples {
        Samples::Bytes(bytes) => bytes
            .iter()
            .flat_map(|&byte| colours[usize::from(byte)])
            .collect(),
        Samples::Words { bytes, big_endian } => {
            let order = |pair| {
                if *big_endian {
                    u16::from_be_bytes(pair)
                } else {
                    u16::from_le_bytes(pair)
                }
            };
            bytes
                .as_chunks()
                .0
                .iter()
                .flat_map(|&pair| colours[usize::from(order(pair))])
                .collect()
        }
        Samples::Wide(_) => return Err(Code::UnsupportedPixels.into()),
    })
}

/// The table of one channel as it is stored.
struct Entries {
    first: i32,
    values: Vec<u16>,
}

impl Entries {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "descriptor values have 16 bits"
    )]
    fn new(data_set: &DataSet, channel: u32, layout: &Layout) -> Option<Self> {
        let descriptor = data_set.numbers(tag::RED_PALETTE_DESCRIPTOR + channel);
        let [entries, first] = descriptor.get(..2)?.try_into().ok()?;
        let count = entry_count(entries);
        let first = first_input(first, count, stored_range(layout));
        let plain = entry_values(data_set, tag::RED_PALETTE_DATA + channel, count);
        let values = if plain.is_empty() {
            let segments = entry_values(
                data_set,
                tag::RED_PALETTE_SEGMENTS + channel,
                usize::MAX - 1,
            );
            expand_segments(&segments, count)?
        } else {
            plain
        };
        (!values.is_empty()).then_some(Self {
            first: first as i32,
            values,
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "shifted to eight bits")]
    fn ramp(self, shift: u32) -> Ramp {
        let levels = self.values.into_iter();
        Ramp {
            first: self.first,
            levels: levels.map(|value| (value >> shift) as u8).collect(),
        }
    }
}

/// How far entries are moved down to eight bits. The three tables decide together: one channel may be dark all over.
/// Entries of 16 bits use their upper byte (PS3.3 C.7.6.3.1.6), unless the writer filled only 8 to 12 bits, whatever the
/// descriptor says.
fn shift(tables: &[Entries; 3]) -> u32 {
    let values = tables.iter().flat_map(|table| &table.values);
    let largest = values.copied().max().unwrap_or_default();
    match u16::BITS - largest.leading_zeros() {
        bits @ 0..=12 => bits.saturating_sub(8),
        _ => 8,
    }
}

/// The levels of one channel.
struct Ramp {
    first: i32,
    levels: Vec<u8>,
}

impl Ramp {
    fn colour(&self, index: i32) -> u8 {
        let last = self.levels.len() - 1;
        self.levels[usize::try_from(index - self.first).unwrap_or(0).min(last)]
    }
}

/// Expands segmented entries (PS3.3 C.7.9.2.2): discrete, linear and indirect segments, to at most `entries` values.
fn expand_segments(data: &[u16], entries: usize) -> Option<Vec<u16>> {
    let mut values = Vec::new();
    let mut position = 0;
    while position < data.len() && values.len() < entries {
        position = expand_segment(data, position, entries, &mut values, true)?;
    }
    values.truncate(entries);
    Some(values)
}

/// Appends one segment; returns the position after it. `None` when it is not well formed.
fn expand_segment(
    data: &[u16],
    at: usize,
    entries: usize,
    values: &mut Vec<u16>,
    indirect: bool,
) -> Option<usize> {
    let (opcode, length) = (*data.get(at)?, usize::from(*data.get(at + 1)?));
    if values.len() > entries {
        return Some(data.len());
    }
    match opcode {
        0 => {
            values.extend_from_slice(data.get(at + 2..at + 2 + length)?);
            Some(at + 2 + length)
        }
        1 => {
            let (from, to) = (i64::from(*values.last()?), i64::from(*data.get(at + 2)?));
            let steps = i64::try_from(length).ok()?;
            let ramp = (1..=steps)
                .map(|step| u16::try_from(from + (to - from) * step / steps).unwrap_or_default());
            values.extend(ramp);
            Some(at + 3)
        }
        // Copies of earlier segments, whose byte offset takes two words; they may not be indirect themselves.
        2 if indirect => {
            let offset = usize::from(*data.get(at + 2)?) | usize::from(*data.get(at + 3)?) << 16;
            let mut position = offset / 2;
            for _ in 0..length {
                position = expand_segment(data, position, entries, values, false)?;
            }
            Some(at + 4)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_every_kind_expand() {
        // Discrete 10, 20; a ramp of 4 to 100; both again.
        let data = [0, 2, 10, 20, 1, 4, 100, 2, 2, 0, 0];
        let expected = vec![10, 20, 40, 60, 80, 100, 10, 20, 40, 60, 80, 100];
        assert_eq!(expand_segments(&data, 12), Some(expected));
    }

    #[test]
    fn segments_that_lead_nowhere_are_refused() {
        assert_eq!(expand_segments(&[0, 9, 1], 16), None);
        assert_eq!(expand_segments(&[1, 4, 100], 16), None);
        assert_eq!(expand_segments(&[0, 1, 5, 2, 1, 6, 0], 16), None);
    }
}
