//! Work on a file in a child process: a decoder that crashes, hangs or asks for 4 GB harms nobody.
//!
//! The child is the same program, started again with [`JOB_VARIABLE`] in an otherwise empty environment: it sees no
//! credentials, also not in the memory or environment of its parent, which the kernel hides from it. It limits its own
//! memory, CPU time, files and file sizes before it opens the file, and answers through files in a folder of its own,
//! which the parent bounds and parses like any other input (`job`). What is known of a file before its pixels are
//! touched (type and header) is written first and survives whatever happens to the child.

mod job;
mod worker;

use std::fs::File;
use std::io;
use std::num::NonZeroU32;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::dicom::{StoredFrame, View, Which};
use crate::frames::FramePicture;
use crate::{Code, Inspection, Limits, Outcome, Reason};
use job::{Answers, Job, Task};

pub use worker::serve_if_worker;

/// The environment variable that makes a process a worker: the path of its job file.
pub const JOB_VARIABLE: &str = "FILMROOM_IMAGING_JOB";

/// Who does the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worker {
    /// A child process: a program whose `main` begins with [`serve_if_worker`].
    Program {
        /// The program.
        program: PathBuf,
        /// Its arguments; tests name the test that serves.
        args: Vec<String>,
    },
    /// This very process, without any of the limits, for files that a test made itself. No program that is deployed is built with it.
    #[cfg(feature = "unprotected")]
    Unprotected,
}

impl Worker {
    /// This very program.
    ///
    /// # Errors
    /// When the operating system does not tell where it is.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self::Program {
            program: std::env::current_exe()?,
            args: Vec::new(),
        })
    }
}

impl Worker {
    fn command(&self) -> io::Result<Command> {
        match self {
            Self::Program { program, args } => {
                let mut command = Command::new(program);
                command.args(args);
                Ok(command)
            }
            #[cfg(feature = "unprotected")]
            Self::Unprotected => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Inspects `path` in a worker. `scratch` is an existing folder for short-lived files.
///
/// A worker that crashes gives [`Code::DecoderFailed`], one that needs too much memory [`Code::TooLarge`], one that
/// takes too long [`Code::TimedOut`]; header facts found before that are kept.
///
/// # Errors
/// What says nothing of the file: the worker could not be started, or there is no room in `scratch` for its answer.
pub fn inspect(
    worker: &Worker,
    path: &Path,
    scratch: &Path,
    limits: &Limits,
) -> io::Result<Inspection> {
    #[cfg(feature = "unprotected")]
    if *worker == Worker::Unprotected {
        return Ok(crate::inspect::inspect(path, limits));
    }
    let read = |answers: &Answers, ended: Result<(), Code>| {
        let answer = ended.and_then(|()| answers.inspection().ok_or(Code::DecoderFailed));
        answer.unwrap_or_else(|code| Inspection {
            outcome: Outcome::Failed(code.into()),
            ..answers.known().unwrap_or_else(|| Inspection::failed(code))
        })
    };
    run(worker, path, scratch, limits, Task::Inspect, read)
}

/// Renders one frame of the DICOM file `path` in a worker.
///
/// # Errors
/// Why there is no picture, as [`crate::dicom::render_frame`] says it, or what happened to the worker.
pub fn render(
    worker: &Worker,
    path: &Path,
    scratch: &Path,
    view: &View,
    limits: &Limits,
) -> Result<FramePicture, Reason> {
    #[cfg(feature = "unprotected")]
    if *worker == Worker::Unprotected {
        return crate::frames::render(path, view, limits);
    }
    let most = view.side.map(NonZeroU32::get);
    let read = |answers: &Answers| answers.picture(most, limits);
    frame(worker, path, scratch, limits, Task::Render(*view), read)
}

/// Decodes one frame of the DICOM file `path` in a worker.
///
/// # Errors
/// Why there are no samples, as [`crate::dicom::decode_frame`] says it, or what happened to the worker.
pub fn decode(
    worker: &Worker,
    path: &Path,
    scratch: &Path,
    which: Which,
    limits: &Limits,
) -> Result<StoredFrame, Reason> {
    #[cfg(feature = "unprotected")]
    if *worker == Worker::Unprotected {
        return crate::frames::decode(path, which, limits);
    }
    let read = |answers: &Answers| answers.samples(limits);
    frame(worker, path, scratch, limits, Task::Decode(which), read)
}

/// The answer about one frame: what `read` makes of it, which is `None` for one that no worker gives.
fn frame<T>(
    worker: &Worker,
    path: &Path,
    scratch: &Path,
    limits: &Limits,
    task: Task,
    read: impl FnOnce(&Answers) -> Option<Result<T, Reason>>,
) -> Result<T, Reason> {
    let read = |answers: &Answers, ended: Result<(), Code>| {
        ended?;
        read(answers).unwrap_or_else(|| Err(Code::DecoderFailed.into()))
    };
    run(worker, path, scratch, limits, task, read)
        .unwrap_or_else(|_| Err(Code::DecoderFailed.into()))
}

/// Has a worker do `task`, and `read` what it answered and how it ended.
fn run<T>(
    worker: &Worker,
    path: &Path,
    scratch: &Path,
    limits: &Limits,
    task: Task,
    read: impl FnOnce(&Answers, Result<(), Code>) -> T,
) -> io::Result<T> {
    let folder = tempfile::Builder::new()
        .prefix("imaging-")
        .tempdir_in(scratch)?;
    let answers = Answers::in_folder(folder.path());
    let job = Job {
        path: std::path::absolute(path)?,
        limits: *limits,
        task,
        parent: std::process::id(),
    };
    let job_file = std::path::absolute(answers.write_job(&job)?)?;
    hide()?;
    let mut child = worker
        .command()?
        .env_clear()
        .env(JOB_VARIABLE, job_file)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(answers.stderr())?)
        .spawn()?;
    let status = wait(&mut child, limits.max_time)?;
    let ended = match status {
        Some(status) if status.success() => Ok(()),
        _ => {
            answers.have_room()?;
            Err(cause(status, &answers))
        }
    };
    Ok(read(&answers, ended))
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
fn cause(status: Option<ExitStatus>, answers: &Answers) -> Code {
    const SIGXCPU: i32 = 24;
    const SIGXFSZ: i32 = 25;
    match status.map(|status| status.signal()) {
        None | Some(Some(SIGXCPU)) => return Code::TimedOut,
        Some(Some(SIGXFSZ)) => return Code::TooLarge,
        _ => {}
    }
    // What the Rust runtime says before it aborts for want of memory.
    let stderr = answers.last_words();
    let out_of_memory = b"memory allocation of";
    if stderr
        .windows(out_of_memory.len())
        .any(|window| window == out_of_memory)
    {
        return Code::TooLarge;
    }
    Code::DecoderFailed
}
