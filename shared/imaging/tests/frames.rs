//! Any frame of a DICOM file, in any window: shown, and as it is stored.

use std::io::Cursor;
use std::num::NonZeroU32;

use imaging::dicom::{
    Colours, Function, Kind, StoredFrame, View, Which, Window, decode_frame, render_frame,
};
use imaging::fixtures::{
    DEFLATED, DicomSpec, EXPLICIT_BIG_ENDIAN, IMPLICIT_LITTLE_ENDIAN, dicom, jpeg, rle_frame,
};
use imaging::{Code, Limits, Raster};

use crate::counting::Counting;
use crate::structure::slide;

const RLE: &str = "1.2.840.10008.1.2.5";
const FRAMES: u32 = 3;
/// Samples of a gray frame.
const SAMPLES: u8 = 20;

/// Three frames of 4 × 5 pixels.
fn spec(bits_allocated: u16, bits_stored: u16, pixels: Vec<u8>) -> DicomSpec {
    DicomSpec {
        rows: 4,
        columns: 5,
        frames: FRAMES,
        bits_allocated,
        bits_stored,
        pixels: Some(pixels),
        ..DicomSpec::default()
    }
}

/// Every frame has other numbers: the sample `at` of `frame`.
fn sample(frame: u8, at: u8) -> u8 {
    (frame * 70).wrapping_add(at * 3)
}

/// The bytes of all frames, or of one, from what `write` makes of every sample.
fn of_frames<const N: usize>(
    frames: std::ops::Range<u8>,
    write: impl Fn(u8) -> [u8; N],
) -> Vec<u8> {
    frames
        .flat_map(|frame| (0..SAMPLES).map(move |at| sample(frame, at)))
        .flat_map(write)
        .collect()
}

/// A file and the bytes its frames are stored as.
struct Case {
    name: &'static str,
    spec: DicomSpec,
    expected: Box<dyn Fn(u8) -> Vec<u8>>,
    kind: Kind,
    colours: Colours,
}

/// Gray samples that `write` puts into the file and are expected as `expect` says.
fn case<const N: usize, const M: usize>(
    name: &'static str,
    (allocated, stored): (u16, u16),
    write: fn(u8) -> [u8; N],
    expect: fn(u8) -> [u8; M],
) -> Case {
    Case {
        name,
        spec: spec(allocated, stored, of_frames(0..3, write)),
        expected: Box::new(move |frame| of_frames(frame..frame + 1, expect)),
        kind: Kind::Unsigned,
        colours: Colours::Monochrome2,
    }
}

fn little(level: u8) -> [u8; 2] {
    (u16::from(level) << 4).to_le_bytes()
}

fn gray_cases() -> Vec<Case> {
    // Above the 12 stored bits stands what is no part of the sample.
    let noisy = |level: u8| (u16::from(level) << 4 | 0xA000).to_le_bytes();
    let extended = |level: u8| {
        let word = (u16::from(level) << 4).cast_signed() << 4 >> 4;
        word.to_le_bytes()
    };
    let wide = |level: u8| (u64::MAX - u64::from(level)).to_le_bytes();
    let mut all = vec![
        case("8 bits", (8, 8), |level| [level], |level| [level]),
        case("12 of 16 bits", (16, 12), noisy, little),
        case("64 bits", (64, 64), wide, wide),
    ];
    let high = |level: u8| (u16::from(level) << 8 | 3).to_le_bytes();
    let mut moved = case("stored bits at the top", (16, 12), high, little);
    moved.spec.high_bit = Some(15);
    let mut signed = case("signed", (16, 12), noisy, extended);
    (signed.spec.signed, signed.kind) = (true, Kind::Signed);
    let float = |level: u8| (f32::from(level) / 7.0).to_le_bytes();
    let mut floats = case("floats", (32, 32), float, float);
    (floats.spec.float, floats.kind) = (true, Kind::Float);
    let swapped = |level: u8| (u16::from(level) << 4).to_be_bytes();
    let mut big = case("big endian", (16, 12), swapped, little);
    big.spec.transfer_syntax = EXPLICIT_BIG_ENDIAN;
    let mut implicit = case("implicit", (16, 12), little, little);
    implicit.spec.transfer_syntax = IMPLICIT_LITTLE_ENDIAN;
    let mut deflated = case("deflated", (16, 12), little, little);
    deflated.spec.transfer_syntax = DEFLATED;
    let mut runs = case("run lengths", (8, 8), |level| [level], |level| [level]);
    let frame = |frame| rle_frame(&of_frames(frame..frame + 1, |level| [level]));
    runs.spec.transfer_syntax = RLE;
    runs.spec.fragments = Some((0..3).map(frame).collect());
    // Eight bits in a file that announces 16: they get the room that the header announces.
    let mut narrow = case(
        "fragments of 16 bits",
        (16, 8),
        |_| [0; 0],
        |level| [level, 0],
    );
    let frame = |frame| of_frames(frame..frame + 1, |level| [level, 0]);
    narrow.spec.transfer_syntax = "1.2.840.10008.1.2.1.98";
    narrow.spec.fragments = Some((0..3).map(frame).collect());
    all.extend([moved, signed, floats, big, implicit, deflated, runs, narrow]);
    all
}

