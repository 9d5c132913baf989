//! Rows of bytes to numbers: predictors undone, bits unpacked, bytes put into order.

use super::fields::Format;
use super::layout::Layout;
use crate::Code;

/// Samples in the smallest type that holds them. Signed ones of up to 16 bits are moved up, so that the lowest is 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Samples {
    /// Up to 8 bits.
    Bytes(Vec<u8>),
    /// 9 to 16 bits.
    Words(Vec<u16>),
    /// Floats of up to 32 bits.
    Floats(Vec<f32>),
    /// Everything else.
    Doubles(Vec<f64>),
}

/// Those of a strip or tile whose compression knows what its pixels are.
pub(super) struct Pixels {
    pub(super) size: (usize, usize),
    /// Samples of each.
    pub(super) count: usize,
    pub(super) samples: Samples,
}

impl Samples {
    /// None yet, of the type `layout` asks for.
    pub(super) fn none(layout: &Layout) -> Result<Self, Code> {
        Ok(match (layout.format, layout.bits) {
            (Format::Float, 16 | 24 | 32) => Self::Floats(Vec::new()),
            (Format::Float, 64) => Self::Doubles(Vec::new()),
            (Format::Float, _) => return Err(Code::UnsupportedPixels),
            (_, ..=8) => Self::Bytes(Vec::new()),
            (_, 9..=16) => Self::Words(Vec::new()),
            _ => Self::Doubles(Vec::new()),
        })
    }

    /// Bytes one of them takes.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Bytes(_) => 1,
            Self::Words(_) => 2,
            Self::Floats(_) => 4,
            Self::Doubles(_) => 8,
        }
    }
}

/// Makes `row` the samples of a row of bytes, which are used up.
pub(super) fn unpack(layout: &Layout, bytes: &mut Vec<u8>, row: &mut Samples) -> Result<(), Code> {
    let big_endian = match layout.predictor {
        1 => layout.big_endian,
        2 => {
            add_up(bytes, layout)?;
            layout.big_endian
        }
        3 => {
            gather(bytes, layout)?;
            true
        }
        _ => return Err(Code::UnsupportedCompression),
    };
    let bits = layout.bits;
    let top = 1u64 << (bits - 1);
    let flip = if layout.format == Format::Signed {
        top
    } else {
        0
    };
    match row {
        Samples::Bytes(row) => {
            row.clear();
            let flip = flip.to_le_bytes()[0];
            if bits == 8 {
                row.extend(bytes.iter().map(|byte| byte ^ flip));
            } else {
                row.extend(packed(bytes, bits).map(|value| value.to_le_bytes()[0] ^ flip));
            }
        }
        Samples::Words(row) => {
            row.clear();
            let flip = u16::try_from(flip).unwrap_or_default();
            match (bits, big_endian) {
                (16, true) => row.extend(pairs(bytes).map(|pair| u16::from_be_bytes(pair) ^ flip)),
                (16, false) => row.extend(pairs(bytes).map(|pair| u16::from_le_bytes(pair) ^ flip)),
                _ => row.extend(
                    packed(bytes, bits)
                        .map(|value| u16::try_from(value).unwrap_or_default() ^ flip),
                ),
            }
        }
        Samples::Floats(row) => {
            row.clear();
            row.extend(numbers(bytes, bits, big_endian).map(|value| float(value, bits)));
        }
        Samples::Doubles(row) => {
            row.clear();
            let meaning = meaning(layout);
            row.extend(numbers(bytes, bits, big_endian).map(meaning));
        }
    }
    Ok(())
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> {
    bytes.as_chunks().0.iter().copied()
}

/// Numbers of so many bits, one after the other, the highest bit first.
fn packed(bytes: &[u8], bits: u32) -> impl Iterator<Item = u64> {
    let (mut held, mut count) = (0u128, 0);
    let mut bytes = bytes.iter();
    let mask = u64::MAX >> (64 - bits);
    std::iter::from_fn(move || {
        while count < bits {
            held = held << 8 | u128::from(*bytes.next()?);
            count += 8;
        }
        count -= bits;
        let low = held >> count & u128::from(u64::MAX);
        Some(u64::try_from(low).unwrap_or_default() & mask)
    })
}

/// Numbers of so many bits in the order of the file if they are whole bytes.
fn numbers(bytes: &[u8], bits: u32, big_endian: bool) -> Box<dyn Iterator<Item = u64> + '_> {
    if !bits.is_multiple_of(8) || big_endian {
        return Box::new(packed(bytes, bits));
    }
    let values = bytes.chunks_exact(bits as usize / 8);
    Box::new(values.map(|value| {
        let bytes = value.iter().rev();
        bytes.fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }))
}

/// What a sample of more than 16 bits means.
#[expect(
    clippy::cast_precision_loss,
    reason = "64-bit samples are shown with eight bits"
)]
fn meaning(layout: &Layout) -> fn(u64) -> f64 {
    match (layout.format, layout.bits) {
        (Format::Float, _) => f64::from_bits,
        (Format::Unsigned, _) => |value| value as f64,
        (Format::Signed, 24) => |value| ((value << 40).cast_signed() >> 40) as f64,
        (Format::Signed, 32) => |value| ((value << 32).cast_signed() >> 32) as f64,
        (Format::Signed, _) => |value| value.cast_signed() as f64,
    }
}

