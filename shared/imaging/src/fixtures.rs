//! Builders of small valid files for tests. Other seeds give other pixels, so other bytes.

#![expect(
    clippy::missing_panics_doc,
    reason = "writing to memory does not fail, and a test may panic"
)]

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use jpeg_encoder::{ColorType, Encoder};

/// Explicit VR Little Endian, the default of [`DicomSpec`].
pub const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
/// Implicit VR Little Endian.
pub const IMPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2";
/// Explicit VR Big Endian.
pub const EXPLICIT_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Deflated Explicit VR Little Endian.
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

/// What a DICOM fixture says about itself. The default is a CT slice of 64 × 64 with 12 of 16 bits and no window.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the fields are named after the DICOM attributes they set"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent property of a file"
)]
pub struct DicomSpec {
    pub transfer_syntax: &'static str,
    /// `(0008,0005)`; the texts are given as bytes in this set.
    pub character_set: Option<&'static str>,
    pub patient_id: Vec<u8>,
    pub patient_name: Vec<u8>,
    pub study_instance_uid: String,
    pub series_instance_uid: String,
    pub sop_instance_uid: String,
    pub sop_class_uid: &'static str,
    pub modality: &'static str,
    pub body_part: Option<&'static str>,
    pub study_date: &'static str,
    pub instance_number: i64,
    pub rows: u16,
    pub columns: u16,
    pub frames: u32,
    pub photometric: &'static str,
    pub samples_per_pixel: u16,
    pub planar: bool,
    pub bits_allocated: u16,
    pub bits_stored: u16,
    pub signed: bool,
    /// Centre and width.
    pub window: Option<(f64, f64)>,
    /// Slope and intercept.
    pub rescale: Option<(f64, f64)>,
    /// The value of (7FE0,0010) as it stands in the file; `None`: made from the seed.
    pub pixels: Option<Vec<u8>>,
    /// Whether there is any (7FE0,0010).
    pub has_pixels: bool,
    /// Fragments instead of a native value.
    pub fragments: Option<Vec<Vec<u8>>>,
    /// The 128 bytes and `DICM`.
    pub preamble: bool,
    /// Group 0002.
    pub meta: bool,
    /// More elements, as `(tag, representation, value)`.
    pub extra: Vec<(u32, [u8; 2], Vec<u8>)>,
    pub seed: u64,
}

impl Default for DicomSpec {
    fn default() -> Self {
        Self {
            transfer_syntax: EXPLICIT_LITTLE_ENDIAN,
            character_set: None,
            patient_id: b"P-1".to_vec(),
            patient_name: b"TEST^PATIENT".to_vec(),
            study_instance_uid: "1.2.826.0.1.3680043.10.1".to_owned(),
            series_instance_uid: "1.2.826.0.1.3680043.10.1.1".to_owned(),
            sop_instance_uid: "1.2.826.0.1.3680043.10.1.1.1".to_owned(),
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.2",
            modality: "CT",
            body_part: Some("CHEST"),
            study_date: "20260105",
            instance_number: 1,
            rows: 64,
            columns: 64,
            frames: 1,
            photometric: "MONOCHROME2",
            samples_per_pixel: 1,
            planar: false,
            bits_allocated: 16,
            bits_stored: 12,
            signed: false,
            window: None,
            rescale: None,
            pixels: None,
            has_pixels: true,
            fragments: None,
            preamble: true,
            meta: true,
            extra: Vec::new(),
            seed: 1,
        }
    }
}

/// A DICOM file.
#[must_use]
pub fn dicom(spec: &DicomSpec) -> Vec<u8> {
    let mut file = if spec.preamble {
        [&[0; 128][..], b"DICM"].concat()
    } else {
        Vec::new()
    };
    if spec.meta {
        let mut meta = Elements::new(true, false);
        meta.add(0x0002_0002, *b"UI", spec.sop_class_uid.as_bytes());
        meta.add(0x0002_0003, *b"UI", spec.sop_instance_uid.as_bytes());
        meta.add(0x0002_0010, *b"UI", spec.transfer_syntax.as_bytes());
        let mut length = Elements::new(true, false);
        length.add(
            0x0002_0000,
            *b"UL",
            &u32::try_from(meta.bytes.len())
                .expect("short")
                .to_le_bytes(),
        );
        file.extend([length.bytes, meta.bytes].concat());
    }
    let elements = data_set(spec);
    if spec.transfer_syntax == DEFLATED {
        let mut deflate = DeflateEncoder::new(file, Compression::default());
        deflate.write_all(&elements).expect("memory takes all");
        return deflate.finish().expect("memory takes all");
    }
    file.extend(elements);
    file
}

