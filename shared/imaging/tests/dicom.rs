//! DICOM files of every encoding and pixel kind.

use std::io::Cursor;

use imaging::fixtures::{
    DEFLATED, DicomSpec, EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN,
    dicom, scene,
};
use imaging::{Code, FileType, Limits};

use crate::counting::Counting;
use crate::{decode, disc_and_corner, failure, inspect, picture};

const ENCODINGS: [&str; 4] = [
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    EXPLICIT_BIG_ENDIAN,
    DEFLATED,
];

fn assert_scene(spec: &DicomSpec) {
    let inspection = inspect(&dicom(spec));
    assert_eq!(inspection.file_type, FileType::Dicom);
    let picture = picture(inspection);
    assert_eq!(
        (picture.width, picture.height),
        (u32::from(spec.columns), u32::from(spec.rows))
    );
    let (disc, corner) = disc_and_corner(&picture.preview);
    assert!(disc > 240 && corner < 40, "{spec:?}: {disc} {corner}");
}

#[test]
fn every_encoding_gives_header_and_picture() {
    for transfer_syntax in ENCODINGS {
        let spec = DicomSpec {
            transfer_syntax,
            ..DicomSpec::default()
        };
        assert_scene(&spec);
        let header = inspect(&dicom(&spec)).dicom.expect("a header");
        assert_eq!(header.patient_id.as_deref(), Some("P-1"));
        assert_eq!(header.patient_name.as_deref(), Some("TEST^PATIENT"));
        assert_eq!(
            header.study_instance_uid.as_deref(),
            Some("1.2.826.0.1.3680043.10.1")
        );
        assert_eq!(
            header.series_instance_uid.as_deref(),
            Some("1.2.826.0.1.3680043.10.1.1")
        );
        assert_eq!(
            header.sop_instance_uid.as_deref(),
            Some("1.2.826.0.1.3680043.10.1.1.1")
        );
        assert_eq!(
            header.sop_class_uid.as_deref(),
            Some("1.2.840.10008.5.1.4.1.1.2")
        );
        assert_eq!(header.transfer_syntax_uid.as_deref(), Some(transfer_syntax));
        assert_eq!(header.modality.as_deref(), Some("CT"));
        assert_eq!(header.body_part.as_deref(), Some("CHEST"));
        assert_eq!(header.study_date.as_deref(), Some("2026-01-05"));
        assert_eq!(
            (header.rows, header.columns, header.instance_number),
            (Some(64), Some(64), Some(1))
        );
    }
}

#[test]
fn a_file_without_preamble_or_meta_group_is_read() {
    for transfer_syntax in [
        EXPLICIT_LITTLE_ENDIAN,
        IMPLICIT_LITTLE_ENDIAN,
        EXPLICIT_BIG_ENDIAN,
    ] {
        for meta in [false, true] {
            assert_scene(&DicomSpec {
                transfer_syntax,
                preamble: false,
                meta,
                ..DicomSpec::default()
            });
        }
        assert_scene(&DicomSpec {
            transfer_syntax,
            meta: false,
            ..DicomSpec::default()
        });
    }
}

#[test]
fn every_depth_is_shown() {
    for transfer_syntax in ENCODINGS {
        for (bits_allocated, bits_stored) in [(8, 8), (16, 10), (16, 16), (32, 32), (64, 40)] {
            assert_scene(&DicomSpec {
                transfer_syntax,
                bits_allocated,
                bits_stored,
                ..DicomSpec::default()
            });
        }
    }
}

#[test]
fn monochrome1_is_shown_inverted() {
    let spec = DicomSpec {
        photometric: "MONOCHROME1",
        bits_allocated: 8,
        bits_stored: 8,
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&picture(inspect(&dicom(&spec))).preview);
    assert!(disc < 20 && corner > 215, "{disc} {corner}");
}

