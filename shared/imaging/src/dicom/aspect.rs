//! Pixels that are not square: how high a pixel is for its width, and the picture with square ones.

use super::element::DataSet;
use super::tag;
use crate::raster::Raster;
use crate::scale::resized;

/// Ratios nobody's detector has are mistakes of the writer.
const MOST: f64 = 10.0;
/// Ratios nobody sees.
const LEAST: f64 = 1.01;

/// The height of a pixel divided by its width: by the spacing of the shown frame, of all frames, at the patient or at the
/// detector, else by the Pixel Aspect Ratio, which is there if no spacing is (PS3.3 C.7.6.3.1.7, 10.7.1.3). All name the
/// vertical value first.
pub(super) fn of(data_set: &DataSet) -> f64 {
    let groups = [
        tag::PER_FRAME_FUNCTIONAL_GROUPS,
        tag::SHARED_FUNCTIONAL_GROUPS,
    ];
    let measures = groups.iter().filter_map(|group| {
        data_set
            .first_item(*group)?
            .first_item(tag::PIXEL_MEASURES_SEQUENCE)
    });
    let spacings = measures.map(|item| item.numbers(tag::PIXEL_SPACING));
    let others = [
        tag::PIXEL_SPACING,
        tag::IMAGER_PIXEL_SPACING,
        tag::NOMINAL_SCANNED_PIXEL_SPACING,
        tag::PIXEL_ASPECT_RATIO,
    ];
    spacings
        .chain(others.map(|tag| data_set.numbers(tag)))
        .find_map(|values| match values[..] {
            [height, width, ..] if height > 0.0 && width > 0.0 => Some(height / width),
            _ => None,
        })
        .filter(|ratio| (1.0 / MOST..=MOST).contains(ratio))
        .unwrap_or(1.0)
}

/// The raster with square pixels, when its own are `ratio` times as high as wide. The side with the larger pixels grows,
/// so that nothing is lost, up to `most` pixels.
pub(super) fn squared(raster: Raster, ratio: f64, most: u32) -> Raster {
    if (1.0 / LEAST..=LEAST).contains(&ratio) {
        return raster;
    }
    let (width, height) = (f64::from(raster.width), f64::from(raster.height));
    let (width, height) = (width * (1.0 / ratio).max(1.0), height * ratio.max(1.0));
    let scale = (f64::from(most) / width.max(height)).min(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the wanted size"
    )]
    let side = |length: f64| ((length * scale).round() as u32).clamp(1, most);
    let (width, height) = (side(width), side(height));
    resized(raster, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Channels;

    fn gradient(width: u32, height: u32) -> Raster {
        let data = (0..width * height).map(|at| u8::try_from(at % width).unwrap_or(u8::MAX));
        Raster::new(width, height, Channels::Gray, data.collect()).expect("sizes agree")
    }

    #[test]
    fn the_side_with_the_larger_pixels_grows() {
        let tall = squared(gradient(40, 10), 2.0, 1024);
        assert_eq!((tall.width, tall.height), (40, 20));
        assert_eq!(tall.data[..40], gradient(40, 10).data[..40]);
        let wide = squared(gradient(40, 10), 0.5, 1024);
        assert_eq!((wide.width, wide.height), (80, 10));
        assert!(wide.data[..80].is_sorted());
    }

    #[test]
    fn a_large_picture_becomes_no_larger_than_wanted() {
        let large = squared(gradient(3000, 500), 3.0, 1024);
        assert_eq!((large.width, large.height), (1024, 512));
    }

    #[test]
    fn square_pixels_stay() {
        assert_eq!(squared(gradient(7, 5), 1.0, 1024), gradient(7, 5));
        assert_eq!(squared(gradient(7, 5), 1.005, 1024), gradient(7, 5));
    }
}