/// Single bits, whose frames begin inside a byte: 20 bits each.
fn single_bits() -> Case {
    let bit = |frame: u8, at: u8| u64::from(sample(frame, at).count_ones() & 1);
    let bits = move |frame: u8| (0..SAMPLES).fold(0, |bits, at| bits | bit(frame, at) << at);
    let all = bits(0) | bits(1) << 20 | bits(2) << 40;
    Case {
        name: "single bits",
        spec: spec(1, 1, all.to_le_bytes().to_vec()),
        expected: Box::new(move |frame| bits(frame).to_le_bytes()[..3].to_vec()),
        kind: Kind::Unsigned,
        colours: Colours::Monochrome2,
    }
}

fn colour_cases() -> Vec<Case> {
    let colour = |photometric, pixels| DicomSpec {
        photometric,
        samples_per_pixel: 3,
        ..spec(8, 8, pixels)
    };
    // One plane after the other becomes pixel after pixel.
    let planes = |frame: u8| (0..60).map(|at| sample(frame, at)).collect::<Vec<u8>>();
    let pixels = |frame: u8| {
        let at = (0..SAMPLES).flat_map(|at| [at, at + 20, at + 40]);
        at.map(|at| sample(frame, at)).collect()
    };
    let mut planar = colour("RGB", (0..3).flat_map(planes).collect());
    planar.planar = true;
    // Two pixels share their colour differences; afterwards each has its own.
    let pairs = |frame: u8| {
        (0..10)
            .flat_map(move |pair| [frame, pair, 90, 200])
            .collect()
    };
    let spread = |frame: u8| {
        (0..10)
            .flat_map(|at| [frame, 90, 200, at, 90, 200])
            .collect()
    };
    let shared = (0..3).flat_map(pairs as fn(u8) -> Vec<u8>).collect();
    let case = |name, spec, colours, expected: fn(u8) -> Vec<u8>| Case {
        name,
        spec,
        expected: Box::new(expected),
        kind: Kind::Unsigned,
        colours,
    };
    vec![
        case("planes", planar, Colours::Rgb, pixels),
        case(
            "shared differences",
            colour("YBR_FULL_422", shared),
            Colours::YbrFull,
            spread,
        ),
    ]
}

fn stored(bytes: &[u8], which: Which) -> Result<StoredFrame, Code> {
    decode_frame(Cursor::new(bytes), which, &Limits::default()).map_err(|reason| reason.code)
}

fn rendered(bytes: &[u8], view: View) -> Result<Raster, Code> {
    render_frame(Cursor::new(bytes), &view, &Limits::default()).map_err(|reason| reason.code)
}

fn number(number: u32) -> View {
    View {
        frame: Which::Number(number),
        ..View::default()
    }
}

