//! What happens in a history, one step after the other.

use std::fmt;

use functions::events::verify::Kind;

use super::content::Content;

/// The user id of the administrator.
pub(super) const ADMIN: i64 = 9;

/// One step. Files are named by the number of their creation; a step about a file that was never made does nothing, so any step may be left out.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Somebody does something through the API or with a URL of it.
    User { by: i64, act: Act },
    /// The queues hand over up to `most` messages each. How each of them goes, `seed` decides: lost, twice, not acknowledged, out of order.
    Deliver { most: usize, seed: u64 },
    /// The schedule.
    Maintain { limit: Option<usize> },
    /// The other schedule, or an operator.
    Verify { task: Kind },
    /// The bucket's lifecycle rules.
    Expire,
    /// Time passes, or goes back.
    Wait { ms: i64 },
    /// The step begins, and its function dies after so many calls of an engine.
    Cut { calls: u64, step: Box<Step> },
}

/// What a person does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Create(New),
    CreateBatch(Vec<New>),
    /// The bytes of a small file, to its URL.
    Put {
        file: u32,
    },
    /// Other bytes, to the same URL.
    PutOthers {
        file: u32,
    },
    Part {
        file: u32,
        number: u32,
    },
    Complete {
        file: u32,
    },
    Progress {
        file: u32,
    },
    Abort {
        file: u32,
    },
    View {
        file: u32,
    },
    Download {
        file: u32,
    },
    Url {
        file: u32,
    },
    Patch {
        file: u32,
        patient: Option<u8>,
        is_stale: bool,
    },
    /// Gives the file to a patient, without its version.
    Assign {
        file: u32,
        patient: u8,
    },
    Delete {
        file: u32,
    },
    Restore {
        file: u32,
    },
    Archive {
        file: u32,
    },
    Unarchive {
        file: u32,
    },
    /// The last job that moves the file.
    Job {
        file: u32,
    },
    CancelJob {
        file: u32,
    },
    List {
        filter: Filter,
        page_size: usize,
    },
    Statistics,
    PutPatient {
        patient: u8,
    },
    DeletePatient {
        patient: u8,
    },
}

/// A file to be.
#[derive(Clone, Debug)]
pub(super) struct New {
    pub(super) label: u32,
    pub(super) content: Content,
    pub(super) patient: Option<u8>,
    /// Declares the MD5, which finds a duplicate.
    pub(super) md5: bool,
}

/// Which list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Filter {
    Mine,
    Trash,
    Status(&'static str),
    Type(&'static str),
    Search(u32),
    Patient(u8),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { by: ADMIN, act } => write!(f, "the administrator: {act:?}"),
            Self::User { by, act } => write!(f, "user {by}: {act:?}"),
            Self::Deliver { most, seed } => {
                write!(
                    f,
                    "the queues hand over up to {most} messages each (seed {seed})"
                )
            }
            Self::Maintain { limit: None } => write!(f, "maintenance runs"),
            Self::Maintain { limit: Some(limit) } => {
                write!(f, "maintenance looks at {limit} files")
            }
            Self::Verify { task } => write!(f, "verification runs: {task:?}"),
            Self::Expire => write!(f, "the lifecycle rules remove what is due"),
            Self::Wait { ms } => write!(f, "the clock moves by {ms} ms"),
            Self::Cut { calls, step } => write!(f, "{step}, and dies after {calls} calls"),
        }
    }
}
