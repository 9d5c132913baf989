//! What the fuzz targets share: limits that keep one input cheap, and the ways in.

use std::fs;
use std::io::Cursor;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::LazyLock;

use imaging::dicom::{Function, Region, View, Viewport, Which, Window};
use imaging::fixtures::{DicomSpec, dicom};
use imaging::{FileType, Limits};
use tempfile::TempDir;

/// As in production, but small enough for thousands of inputs a second. `run.sh` sets the limits on memory and time of
/// the process, which have to hold with these.
pub const LIMITS: Limits = Limits {
    max_pixels: 1 << 20,
    max_decoded_bytes: 8 << 20,
    max_encoded_bytes: 1 << 20,
    max_elements: 10_000,
    max_depth: 32,
    max_header_bytes: 1 << 20,
    max_json_bytes: 1 << 20,
    max_inflated_bytes: 4 << 20,
    max_memory: 512 << 20,
    max_time: std::time::Duration::from_secs(5),
    charset: None,
};

/// Inspects `data` as a file of the kind `expected`; other kinds have targets of their own.
pub fn file(data: &[u8], expected: FileType) {
    static FILE: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
        // In memory where there is such a place: a file is written for every input.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a temporary folder");
        let path = folder.path().join("input");
        (folder, path)
    });
    if imaging::sniff(&data[..data.len().min(imaging::SNIFF_BYTES)]).file_type != expected {
        return;
    }
    fs::write(&FILE.1, data).expect("the temporary folder takes the input");
    let _ = imaging::inspect(&FILE.1, &LIMITS);
}

/// Shows one frame of `data` as a DICOM file in a window and a viewport of its own, and decodes it to its samples. The last bytes choose
/// them.
pub fn any_frame(data: &[u8]) {
    let [.., number, chosen] = *data else {
        return;
    };
    let functions = [Function::Linear, Function::LinearExact, Function::Sigmoid];
    let function = functions[usize::from(chosen % 3)];
    let view = View {
        frame: Which::Number(u32::from(number % 5)),
        window: Window::new(f64::from(number) * 16.0, 400.0, function).ok(),
        side: NonZeroU32::new(u32::from(number)),
        viewport: viewport(number, chosen),
        ..View::default()
    };
    let _ = imaging::dicom::render_frame(Cursor::new(data), &view, &LIMITS);
    if let Ok(frame) = imaging::dicom::decode_frame(Cursor::new(data), view.frame, &LIMITS) {
        assert_eq!(frame.length(), Some(frame.bytes.len() as u64));
    }
}

/// A viewport for every second choice, with a part of the frame, which may be flipped, for every fourth.
fn viewport(number: u8, chosen: u8) -> Option<Viewport> {
    if chosen & 4 == 0 {
        return None;
    }
    let start = f64::from(chosen >> 4);
    let extent = f64::from(number) - 100.0;
    Some(Viewport {
        width: NonZeroU32::new(u32::from(number))?,
        height: NonZeroU32::new(u32::from(chosen))?,
        region: (chosen & 8 > 0).then_some(Region {
            x: start,
            y: start / 2.0,
            width: Some(extent),
            height: None,
        }),
    })
}

/// Renders `data` as the only frame of a DICOM file. Its first byte chooses what the header says about the samples.
pub fn frame(transfer_syntax: &'static str, data: &[u8]) {
    let Some((&layout, fragment)) = data.split_first() else {
        return;
    };
    let (bits_allocated, bits_stored) =
        [(8, 8), (16, 12), (16, 16), (32, 32)][usize::from(layout >> 2 & 3)];
    let (samples_per_pixel, photometric) = [
        (1, "MONOCHROME2"),
        (3, "RGB"),
        (3, "YBR_FULL_422"),
        (1, "PALETTE COLOR"),
    ][usize::from(layout & 3)];
    let spec = DicomSpec {
        transfer_syntax,
        rows: 8,
        columns: 20,
        bits_allocated,
        bits_stored,
        signed: layout & 16 != 0,
        samples_per_pixel,
        photometric,
        fragments: Some(vec![fragment.to_vec()]),
        ..DicomSpec::default()
    };
    let file = dicom(&spec);
    let _ = imaging::dicom::render_frame(Cursor::new(&file), &View::default(), &LIMITS);
    if let Ok(frame) = imaging::dicom::decode_frame(Cursor::new(&file), Which::Middle, &LIMITS) {
        assert_eq!(frame.length(), Some(frame.bytes.len() as u64));
    }
}
