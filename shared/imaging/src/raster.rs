//! Eight-bit pixels ready to be shown.

/// How many bytes a pixel has, and what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    /// One byte: black to white.
    Gray,
    /// Three bytes: red, green, blue (sRGB).
    Rgb,
}

impl Channels {
    /// Bytes per pixel.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }
}

/// A picture in memory: rows from top to bottom, no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: Channels,
    /// `width × height × channels` bytes.
    pub(crate) data: Vec<u8>,
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
