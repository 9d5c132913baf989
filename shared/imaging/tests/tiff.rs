//! TIFF files of every organisation and compression.

use imaging::fixtures::{
    JPEG_2000, JPEG_2000_RGB, JPEG_2000_YCC, TiffPage, TiffTag, jpeg, scene, tiff_of,
};
use imaging::{Code, Picture};
use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, colortype::Gray16};

use crate::{decode, disc_and_corner, failure, inspect, picture};

fn assert_scene(bytes: &[u8], what: &str) -> Picture {
    let picture = picture(inspect(bytes));
    let (disc, corner) = disc_and_corner(&picture.preview);
    assert!(disc > 240 && corner < 40, "{what}: {disc} {corner}");
    picture
}

fn page(width: u32, height: u32) -> TiffPage {
    TiffPage::gray(width, height, scene(width, height, 1))
}

/// A page one recognises when it is shown by mistake.
fn black(width: u32, height: u32) -> TiffPage {
    TiffPage::gray(width, height, vec![0; (width * height) as usize])
}

#[test]
fn tiles_are_put_together() {
    let strip = picture(inspect(&tiff_of(&[page(100, 70)])));
    let tiles = picture(inspect(&tiff_of(&[page(100, 70).tiled(32)])));
    assert_eq!(tiles, strip);
}

#[test]
fn of_a_pyramid_the_smallest_level_that_fills_a_preview_is_decoded() {
    // 254: NewSubfileType, 1: a reduced version.
    let reduced = |page: TiffPage| page.with(TiffTag::long(254, &[1]));
    let levels = [
        black(4800, 3600),
        reduced(page(1200, 900)),
        reduced(black(600, 450)),
    ];
    let picture = assert_scene(&tiff_of(&levels), "levels in pages");
    assert_eq!((picture.width, picture.height), (4800, 3600));

    let whole = TiffPage {
        sub_pages: levels[1..].to_vec(),
        ..levels[0].clone()
    };
    let picture = assert_scene(&tiff_of(&[whole.tiled(256)]), "levels in sub-directories");
    assert_eq!((picture.width, picture.height), (4800, 3600));
}

#[test]
fn of_many_pages_the_first_is_shown() {
    let bytes = tiff_of(&[page(1300, 1300), black(1200, 900), black(1300, 1300)]);
    let picture = assert_scene(&bytes, "pages");
    assert_eq!((picture.width, picture.height), (1300, 1300));
}

#[test]
fn directories_that_lead_in_a_circle_are_left() {
    let mut bytes = tiff_of(&[page(40, 30), black(40, 30)]);
    let (first, end) = (bytes[4..8].to_vec(), bytes.len());
    bytes[end - 4..].copy_from_slice(&first);
    assert_scene(&bytes, "a circle");
}

#[test]
fn lossless_compressions_of_sixteen_bits_are_read() {
    let words: Vec<u16> = scene(60, 40, 1)
        .into_iter()
        .map(|level| u16::from(level) * 257)
        .collect();
    for (name, compression) in [
        ("none", Compression::Uncompressed),
        ("LZW", Compression::Lzw),
        ("Deflate", Compression::Deflate(DeflateLevel::Balanced)),
        ("PackBits", Compression::Packbits),
    ] {
        for predictor in [Predictor::None, Predictor::Horizontal] {
            let mut bytes = std::io::Cursor::new(Vec::new());
            TiffEncoder::new(&mut bytes)
                .map(|encoder| {
                    encoder
                        .with_compression(compression)
                        .with_predictor(predictor)
                })
                .and_then(|mut encoder| encoder.write_image::<Gray16>(60, 40, &words))
                .expect("memory takes all");
            assert_scene(bytes.get_ref(), &format!("{name} {predictor:?}"));
        }
    }
}

#[test]
fn zstandard_is_read() {
    let levels = scene(40, 30, 1);
    // A frame (RFC 8878) with its size, 1,200, less 256 in two bytes, and one last block of plain bytes.
    let block = (1u32 | 1200 << 3).to_le_bytes();
    let header = [0x28, 0xB5, 0x2F, 0xFD, 0x60, 0xB0, 0x03];
    let strip = [&header[..], &block[..3], &levels].concat();
    let bytes = tiff_of(&[TiffPage {
        compression: 50_000,
        chunks: vec![strip],
        ..page(40, 30)
    }]);
    assert_scene(&bytes, "Zstandard");
}

#[test]
fn webp_is_read() {
    let pixels: Vec<u8> = scene(40, 30, 1)
        .into_iter()
        .flat_map(|level| [level; 3])
        .collect();
    let mut strip = Vec::new();
    image_webp::WebPEncoder::new(&mut strip)
        .encode(&pixels, 40, 30, image_webp::ColorType::Rgb8)
        .expect("memory takes all");
    let bytes = tiff_of(&[TiffPage {
        samples_per_pixel: 3,
        photometric: 2,
        compression: 50_001,
        chunks: vec![strip],
        ..page(40, 30)
    }]);
    assert_scene(&bytes, "WebP");
}

#[test]
fn jpeg_is_read() {
    let bytes = tiff_of(&[TiffPage {
        samples_per_pixel: 3,
        photometric: 6,
        compression: 7,
        chunks: vec![jpeg(40, 30, 1)],
        ..page(40, 30)
    }]);
    let (width, height, _, data) = decode(&picture(inspect(&bytes)).preview);
    // The disc of the fixture is (255, 127, 0).
    let disc = &data[(height / 2 * width + width * 2 / 3) * 3..][..3];
    assert!(
        disc[0] > 230 && disc[1].abs_diff(127) < 25 && disc[2] < 25,
        "{disc:?}"
    );
}

