//! How the samples of a TIFF file are stored: extra ones, predictors, inks, planes, facsimile, and what files leave out.

use std::io::Write;

use flate2::write::ZlibEncoder;
use imaging::Code;
use imaging::fixtures::{TiffPage, TiffTag, jpeg, scene, tiff_of, tiff_with};

use crate::{decode, disc_and_corner, failure, inspect, picture};

const WIDTH: u32 = 60;
const HEIGHT: u32 = 40;

/// Tags by number.
const FILL_ORDER: u16 = 266;
const STRIP_BYTE_COUNTS: u16 = 279;
const PLANAR: u16 = 284;
const PREDICTOR: u16 = 317;
const EXTRA_SAMPLES: u16 = 338;

/// The colours of the scene.
fn colours() -> Vec<[u8; 3]> {
    let levels = scene(WIDTH, HEIGHT, 1).into_iter();
    levels
        .map(|level| [level, level / 2, 255 - level])
        .collect()
}

fn page(samples: u16, photometric: u16, bytes: Vec<u8>) -> TiffPage {
    TiffPage {
        samples_per_pixel: samples,
        photometric,
        ..TiffPage::gray(WIDTH, HEIGHT, bytes)
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut deflate = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    deflate.write_all(bytes).expect("memory takes all");
    deflate.finish().expect("memory takes all")
}

/// Rows of differences to the pixel before.
fn differences(bytes: &[u8], samples: usize) -> Vec<u8> {
    let rows = bytes.chunks_exact(WIDTH as usize * samples);
    rows.flat_map(|row| {
        (0..row.len()).map(move |at| match at.checked_sub(samples) {
            Some(before) => row[at].wrapping_sub(row[before]),
            None => row[at],
        })
    })
    .collect()
}

/// The colours of the disc and of the dark corner are right.
#[track_caller]
fn assert_colours(bytes: &[u8], what: &str) {
    let (width, height, channels, data) = decode(&picture(inspect(bytes)).preview);
    assert_eq!(channels, 3, "{what}");
    for (at, expected) in [
        ((height / 2) * width + width * 2 / 3, [255, 127, 0]),
        (2 * width + 2, [8, 4, 247]),
    ] {
        let pixel = &data[at * 3..][..3];
        let near = pixel
            .iter()
            .zip(expected)
            .all(|(is, wanted): (&u8, u8)| is.abs_diff(wanted) < 25);
        assert!(near, "{what}: {pixel:?} is not {expected:?}");
    }
}

#[test]
fn extra_samples_that_are_no_alpha_are_ignored_but_take_part_in_the_predictor() {
    let noise = scene(WIDTH, HEIGHT, 7).into_iter();
    let pixels: Vec<u8> = colours()
        .into_iter()
        .zip(noise)
        .flat_map(|([r, g, b], noise)| [r, g, b, noise.wrapping_mul(31)])
        .collect();
    let extra = TiffTag::short(EXTRA_SAMPLES, &[0]);
    let plain = page(4, 2, pixels.clone()).with(extra.clone());
    assert_colours(&tiff_of(std::slice::from_ref(&plain)), "plain");
    assert_colours(&tiff_of(&[plain.tiled(32)]), "tiles");
    let predicted = TiffPage {
        compression: 8,
        ..page(4, 2, deflated(&differences(&pixels, 4)))
    };
    let predicted = predicted.with(TiffTag::short(PREDICTOR, &[2]));
    assert_colours(&tiff_of(&[predicted.clone().with(extra)]), "predictor");
    assert_colours(&tiff_of(&[predicted]), "a fourth sample nobody explains");
}

#[test]
fn colours_multiplied_with_alpha_or_not_give_the_same_picture() {
    // Half transparent on the left, where the corner is, and opaque on the right.
    let alpha = |index: usize| if index % 60 < 30 { 128 } else { 255u8 };
    let times = |level: u8, alpha: u8| (u16::from(level) * u16::from(alpha) / 255).to_le_bytes()[0];
    let of = |kind: u16, shown: &dyn Fn(u8, u8) -> u8| {
        let pixels = colours()
            .into_iter()
            .enumerate()
            .flat_map(|(index, colour)| {
                let alpha = alpha(index);
                let [r, g, b] = colour.map(|level| shown(level, alpha));
                [r, g, b, alpha]
            });
        let page = page(4, 2, pixels.collect()).with(TiffTag::short(EXTRA_SAMPLES, &[kind]));
        decode(&picture(inspect(&tiff_of(&[page]))).preview).3
    };
    let (associated, unassociated) = (of(1, &times), of(2, &|level, _| level));
    for (a, b) in associated.iter().zip(&unassociated) {
        assert!(a.abs_diff(*b) < 8, "{a} {b}");
    }
    // Half of 8 and half of white paper.
    assert!(
        associated[(2 * 60 + 2) * 3].abs_diff(131) < 12,
        "{}",
        associated[366]
    );
}

#[test]
fn gray_has_alpha_too() {
    let pixels = scene(WIDTH, HEIGHT, 1).into_iter().enumerate();
    let pixels = pixels.flat_map(|(index, level)| [level, if index < 600 { 0 } else { 255 }]);
    let page = page(2, 1, pixels.collect()).with(TiffTag::short(EXTRA_SAMPLES, &[2]));
    let (disc, corner) = disc_and_corner(&picture(inspect(&tiff_of(&[page]))).preview);
    assert!(disc > 240 && corner > 240, "{disc} {corner}");
}

#[test]
fn planes_are_put_together_and_others_are_left_out() {
    let planes = |count: usize| {
        let plane = |channel: usize| {
            colours()
                .iter()
                .map(move |colour| colour.get(channel).copied().unwrap_or(77))
                .collect::<Vec<u8>>()
        };
        (0..count).map(plane).collect::<Vec<_>>()
    };
    for samples in [3, 4] {
        let page = TiffPage {
            chunks: planes(samples),
            ..page(u16::try_from(samples).expect("few"), 2, Vec::new())
        };
        assert_colours(
            &tiff_of(&[page.with(TiffTag::short(PLANAR, &[2]))]),
            "planes",
        );
    }
}

#[test]
fn inks_darken_paper() {
    let inks: Vec<u8> = colours()
        .into_iter()
        .flat_map(|[r, g, b]| [255 - r, 255 - g, 255 - b, 0])
        .collect();
    assert_colours(&tiff_of(&[page(4, 5, inks.clone())]), "8 bits");
    let deep = TiffPage {
        bits_per_sample: 16,
        ..page(4, 5, inks.iter().flat_map(|&ink| [ink, ink]).collect())
    };
    assert_colours(&tiff_of(&[deep]), "16 bits");
}

#[test]
fn colours_shared_by_several_pixels_are_spread() {
    // TIFF 6.0, section 21: the luminance of a block, then its two colours. Rec. 601 of the colours.
    let coded = |[r, g, b]: [u8; 3]| {
        let [r, g, b] = [r, g, b].map(f64::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        [y, (b - y) * 0.564 + 128.0, (r - y) * 0.713 + 128.0]
    };
    let colours = colours();
    for (across, down) in [(1, 1), (2, 1), (2, 2), (4, 2)] {
        let mut bytes = Vec::new();
        for top in (0..40).step_by(down) {
            for left in (0..60).step_by(across) {
                let block =
                    (0..down).flat_map(|y| (0..across).map(move |x| (top + y) * 60 + left + x));
                let block: Vec<[f64; 3]> = block.map(|at| coded(colours[at])).collect();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "levels"
                )]
                let mut put = |value: f64| bytes.push(value as u8);
                for pixel in &block {
                    put(pixel[0]);
                }
                put(block[0][1]);
                put(block[0][2]);
            }
        }
        let shared = [across, down].map(|n| u16::try_from(n).expect("few"));
        let file = page(3, 6, bytes).with(TiffTag::short(530, &shared));
        assert_colours(&tiff_of(&[file]), &format!("{across} × {down}"));
    }
}