fn data_set(spec: &DicomSpec) -> Vec<u8> {
    let big_endian = spec.transfer_syntax == EXPLICIT_BIG_ENDIAN;
    let mut elements = Elements::new(spec.transfer_syntax != IMPLICIT_LITTLE_ENDIAN, big_endian);
    let mut all = identity(spec);
    if spec.has_pixels {
        all.extend(image_pixel_module(spec, big_endian));
    }
    all.extend(spec.extra.iter().cloned());
    all.sort_by_key(|(tag, ..)| *tag);
    for (tag, vr, value) in all {
        elements.add(tag, vr, &value);
    }
    match (&spec.fragments, spec.has_pixels) {
        (_, false) => {}
        (Some(fragments), true) => elements.add_fragments(fragments),
        (None, true) => {
            let vr = if spec.bits_allocated > 8 {
                *b"OW"
            } else {
                *b"OB"
            };
            let pixels = spec.pixels.clone();
            let pixels = pixels.unwrap_or_else(|| native_pixels(spec, big_endian));
            elements.add(0x7FE0_0010, vr, &pixels);
        }
    }
    elements.bytes
}

type RawElement = (u32, [u8; 2], Vec<u8>);

fn identity(spec: &DicomSpec) -> Vec<RawElement> {
    let text = |tag, vr, value: &str| (tag, vr, value.as_bytes().to_vec());
    let mut all = vec![
        text(0x0008_0016, *b"UI", spec.sop_class_uid),
        text(0x0008_0018, *b"UI", &spec.sop_instance_uid),
        text(0x0008_0020, *b"DA", spec.study_date),
        text(0x0008_0060, *b"CS", spec.modality),
        (0x0010_0010, *b"PN", spec.patient_name.clone()),
        (0x0010_0020, *b"LO", spec.patient_id.clone()),
        text(0x0020_000D, *b"UI", &spec.study_instance_uid),
        text(0x0020_000E, *b"UI", &spec.series_instance_uid),
        text(0x0020_0013, *b"IS", &spec.instance_number.to_string()),
    ];
    all.extend(spec.character_set.map(|set| text(0x0008_0005, *b"CS", set)));
    all.extend(spec.body_part.map(|part| text(0x0018_0015, *b"CS", part)));
    all
}

fn image_pixel_module(spec: &DicomSpec, big_endian: bool) -> Vec<RawElement> {
    let word = |tag, value: u16| {
        let bytes = if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        (tag, *b"US", bytes.to_vec())
    };
    let decimal = |tag, value: f64| (tag, *b"DS", value.to_string().into_bytes());
    let mut all = vec![
        word(0x0028_0002, spec.samples_per_pixel),
        (0x0028_0004, *b"CS", spec.photometric.as_bytes().to_vec()),
        word(0x0028_0010, spec.rows),
        word(0x0028_0011, spec.columns),
        word(0x0028_0100, spec.bits_allocated),
        word(0x0028_0101, spec.bits_stored),
        word(0x0028_0102, spec.bits_stored - 1),
        word(0x0028_0103, u16::from(spec.signed)),
    ];
    all.extend((spec.samples_per_pixel > 1).then(|| word(0x0028_0006, u16::from(spec.planar))));
    all.extend(
        (spec.frames > 1).then(|| (0x0028_0008, *b"IS", spec.frames.to_string().into_bytes())),
    );
    if let Some((center, width)) = spec.window {
        all.extend([decimal(0x0028_1050, center), decimal(0x0028_1051, width)]);
    }
    if let Some((slope, intercept)) = spec.rescale {
        all.extend([decimal(0x0028_1053, slope), decimal(0x0028_1052, intercept)]);
    }
    all
}

/// Samples of every frame: [`scene`] over the stored bits, turned by 1 with each frame.
fn native_pixels(spec: &DicomSpec, big_endian: bool) -> Vec<u8> {
    let (columns, rows) = (u32::from(spec.columns), u32::from(spec.rows));
    let full = u64::MAX >> (64 - spec.bits_stored);
    let mut bytes = Vec::new();
    for frame in 0..spec.frames {
        let scene = scene(columns, rows, spec.seed + u64::from(frame));
        let samples = scene
            .iter()
            .flat_map(|&level| std::iter::repeat_n(level, usize::from(spec.samples_per_pixel)));
        for level in samples {
            let value = u64::from(level) * full / 255;
            let width = usize::from(spec.bits_allocated / 8).max(1);
            if big_endian {
                bytes.extend_from_slice(&value.to_be_bytes()[8 - width..]);
            } else {
                bytes.extend_from_slice(&value.to_le_bytes()[..width]);
            }
        }
    }
    bytes
}