/// A page of 40 × 24 pixels in six tiles, each the same codestream of 16 × 16.
fn mosaic(compression: u16, photometric: u16, tile: &[u8]) -> TiffPage {
    TiffPage {
        samples_per_pixel: 3,
        photometric,
        compression,
        tile: Some(16),
        chunks: vec![tile.to_vec(); 6],
        ..page(40, 24)
    }
}

#[test]
fn tiles_of_jpeg_2000_are_read_however_they_name_their_colours() {
    for (compression, photometric, tile) in [
        (33_003, 2, &JPEG_2000_YCC[..]),
        (33_005, 2, &JPEG_2000_RGB),
        (34_712, 2, &JPEG_2000_RGB),
        (34_712, 6, &JPEG_2000_YCC),
    ] {
        let bytes = tiff_of(&[mosaic(compression, photometric, tile)]);
        let (width, height, _, data) = decode(&picture(inspect(&bytes)).preview);
        assert_eq!((width, height), (40, 24));
        for (column, row) in [
            (4, 8),
            (12, 8),
            (20, 8),
            (28, 8),
            (36, 8),
            (4, 20),
            (28, 20),
        ] {
            let expected = if column % 16 < 8 {
                [255, 127, 0]
            } else {
                [0, 0, 255]
            };
            let pixel = &data[(row * width + column) * 3..][..3];
            let near = |(is, wanted): (&u8, u8)| is.abs_diff(wanted) < 25;
            assert!(
                pixel.iter().zip(expected).all(near),
                "{compression} {photometric} {column} {row}: {pixel:?}"
            );
        }
    }
}

#[test]
fn colours_that_could_be_one_thing_or_another_are_not_guessed() {
    let bytes = tiff_of(&[mosaic(33_004, 2, &JPEG_2000_RGB)]);
    let outcome = inspect(&bytes).outcome;
    assert!(
        matches!(&outcome, imaging::Outcome::NoPicture(reason) if reason.code == Code::UnsupportedPixels),
        "{outcome:?}"
    );
}

#[test]
fn a_tile_of_a_slide_that_was_left_out_is_white() {
    let mut slide = mosaic(33_005, 2, &JPEG_2000_RGB);
    slide.chunks[1].clear();
    let (width, _, _, data) = decode(&picture(inspect(&tiff_of(&[slide]))).preview);
    let pixel = &data[(8 * width + 24) * 3..][..3];
    assert!(pixel.iter().all(|level| *level > 240), "{pixel:?}");
}

#[test]
fn hostile_tiles_of_jpeg_2000_are_refused() {
    let good = mosaic(33_005, 2, &JPEG_2000_RGB);
    let larger = TiffPage {
        tile: Some(8),
        chunks: vec![JPEG_2000_RGB.to_vec(); 15],
        ..good.clone()
    };
    let smaller = TiffPage {
        tile: Some(32),
        ..good.clone()
    };
    let fewer = TiffPage {
        chunks: good.chunks[..5].to_vec(),
        ..good.clone()
    };
    let cut = TiffPage {
        chunks: vec![JPEG_2000_RGB[..120].to_vec(); 6],
        ..good.clone()
    };
    let gray = mosaic(34_712, 2, &JPEG_2000);
    let one_component = TiffPage {
        tile: Some(20),
        ..gray
    };
    for (what, page, code) in [
        ("larger than its tile", larger, Code::Damaged),
        ("smaller than its tile", smaller, Code::Damaged),
        ("too few", fewer, Code::Damaged),
        ("cut off", cut, Code::Truncated),
        ("of one component", one_component, Code::Damaged),
    ] {
        assert_eq!(failure(inspect(&tiff_of(&[page]))).code, code, "{what}");
    }
    // A strip as large as the picture says it is, which is too large.
    let huge = TiffPage {
        width: 20_000,
        height: 20_000,
        tile: None,
        chunks: vec![JPEG_2000_RGB.to_vec()],
        ..good
    };
    assert_eq!(failure(inspect(&tiff_of(&[huge]))).code, Code::TooLarge);
}

#[test]
fn a_compression_nobody_reads_is_named() {
    let bytes = tiff_of(&[TiffPage {
        // LERC.
        compression: 34_887,
        ..page(40, 30)
    }]);
    let inspection = inspect(&bytes);
    assert!(
        matches!(&inspection.outcome, imaging::Outcome::NoPicture(reason) if reason.code == Code::UnsupportedCompression),
        "{:?}",
        inspection.outcome
    );
}

#[test]
fn a_strip_that_inflates_without_end_is_stopped() {
    // 64 MB of zeros in 64 KB, for a picture of 8 × 8.
    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut deflated, &vec![0; 64 << 20]).expect("memory takes all");
    let bomb = TiffPage {
        compression: 8,
        chunks: vec![deflated.finish().expect("memory takes all")],
        ..black(8, 8)
    };
    let picture = picture(inspect(&tiff_of(&[bomb])));
    assert_eq!((picture.width, picture.height), (8, 8));
}

#[test]
fn a_picture_of_gigapixels_in_few_bytes_is_too_large() {
    let huge = TiffPage {
        width: 100_000,
        height: 100_000,
        compression: 8,
        ..black(8, 8)
    };
    assert_eq!(failure(inspect(&tiff_of(&[huge]))).code, Code::TooLarge);
    // And one whose sides are within the limits, but not its samples.
    let wide = TiffPage {
        width: 10_000,
        height: 10_000,
        samples_per_pixel: 4,
        photometric: 5,
        ..black(8, 8)
    };
    assert_eq!(failure(inspect(&tiff_of(&[wide]))).code, Code::TooLarge);
}