#[test]
fn the_window_decides_the_contrast() {
    // Levels of the scene are stored × 16; with slope 2 and intercept -1000 the window shows 1000..3000 only.
    let spec = DicomSpec {
        window: Some((2000.0, 2000.0)),
        rescale: Some((2.0, -1000.0)),
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&picture(inspect(&dicom(&spec))).preview);
    assert!(disc > 250 && corner < 5, "{disc} {corner}");
    let wide = DicomSpec {
        window: Some((2048.0, 8192.0)),
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&picture(inspect(&dicom(&wide))).preview);
    assert!(
        (185..=196).contains(&disc) && (60..=75).contains(&corner),
        "{disc} {corner}"
    );
}

#[test]
fn colour_is_shown_however_it_is_stored() {
    let levels = scene(64, 64, 1);
    let ybr: Vec<u8> = levels.iter().flat_map(|&level| [level, 128, 128]).collect();
    let ybr_422: Vec<u8> = levels
        .chunks(2)
        .flat_map(|pair| [pair[0], pair[1], 128, 128])
        .collect();
    let planar = [levels.clone(), levels.clone(), levels].concat();
    for (photometric, planar, pixels) in [
        ("RGB", false, None),
        ("RGB", true, Some(planar)),
        ("YBR_FULL", false, Some(ybr)),
        ("YBR_FULL_422", false, Some(ybr_422)),
    ] {
        assert_scene(&DicomSpec {
            photometric,
            planar,
            pixels,
            samples_per_pixel: 3,
            bits_allocated: 8,
            bits_stored: 8,
            ..DicomSpec::default()
        });
    }
}

#[test]
fn a_palette_gives_colours() {
    let descriptor: Vec<u8> = [256u16, 0, 16]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let ramp: Vec<u8> = (0..256u16)
        .flat_map(|level| (level * 257).to_le_bytes())
        .collect();
    let zero = vec![0; 512];
    let extra = vec![
        (0x0028_1101, *b"US", descriptor.clone()),
        (0x0028_1102, *b"US", descriptor.clone()),
        (0x0028_1103, *b"US", descriptor),
        (0x0028_1201, *b"OW", ramp),
        (0x0028_1202, *b"OW", zero.clone()),
        (0x0028_1203, *b"OW", zero),
    ];
    let spec = DicomSpec {
        photometric: "PALETTE COLOR",
        bits_allocated: 8,
        bits_stored: 8,
        extra,
        ..DicomSpec::default()
    };
    let (width, height, channels, data) = decode(&picture(inspect(&dicom(&spec))).preview);
    assert_eq!(channels, 3);
    let disc = &data[(height / 2 * width + width * 2 / 3) * 3..][..3];
    assert!(disc[0] > 240 && disc[1] < 20 && disc[2] < 20, "{disc:?}");
}

#[test]
fn of_many_frames_the_middle_one_is_shown() {
    let frames: Vec<u8> = [10, 20, 200, 40, 50]
        .iter()
        .flat_map(|&level| vec![level; 16 * 16])
        .collect();
    let spec = DicomSpec {
        rows: 16,
        columns: 16,
        frames: 5,
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(frames),
        ..DicomSpec::default()
    };
    for transfer_syntax in ENCODINGS {
        let inspection = inspect(&dicom(&DicomSpec {
            transfer_syntax,
            ..spec.clone()
        }));
        assert_eq!(
            inspection
                .dicom
                .as_ref()
                .and_then(|header| header.number_of_frames),
            Some(5)
        );
        let (.., data) = decode(&picture(inspection).preview);
        assert!(data.iter().all(|level| level.abs_diff(200) <= 1));
    }
}

#[test]
fn single_bits_are_black_and_white() {
    let pixels = vec![0b0000_1111; 8 * 8 / 8];
    let spec = DicomSpec {
        rows: 8,
        columns: 8,
        bits_allocated: 1,
        bits_stored: 1,
        pixels: Some(pixels),
        ..DicomSpec::default()
    };
    let (.., data) = decode(&picture(inspect(&dicom(&spec))).preview);
    assert!(data[0] > 240 && data[7] < 15);
}

