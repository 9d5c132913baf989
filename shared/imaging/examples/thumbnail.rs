//! Makes the thumbnail and the preview of one file: `thumbnail FILE THUMBNAIL.jpg PREVIEW.jpg`. For measurements.

use std::fs;
use std::path::PathBuf;

use imaging::{Limits, Outcome};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().unwrap_or_default();
    let (file, thumbnail, preview) = (next(), next(), next());
    match imaging::inspect(&file, &Limits::default()).outcome {
        Outcome::Picture(picture) => {
            fs::write(thumbnail, picture.thumbnail)?;
            fs::write(preview, picture.preview)
        }
        Outcome::NoPicture(reason) | Outcome::Failed(reason) => {
            Err(std::io::Error::other(reason.message))
        }
    }
}
