//! From stored values to gray levels: modality LUT, VOI LUT or window or a contrast of our own, padding, polarity.

use super::element::DataSet;
use super::layout::{Layout, Photometric};
use super::samples::{Samples, Wide};
use super::view::Window;
use super::window::{Modality, Voi, transformations};
use super::{segments, tag};
use crate::tone::{OUTLIERS, SAMPLED};

/// Gray levels of one frame, made where the samples stand: a frame of 200 MB is not held twice.
pub(super) fn gray(
    data_set: &DataSet,
    layout: &Layout,
    samples: Samples,
    asked: Option<Window>,
) -> Vec<u8> {
    let (modality, voi) = transformations(data_set, layout, asked);
    let tone = Tone {
        modality,
        padding: Padding::new(data_set, layout),
        is_segmentation: segments::is_segmentation(data_set),
        layout,
    };
    match samples {
        Samples::Bytes(mut bytes) => {
            let table = tone.table(voi, 256, bytes.iter().map(|&byte| u16::from(byte)));
            for byte in &mut bytes {
                *byte = table[usize::from(*byte)];
            }
            bytes
        }
        Samples::Words {
            bytes,
            big_endian: false,
        } => tone.words(voi, bytes, u16::from_le_bytes),
        Samples::Words {
            bytes,
            big_endian: true,
        } => tone.words(voi, bytes, u16::from_be_bytes),
        Samples::Wide(numbers) => tone.wide(voi, &numbers),
    }
}

struct Tone<'a> {
    modality: Modality,
    padding: Padding,
    /// Whether values are labels, of which a handful is used.
    is_segmentation: bool,
    layout: &'a Layout,
}

impl Tone<'_> {
    /// The gray levels of words of two bytes.
    fn words(
        &self,
        voi: Option<Voi>,
        mut bytes: Vec<u8>,
        word: impl Fn([u8; 2]) -> u16 + Copy,
    ) -> Vec<u8> {
        let stored = bytes.as_chunks().0.iter().map(|&pair| word(pair));
        let table = self.table(voi, 65_536, stored);
        let count = bytes.len() / 2;
        let mut block = [0; 8192];
        for start in (0..count).step_by(block.len() / 2) {
            let end = (start + block.len() / 2).min(count);
            let pairs = &mut block[..2 * (end - start)];
            pairs.copy_from_slice(&bytes[2 * start..2 * end]);
            for (level, &pair) in bytes[start..end].iter_mut().zip(pairs.as_chunks().0) {
                *level = table[usize::from(word(pair))];
            }
        }
        bytes.truncate(count);
        bytes
    }

    /// The gray level of every possible stored word.
    fn table(
        &self,
        voi: Option<Voi>,
        size: usize,
        stored: impl ExactSizeIterator<Item = u16>,
    ) -> Vec<u8> {
        let voi = voi.unwrap_or_else(|| self.contrast(size, stored));
        (0..=u16::MAX)
            .take(size)
            .map(|word| {
                let value = self.value(word);
                if self.padding.contains(value) {
                    0
                } else {
                    self.level(&voi, value)
                }
            })
            .collect()
    }

    /// The gray levels of values too wide for a table.
    fn wide(&self, voi: Option<Voi>, numbers: &Wide) -> Vec<u8> {
        let voi = voi.unwrap_or_else(|| {
            let stride = numbers.values().len().div_ceil(SAMPLED).max(1);
            let shown = numbers.values().step_by(stride);
            let mut sorted: Vec<f64> = shown
                .filter(|v| v.is_finite() && !self.padding.contains(*v))
                .collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
            let (low, high) = cut(sorted.len());
            let last = sorted.len().saturating_sub(1);
            let (low, high) = if at(low) < at(high) {
                (at(low), at(high))
            } else {
                (at(0), at(last))
            };
            self.range(low, high)
        });
        let level = |value: f64| {
            if self.padding.contains(value) {
                0
            } else {
                self.level(&voi, value)
            }
        };
        numbers.values().map(level).collect()
    }

    /// The number a stored word means: unused bits dropped, sign extended.
    fn value(&self, word: u16) -> f64 {
        let unused = 16 - self.layout.bits_stored.min(16);
        let shifted = word << unused;
        if self.layout.signed {
            f64::from(shifted.cast_signed() >> unused)
        } else {
            f64::from(shifted >> unused)
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the level is between 0 and 1"
    )]
    fn level(&self, voi: &Voi, value: f64) -> u8 {
        let level = voi.apply(self.modality.apply(value));
        let level = if self.layout.photometric == Photometric::Monochrome1 {
            1.0 - level
        } else {
            level
        };
        (level * 255.0 + 0.5) as u8
    }

    /// Shows stored values from `low` to `high`.
    fn range(&self, low: f64, high: f64) -> Voi {
        let (a, b) = (self.modality.apply(low), self.modality.apply(high));
        Voi::Window(Window::range(a.min(b), a.max(b)))
    }

    /// Without a window: all of an 8-bit image, of others what all but a few outliers use.
    fn contrast(&self, size: usize, stored: impl ExactSizeIterator<Item = u16>) -> Voi {
        if self.is_segmentation {
            let largest = stored.map(|word| self.value(word)).fold(1.0, f64::max);
            return self.range(0.0, largest);
        }
        if self.layout.bits_allocated <= 8 && !self.layout.signed {
            return self.range(0.0, f64::from((1u32 << self.layout.bits_stored) - 1));
        }
        let stride = stored.len().div_ceil(SAMPLED).max(1);
        let mut counts = vec![0usize; size];
        for word in stored.step_by(stride) {
            counts[usize::from(word)] += 1;
        }
        let used = (0..=u16::MAX).zip(&counts).filter(|(_, count)| **count > 0);
        let mut values: Vec<(f64, usize)> = used
            .map(|(word, count)| (self.value(word), *count))
            .collect();
        if values
            .iter()
            .any(|(value, _)| !self.padding.contains(*value))
        {
            values.retain(|(value, _)| !self.padding.contains(*value));
        }
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (low, high) = cut(values.iter().map(|(_, count)| count).sum());
        let (low, high) = (ranked(&values, low), ranked(&values, high));
        if low < high {
            return self.range(low, high);
        }
        self.range(
            values.first().map_or(0.0, |v| v.0),
            values.last().map_or(0.0, |v| v.0),
        )
    }
}

