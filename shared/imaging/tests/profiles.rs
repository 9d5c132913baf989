//! ICC profiles in JPEG, PNG and TIFF, and the side a picture stands on.

use imaging::fixtures::{TiffPage, TiffTag, inks_profile, png_of, rgb_profile, scene, tiff_of};
use jpeg_encoder::{ColorType, Encoder};

use crate::{decode, inspect, picture};

/// The scene in colour: what is red is called blue, and so on.
fn turned() -> Vec<u8> {
    let levels = scene(60, 40, 1).into_iter();
    levels
        .flat_map(|level| [level / 2, 255 - level, level])
        .collect()
}

#[track_caller]
fn assert_disc(bytes: &[u8], expected: [u8; 3], what: &str) {
    let (width, height, _, data) = decode(&picture(inspect(bytes)).preview);
    let disc = &data[(height / 2 * width + width * 2 / 3) * 3..][..3];
    let near = disc
        .iter()
        .zip(expected)
        .all(|(is, wanted)| is.abs_diff(wanted) < 25);
    assert!(near, "{what}: {disc:?} is not {expected:?}");
}

/// A PNG file with another chunk behind its header.
fn png_with(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut file = png_of(60, 40, png::ColorType::Rgb, png::BitDepth::Eight, &turned());
    file.splice(33..33, chunk(name, content));
    file
}

fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len())
        .expect("a short chunk")
        .to_be_bytes();
    let named = [&name, content].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&named);
    [&length[..], &named, &crc.sum().to_be_bytes()].concat()
}

#[test]
fn a_profile_of_colours_is_applied_in_every_format() {
    // Green is its first channel, blue the second, red the third.
    let profile = rgb_profile([1, 2, 0]);
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 95);
    encoder.add_icc_profile(&profile).expect("a short profile");
    encoder
        .encode(&turned(), 60, 40, ColorType::Rgb)
        .expect("memory takes all");
    assert_disc(&jpeg, [255, 127, 0], "JPEG");

    let deflated = {
        use std::io::Write;
        let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        deflate.write_all(&profile).expect("memory takes all");
        deflate.finish().expect("memory takes all")
    };
    let png = png_with(*b"iCCP", &[&b"turned\0\0"[..], &deflated].concat());
    assert_disc(&png, [255, 127, 0], "PNG");

    let page = TiffPage {
        samples_per_pixel: 3,
        photometric: 2,
        ..TiffPage::gray(60, 40, turned())
    };
    let tiff = tiff_of(&[page.with(TiffTag::bytes(34_675, &profile))]);
    assert_disc(&tiff, [255, 127, 0], "TIFF");
}

#[test]
fn a_profile_of_inks_is_applied() {
    let inks = scene(60, 40, 1).into_iter();
    let inks: Vec<u8> = inks
        .flat_map(|level| [if level == 255 { 255 } else { 0 }, 0, 0, 0])
        .collect();
    let page = TiffPage {
        samples_per_pixel: 4,
        photometric: 5,
        ..TiffPage::gray(60, 40, inks.clone())
    };
    assert_disc(
        &tiff_of(std::slice::from_ref(&page)),
        [0, 255, 255],
        "no profile",
    );
    let tiff = tiff_of(&[page.with(TiffTag::bytes(34_675, &inks_profile()))]);
    assert_disc(&tiff, [185; 3], "TIFF");

    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 95);
    encoder
        .add_icc_profile(&inks_profile())
        .expect("a short profile");
    let adobe: Vec<u8> = inks.iter().map(|ink| 255 - ink).collect();
    encoder
        .encode(&adobe, 60, 40, ColorType::Cmyk)
        .expect("memory takes all");
    let shown = decode(&picture(inspect(&jpeg)).preview);
    assert_eq!(shown.2, 3);
}

#[test]
fn the_gamma_of_a_png_is_applied() {
    // Levels that are shares of light (a gamma of 1 in units of 1/100,000): 127 is 188 in sRGB.
    let png = png_with(*b"gAMA", &100_000u32.to_be_bytes());
    assert_disc(&png, [188, 0, 255], "linear");
    let png = png_with(*b"gAMA", &45_455u32.to_be_bytes());
    assert_disc(&png, [127, 0, 255], "as good as sRGB");
}

#[test]
fn a_damaged_profile_is_no_reason_to_show_nothing() {
    let png = png_with(*b"iCCP", b"broken\0\0no deflate");
    assert_disc(&png, [127, 0, 255], "PNG");
}

#[test]
fn a_png_stands_upright_wherever_it_says_how() {
    // A quarter turn clockwise, as a number of 16 bits, big endian, and of 32, little endian.
    let big: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let little: &[u8] = b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    for exif in [big, little] {
        let before = png_with(*b"eXIf", exif);
        let mut after = png_of(60, 40, png::ColorType::Rgb, png::BitDepth::Eight, &turned());
        let end = after.len() - 12;
        after.splice(end..end, chunk(*b"eXIf", exif));
        for bytes in [before, after] {
            let picture = picture(inspect(&bytes));
            assert_eq!((picture.width, picture.height), (40, 60));
        }
    }
}

#[test]
fn a_tiff_stands_upright_whatever_the_type_of_its_tag() {
    for tag in [
        TiffTag::short(274, &[6]),
        TiffTag::long(274, &[6]),
        TiffTag::bytes(274, &[6]),
    ] {
        let page = TiffPage::gray(60, 40, scene(60, 40, 1)).with(tag);
        let picture = picture(inspect(&tiff_of(&[page])));
        assert_eq!((picture.width, picture.height), (40, 60));
    }
}
