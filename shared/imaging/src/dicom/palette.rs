//! Palette colour images (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6 and C.7.9.2).

use super::element::DataSet;
use super::layout::Layout;
use super::samples::Samples;
use super::tag;
use super::window::{entry_count, entry_values};
use crate::{Code, Reason};

/// Colours of every pixel, three bytes each.
pub(crate) fn apply(
    data_set: &DataSet,
    layout: &Layout,
    samples: &Samples,
) -> Result<Vec<u8>, Reason> {
    let missing = || Reason::new(Code::Damaged, "The colour table of the picture is missing.");
    let [red, green, blue] = [0, 1, 2].map(|channel| Ramp::new(data_set, channel, layout.signed));
    let (red, green, blue) = (
        red.ok_or_else(missing)?,
        green.ok_or_else(missing)?,
        blue.ok_or_else(missing)?,
    );
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

/// The table of one channel.
struct Ramp {
    first: i32,
    levels: Vec<u8>,
}

impl Ramp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "descriptor values have 16 bits; levels are shifted to 8"
    )]
    fn new(data_set: &DataSet, channel: u32, signed: bool) -> Option<Self> {
        let descriptor = data_set.numbers(tag::RED_PALETTE_DESCRIPTOR + channel);
        let [entries, first, bits] = descriptor.get(..3)?.try_into().ok()?;
        let first: f64 = if signed && first > 32_767.0 {
            first - 65_536.0
        } else {
            first
        };
        let plain = entry_values(
            data_set,
            tag::RED_PALETTE_DATA + channel,
            entry_count(entries),
        );
        let values = if plain.is_empty() {
            let segments = entry_values(
                data_set,
                tag::RED_PALETTE_SEGMENTS + channel,
                usize::MAX - 1,
            );
            expand_segments(&segments, entry_count(entries))?
        } else {
            plain
        };
        // 16-bit entries use their upper byte, unless the writer filled only the lower one.
        let shift = if bits > 8.0 && values.iter().any(|&value| value > 0xFF) {
            8
        } else {
            0
        };
        let levels: Vec<u8> = values
            .into_iter()
            .map(|value| (value >> shift) as u8)
            .collect();
        (!levels.is_empty()).then_some(Self {
            first: first as i32,
            levels,
        })
    }

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
