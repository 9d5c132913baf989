//! ICC profiles inside DICOM files (PS3.3 C.11.15), of pictures shown and of previews.

use std::io::Cursor;

use imaging::Limits;
use imaging::dicom::{View, render_frame};
use imaging::fixtures::{
    DicomSpec, EXPLICIT_LITTLE_ENDIAN as LE, dicom, gray_profile, inks_profile, rgb_profile,
};

use crate::elements::{element, item, words};
use crate::{decode, inspect, picture};

const ICC_PROFILE: u32 = 0x0028_2000;

/// 8 × 8 pixels of one colour, which the profile calls another: its channels are green, blue and red.
fn colour(photometric: &'static str, pixel: [u8; 3]) -> DicomSpec {
    DicomSpec {
        rows: 8,
        columns: 8,
        samples_per_pixel: 3,
        photometric,
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(pixel.repeat(64)),
        ..DicomSpec::default()
    }
}

fn with(spec: DicomSpec, tag: u32, vr: [u8; 2], value: Vec<u8>) -> DicomSpec {
    let extra = [spec.extra.clone(), vec![(tag, vr, value)]].concat();
    DicomSpec { extra, ..spec }
}

fn profiled(spec: DicomSpec, profile: Vec<u8>) -> DicomSpec {
    with(spec, ICC_PROFILE, *b"OB", profile)
}

/// Of a slide, whose profiles stand with the light that each was made under (PS3.3 C.8.12.5).
fn slide(profile: &[u8]) -> DicomSpec {
    let paths = [
        item(LE, &[element(LE, ICC_PROFILE, *b"OB", profile)]),
        item(LE, &[element(LE, 0x0048_0106, *b"SH", b"2 ")]),
    ];
    let sequence = paths.concat();
    with(colour("RGB", [200, 100, 0]), 0x0048_0105, *b"SQ", sequence)
}

/// Index 0 is 200, 100, 0.
fn palette() -> DicomSpec {
    let mut spec = DicomSpec {
        samples_per_pixel: 1,
        photometric: "PALETTE COLOR",
        pixels: Some(vec![0; 64]),
        ..colour("RGB", [0; 3])
    };
    for (channel, level) in [(0, 200), (1, 100), (2, 0)] {
        let descriptor = words(LE, [2, 0, 8]);
        spec = with(spec, 0x0028_1101 + channel, *b"US", descriptor);
        let entries = words(LE, [level << 8, u16::MAX]);
        spec = with(spec, 0x0028_1201 + channel, *b"OW", entries);
    }
    spec
}

#[track_caller]
fn assert_colour(name: &str, spec: &DicomSpec, expected: [u8; 3]) {
    let bytes = dicom(spec);
    let shown = render_frame(Cursor::new(&bytes), &View::default(), &Limits::default());
    let shown = shown.expect("a picture");
    let (.., preview) = decode(&picture(inspect(&bytes)).preview);
    for (what, data) in [("frame", &shown.data), ("preview", &preview)] {
        let found: Vec<u8> = data.iter().copied().take(3).collect();
        let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 4);
        assert!(near, "{name}, {what}: {found:?} is not {expected:?}");
    }
}

#[test]
fn a_profile_of_colours_is_applied_wherever_it_stands() {
    let profile = rgb_profile([1, 2, 0]);
    let plain = [200, 100, 0];
    // What is called red is green, what is called green is blue.
    let meant = [0, 200, 100];
    assert_colour("no profile", &colour("RGB", plain), plain);
    assert_colour("no profile, palette", &palette(), plain);
    let rgb = profiled(colour("RGB", plain), profile.clone());
    assert_colour("RGB", &rgb, meant);
    // The profile means what luminance and colour differences are as RGB: 200, 100, 0 (PS3.3 C.7.6.3.1.2).
    let ybr = profiled(colour("YBR_FULL", [119, 61, 186]), profile.clone());
    assert_colour("YBR_FULL", &ybr, meant);
    assert_colour("palette", &profiled(palette(), profile.clone()), meant);
    assert_colour("optical path", &slide(&profile), meant);
    // The file's own profile comes before that of its light.
    let both = profiled(slide(&profile), rgb_profile([0, 1, 2]));
    assert_colour("both", &both, plain);
}

#[test]
fn a_profile_that_cannot_be_changes_nothing() {
    let good = rgb_profile([1, 2, 0]);
    let plain = [200, 100, 0];
    let mut huge = good.clone();
    huge.resize((1 << 20) + 2, 0);
    for (name, profile) in [
        ("junk", b"junk".to_vec()),
        ("empty", Vec::new()),
        ("cut off", good[..150].to_vec()),
        ("of grays", gray_profile(false)),
        ("of inks", inks_profile()),
        ("too large", huge),
    ] {
        assert_colour(
            name,
            &profiled(colour("RGB", plain), profile.clone()),
            plain,
        );
        assert_colour(name, &slide(&profile), plain);
    }
}

#[test]
fn gray_levels_and_the_colours_of_segments_have_no_profile() {
    // A window decides what grays mean, not a device.
    let gray = DicomSpec {
        samples_per_pixel: 1,
        photometric: "MONOCHROME2",
        pixels: Some(vec![128; 64]),
        ..colour("RGB", [0; 3])
    };
    let bytes = dicom(&profiled(gray, gray_profile(false)));
    let shown = render_frame(Cursor::new(&bytes), &View::default(), &Limits::default());
    assert_eq!(shown.expect("a picture").data[0], 128);
    // L* 54.3, a* 80.8, b* 69.9: the red of sRGB, whatever device the indices are said to be from.
    let segment = [
        element(LE, 0x0062_0004, *b"US", &words(LE, [1])),
        element(
            LE,
            0x0062_000D,
            *b"US",
            &words(LE, [35_585, 53_662, 50_860]),
        ),
    ];
    let map = DicomSpec {
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.66.7",
        pixels: Some(vec![1; 64]),
        ..palette()
    };
    let map = with(map, 0x0062_0001, *b"CS", b"LABELMAP".to_vec());
    let map = with(map, 0x0062_0002, *b"SQ", item(LE, &segment));
    let map = profiled(map, rgb_profile([1, 2, 0]));
    assert_colour("segment", &map, [255, 0, 0]);
}
