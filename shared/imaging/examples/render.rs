//! Renders DICOM files, for comparison with other software.
//!
//! `render FOLDER`: every line of standard input is the path of a file and, each behind a tab, what is asked of it:
//! `--frame NUMBER` and `--window CENTER,WIDTH,FUNCTION`, where the function is `linear`, `linear-exact` or `sigmoid`. For
//! the lines, numbered from 0, it writes
//!
//! - `FOLDER/<number>.json`: the header, what the stored frame is, and why there is no picture;
//! - `<number>.raw`: the frame as it is shown, at full size, rows of 1 or 3 bytes a pixel;
//! - `<number>.stored`: the same frame as it is stored;
//! - `<number>.jpg`: the preview of the file;
//! - `<number>.elements.gz`: its elements as DICOM JSON.

use std::fs::{self, File};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::time::Instant;

use imaging::dicom::{self, View, Which, Window};
use imaging::{FileType, Limits, Outcome};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_default());
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        let mut parts = line.split('\t');
        let path = PathBuf::from(parts.next().unwrap_or_default());
        let view = view(parts)?;
        let name = |extension: &str| folder.join(format!("{number}.{extension}"));
        let mut facts = preview(&path, &name)?;
        frame(&path, view, &mut facts, &name)?;
        fs::write(name("json"), facts.to_string())?;
    }
    Ok(())
}

/// What the options of a line ask for.
fn view<'a>(options: impl Iterator<Item = &'a str>) -> io::Result<View> {
    let mut view = View::default();
    for option in options {
        match option.split_once(' ') {
            Some(("--frame", number)) => {
                view.frame = Which::Number(number.parse().map_err(io::Error::other)?);
            }
            Some(("--window", window)) => view.window = Some(parsed(window)?),
            _ => return Err(io::Error::other(format!("unknown option: {option}"))),
        }
    }
    Ok(view)
}

fn parsed(window: &str) -> io::Result<Window> {
    let mut parts = window.split(',');
    let mut number = || parts.next().unwrap_or_default().parse::<f64>();
    let (center, width) = (
        number().map_err(io::Error::other)?,
        number().map_err(io::Error::other)?,
    );
    let function = serde_json::from_value(json!(parts.next().unwrap_or("linear")))?;
    Window::new(center, width, function).map_err(|reason| io::Error::other(reason.message))
}

/// What an inspection finds.
fn preview(path: &Path, name: &impl Fn(&str) -> PathBuf) -> io::Result<Value> {
    let start = Instant::now();
    let inspection = imaging::inspect(path, &Limits::default());
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let outcome = match &inspection.outcome {
        Outcome::Picture(picture) => {
            fs::write(name("jpg"), &picture.preview)?;
            json!({ "picture": true })
        }
        Outcome::NoPicture(reason) => json!({ "picture": false, "code": reason.code }),
        Outcome::Failed(reason) => {
            json!({ "picture": false, "failed": true, "code": reason.code })
        }
    };
    if let Some(instance) = &inspection.instance {
        fs::write(name("elements.gz"), &instance.json)?;
    }
    Ok(json!({
        "file_type": inspection.file_type,
        "dicom": inspection.dicom,
        "outcome": outcome,
        "milliseconds": milliseconds,
        "warnings": inspection.warnings,
    }))
}

/// The frame of a DICOM file, shown and stored.
fn frame(
    path: &Path,
    view: View,
    facts: &mut Value,
    name: &impl Fn(&str) -> PathBuf,
) -> io::Result<()> {
    if facts["file_type"] != json!(FileType::Dicom) {
        return Ok(());
    }
    let limits = Limits::default();
    match dicom::render_frame(File::open(path)?, &view, &limits) {
        Ok(raster) => {
            facts["size"] = json!([raster.height, raster.width, raster.channels.count()]);
            fs::write(name("raw"), raster.data)?;
        }
        Err(reason) => facts["refused"] = json!(reason),
    }
    if let Ok(stored) = dicom::decode_frame(File::open(path)?, view.frame, &limits) {
        facts["stored"] = json!(stored);
        fs::write(name("stored"), stored.bytes)?;
    }
    Ok(())
}