/// Elements in one encoding.
struct Elements {
    bytes: Vec<u8>,
    explicit: bool,
    big_endian: bool,
}

impl Elements {
    fn new(explicit: bool, big_endian: bool) -> Self {
        Self {
            bytes: Vec::new(),
            explicit,
            big_endian,
        }
    }

    fn put16(&mut self, value: u16) {
        self.bytes.extend(if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }

    fn put32(&mut self, value: u32) {
        self.bytes.extend(if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }

    fn tag(&mut self, tag: u32) {
        let [a, b, c, d] = tag.to_be_bytes();
        self.put16(u16::from_be_bytes([a, b]));
        self.put16(u16::from_be_bytes([c, d]));
    }

    fn head(&mut self, tag: u32, vr: [u8; 2], length: u32) {
        self.tag(tag);
        let long = matches!(&vr, b"OB" | b"OW" | b"OF" | b"OD" | b"SQ" | b"UN" | b"UT");
        match (self.explicit, long) {
            (false, _) => self.put32(length),
            (true, true) => {
                self.bytes.extend([vr[0], vr[1], 0, 0]);
                self.put32(length);
            }
            (true, false) => {
                self.bytes.extend(vr);
                self.put16(u16::try_from(length).expect("a short value"));
            }
        }
    }

    fn add(&mut self, tag: u32, vr: [u8; 2], value: &[u8]) {
        let padding = if vr == *b"UI" || vr[0] == b'O' {
            0
        } else {
            b' '
        };
        let padded = [
            value,
            if value.len() % 2 == 1 {
                std::slice::from_ref(&padding)
            } else {
                &[]
            },
        ]
        .concat();
        self.head(
            tag,
            vr,
            u32::try_from(padded.len()).expect("a value below 4 GB"),
        );
        self.bytes.extend(padded);
    }

    /// Encapsulated pixels with an empty offset table (PS3.5 annex A.4).
    fn add_fragments(&mut self, fragments: &[Vec<u8>]) {
        self.head(0x7FE0_0010, *b"OB", u32::MAX);
        for fragment in [&Vec::new()].into_iter().chain(fragments) {
            self.tag(0xFFFE_E000);
            let even = fragment.len().next_multiple_of(2);
            self.put32(u32::try_from(even).expect("a fragment below 4 GB"));
            self.bytes.extend(fragment);
            self.bytes.extend(&[0][..even - fragment.len()]);
        }
        self.tag(0xFFFE_E0DD);
        self.put32(0);
    }
}

/// A picture one recognises: a gradient from dark (top left) to light (bottom right) with a white disc right of the
/// middle, and some texture from the seed. One level per pixel.
#[must_use]
pub fn scene(width: u32, height: u32, seed: u64) -> Vec<u8> {
    let (w, h) = (u64::from(width), u64::from(height));
    let radius = (w.min(h) / 6).max(1);
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut levels = Vec::with_capacity(width as usize * height as usize);
    for y in 0..h {
        for x in 0..w {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let (dx, dy) = (x.abs_diff(w * 2 / 3), y.abs_diff(h / 2));
            let gradient = (x * 90 / w) + (y * 90 / h) + state % 8;
            let level = if dx * dx + dy * dy < radius * radius {
                255
            } else {
                gradient
            };
            levels.push(u8::try_from(level).unwrap_or(u8::MAX));
        }
    }
    levels
}

/// [`scene`] in colour: three bytes a pixel.
fn colour_scene(width: u32, height: u32, seed: u64) -> Vec<u8> {
    scene(width, height, seed)
        .into_iter()
        .flat_map(|level| [level, level / 2, 255 - level])
        .collect()
}

/// A colour JPEG file.
#[must_use]
pub fn jpeg(width: u16, height: u16, seed: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = colour_scene(width.into(), height.into(), seed);
    Encoder::new(&mut bytes, 90)
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("memory takes all");
    bytes
}

/// A colour JPEG file whose Exif block names an orientation (1 to 8).
#[must_use]
pub fn jpeg_with_orientation(width: u16, height: u16, seed: u64, orientation: u8) -> Vec<u8> {
    let exif = [
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation],
        &[0; 6],
    ]
    .concat();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.add_app_segment(1, exif).expect("a short block");
    encoder
        .encode(
            &colour_scene(width.into(), height.into(), seed),
            width,
            height,
            ColorType::Rgb,
        )
        .expect("memory takes all");
    bytes
}

/// A colour PNG file.
#[must_use]
pub fn png(width: u32, height: u32, seed: u64) -> Vec<u8> {
    png_of(
        width,
        height,
        png::ColorType::Rgb,
        png::BitDepth::Eight,
        &colour_scene(width, height, seed),
    )
}

/// A PNG file of given pixels.
#[must_use]
pub fn png_of(
    width: u32,
    height: u32,
    color: png::ColorType,
    depth: png::BitDepth,
    data: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(
            (0..=255u8)
                .flat_map(|level| [level, level, 255 - level])
                .collect::<Vec<u8>>(),
        );
    }
    let mut writer = encoder.write_header().expect("memory takes all");
    writer
        .write_image_data(data)
        .expect("as many bytes as the size asks for");
    writer.finish().expect("memory takes all");
    bytes
}