#[test]
fn a_chinese_name_reads_right() {
    let spec = DicomSpec {
        character_set: Some("GB18030"),
        patient_name: b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab".to_vec(),
        ..DicomSpec::default()
    };
    let header = inspect(&dicom(&spec)).dicom.expect("a header");
    assert_eq!(
        header.patient_name.as_deref(),
        Some("Wang^XiaoDong=王^小东")
    );
}

#[test]
fn a_name_in_another_set_than_declared_reads_right_and_is_said_to_be_guessed() {
    let name = b"\xd5\xc5\xc8\xfd\xb7\xe1^\xb2\xe2\xca\xd4";
    let spec = |character_set, patient_name: &[u8]| DicomSpec {
        character_set,
        patient_name: patient_name.to_vec(),
        ..DicomSpec::default()
    };
    for set in [Some("ISO_IR 100"), Some("\\ISO 2022 IR 58"), None] {
        let inspection = inspect(&dicom(&spec(set, name)));
        let codes: Vec<Code> = inspection.warnings.iter().map(|w| w.code).collect();
        assert_eq!(codes, [Code::CharsetGuessed], "{set:?}");
        let header = inspection.dicom.expect("a header");
        assert_eq!(
            header.patient_name.as_deref(),
            Some("张三丰^测试"),
            "{set:?}"
        );
    }
    let right = inspect(&dicom(&spec(Some("ISO_IR 100"), b"M\xfcller^J\xe9r\xf4me")));
    assert_eq!(right.warnings, []);
    let header = right.dicom.expect("a header");
    assert_eq!(header.patient_name.as_deref(), Some("Müller^Jérôme"));
}

#[test]
fn pixels_that_are_missing_fail_as_truncated_and_keep_the_header() {
    let bytes = dicom(&DicomSpec::default());
    let inspection = inspect(&bytes[..bytes.len() - 100]);
    assert_eq!(
        inspection
            .dicom
            .as_ref()
            .and_then(|header| header.modality.as_deref()),
        Some("CT")
    );
    assert_eq!(failure(inspection).code, Code::Truncated);
}

#[test]
fn a_header_cut_anywhere_never_panics() {
    let bytes = dicom(&DicomSpec::default());
    for length in 132..1000 {
        let header = imaging::dicom::read_header(Cursor::new(&bytes[..length]), &Limits::default());
        assert!(header.is_ok(), "cut at {length}");
    }
}

#[test]
fn a_deflate_bomb_is_stopped() {
    // 64 MB of zeros in 64 KB, of which the limits allow one.
    let bomb = (0x0009_0010, *b"OB", vec![0; 64 << 20]);
    let spec = DicomSpec {
        transfer_syntax: DEFLATED,
        extra: vec![bomb],
        ..DicomSpec::default()
    };
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::io::Write::write_all(&mut file, &dicom(&spec)).expect("it takes the bytes");
    let limits = Limits {
        max_inflated_bytes: 1 << 20,
        ..Limits::default()
    };
    assert_eq!(
        failure(imaging::inspect(file.path(), &limits)).code,
        Code::TooLarge
    );
}

#[test]
fn the_header_of_a_huge_file_needs_less_than_a_megabyte_of_it() {
    let big = (0x0009_1001, *b"OB", vec![0; 3 << 20]);
    let spec = DicomSpec {
        rows: 1024,
        columns: 1024,
        frames: 1000,
        pixels: Some(vec![0; 16]),
        extra: vec![big],
        ..DicomSpec::default()
    };
    let mut counting = Counting::new(dicom(&spec), 2 << 30);
    let header = imaging::dicom::read_header(&mut counting, &Limits::default()).expect("a header");
    assert_eq!(header.number_of_frames, Some(1000));
    assert!(
        counting.read < 256 << 10,
        "{} bytes were read",
        counting.read
    );
}
