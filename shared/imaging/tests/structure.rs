//! Files whose elements are not written as they should be.

use std::io::Cursor;

use imaging::dicom::{View, read_header, render_frame};
use imaging::fixtures::{
    DicomSpec, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, JPEG_2000, JPEG_LS, JPEG_XL,
    codestream_level, dicom, rle_frame, scene,
};
use imaging::{Code, Limits};

use crate::elements::{delimiter, element, item, open_item, tag};
use crate::{failure, inspect, picture};

const LE: &str = EXPLICIT_LITTLE_ENDIAN;
const PIXELS: u32 = 0x7FE0_0010;

fn gray() -> DicomSpec {
    DicomSpec {
        bits_allocated: 8,
        bits_stored: 8,
        ..DicomSpec::default()
    }
}

fn at(bytes: &[u8], number: u32) -> usize {
    let tag = tag(LE, number);
    let found = bytes.windows(4).position(|window| window == tag);
    found.expect("the element is there")
}

/// The file with `inserted` before the element `number`.
fn before(number: u32, inserted: &[u8]) -> Vec<u8> {
    let bytes = dicom(&gray());
    let (head, tail) = bytes.split_at(at(&bytes, number));
    [head, inserted, tail].concat()
}

/// Asserts that header and pixels are read as if nothing was wrong.
fn assert_whole(bytes: &[u8], what: &str) {
    let limits = Limits::default();
    let header = read_header(Cursor::new(bytes), &limits).expect("a header");
    assert_eq!(header.patient_id.as_deref(), Some("P-1"), "{what}");
    assert_eq!(header.rows, Some(64), "{what}");
    let raster = render_frame(Cursor::new(bytes), &View::default(), &limits);
    let raster = raster.unwrap_or_else(|reason| panic!("{what}: {reason:?}"));
    assert_eq!(raster.data, scene(64, 64, 1), "{what}");
}

