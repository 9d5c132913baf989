//! JPEG files (ITU-T T.81: baseline, extended, progressive and lossless, 8 to 16 bits) to pixels.

mod inks;

use libjpeg_turbo_rs::precision::{
    decompress_12bit_lenient, decompress_lossless_arbitrary_lenient,
};
use libjpeg_turbo_rs::{
    ColorSpace, DecodeLimits, DecodeWarning, Decoder, JpegError, MarkerSaveConfig, PixelFormat,
    ScalingFactor,
};

use inks::Inks;

use crate::orientation::Orientation;
use crate::picture::{Decoded, enough};
use crate::raster::{Channels, Raster};
use crate::tone;
use crate::{Code, Limits, Picture, Reason};

/// The marker that ends a picture (T.81, B.1.1.3).
const END: [u8; 2] = [0xFF, 0xD9];

/// Decodes a JPEG file. One that lacks nothing but its end is whole.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Reason> {
    match decode_whole(bytes, limits) {
        Err(reason) if reason.code == Code::Truncated && !bytes.ends_with(&END) => {
            let ended = [bytes, &END].concat();
            decode_whole(&ended, limits).map_err(|_| reason)
        }
        decoded => decoded,
    }
}

/// Decodes a JPEG file, already scaled down while decoding when that is cheaper than scaling its pixels later.
fn decode_whole(bytes: &[u8], limits: &Limits) -> Result<Decoded, Reason> {
    let mut decoder = open(bytes, limits)?;
    let header = decoder.header();
    let original = (u32::from(header.width), u32::from(header.height));
    if u64::from(original.0) * u64::from(original.1) > limits.max_pixels {
        return Err(Code::TooLarge.into());
    }
    let orientation = decoder
        .exif_data()
        .map_or(Orientation::Upright, Orientation::from_exif);
    let (components, deep) = (
        header.components.len(),
        header.precision > 8 || header.is_lossless,
    );
    let is_lossless = header.is_lossless;
    let profile = decoder.icc_profile().ok().flatten();
    let (raster, stretched) = if deep {
        decode_deep(bytes, is_lossless)?
    } else {
        decoder.set_scale(scale_for(original.0.max(original.1))?);
        (decode_eight_bits(decoder, components)?, false)
    };
    Ok(Decoded {
        raster,
        original,
        orientation,
        profile: profile.filter(|_| !stretched),
    })
}

/// What the decoder library may spend.
pub(crate) fn decode_limits(limits: &Limits) -> DecodeLimits {
    DecodeLimits {
        max_pixels: limits.max_pixels,
        max_memory: Some(limits.max_decoded_bytes),
        // A progressive file has about 10 scans; each costs a pass over the picture.
        max_scans: 500,
        ..DecodeLimits::default()
    }
}

/// The smallest scale of the DCT that still gives a preview its size. Only those with fast kernels are worth it.
fn scale_for(long_side: u32) -> Result<ScalingFactor, Reason> {
    let eighths = [1, 2, 3, 4]
        .into_iter()
        .find(|n| long_side * n / 8 >= enough(Picture::PREVIEW_SIDE))
        .unwrap_or(8);
    let (numerator, denominator) = match eighths {
        2 => (1, 4),
        4 => (1, 2),
        8 => (1, 1),
        n => (n, 8),
    };
    ScalingFactor::try_new(numerator, denominator).map_err(|error| reason(&error))
}

fn decode_eight_bits(mut decoder: Decoder<'_>, components: usize) -> Result<Raster, Reason> {
    let (format, channels) = match components {
        1 => (PixelFormat::Grayscale, Channels::Gray),
        3 => (PixelFormat::Rgb, Channels::Rgb),
        4 => (PixelFormat::Cmyk, Channels::Cmyk),
        _ => return Err(Code::UnsupportedPixels.into()),
    };
    let (width, height, mut data) = if inks::are_uneven(&decoder) {
        let Inks {
            width,
            height,
            data,
        } = inks::decode(decoder)?;
        (width, height, data)
    } else {
        decoder.set_output_format(format);
        let image = decoder.decode_image().map_err(|error| reason(&error))?;
        whole(&image.warnings)?;
        (image.width, image.height, image.data)
    };
    if components == 4 {
        // Adobe stores inks inverted (no ink = 255), and so does nearly every CMYK JPEG.
        for ink in &mut data {
            *ink = 255 - *ink;
        }
    }
    raster(width, height, channels, data)
}

/// 12-bit and lossless files: as wide as they are, then shown with eight bits, and whether that changed their contrast.
fn decode_deep(bytes: &[u8], lossless: bool) -> Result<(Raster, bool), Reason> {
    let deep = if lossless {
        lossless_words(bytes)?
    } else {
        twelve_bit_words(bytes)?
    };
    let channels = match deep.components {
        1 => Channels::Gray,
        3 => Channels::Rgb,
        _ => return Err(Code::UnsupportedPixels.into()),
    };
    let precision = u32::from(deep.precision);
    let (data, stretched) = if precision > 8 {
        tone::levels_of_words(&deep.words, precision, deep.components, false)
    } else {
        let low_bytes = deep.words.iter().map(|word| word.to_le_bytes()[0]);
        (low_bytes.collect(), false)
    };
    let raster = raster(deep.width, deep.height, channels, data)?;
    Ok((raster, stretched))
}

/// Samples of more than eight bits.
pub(crate) struct Deep {
    pub(crate) words: Vec<u16>,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) components: usize,
    pub(crate) precision: u8,
}

