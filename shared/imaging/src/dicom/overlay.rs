//! Overlays that carry the picture (PS3.3 C.9.2). Marks on a picture are left out; where the pixels are all the same, as on
//! the protocol and dose pages of scanners, the overlays are all there is to see.

use std::io::{Read, Seek};

use super::element::DataSet;
use super::frame::native;
use super::landmarks::{OverlayBits, PixelElement};
use super::layout::Layout;
use super::parse::Parsed;
use super::samples::Samples;
use super::tag;
use super::view::Which;
use crate::Limits;
use crate::raster::{Channels, Raster};

/// Share of the pixels that may differ on a page that is empty but for its overlay: a line, a mark.
const MARKS: usize = 200;

/// Draws the overlays of frame `index` onto a raster without contrast: those of their own first, then those in unused bits
/// of native `pixels`.
pub(super) fn onto_blank<R: Read + Seek>(
    parsed: &mut Parsed<R>,
    raster: &mut Raster,
    index: u32,
    (pixels, layout): (PixelElement, Layout),
    limits: &Limits,
) {
    let Some(ground) = ground(raster) else {
        return;
    };
    let ink = if ground < 128 { 255 } else { 0 };
    for overlay in parsed.found.overlays.clone() {
        let Some(plane) = Plane::of(&parsed.data_set, overlay, index) else {
            continue;
        };
        if let Some(bits) = plane.bits(parsed, overlay, limits) {
            plane.draw(&bits, raster, ink);
        }
    }
    if raster.data.len() as u64 != layout.pixels() {
        return;
    }
    for group in (0..0x20_0000).step_by(0x2_0000) {
        let position = parsed.data_set.unsigned(tag::OVERLAY_BIT_POSITION + group);
        if let Some(position) = position.filter(|&at| at > 0 && at < layout.bits_allocated) {
            draw_bit(parsed, raster, position, (pixels, layout, index), ink);
        }
    }
}

/// The level that all pixels of a gray raster have, but for a few; `None` when there is none.
fn ground(raster: &Raster) -> Option<u8> {
    if raster.channels != Channels::Gray {
        return None;
    }
    let mut counts = [0usize; 256];
    for &level in &raster.data {
        counts[usize::from(level)] += 1;
    }
    let (level, count) = (0..=u8::MAX).zip(counts).max_by_key(|(_, count)| *count)?;
    ((raster.data.len() - count) * MARKS <= raster.data.len()).then_some(level)
}

/// Puts `ink` where a bit of the native samples is set that is not one of the stored ones. Overlays stood there until 2004
/// (PS3.3 C.9.2.1.1.2, Overlay Bit Position).
fn draw_bit<R: Read + Seek>(
    parsed: &mut Parsed<R>,
    raster: &mut Raster,
    position: u32,
    (pixels, layout, index): (PixelElement, Layout, u32),
    ink: u8,
) {
    let stored = layout.unused_low_bits..layout.unused_low_bits + layout.bits_stored;
    let Some(claimed) = pixels.length.filter(|_| !stored.contains(&position)) else {
        return;
    };
    let single = Layout {
        bits_stored: 1,
        unused_low_bits: position,
        signed: false,
        ..layout
    };
    let Ok(found) = native(parsed, pixels, claimed, single, Which::Number(index + 1)) else {
        return;
    };
    let low_bytes = match found.frame.samples {
        Samples::Bytes(bytes) => bytes,
        Samples::Words { bytes, big_endian } => {
            let low = usize::from(big_endian);
            bytes
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| pair[low])
                .collect()
        }
        Samples::Wide(_) => return,
    };
    for (level, byte) in raster.data.iter_mut().zip(low_bytes) {
        if byte & 1 == 1 {
            *level = ink;
        }
    }
}

/// One frame of an overlay: its size, where it lies on the picture, and its first bit.
struct Plane {
    rows: u64,
    columns: u64,
    /// Row and column of its first pixel, counted from 0.
    origin: (i64, i64),
    first_bit: u64,
}

impl Plane {
    /// The part of `overlay` that belongs to frame `index` of the picture.
    fn of(data_set: &DataSet, overlay: OverlayBits, index: u32) -> Option<Self> {
        let number = |tag| data_set.unsigned(tag + overlay.group);
        let side = |tag| u16::try_from(number(tag)?).ok();
        let (rows, columns) = (side(tag::OVERLAY_ROWS)?, side(tag::OVERLAY_COLUMNS)?);
        let frames = number(tag::OVERLAY_FRAMES).unwrap_or(1).max(1);
        // Counted from 1; an overlay of one frame without it belongs to every frame.
        let frame = match number(tag::OVERLAY_FRAME_ORIGIN) {
            None if frames == 1 => 0,
            origin => index.checked_sub(origin.unwrap_or(1).saturating_sub(1))?,
        };
        let origin = data_set.numbers(tag::OVERLAY_ORIGIN + overlay.group);
        #[expect(clippy::cast_possible_truncation, reason = "words of 16 bits")]
        let from_zero = |at: usize| origin.get(at).map_or(0, |value| *value as i64 - 1);
        let (rows, columns) = (u64::from(rows), u64::from(columns));
        (frame < frames && rows > 0 && columns > 0).then(|| Self {
            rows,
            columns,
            origin: (from_zero(0), from_zero(1)),
            first_bit: u64::from(frame) * rows * columns,
        })
    }

    /// The bytes from the one with the first bit on.
    fn bits<R: Read + Seek>(
        &self,
        parsed: &mut Parsed<R>,
        overlay: OverlayBits,
        limits: &Limits,
    ) -> Option<Vec<u8>> {
        let bits = self.rows * self.columns;
        let (start, end) = (self.first_bit / 16 * 2, (self.first_bit + bits).div_ceil(8));
        if bits > limits.max_pixels || end > u64::from(overlay.length) {
            return None;
        }
        let end = end.next_multiple_of(2).min(u64::from(overlay.length));
        parsed.stream.go_to(overlay.position + start).ok()?;
        let length = usize::try_from(end - start).ok()?;
        let mut bytes = parsed.stream.read_vec(length).ok()?;
        if parsed.encoding.big_endian && overlay.vr == Some(*b"OW") {
            let words = bytes.as_chunks_mut::<2>().0;
            for word in words {
                word.swap(0, 1);
            }
        }
        Some(bytes)
    }

    /// Puts `ink` wherever a bit is set, the first in the lowest bit of a byte.
    fn draw(&self, bits: &[u8], raster: &mut Raster, ink: u8) {
        let skipped = self.first_bit % 16;
        let (width, height) = (i64::from(raster.width), i64::from(raster.height));
        for at in 0..self.rows * self.columns {
            let bit = skipped + at;
            let byte = usize::try_from(bit / 8).ok().and_then(|at| bits.get(at));
            if byte.is_none_or(|byte| byte >> (bit % 8) & 1 == 0) {
                continue;
            }
            let row = self.origin.0 + i64::try_from(at / self.columns).unwrap_or(i64::MAX >> 1);
            let column = self.origin.1 + i64::try_from(at % self.columns).unwrap_or(i64::MAX >> 1);
            let is_inside = (0..height).contains(&row) && (0..width).contains(&column);
            let place = is_inside.then_some(row * width + column);
            if let Some(at) = place.and_then(|at| usize::try_from(at).ok()) {
                raster.data[at] = ink;
            }
        }
    }
}