/// A sequence of unknown representation, without a length.
fn open_sequence(vr: [u8; 2], items: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = tag(LE, 0x2001_9000);
    bytes.extend([vr[0], vr[1], 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    bytes.extend(items.concat());
    bytes.extend(delimiter(LE, 0xFFFE_E0DD));
    bytes
}

#[test]
fn items_of_unknown_representation_are_explicit_or_implicit_as_they_look() {
    for inner in [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN] {
        let elements = [
            element(inner, 0x0008_0016, *b"UI", b"1.3.46.670589.2\0"),
            element(inner, 0x0020_000E, *b"UI", b"1.3\0"),
        ];
        for items in [
            vec![item(inner, &elements)],
            vec![open_item(inner, &elements)],
            vec![open_item(inner, &elements), open_item(inner, &elements)],
            vec![open_item(inner, &[])],
            Vec::new(),
        ] {
            for vr in [*b"UN", *b"SQ"] {
                if vr == *b"UN" || inner == LE {
                    let bytes = before(PIXELS, &open_sequence(vr, &items));
                    assert_whole(&bytes, &format!("{vr:?} {inner} {}", items.len()));
                }
            }
        }
    }
}

#[test]
fn parts_of_sequences_that_stand_alone_are_stepped_over() {
    let open = [tag(LE, 0xFFFE_E000), vec![0xFF; 4]].concat();
    for (what, stray) in [
        (
            "item",
            item(LE, &[element(LE, 0x0018_1260, *b"US", &[1, 0])]),
        ),
        ("empty item", item(LE, &[])),
        ("open item", open.clone()),
        ("item end", delimiter(LE, 0xFFFE_E00D)),
        ("sequence end", delimiter(LE, 0xFFFE_E0DD)),
        (
            "closed items",
            [open, delimiter(LE, 0xFFFE_E00D), delimiter(LE, 0xFFFE_E0DD)].concat(),
        ),
    ] {
        for number in [0x0010_0010, 0x0020_000D, 0x0028_0010, PIXELS] {
            assert_whole(&before(number, &stray), what);
        }
    }
}

#[test]
fn a_sequence_that_does_not_say_where_it_ends_is_left() {
    let inner = element(LE, 0x0018_1260, *b"US", &[1, 0]);
    let without_end = |items: Vec<u8>| {
        let mut bytes = tag(LE, 0x2001_9000);
        bytes.extend(b"SQ\0\0\xFF\xFF\xFF\xFF");
        bytes.extend(items);
        bytes
    };
    let bytes = before(
        0x0020_000D,
        &without_end(item(LE, std::slice::from_ref(&inner))),
    );
    assert_whole(&bytes, "no end of the sequence");
    let mut no_item_end = open_sequence(*b"SQ", &[open_item(LE, &[inner])]);
    let end = no_item_end.len() - 16;
    no_item_end.drain(end..end + 8);
    assert_whole(&before(0x0020_000D, &no_item_end), "no end of the item");
}

#[test]
fn private_sequences_with_swapped_bytes_are_stepped_over() {
    let big = "1.2.840.10008.1.2.2";
    let elements = [element(big, 0x2001_1032, *b"FL", &[0; 4])];
    for items in [item(big, &elements), open_item(big, &elements)] {
        let mut sequence = tag(LE, 0x2001_905F);
        sequence.extend(b"SQ\0\0\xFF\xFF\xFF\xFF");
        sequence.extend(items);
        sequence.extend(delimiter(big, 0xFFFE_E0DD));
        assert_whole(&before(PIXELS, &sequence), "swapped");
    }
}

#[test]
fn pixels_of_any_representation_are_pixels() {
    let levels = scene(64, 64, 1);
    let whole = dicom(&gray());
    let head = &whole[..at(&whole, PIXELS)];
    let length = 4096u32.to_le_bytes();
    let short = 4096u16.to_le_bytes();
    for vr in [
        b"OX", b"ox", b"??", b"\0\0", b"US", b"SS", b"SQ", b"UN", b"UT", b"LO",
    ] {
        let long = [head, &tag(LE, PIXELS), vr, &[0, 0], &length, &levels].concat();
        assert_whole(&long, &format!("{vr:?} with a long length"));
    }
    for vr in [b"US", b"SS", b"OX"] {
        let bytes = [head, &tag(LE, PIXELS), vr, &short, &levels].concat();
        assert_whole(&bytes, &format!("{vr:?} with a short length"));
    }
    let implicit = [head, &tag(LE, PIXELS), &length, &levels].concat();
    assert_whole(&implicit, "no representation");
    // An unknown representation before the pixels is as long as its long length says.
    let unknown = [tag(LE, 0x0029_1010), b"OX\0\0\x02\0\0\0ab".to_vec()].concat();
    assert_whole(&before(PIXELS, &unknown), "OX before the pixels");
}

#[test]
fn compressed_frames_under_a_native_syntax_are_decoded() {
    let expected: Vec<u8> = (0..8)
        .flat_map(|y| (0..20).map(move |x| codestream_level(x, y).to_le_bytes()[0]))
        .collect();
    let rle = rle_frame(&expected);
    for syntax in [
        LE,
        IMPLICIT_LITTLE_ENDIAN,
        "1.2.840.10008.1.2.4.50",
        "1.2.840.99999.1",
    ] {
        let mut codestreams = vec![&JPEG_LS[..], &JPEG_2000, &JPEG_XL];
        if syntax != "1.2.840.10008.1.2.4.50" {
            codestreams.push(&rle);
        }
        for codestream in codestreams {
            let spec = DicomSpec {
                transfer_syntax: syntax,
                rows: 8,
                columns: 20,
                fragments: Some(vec![codestream.to_vec()]),
                ..gray()
            };
            let raster = render_frame(
                Cursor::new(dicom(&spec)),
                &View::default(),
                &Limits::default(),
            );
            assert_eq!(raster.expect(syntax).data, expected, "{syntax}");
        }
    }
    // A codestream as a value with a length.
    let spec = DicomSpec {
        rows: 8,
        columns: 20,
        pixels: Some(JPEG_LS.to_vec()),
        ..gray()
    };
    let raster = render_frame(
        Cursor::new(dicom(&spec)),
        &View::default(),
        &Limits::default(),
    );
    assert_eq!(raster.expect("a picture").data, expected);
}

#[test]
fn native_pixels_under_a_compressed_syntax_are_shown() {
    for transfer_syntax in [
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.5",
        "1.2.840.99999.1",
    ] {
        let spec = DicomSpec {
            transfer_syntax,
            ..gray()
        };
        assert_whole(&dicom(&spec), transfer_syntax);
    }
    // Too few bytes for native pixels, and no codestream either.
    let spec = DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.4.70",
        pixels: Some(vec![7; 100]),
        ..gray()
    };
    assert_eq!(failure(inspect(&dicom(&spec))).code, Code::Damaged);
}

#[test]
fn private_syntaxes_of_scanners_are_native() {
    let swapped = |level: u8| (u16::from(level) * 16).to_be_bytes();
    let ge = DicomSpec {
        transfer_syntax: "1.2.840.113619.5.2",
        pixels: Some(scene(64, 64, 1).into_iter().flat_map(swapped).collect()),
        window: Some((2048.0, 4096.0)),
        ..DicomSpec::default()
    };
    let raster = render_frame(
        Cursor::new(dicom(&ge)),
        &View::default(),
        &Limits::default(),
    )
    .expect("a picture");
    let near = |(a, b): (&u8, u8)| a.abs_diff(b) <= 1;
    assert!(raster.data.iter().zip(scene(64, 64, 1)).all(near));
    let philips = DicomSpec {
        transfer_syntax: "1.3.46.670589.33.1.4.1",
        ..gray()
    };
    assert_whole(&dicom(&philips), "Philips");
}

#[test]
fn a_meta_group_longer_than_it_says_is_read_to_its_end() {
    let bytes = dicom(&gray());
    let mut short = bytes.clone();
    let length = at(&bytes, 0x0002_0000) + 8;
    short[length] -= 20;
    assert_whole(&short, "a short meta group");
    let odd = dicom(&DicomSpec {
        rows: 63,
        columns: 63,
        pixels: Some(vec![9; 63 * 63]),
        ..gray()
    });
    assert!(
        picture(inspect(&odd[..odd.len() - 1])).width == 63,
        "no padding"
    );
}

/// The per-frame groups of a slide: 130,000 frames, each with five sequences of a few elements, all without lengths.
pub(crate) fn slide(frames: u32) -> Vec<u8> {
    let window = [
        element(LE, 0x0028_1050, *b"DS", b"50"),
        element(LE, 0x0028_1051, *b"DS", b"2 "),
    ];
    let open = |number: u32, elements: &[Vec<u8>]| {
        let mut bytes = tag(LE, number);
        bytes.extend(b"SQ\0\0\xFF\xFF\xFF\xFF");
        bytes.extend(open_item(LE, elements));
        bytes.extend(delimiter(LE, 0xFFFE_E0DD));
        bytes
    };
    let position = [
        element(LE, 0x0040_072A, *b"DS", b"12.3456 "),
        element(LE, 0x0040_073A, *b"DS", b"65.4321 "),
        element(LE, 0x0048_021E, *b"SL", &[0; 4]),
        element(LE, 0x0048_021F, *b"SL", &[0; 4]),
    ];
    let group = |window: &[Vec<u8>]| {
        let content = [
            open(0x0020_9111, &[element(LE, 0x0020_9157, *b"UL", &[0; 8])]),
            open(0x0028_9110, &[element(LE, 0x0028_0030, *b"DS", b"1\\1 ")]),
            open(0x0028_9132, window),
            open(0x0048_021A, &position),
        ];
        open_item(LE, &content)
    };
    let other = group(&window);
    let own = group(&[
        element(LE, 0x0028_1050, *b"DS", b"256 "),
        element(LE, 0x0028_1051, *b"DS", b"512 "),
    ]);
    let mut groups = tag(LE, 0x5200_9230);
    groups.extend(b"SQ\0\0\xFF\xFF\xFF\xFF");
    for frame in 0..frames {
        groups.extend(if frame == frames / 2 { &own } else { &other });
    }
    groups.extend(delimiter(LE, 0xFFFE_E0DD));
    let spec = DicomSpec {
        rows: 1,
        columns: 2,
        frames,
        pixels: Some([30, 200].repeat(frames as usize)),
        ..gray()
    };
    let bytes = dicom(&spec);
    let (head, tail) = bytes.split_at(at(&bytes, PIXELS));
    [head, &groups, tail].concat()
}

#[test]
fn the_groups_of_a_hundred_and_thirty_thousand_frames_are_walked_and_one_is_kept() {
    let bytes = slide(130_000);
    assert!(bytes.len() > 32 << 20, "{} bytes", bytes.len());
    let inspection = inspect(&bytes);
    assert_eq!(
        inspection
            .dicom
            .as_ref()
            .and_then(|header| header.number_of_frames),
        Some(130_000)
    );
    let (.., data) = crate::decode(&picture(inspection).preview);
    // The window of the middle frame: of 512 around 256.
    let near = |level: u8, expected: u8| level.abs_diff(expected) <= 3;
    assert!(near(data[0], 15) && near(data[1], 100), "{data:?}");
    let limits = Limits {
        max_header_bytes: 16 << 10,
        ..Limits::default()
    };
    render_frame(Cursor::new(&bytes), &View::default(), &limits)
        .expect("only one frame's groups are kept");
}
