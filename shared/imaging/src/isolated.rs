//! Work on a file in a child process: a decoder that crashes, hangs or asks for 4 GB harms nobody.
//!
//! Each file has a child of its own, forked from a process that was started once and never sees a file (`nursery`). That
//! is the same program, started again with [`JOB_VARIABLE`] in an otherwise empty environment: it has no
//! credentials, also not in the memory or environment of its parent, which the kernel hides from it. The child limits its
//! memory, CPU time, files and file sizes before it opens the file, and answers through files in a folder of its own,
//! which the parent bounds and parses like any other input (`job`). What is known of a file before its pixels are
//! touched (type and header) is written first and survives whatever happens to the child.

mod forks;
mod job;
mod nursery;
mod worker;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::dicom::{StoredFrame, View, Which};
use crate::frames::FramePicture;
use crate::{Code, Inspection, Limits, Outcome, Reason};
use job::{Answers, Job, Task};
use nursery::{End, Nursery};

pub use worker::serve_if_worker;

/// The environment variable that makes a process a worker.
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
    let read = |answers: &Answers| answers.picture(view, limits);
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
    answers.write_job(&Job {
        path: std::path::absolute(path)?,
        limits: *limits,
        task,
    })?;
    let ended = match in_a_child(worker, folder.path(), limits.max_time)? {
        End::Exit(0) => Ok(()),
        end => {
            answers.have_room()?;
            Err(cause(end, &answers))
        }
    };
    Ok(read(&answers, ended))
}

/// Nurseries that nobody needs now, and whose they are.
static IDLE: Mutex<Vec<(Worker, Nursery)>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<(Worker, Nursery)>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a child do the job in `folder`; how it ended.
fn in_a_child(worker: &Worker, folder: &Path, max_time: Duration) -> io::Result<End> {
    let folder = std::path::absolute(folder)?;
    let mut nursery = loop {
        let used = take(worker);
        let is_new = used.is_none();
        let mut nursery = match used {
            Some(nursery) => nursery,
            None => start(worker)?,
        };
        match nursery.begin(&folder, max_time) {
            Ok(()) => break nursery,
            // Whatever became of it says nothing of this file, which nobody has read yet.
            Err(_) if !is_new => {}
            Err(end) => return Ok(end),
        }
    };
    let end = nursery.end(max_time);
    if nursery.goes_on(end) {
        idle().push((worker.clone(), nursery));
    }
    Ok(end)
}

fn take(worker: &Worker) -> Option<Nursery> {
    let mut idle = idle();
    let place = idle.iter().position(|(of, _)| of == worker)?;
    Some(idle.swap_remove(place).1)
}

fn start(worker: &Worker) -> io::Result<Nursery> {
    hide()?;
    Nursery::start(&mut worker.command()?)
}

/// Makes the environment and memory of this process unreadable to others of the same user, which the child is:
/// `/proc/<pid>/environ` and `mem`, and debuggers. Starting another program ends it, a fork keeps it.
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

/// Why a worker gave no answer.
fn cause(end: End, answers: &Answers) -> Code {
    const SIGXCPU: i32 = 24;
    const SIGXFSZ: i32 = 25;
    match end {
        End::Late | End::Signal(SIGXCPU) => return Code::TimedOut,
        End::Signal(SIGXFSZ) => return Code::TooLarge,
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
