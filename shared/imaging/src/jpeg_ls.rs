//! JPEG-LS (ITU-T T.87), lossless and near-lossless, 2 to 16 bits, all interleave modes.
//!
//! Why here and not from a library: the reference implementation needs cmake and a C++ compiler on every machine that
//! builds this project, and of the Rust ones found none reads all of what DICOM uses. See docs/IMAGING.md.
//!
//! `bits` undoes the bit stuffing, `context` holds the adaptive statistics, `coder` decodes samples and `scan` lines;
//! this file reads the marker segments.

mod bits;
mod coder;
mod context;
mod scan;

use coder::Parameters;
use scan::Scan;

use crate::{Code, Limits, Reason};

/// A decoded picture: samples pixel by pixel.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) components: usize,
    /// Bits of a sample, 2 to 16.
    pub(crate) precision: u32,
    pub(crate) samples: Vec<u16>,
}

/// Decodes a JPEG-LS codestream.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Image, Reason> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8]).ok_or(Code::Damaged)?;
    let mut image = None;
    let mut presets = Presets::default();
    let mut restart_interval = None;
    let mut decoded = 0;
    loop {
        let (marker, segment, after) = next_segment(rest)?;
        match marker {
            // SOF55.
            0xF7 => image = Some(frame(segment, limits)?),
            // LSE.
            0xF8 => presets.read(segment)?,
            // SOS.
            0xDA => {
                let image = image.as_mut().ok_or(Code::Damaged)?;
                let parameters = header(segment, image, &presets)?;
                let scan = Scan::new(parameters, image.width as usize, restart_interval);
                let (components, used) = scan.decode(after, decoded, image)?;
                decoded += components;
                rest = &after[used..];
                if decoded >= image.components {
                    break;
                }
                continue;
            }
            // DRI: a number of lines in two to four bytes (T.87 C.2.5).
            0xDD if (2..=4).contains(&segment.len()) => {
                let lines = segment
                    .iter()
                    .fold(0, |lines, &byte| lines << 8 | usize::from(byte));
                restart_interval = (lines > 0).then_some(lines);
            }
            // Another start of frame: this is JPEG, not JPEG-LS.
            0xC0..=0xCF => return Err(Code::UnsupportedCompression.into()),
            _ => {}
        }
        rest = after;
    }
    image.ok_or_else(|| Code::Damaged.into())
}

/// The next marker, its segment, and what follows the segment. Bytes before the marker are stepped over.
fn next_segment(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), Reason> {
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && pair[1] >= 0x80 && pair[1] != 0xFF;
    let start = bytes
        .windows(2)
        .position(is_marker)
        .ok_or(Code::Truncated)?;
    let marker = bytes[start + 1];
    if marker == 0xD9 {
        return Err(Code::Truncated.into());
    }
    let body = &bytes[start + 2..];
    let length = body
        .first_chunk()
        .map(|length| usize::from(u16::from_be_bytes(*length)))
        .ok_or(Code::Truncated)?;
    let segment = body.get(2..length).ok_or(Code::Truncated)?;
    Ok((marker, segment, &body[length..]))
}

/// Start of frame (T.87 C.2.2), and the memory for its samples.
fn frame(segment: &[u8], limits: &Limits) -> Result<Image, Reason> {
    let (&[precision, h1, h0, w1, w0, components], _) =
        segment.split_first_chunk().ok_or(Code::Truncated)?;
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    if !(2..=16).contains(&precision) || !(1..=4).contains(&components) || width == 0 || height == 0
    {
        return Err(Code::Damaged.into());
    }
    let pixels = u64::from(width) * u64::from(height);
    let samples = pixels * u64::from(components);
    if pixels > limits.max_pixels || samples * 2 > limits.max_decoded_bytes {
        return Err(Code::TooLarge.into());
    }
    Ok(Image {
        width: width.into(),
        height: height.into(),
        components: components.into(),
        precision: precision.into(),
        samples: vec![0; usize::try_from(samples).map_err(|_| Code::TooLarge)?],
    })
}

/// Preset coding parameters (T.87 C.2.4.1.1): 0 means the default.
#[derive(Clone, Copy, Debug, Default)]
struct Presets {
    max_value: u16,
    thresholds: [u16; 3],
    reset: u16,
}

impl Presets {
    fn read(&mut self, segment: &[u8]) -> Result<(), Reason> {
        match segment.split_first() {
            Some((1, values)) => {
                let words: Vec<u16> = values
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&word| u16::from_be_bytes(word))
                    .collect();
                let &[max_value, t1, t2, t3, reset] = words.as_slice() else {
                    return Err(Code::Damaged.into());
                };
                *self = Self {
                    max_value,
                    thresholds: [t1, t2, t3],
                    reset,
                };
                Ok(())
            }
            // Mapping tables and pictures beyond 65,535 pixels: in no file of medicine we know.
            _ => Err(Code::UnsupportedCompression.into()),
        }
    }
}

