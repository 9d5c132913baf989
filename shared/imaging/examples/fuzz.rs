//! Damages real files at random for as long as wanted: `fuzz SECONDS FOLDER`.
//!
//! Every damaged file is inspected by an isolated worker, so that crashes of C code are found too. What a worker
//! crashed or hung on is kept beside the folder as `crash-<number>`; the exit code is 1 when there was any.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use imaging::isolated::{self, Worker};
use imaging::{Code, Limits, Outcome, fixtures};

#[expect(clippy::print_stdout, reason = "a program for people")]
fn main() -> std::io::Result<()> {
    isolated::serve_if_worker();
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments
        .next()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(60);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    let worker = Worker::this_program()?;
    let scratch = tempfile::tempdir()?;
    let limits = Limits {
        max_time: Duration::from_secs(5),
        ..Limits::default()
    };
    let (mut tried, mut crashed) = (0u64, 0);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) && !files.is_empty() {
        let file = &files[usize::try_from(tried).unwrap_or_default() % files.len()];
        let bytes = fixtures::damaged(&std::fs::read(file)?, tried);
        let path = scratch.path().join("damaged");
        std::fs::write(&path, &bytes)?;
        let inspection = isolated::inspect(&worker, &path, scratch.path(), &limits);
        if let Outcome::Failed(reason) = &inspection.outcome
            && matches!(reason.code, Code::DecoderFailed | Code::TimedOut)
        {
            println!(
                "{:?} on {} damaged with seed {tried}",
                reason.code,
                file.display()
            );
            std::fs::write(format!("crash-{tried}"), bytes)?;
            crashed += 1;
        }
        tried += 1;
    }
    println!(
        "{tried} damaged files of {}, {crashed} crashes or hangs",
        files.len()
    );
    std::process::exit(i32::from(crashed > 0));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.metadata()?.len() < 300_000 {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}