#[test]
fn every_frame_is_stored_as_its_writer_meant_it() {
    let cases = gray_cases().into_iter().chain(colour_cases());
    for case in cases.chain([single_bits()]) {
        let bytes = dicom(&case.spec);
        for frame in 0..3 {
            let name = format!("{}, frame {}", case.name, frame + 1);
            let found = stored(&bytes, Which::Number(u32::from(frame) + 1)).expect(&name);
            assert_eq!(found.bytes, (case.expected)(frame), "{name}");
            assert_eq!(found.length(), Some(found.bytes.len() as u64), "{name}");
            let spec = &case.spec;
            assert_eq!(
                (
                    found.bits_allocated,
                    found.bits_stored,
                    found.samples_per_pixel
                ),
                (
                    spec.bits_allocated.into(),
                    spec.bits_stored.into(),
                    spec.samples_per_pixel.into()
                ),
                "{name}"
            );
            assert_eq!(
                (found.kind, found.photometric),
                (case.kind, case.colours),
                "{name}"
            );
            assert_eq!(
                (found.rows, found.columns, found.warning),
                (4, 5, None),
                "{name}"
            );
        }
        // The middle one is one of them.
        assert_eq!(
            stored(&bytes, Which::Middle),
            stored(&bytes, Which::Number(2))
        );
    }
}

#[test]
fn a_frame_that_is_not_there_is_refused() {
    let (none, lost) = (Code::NoSuchFrame, Code::Truncated);
    let bytes: Vec<u8> = of_frames(0..3, |level| [level]);
    let native = dicom(&spec(8, 8, bytes.clone()));
    let announced = |frames| DicomSpec {
        frames,
        ..spec(8, 8, bytes.clone())
    };
    let runs = |frames: u32, count: u8| {
        let frame = |frame| rle_frame(&of_frames(frame..frame + 1, |level| [level]));
        dicom(&DicomSpec {
            transfer_syntax: RLE,
            fragments: Some((0..count).map(frame).collect()),
            ..announced(frames)
        })
    };
    let cut = native[..native.len() - 10].to_vec();
    for (name, bytes, frame, expected) in [
        ("native", &native, 0, Some(none)),
        ("native", &native, 1, None),
        ("native", &native, 3, None),
        ("native", &native, 4, Some(none)),
        ("native", &native, u32::MAX, Some(none)),
        ("more announced", &dicom(&announced(5)), 3, None),
        ("more announced", &dicom(&announced(5)), 4, Some(lost)),
        ("fewer announced", &dicom(&announced(2)), 3, Some(none)),
        ("cut off", &cut, 2, None),
        ("cut off", &cut, 3, Some(lost)),
        ("fragments", &runs(3, 3), 0, Some(none)),
        ("fragments", &runs(3, 3), 3, None),
        ("fragments", &runs(3, 3), 4, Some(none)),
        ("fragments missing", &runs(3, 2), 3, Some(lost)),
    ] {
        let code = rendered(bytes, number(frame)).err();
        assert_eq!(code, expected, "{name}: frame {frame}");
        let code = stored(bytes, Which::Number(frame)).err();
        assert_eq!(code, expected, "{name}: stored frame {frame}");
    }
    let sentence = decode_frame(Cursor::new(&native), Which::Number(4), &Limits::default());
    assert_eq!(
        sentence.expect_err("no frame 4").message,
        "The DICOM file has no frame 4: it has frames 1 to 3."
    );
    let report = dicom(&DicomSpec {
        has_pixels: false,
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.88.11",
        ..DicomSpec::default()
    });
    assert_eq!(stored(&report, Which::Middle), Err(Code::StructuredReport));
}

