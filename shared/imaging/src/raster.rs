//! Eight-bit pixels ready to be shown.

/// How many bytes a pixel has, and what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One byte: black to white.
    Gray,
    /// Three bytes: red, green, blue (sRGB).
    Rgb,
    /// Four bytes: cyan, magenta, yellow and black ink (255 = full), until the picture has its size.
    Cmyk,
}

impl Channels {
    /// Bytes per pixel.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// A picture in memory: rows from top to bottom, no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// What the bytes of a pixel are.
    pub channels: Channels,
    /// `width × height × channels` bytes.
    pub data: Vec<u8>,
}

impl Raster {
    /// A raster whose data has exactly the size its dimensions ask for; `None` when it has not, or a side is 0.
    pub(crate) fn new(width: u32, height: u32, channels: Channels, data: Vec<u8>) -> Option<Self> {
        let bytes = (width as usize)
            .checked_mul(height as usize)?
            .checked_mul(channels.count())?;
        (bytes > 0 && data.len() == bytes).then_some(Self {
            width,
            height,
            channels,
            data,
        })
    }
}
