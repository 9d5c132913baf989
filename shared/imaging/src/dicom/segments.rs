//! Segmentations and label maps (PS3.3 C.8.20): few values, which shown as levels would all be black, and a colour for each
//! where the file names one.

use super::element::DataSet;
use super::layout::Layout;
use super::samples::Samples;
use super::tag;

/// Whether the values are labels or shares of segments: of the SOP classes Segmentation and Label Map Segmentation.
pub(super) fn is_segmentation(data_set: &DataSet) -> bool {
    let class = data_set.ascii(tag::SOP_CLASS_UID);
    data_set.bytes(tag::SEGMENTATION_TYPE).is_some()
        || matches!(
            class.as_deref(),
            Some("1.2.840.10008.5.1.4.1.1.66.4" | "1.2.840.10008.5.1.4.1.1.66.7")
        )
}

/// The colours of a label map by its values, when its segments have Recommended Display `CIELab` Values
/// (PS3.3 C.8.20.2). Values that belong to no segment are black.
pub(super) fn colours(data_set: &DataSet, layout: &Layout) -> Option<Vec<[u8; 3]>> {
    let is_map = data_set.ascii(tag::SEGMENTATION_TYPE).as_deref() == Some("LABELMAP");
    if !is_map || layout.signed || layout.samples != 1 || layout.bits_stored > 16 {
        return None;
    }
    let mut colours = vec![[0; 3]; 1 << layout.bits_stored];
    let mut found = false;
    for segment in data_set.items(tag::SEGMENT_SEQUENCE) {
        let lab = segment.numbers(tag::RECOMMENDED_DISPLAY_CIELAB);
        let (Some(number), Ok(lab)) = (
            segment.unsigned(tag::SEGMENT_NUMBER),
            <[f64; 3]>::try_from(lab),
        ) else {
            continue;
        };
        // The background is black, whatever colour an opaque overlay would give it.
        if let Some(colour) = colours.get_mut(number as usize).filter(|_| number > 0) {
            *colour = from_cielab(lab);
            found = true;
        }
    }
    found.then_some(colours)
}

/// The colours of all pixels; `None` when the samples are too wide.
pub(super) fn paint(samples: &Samples, colours: &[[u8; 3]]) -> Option<Vec<u8>> {
    let colour = |value: usize| {
        colours
            .get(value % colours.len())
            .copied()
            .unwrap_or_default()
    };
    match samples {
        Samples::Bytes(bytes) => Some(bytes.iter().flat_map(|&b| colour(b.into())).collect()),
        Samples::Words { bytes, big_endian } => {
            let word = |pair| {
                if *big_endian {
                    u16::from_be_bytes(pair)
                } else {
                    u16::from_le_bytes(pair)
                }
            };
            let pairs = bytes.as_chunks().0.iter();
            Some(pairs.flat_map(|&pair| colour(word(pair).into())).collect())
        }
        Samples::Wide(_) => None,
    }
}

/// PCS values of 16 bits (PS3.3 C.10.7.1.1: L* from 0 to 100, a* and b* from -128 to 127) under the light D50 as sRGB.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scaled to 0..=255; `as` saturates"
)]
fn from_cielab([lightness, a, b]: [f64; 3]) -> [u8; 3] {
    let lightness = (lightness / 65_535.0 * 100.0 + 16.0) / 116.0;
    let (a, b) = (a / 257.0 - 128.0, b / 257.0 - 128.0);
    let cube = |root: f64| {
        if root > 6.0 / 29.0 {
            root.powi(3)
        } else {
            3.0 * (6.0f64 / 29.0).powi(2) * (root - 4.0 / 29.0)
        }
    };
    let light = [
        0.9642 * cube(lightness + a / 500.0),
        cube(lightness),
        0.8249 * cube(lightness - b / 200.0),
    ];
    // From D50 to the light of sRGB, D65, by Bradford's matrix, and to its primaries (IEC 61966-2-1), in one step.
    let rows = [
        [3.1339, -1.6169, -0.4906],
        [-0.9788, 1.9161, 0.0335],
        [0.0719, -0.2290, 1.4052],
    ];
    let linear = rows.map(|row: [f64; 3]| row.iter().zip(light).map(|(m, v)| m * v).sum::<f64>());
    linear.map(|level| {
        let level = level.clamp(0.0, 1.0);
        let encoded = if level <= 0.003_130_8 {
            12.92 * level
        } else {
            1.055 * level.powf(1.0 / 2.4) - 0.055
        };
        (encoded * 255.0 + 0.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_values_become_colours() {
        // White, black, and the red of sRGB: L* 54.3, a* 80.8, b* 69.9 under D50.
        assert_eq!(from_cielab([65_535.0, 32_896.0, 32_896.0]), [255, 255, 255]);
        assert_eq!(from_cielab([0.0, 32_896.0, 32_896.0]), [0, 0, 0]);
        let red = from_cielab([35_585.0, 53_662.0, 50_860.0]);
        assert!(red[0] > 250 && red[1] < 12 && red[2] < 12, "{red:?}");
    }
}
