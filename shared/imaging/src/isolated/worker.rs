//! The child: it leaves its nursery, limits itself, does its job, and ends.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::JOB_VARIABLE;
use super::forks;
use super::job::{Answers, Job, Task};
use crate::frames;
use crate::inspect::inspect_with;

/// Files a worker may have open: its standard streams, the nursery's pipe, the job, the picture, an answer.
const MAX_FILES: u64 = 32;

/// How much a worker stands back (nice(2)): whoever waits for an answer of the same machine comes first.
const STANDS_BACK: i32 = 5;

/// First line of `main` of every program used as a [`Worker`](super::Worker): when this process was started as one, it does its work
/// and exits; otherwise nothing happens.
pub fn serve_if_worker() {
    // The variable is the channel between parent and child, not configuration.
    if std::env::var_os(JOB_VARIABLE).is_none() {
        return;
    }
    std::process::exit(i32::from(forks::serve(decode).is_err()));
}

/// Does the job in `folder`, in a process of its own that `nursery` has forked.
fn decode(folder: &Path, nursery: u32) -> io::Result<()> {
    let answers = Answers::in_folder(folder);
    forks::leave(&File::create(answers.stderr())?)?;
    std::env::set_current_dir(folder)?;
    end_with(nursery)?;
    let job = answers.job()?;
    restrict(&job)?;
    // A machine that refuses it only makes others wait.
    let _ = rustix::process::nice(STANDS_BACK);
    let Job {
        path, limits, task, ..
    } = &job;
    match task {
        Task::Inspect => {
            let inspection = inspect_with(path, limits, |known| {
                // Without it the parent knows less; it is no reason to stop.
                let _ = answers.write_known(known);
            });
            answers.write_inspection(inspection)
        }
        Task::Render(view) => answers.write_picture(&frames::render(path, view, limits)),
        Task::Decode(which) => answers.write_samples(&frames::decode(path, *which, limits)),
    }
}

/// When the nursery is killed, nobody ends this process when its time is up. The kernel does: the signal comes at the end of the thread that forked it,
/// and the nursery has no other.
#[cfg(target_os = "linux")]
fn end_with(parent: u32) -> io::Result<()> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have been killed before this process could ask for the signal.
    let is_there = getppid()
        .map(Pid::as_raw_nonzero)
        .map(|pid| pid.get().cast_unsigned())
        == Some(parent);
    is_there
        .then_some(())
        .ok_or_else(|| io::ErrorKind::BrokenPipe.into())
}

/// Other systems have no such signal: there the limit of CPU time ends it.
#[cfg(not(target_os = "linux"))]
fn end_with(_parent: u32) -> io::Result<()> {
    Ok(())
}

/// Limits of this process, from now on and for good.
fn restrict(job: &Job) -> io::Result<()> {
    let limits = &job.limits;
    let seconds = limits.max_time.as_secs() + 1;
    for (resource, limit) in [
        (Resource::As, limits.max_memory),
        (Resource::Cpu, seconds),
        (Resource::Fsize, job.largest_answer()),
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