#[test]
fn a_codestream_of_any_frame_is_found_and_decoded() {
    // Three pictures in several fragments each, told apart by where images begin.
    let frames = (1..=3).flat_map(|seed| {
        let whole = jpeg(64, 64, seed);
        whole.chunks(700).map(<[u8]>::to_vec).collect::<Vec<_>>()
    });
    let spec = DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.4.50",
        frames: 3,
        bits_allocated: 8,
        bits_stored: 8,
        samples_per_pixel: 3,
        photometric: "YBR_FULL_422",
        fragments: Some(frames.collect()),
        ..DicomSpec::default()
    };
    let bytes = dicom(&spec);
    for frame in 1..=3u32 {
        let shown = rendered(&bytes, number(frame)).expect("a picture");
        let (.., levels) = crate::decode(&jpeg(64, 64, frame.into()));
        let near = shown
            .data
            .iter()
            .zip(&levels)
            .filter(|(a, b)| a.abs_diff(**b) <= 3);
        assert_eq!(near.count(), levels.len(), "frame {frame}");
        let found = stored(&bytes, Which::Number(frame)).expect("samples");
        assert_eq!(found.photometric, Colours::YbrFull);
        assert_eq!(found.bytes.len(), 64 * 64 * 3);
    }
}

fn window(center: f64, width: f64, function: Function) -> View {
    View {
        window: Some(Window::new(center, width, function).expect("a window")),
        ..number(1)
    }
}

/// Asserts which levels the samples 0, 50, 100, 150 and 200 get in a file with a window of its own, changed by `change`.
#[track_caller]
fn assert_levels(change: impl Fn(&mut DicomSpec), view: View, expected: &[u8]) {
    let mut spec = DicomSpec {
        rows: 1,
        columns: 5,
        window: Some((10.0, 2.0)),
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(vec![0, 50, 100, 150, 200]),
        ..DicomSpec::default()
    };
    change(&mut spec);
    let shown = rendered(&dicom(&spec), view).expect("a picture");
    assert_eq!(shown.data, expected);
}

#[test]
fn a_window_that_is_asked_for_comes_before_that_of_the_file() {
    use Function::{Linear, LinearExact, Sigmoid};
    let linear = window(100.5, 101.0, Linear);
    for (view, expected) in [
        (number(1), [0, 255, 255, 255, 255]),
        (linear, [0, 0, 128, 255, 255]),
        (window(100.0, 100.0, LinearExact), [0, 0, 128, 255, 255]),
        (window(100.0, 100.0, Sigmoid), [5, 30, 128, 225, 250]),
        (window(100.5, 1.0, Linear), [0, 0, 0, 255, 255]),
    ] {
        assert_levels(|_| {}, view, &expected);
    }
    let inverted = |spec: &mut DicomSpec| spec.photometric = "MONOCHROME1";
    assert_levels(inverted, linear, &[255, 255, 128, 0, 0]);
    // The units of the modality transformation: 50 is 0, 100 is 100.
    let units = |spec: &mut DicomSpec| spec.rescale = Some((2.0, -100.0));
    let exact = window(100.0, 200.0, LinearExact);
    assert_levels(units, exact, &[0, 0, 128, 255, 255]);
    let colours = |spec: &mut DicomSpec| {
        (spec.columns, spec.samples_per_pixel, spec.photometric) = (1, 3, "RGB");
        spec.pixels = Some(vec![10, 100, 200]);
    };
    assert_levels(colours, linear, &[10, 100, 200]);
}

#[test]
fn a_picture_is_as_large_as_asked_for_and_its_pixels_are_square_then() {
    let spec = DicomSpec {
        rows: 100,
        columns: 300,
        // Twice as high as wide.
        extra: vec![(0x0028_0030, *b"DS", b"2\\1 ".to_vec())],
        ..DicomSpec::default()
    };
    let bytes = dicom(&spec);
    for (side, size) in [
        (None, (300, 100)),
        (Some(60), (60, 40)),
        (Some(9000), (300, 200)),
    ] {
        let view = View {
            side: side.and_then(NonZeroU32::new),
            ..View::default()
        };
        let shown = rendered(&bytes, view).expect("a picture");
        assert_eq!((shown.width, shown.height), size, "{side:?}");
    }
}

