//! Which way up a picture is (Exif 2.32 tag 0x0112, also TIFF 6.0): reading it and turning the pixels.

use crate::raster::Raster;

/// What has to be done to see the picture upright, named by the Exif values 1 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orientation {
    /// 1: nothing.
    Upright,
    /// 2: mirror left and right.
    Mirror,
    /// 3: half a turn.
    HalfTurn,
    /// 4: mirror top and bottom.
    Flip,
    /// 5: mirror along the diagonal from top left.
    Transpose,
    /// 6: a quarter turn clockwise.
    Clockwise,
    /// 7: mirror along the diagonal from top right.
    Transverse,
    /// 8: a quarter turn counter-clockwise.
    CounterClockwise,
}

impl Orientation {
    /// From the value of the tag; unknown values mean upright.
    pub(crate) fn from_number(value: u64) -> Self {
        match value {
            2 => Self::Mirror,
            3 => Self::HalfTurn,
            4 => Self::Flip,
            5 => Self::Transpose,
            6 => Self::Clockwise,
            7 => Self::Transverse,
            8 => Self::CounterClockwise,
            _ => Self::Upright,
        }
    }

    /// From an Exif block: a TIFF header and its first directory.
    pub(crate) fn from_exif(exif: &[u8]) -> Self {
        read_exif(exif).map_or(Self::Upright, Self::from_number)
    }

    /// Columns and rows after turning.
    pub(crate) fn dimensions(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.turns_sideways() {
            (height, width)
        } else {
            (width, height)
        }
    }

    fn turns_sideways(self) -> bool {
        matches!(
            self,
            Self::Transpose | Self::Clockwise | Self::Transverse | Self::CounterClockwise
        )
    }

    /// The raster as it should be seen.
    pub(crate) fn apply(self, raster: Raster) -> Raster {
        if self == Self::Upright {
            return raster;
        }
        let (width, height) = self.dimensions((raster.width, raster.height));
        let (source_width, source_height) = (raster.width as usize, raster.height as usize);
        let (right, bottom) = (source_width - 1, source_height - 1);
        let size = raster.channels.count();
        let mut data = Vec::with_capacity(raster.data.len());
        for y in 0..height as usize {
            for x in 0..width as usize {
                let (sx, sy) = match self {
                    Self::Upright => (x, y),
                    Self::Mirror => (right - x, y),
                    Self::HalfTurn => (right - x, bottom - y),
                    Self::Flip => (x, bottom - y),
                    Self::Transpose => (y, x),
                    Self::Clockwise => (y, bottom - x),
                    Self::Transverse => (right - y, bottom - x),
                    Self::CounterClockwise => (right - y, x),
                };
                let at = (sy * source_width + sx) * size;
                data.extend_from_slice(&raster.data[at..at + size]);
            }
        }
        Raster {
            width,
            height,
            channels: raster.channels,
            data,
        }
    }
}

/// The orientation entry of the first directory. Exif makes it a number of 16 bits; some write 8 or 32.
fn read_exif(exif: &[u8]) -> Option<u64> {
    // PNG and WebP want no header of JPEG before it, but get one.
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let big_endian = match exif.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let number = |at: usize, length: usize| {
        let bytes = exif.get(at..)?.get(..length)?.iter();
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if big_endian {
            bytes.fold(0, add)
        } else {
            bytes.rev().fold(0, add)
        })
    };
    let directory = usize::try_from(number(4, 4)?).ok()?;
    let entries = usize::try_from(number(directory, 2)?).ok()?;
    let entry = (0..entries)
        .map(|index| directory + 2 + 12 * index)
        .find(|&at| number(at, 2) == Some(0x0112))?;
    let length = match number(entry + 2, 2)? {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 => 4,
        _ => return None,
    };
    number(entry + 8, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Channels;

    #[test]
    fn every_orientation_turns_the_pixels_upright() {
        // 1 2 3
        // 4 5 6
        let raster =
            Raster::new(3, 2, Channels::Gray, vec![1, 2, 3, 4, 5, 6]).expect("sizes agree");
        for (value, width, expected) in [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [3, 6, 2, 5, 1, 4]),
        ] {
            let turned = Orientation::from_number(value).apply(raster.clone());
            assert_eq!(
                (turned.width, turned.data.as_slice()),
                (width, &expected[..]),
                "orientation {value}"
            );
        }
    }

    #[test]
    fn the_number_is_read_whatever_its_type_and_order() {
        for (kind, big, little) in [
            (1, [6, 0, 0, 0], [6, 0, 0, 0]),
            (3, [0, 6, 0, 0], [6, 0, 0, 0]),
            (4, [0, 0, 0, 6], [6, 0, 0, 0]),
            (9, [0, 0, 0, 6], [6, 0, 0, 0]),
        ] {
            let head = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0";
            let exif = [&head[..], &[kind], &[0, 0, 0, 1], &big].concat();
            assert_eq!(
                Orientation::from_exif(&exif),
                Orientation::Clockwise,
                "{kind}"
            );
            let head = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01";
            let exif = [&head[..], &[kind, 0], &[1, 0, 0, 0], &little].concat();
            assert_eq!(
                Orientation::from_exif(&exif),
                Orientation::Clockwise,
                "{kind}"
            );
        }
    }

    #[test]
    fn exif_that_ends_early_means_upright() {
        let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert_eq!(Orientation::from_exif(exif), Orientation::Clockwise);
        for length in 0..20 {
            assert_eq!(
                Orientation::from_exif(&exif[..length.min(18)]),
                Orientation::Upright
            );
        }
    }
}
