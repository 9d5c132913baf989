//! From one raster to the two JPEG files of a [`Picture`].

use std::num::NonZeroU32;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::icc;
use crate::orientation::Orientation;
use crate::raster::{Channels, Raster};
use crate::scale::shrink;
use crate::{Code, Picture, Reason};

/// JPEG quality of both sizes: no visible artefacts around burnt-in text, about 100 KB for a preview.
pub(crate) const QUALITY: u8 = 88;

/// A decoded picture on its way to the two sizes.
pub(crate) struct Decoded {
    pub(crate) raster: Raster,
    /// Columns and rows of the original when the raster is already smaller than it.
    pub(crate) original: (u32, u32),
    /// How to turn the raster upright.
    pub(crate) orientation: Orientation,
    /// The ICC profile of the raster's levels, if it has one.
    pub(crate) profile: Option<Vec<u8>>,
}

impl Decoded {
    /// Makes both sizes: the preview from the raster, the thumbnail from the preview.
    pub(crate) fn into_picture(self) -> Result<Picture, Reason> {
        let (width, height) = self.orientation.dimensions(self.original);
        let preview = self.fitted(Some(Picture::PREVIEW));
        let preview_jpeg = jpeg(&preview, QUALITY)?;
        let thumbnail = jpeg(&fit(preview, Picture::THUMBNAIL_SIDE), QUALITY)?;
        Ok(Picture {
            thumbnail,
            preview: preview_jpeg,
            width,
            height,
        })
    }

    /// The picture upright and in sRGB, its long side at most `side`.
    pub(crate) fn fitted(self, side: Option<NonZeroU32>) -> Raster {
        let raster = match side {
            Some(side) => fit(self.raster, side.get()),
            None => self.raster,
        };
        // Colours of a million pixels and not of a hundred.
        icc::to_srgb(self.orientation.apply(raster), self.profile.as_deref())
    }
}

/// The pixels of the long side that a codec has to give where `side` are wanted. One sixteenth less is near enough if it
/// costs a quarter of the work: pictures of 1,955 pixels are shown with 978 instead of 1,024.
pub(crate) const fn enough(side: u32) -> u32 {
    side - side / 16
}

/// Scales `raster` down so that its long side is at most `side`; smaller ones stay as they are.
pub(crate) fn fit(raster: Raster, side: u32) -> Raster {
    let long = raster.width.max(raster.height);
    if long <= side {
        return raster;
    }
    let scaled = |length: u32| {
        let scaled = (u64::from(length) * u64::from(side) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(scaled).unwrap_or(side).max(1)
    };
    let (width, height) = (scaled(raster.width), scaled(raster.height));
    shrink(&raster, width, height)
}

/// Encodes a raster of at most 65,535 pixels a side as a baseline JPEG.
pub(crate) fn jpeg(raster: &Raster, quality: u8) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    // Full colour resolution: colour Doppler and burnt-in coloured text survive.
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    let colour = match raster.channels {
        Channels::Gray => ColorType::Luma,
        Channels::Rgb => ColorType::Rgb,
        Channels::Cmyk => ColorType::Cmyk,
    };
    let failed = |_| Reason::of(Code::TooLarge);
    let (width, height) = (
        u16::try_from(raster.width).map_err(failed)?,
        u16::try_from(raster.height).map_err(failed)?,
    );
    encoder
        .encode(&raster.data, width, height, colour)
        .map_err(|_| Reason::of(Code::DecoderFailed))?;
    Ok(bytes)
}

/// Encodes a raster, gray or in colour, as a PNG, without loss.
pub(crate) fn png(raster: &Raster) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, raster.width, raster.height);
    encoder.set_color(match raster.channels {
        Channels::Gray => png::ColorType::Grayscale,
        Channels::Rgb => png::ColorType::Rgb,
        Channels::Cmyk => return Err(Code::UnsupportedPixels.into()),
    });
    let mut writer = encoder
        .write_header()
        .map_err(|_| Reason::of(Code::TooLarge))?;
    let written = writer.write_image_data(&raster.data);
    written
        .and_then(|()| writer.finish())
        .map_err(|_| Reason::of(Code::DecoderFailed))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(width: u32, height: u32) -> Raster {
        Raster::new(
            width,
            height,
            Channels::Gray,
            vec![90; (width * height) as usize],
        )
        .expect("sizes agree")
    }

    #[test]
    fn the_long_side_fits_and_the_shape_stays() {
        let fitted = fit(gray(3000, 1500), 1024);
        assert_eq!((fitted.width, fitted.height), (1024, 512));
        let fitted = fit(gray(5000, 1), 256);
        assert_eq!((fitted.width, fitted.height), (256, 1));
    }

    #[test]
    fn a_small_picture_is_not_enlarged() {
        let picture = Decoded {
            raster: gray(10, 7),
            original: (10, 7),
            orientation: Orientation::Upright,
            profile: None,
        }
        .into_picture()
        .expect("a picture");
        assert_eq!((picture.width, picture.height), (10, 7));
        assert_eq!(picture.thumbnail, picture.preview);
    }

    #[test]
    fn scaling_keeps_a_flat_gray() {
        let fitted = fit(gray(2222, 1777), 256);
        assert!(fitted.data.iter().all(|&value| value == 90));
    }
}
