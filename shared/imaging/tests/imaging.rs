//! The crate through its public door: files in, facts and pictures out.

mod colours;
mod compressed;
mod counting;
mod counts;
mod depths;
mod dicom;
mod dicom_profiles;
mod display;
mod elements;
mod frame_index;
mod frames;
mod hostile;
mod instance;
mod isolated_frames;
mod isolation;
mod levels;
mod ordinary;
mod profiles;
mod reasons;
mod shapes;
mod structure;
mod tables;
mod tiff;
mod tiff_pages;
mod tiff_samples;

use std::io::Write;

use imaging::{Inspection, Limits, Outcome, Picture, Reason};

/// Inspects `bytes` as a file.
fn inspect(bytes: &[u8]) -> Inspection {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("it takes the bytes");
    imaging::inspect(file.path(), &Limits::default())
}

/// The picture of an inspection that must have one.
fn picture(inspection: Inspection) -> Picture {
    match inspection.outcome {
        Outcome::Picture(picture) => picture,
        other => panic!("no picture: {other:?}"),
    }
}

/// The reason of an inspection that must have failed.
fn failure(inspection: Inspection) -> Reason {
    match inspection.outcome {
        Outcome::Failed(reason) => reason,
        other => panic!("not failed: {other:?}"),
    }
}

/// The pixels of a JPEG: width, height, bytes per pixel, bytes.
fn decode(jpeg: &[u8]) -> (usize, usize, usize, Vec<u8>) {
    let image = libjpeg_turbo_rs::decompress(jpeg).expect("our JPEG decodes");
    let channels = image.data.len() / (image.width * image.height);
    (image.width, image.height, channels, image.data)
}

/// The level in the middle of the disc of a fixture's scene, and at its dark top left corner.
fn disc_and_corner(jpeg: &[u8]) -> (u8, u8) {
    let (width, height, channels, data) = decode(jpeg);
    let at = |x: usize, y: usize| data[(y * width + x) * channels];
    (at(width * 2 / 3, height / 2), at(2, 2))
}
