//! Files to try the stack with: synthetic, of no real patient.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use imaging::fixtures::{self, DicomSpec};

/// The size of the large sample: several parts of a multipart upload.
const LARGE_BYTES: usize = 100 * 1000 * 1000;

/// Writes one file of each kind into `folder`.
///
/// # Errors
/// If the folder cannot be written to.
pub fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let spec = DicomSpec {
        patient_id: b"P-0001".to_vec(),
        patient_name: "Zhang^San=张^三".as_bytes().to_vec(),
        character_set: Some("ISO_IR 192"),
        rows: 512,
        columns: 512,
        ..DicomSpec::default()
    };
    fs::write(folder.join("胸部CT.dcm"), fixtures::dicom(&spec))?;
    fs::write(folder.join("photo.jpg"), fixtures::jpeg(1600, 1200, 1))?;
    fs::write(folder.join("scan.png"), fixtures::png(800, 600, 2))?;
    fs::write(folder.join("slide.tiff"), fixtures::tiff(1024, 768, 3))?;
    let mut large = BufWriter::new(File::create(folder.join("large.bin"))?);
    let line = [b'f'; 1000];
    for _ in 0..LARGE_BYTES / line.len() {
        large.write_all(&line)?;
    }
    large.flush()
}