/// A 16-bit gray TIFF file.
#[must_use]
pub fn tiff(width: u32, height: u32, seed: u64) -> Vec<u8> {
    let words: Vec<u16> = scene(width, height, seed)
        .into_iter()
        .map(|level| u16::from(level) * 257)
        .collect();
    let mut bytes = Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut bytes)
        .and_then(|mut encoder| {
            encoder.write_image::<tiff::encoder::colortype::Gray16>(width, height, &words)
        })
        .expect("memory takes all");
    bytes.into_inner()
}

/// A JPEG-LS codestream, made by the reference encoder `CharLS` from [`jpeg_ls_level`], 20 × 8 samples of 8 bits.
pub const JPEG_LS: [u8; 117] = [
    0xFF, 0xD8, 0xFF, 0xF7, 0x00, 0x0B, 0x08, 0x00, 0x08, 0x00, 0x14, 0x01, 0x01, 0x11, 0x00, 0xFF,
    0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x85, 0x00, 0x28, 0x00, 0x02, 0x9F, 0x8E,
    0x4B, 0xA0, 0x00, 0x00, 0x36, 0x82, 0x48, 0xDB, 0xFA, 0x54, 0x89, 0x11, 0xA3, 0x46, 0x89, 0x12,
    0x40, 0x30, 0xC0, 0x66, 0x16, 0x02, 0xC5, 0x17, 0x80, 0x6F, 0xE0, 0x66, 0x24, 0x87, 0x95, 0xB8,
    0x9C, 0xC7, 0xB0, 0xAD, 0x63, 0x08, 0xC8, 0xFC, 0xA4, 0x28, 0xA0, 0x82, 0x08, 0x42, 0x10, 0x59,
    0x1D, 0xDD, 0xDF, 0x6E, 0xA7, 0x53, 0xB3, 0x33, 0x3C, 0x5C, 0x00, 0x00, 0x07, 0xB1, 0x2D, 0x2C,
    0xCC, 0xC4, 0x40, 0x00, 0x00, 0x66, 0x6B, 0xAF, 0xA1, 0x08, 0x88, 0x88, 0x88, 0x43, 0x32, 0xB7,
    0x5B, 0xBF, 0x60, 0xFF, 0xD9,
];

/// The samples of [`JPEG_LS`]: texture on the left, which regular mode codes, and flat areas on the right, which are
/// runs.
#[must_use]
pub fn jpeg_ls_level(x: u16, y: u16) -> u16 {
    if x < 10 {
        (x * x * 7 + y * 13) % 251
    } else {
        40 + y / 3
    }
}

/// A frame of one 8-bit sample a pixel, run-length encoded (PS3.5 annex G) with literal runs only.
#[must_use]
pub fn rle_frame(samples: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[0] = 1;
    bytes[4] = 64;
    for run in samples.chunks(128) {
        bytes.push(u8::try_from(run.len() - 1).expect("at most 127"));
        bytes.extend(run);
    }
    bytes
}

/// Damages a file as transmission, bad writers and attackers do: bits, lengths, missing and repeated parts. The same
/// seed damages in the same way.
#[must_use]
pub fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    const TELLING: [u32; 8] = [
        0,
        1,
        0x7F,
        0x80,
        0xFF,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 11).unwrap_or_default() % below.max(1)
    };
    let mut bytes = bytes.to_vec();
    for _ in 0..=random(6) {
        // Headers are where damage tells.
        let reach = if random(2) == 0 {
            bytes.len().min(1024)
        } else {
            bytes.len()
        };
        let at = random(reach);
        let end = (at + 1 + random(64)).min(bytes.len());
        match random(7) {
            _ if bytes.is_empty() => break,
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random(8),
            2 => bytes[at] = u8::try_from(random(256)).unwrap_or_default(),
            3 | 4 => {
                let value = TELLING[random(TELLING.len())];
                let word = if random(2) == 0 {
                    value.to_le_bytes()
                } else {
                    value.to_be_bytes()
                };
                bytes[at..]
                    .iter_mut()
                    .zip(word)
                    .for_each(|(byte, new)| *byte = new);
            }
            5 => drop(bytes.drain(at..end)),
            _ => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}