/// Decodes a lossless JPEG of 2 to 16 bits.
pub(crate) fn lossless_words(bytes: &[u8]) -> Result<Deep, Reason> {
    let (image, warnings) =
        decompress_lossless_arbitrary_lenient(bytes).map_err(|error| reason(&error))?;
    whole(&warnings)?;
    Ok(Deep {
        words: image.data,
        width: image.width,
        height: image.height,
        components: image.num_components,
        precision: image.precision,
    })
}

/// Decodes an extended JPEG of 12 bits.
pub(crate) fn twelve_bit_words(bytes: &[u8]) -> Result<Deep, Reason> {
    let (image, warnings) = decompress_12bit_lenient(bytes).map_err(|error| reason(&error))?;
    whole(&warnings)?;
    Ok(Deep {
        words: image
            .data
            .into_iter()
            .map(|sample| u16::try_from(sample).unwrap_or(0))
            .collect(),
        width: image.width,
        height: image.height,
        components: image.num_components,
        precision: 12,
    })
}

/// Decodes a JPEG of eight bits without changing its colours: one or three components as stored.
pub(crate) fn eight_bit_components(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Reason> {
    let decoder = open(bytes, limits)?;
    let components = decoder.header().components.len();
    if components > 3 {
        return Err(Code::UnsupportedPixels.into());
    }
    Ok(as_stored(decoder)?.data)
}

/// The components of a picture inside another format, as they are stored.
pub(crate) struct Components {
    pub(crate) samples: Samples,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) count: usize,
    /// Some have fewer samples than others: these are colours of YCbCr.
    pub(crate) subsampled: bool,
}

/// Samples of up to 8 bits, or of more.
pub(crate) enum Samples {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

/// Decodes a JPEG of any process without changing its colours.
pub(crate) fn components(bytes: &[u8], limits: &Limits) -> Result<Components, Reason> {
    let decoder = open(bytes, limits)?;
    let header = decoder.header();
    let (precision, is_lossless) = (header.precision, header.is_lossless);
    let count = header.components.len();
    let factors = |index: usize| {
        let component = &header.components[index];
        (component.horizontal_sampling, component.vertical_sampling)
    };
    let subsampled = count == 3 && factors(0) != factors(1);
    let (samples, width, height) = if precision > 8 || is_lossless {
        let deep = if is_lossless {
            lossless_words(bytes)?
        } else {
            twelve_bit_words(bytes)?
        };
        (Samples::Words(deep.words), deep.width, deep.height)
    } else {
        let image = as_stored(decoder)?;
        (Samples::Bytes(image.data), image.width, image.height)
    };
    Ok(Components {
        samples,
        width,
        height,
        count,
        subsampled,
    })
}

/// Columns and rows a JPEG claims to have.
pub(crate) fn size(bytes: &[u8], limits: &Limits) -> Result<(usize, usize), Reason> {
    let decoder = open(bytes, limits)?;
    let header = decoder.header();
    Ok((header.width(), header.height()))
}

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Decoder<'a>, Reason> {
    let mut decoder =
        Decoder::new_with_limits(bytes, decode_limits(limits)).map_err(|error| reason(&error))?;
    decoder.set_lenient(true);
    decoder.save_markers(MarkerSaveConfig::None);
    Ok(decoder)
}

fn as_stored(mut decoder: Decoder<'_>) -> Result<Inks, Reason> {
    if inks::are_uneven(&decoder) {
        return inks::decode(decoder);
    }
    match (
        decoder.header().components.len(),
        decoder.jpeg_color_space(),
    ) {
        (1, _) => decoder.set_output_format(PixelFormat::Grayscale),
        (3, ColorSpace::YCbCr) => decoder.set_output_colorspace(ColorSpace::YCbCr),
        (3, _) => decoder.set_output_format(PixelFormat::Rgb),
        (4, _) => decoder.set_output_format(PixelFormat::Cmyk),
        _ => return Err(Code::UnsupportedPixels.into()),
    }
    let image = decoder.decode_image().map_err(|error| reason(&error))?;
    whole(&image.warnings)?;
    Ok(Inks {
        width: image.width,
        height: image.height,
        data: image.data,
    })
}

fn raster(
    width: usize,
    height: usize,
    channels: Channels,
    data: Vec<u8>,
) -> Result<Raster, Reason> {
    let side = |side| u32::try_from(side).map_err(|_| Reason::of(Code::TooLarge));
    Raster::new(side(width)?, side(height)?, channels, data)
        .ok_or_else(|| Code::DecoderFailed.into())
}

/// Refuses a picture the decoder had to complete with gray. Stray bytes between markers do no harm.
pub(crate) fn whole(warnings: &[DecodeWarning]) -> Result<(), Reason> {
    let harm = warnings.iter().find_map(|warning| match warning {
        DecodeWarning::TruncatedData { .. } => Some(Code::Truncated),
        DecodeWarning::HuffmanError { .. } => Some(Code::Damaged),
        _ => None,
    });
    harm.map_or(Ok(()), |code| Err(code.into()))
}

pub(crate) fn reason(error: &JpegError) -> Reason {
    Reason::of(match error {
        JpegError::UnexpectedEof | JpegError::Io(_) => Code::Truncated,
        JpegError::LimitExceeded { .. } | JpegError::AllocationFailed { .. } => Code::TooLarge,
        JpegError::Unsupported(_) => Code::UnsupportedCompression,
        _ => Code::Damaged,
    })
}
