//! Renders DICOM files at full size, for comparison with other software.
//!
//! `render FOLDER`: for every path read from standard input, numbered from 0, writes `FOLDER/<number>.json` (the header
//! and why there is no picture) and, when there is one, `FOLDER/<number>.raw` (rows of 1 or 3 bytes a pixel) and
//! `FOLDER/<number>.jpg` (the preview).

use std::fs::{self, File};
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::time::Instant;

use imaging::{Limits, Outcome, dicom};
use serde_json::json;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_default());
    for (number, path) in io::stdin().lock().lines().enumerate() {
        let path = PathBuf::from(path?);
        let limits = Limits::default();
        let start = Instant::now();
        let inspection = imaging::inspect(&path, &limits);
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        let outcome = match &inspection.outcome {
            Outcome::Picture(_) => json!({ "picture": true }),
            Outcome::NoPicture(reason) => json!({ "picture": false, "code": reason.code }),
            Outcome::Failed(reason) => {
                json!({ "picture": false, "failed": true, "code": reason.code })
            }
        };
        let mut facts = json!({
            "file_type": inspection.file_type,
            "dicom": inspection.dicom,
            "outcome": outcome,
            "milliseconds": milliseconds,
            "warnings": inspection.warnings,
        });
        if let Outcome::Picture(picture) = &inspection.outcome {
            fs::write(folder.join(format!("{number}.jpg")), &picture.preview)?;
        }
        if let Ok(raster) = File::open(&path)
            .map_err(|_| ())
            .and_then(|file| dicom::render_frame(file, &limits).map_err(|_| ()))
        {
            facts["size"] = json!([raster.height, raster.width, raster.channels.count()]);
            fs::write(folder.join(format!("{number}.raw")), raster.data)?;
        }
        fs::write(folder.join(format!("{number}.json")), facts.to_string())?;
    }
    Ok(())
}
