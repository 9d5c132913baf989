//! Inspection in a child process: a decoder that crashes, hangs or asks for 4 GB harms nobody.
//!
//! The child is the same program, started again with [`JOB_VARIABLE`] in an otherwise empty environment: it sees no
//! credentials, also not in the memory or environment of its parent, which the kernel hides from it. It limits its own
//! memory, CPU time, files and file sizes before it opens the file, and answers through files in a folder of its own,
//! which the parent bounds and parses like any other input. What is known before the pixels are
//! touched (type and header) is written first and survives whatever happens to the child.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::inspect::inspect_with;
use crate::{Code, FileType, Inspection, Limits, Outcome, Reason};

/// The environment variable that makes a process a worker: the path of its job file.
pub const JOB_VARIABLE: &str = "FILMROOM_IMAGING_JOB";

/// Most bytes of an answer that are read back: two JPEG files of at most a few hundred kilobytes and a small JSON.
const MAX_ANSWER: u64 = 16 << 20;
/// Files a worker may have open: its standard streams, the job, the picture, an answer.
const MAX_FILES: u64 = 32;

/// How to start a worker: a program whose `main` begins with [`serve_if_worker`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; tests name the test that serves.
    pub args: Vec<String>,
}

impl Worker {
    /// This very program.
    ///
    /// # Errors
    /// When the operating system does not tell where it is.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            args: Vec::new(),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Job {
    path: PathBuf,
    limits: Limits,
}

/// Inspects `path` in a worker. `scratch` is an existing folder for short-lived files.
///
/// A worker that crashes gives [`Code::DecoderFailed`], one that needs too much memory [`Code::TooLarge`], one that
/// takes too long [`Code::TimedOut`]; header facts found before that are kept.
#[must_use]
pub fn inspect(worker: &Worker, path: &Path, scratch: &Path, limits: &Limits) -> Inspection {
    run(worker, path, scratch, limits).unwrap_or_else(|_| failed(Code::DecoderFailed))
}

fn run(worker: &Worker, path: &Path, scratch: &Path, limits: &Limits) -> io::Result<Inspection> {
    let folder = tempfile::Builder::new()
        .prefix("imaging-")
        .tempdir_in(scratch)?;
    let folder = folder.path();
    let job = Job {
        path: std::path::absolute(path)?,
        limits: *limits,
    };
    fs::write(folder.join("job.json"), serde_json::to_vec(&job)?)?;
    hide()?;
    let mut child = Command::new(&worker.program)
        .args(&worker.args)
        .env_clear()
        .env(JOB_VARIABLE, std::path::absolute(folder.join("job.json"))?)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(folder.join("stderr"))?)
        .spawn()?;
    let status = wait(&mut child, limits.max_time)?;
    Ok(
        match status
            .filter(ExitStatus::success)
            .and_then(|_| answer(folder))
        {
            Some(inspection) => inspection,
            None => Inspection {
                outcome: Outcome::Failed(Reason::of(cause(status, folder))),
                ..read_json(&folder.join("known.json"))
                    .unwrap_or_else(|| failed(Code::DecoderFailed))
            },
        },
    )
}

/// Makes the environment and memory of this process unreadable to others of the same user, which the child is:
/// `/proc/<pid>/environ` and `mem`, and debuggers. Starting another program ends it, so the child is not affected.
#[cfg(target_os = "linux")]
fn hide() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Other systems have no `/proc` of this kind.
#[cfg(not(target_os = "linux"))]
fn hide() -> io::Result<()> {
    Ok(())
}

/// Waits for the end of the child, which closes its standard output; `None` when it had to be killed for taking too
/// long.
fn wait(child: &mut Child, max_time: Duration) -> io::Result<Option<ExitStatus>> {
    let (ended, end) = mpsc::channel();
    if let Some(mut stdout) = child.stdout.take() {
        thread::spawn(move || {
            let _ = io::copy(&mut stdout, &mut io::sink());
            let _ = ended.send(());
        });
    }
    if end.recv_timeout(max_time).is_err() {
        child.kill()?;
        child.wait()?;
        return Ok(None);
    }
    child.wait().map(Some)
}

/// Why a worker gave no answer.
fn cause(status: Option<ExitStatus>, folder: &Path) -> Code {
    const SIGXCPU: i32 = 24;
    let Some(status) = status else {
        return Code::TimedOut;
    };
    if status.signal() == Some(SIGXCPU) {
        return Code::TimedOut;
    }
    // What the Rust runtime says before it aborts for want of memory.
    let stderr = read_bounded(&folder.join("stderr")).unwrap_or_default();
    let out_of_memory = b"memory allocation of";
    if stderr
        .windows(out_of_memory.len())
        .any(|window| window == out_of_memory)
    {
        return Code::TooLarge;
    }
    Code::DecoderFailed
}

fn answer(folder: &Path) -> Option<Inspection> {
    let mut inspection: Inspection = read_json(&folder.join("answer.json"))?;
    if let Outcome::Picture(picture) = &mut inspection.outcome {
        picture.thumbnail = read_bounded(&folder.join("thumbnail.jpg"))?;
        picture.preview = read_bounded(&folder.join("preview.jpg"))?;
    }
    Some(inspection)
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&read_bounded(path)?).ok()
}

fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(MAX_ANSWER)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

fn failed(code: Code) -> Inspection {
    Inspection {
        file_type: FileType::Other,
        mime_type: "application/octet-stream".to_owned(),
        dicom: None,
        outcome: Outcome::Failed(code.into()),
        warnings: Vec::new(),
    }
}

/// First line of `main` of every program used as a [`Worker`]: when this process was started as one, it does its job
/// and exits; otherwise nothing happens.
pub fn serve_if_worker() {
    // The variable is the channel between parent and child, not configuration.
    let Some(job) = std::env::var_os(JOB_VARIABLE) else {
        return;
    };
    let code = match serve(Path::new(&job)) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    std::process::exit(code);
}

fn serve(job_file: &Path) -> io::Result<()> {
    let job: Job = serde_json::from_slice(&fs::read(job_file)?)?;
    let folder = job_file.parent().unwrap_or(Path::new("."));
    restrict(&job.limits)?;
    let mut inspection = inspect_with(&job.path, &job.limits, |known| {
        // Without it the parent knows less; it is no reason to stop.
        let _ = serde_json::to_vec(known).map(|json| fs::write(folder.join("known.json"), json));
    });
    if let Outcome::Picture(picture) = &mut inspection.outcome {
        fs::write(
            folder.join("thumbnail.jpg"),
            std::mem::take(&mut picture.thumbnail),
        )?;
        fs::write(
            folder.join("preview.jpg"),
            std::mem::take(&mut picture.preview),
        )?;
    }
    fs::write(folder.join("answer.json"), serde_json::to_vec(&inspection)?)
}

/// Limits of this process, from now on and for good.
fn restrict(limits: &Limits) -> io::Result<()> {
    let seconds = limits.max_time.as_secs() + 1;
    for (resource, limit) in [
        (Resource::As, limits.max_memory),
        (Resource::Cpu, seconds),
        (Resource::Fsize, MAX_ANSWER),
        (Resource::Nofile, MAX_FILES),
        (Resource::Core, 0),
    ] {
        // Nobody may raise a hard limit: what is already lower stays.
        let hard = getrlimit(resource).maximum;
        let limit = Some(hard.map_or(limit, |hard| limit.min(hard)));
        setrlimit(
            resource,
            Rlimit {
                current: limit,
                maximum: limit,
            },
        )?;
    }
    Ok(())
}