/// Start of scan (T.87 C.2.3), with the presets it is decoded by.
fn header(segment: &[u8], image: &Image, presets: &Presets) -> Result<Parameters, Reason> {
    let (&components, modes) = segment.split_first().ok_or(Code::Truncated)?;
    let components = usize::from(components);
    let [near, interleave, transform] = modes
        .get(2 * components..)
        .and_then(<[u8]>::first_chunk)
        .ok_or(Code::Truncated)?;
    let full = (1i32 << image.precision) - 1;
    let max_value = if presets.max_value == 0 {
        full
    } else {
        i32::from(presets.max_value)
    };
    let near = i32::from(*near);
    let fits =
        max_value <= full && near <= max_value / 2 && (1..=image.components).contains(&components);
    if *transform != 0 || !fits || (components > 1) != (*interleave > 0) || *interleave > 2 {
        return Err(Code::Damaged.into());
    }
    let defaults = default_thresholds(max_value, near);
    let pick = |index: usize| match presets.thresholds[index] {
        0 => defaults[index],
        preset => i32::from(preset),
    };
    let thresholds = [pick(0), pick(1), pick(2)];
    let rising = near < thresholds[0] && thresholds.is_sorted() && thresholds[2] <= max_value;
    let reset = if presets.reset == 0 {
        64
    } else {
        i32::from(presets.reset)
    };
    if !rising || reset < 3 {
        return Err(Code::Damaged.into());
    }
    Ok(Parameters {
        components,
        by_sample: *interleave == 2,
        near,
        max_value,
        thresholds,
        reset,
    })
}

/// T.87 C.2.4.1.1.1.
fn default_thresholds(max_value: i32, near: i32) -> [i32; 3] {
    let clamp = |value: i32, low: i32| {
        if value > max_value || value < low {
            low
        } else {
            value
        }
    };
    let [basic1, basic2, basic3] = [3, 7, 21];
    if max_value >= 128 {
        let factor = (max_value.min(4095) + 128) / 256;
        let t1 = clamp(factor * (basic1 - 2) + 2 + 3 * near, near + 1);
        let t2 = clamp(factor * (basic2 - 3) + 3 + 5 * near, t1);
        [t1, t2, clamp(factor * (basic3 - 4) + 4 + 7 * near, t2)]
    } else {
        let factor = 256 / (max_value + 1);
        let t1 = clamp((basic1 / factor + 3 * near).max(2), near + 1);
        let t2 = clamp((basic2 / factor + 5 * near).max(3), t1);
        [t1, t2, clamp((basic3 / factor + 7 * near).max(4), t2)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{JPEG_LS, codestream_level};

    #[test]
    fn the_default_thresholds_are_those_of_the_standard() {
        assert_eq!(default_thresholds(255, 0), [3, 7, 21]);
        assert_eq!(default_thresholds(4095, 0), [18, 67, 276]);
        assert_eq!(default_thresholds(65_535, 0), [18, 67, 276]);
    }

    #[test]
    fn a_codestream_cut_anywhere_fails() {
        for length in 0..JPEG_LS.len() - 3 {
            assert!(
                decode(&JPEG_LS[..length], &Limits::default()).is_err(),
                "cut at {length}"
            );
        }
    }

    /// Two pictures in one scan, one below the other: what follows a restart marker is coded like a new picture.
    fn with_restart(marker: u8) -> Vec<u8> {
        let scan_header = JPEG_LS
            .windows(2)
            .position(|pair| pair == [0xFF, 0xDA])
            .expect("a start of scan");
        let (frame, rest) = JPEG_LS.split_at(scan_header);
        let (scan_header, rest) = rest.split_at(10);
        let scan = &rest[..rest.len() - 2];
        let mut frame = frame.to_vec();
        frame[8] = 16;
        let interval = [0xFF, 0xDD, 0, 4, 0, 8];
        let end = [0xFF, 0xD9];
        [
            &frame,
            &interval[..],
            scan_header,
            scan,
            &[0xFF, marker],
            scan,
            &end,
        ]
        .concat()
    }

    #[test]
    fn after_a_restart_marker_everything_begins_anew() {
        let image = decode(&with_restart(0xD0), &Limits::default()).expect("it decodes");
        let (upper, lower) = image.samples.split_at(20 * 8);
        let single = decode(&JPEG_LS, &Limits::default()).expect("it decodes");
        assert_eq!((image.width, image.height), (20, 16));
        assert_eq!((upper, lower), (&single.samples[..], &single.samples[..]));
    }

    #[test]
    fn a_restart_marker_out_of_order_is_damage() {
        let error = decode(&with_restart(0xD1), &Limits::default()).expect_err("it fails");
        assert_eq!(error.code, Code::Damaged);
    }

    #[test]
    fn texture_and_runs_decode_to_what_the_reference_encoder_was_given() {
        let image = decode(&JPEG_LS, &Limits::default()).expect("it decodes");
        let expected: Vec<u16> = (0..8)
            .flat_map(|y| (0..20).map(move |x| codestream_level(x, y)))
            .collect();
        assert_eq!(
            (image.width, image.height, image.samples),
            (20, 8, expected)
        );
    }
}