fn float(value: u64, bits: u32) -> f32 {
    let value = u32::try_from(value).unwrap_or_default();
    match bits {
        16 => small_float(value, 5, 10),
        24 => small_float(value, 7, 16),
        _ => f32::from_bits(value),
    }
}

/// A float of fewer than 32 bits (IEEE 754; those of 24 bits are of DNG).
#[expect(clippy::cast_precision_loss, reason = "at most 16 bits")]
fn small_float(value: u32, exponent_bits: u32, mantissa_bits: u32) -> f32 {
    let exponent = value >> mantissa_bits & ((1 << exponent_bits) - 1);
    let mantissa = value & ((1 << mantissa_bits) - 1);
    let fraction = mantissa as f32 / (1u32 << mantissa_bits) as f32;
    let power = |exponent: u32| {
        let bias = (1i32 << (exponent_bits - 1)) - 1;
        2f32.powi(i32::try_from(exponent).unwrap_or_default() - bias)
    };
    let size = match exponent {
        0 => fraction * power(1),
        full if full == (1 << exponent_bits) - 1 && mantissa == 0 => f32::INFINITY,
        full if full == (1 << exponent_bits) - 1 => f32::NAN,
        exponent => (1.0 + fraction) * power(exponent),
    };
    if value >> (exponent_bits + mantissa_bits) & 1 == 1 {
        -size
    } else {
        size
    }
}

/// Predictor 2: every sample is the difference to that of the pixel before it (TIFF 6.0, section 14). All samples of a
/// pixel take part, also those that are not shown.
fn add_up(bytes: &mut [u8], layout: &Layout) -> Result<(), Code> {
    let samples = layout.chunk_samples();
    match layout.bits {
        8 => {
            for at in samples..bytes.len() {
                bytes[at] = bytes[at].wrapping_add(bytes[at - samples]);
            }
        }
        16 => sum::<2>(bytes, samples, layout.big_endian),
        24 => sum::<3>(bytes, samples, layout.big_endian),
        32 => sum::<4>(bytes, samples, layout.big_endian),
        64 => sum::<8>(bytes, samples, layout.big_endian),
        _ => return Err(Code::UnsupportedCompression),
    }
    Ok(())
}

fn sum<const N: usize>(bytes: &mut [u8], samples: usize, big_endian: bool) {
    let values = bytes.as_chunks_mut::<N>().0;
    for at in samples..values.len() {
        let (before, value) = (values[at - samples], &mut values[at]);
        let mut carry = 0;
        for index in 0..N {
            let index = if big_endian { N - 1 - index } else { index };
            let sum = u16::from(value[index]) + u16::from(before[index]) + carry;
            [value[index], _] = sum.to_le_bytes();
            carry = sum >> 8;
        }
    }
}

/// Predictor 3: the highest bytes of all floats of a row, then the next ones, each less the byte before it (TIFF
/// Technical Note 3). The floats come out with the highest byte first.
fn gather(bytes: &mut Vec<u8>, layout: &Layout) -> Result<(), Code> {
    if layout.format != Format::Float {
        return Err(Code::UnsupportedCompression);
    }
    let samples = layout.chunk_samples();
    for at in samples..bytes.len() {
        bytes[at] = bytes[at].wrapping_add(bytes[at - samples]);
    }
    let width = layout.bits as usize / 8;
    let count = bytes.len() / width;
    *bytes = (0..count * width)
        .map(|at| bytes[at % width * count + at / width])
        .collect();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_taken_from_the_highest() {
        let bytes = [0xAB, 0xCD, 0xEF, 0x12];
        let taken = |bits| packed(&bytes, bits).collect::<Vec<_>>();
        assert_eq!(taken(12), [0xABC, 0xDEF]);
        assert_eq!(taken(4), [0xA, 0xB, 0xC, 0xD, 0xE, 0xF, 1, 2]);
        assert_eq!(taken(32), [0xABCD_EF12]);
    }

    #[test]
    fn floats_of_few_bits_are_the_numbers_they_stand_for() {
        for (bits, value) in [
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x3555, 0.333_251_95),
            (1, 5.960_464_5e-8),
        ] {
            assert!((small_float(bits, 5, 10) - value).abs() < 1e-9, "{bits:x}");
        }
        assert!(small_float(0x7C01, 5, 10).is_nan() && small_float(0x7C00, 5, 10).is_infinite());
        assert!((small_float(0x3F_0000, 7, 16) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn sums_carry_in_either_order() {
        let mut little = [0xFF, 0x00, 0x01, 0x00, 0xFF, 0xFF];
        sum::<2>(&mut little, 1, false);
        assert_eq!(little, [0xFF, 0x00, 0x00, 0x01, 0xFF, 0x00]);
        let mut big = [0x00, 0xFF, 0x00, 0x01, 0xFF, 0xFF];
        sum::<2>(&mut big, 1, true);
        assert_eq!(big, [0x00, 0xFF, 0x01, 0x00, 0x00, 0xFF]);
    }
}