#[test]
fn the_window_of_the_asked_frame_counts_also_where_there_is_no_way_back() {
    // The middle frame has a window of its own, the others another one; a deflated file is read forward only.
    let plain = slide(5);
    let deflated = slide_as_deflated(&plain);
    for bytes in [&plain, &deflated] {
        // 30 and 200 in a window of 512 around 256, and in one of 2 around 50.
        for (frame, expected) in [(1, [0, 255]), (3, [15, 100]), (5, [0, 255])] {
            let shown = rendered(bytes, number(frame)).expect("a picture");
            assert_eq!(shown.data, expected, "frame {frame}");
        }
    }
}

/// Where group 0002 ends: 12 bytes of its own length, and what that says (PS3.10 7.1).
fn end_of_meta(bytes: &[u8]) -> usize {
    let length = bytes[140..].first_chunk().expect("a meta group");
    144 + u32::from_le_bytes(*length) as usize
}

/// The same data set, deflated.
fn slide_as_deflated(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let start = end_of_meta(plain);
    let head = dicom(&DicomSpec {
        transfer_syntax: DEFLATED,
        ..DicomSpec::default()
    });
    let head = &head[..end_of_meta(&head)];
    let fast = flate2::Compression::fast();
    let mut deflate = flate2::write::DeflateEncoder::new(head.to_vec(), fast);
    deflate
        .write_all(&plain[start..])
        .expect("memory takes all");
    deflate.finish().expect("memory takes all")
}

#[test]
fn only_the_asked_frame_is_read() {
    // 1,000 frames of 2 MB; only the last one is wanted.
    let spec = DicomSpec {
        rows: 1024,
        columns: 1024,
        frames: 1000,
        pixels: Some(Vec::new()),
        ..DicomSpec::default()
    };
    let mut head = dicom(&spec);
    let (start, length) = (head.len(), 2_097_152_000u32);
    head[start - 4..].copy_from_slice(&length.to_le_bytes());
    let whole = start as u64 + u64::from(length);
    for which in [Which::Number(1), Which::Middle, Which::Number(1000)] {
        let mut counting = Counting::new(head.clone(), whole);
        let frame = decode_frame(&mut counting, which, &Limits::default()).expect("zeros");
        assert_eq!(frame.bytes.len(), 2 << 20);
        assert!(counting.read < (2 << 20) + (128 << 10), "{}", counting.read);
    }
}

#[test]
fn the_last_of_a_hundred_and_thirty_thousand_fragments_is_found_without_a_table() {
    let frames = 130_000;
    let spec = DicomSpec {
        rows: 1,
        columns: 4,
        frames,
        transfer_syntax: RLE,
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(
            (0..frames)
                .map(|frame| rle_frame(&frame.to_le_bytes()))
                .collect(),
        ),
        ..DicomSpec::default()
    };
    let bytes = dicom(&spec);
    let start = std::time::Instant::now();
    let frame = stored(&bytes, Which::Number(frames)).expect("the last frame");
    assert_eq!(frame.bytes, 129_999u32.to_le_bytes());
    // A tenth of it here, in a development build; the limit is for a busy machine.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn overlays_in_unused_bits_are_those_of_the_asked_frame() {
    // Blank frames of 16 bits, 12 of them stored; the picture stands in bit 15, one pixel further in every frame.
    let pixels = (0..3u16).flat_map(|frame| {
        let words = (0..1000u16).map(move |at| if at == 5 + frame { 0x8000u16 } else { 0 });
        words.flat_map(u16::to_le_bytes)
    });
    let spec = DicomSpec {
        rows: 10,
        columns: 100,
        pixels: Some(pixels.collect()),
        extra: vec![(0x6000_0102, *b"US", vec![15, 0])],
        ..spec(16, 12, Vec::new())
    };
    let bytes = dicom(&spec);
    for frame in 1..=3u32 {
        let shown = rendered(&bytes, number(frame)).expect("a picture");
        let set = shown.data.iter().position(|&level| level != shown.data[0]);
        assert_eq!(set, Some(4 + frame as usize), "frame {frame}");
    }
}