#[test]
fn numbers_in_either_order_and_of_sixty_four_bits_are_read() {
    let pixels: Vec<u8> = colours().into_flattened();
    for (big_endian, big) in [(true, false), (false, true), (true, true)] {
        let pages = [page(3, 2, pixels.clone()).tiled(32)];
        assert_colours(
            &tiff_with(&pages, big_endian, big),
            &format!("{big_endian} {big}"),
        );
    }
}

#[test]
fn lengths_of_strips_may_be_missing() {
    let pixels: Vec<u8> = colours().into_flattened();
    let none = TiffTag::none(STRIP_BYTE_COUNTS);
    let plain = page(3, 2, pixels.clone()).with(none.clone());
    assert_colours(&tiff_of(std::slice::from_ref(&plain)), "not compressed");
    let zero = page(3, 2, pixels.clone()).with(TiffTag::long(STRIP_BYTE_COUNTS, &[0]));
    assert_colours(&tiff_of(&[zero]), "said to be 0");
    let strips = TiffPage {
        rows_per_strip: Some(16),
        chunks: pixels.chunks(60 * 3 * 16).map(<[u8]>::to_vec).collect(),
        ..plain
    };
    assert_colours(&tiff_of(&[strips]), "several");
    let deflated = TiffPage {
        compression: 8,
        ..page(3, 2, deflated(&pixels)).with(none)
    };
    assert_colours(&tiff_of(&[deflated]), "compressed");
    let rows = page(3, 2, pixels.clone()).with(TiffTag::none(278));
    assert_colours(&tiff_of(&[rows]), "no RowsPerStrip");
    let cut = tiff_of(&[
        page(3, 2, pixels[..3000].to_vec()).with(TiffTag::long(STRIP_BYTE_COUNTS, &[7200]))
    ]);
    assert_eq!(failure(inspect(&cut)).code, Code::Truncated);
}