/// Ranks of the darkest and brightest value that count, among `count` sorted values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts are at most SAMPLED"
)]
fn cut(count: usize) -> (usize, usize) {
    let last = count.saturating_sub(1) as f64;
    (
        (last * OUTLIERS).floor() as usize,
        (last * (1.0 - OUTLIERS)).ceil() as usize,
    )
}

/// The value of a rank in a sorted list of values and how often each occurs.
fn ranked(values: &[(f64, usize)], rank: usize) -> f64 {
    let mut seen = 0;
    let found = values.iter().find(|(_, count)| {
        seen += count;
        seen > rank
    });
    found.or(values.last()).map_or(0.0, |(value, _)| *value)
}

/// Stored values outside the picture proper (PS3.3 C.7.5.1.1.2): painted black, not counted for contrast.
#[derive(Clone, Copy, Debug)]
struct Padding(Option<(f64, f64)>);

impl Padding {
    fn new(data_set: &DataSet, layout: &Layout) -> Self {
        let value = |tag| {
            let value = data_set.number(tag)?;
            // Called unsigned, or nothing as in implicit files, a number below zero of 16 bits is one above 32,767.
            let wraps = layout.signed && value > 32_767.0 && layout.bits_allocated <= 16;
            Some(if wraps { value - 65_536.0 } else { value })
        };
        Self(value(tag::PIXEL_PADDING_VALUE).map(|first| {
            let limit = value(tag::PIXEL_PADDING_LIMIT).unwrap_or(first);
            (first.min(limit), first.max(limit))
        }))
    }

    fn contains(self, value: f64) -> bool {
        self.0
            .is_some_and(|(low, high)| low <= value && value <= high)
    }
}