/// Black and white pixels, 32 wide and 8 high: white but for a block of 16 × 4 in the middle, as codes of a facsimile.
fn facsimile(compression: u16) -> String {
    // T.4, tables 2 and 3: runs of 8 white, 16 black, 32 white pixels.
    let (white_8, black_16, white_32) = ("10011", "0000010111", "00011011");
    let block = [white_8, black_16, white_8].concat();
    let align = |line: &str| format!("{line:0<width$}", width = line.len().next_multiple_of(8));
    let end = "000000000001";
    match compression {
        2 => (0..8)
            .map(|row| {
                align(if (2..6).contains(&row) {
                    &block
                } else {
                    white_32
                })
            })
            .collect(),
        3 => (0..8)
            .map(|row| {
                [
                    end,
                    if (2..6).contains(&row) {
                        &block
                    } else {
                        white_32
                    },
                ]
                .concat()
            })
            .collect(),
        // T.6, table 1: V0, V0 V0 V0, a block in horizontal mode and V0, and passed by.
        _ => {
            let begins = ["001", white_8, black_16, "1"].concat();
            [
                "1", "1", &begins, "111", "111", "111", "00011", "1", end, end,
            ]
            .concat()
        }
    }
}

#[test]
fn facsimile_is_read_in_either_order_of_bits() {
    for compression in [2, 3, 4] {
        let mut bits = facsimile(compression);
        bits.push_str(&"0".repeat(bits.len().next_multiple_of(8) - bits.len()));
        let bytes: Vec<u8> = bits
            .as_bytes()
            .chunks(8)
            .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | (bit & 1)))
            .collect();
        for fill_order in [1, 2] {
            let stored = bytes.iter().map(|byte| {
                if fill_order == 2 {
                    byte.reverse_bits()
                } else {
                    *byte
                }
            });
            let page = TiffPage {
                bits_per_sample: 1,
                photometric: 0,
                compression,
                ..TiffPage::gray(32, 8, stored.collect())
            };
            let bytes = tiff_of(&[page.with(TiffTag::short(FILL_ORDER, &[fill_order]))]);
            let (width, _, _, data) = decode(&picture(inspect(&bytes)).preview);
            for (x, y, black) in [
                (4, 4, false),
                (16, 4, true),
                (28, 4, false),
                (16, 0, false),
                (16, 7, false),
            ] {
                let level = data[y * width + x];
                assert_eq!(
                    level < 128,
                    black,
                    "{compression} {fill_order} {x} {y}: {level}"
                );
            }
        }
    }
}

#[test]
fn facsimile_that_ends_early_or_is_none_fails() {
    for (bytes, code) in [(vec![0x26], Code::Truncated), (vec![0; 40], Code::Damaged)] {
        let page = TiffPage {
            bits_per_sample: 1,
            photometric: 0,
            compression: 4,
            ..TiffPage::gray(32, 8, bytes)
        };
        assert_eq!(failure(inspect(&tiff_of(&[page]))).code, code);
    }
}

#[test]
fn jpeg_is_read_as_the_directory_names_its_colours() {
    let stream = jpeg(60, 40, 1);
    let with_ycc = TiffPage {
        compression: 7,
        ..page(3, 6, stream.clone())
    };
    assert_colours(&tiff_of(&[with_ycc]), "YCbCr");
    // The old kind, with a whole file somewhere.
    let old = TiffPage {
        compression: 6,
        ..page(3, 6, stream.clone())
    };
    let bytes = tiff_of(&[old.clone().with(TiffTag::long(513, &[8]))]);
    assert_colours(&bytes, "old");
    let outcome = inspect(&tiff_of(&[old])).outcome;
    assert!(
        matches!(&outcome, imaging::Outcome::NoPicture(reason) if reason.code == Code::UnsupportedCompression),
        "{outcome:?}"
    );
}

#[test]
fn lightness_and_two_colours_are_shown() {
    // 8: CIE L*a*b*, of the disc's orange and of a dark blue.
    let pixels = scene(WIDTH, HEIGHT, 1).into_iter();
    let pixels = pixels.flat_map(|level| {
        if level == 255 {
            [171u8, 43, 74]
        } else {
            [78, 66, 0x96]
        }
    });
    let bytes = tiff_of(&[page(3, 8, pixels.collect())]);
    let (width, height, _, data) = decode(&picture(inspect(&bytes)).preview);
    let disc = &data[(height / 2 * width + width * 2 / 3) * 3..][..3];
    let corner = &data[(2 * width + 2) * 3..][..3];
    assert!(
        disc[0] > 220 && disc[1].abs_diff(127) < 40 && disc[2] < 60,
        "{disc:?}"
    );
    assert!(corner[2] > 180 && corner[0] < 90, "{corner:?}");
}
